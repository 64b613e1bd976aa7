"""The rules of a scheme version in the API: read as they are kept, and written into a draft within the same limits as the editor's."""

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from clients.attributes import Catalogue
from clients.serializers import ConditionsField
from segmentation.forms.state import MOST_BANDS, MOST_BORDERS, MOST_CRITERIA
from segmentation.models import Axis, Method, Missing, Scale, Segment, Winner
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, axes_of, is_weighable

MOST_READ_BY_RULES = 60


def _figure(*, digits: int, places: int, **options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=digits, decimal_places=places, **options)


def _unknown(*, digits: int, places: int, **options: Any) -> serializers.DecimalField:
    return _figure(digits=digits, places=places, required=False, allow_null=True, default=None, **options)


class BandSerializer(serializers.Serializer[object]):
    lower = _unknown(digits=16, places=4, help_text="Included; null: open.")
    upper = _unknown(digits=16, places=4, help_text="Excluded; null: open.")
    choice = serializers.CharField(
        max_length=60, required=False, allow_blank=True, default="", help_text="The one value meant, of an attribute that has choices."
    )
    points = _figure(digits=7, places=4, min_value=Decimal(0), max_value=Decimal(100))


class CriterionSerializer(serializers.Serializer[object]):
    attribute = serializers.CharField(max_length=60, help_text="A key of the attribute catalogue.")
    axis = serializers.ChoiceField(
        choices=Axis.choices, required=False, default=Axis.FIRST.value, help_text="0: it weighs nothing, and defines what conditions read."
    )
    weight = _figure(digits=5, places=2, min_value=Decimal(0), max_value=Decimal(100), help_text="Percent of its axis.")
    scale = serializers.ChoiceField(choices=Scale.choices, required=False, default=Scale.BANDS.value)
    bands = BandSerializer(many=True, required=False, default=list, max_length=MOST_BANDS)  # type: ignore[call-arg]
    zero_at = _unknown(digits=16, places=4, help_text="Linear: the value that earns nothing.")
    full_at = _unknown(digits=16, places=4, help_text="Linear: the value that earns 100 points.")
    descending = serializers.BooleanField(required=False, default=False, help_text="Percentile: the least value earns most.")
    definition_en = serializers.CharField(required=False, allow_blank=True, default="", help_text="Needed to publish.")
    definition_fr = serializers.CharField(required=False, allow_blank=True, default="", help_text="Needed to publish.")


class CutSerializer(serializers.Serializer[object]):
    """What opens one segment."""

    segment = serializers.IntegerField(source="segment_id")
    least_score = _unknown(digits=7, places=4, help_text="Of thresholds; nothing for the last segment.")
    quota = _unknown(digits=7, places=4, help_text="Percent of the book, of quotas.")
    conditions = ConditionsField(required=False, allow_null=True, default=None, help_text="The rule of a segment, or the floor of a share.")


class PlaneSerializer(serializers.Serializer[object]):
    x_cuts = serializers.ListField(child=_figure(digits=7, places=4), max_length=MOST_BORDERS, help_text="Inner borders of the first axis, rising.")
    y_cuts = serializers.ListField(child=_figure(digits=7, places=4), max_length=MOST_BORDERS)
    cells = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="One row a part of the second axis, lowest first; each holds the number of a segment a part of the first axis.",
    )
    x_name_en = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    x_name_fr = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    y_name_en = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    y_name_fr = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wide, high = len(attrs["x_cuts"]) + 1, len(attrs["y_cuts"]) + 1
        if len(attrs["cells"]) != high or any(len(row) != wide for row in attrs["cells"]):
            raise serializers.ValidationError({"cells": _("Give every cell of the plane a segment.")})
        return attrs


class RulesSerializer(serializers.Serializer[object]):
    """How clients are placed. What another method would read is not kept."""

    method = serializers.ChoiceField(choices=Method.choices)
    missing = serializers.ChoiceField(choices=Missing.choices, required=False, default=Missing.ZERO.value)
    margin = _figure(
        digits=7,
        places=4,
        min_value=Decimal(0),
        max_value=Decimal(50),
        required=False,
        default=Decimal(0),
        help_text="Clients within so many points of their segment stay in it.",
    )
    winner = serializers.ChoiceField(
        choices=Winner.choices, required=False, default=Winner.FLOOR.value, help_text="Which decides when a share and its floor disagree."
    )
    fallback = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="The segment of whom no rule catches; null: the last one."
    )
    criteria = CriterionSerializer(many=True, max_length=MOST_CRITERIA + MOST_READ_BY_RULES)  # type: ignore[call-arg]
    cuts = CutSerializer(many=True, help_text="One for each segment of the scheme, in order of rank.")
    plane = PlaneSerializer(required=False, allow_null=True, default=None, help_text="Of two axes.")


