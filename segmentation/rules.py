"""The rules of one version as plain values: what scoring compiles, what the reference reads, what the editor edits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import F, OuterRef, TextField
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext

from clients.attributes import Attribute, Catalogue, Type, catalogue_of
from clients.conditions import ConditionsRefused, Group, as_json, attributes_in, parse
from segmentation.models import Axis, Band, Criterion, Cut, Method, Missing, Region, Scale, SchemeVersion, Segment, Winner

# Weights are kept to 1/100 of a percent, points, scores and quotas to 1/10 000: scoring works in these whole units, so it is exact.
WEIGHT_UNITS = 100
UNITS = 10_000


def is_weighable(attribute: Attribute) -> bool:
    """Whether a criterion can give it points: figures by ranges, known values one by one. Free text has no values to give points to."""
    return attribute.is_scorable and (attribute.is_numeric or attribute.type in {Type.CHOICE, Type.YES_NO})


def weighable(catalogue: Catalogue) -> tuple[Attribute, ...]:
    return tuple(found for found in catalogue.values() if is_weighable(found))


@dataclass(frozen=True, kw_only=True)
class BandRule:
    """Values from `lower` (included) to `upper` (excluded), None being open, or the one value `choice`, earn `points` (0–100)."""

    points: Decimal
    lower: Decimal | None = None
    upper: Decimal | None = None
    choice: str = ""


@dataclass(frozen=True, kw_only=True)
class CriterionRule:
    # What placements name it by: the criterion's id, as text.
    key: str
    attribute: str
    # Percent of its axis; nothing for a stated one.
    weight: Decimal
    axis: int = Axis.FIRST
    scale: str = Scale.BANDS
    bands: tuple[BandRule, ...] = ()
    # Linear: the values that earn 0 and 100 points.
    zero_at: Decimal | None = None
    full_at: Decimal | None = None
    # Percentile: the least value earns most.
    descending: bool = False
    definition_en: str = ""
    definition_fr: str = ""

    def ordered_bands(self) -> list[BandRule]:
        """By lower end, the open one first: the first that holds a value gives its points."""
        return sorted(self.bands, key=lambda band: (band.lower is not None, band.lower or Decimal(0)))


@dataclass(frozen=True, kw_only=True)
class CutRule:
    """What opens one segment."""

    segment_id: int
    # 0–100, for thresholds.
    least_score: Decimal | None = None
    # Percent of the book, for quotas.
    quota: Decimal | None = None
    # The rule of a segment, or the floor of a quota; None asks nothing.
    conditions: Group | None = None


@dataclass(frozen=True, kw_only=True)
class Plane:
    """A plane of two scores cut into cells, each the territory of one segment: no gap and no overlap can be said."""

    # Inner borders, rising, between 0 and 100; a border belongs to the cell above it.
    x_cuts: tuple[Decimal, ...] = ()
    y_cuts: tuple[Decimal, ...] = ()
    # One row a part of the second axis, lowest first; each holds a segment id a part of the first axis.
    cells: tuple[tuple[int, ...], ...] = ()
    x_name_en: str = ""
    x_name_fr: str = ""
    y_name_en: str = ""
    y_name_fr: str = ""


@dataclass(frozen=True, kw_only=True)
class Rules:
    method: str = Method.THRESHOLDS
    missing: str = Missing.ZERO
    margin: Decimal = Decimal(0)
    winner: str = Winner.FLOOR
    criteria: tuple[CriterionRule, ...] = ()
    # In order of rank.
    cuts: tuple[CutRule, ...] = ()
    plane: Plane | None = None
    # Whom no rule catches goes here; None is the last segment.
    fallback: int | None = None

    def on_axis(self, axis: int) -> tuple[CriterionRule, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.axis == axis)

    @property
    def rest(self) -> int:
        """The segment of whoever no other takes."""
        return self.fallback if self.method == Method.RULES and self.fallback is not None else self.cuts[-1].segment_id

    @property
    def conditioned(self) -> tuple[tuple[int, Group], ...]:
        """(place among the cuts, conditions) that count under this method."""
        if self.method not in {Method.RULES, Method.QUOTAS}:
            return ()
        return tuple((number, cut.conditions) for number, cut in enumerate(self.cuts) if cut.conditions is not None)

    def stated(self) -> tuple[str, ...]:
        """Attributes that conditions read, in order: each needs a written definition."""
        return tuple(dict.fromkeys(key for _number, group in self.conditioned for key in attributes_in(group)))


def choices_of(attribute: Attribute) -> list[tuple[str, str]]:
    """The values of an attribute that earn points one by one, with their labels; empty for figures."""
    if attribute.type is Type.YES_NO:
        return [("true", gettext("Yes")), ("false", gettext("No"))]
    return attribute.choices


def choice_in_words(attribute: Attribute, value: str) -> str:
    """One of them as people read it; said to be archived where it is no longer offered."""
    return dict(choices_of(attribute)).get(value) or attribute.marked_label_of(value)


def load_rules(version: SchemeVersion, *, catalogue: Catalogue | None = None, with_conditions: bool = True, with_plane: bool = True) -> Rules:
    """The rules of one version, in three statements at most.

    Raises ConditionsRefused when the firm's attributes no longer allow what the conditions ask, unless they are left out; so may the plane be.
    """
    catalogue = catalogue_of(version.firm_id) if catalogue is None else catalogue
    return _assemble(version, _Parts([version], with_planes=with_plane), catalogue, with_conditions=with_conditions)


@dataclass(frozen=True)
class Readable:
    """What one version says, as far as it can be read: no rules where its conditions ask about what is gone."""

    rules: Rules | None
    # In order of rank.
    segments: list[Segment]


def load_readable(versions: Sequence[SchemeVersion], *, catalogue: Catalogue) -> dict[int, Readable]:
    """Several versions of one firm, by version, in three statements at most."""
    parts = _Parts(versions)
    return {version.pk: Readable(_rules_or_none(version, parts, catalogue), parts.segments[version.pk]) for version in versions}


def _rules_or_none(version: SchemeVersion, parts: "_Parts", catalogue: Catalogue) -> Rules | None:
    try:
        return _assemble(version, parts, catalogue)
    except ConditionsRefused:
        return None


class _Parts:
    """The rows that versions are made of, by version."""

    def __init__(self, versions: Sequence[SchemeVersion], *, with_planes: bool = True) -> None:
        self.criteria: dict[int, list[Criterion]] = defaultdict(list)
        self.cuts: dict[int, list[Cut]] = defaultdict(list)
        self.segments: dict[int, list[Segment]] = defaultdict(list)
        self.cells: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.with_planes = with_planes
        if not versions:
            return
        firm_id, ids = versions[0].firm_id, [version.pk for version in versions]
        bands = Band.objects.filter(firm_id=firm_id, criterion=OuterRef("pk")).order_by(F("lower").asc(nulls_first=True), "pk")
        # As text, in which figures stay exact.
        read = {name: Cast(name, TextField()) for name in ("points", "lower", "upper", "choice")}
        banded = ArraySubquery(bands.values(json=JSONObject(**read)))
        for criterion in Criterion.objects.filter(firm_id=firm_id, version__in=ids).annotate(banded=banded):
            self.criteria[criterion.version_id].append(criterion)
        # Every version has a cut for each segment.
        for cut in Cut.objects.filter(firm_id=firm_id, version__in=ids).select_related("segment").order_by("segment__rank"):
            self.cuts[cut.version_id].append(cut)
            self.segments[cut.version_id].append(cut.segment)
        planes = [version.pk for version in versions if version.method == Method.PLANE]
        if planes and with_planes:
            regions = Region.objects.filter(firm_id=firm_id, version__in=planes).order_by("row", "column")
            for version_id, row, segment_id in regions.values_list("version_id", "row", "segment_id"):
                self.cells[version_id][row].append(segment_id)


def _assemble(version: SchemeVersion, parts: _Parts, catalogue: Catalogue, *, with_conditions: bool = True) -> Rules:
    return Rules(
        method=version.method,
        missing=version.missing,
        margin=version.margin,
        winner=version.winner,
        fallback=version.fallback_id,
        plane=_plane(version, parts.cells[version.pk]) if version.method == Method.PLANE and parts.with_planes else None,
        criteria=tuple(_criterion(criterion) for criterion in parts.criteria[version.pk]),
        cuts=tuple(
            CutRule(
                segment_id=cut.segment_id,
                least_score=cut.least_score,
                quota=cut.quota,
                conditions=parse(cut.conditions, catalogue=catalogue) if with_conditions and cut.conditions is not None else None,
            )
            for cut in parts.cuts[version.pk]
        ),
    )


def _criterion(criterion: Criterion) -> CriterionRule:
    return CriterionRule(
        key=str(criterion.pk),
        attribute=criterion.attribute,
        weight=criterion.weight,
        axis=criterion.axis,
        scale=criterion.scale,
        zero_at=criterion.zero_at,
        full_at=criterion.full_at,
        descending=criterion.descending,
        definition_en=criterion.definition_en,
        definition_fr=criterion.definition_fr,
        bands=tuple(_band(row) for row in criterion.banded),  # type: ignore[attr-defined]
    )


def _band(row: dict[str, str | None]) -> BandRule:
    lower, upper = (None if (end := row[name]) is None else Decimal(end) for name in ("lower", "upper"))
    return BandRule(points=Decimal(row["points"] or 0), lower=lower, upper=upper, choice=row["choice"] or "")


def conditions_as_written(version: SchemeVersion) -> dict[int, Any]:
    """The conditions of each segment as JSON, whether they can still be read or not."""
    return dict(Cut.objects.filter(firm_id=version.firm_id, version=version, conditions__isnull=False).values_list("segment_id", "conditions"))


def _plane(version: SchemeVersion, rows: dict[int, list[int]]) -> Plane:
    return Plane(
        x_cuts=tuple(version.x_cuts),
        y_cuts=tuple(version.y_cuts),
        cells=tuple(tuple(rows[row]) for row in sorted(rows)),
        x_name_en=version.x_name_en,
        x_name_fr=version.x_name_fr,
        y_name_en=version.y_name_en,
        y_name_fr=version.y_name_fr,
    )


@transaction.atomic
def write_rules(*, version: SchemeVersion, rules: Rules) -> None:
    """Replace what a draft holds. The caller has made sure that it is a draft and still the one that was read."""
    Band.objects.filter(firm_id=version.firm_id, criterion__version=version).delete()
    Criterion.objects.filter(firm_id=version.firm_id, version=version).delete()
    Cut.objects.filter(firm_id=version.firm_id, version=version).delete()
    Region.objects.filter(firm_id=version.firm_id, version=version).delete()
    plane = rules.plane or Plane()
    written: dict[str, Any] = {
        "method": rules.method,
        "missing": rules.missing,
        "margin": rules.margin,
        "winner": rules.winner,
        "fallback_id": rules.fallback,
        "x_cuts": list(plane.x_cuts),
        "y_cuts": list(plane.y_cuts),
        "x_name_en": plane.x_name_en,
        "x_name_fr": plane.x_name_fr,
        "y_name_en": plane.y_name_en,
        "y_name_fr": plane.y_name_fr,
    }
    SchemeVersion.objects.filter(pk=version.pk, firm_id=version.firm_id).update(**written)
    for name, value in written.items():
        setattr(version, name, value)
    Cut.objects.bulk_create(
        Cut(
            version=version,
            segment_id=cut.segment_id,
            least_score=cut.least_score,
            quota=cut.quota,
            conditions=None if cut.conditions is None else as_json(cut.conditions),
        )
        for cut in rules.cuts
    )
    Region.objects.bulk_create(
        Region(version=version, segment_id=segment_id, row=row, column=column)
        for row, cells in enumerate(plane.cells)
        for column, segment_id in enumerate(cells)
    )
    criteria = Criterion.objects.bulk_create(
        Criterion(
            version=version,
            position=position,
            axis=rule.axis,
            attribute=rule.attribute,
            scale=rule.scale,
            zero_at=rule.zero_at,
            full_at=rule.full_at,
            descending=rule.descending,
            weight=rule.weight,
            definition_en=rule.definition_en,
            definition_fr=rule.definition_fr,
        )
        for position, rule in enumerate(rules.criteria)
    )
    Band.objects.bulk_create(
        Band(criterion=criterion, lower=band.lower, upper=band.upper, choice=band.choice, points=band.points)
        for criterion, rule in zip(criteria, rules.criteria, strict=True)
        for band in rule.bands
    )


def axes_of(method: str) -> tuple[Axis, ...]:
    """The axes whose criteria score clients when they are placed so."""
    if method == Method.PLANE:
        return (Axis.FIRST, Axis.SECOND)
    return () if method == Method.RULES else (Axis.FIRST,)


def with_stated_criteria(rules: Rules) -> Rules:
    """The same rules with a criterion, weighing nothing, for each attribute that conditions read: a place for its definition.

    Definitions already written are kept, also those of weighed criteria on the same attribute; ones nobody reads any more go.
    """
    known = {criterion.attribute: criterion for criterion in rules.criteria}
    weighed = tuple(criterion for criterion in rules.criteria if criterion.axis != Axis.STATED)
    wanted = [key for key in rules.stated() if key not in {criterion.attribute for criterion in weighed}]
    stated = tuple(known.get(key) or CriterionRule(key=f"stated-{key}", attribute=key, weight=Decimal(0), axis=Axis.STATED) for key in wanted)
    return replace(rules, criteria=(*weighed, *stated))


def segments_by_rank(scheme_id: int, *, firm_id: int) -> Sequence[Segment]:
    return list(Segment.objects.filter(firm_id=firm_id, scheme_id=scheme_id).order_by("rank"))
