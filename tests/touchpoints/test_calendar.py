from datetime import date

import pytest
import time_machine

from firms.calendar import NoWorkingDays, list_working_days, local_time, public_holidays
from firms.models import Firm
from touchpoints.calendar import Slot, add_months, cut_year


def firm(**fields: object) -> Firm:
    return Firm(**{"name": "Alpha Conseil", "region": "CA-QC", "time_zone": "America/Toronto", "working_days": [1, 2, 3, 4, 5], **fields})


def test_public_holidays_of_quebec():
    assert sorted(public_holidays("CA-QC", 2026)) == [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 5, 18),
        date(2026, 6, 24),
        date(2026, 7, 1),
        date(2026, 9, 7),
        date(2026, 10, 12),
        date(2026, 12, 25),
    ]


def test_public_holidays_of_france():
    assert sorted(public_holidays("FR", 2026)) == [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 8),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 7, 14),
        date(2026, 8, 15),
        date(2026, 11, 1),
        date(2026, 11, 11),
        date(2026, 12, 25),
    ]


def test_working_days_leave_out_weekends_and_holidays():
    june = [day.day for day in list_working_days(firm(), 2026, 2026) if day.month == 6]
    assert june == [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 22, 23, 25, 26, 29, 30]


def test_working_days_follow_the_firms_own_week():
    july = [day.day for day in list_working_days(firm(region="FR", working_days=[2, 6]), 2026, 2026) if day.month == 7]
    assert july == [4, 7, 11, 18, 21, 25, 28]


def test_a_firm_without_a_working_week_is_refused():
    with pytest.raises(NoWorkingDays):
        list_working_days(firm(working_days=[]), 2026, 2026)


@pytest.mark.parametrize("year", [2026, 2028])
@pytest.mark.parametrize("times", [1, 2, 3, 7, 12, 52])
def test_slots_share_out_every_working_day_of_the_year_once(year, times):
    working_days = list_working_days(firm(), year, year + 1)
    numbers = [number for slot in cut_year(year, times, working_days) for number in range(slot.first, slot.first + slot.count)]
    assert [working_days[number] for number in numbers] == [day for day in working_days if day.year == year]


def test_quarters_of_a_leap_year_begin_where_days_divide():
    """New Year's Day 2028 is a Saturday: Québec observes it on Monday the 3rd."""
    working_days = list_working_days(firm(), 2028, 2029)
    assert [working_days[slot.first] for slot in cut_year(2028, 4, working_days)] == [
        date(2028, 1, 4),
        date(2028, 4, 3),
        date(2028, 7, 3),
        date(2028, 10, 2),
    ]


def test_a_slot_without_a_working_day_borrows_the_next_one():
    """Only Fridays are worked, and Christmas 2026 is one: the last but one week has no working day of its own."""
    working_days = list_working_days(firm(working_days=[5]), 2026, 2027)
    slots = list(cut_year(2026, 52, working_days))
    assert [(slot, working_days[slot.first]) for slot in slots[50:]] == [
        (Slot(2026, 51, slots[50].first, 1), date(2026, 12, 18)),
        (Slot(2026, 52, slots[51].first, 1), date(2027, 1, 8)),
    ]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 2), 12, date(2027, 3, 2)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_later(day, months, expected):
    assert add_months(day, months) == expected


@time_machine.travel("2026-12-31T23:30:00Z", tick=False)
def test_two_firms_have_different_dates_at_the_same_instant():
    dates = [local_time(firm(time_zone=zone)).date() for zone in ("Europe/Paris", "America/Toronto")]
    assert dates == [date(2027, 1, 1), date(2026, 12, 31)]
