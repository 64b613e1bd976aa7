"""Clients placed by decision, and what these exceptions cost: the hours of the segment they are in less those of the computed one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from clients.queries import visible_to
from firms.models import User
from segmentation.models import Assignment, Placement, Scheme, Segment
from segmentation.whatif import promises_of


def overrides_in_force(user: User) -> QuerySet[Assignment]:
    """The overrides of clients this user may see, the next to end first."""
    return Assignment.objects.filter(
        firm_id=user.firm_id, ends_on=None, source=Assignment.Source.OVERRIDE, client__in=visible_to(user).filter(archived_at=None)
    ).order_by("expires_on", "pk")


@dataclass(frozen=True, kw_only=True)
class Exempted:
    """One override, with where the rules would place the client."""

    assignment: Assignment
    # None: the rules place the client no longer.
    computed: Segment | None
    days_left: int
    # A year's hours in the segment less those in the computed one; None where nothing says how many.
    hours: Decimal | None


def describe_overrides(rows: Sequence[Assignment], *, user: User, today: date) -> list[Exempted]:
    """Two statements, and those of a year's hours a segment: their number does not depend on that of the rows."""
    placed = Placement.objects.filter(
        firm_id=user.firm_id, client_id__in=[row.client_id for row in rows], scheme_id__in={row.scheme_id for row in rows}
    ).select_related("segment")
    computed = {(row.scheme_id, row.client_id): row.segment for row in placed}
    found = [(row, computed.get((row.scheme_id, row.client_id))) for row in rows]
    pairs = [(row.segment_id, segment.pk) for row, segment in found if segment is not None and row.scheme.is_service]
    hours = hours_a_client({pk for pair in pairs for pk in pair}, firm_id=user.firm_id)
    return [
        Exempted(
            assignment=row,
            computed=segment,
            days_left=(row.expires_on - today).days if row.expires_on else 0,
            hours=None if hours is None or segment is None or not row.scheme.is_service else hours[row.segment_id] - hours[segment.pk],
        )
        for row, segment in found
    ]


def hours_a_client(segment_ids: Iterable[int], *, firm_id: int) -> dict[int, Decimal] | None:
    """A year's hours of one client of each segment, everybody's together; None where nothing says how they are counted."""
    scheme = Scheme.objects.filter(firm_id=firm_id, is_service=True).first()
    promised = promises_of(scheme) if scheme is not None else None
    if promised is None:
        return None
    return {segment_id: sum(promised.load({segment_id: 1}, {}).hours.values(), Decimal(0)) for segment_id in segment_ids}


@dataclass(frozen=True)
class Cost:
    """What all the exceptions of a reader's books come to."""

    clients: int
    # Served above what the rules compute, below it, and in the very segment they compute.
    above: int
    below: int
    same: int
    # A year; None where nothing says how hours are counted.
    hours: Decimal | None


def cost_of_overrides(overrides: QuerySet[Assignment], *, firm_id: int) -> Cost:
    """One statement, and those of a year's hours a segment."""
    placed = Placement.objects.filter(firm_id=firm_id, scheme_id=OuterRef("scheme_id"), client_id=OuterRef("client_id"))
    rows = list(
        overrides.order_by()
        .annotate(
            computed_id=Subquery(placed.values("segment_id")[:1]), computed_rank=Subquery(placed.values("segment__rank")[:1]), rank=F("segment__rank")
        )
        .values_list("segment_id", "computed_id", "rank", "computed_rank", "scheme__is_service")
        .annotate(clients=Count("pk"))
    )
    counted = {"above": 0, "below": 0, "same": 0}
    for _segment, _computed, rank, computed_rank, _is_service, clients in rows:
        if computed_rank is not None:
            counted["above" if rank < computed_rank else "below" if rank > computed_rank else "same"] += clients
    pairs = [(segment, computed, clients) for segment, computed, _rank, _computed_rank, is_service, clients in rows if is_service and computed]
    hours = hours_a_client({pk for segment, computed, _clients in pairs for pk in (segment, computed)}, firm_id=firm_id) if pairs else None
    total = None if hours is None else sum(((hours[segment] - hours[computed]) * clients for segment, computed, clients in pairs), Decimal(0))
    return Cost(sum(row[-1] for row in rows), **counted, hours=total)
