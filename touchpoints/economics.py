"""What each segment was expected to cost and bring, and what it did: from touchpoints delivered, contacts nobody planned, and clients' revenue.

The rules are in docs/capacity.md.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Case, CharField, Count, Exists, IntegerField, OuterRef, Sum, Value, When

from clients.models import Client, Interaction
from firms.models import Firm, User
from firms.permissions import Role
from segmentation.models import Segment
from segmentation.openings import read_openings
from service_matrix.blending import blend_book
from service_matrix.catalogue import REACTIVE
from service_matrix.entitlements import NO_PROFILE, Entitled, Entitlements, read_entitlements
from service_matrix.load import Matrix, SegmentLoad, work_out_load
from service_matrix.models import MatrixVersion, Performer, Promise, SegmentStrategy, TouchpointType
from service_matrix.money import ROLES, fill_in_revenues, rates_of, read_serving
from service_matrix.promises import DAYS_A_YEAR
from service_matrix.queries import periods_in_force
from touchpoints.models import Status, Touchpoint

MINUTES_AN_HOUR = 60
# What answering takes where the firm has no such touchpoint type.
USUAL_ANSWER_MINUTES = 15
PAGE_SIZE = 50


@dataclass(frozen=True)
class Delivered:
    """Twelve months of one segment, as they were: minutes by role of the person who did it; costs are None when a rate they need is unknown."""

    touchpoints: int
    # Contacts logged that nobody planned.
    unplanned: int
    minutes: dict[str, Decimal]
    direct_cost: Decimal
    labour_cost: Decimal | None

    @property
    def hours(self) -> Decimal:
        return sum(self.minutes.values(), Decimal(0)) / MINUTES_AN_HOUR

    @property
    def cost(self) -> Decimal | None:
        return None if self.labour_cost is None else self.direct_cost + self.labour_cost


@dataclass(frozen=True)
class SegmentEconomics:
    """One line of the strategy table. `each` is the expected year of one client, `expected` that of all of them."""

    segment: Segment
    # Who is in it, as the published rules say; in the words of the segment itself where no rules are published, or they cannot be read.
    criteria: str
    strategy: SegmentStrategy | None
    clients: int
    each: SegmentLoad
    expected: SegmentLoad
    delivered: Delivered
    # The revenue of twelve months known of its clients; None when it is known of none.
    revenue: Decimal | None
    # Names of the promised touchpoint types, where the firm wrote no words of its own.
    promised: list[str]

    @property
    def profit(self) -> Decimal | None:
        return None if self.revenue is None or self.delivered.cost is None else self.revenue - self.delivered.cost


def read_economics(*, firm: Firm, version: MatrixVersion, today: date, former: Sequence[MatrixVersion] = ()) -> list[SegmentEconomics]:
    """The strategy table under a version, expected beside the last twelve months, by rank. A handful of statements, whatever the book.

    `former` are the versions in force before it, whose direct cost is that of what fell due in their time.
    """
    segments = list(Segment.objects.filter(firm_id=firm.pk, scheme_id=version.scheme_id).select_related("strategy").order_by("rank"))
    strategies: dict[int, SegmentStrategy | None] = {segment.pk: getattr(segment, "strategy", None) for segment in segments}
    stated = {pk: strategy.expected_revenue if strategy else None for pk, strategy in strategies.items()}
    periods = periods_in_force((*former, version), since=today - timedelta(days=DAYS_A_YEAR))
    rows = Promise.objects.filter(firm_id=firm.pk, version__in=[each.pk for each, _from in periods])
    all_promises = list(rows.select_related("touchpoint_type", "segment").order_by("touchpoint_type"))
    promises = [promise for promise in all_promises if promise.version_id == version.pk]
    owed, book = blend_book(version, promises, on=today)
    rates = rates_of(firm, read_serving(firm))
    matrix = Matrix(owed, version.reactive_minutes, rates, fill_in_revenues(stated, book))
    counts = {segment.pk: book.clients.get(segment.pk, 0) for segment in segments}
    expected = work_out_load(counts=counts, matrix=matrix).segments
    each = work_out_load(counts=dict.fromkeys(counts, 1), matrix=matrix).segments
    delivered = _delivered(firm, version.scheme_id, today, periods, all_promises, rates.hourly_cost)
    openings = read_openings(firm=firm, scheme_id=version.scheme_id)
    nothing = Delivered(0, 0, dict.fromkeys(ROLES, Decimal(0)), Decimal(0), Decimal(0))
    return [
        SegmentEconomics(
            segment=segment,
            criteria=openings.get(segment.pk) or segment.description,
            strategy=strategies[segment.pk],
            clients=counts[segment.pk],
            each=each[segment.pk],
            expected=expected[segment.pk],
            delivered=delivered.get(segment.pk, nothing),
            revenue=book.total_revenue.get(segment.pk),
            promised=[promise.touchpoint_type.name for promise in promises if promise.segment_id == segment.pk],
        )
        for segment in segments
    ]


def _delivered(
    firm: Firm,
    scheme_id: int,
    today: date,
    periods: list[tuple[MatrixVersion, date]],
    promises: list[Promise],
    hourly_cost: dict[str, Decimal | None],
) -> dict[int, Delivered]:
    """The twelve months before today: what was done, by the segment it was promised to, and contacts nobody planned, by the client's segment: an
    aggregate each.
    """
    # Which of the periods it fell due in.
    period = Case(
        *(When(due_on__gte=begins, then=Value(place)) for place, (_version, begins) in enumerate(periods[:-1])),
        default=Value(len(periods) - 1),
        output_field=IntegerField(),
    )
    done = Touchpoint.objects.filter(firm_id=firm.pk, status=Status.DONE, due_on__gte=today - timedelta(days=DAYS_A_YEAR), due_on__lt=today)
    groups = done.order_by().annotate(role=_working_as("closed_by"), period=period).values_list("segment_id", "touchpoint_type_id", "role", "period")
    rows = list(groups.annotate(Count("pk"), Sum("minutes")))
    cost_of = _direct_costs(firm, [version for version, _begins in periods], promises, {(row[0], row[1]) for row in rows})
    counted: dict[int, int] = defaultdict(int)
    unplanned: dict[int, int] = defaultdict(int)
    minutes: dict[int, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(ROLES, Decimal(0)))
    spent: dict[int, Decimal] = defaultdict(Decimal)
    for segment, touchpoint_type, by_role, place, count, total in rows:
        counted[segment] += count
        minutes[segment][by_role] += total
        spent[segment] += count * cost_of(segment, touchpoint_type, place)
    answer = _answer_minutes(firm.pk)
    for segment, by_role, contacts in _unplanned(firm, scheme_id, today):
        unplanned[segment] += contacts
        minutes[segment][by_role] += contacts * answer
    found = {}
    for segment, of_roles in minutes.items():
        costs = [_cost(of_roles[each], hourly_cost[each]) for each in ROLES]
        labour = None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))
        found[segment] = Delivered(counted[segment], unplanned[segment], of_roles, spent[segment], labour)
    return found


def _unplanned(firm: Firm, scheme_id: int, today: date) -> list[tuple[int, str, int]]:
    """Contacts of the twelve months before today, by the firm's clock, that delivered no touchpoint: by the segment that the client is in now and the
    role of whoever logged them.
    """
    zone = ZoneInfo(firm.time_zone)
    first, end = (datetime.combine(day, time(), tzinfo=zone) for day in (today - timedelta(days=DAYS_A_YEAR), today))
    contacts = Interaction.objects.filter(
        ~Exists(Touchpoint.objects.filter(firm_id=firm.pk, interaction=OuterRef("pk"))),
        firm_id=firm.pk,
        happened_at__gte=first,
        happened_at__lt=end,
        client__archived_at=None,
        client__assignments__firm_id=firm.pk,
        client__assignments__scheme_id=scheme_id,
        client__assignments__ends_on=None,
    )
    groups = contacts.order_by().annotate(role=_working_as("by")).values_list("client__assignments__segment_id", "role")
    return list(groups.annotate(Count("pk")))


def _working_as(person: str) -> Case:
    """The role a person worked in: an administrator or an adviser as an adviser, whoever it was promised of."""
    return Case(
        When(**{f"{person}__role": Role.ASSISTANT}, then=Value(Performer.ASSISTANT.value)),
        default=Value(Performer.ADVISER.value),
        output_field=CharField(),
    )


def _answer_minutes(firm_id: int) -> int:
    """What a contact that nobody planned takes: what the firm says answering does."""
    said = TouchpointType.objects.filter(firm_id=firm_id, key=REACTIVE).values_list("minutes", flat=True).first()
    return USUAL_ANSWER_MINUTES if said is None else said


def _direct_costs(
    firm: Firm, versions: list[MatrixVersion], promises: list[Promise], cells: set[tuple[int, int]]
) -> Callable[[int, int, int], Decimal]:
    """The direct cost of one occurrence, by segment, type and place of the version it fell due under.

    What that version does not promise the segment was promised by an earlier one; what none does, to single clients by exception: at what the type
    costs as it is usually done.
    """
    said = {(promise.version_id, promise.segment_id, promise.touchpoint_type_id): promise.direct_cost for promise in promises}
    promised = {(segment, kind) for _version, segment, kind in said}
    others = {kind for segment, kind in cells if (segment, kind) not in promised}
    usual = dict(TouchpointType.objects.filter(firm_id=firm.pk, pk__in=others).values_list("pk", "direct_cost")) if others else {}

    def cost(segment: int, kind: int, place: int) -> Decimal:
        order = [*versions[place:], *reversed(versions[:place])]
        return next((said[key] for each in order if (key := (each.pk, segment, kind)) in said), usual.get(kind, Decimal(0)))

    return cost


def _cost(minutes: Decimal, hourly_cost: Decimal | None) -> Decimal | None:
    if not minutes:
        return Decimal(0)
    return None if hourly_cost is None else minutes / MINUTES_AN_HOUR * hourly_cost


@dataclass(frozen=True)
class ServedClient:
    """A client's twelve months in minutes: what fell due and was done, contacts nobody planned, and what was promised."""

    client: Client
    segment: Segment
    done: int
    unplanned: int
    promised: int
    balance: int


