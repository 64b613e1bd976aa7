"""What publishing a draft today would do, computed on the real book without touching it.

Who moves where, and what that costs and brings: clients, assets and revenue come from one statement over the book; hours and
costs come from the service matrix, a room above, which registers how it counts them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from segmentation.locking import firm_today
from segmentation.models import Scheme, Segment
from segmentation.rules import Rules, segments_by_rank
from segmentation.scoring import Flow, count_flows


@dataclass(frozen=True, kw_only=True)
class Load:
    """What serving a number of clients by segment asks of the firm in a year."""

    # By role key.
    hours: dict[str, Decimal] = field(default_factory=dict)
    # In the firm's currency: time and direct costs.
    cost: Decimal = Decimal(0)


# (clients by segment, firm id) → what the published matrix promises them in a year.
Loader = Callable[[Mapping[int, int], int], Load]
_loaders: list[Loader] = []


def count_load_with(loader: Loader) -> None:
    """The service matrix says how a year's load is counted (one loader a product)."""
    _loaders[:] = [loader]


def count_load(clients: Mapping[int, int], *, firm_id: int) -> Load | None:
    """What so many clients of each segment ask of the firm in a year; None until a room says how it is counted."""
    return _loaders[0](clients, firm_id) if _loaders else None


@dataclass(frozen=True, kw_only=True)
class Side:
    """The book before, or after."""

    clients: dict[int, int]
    aum: dict[int, Decimal]
    revenue: dict[int, Decimal]
    # None until a room registers how load is counted, and for a scheme that does not drive the matrix.
    load: Load | None

    @property
    def total_clients(self) -> int:
        return sum(self.clients.values())

    @property
    def total_revenue(self) -> Decimal:
        return sum(self.revenue.values(), Decimal(0))

    @property
    def profit(self) -> Decimal | None:
        return None if self.load is None else self.total_revenue - self.load.cost


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    on: date
    segments: list[Segment]
    # Stays and arrivals included, by rank of before, then of after.
    flows: list[Flow]
    before: Side
    after: Side

    @property
    def rows(self) -> list[tuple[Segment, int, int]]:
        """(segment, clients today, clients after), by rank."""
        return [(segment, self.before.clients[segment.pk], self.after.clients[segment.pk]) for segment in self.segments]

    @property
    def moves(self) -> list[tuple[Segment, Segment, int]]:
        """(from, to, clients), largest first; stays and arrivals are left out."""
        by_id = {segment.pk: segment for segment in self.segments}
        moves = [
            (by_id[flow.before], by_id[flow.after], flow.clients) for flow in self.flows if flow.before is not None and flow.before != flow.after
        ]
        return sorted(moves, key=lambda move: (-move[2], move[0].rank, move[1].rank))

    @property
    def moved(self) -> int:
        return sum(count for _before, _after, count in self.moves)

    @property
    def arrived(self) -> int:
        return sum(flow.clients for flow in self.flows if flow.before is None)

    @property
    def total(self) -> int:
        return self.after.total_clients


def what_if(*, rules: Rules, scheme: Scheme) -> WhatIf:
    """Two statements, and those of the load. The rules must be free of errors."""
    firm_id = scheme.firm_id
    today = firm_today(firm_id)
    segments = list(segments_by_rank(scheme.pk, firm_id=firm_id))
    ranks = {segment.pk: segment.rank for segment in segments}
    flows = count_flows(rules, firm_id=firm_id, scheme_id=scheme.pk, on=today)
    flows.sort(key=lambda flow: (0 if flow.before is None else ranks[flow.before], ranks[flow.after]))
    counts_load = bool(_loaders) and (scheme.is_service or not Scheme.objects.filter(firm_id=firm_id, is_service=True).exists())
    return WhatIf(
        on=today,
        segments=segments,
        flows=flows,
        before=_side(segments, [(flow.before, flow) for flow in flows if flow.before is not None], firm_id=firm_id, counts_load=counts_load),
        after=_side(segments, [(flow.after, flow) for flow in flows], firm_id=firm_id, counts_load=counts_load),
    )


def _side(segments: list[Segment], flows: list[tuple[int, Flow]], *, firm_id: int, counts_load: bool) -> Side:
    clients = dict.fromkeys((segment.pk for segment in segments), 0)
    aum = dict.fromkeys(clients, Decimal(0))
    revenue = dict.fromkeys(clients, Decimal(0))
    for segment_id, flow in flows:
        clients[segment_id] += flow.clients
        aum[segment_id] += flow.aum
        revenue[segment_id] += flow.revenue
    load = _loaders[0](clients, firm_id) if counts_load else None
    return Side(clients=clients, aum=aum, revenue=revenue, load=load)
