"""The scenario that the capacity page is asked for, in its address."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from advisory_crm.form_rendering import SharedSelect
from advisory_crm.template_tags import draw_options
from firms.time_forms import DayInput
from firms.working_time import WorkingTime
from segmentation.models import Segment
from service_matrix.capacity import Calendar, Scenario, StaffChange
from service_matrix.models import Performer, SegmentStrategy, TouchpointType
from service_matrix.money import ROLES
from service_matrix.promises import MINUTES_A_DAY

MOST_CLIENTS = 10_000_000
MOST_PEOPLE = 100_000


MOST_HOURS_A_WEEK = 80
# Lines of people by name: how many there are at first, and at the most.
FEWEST_LINES, MOST_LINES = 2, 10
NEW = "new:"


@dataclass(frozen=True)
class StaffLine:
    """One line of people by name, as it is drawn."""

    who: forms.BoundField
    hours: forms.BoundField
    starts_on: forms.BoundField


class ScenarioForm(forms.Form):
    """`clients_<segment>`, `minutes_<type>`, `people_<role>`, and lines `who_<n>`, `hours_<n>`, `from_<n>`: what is empty stays as it is today."""

    def __init__(
        self,
        *args: Any,
        segments: Sequence[Segment],
        types: Sequence[TouchpointType],
        counts: Mapping[int, int],
        working: WorkingTime,
        calendar: Calendar,
        minutes: Mapping[int, Collection[int]],
        **kwargs: Any,
    ) -> None:
        """`minutes` are those promised of each type today: where every segment is promised the same, they stand in the empty field."""
        super().__init__(*args, **kwargs)
        self.segments, self.types, self.counts, self.working, self.calendar = segments, types, counts, working, calendar
        people = {role: sum(person.role == role for person in working.people) for role in ROLES}
        labels = {Performer.ADVISER.value: _("Advisers"), Performer.ASSISTANT.value: _("Assistants")}
        for segment in segments:
            self._add(f"clients_{segment.pk}", segment.name, most=MOST_CLIENTS, today=counts.get(segment.pk, 0))
        for role in ROLES:
            field = forms.DecimalField(label=labels[role], required=False, min_value=0, max_value=MOST_PEOPLE, max_digits=8, decimal_places=2)
            field.widget.attrs.update({"placeholder": str(people[role]), "step": "0.5"})
            self.fields[f"people_{role}"] = field
        for each in types:
            promised = set(minutes.get(each.pk, ()))
            self._add(f"minutes_{each.pk}", each.name, most=MINUTES_A_DAY, today=promised.pop() if len(promised) == 1 else None)

        self.lines = self._count_lines()
        staff = self._staff_choices()
        drawn = draw_options(staff)
        for number in range(1, self.lines + 1):
            self._add_line(number, staff, drawn)

    def _count_lines(self) -> int:
        """As many as were sent, and one more where none is left empty."""
        sent = [name for name in self.data if name.startswith("who_")]
        filled = [name for name in sent if self.data.get(name)]
        return min(MOST_LINES, max(FEWEST_LINES, len(sent), len(filled) + 1))

    @property
    def added_line(self) -> StaffLine | None:
        """The line that the page does not have yet: every one it has says something."""
        sent = sum(name.startswith("who_") for name in self.data)
        return self.staff_lines[-1] if FEWEST_LINES <= sent < self.lines else None

    def _staff_choices(self) -> list[tuple[Any, Any]]:
        new = [(f"{NEW}{Performer.ADVISER.value}", _("A new adviser")), (f"{NEW}{Performer.ASSISTANT.value}", _("A new assistant"))]
        here = [(str(person.user_id), person.name) for person in self.working.people]
        return [("", "–"), (_("Someone new"), new), *([(_("Someone of the firm"), here)] if here else [])]

    def _add_line(self, number: int, staff: list[tuple[Any, Any]], drawn: str) -> None:
        first, last = self.calendar.first, self.calendar.last
        # Gone through when something was sent, and not before.
        self.fields[f"who_{number}"] = forms.ChoiceField(label=_("Who"), required=False, choices=lambda: staff, widget=SharedSelect(drawn))
        hours = forms.DecimalField(label=_("Hours a week"), required=False, min_value=0, max_value=MOST_HOURS_A_WEEK, max_digits=5, decimal_places=2)
        hours.widget.attrs["step"] = "0.5"
        self.fields[f"hours_{number}"] = hours
        day = forms.DateField(label=_("From"), required=False, widget=DayInput())
        day.widget.attrs.update({"min": first.isoformat(), "max": last.isoformat()})
        self.fields[f"from_{number}"] = day

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        named: set[str] = set()
        for number in range(1, self.lines + 1):
            who, hours, day = (said.get(f"{part}_{number}") for part in ("who", "hours", "from"))
            if not who:
                continue
            if day is not None and not self.calendar.first <= day <= self.calendar.last:
                self.add_error(f"from_{number}", _("Choose a day of the year ahead."))
            if hours is None and not who.startswith(NEW) and f"hours_{number}" not in self.errors:
                self.add_error(f"hours_{number}", _("How many hours a week from then on? 0 for someone who leaves."))
            if who in named and not who.startswith(NEW):
                self.add_error(f"who_{number}", _("Named once already."))
            named.add(who)
        return said

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
    def staff_lines(self) -> list[StaffLine]:
        return [StaffLine(self[f"who_{number}"], self[f"hours_{number}"], self[f"from_{number}"]) for number in range(1, self.lines + 1)]

    @property
    def minutes_fields(self) -> list[forms.BoundField]:
        return [self[f"minutes_{each.pk}"] for each in self.types]

    def _said(self, name: str) -> Any:
        said = self.cleaned_data.get(name) if self.is_bound and self.is_valid() else None
        return None if said == "" else said

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
        return Scenario(counts, minutes, people, self._staff())

    def _staff(self) -> list[StaffChange]:
        roles = {str(person.user_id): person.role for person in self.working.people}
        found = []
        for number in range(1, self.lines + 1):
            who, hours, day = (self._said(f"{part}_{number}") for part in ("who", "hours", "from"))
            if who is None:
                continue
            role = who.removeprefix(NEW) if who.startswith(NEW) else roles[who]
            user = None if who.startswith(NEW) else int(who)
            week = hours if hours is not None else self.working.roles[role].weekly_hours or Decimal(0)
            found.append(StaffChange(user, role, week, day or self.calendar.first))
        return found


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