@dataclass(frozen=True)
class Place:
    """Where a page of the list begins: after this balance and client."""

    balance: int
    client_id: int

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        balance, _sign, client = text.partition("_")
        digits = balance.removeprefix("-")
        if not (digits.isdecimal() and client.isdecimal() and len(digits) < 10 and len(client) < 18):
            return None
        return cls(int(balance), int(client))

    def __str__(self) -> str:
        return f"{self.balance}_{self.client_id}"


def _spare(promises: Iterable[Entitled]) -> int:
    """Minutes a year between the figures that ranges owe and their upper ones."""
    return sum(((each.times_at_most or each.times) - each.times) * each.minutes for each in promises)


def _beyond(version: MatrixVersion, segments: Sequence[int], entitled: Entitlements) -> dict[tuple[int, int], int]:
    """Minutes a year that a client of each segment and profile may ask for beyond what falls due: answering, and the upper figures of ranges.

    A segment that is promised nothing may ask for answers, whatever the profile.
    """
    profiles = {NO_PROFILE} | {group.profile_id for group in entitled.groups}
    found = {(segment, profile): version.reactive_minutes for segment in segments for profile in sorted(profiles)}
    for group in entitled.groups:
        if (group.segment_id, group.profile_id) in found:
            found[group.segment_id, group.profile_id] += _spare(group.promises)
    return found


