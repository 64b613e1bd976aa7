"""The place of each client in its adviser's book, chosen once so that no week is a pile-up (docs/planning.md, Levelling).

The choice is greedy, client by client: each takes the place that crowds its book's weeks least. That is Python's work, not SQL's; it is done once in
a client's life, and takes a microsecond or two for each place looked at.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import itemgetter

from django.db import connection
from django.db.models import Exists, OuterRef

from segmentation.models import Assignment
from service_matrix.anchors import Anchor
from service_matrix.models import Performer
from touchpoints.calendar import week_of_year
from touchpoints.models import BookPosition
from touchpoints.planning.entitlements import group_sql
from touchpoints.planning.events import IN_RANGE
from touchpoints.planning.occurrences import STEP_PER_POSITION, WHOLE, Plan, depends_on_the_group, shift_of, slots_of
from touchpoints.planning.statements import IS_SERVED, SERVED, served_parameters

# The places each newcomer chooses among.
CHOICE = 32
# The higher, the more a week that is fuller than others keeps newcomers away.
STEEPNESS = 5
# Two service years of at most 53 weeks, for each role.
_WEEKS = 53
_PER_ROLE = 2 * _WEEKS
_ADVISER, _ASSISTANT = 0, _PER_ROLE

_NEWCOMERS = f"""
SELECT c.adviser_id, c.id, {{column}}
FROM segmentation_assignment a
JOIN clients_client c ON c.firm_id = a.firm_id AND c.id = a.client_id
JOIN segmentation_segment s ON s.firm_id = a.firm_id AND s.id = a.segment_id {{joins}}
WHERE a.firm_id = %(firm)s AND a.scheme_id = %(scheme)s AND a.ends_on IS NULL AND {IS_SERVED}
  AND c.id BETWEEN %(first_client)s AND %(last_client)s AND a.client_id BETWEEN %(first_client)s AND %(last_client)s
  AND NOT EXISTS (
      SELECT 1 FROM touchpoints_bookposition b
      WHERE b.firm_id = a.firm_id AND b.client_id = a.client_id AND b.client_id BETWEEN %(first_client)s AND %(last_client)s
  )
