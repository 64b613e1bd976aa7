"""The slots a service year is cut into (docs/planning.md), on the firm's working days (firms/calendar.py)."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


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
