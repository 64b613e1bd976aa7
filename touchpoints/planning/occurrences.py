"""What a run works from: the calendar, and what each group of clients is owed, worked out once."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import cached_property

from firms.calendar import list_working_days
from firms.models import Absence, Firm
from firms.wall import acting_for
from segmentation.models import Scheme
from service_matrix.anchors import Anchor, Unit
from service_matrix.entitlements import Entitled
from touchpoints.calendar import Slot, cut_year, day_slot, month_slot
from touchpoints.planning.entitlements import Entitlements, OwnPromise, read_entitlements

# Phases are whole millionths, so that PostgreSQL and Python compute the same day.
WHOLE = 1_000_000
STEP_PER_POSITION = 618_033
SHIFT_PER_TYPE = 414_213
# Above it are the slots of an exception that changes how often.
EXCEPTED_FROM = 100
# Above it, ordinals are counted on whatever the year: from touch to touch, or the day of an event.
COUNTED_FROM = 1000
# Days from this one are the ordinals of what follows an event; those of intervals, a few hundred a decade, stay below them.
FIRST_EVENT_DAY = date(2000, 1, 1)
EVENTS_FROM = 7000
# What an interval is called where the others have the name of their anchor or event.
INTERVAL = "interval"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One slot of one promise that depends on nothing but the group. `first` and `count` are a run of the working days."""

    group_id: int
    touchpoint_type_id: int
    shift: int
    service_year: int
    ordinal: int
    first: int
    count: int
    window_days: int
    lead_days: int
    channel: str
    performer: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Hanging:
    """A promise whose slots hang on a day of each client's. `hangs_on`: an anchor, an event, or INTERVAL.

    `days` after the event; `weeks` or `months` from touch to touch.
    """

    group_id: int
    touchpoint_type_id: int
    shift: int
    hangs_on: str
    days: int
    weeks: int
    months: int
    window_days: int
    lead_days: int
    channel: str
    performer: str
    minutes: int


@dataclass(frozen=True, slots=True)
class OwnOccurrence(Occurrence):
    """One of a client with exceptions: it holds when its place is in this range of the working days, before absences."""

    holds_from: int
    holds_before: int


@dataclass(frozen=True, slots=True)
class OwnHanging(Hanging):
    holds_from: int
    holds_before: int


@dataclass(frozen=True)
class Plan:
    """What a run works from, read once when it begins."""

    firm_id: int
    time_zone: str
    scheme_id: int | None
    start: date
    end: date
    working_days: list[date]
    entitlements: Entitlements
    # Somebody is away in the horizon.
    has_absences: bool = False
    occurrences: list[Occurrence] = field(default_factory=list)
    hanging: list[Hanging] = field(default_factory=list)
    # The same of clients with exceptions, by client.
    own_occurrences: dict[int, list[OwnOccurrence]] = field(default_factory=dict)
    own_hanging: dict[int, list[OwnHanging]] = field(default_factory=dict)

    @property
    def service_years(self) -> range:
        return range(self.start.year, (self.end - timedelta(days=1)).year + 1)

    @property
    def first_day(self) -> date:
        """The first day of the calendar: what is due before `start` may still be in its window."""
        return date(self.start.year - 1, 1, 1)

    @property
    def last_day(self) -> date:
        return date(self.end.year + 1, 12, 31)

    @cached_property
    def working_days_before(self) -> list[int]:
        """For each day of the calendar, the number of the first working day on or after it."""
        days = (self.last_day - self.first_day).days + 1
        return [bisect_left(self.working_days, self.first_day + timedelta(days=number)) for number in range(days)]


