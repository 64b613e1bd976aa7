"""The firm's calendar: its local date, its public holidays, its working days."""

from calendar import isleap
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.utils import timezone

from firms.models import Firm


class NoWorkingDays(Exception):
    """The firm's working week is empty: nothing can be dated."""


def local_time(firm: Firm) -> datetime:
    return timezone.now().astimezone(ZoneInfo(firm.time_zone))


@cache
def public_holidays(region: str, year: int) -> frozenset[date]:
    """Public holidays of a `firms.models.Region` ("CA-QC", "FR")."""
    country, _, subdivision = region.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def is_working_day(firm: Firm, day: date) -> bool:
    return day.isoweekday() in firm.working_days and day not in public_holidays(firm.region, day.year)


def list_working_days(firm: Firm, first_year: int, last_year: int) -> list[date]:
    """The firm's working days from the first day of one year to the last of another.

    Raises NoWorkingDays.
    """
    if not firm.working_days:
        raise NoWorkingDays(firm)
    return [day for year in range(first_year, last_year + 1) for day in _working_days(firm.region, tuple(firm.working_days), year)]


@lru_cache(maxsize=256)
def _working_days(region: str, working_week: tuple[int, ...], year: int) -> tuple[date, ...]:
    first, off = date(year, 1, 1), public_holidays(region, year)
    days = (first + timedelta(days=number) for number in range(366 if isleap(year) else 365))
    return tuple(day for day in days if day.isoweekday() in working_week and day not in off)


def working_day_from(firm: Firm, day: date) -> date:
    """The first working day on or after a day; the day itself where the firm has no working week."""
    for ahead in range(366 if firm.working_days else 0):
        found = day + timedelta(days=ahead)
        if is_working_day(firm, found):
            return found
    return day
