"""The scenario that the capacity page is asked for, in its address."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from segmentation.models import Segment
from service_matrix.capacity import Scenario
from service_matrix.models import Performer, SegmentStrategy, TouchpointType
from service_matrix.money import ROLES
from service_matrix.promises import MINUTES_A_DAY

MOST_CLIENTS = 10_000_000
MOST_PEOPLE = 100_000


class ScenarioForm(forms.Form):
    """`clients_<segment>`, `minutes_<type>`, `people_<role>`: what is empty stays as it is today."""

    def __init__(
        self,
        *args: Any,
        segments: Sequence[Segment],
        types: Sequence[TouchpointType],
        counts: Mapping[int, int],
        people: Mapping[str, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.segments, self.types, self.counts = segments, types, counts
        labels = {Performer.ADVISER.value: _("Advisers"), Performer.ASSISTANT.value: _("Assistants")}
        for segment in segments:
            self._add(f"clients_{segment.pk}", segment.name, most=MOST_CLIENTS, today=counts.get(segment.pk, 0))
        for role in ROLES:
            field = forms.DecimalField(label=labels[role], required=False, min_value=0, max_value=MOST_PEOPLE, max_digits=8, decimal_places=2)
            field.widget.attrs.update({"placeholder": str(people[role]), "step": "0.5"})
            self.fields[f"people_{role}"] = field
        for each in types:
            self._add(f"minutes_{each.pk}", each.name, most=MINUTES_A_DAY, today=None)

    def _add(self, name: str, label: str, *, most: int, today: int | None) -> None:
        self.fields[name] = forms.IntegerField(label=label, required=False, min_value=0, max_value=most)
        if today is not None:
            self.fields[name].widget.attrs["placeholder"] = str(today)

    @property
    def client_fields(self) -> list[forms.BoundField]:
        return [self[f"clients_{segment.pk}"] for segment in self.segments]

    @property
    def people_fields(self) -> list[forms.BoundField]:
        return [self[f"people_{role}"] for role in ROLES]

    @property
    def minutes_fields(self) -> list[forms.BoundField]:
        return [self[f"minutes_{each.pk}"] for each in self.types]

    def _said(self, name: str) -> Any:
        return self.cleaned_data.get(name) if self.is_bound and self.is_valid() else None

    @property
    def is_changed(self) -> bool:
        return any(self._said(name) is not None for name in self.fields)

    def scenario(self) -> Scenario:
        """What was typed, or today where nothing was, or where it makes no sense."""
        counts: dict[int, Decimal | int] = {}
        for segment in self.segments:
            typed = self._said(f"clients_{segment.pk}")
            counts[segment.pk] = self.counts.get(segment.pk, 0) if typed is None else typed
        minutes = {each.pk: typed for each in self.types if (typed := self._said(f"minutes_{each.pk}")) is not None}
        people = {role: typed for role in ROLES if (typed := self._said(f"people_{role}")) is not None}
        return Scenario(counts, minutes, people)


class StrategyForm(forms.ModelForm[SegmentStrategy]):
    class Meta:
        model = SegmentStrategy
        fields = ("revenue_from", "revenue_to", "activities_en", "activities_fr", "technology_en", "technology_fr")
        help_texts = {
            "revenue_from": _("Expected of one client in a year. Empty: what the clients of the segment bring today."),
            "revenue_to": _("Empty for an open range, such as 5,001 and more."),
            "activities_en": _("Empty: the touchpoints promised."),
        }

    def _post_clean(self) -> None:
        """The ends of the range are for the domain to refuse, in words (strategies.py)."""
