"""What publishing a draft today would do, computed on the real book without touching it.

Who moves where, and what that costs and brings: clients, assets and revenue come from one statement over the book; hours and
costs come from the service matrix, a room above, which registers how it counts them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from clients.attributes import Catalogue
from segmentation.flows import Flow, count_flows
from segmentation.locking import firm_today
from segmentation.models import Scheme, Segment
from segmentation.rules import Rules, segments_by_rank


@dataclass(frozen=True, kw_only=True)
class Load:
    """What serving so many clients in each segment asks of the firm in a year, and brings it."""

    # By role key.
    hours: dict[str, Decimal] = field(default_factory=dict)
    # In the firm's currency: time and direct costs; None where a rate it needs is not known.
    cost: Decimal | None = Decimal(0)
    expected_revenue: Decimal = Decimal(0)

    @property
    def profit(self) -> Decimal | None:
        return None if self.cost is None else self.expected_revenue - self.cost


@dataclass(frozen=True, kw_only=True)
class Promised:
    """The promises in force for a scheme's segments, read once."""

    # Segments that are promised something.
    segments: frozenset[int]
    # (clients by segment, their recorded yearly revenue by segment) → a year of serving them.
    load: Callable[[Mapping[int, int], Mapping[int, Decimal]], Load]


# The promises in force for a scheme; None where nothing is published.
PromiseReader = Callable[[Scheme], Promised | None]
_readers: list[PromiseReader] = []


def count_load_with(reader: PromiseReader) -> None:
    """The service matrix says how a year's load is counted (one reader a product)."""
    _readers[:] = [reader]


def promises_of(scheme: Scheme) -> Promised | None:
    """The promises in force for a scheme; None where nothing is published, or no room says how load is counted."""
    return _readers[0](scheme) if _readers else None


@dataclass(frozen=True, kw_only=True)
class Side:
    """The book before, or after."""

    clients: dict[int, int]
    aum: dict[int, Decimal]
    # What the clients of each segment bring a year, as recorded.
    revenue: dict[int, Decimal]
    # None for a scheme that does not drive the matrix, and without a published matrix.
    load: Load | None

    @property
    def total_clients(self) -> int:
        return sum(self.clients.values())

    @property
    def total_aum(self) -> Decimal:
        return sum(self.aum.values(), Decimal(0))

    @property
    def total_revenue(self) -> Decimal:
        return sum(self.revenue.values(), Decimal(0))


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    on: date
    segments: list[Segment]
    # Stays and arrivals included, by rank of before, then of after.
    flows: list[Flow]
    # By place among the cuts of the rules, how many clients meet its conditions.
    meeting: dict[int, int]
    before: Side
    after: Side
    # Whether publishing changes what the service matrix promises to whom.
    drives_matrix: bool
    # Segments that are promised something; None where nothing is published, or asked.
    promised: frozenset[int] | None

    @property
    def rows(self) -> list[tuple[Segment, int, int]]:
        """(segment, clients today, clients after), by rank."""
        return [(segment, self.before.clients[segment.pk], self.after.clients[segment.pk]) for segment in self.segments]

    @property
    def streams(self) -> list[tuple[Segment | None, Segment, int]]:
        """(from, to, clients), stays and arrivals included; None is not placed yet. By rank of from, then of to."""
        by_id = {segment.pk: segment for segment in self.segments}
        counts: dict[tuple[int | None, int], int] = {}
        for flow in self.flows:
            counts[flow.before, flow.after] = counts.get((flow.before, flow.after), 0) + flow.clients
        streams = [(by_id.get(before or 0), by_id[after], clients) for (before, after), clients in counts.items()]
        return sorted(streams, key=lambda stream: (0 if stream[0] is None else stream[0].rank, stream[1].rank))

    @property
    def moves(self) -> list[tuple[Segment, Segment, int]]:
        """(from, to, clients), largest first; stays and arrivals are left out."""
        moves = [(before, after, clients) for before, after, clients in self.streams if before is not None and before != after]
        return sorted(moves, key=lambda move: (-move[2], move[0].rank, move[1].rank))

    @property
    def moved(self) -> int:
        return sum(count for _before, _after, count in self.moves)

    @property
    def arrived(self) -> int:
        return sum(flow.clients for flow in self.flows if flow.before is None)

    @property
    def overridden(self) -> int:
        """Placed by decision, who stay."""
        return sum(flow.clients for flow in self.flows if flow.overridden)

    @property
    def overridden_elsewhere(self) -> int:
        """Of these, whom the rules would place in another segment."""
        return sum(flow.clients for flow in self.flows if flow.overridden and flow.computed != flow.before)

    @property
    def uncaught(self) -> int:
        return sum(flow.uncaught for flow in self.flows)

    @property
    def computed(self) -> dict[int, int]:
        """Clients by the segment the rules place them in, decisions aside."""
        counts = dict.fromkeys((segment.pk for segment in self.segments), 0)
        for flow in self.flows:
            counts[flow.computed] += flow.clients
        return counts

    @property
    def total(self) -> int:
        return self.after.total_clients


def what_if(*, rules: Rules, scheme: Scheme, catalogue: Catalogue | None = None, on: date | None = None) -> WhatIf:
    """One statement over the book, two small ones, and those of the matrix. The rules must be free of errors; `on` is the firm's day."""
    firm_id = scheme.firm_id
    today = on or firm_today(firm_id)
    segments = list(segments_by_rank(scheme.pk, firm_id=firm_id))
    ranks = {segment.pk: segment.rank for segment in segments}
    counted = count_flows(rules, firm_id=firm_id, scheme_id=scheme.pk, on=today, catalogue=catalogue)
    flows = sorted(counted.flows, key=lambda flow: (0 if flow.before is None else ranks[flow.before], ranks[flow.after], flow.overridden))
    drives = bool(_readers) and (scheme.is_service or not Scheme.objects.filter(firm_id=firm_id, is_service=True).exists())
    promised = promises_of(scheme) if drives else None
    return WhatIf(
        on=today,
        segments=segments,
        flows=flows,
        meeting=counted.meeting,
        before=_side(segments, [(flow.before, flow) for flow in flows if flow.before is not None], promised=promised),
        after=_side(segments, [(flow.after, flow) for flow in flows], promised=promised),
        drives_matrix=drives,
        promised=None if promised is None else promised.segments,
    )


def _side(segments: list[Segment], flows: list[tuple[int, Flow]], *, promised: Promised | None) -> Side:
    clients = dict.fromkeys((segment.pk for segment in segments), 0)
    aum = dict.fromkeys(clients, Decimal(0))
    revenue = dict.fromkeys(clients, Decimal(0))
    for segment_id, flow in flows:
        clients[segment_id] += flow.clients
        aum[segment_id] += flow.aum
        revenue[segment_id] += flow.revenue
    return Side(clients=clients, aum=aum, revenue=revenue, load=None if promised is None else promised.load(clients, revenue))
