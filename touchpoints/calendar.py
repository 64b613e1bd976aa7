"""The slots in which occurrences may fall (docs/planning.md), on the firm's working days (firms/calendar.py)."""

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
    """Where an occurrence of a service year may fall, as a run of working days: from the one numbered `first`, `count` of them."""

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


def month_slot(year: int, month: int, working_days: list[date]) -> Slot:
    """The month, or the first working day after it."""
    first_day = date(year, month, 1)
    first, stop = bisect_left(working_days, first_day), bisect_left(working_days, add_months(first_day, 1))
    return Slot(year, 1, first, max(stop - first, 1))


def day_slot(year: int, month: int, day: int, working_days: list[date]) -> Slot:
    """The last working day on or before a date, in its year; the year's first when it has none yet."""
    on_or_before = bisect_left(working_days, date(year, month, day) + timedelta(days=1)) - 1
    return Slot(year, 1, max(on_or_before, bisect_left(working_days, date(year, 1, 1))), 1)


def week_of_year(day: date) -> int:
    """Weeks from Monday to Sunday, numbered from 0 at the year's first Monday; the days before it and after the last whole week are one more."""
    first = date(day.year, 1, 1)
    before_monday = -first.weekday() % 7
    whole = ((date(day.year + 1, 1, 1) - first).days - before_monday) // 7
    week = ((day - first).days - before_monday) // 7
    return week if 0 <= week < whole else whole