ORDER BY c.adviser_id, s.rank, c.id
"""
# Who is in these books with a place, served or not (the group is then none).
_PLACED = f"""
SELECT c.adviser_id, b.position, CASE WHEN {IS_SERVED} THEN {{column}} END
FROM clients_client c
JOIN touchpoints_bookposition b ON b.firm_id = c.firm_id AND b.client_id = c.id
LEFT JOIN segmentation_assignment a ON a.firm_id = c.firm_id AND a.client_id = c.id AND a.scheme_id = %(scheme)s AND a.ends_on IS NULL {{joins}}
WHERE c.firm_id = %(firm)s AND c.adviser_id = ANY(%(advisers)s)
"""
_INSERT = """
INSERT INTO touchpoints_bookposition (firm_id, client_id, position)
SELECT %(firm)s, client_id, position FROM unnest(%(clients)s::bigint[], %(positions)s::int[]) AS n (client_id, position)
"""

# After all weeks, one that holds nothing.
_NOWHERE = 2 * _PER_ROLE


class Profile:
    """The weeks, by role, of the touches that a client of a group has at a place: of its own for one role, and for either."""

    __slots__ = ("either", "get", "own")

    def __init__(self, own: list[int], either: list[int]) -> None:
        self.own, self.either = own, either
        # A touch of one role weighs twice what one for either does. Two weeks that hold nothing, because an itemgetter of fewer gives no tuple.
        self.get: Callable[[list[int]], tuple[int, ...]] = itemgetter(*[_NOWHERE, _NOWHERE, *own, *own, *either])


class Profiles:
    """Profiles by group and range of phases, worked out when first asked for.

    A range reaches from one phase at which some touch comes to another week to the next: inside it every place has the same weeks.
    """

    def __init__(self, plan: Plan) -> None:
        self._slots: dict[int, list[tuple[int, int, int, int, str]]] = {}
        self._changes: dict[int, list[int]] = {}
        self._found: dict[tuple[int, int], Profile] = {}
        # By group: a position, and the profiles from there on. Where a firm is planned for the first time every book counts from the same one.
        self._at: dict[int, tuple[int, list[Profile]]] = {}
        self.totals: dict[int, tuple[int, int]] = {}
        first_year = plan.start.year
        # Where a working day counts, for each of the two years; a slot may borrow a day of the next, which does not.
        self._week = [
            {number: offset * _WEEKS + week_of_year(day) for number, day in enumerate(plan.working_days) if day.year == first_year + offset}
            for offset in (0, 1)
        ]
        for group_id, promises in plan.entitlements.groups.items():
            looked_at = [promise for promise in promises if depends_on_the_group(promise) and promise.anchor != Anchor.DATE]
            self._slots[group_id] = [
                (offset, slot.first, slot.count, shift_of(promise), promise.performer)
                for promise in looked_at
                for offset in (0, 1)
                for slot in slots_of(promise, first_year + offset, plan.working_days)
            ]
            units = [(4 * promise.times, promise.performer) for promise in looked_at]
            self.totals[group_id] = (
                sum(count // (1 + (by == Performer.EITHER)) for count, by in units if by != Performer.ASSISTANT),
                sum(count // (1 + (by == Performer.EITHER)) for count, by in units if by != Performer.ADVISER),
            )

    def between(self, group_id: int, first: int, end: int) -> list[Profile]:
        """Those of the positions from `first` on, before `end`."""
        begin, at = self._at.get(group_id, (first, []))
        if first < begin:
            begin, at = first, []
        at.extend(self.of(group_id, position) for position in range(begin + len(at), end))
        self._at[group_id] = begin, at
        return at[first - begin : end - begin]

    def of(self, group_id: int, position: int) -> Profile:
        """That of one position, which may be far from those chosen among."""
        changes = self._changes.get(group_id) or self._find_changes(group_id)
        place = bisect_right(changes, position * STEP_PER_POSITION % WHOLE) - 1
        if (found := self._found.get((group_id, place))) is None:
            found = self._found[group_id, place] = self._work_out(group_id, changes[place])
        return found

    def _find_changes(self, group_id: int) -> list[int]:
        """The phases, 0 and up, from which on the weeks are others."""
        changes = {0}
        for offset, first, count, shift, _performer in self._slots.get(group_id, ()):
            week = self._week[offset]
            changes.add(-shift % WHOLE)
            changes.update(
                (-(-day * WHOLE // count) - shift) % WHOLE for day in range(1, count) if week.get(first + day) != week.get(first + day - 1)
            )
        self._changes[group_id] = sorted(changes)
        return self._changes[group_id]

    def _work_out(self, group_id: int, phase: int) -> Profile:
        own, either = [], []
        for offset, first, count, shift, performer in self._slots.get(group_id, ()):
            week = self._week[offset].get(first + (phase + shift) % WHOLE * count // WHOLE)
            if week is None:
                continue
            if performer == Performer.EITHER:
                either += [_ADVISER + week, _ASSISTANT + week]
            else:
                own.append((_ASSISTANT if performer == Performer.ASSISTANT else _ADVISER) + week)
        return Profile(own, either)


class Book:
    """What an adviser's weeks hold so far."""

    def __init__(self, profiles: Profiles, groups: Iterable[int]) -> None:
        self._profiles = profiles
        promised = [profiles.totals.get(group, (0, 0)) for group in groups]
        self._totals = (sum(adviser for adviser, _ in promised), sum(assistant for _, assistant in promised))
        self._loads = [0] * (2 * _PER_ROLE)
        self._weights = [0] * (2 * _PER_ROLE + 1)
        self.last = 0

    def add(self, group_id: int, position: int) -> None:
        profile = self._profiles.of(group_id, position)
        for index in profile.own:
            self._loads[index] += 2
        for index in profile.either:
            self._loads[index] += 1
        for index in {*profile.own, *profile.either}:
            self._weights[index] = (self._loads[index] * 52_000 // self._totals[index >= _ASSISTANT]) ** STEEPNESS

    def choose(self, group_id: int) -> int:
        """The place that crowds the book least, the smallest of equals."""
        weights, first = self._weights, self.last + 1
        best, least = first, -1
        for position, profile in enumerate(self._profiles.between(group_id, first, first + CHOICE), first):
            crowding = sum(profile.get(weights))
            if least < 0 or crowding < least:
                best, least = position, crowding
        self.last = best
        self.add(group_id, best)
        return best


def count_newcomers(*, firm_id: int, scheme_id: int) -> int:
    """Served clients of a scheme who have no place yet."""
    placed = BookPosition.objects.filter(firm_id=OuterRef("firm_id"), client=OuterRef("client"))
    current = Assignment.objects.filter(firm_id=firm_id, scheme=scheme_id, ends_on=None, client__archived_at=None, client__status__in=SERVED)
    return current.filter(~Exists(placed)).count()


def give_positions(plan: Plan, *, first_client: int = 0, last_client: int = 2**63 - 1) -> None:
    """Give served clients of a range of ids who have no place one. Must run in a transaction of the firm, in its turn."""
    group = group_sql(plan.entitlements, with_own=False, in_range=IN_RANGE)
    with connection.cursor() as cursor:
        cursor.execute(_NEWCOMERS.format(**vars(group)), {**served_parameters(plan), "first_client": first_client, "last_client": last_client})
        newcomers = cursor.fetchall()
        if not newcomers:
            return
        places = _choose_places(plan, newcomers, _read_books(plan, sorted({adviser for adviser, _client, _group in newcomers})))
        cursor.execute(_INSERT, {"firm": plan.firm_id, "clients": list(places), "positions": list(places.values())})


def _read_books(plan: Plan, advisers: list[int]) -> dict[int, list[tuple[int, int | None]]]:
    """Position and group of those who have a place, by adviser."""
    books: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
    group = group_sql(plan.entitlements, with_own=False)
    with connection.cursor() as cursor:
        cursor.execute(_PLACED.format(**vars(group)), {**served_parameters(plan), "advisers": advisers})
        for adviser, position, number in cursor.fetchall():
            books[adviser].append((position, number))
    return books


def _choose_places(plan: Plan, newcomers: list[tuple[int, int, int]], placed: dict[int, list[tuple[int, int | None]]]) -> dict[int, int]:
    profiles = Profiles(plan)
    waiting: dict[int, list[int]] = defaultdict(list)
    for adviser, _client, group in newcomers:
        waiting[adviser].append(group)
    places: dict[int, int] = {}
    books: dict[int, Book] = {}
    for adviser, client, group in newcomers:
        if (book := books.get(adviser)) is None:
            members = placed.get(adviser, [])
            book = books[adviser] = Book(profiles, [other for _, other in members if other is not None] + waiting[adviser])
            book.last = max((position for position, _ in members), default=0)
            for position, other in members:
                if other is not None:
                    book.add(other, position)
        places[client] = book.choose(group)
    return places
