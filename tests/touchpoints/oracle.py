"""The rules of docs/planning.md in plain Python: slow, obvious, and apart from the engine.

It reads every row of the firm and says what a run must leave. Levelling, the choice of positions, is in oracle_places.py.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import dropwhile, pairwise, takewhile
from math import floor
from zoneinfo import ZoneInfo

import holidays

from clients.models import Client, Interaction, LifeEvent, Person
from firms.models import Absence, Firm
from segmentation.models import Assignment, Scheme
from service_matrix.models import MatrixVersion, ProfileRule, Promise, PromiseException, TouchpointType
from service_matrix.promises import PromiseTerms, terms_of
from service_matrix.resolving import Effective, adapt_terms, except_terms
from tests.touchpoints import oracle_places
from touchpoints.models import BookPosition, Touchpoint

# Client, type, service year (0 where the ordinal is counted on whatever the year), ordinal.
Key = tuple[int, int, int, int]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    adviser: int
    segment: int
    service_year: int
    due_on: date
    window_ends_on: date
    channel: str
    performer: str
    minutes: int
    lead_days: int
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
        (t.client_id, t.touchpoint_type_id, 0 if t.ordinal > 1000 else t.service_year, t.ordinal): Row(
            adviser=t.adviser_id,
            segment=t.segment_id,
            service_year=t.service_year,
            due_on=t.due_on,
            window_ends_on=t.window_ends_on,
            channel=t.channel,
            performer=t.performer,
            minutes=t.minutes,
            lead_days=t.lead_days,
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
    version = MatrixVersion.objects.filter(firm_id=firm_id, scheme__is_service=True, status="published").first()
    usual = {client: usual_promises(version, client, segment) for client, segment in segment_of.items()}
    positions = oracle_places.give_positions(firm, start, segment_of, usual, positions_of(firm_id))
    owed = {client: [*excepted_promises(version, client, promises, start)] for client, promises in usual.items()}
    wanted = wanted_rows(World(firm, start, end, years, owed, segment_of, first_day_of, positions))
    outcome = Outcome(rows=dict(rows_of(firm_id)), positions=positions)
    for key in set(outcome.rows) | set(wanted):
        if key in wanted or key[2] in years or key[3] > 1000:
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


# --- The calendar ---


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
        first += DAY
    return days


QUEBEC = holidays.country_holidays("CA", subdiv="QC", years=range(2020, 2040))
FRANCE = holidays.country_holidays("FR", years=range(2020, 2040))


@cache
def works_on(region: str, week: tuple[int, ...], day: date) -> bool:
    return day.isoweekday() in week and day not in (QUEBEC if region == "CA-QC" else FRANCE)


def is_working_day(firm: Firm, day: date) -> bool:
    return works_on(firm.region, tuple(firm.working_days), day)


def working_days_in(firm: Firm, first: date, end: date) -> list[date]:
    """Those of a slot; when it has none, the first after it."""
    days = [day for day in days_between(first, end) if is_working_day(firm, day)]
    if days:
        return days
    while not is_working_day(firm, end):
        end += DAY
    return [end]


def part_of_year(firm: Firm, year: int, times: int, ordinal: int) -> list[date]:
    length = 366 if calendar.isleap(year) else 365
    first, stop = floor(Fraction((ordinal - 1) * length, times)), floor(Fraction(ordinal * length, times))
    return working_days_in(firm, date(year, 1, 1) + first * DAY, date(year, 1, 1) + stop * DAY)


def month_of_year(firm: Firm, year: int, month: int) -> list[date]:
    first = date(year, month, 1)
    return working_days_in(firm, first, months_later(first, 1))


def one_day(firm: Firm, year: int, month: int, day: int) -> list[date]:
    if (month, day) == (2, 29) and not calendar.isleap(year):
        day = 28
    before = [each for each in days_between(date(year, 1, 1), date(year, month, day) + DAY) if is_working_day(firm, each)]
    return before[-1:] if before else working_days_in(firm, date(year, 1, 1), date(year + 1, 1, 1))[:1]


# --- What is wanted ---


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


@dataclass(frozen=True)
class Owed:
    """A promise to one client, and the days on which it holds: the place of an occurrence, before absences, is one of them."""

    touchpoint_type_id: int
    terms: PromiseTerms
    holds_from: date = date.min
    holds_before: date = date.max
    # Added to the numbers of slots of the year.
    above: int = 0


def usual_promises(version: MatrixVersion | None, client: int, segment: int) -> list[Owed]:
    """What the client's segment and its profile promise, without exceptions."""
    if version is None:
        return []
    profile = Assignment.objects.filter(client=client, scheme=version.overlay, ends_on=None).first() if version.overlay else None
    rules = list(ProfileRule.objects.filter(version=version, profile=profile.segment)) if profile else []
    return [
        Owed(
            promise.touchpoint_type_id,
            adapt_terms(terms_of(promise), rules=rules, touchpoint_type_id=promise.touchpoint_type_id).terms if rules else terms_of(promise),
        )
        for promise in Promise.objects.filter(version=version, segment=segment)
    ]


