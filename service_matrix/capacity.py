"""Hours promised against hours available, and what would change them: clients, minutes, people, another version (docs/capacity.md)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from types import SimpleNamespace

from firms.calendar import NoWorkingDays, list_working_days
from firms.models import Firm
from firms.working_time import WorkingPerson, WorkingTime
from segmentation.models import Segment
from service_matrix.load import Load, Matrix, work_out_load
from service_matrix.money import ROLES


@dataclass(frozen=True)
class Calendar:
    """The firm's working days of a year ahead, from `first` to `last`, both included."""

    first: date
    last: date
    days: list[date]
    days_a_week: int

    @property
    def months(self) -> list[date]:
        """The first day of each month that the year touches, in order."""
        found = [self.first.replace(day=1)]
        while (following := (found[-1] + timedelta(days=32)).replace(day=1)) <= self.last:
            found.append(following)
        return found

    def count(self, first: date, last: date) -> int:
        """Working days between two days, both included."""
        return max(0, bisect_right(self.days, min(last, self.last)) - bisect_left(self.days, max(first, self.first)))


def year_ahead(firm: Firm, today: date) -> Calendar:
    """Twelve months from today. A firm without working days has none: nobody is available."""
    last = today + timedelta(days=364)
    try:
        days = list_working_days(firm, today.year, last.year)
    except NoWorkingDays:
        days = []
    return Calendar(today, last, [day for day in days if today <= day <= last], len(firm.working_days))


def hours_between(
    person: WorkingPerson, first: date, last: date, *, calendar: Calendar, absences: Mapping[int, Sequence[tuple[date, date]]]
) -> Decimal:
    """What a person has to give between two days, both included: a day's share of the week for each working day they are not away."""
    if not calendar.days_a_week:
        return Decimal(0)
    days, seen = calendar.count(first, last), first
    # Absences that overlap, as older rows may, take each day off once.
    for starts_on, ends_on in sorted(absences.get(person.user_id, ())):
        begins, ends = max(starts_on, seen), min(ends_on, last)
        if begins <= ends:
            days -= calendar.count(begins, ends)
            seen = ends + timedelta(days=1)
    return person.weekly_hours * days / calendar.days_a_week


def hours_of_each(
    people: Sequence[WorkingPerson],
    spans: Sequence[tuple[date, date]],
    *,
    calendar: Calendar,
    absences: Mapping[int, Sequence[tuple[date, date]]],
) -> list[list[Decimal]]:
    """The same for each person in each span. Most people work one of a few weeks and are never away: theirs is worked out once for all."""
    full: dict[Decimal, list[Decimal]] = {}
    found = []
    for person in people:
        hours = None if person.user_id in absences else full.get(person.weekly_hours)
        if hours is None:
            hours = [hours_between(person, first, last, calendar=calendar, absences=absences) for first, last in spans]
            if person.user_id not in absences:
                full[person.weekly_hours] = hours
        found.append(hours)
    return found


@dataclass(frozen=True)
class RoleCapacity:
    """A year of one role."""

    role: str
    people: Decimal
    committed: Decimal
    committed_at_most: Decimal
    available: Decimal

    @property
    def utilisation(self) -> Decimal | None:
        """The share of the hours available that is committed; None when nobody has any hours."""
        return self.committed / self.available if self.available else None

    @property
    def percent(self) -> int:
        """Of the hours available, for a meter: full from 100 on, and when there are none to give what is promised."""
        return min(100, int(self.utilisation * 100)) if self.utilisation is not None else 100 * bool(self.committed)

    @property
    def utilisation_at_most(self) -> Decimal | None:
        return self.committed_at_most / self.available if self.available else None

    @property
    def free(self) -> Decimal:
        """Hours left; below zero when too much is promised."""
        return self.available - self.committed


@dataclass(frozen=True)
class SegmentCapacity:
    """A year of one segment, and how many more of its clients there is room for: None when they ask for no hours at all."""

    segment: Segment
    clients: Decimal
    hours: dict[str, Decimal]
    hours_per_client: dict[str, Decimal]
    room: int | None
    # The role that runs out first; empty when there is no limit.
    limited_by: str

    @property
    def total_hours(self) -> Decimal:
        return sum(self.hours.values(), Decimal(0))

    @property
    def total_hours_per_client(self) -> Decimal:
        return sum(self.hours_per_client.values(), Decimal(0))


@dataclass(frozen=True)
class Capacity:
    roles: list[RoleCapacity]
    segments: list[SegmentCapacity]
    load: Load


@dataclass(frozen=True)
class StaffChange:
    """From a day of the year ahead on, someone works so many hours a week: a person of the firm (`user_id`), who leaves when there are none; or
    someone new, without `user_id`.
    """

    user_id: int | None
    role: str
    weekly_hours: Decimal
    starts_on: date

    @property
    def is_new(self) -> bool:
        return self.user_id is None

    @property
    def is_leaving(self) -> bool:
        return self.user_id is not None and not self.weekly_hours


@dataclass(frozen=True)
class Scenario:
    """What if: so many clients in each segment, so many minutes for some touchpoint types, so many people of a role, other people by name.

    A type or a role that is left out stays as it is. A person is changed once at the most.
    """

    counts: Mapping[int, Decimal | int]
    minutes: Mapping[int, int]
    people: Mapping[str, Decimal]
    staff: Sequence[StaffChange] = ()