def _beyond_of_exempted(version: MatrixVersion, beyond: Mapping[tuple[int, int], int], entitled: Entitlements) -> dict[int, int]:
    """The same of the clients with exceptions, by client: their own promises of the types concerned, their group's of the others."""
    at = {(group.segment_id, group.profile_id): group.promises for group in entitled.groups}
    found = {}
    for client in entitled.exempted:
        group = (client.segment_id, client.profile_id)
        replaced = _spare(each for each in at.get(group, []) if each.touchpoint_type_id in client.types)
        found[client.client_id] = beyond.get(group, version.reactive_minutes) - replaced + _spare(client.promises)
    return found


# A client's minutes: done, and due whatever became of it; contacts logged without a touchpoint, each taking what answering takes; and what could
# be asked beyond what fell due: answering, and the upper figures of ranges as the client's own profile and exceptions leave them, for the days since
# the client came. Set-based: two aggregates over a
# year of touchpoints and interactions, joined to the book; a loop would send each client's year through Python.
_SERVED = """
WITH due AS (
    SELECT client_id, sum(minutes) FILTER (WHERE status = 'done') AS done, sum(minutes) AS due
    FROM touchpoints_touchpoint
    WHERE firm_id = %(firm)s AND due_on >= %(first)s AND due_on < %(today)s AND status IN ('done', 'skipped', 'missed')
    GROUP BY client_id
), unplanned AS (
    SELECT i.client_id, count(*) * %(answer)s AS minutes
    FROM clients_interaction i
    WHERE i.firm_id = %(firm)s AND i.happened_at >= %(begins)s AND i.happened_at < %(ends)s
      AND NOT EXISTS (SELECT 1 FROM touchpoints_touchpoint t WHERE t.firm_id = %(firm)s AND t.interaction_id = i.id)
    GROUP BY i.client_id
), place AS (
    SELECT client_id, min(starts_on) AS first_on, max(segment_id) FILTER (WHERE ends_on IS NULL) AS segment_id
    FROM segmentation_assignment
    WHERE firm_id = %(firm)s AND scheme_id = %(scheme)s
    GROUP BY client_id
), grouped AS (
    SELECT * FROM unnest(%(segments)s::bigint[], %(profiles)s::bigint[], %(beyond)s::int[]) AS g (segment_id, profile_id, beyond)
), exempted AS (
    SELECT * FROM unnest(%(exempted)s::bigint[], %(exempted_beyond)s::int[]) AS x (client_id, beyond)
), served AS (
    SELECT c.id, p.segment_id, coalesce(d.done, 0)::int AS done, coalesce(u.minutes, 0)::int AS unplanned, coalesce(d.due, 0)::int AS due,
           (coalesce(x.beyond, g.beyond) * greatest(0, least(%(days)s, %(today)s - p.first_on)) / %(days)s)::int AS beyond
    FROM place p
    JOIN clients_client c ON c.firm_id = %(firm)s AND c.id = p.client_id AND c.archived_at IS NULL
    LEFT JOIN segmentation_assignment o
        ON o.firm_id = %(firm)s AND o.client_id = p.client_id AND o.ends_on IS NULL AND o.segment_id = ANY(%(profiles)s::bigint[])
    JOIN grouped g ON g.segment_id = p.segment_id AND g.profile_id = coalesce(o.segment_id, %(no_profile)s)
    LEFT JOIN exempted x ON x.client_id = c.id
    LEFT JOIN due d ON d.client_id = c.id
    LEFT JOIN unplanned u ON u.client_id = c.id
), compared AS (
    SELECT id, segment_id, done, unplanned, due + CASE WHEN %(over)s THEN beyond ELSE 0 END AS promised,
           CASE WHEN %(over)s THEN done + unplanned - due - beyond ELSE due - done - unplanned END AS balance
    FROM served
)
SELECT id, segment_id, done, unplanned, promised, balance
FROM compared
WHERE balance > 0 AND (balance, -id) < (%(after_balance)s, -%(after_client)s::bigint)
ORDER BY balance DESC, id
LIMIT %(limit)s
"""


