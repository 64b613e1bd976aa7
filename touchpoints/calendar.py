"""The firm's calendar: its local date, its working days, and the slots a service year is cut into (docs/planning.md)."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from django.utils import timezone

from firms.models import Firm


class NoWorkingDays(Exception):
    """The firm's working week is empty: nothing can be dated."""


def local_time(firm: Firm) -> datetime:
    return timezone.now().astimezone(ZoneInfo(firm.time_zone))


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@cache
def public_holidays(region: str, year: int) -> frozenset[date]:
    """Public holidays of a `firms.models.Region` ("CA-QC", "FR")."""
    country, _, subdivision = region.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def list_working_days(firm: Firm, first_year: int, last_year: int) -> list[date]:
    """The firm's working days from the first day of one year to the last of another.

    Raises NoWorkingDays.
    """
    if not firm.working_days:
        raise NoWorkingDays(firm)
    first, last = date(first_year, 1, 1), date(last_year, 12, 31)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day.isoweekday() in firm.working_days and day not in public_holidays(firm.region, day.year)]


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the equal parts of a service year, as a run of working days: from the one numbered `first`, `count` of them."""

    year: int
    ordinal: int
    first: int
    count: int


def cut_year(year: int, times: int, working_days: list[date]) -> Iterator[Slot]:
    """The slots of a promise of `times` a year. `working_days` must reach past the year's end, for a slot that has none of its own."""
    new_year = date(year, 1, 1)
    length = (date(year + 1, 1, 1) - new_year).days
    bounds = [bisect_left(working_days, new_year + timedelta(days=ordinal * length // times)) for ordinal in range(times + 1)]
    for ordinal in range(1, times + 1):
        first = bounds[ordinal - 1]
        yield Slot(year, ordinal, first, max(bounds[ordinal] - first, 1))
