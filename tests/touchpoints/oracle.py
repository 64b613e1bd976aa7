"""The rules of docs/planning.md in plain Python: slow, obvious, and apart from the engine.

It reads every row of the firm and says what a run must leave.
"""

import calendar
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from math import floor

import holidays

from clients.models import Client
from firms.models import Firm
from segmentation.models import Assignment, Scheme, Segment
from service_matrix.models import MatrixVersion, Promise
from touchpoints.models import BookPosition, Touchpoint

Key = tuple[int, int, int, int]


@dataclass(frozen=True)
class Row:
    adviser: int
    segment: int
    due_on: date
    window_ends_on: date
    channel: str
    performer: str
    minutes: int
    status: str = "planned"
    is_hand_set: bool = False
    closed_by: int | None = None
    is_closed: bool = False
    reason: str = ""


@dataclass
class Outcome:
    rows: dict[Key, Row]
    positions: dict[int, int]
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("inserted", "updated", "restored", "cancelled", "kept"), 0))


def rows_of(firm_id: int) -> dict[Key, Row]:
    """The touchpoints that are there."""
    return {
        (t.client_id, t.touchpoint_type_id, t.service_year, t.ordinal): Row(
            adviser=t.adviser_id,
            segment=t.segment_id,
            due_on=t.due_on,
            window_ends_on=t.window_ends_on,
            channel=t.channel,
            performer=t.performer,
            minutes=t.minutes,
            status=t.status,
            is_hand_set=t.is_hand_set,
            closed_by=t.closed_by_id,
            is_closed=t.closed_at is not None,
            reason=t.reason,
        )
        for t in Touchpoint.objects.filter(firm_id=firm_id)
    }


def positions_of(firm_id: int) -> dict[int, int]:
    return {position.client_id: position.position for position in BookPosition.objects.filter(firm_id=firm_id)}


def expect(*, firm_id: int, start: date, months: int = 12) -> Outcome:
    """What must be there after a run, given what is there now."""
    firm = Firm.objects.get(pk=firm_id)
    end = months_later(start, months)
    years = {day.year for day in days_between(start, end)}
    segment_of, first_day_of = served_clients(firm_id)
    positions = give_positions(firm_id, segment_of)
    wanted = wanted_rows(firm, start, end, years, segment_of, first_day_of, positions)
    outcome = Outcome(rows=dict(rows_of(firm_id)), positions=positions)
    for key in set(outcome.rows) | set(wanted):
        if key in wanted or key[2] in years:
            settle(outcome, key, wanted.get(key), start, end, is_served=key[0] in segment_of)
    return outcome


def settle(outcome: Outcome, key: Key, wanted: Row | None, start: date, end: date, *, is_served: bool) -> None:
    row = outcome.rows.get(key)
    if row is None:
        assert wanted is not None
        outcome.rows[key] = wanted
        outcome.counts["inserted"] += 1
        return
    untouched = row.status == "planned" and not row.is_hand_set
    withdrawn = row.status == "cancelled" and row.closed_by is None and not row.is_hand_set
    if wanted is None:
        if untouched and (start <= row.due_on < end or not is_served):
            outcome.rows[key] = replace(row, status="cancelled", is_closed=True)
            outcome.counts["cancelled"] += 1
    elif withdrawn:
        outcome.rows[key] = replace(wanted, reason=row.reason)
        outcome.counts["restored"] += 1
    elif untouched and row.due_on >= start and row != replace(wanted, is_closed=row.is_closed, reason=row.reason, closed_by=row.closed_by):
        outcome.rows[key] = replace(wanted, reason=row.reason, closed_by=row.closed_by)
        outcome.counts["updated"] += 1
    else:
        outcome.counts["kept"] += 1


def months_later(start: date, months: int) -> date:
    year, month = start.year, start.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def days_between(first: date, end: date) -> list[date]:
    days = []
    while first < end:
        days.append(first)
        first += timedelta(days=1)
    return days


def served_clients(firm_id: int) -> tuple[dict[int, int], dict[int, date]]:
    segment_of: dict[int, int] = {}
    first_day_of: dict[int, date] = {}
    scheme = Scheme.objects.filter(firm_id=firm_id, is_service=True).first()
    for client in Client.objects.filter(firm_id=firm_id):
        if scheme is None or client.archived_at is not None or client.status == "former":
            continue
        assignments = list(Assignment.objects.filter(firm_id=firm_id, scheme=scheme, client=client))
        for assignment in assignments:
            if assignment.ends_on is None:
                segment_of[client.pk] = assignment.segment_id
                first_day_of[client.pk] = min(each.starts_on for each in assignments)
    return segment_of, first_day_of


def give_positions(firm_id: int, segment_of: dict[int, int]) -> dict[int, int]:
    positions = positions_of(firm_id)
    adviser_of = {client.pk: client.adviser_id for client in Client.objects.filter(firm_id=firm_id)}
    rank_of = {segment.pk: segment.rank for segment in Segment.objects.filter(firm_id=firm_id)}
    for client in sorted(segment_of, key=lambda client: (rank_of[segment_of[client]], client)):
        if client not in positions:
            book = [positions[other] for other in positions if adviser_of[other] == adviser_of[client]]
            positions[client] = max(book, default=0) + 1
    return positions


QUEBEC = holidays.country_holidays("CA", subdiv="QC", years=range(2020, 2035))
FRANCE = holidays.country_holidays("FR", years=range(2020, 2035))


def is_working_day(firm: Firm, day: date) -> bool:
    return day.isoweekday() in firm.working_days and day not in (QUEBEC if firm.region == "CA-QC" else FRANCE)


def due_date(firm: Firm, year: int, times: int, ordinal: int, phase: Fraction, working: dict[date, bool]) -> date:
    length = 366 if calendar.isleap(year) else 365
    first, stop = floor(Fraction((ordinal - 1) * length, times)), floor(Fraction(ordinal * length, times))
    slot = [date(year, 1, 1) + timedelta(days=number) for number in range(first, stop)]
    choices = [day for day in slot if working.setdefault(day, is_working_day(firm, day))]
    if choices:
        return choices[floor(phase * len(choices))]
    day = date(year, 1, 1) + timedelta(days=stop)
    while not is_working_day(firm, day):
        day += timedelta(days=1)
    return day


def wanted_rows(
    firm: Firm, start: date, end: date, years: set[int], segment_of: dict[int, int], first_day_of: dict[int, date], positions: dict[int, int]
) -> dict[Key, Row]:
    wanted: dict[Key, Row] = {}
    working: dict[date, bool] = {}
    versions = MatrixVersion.objects.filter(firm_id=firm.pk, scheme__is_service=True, status="published")
    for promise in Promise.objects.filter(firm_id=firm.pk, version__in=versions):
        for client in Client.objects.filter(firm_id=firm.pk):
            if segment_of.get(client.pk) != promise.segment_id:
                continue
            phase = Fraction((positions[client.pk] * 618_033 + promise.touchpoint_type_id * 414_213) % 1_000_000, 1_000_000)
            for year in years:
                for ordinal in range(1, promise.times + 1):
                    due_on = due_date(firm, year, promise.times, ordinal, phase, working)
                    if start <= due_on < end and due_on >= first_day_of[client.pk]:
                        wanted[client.pk, promise.touchpoint_type_id, year, ordinal] = Row(
                            adviser=client.adviser_id,
                            segment=promise.segment_id,
                            due_on=due_on,
                            window_ends_on=due_on + timedelta(days=promise.window_days),
                            channel=promise.channel,
                            performer=promise.performer,
                            minutes=promise.minutes,
                        )
    return wanted
