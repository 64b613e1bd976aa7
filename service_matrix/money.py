"""What an hour of each role costs, and what a client of each segment is expected to bring: the two rates that turn a promise into money."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.lookups import IsNull

from clients.models import Client
from firms.models import Firm
from firms.permissions import Role
from firms.statements import given, kept_statement
from firms.working_time import WorkingRow, WorkingTime, working_rows, working_time_of
from segmentation.models import Assignment, Segment
from service_matrix.models import Performer, middle_of

ROLES = (Performer.ADVISER.value, Performer.ASSISTANT.value)


@dataclass(frozen=True)
class Rates:
    """The cost of an hour by role, None where nobody said; and the share of “either” work that assistants do, between 0 and 1."""

    hourly_cost: dict[str, Decimal | None]
    assistant_share: Decimal

    def shares(self, performer: str) -> dict[str, Decimal]:
        """How an hour promised of a performer is divided between the roles: they sum to 1."""
        if performer == Performer.EITHER:
            return {Performer.ADVISER.value: 1 - self.assistant_share, Performer.ASSISTANT.value: self.assistant_share}
        return {role: Decimal(role == performer) for role in ROLES}


class Period(Protocol):
    """Days from `first` to `last`, both included."""

    @property
    def first(self) -> date: ...
    @property
    def last(self) -> date: ...


def read_serving(firm: Firm, *, away: Period | None = None) -> WorkingTime:
    """Everyone whose hours are counted: advisers, assistants, and administrators who lead clients; with when they are away in a period."""
    period = {"first": away.first, "last": away.last} if away is not None else {}
    return working_time_of(firm, _serving(is_away=away is not None).rows(firm=firm.pk, **period))


@kept_statement
def _serving(*, is_away: bool) -> QuerySet[Any, WorkingRow]:
    leads = Client.objects.filter(firm_id=OuterRef("firm_id"), adviser=OuterRef("pk"), archived_at=None)
    # Not Exists, which PostgreSQL may answer by reading every client once, for a handful of administrators.
    leads_any = IsNull(Subquery(leads.order_by().values("pk")[:1]), False)
    away = (given("first"), given("last")) if is_away else None
    return working_rows(given("firm"), also=Q(leads_any, role=Role.ADMIN), away=away)


def rates_of(firm: Firm, working: WorkingTime) -> Rates:
    """An hour of a role costs what its people's hours cost, each person weighing as many hours as they work; without people, what the firm says."""
    costs: dict[str, Decimal | None] = {}
    for role in ROLES:
        known = [(each.weekly_hours, each.hourly_cost) for each in working.people if each.role == role and each.hourly_cost is not None]
        hours = sum((week for week, _cost in known), Decimal(0))
        costs[role] = sum((week * cost for week, cost in known), Decimal(0)) / hours if hours else working.roles[role].hourly_cost
    return Rates(costs, Decimal(firm.assistant_percent) / 100)


def read_rates(firm: Firm) -> Rates:
    return rates_of(firm, read_serving(firm))


@dataclass(frozen=True)
class Book:
    """The clients of each segment of a scheme today, and what one of them brings a year on average, and all of them, as far as it is known."""

    clients: dict[int, int]
    revenue: dict[int, Decimal | None]
    total_revenue: dict[int, Decimal | None]


def read_book(*, firm_id: int, scheme_id: int) -> Book:
    """Both in one aggregate; segments without clients are left out."""
    rows = (
        Assignment.objects.filter(firm_id=firm_id, scheme_id=scheme_id, ends_on=None, client__archived_at=None)
        .order_by()
        .values_list("segment_id")
        .annotate(Count("pk"), Count("client__annual_revenue"), Sum("client__annual_revenue"))
    )
    return add_up_book(rows)


def add_up_book(rows: Iterable[tuple[int, int, int, Decimal | None]]) -> Book:
    """A book from groups of clients: their segment, how many they are, of how many the revenue is known, and that revenue."""
    clients: dict[int, int] = defaultdict(int)
    known: dict[int, int] = defaultdict(int)
    total: dict[int, Decimal | None] = {}
    for segment, number, of_known, revenue in rows:
        clients[segment] += number
        known[segment] += of_known
        former = total.get(segment)
        total[segment] = former if revenue is None else revenue if former is None else former + revenue
    mean = {segment: revenue / known[segment] if revenue is not None else None for segment, revenue in total.items()}
    return Book(dict(clients), mean, total)


def expected_revenues(*, firm_id: int, scheme_id: int) -> dict[int, Decimal | None]:
    """The yearly revenue expected of one client of each segment: what the firm wrote (the middle of a range, the lower end of an open one);
    where it wrote nothing, the mean revenue known of the segment's clients; None when nothing is known.
    """
    segments = Segment.objects.filter(firm_id=firm_id, scheme_id=scheme_id).values_list("pk", "strategy__revenue_from", "strategy__revenue_to")
    stated = {pk: middle_of(least, most) for pk, least, most in segments}
    if None not in stated.values():
        return stated
    return fill_in_revenues(stated, read_book(firm_id=firm_id, scheme_id=scheme_id))


def fill_in_revenues(stated: Mapping[int, Decimal | None], book: Book) -> dict[int, Decimal | None]:
    """What the firm wrote for a client of each segment, or else what its clients bring on average."""
    return {segment: revenue if revenue is not None else book.revenue.get(segment) for segment, revenue in stated.items()}
