"""Two schemes crossed: how many clients, and what assets, are in each pair of their segments."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from django.db.models import Count, FilteredRelation, Q, QuerySet, Sum

from clients.queries import visible_to
from firms.models import User
from segmentation.models import Scheme, SchemeVersion
from segmentation.queries import schemes_of

# A segment of each scheme, by id; None is whoever that scheme does not place.
Pair: TypeAlias = tuple[int | None, int | None]


@dataclass(frozen=True)
class Tally:
    clients: int = 0
    # Of the clients whose assets are known; None when nobody's are.
    aum: Decimal | None = None

    def __add__(self, other: "Tally") -> "Tally":
        known = [aum for aum in (self.aum, other.aum) if aum is not None]
        return Tally(self.clients + other.clients, sum(known, Decimal(0)) if known else None)


def published_schemes(user: User) -> QuerySet[Scheme]:
    """Those that place clients today, the service scheme first."""
    return schemes_of(user).filter(versions__status=SchemeVersion.Status.PUBLISHED)


def cross_schemes(*, rows: Scheme, columns: Scheme, user: User) -> dict[Pair, Tally]:
    """The clients this user may see by their current segments in both schemes; pairs without clients are left out.

    One statement: both schemes' current assignments are joined to the book once, whatever its size. Archived clients are not
    counted, as the client list does not show them; nor is whoever neither scheme places.
    """
    book = visible_to(user).filter(archived_at=None).order_by()
    joined = book.annotate(in_rows=_current(rows), in_columns=_current(columns))
    counted = joined.values_list("in_rows__segment_id", "in_columns__segment_id").annotate(Count("pk"), Sum("aum"))
    return {(row, column): Tally(clients, aum) for row, column, clients, aum in counted if row is not None or column is not None}


def _current(scheme: Scheme) -> FilteredRelation:
    within = Q(assignments__firm_id=scheme.firm_id, assignments__scheme_id=scheme.pk, assignments__ends_on=None)
    return FilteredRelation("assignments", condition=within)