class NewRulesSerializer(RulesSerializer):
    """All of them: what is not said is not kept. Context: `segments` of the scheme by rank, and the firm's `catalogue`."""

    revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The draft's revision as you read it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        faults = dict([*self._misplaced(attrs), *self._unweighable(attrs)])
        if faults:
            raise serializers.ValidationError(faults)
        return attrs

    def _misplaced(self, attrs: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Segments of other schemes, left out, or named twice."""
        segments: list[Segment] = self.context["segments"]
        known = [segment.pk for segment in segments]
        if [cut["segment_id"] for cut in attrs["cuts"]] != known:
            yield "cuts", _("Say what opens each segment of the scheme, once and in order of rank.")
        if attrs["fallback"] not in {None, *known}:
            yield "fallback", _("This segment is not of the version’s scheme.")
        if attrs["method"] == Method.PLANE and attrs["plane"] is None:
            yield "plane", _("Give every cell of the plane a segment.")
        elif attrs["plane"] is not None and not {segment for row in attrs["plane"]["cells"] for segment in row} <= set(known):
            yield "plane.cells", _("This segment is not of the version’s scheme.")

    def _unweighable(self, attrs: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """One criterion an attribute and axis is a rule of the database: a draft that breaks it is not kept."""
        catalogue: Catalogue = self.context["catalogue"]
        axes, seen = axes_of(attrs["method"]), set()
        if len([each for each in attrs["criteria"] if each["axis"] != Axis.STATED]) > MOST_CRITERIA:
            yield "criteria", _("At most %(most)s criteria.") % {"most": MOST_CRITERIA}
        for number, each in enumerate(attrs["criteria"]):
            source = catalogue.get(each["attribute"])
            if source is None or (each["axis"] != Axis.STATED and not is_weighable(source)):
                yield f"criteria.{number}.attribute", _("Choose what this criterion weighs.")
            elif each["axis"] not in {*axes, Axis.STATED}:
                yield f"criteria.{number}.axis", _("Clients placed this way are not scored on this axis.")
            elif (each["axis"], each["attribute"]) in seen:
                yield f"criteria.{number}.attribute", _("Another criterion already weighs this.")
            seen.add((each["axis"], each["attribute"]))

    def rules(self) -> Rules:
        """What was sent, as a draft keeps it."""
        said: dict[str, Any] = {name: value for name, value in self.validated_data.items() if name != "revision"}
        segments: list[Segment] = self.context["segments"]
        fallback = said["fallback"]
        read: dict[str, Any] = {
            "fallback": None if fallback == segments[-1].pk else fallback,
            "criteria": tuple(_criterion(number, each) for number, each in enumerate(said["criteria"])),
            "cuts": tuple(CutRule(**cut) for cut in said["cuts"]),
            "plane": _plane(said["plane"]) if said["method"] == Method.PLANE else None,
        }
        return Rules(**said | read)


def _criterion(number: int, said: dict[str, Any]) -> CriterionRule:
    words = {name: said[name].strip() for name in ("definition_en", "definition_fr")}
    weight = Decimal(0) if said["axis"] == Axis.STATED else said["weight"]
    return CriterionRule(**said | words | {"key": str(number), "weight": weight, "bands": tuple(BandRule(**band) for band in said["bands"])})


def _plane(said: dict[str, Any]) -> Plane:
    cells = tuple(tuple(row) for row in said["cells"])
    return Plane(**said | {"cells": cells, "x_cuts": tuple(said["x_cuts"]), "y_cuts": tuple(said["y_cuts"])})


def rules_as_data(rules: Rules, conditions: dict[int, Any]) -> dict[str, Any]:
    """For RulesSerializer: the rules, with the conditions of each segment as they are written, also where they can be read no more."""
    said = {each.name: getattr(rules, each.name) for each in fields(rules)}
    return said | {"cuts": [vars(cut) | {"conditions": conditions.get(cut.segment_id)} for cut in rules.cuts]}
