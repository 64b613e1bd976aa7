"""What the address of the service audit asks for: a period, what to tell apart, and whose touchpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from firms.row_numbers import read_row_number
from touchpoints.audit import By, Period, last_twelve_months
from touchpoints.calendar import add_months
from touchpoints.fates import Fate
from touchpoints.models import Touchpoint

LONGEST_YEARS = 5
_FIRST_YEAR = 1990
# The name in the address, and the column it narrows by.
CHOICES = {"adviser": "adviser_id", "segment": "segment_id", "type": "touchpoint_type_id", "client": "client_id"}


class BadPeriod(Exception):
    """The days asked for make no period: `str()` says why, in the active language."""


def read_period(first: str, last: str, *, today: date) -> Period:
    """The period between two days as written in an address; without any, the last twelve months. Raises BadPeriod."""
    if not first and not last:
        return last_twelve_months(today)
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise BadPeriod(_("Give both days of the period.")) from None
    return check_period(period)


def check_period(period: Period) -> Period:
    """Raises BadPeriod."""
    if period.last < period.first:
        raise BadPeriod(_("The period ends before it begins."))
    if period.first.year < _FIRST_YEAR or period.last.year - period.first.year > LONGEST_YEARS or period.last.year > 9000:
        raise BadPeriod(_("A period lasts five years at the most."))
    return period


def usual_periods(today: date) -> list[tuple[str, Period]]:
    """Those that people ask for, with their names."""
    quarter = today.replace(month=today.month - (today.month - 1) % 3, day=1)
    year = today.replace(month=1, day=1)
    day_before = date.fromordinal
    return [
        (_("This quarter"), Period(quarter, today)),
        (_("Last quarter"), Period(add_months(quarter, -3), day_before(quarter.toordinal() - 1))),
        (_("Last twelve months"), last_twelve_months(today)),
        (_("This year"), Period(year, today)),
        (_("Last year"), Period(year.replace(year=year.year - 1), day_before(year.toordinal() - 1))),
    ]


@dataclass(frozen=True)
class Asked:
    period: Period
    by: By = By.SEGMENT
    # From a name of CHOICES to a row's number.
    chosen: tuple[tuple[str, int], ...] = ()
    fates: tuple[str, ...] = ()
    # Why the days that were asked for are not those shown.
    problem: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], *, today: date) -> "Asked":
        problem = ""
        try:
            period = read_period(query.get("from", ""), query.get("to", ""), today=today)
        except BadPeriod as refusal:
            period, problem = last_twelve_months(today), str(refusal)
        by, fate = query.get("by", ""), query.get("fate", "")
        chosen = tuple((name, pk) for name in CHOICES if (pk := read_row_number(query.get(name, ""))) is not None)
        return cls(period, By(by) if by in By.values else By.SEGMENT, chosen, (fate,) if fate in Fate.values else (), problem)

    def narrow(self, seen: QuerySet[Touchpoint]) -> QuerySet[Touchpoint]:
        return seen.filter(**{CHOICES[name]: pk for name, pk in self.chosen})

    def of_choice(self, name: str) -> int | None:
        return dict(self.chosen).get(name)

    def address(self, page: str = "service_audit", /, **changes: Any) -> str:
        """The same question on a page, with changes; an empty one leaves something out."""
        values = {"from": self.period.first.isoformat(), "to": self.period.last.isoformat(), "by": self.by.value, **dict(self.chosen)}
        values |= {"fate": self.fates[0] if self.fates else ""} | changes
        return f"{reverse(page)}?{urlencode({name: value for name, value in values.items() if value not in ('', None)})}"