def available_by_role(working: WorkingTime, *, calendar: Calendar, absences: Mapping[int, Sequence[tuple[date, date]]]) -> dict[str, Decimal]:
    """Hours of the year ahead, by role."""
    found = dict.fromkeys(ROLES, Decimal(0))
    each = hours_of_each(working.people, [(calendar.first, calendar.last)], calendar=calendar, absences=absences)
    for person, (hours,) in zip(working.people, each, strict=True):
        found[person.role] += hours
    return found


@dataclass(frozen=True)
class Basis:
    """What capacity is worked out from, read once: segments by rank, the matrix, who works and how much of the year ahead."""

    segments: Sequence[Segment]
    matrix: Matrix
    working: WorkingTime
    available: Mapping[str, Decimal]
    calendar: Calendar


def work_out_capacity(*, basis: Basis, scenario: Scenario) -> Capacity:
    """Committed against available for a scenario.

    A person more or fewer of a role gives or takes a whole year of the role's week, without absences. People by name give and take what
    they themselves work, from their day on.
    """
    working, calendar = basis.working, basis.calendar
    matrix = scenario_matrix(basis, scenario)
    load = work_out_load(counts=scenario.counts, matrix=matrix)
    each = work_out_load(counts=dict.fromkeys(scenario.counts, 1), matrix=matrix).segments
    roles = []
    for role in ROLES:
        now = Decimal(sum(person.role == role for person in working.people))
        people = scenario.people.get(role, now)
        staff = [change for change in scenario.staff if change.role == role]
        gained = sum((_gained(change, basis) for change in staff), Decimal(0))
        hours = max(Decimal(0), basis.available[role] + gained + (people - now) * _full_year(working, role, calendar))
        people += sum(change.is_new for change in staff) - sum(change.is_leaving for change in staff)
        roles.append(RoleCapacity(role, max(Decimal(0), people), load.hours[role], load.hours_at_most[role], hours))
    free = {role.role: role.free for role in roles}
    return Capacity(roles, [_segment_capacity(segment, load, each[segment.pk].hours, free) for segment in basis.segments], load)


def hours_of(
    person: WorkingPerson,
    change: StaffChange | None,
    first: date,
    last: date,
    *,
    calendar: Calendar,
    absences: Mapping[int, Sequence[tuple[date, date]]],
) -> Decimal:
    """What a person has to give between two days when their week changes on the way."""
    if change is None or change.starts_on > last:
        return hours_between(person, first, last, calendar=calendar, absences=absences)
    turn = max(first, change.starts_on)
    then = replace(person, weekly_hours=change.weekly_hours)
    return hours_between(person, first, turn - timedelta(days=1), calendar=calendar, absences=absences) + hours_between(
        then, turn, last, calendar=calendar, absences=absences
    )


def newcomer(change: StaffChange) -> WorkingPerson:
    """Someone new, who works from their day on and not before; nobody knows their absences yet."""
    return WorkingPerson(user_id=0, name="", role=change.role, weekly_hours=Decimal(0), hourly_cost=None)


def _gained(change: StaffChange, basis: Basis) -> Decimal:
    """The hours of the year ahead that a change brings, below zero for those it takes."""
    calendar, absences = basis.calendar, basis.working.absences
    person = newcomer(change) if change.is_new else next((each for each in basis.working.people if each.user_id == change.user_id), None)
    if person is None:
        return Decimal(0)
    year = (calendar.first, calendar.last)
    return hours_of(person, change, *year, calendar=calendar, absences=absences) - hours_of(person, None, *year, calendar=calendar, absences=absences)


def role_capacities(load: Load, working: WorkingTime, available: Mapping[str, Decimal]) -> list[RoleCapacity]:
    """What a load asks of the people there are."""
    people = {role: Decimal(sum(person.role == role for person in working.people)) for role in ROLES}
    return [RoleCapacity(role, people[role], load.hours[role], load.hours_at_most[role], available[role]) for role in ROLES]


def scenario_matrix(basis: Basis, scenario: Scenario) -> Matrix:
    """The matrix as a scenario has it."""
    return replace(basis.matrix, promises=_with_minutes(basis.matrix.promises, scenario.minutes)) if scenario.minutes else basis.matrix


def _with_minutes(promises: Iterable[object], minutes: Mapping[int, int]) -> list[SimpleNamespace]:
    """The promises, with other minutes for some types."""
    names = ("segment_id", "touchpoint_type_id", "times", "times_at_most", "minutes", "performer", "direct_cost")
    found = [SimpleNamespace(**{name: getattr(promise, name) for name in names}) for promise in promises]
    for promise in found:
        promise.minutes = minutes.get(promise.touchpoint_type_id, promise.minutes)
    return found


def _full_year(working: WorkingTime, role: str, calendar: Calendar) -> Decimal:
    week = working.roles[role].weekly_hours or Decimal(0)
    return week * len(calendar.days) / calendar.days_a_week if calendar.days_a_week else Decimal(0)


def _segment_capacity(segment: Segment, load: Load, per_client: dict[str, Decimal], free: Mapping[str, Decimal]) -> SegmentCapacity:
    rooms = {role: _whole(free[role] / hours) for role, hours in per_client.items() if hours}
    limited_by = min(rooms, key=lambda role: rooms[role], default="")
    mine = load.segments[segment.pk]
    return SegmentCapacity(segment, mine.clients, mine.hours, per_client, rooms[limited_by] if rooms else None, limited_by)


# Ten minutes are no round share of an hour: six of them are one hour, whatever the last digit says.
_ROUNDING = Decimal("1e-9")


def _whole(clients: Decimal) -> int:
    """Whole clients there is room for: none when too much is promised already."""
    return max(0, int((clients + _ROUNDING).to_integral_value(ROUND_FLOOR)))