def excepted_promises(version: MatrixVersion | None, client: int, usual: list[Owed], start: date) -> Iterator[Owed]:
    """The same with the exceptions in force on the first day: each until it ends, what it replaces from then on."""
    found = {
        exception.touchpoint_type_id: exception
        for exception in PromiseException.objects.filter(client=client)
        if version is not None and exception.starts_on <= start < exception.ends_on
    }
    for kind, exception in found.items():
        replaced = [Effective(owed.terms, "") for owed in usual if owed.touchpoint_type_id == kind]
        touchpoint_type = TouchpointType.objects.get(pk=kind)
        effective = except_terms(replaced[0] if replaced else None, exception=exception, touchpoint_type=touchpoint_type)
        if effective is not None:
            same = [each for each in replaced if falls(each.terms) == falls(effective.terms)]
            yield Owed(kind, effective.terms, holds_before=exception.ends_on, above=0 if same else 100)
    for owed in usual:
        over = found.get(owed.touchpoint_type_id)
        yield owed if over is None else replace(owed, holds_from=over.ends_on)


def falls(terms: PromiseTerms) -> list[object]:
    return [terms.anchor, terms.times, terms.every, terms.every_unit]


@dataclass
class World:
    firm: Firm
    start: date
    end: date
    years: set[int]
    owed: dict[int, list[Owed]]
    segment_of: dict[int, int]
    first_day_of: dict[int, date]
    positions: dict[int, int]


@dataclass(frozen=True)
class Slot:
    """Where an occurrence may fall, and where in it, before absences."""

    key_year: int
    ordinal: int
    days: list[date]
    place: int = 0
    # Wanted also when it was due before the run, as long as its window is open.
    waits: bool = False


def wanted_rows(world: World) -> dict[Key, Row]:
    wanted: dict[Key, Row] = {}
    for client in Client.objects.filter(firm_id=world.firm.pk, pk__in=world.segment_of):
        absences = list(Absence.objects.filter(user_id=client.adviser_id))
        for owed in world.owed[client.pk]:
            promise, kind = owed.terms, owed.touchpoint_type_id
            for slot in slots(world, client, owed):
                if not owed.holds_from <= slot.days[slot.place] < owed.holds_before:
                    continue
                due_on = present_day(slot, promise, absences)
                window_ends_on = due_on + promise.window_days * DAY
                in_time = due_on >= world.start or (slot.waits and window_ends_on >= world.start)
                if in_time and due_on < world.end and due_on >= world.first_day_of[client.pk]:
                    key = (client.pk, kind, slot.key_year, slot.ordinal + (owed.above if slot.ordinal <= 52 else 0))
                    assert key not in wanted
                    wanted[key] = Row(
                        adviser=client.adviser_id,
                        segment=world.segment_of[client.pk],
                        service_year=slot.key_year or due_on.year,
                        due_on=due_on,
                        window_ends_on=window_ends_on,
                        channel=promise.channel,
                        performer=promise.performer,
                        minutes=promise.minutes,
                        lead_days=promise.lead_days,
                    )
    return wanted


