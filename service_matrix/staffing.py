"""What becomes of the work when somebody leaves, works less or arrives: for a scenario, in hours of the year ahead, and nothing is written.

A matrix promises work to clients, clients have an adviser, and a book its assistants (books.py): whose work it is follows from that, and so does who
carries it when that person is away for good. The rules are in docs/capacity.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count

from firms.working_time import WorkingPerson
from segmentation.models import Assignment
from service_matrix.books import NOBODY, Books
from service_matrix.capacity import Basis, StaffChange, hours_of, newcomer
from service_matrix.load import MINUTES_AN_HOUR, Matrix
from service_matrix.models import Performer
from service_matrix.promises import DAYS_A_YEAR

# How many of those who could carry work are named.
NAMED = 5


@dataclass(frozen=True)
class Share:
    """Hours of one person: `user_id` is 0 and `name` empty for someone new."""

    user_id: int
    name: str
    hours: Decimal


@dataclass(frozen=True)
class StaffEffect:
    """What one change does from its day to the end of the year ahead, beside the others that hold by then. All figures are hours of that time."""

    change: StaffChange
    # Empty for someone new.
    name: str
    weekly_before: Decimal
    until: date
    available_before: Decimal
    available: Decimal
    # Clients who have this person as their adviser.
    clients: int
    # Work that falls to this person, or did before they left.
    owed: Decimal
    # Of it, what falls to others by itself: the most first.
    carried: list[Share]
    # And what falls to nobody.
    nobodys: Decimal
    # Others of the role with hours left over their own work, the most first; and all they have left together.
    room: list[Share]
    total_room: Decimal

    @property
    def excess(self) -> Decimal:
        """Work beyond the hours of someone who stays."""
        return Decimal(0) if self.change.is_leaving else max(Decimal(0), self.owed - self.available)

    @property
    def to_place(self) -> Decimal:
        """Hours of work that want another person."""
        return self.nobodys + self.excess

    @property
    def unplaced(self) -> Decimal:
        """What no one of the role has hours left for."""
        return max(Decimal(0), self.to_place - self.total_room)


# Minutes a year by performer, by adviser.
Work = Mapping[int, Mapping[str, Decimal]]


def read_clients_led(*, firm_id: int, scheme_id: int) -> dict[int, dict[int, int]]:
    """How many clients of each segment each adviser leads today: one aggregate."""
    rows = (
        Assignment.objects.filter(firm_id=firm_id, scheme_id=scheme_id, ends_on=None, client__archived_at=None)
        .order_by()
        .values_list("client__adviser_id", "segment_id")
        .annotate(Count("pk"))
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for adviser, segment, clients in rows:
        found[adviser][segment] = clients
    return dict(found)


def work_of_books(matrix: Matrix, led: Mapping[int, Mapping[int, int]]) -> dict[int, dict[str, Decimal]]:
    """What a year of promises and answering asks for in each adviser's book."""
    each: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for promise in matrix.promises:
        each[promise.segment_id][promise.performer] += Decimal(promise.times) * promise.minutes
    work: dict[int, dict[str, Decimal]] = {}
    for adviser, segments in led.items():
        mine: dict[str, Decimal] = defaultdict(Decimal)
        for segment, clients in segments.items():
            for performer, minutes in each[segment].items():
                mine[performer] += clients * minutes
            mine[Performer.EITHER.value] += Decimal(clients) * matrix.reactive_minutes
        work[adviser] = dict(mine)
    return work


def share_out(work: Work, books: Books, *, here: Set[int]) -> dict[int, Decimal]:
    """Minutes a year by person, among those who are here; what falls to anybody else falls to nobody."""
    present = books.without({helper for helpers in books.assistants.values() for helper in helpers if helper not in here})
    found: dict[int, Decimal] = defaultdict(Decimal)
    for adviser, mine in work.items():
        for performer, minutes in mine.items():
            for who, theirs in present.divide(adviser, performer, minutes):
                found[who if who in here else NOBODY] += theirs
    return dict(found)


def staff_effects(
    *, basis: Basis, matrix: Matrix, changes: Sequence[StaffChange], led: Mapping[int, Mapping[int, int]], books: Books
) -> list[StaffEffect]:
    """What each change does, in the order of their days. `matrix` is the scenario's; clients stay with the advisers they have today."""
    people = {person.user_id: person for person in basis.working.people}
    known = [change for change in changes if change.is_new or change.user_id in people]
    work = work_of_books(matrix, led)
    return [_effect(change, basis, known, people, work, books, led) for change in sorted(known, key=lambda each: each.starts_on)]


def _effect(
    change: StaffChange,
    basis: Basis,
    changes: Sequence[StaffChange],
    people: Mapping[int, WorkingPerson],
    work: Work,
    books: Books,
    led: Mapping[int, Mapping[int, int]],
) -> StaffEffect:
    calendar = basis.calendar
    first, last = change.starts_on, calendar.last
    gone = {each.user_id for each in changes if each.is_leaving and each.starts_on <= first and each.user_id is not None}
    here = people.keys() - gone
    part = Decimal((last - first).days + 1) / DAYS_A_YEAR / MINUTES_AN_HOUR

    def hours_shared(present: Set[int]) -> dict[int, Decimal]:
        return {who: minutes * part for who, minutes in share_out(work, books, here=present).items()}

    after = hours_shared(here)
    me = change.user_id or NOBODY
    before = hours_shared(here | {me}) if change.is_leaving else after
    person = newcomer(change) if change.is_new else people[me]
    of_person = {each.user_id: each for each in changes if each.user_id is not None}

    def available(who: WorkingPerson, turn: StaffChange | None) -> Decimal:
        return hours_of(who, turn, first, last, calendar=calendar, absences=basis.working.absences)

    more = {who: hours - before.get(who, Decimal(0)) for who, hours in after.items()} if change.is_leaving else {}
    left = [
        Share(each.user_id, each.name, available(each, of_person.get(each.user_id)) - after.get(each.user_id, Decimal(0)))
        for each in basis.working.people
        if each.role == change.role and each.user_id in here - {me}
    ]
    left += [
        Share(NOBODY, "", available(newcomer(each), each)) for each in changes if each.is_new and each.role == change.role and each is not change
    ]
    room = _most_first(left)
    return StaffEffect(
        change=change,
        name=person.name,
        weekly_before=person.weekly_hours,
        until=last,
        available_before=available(person, None),
        available=available(person, change),
        clients=0 if change.is_new else sum(led.get(me, {}).values()),
        owed=Decimal(0) if change.is_new else before.get(me, Decimal(0)),
        carried=_most_first(Share(who, people[who].name, hours) for who, hours in more.items() if who in people),
        nobodys=more.get(NOBODY, Decimal(0)),
        room=room[:NAMED],
        total_room=sum((share.hours for share in room), Decimal(0)),
    )


def _most_first(shares: Iterable[Share]) -> list[Share]:
    return sorted((share for share in shares if share.hours > 0), key=lambda share: (-share.hours, share.user_id))