@dataclass(frozen=True)
class ServedPage:
    rows: list[ServedClient]
    following: Place | None


def list_served(*, user: User, version: MatrixVersion, today: date, over: bool, after: Place | None = None) -> ServedPage:
    """Clients who received more than was promised (`over`), or less, in the twelve months before today; the furthest off first.

    Over: done and unplanned, beyond all that fell due, the upper figures of ranges and the time of answering. Under: done and unplanned do not make
    up for what fell due. For those who see the whole firm (Permission.VIEW_CAPACITY).
    """
    segments = {each.pk: each for each in Segment.objects.filter(firm_id=user.firm_id, scheme_id=version.scheme_id)}
    entitled = read_entitlements(version, on=today)
    beyond = _beyond(version, list(segments), entitled)
    exempted = _beyond_of_exempted(version, beyond, entitled)
    answering = TouchpointType.objects.filter(firm_id=user.firm_id, key=REACTIVE).values_list("minutes", flat=True).first()
    first, zone = today - timedelta(days=DAYS_A_YEAR), ZoneInfo(user.firm.time_zone)
    parameters: dict[str, Any] = {
        "firm": user.firm_id,
        "scheme": version.scheme_id,
        "first": first,
        "today": today,
        # The same days where the firm is: a contact late in the evening is of that day.
        "begins": datetime.combine(first, time.min, tzinfo=zone),
        "ends": datetime.combine(today, time.min, tzinfo=zone),
        "days": DAYS_A_YEAR,
        "answer": USUAL_ANSWER_MINUTES if answering is None else answering,
        "segments": [segment for segment, _profile in beyond],
        "profiles": [profile for _segment, profile in beyond],
        "no_profile": NO_PROFILE,
        "beyond": list(beyond.values()),
        "exempted": list(exempted),
        "exempted_beyond": list(exempted.values()),
        "over": over,
        "after_balance": after.balance if after else 2**31 - 1,
        "after_client": after.client_id if after else 0,
        "limit": PAGE_SIZE + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SERVED, parameters)
        found = cursor.fetchall()
    clients = Client.objects.filter(firm_id=user.firm_id).select_related("adviser").in_bulk([row[0] for row in found])
    rows = [ServedClient(clients[pk], segments[segment], *figures) for pk, segment, *figures in found[:PAGE_SIZE] if pk in clients]
    last = rows[-1] if len(found) > PAGE_SIZE else None
    return ServedPage(rows, Place(last.balance, last.client.pk) if last else None)