def present_day(slot: Slot, promise: PromiseTerms, absences: list[Absence]) -> date:
    due_on = slot.days[slot.place]
    away = sorted((each for each in absences if each.starts_on <= due_on <= each.ends_on), key=lambda each: (each.starts_on, each.pk))
    if promise.performer == "assistant" or not away:
        return due_on

    def is_away(day: date) -> bool:
        return any(absence.starts_on <= day <= absence.ends_on for absence in absences)

    after = list(dropwhile(is_away, slot.days[slot.place :]))
    back = list(takewhile(lambda day: not is_away(day), after))
    if not back:
        return due_on
    lasts = (away[0].ends_on - away[0].starts_on).days + 1
    return back[(due_on - away[0].starts_on).days * min(lasts, len(back)) // lasts]


def slots(world: World, client: Client, owed: Owed) -> Iterator[Slot]:
    firm, promise = world.firm, owed.terms
    phase = Fraction((world.positions[client.pk] * 618_033 + owed.touchpoint_type_id * 414_213) % 1_000_000, 1_000_000)
    if promise.every is not None:
        yield from interval_slots(world, client, owed, phase)
    elif promise.anchor == "event":
        for day in sorted(event_days(firm, client, promise.anchor_event)):
            first = day + (promise.anchor_days or 0) * DAY
            if first < world.end:
                yield Slot(0, (day - date(2000, 1, 1)).days, working_days_in(firm, first, first + (promise.window_days + 1) * DAY), waits=True)
    else:
        for year in world.years:
            for ordinal, days, leveled in yearly_slots(world, client, promise, year):
                yield Slot(year, ordinal, days, floor(phase * len(days)) if leveled else 0)


def yearly_slots(world: World, client: Client, promise: PromiseTerms, year: int) -> Iterator[tuple[int, list[date], bool]]:
    """Ordinal, days, and whether the phase places it among them."""
    firm = world.firm
    if promise.anchor == "spread":
        for ordinal in range(1, promise.times + 1):
            yield ordinal, part_of_year(firm, year, promise.times, ordinal), True
    elif promise.anchor == "month":
        assert promise.anchor_month
        yield 1, month_of_year(firm, year, promise.anchor_month), True
    elif promise.anchor == "review":
        yield 1, month_of_year(firm, year, (client.next_review_on or world.first_day_of[client.pk]).month), True
    elif promise.anchor == "date":
        assert promise.anchor_month
        assert promise.anchor_day
        yield 1, one_day(firm, year, promise.anchor_month, promise.anchor_day), False
    elif promise.anchor == "birthday":
        people = [person for person in Person.objects.filter(client=client) if person.birth_date is not None]
        people.sort(key=lambda person: (not person.is_primary, person.birth_date, person.pk))
        if people and people[0].birth_date:
            yield 1, one_day(firm, year, people[0].birth_date.month, people[0].birth_date.day), False
    elif promise.anchor == "anniversary":
        if client.client_since and year > client.client_since.year:
            yield 1, one_day(firm, year, client.client_since.month, client.client_since.day), False
    else:
        raise AssertionError(promise.anchor)


def delivered_on(firm: Firm, touchpoint: Touchpoint) -> date:
    moment = touchpoint.interaction.happened_at if touchpoint.interaction else touchpoint.closed_at
    return moment.astimezone(ZoneInfo(firm.time_zone)).date() if moment else touchpoint.due_on


def event_days(firm: Firm, client: Client, event: str) -> set[date]:
    if event == "became_client":
        return {client.client_since} if client.client_since else set()
    if event == "review_done":
        reviews = Touchpoint.objects.filter(client=client, status="done", touchpoint_type__key="annual_review")
        return {delivered_on(firm, review) for review in reviews}
    if event == "meeting_held":
        meetings = Interaction.objects.filter(client=client, channel__in=["in_person", "video"])
        return {meeting.happened_at.astimezone(ZoneInfo(firm.time_zone)).date() for meeting in meetings}
    if event == "segment_changed":
        assignments = list(Assignment.objects.filter(client=client, scheme__is_service=True).order_by("starts_on"))
        return {after.starts_on for before, after in pairwise(assignments) if after.segment_id != before.segment_id}
    assert event == "life_event"
    return {lived.on for lived in LifeEvent.objects.filter(client=client)}


def interval_slots(world: World, client: Client, owed: Owed, phase: Fraction) -> Iterator[Slot]:
    promise = owed.terms
    assert promise.every is not None
    in_months = promise.every_unit == "months"
    done = list(Touchpoint.objects.filter(client=client, touchpoint_type=owed.touchpoint_type_id, status="done"))
    if done:
        base = max(delivered_on(world.firm, touchpoint) for touchpoint in done)
        number, steps = max([touchpoint.ordinal for touchpoint in done if 1000 < touchpoint.ordinal < 7000], default=1000) + 1, 1
    else:
        base = world.first_day_of[client.pk] + floor(phase * promise.every * (30 if in_months else 7)) * DAY
        number, steps = 1001, 0
    while True:
        first = months_later(base, steps * promise.every) if in_months else base + steps * promise.every * 7 * DAY
        if first >= world.end:
            return
        yield Slot(0, number, working_days_in(world.firm, first, first + (promise.window_days + 1) * DAY), waits=bool(done))
        number, steps = number + 1, steps + 1