def read_plan(firm_id: int, start: date, end: date, *, version_id: int | None = None) -> Plan:
    """From the published version, unless another is named, and the exceptions in force on `start`. Raises NoWorkingDays."""
    with acting_for(firm_id):
        firm = Firm.objects.get(pk=firm_id)
        scheme = Scheme.objects.filter(firm_id=firm_id, is_service=True).first()
        entitlements = read_entitlements(firm_id=firm_id, scheme=scheme, on=start, version_id=version_id)
        has_absences = Absence.objects.filter(firm_id=firm_id, starts_on__lt=end, ends_on__gte=date(start.year - 1, 1, 1)).exists()
    # A year more than the horizon touches, at both ends: the last slot of a year may have to borrow its day, and what is late began before. Two
    # more than it begins in, for levelling.
    working_days = list_working_days(firm, start.year - 1, max(end.year, start.year + 1) + 1)
    plan = Plan(firm_id, firm.time_zone, scheme.pk if scheme else None, start, end, working_days, entitlements, has_absences)
    for group_id, promises in entitlements.groups.items():
        for promise in promises:
            if depends_on_the_group(promise):
                plan.occurrences.extend(_occurrences(plan, group_id, promise))
            else:
                plan.hanging.append(_hanging(group_id, promise))
    for client_id, group_id in entitlements.own.items():
        for own in entitlements.own_promises[group_id]:
            _add_own(plan, client_id, group_id, own)
    return plan


def _add_own(plan: Plan, client_id: int, group_id: int, own: OwnPromise) -> None:
    if own.holds_from is not None and own.holds_from >= plan.end:
        return
    holds_from = 0 if own.holds_from is None else bisect_left(plan.working_days, own.holds_from)
    holds_before = len(plan.working_days) if own.holds_before is None else bisect_left(plan.working_days, own.holds_before)
    if depends_on_the_group(own.promise):
        # Numbers of their own: those of what it replaces are used again when it ended.
        above = EXCEPTED_FROM if own.falls_otherwise else 0
        for slot in _occurrences(plan, group_id, own.promise):
            values = asdict(slot) | {"ordinal": above + slot.ordinal}
            plan.own_occurrences.setdefault(client_id, []).append(OwnOccurrence(**values, holds_from=holds_from, holds_before=holds_before))
    else:
        hanging = _hanging(group_id, own.promise)
        plan.own_hanging.setdefault(client_id, []).append(OwnHanging(**asdict(hanging), holds_from=holds_from, holds_before=holds_before))


def depends_on_the_group(promise: Entitled) -> bool:
    return promise.every is None and promise.anchor in {Anchor.SPREAD, Anchor.MONTH, Anchor.DATE}


def slots_of(promise: Entitled, year: int, working_days: list[date]) -> Iterator[Slot]:
    """The slots of a service year of a promise that depends on nothing but the group."""
    if promise.anchor == Anchor.MONTH and promise.anchor_month:
        yield month_slot(year, promise.anchor_month, working_days)
    elif promise.anchor == Anchor.DATE and promise.anchor_month and promise.anchor_day:
        yield day_slot(year, promise.anchor_month, promise.anchor_day, working_days)
    else:
        yield from cut_year(year, promise.times, working_days)


def shift_of(promise: Entitled) -> int:
    return promise.touchpoint_type_id * SHIFT_PER_TYPE % WHOLE


def _occurrences(plan: Plan, group_id: int, promise: Entitled) -> Iterator[Occurrence]:
    """The slots in which some day is in the horizon."""
    for year in plan.service_years:
        for slot in slots_of(promise, year, plan.working_days):
            if plan.working_days[slot.first + slot.count - 1] >= plan.start and plan.working_days[slot.first] < plan.end:
                yield Occurrence(
                    group_id=group_id,
                    touchpoint_type_id=promise.touchpoint_type_id,
                    shift=shift_of(promise),
                    service_year=slot.year,
                    ordinal=slot.ordinal,
                    first=slot.first,
                    count=slot.count,
                    window_days=promise.window_days,
                    lead_days=promise.lead_days,
                    channel=promise.channel,
                    performer=promise.performer,
                    minutes=promise.minutes,
                )


def _hanging(group_id: int, promise: Entitled) -> Hanging:
    every = promise.every or 0
    return Hanging(
        group_id=group_id,
        touchpoint_type_id=promise.touchpoint_type_id,
        shift=shift_of(promise),
        hangs_on=INTERVAL if every else promise.anchor_event if promise.anchor == Anchor.AFTER_EVENT else promise.anchor,
        days=promise.anchor_days or 0,
        weeks=every if promise.every_unit == Unit.WEEKS else 0,
        months=every if promise.every_unit == Unit.MONTHS else 0,
        window_days=promise.window_days,
        lead_days=promise.lead_days,
        channel=promise.channel,
        performer=promise.performer,
        minutes=promise.minutes,
    )
