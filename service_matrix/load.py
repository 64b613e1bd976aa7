"""What a year of promises asks for: hours by role, money spent, money expected, for any number of clients in each segment.

The rules are in docs/capacity.md; `tests/service_matrix/oracle.py` is written from them and holds this module to them. A matrix has some
hundred promises and a book some thousand clients: counting clients is the database's work, everything after that is this arithmetic.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from firms.calendar import local_time
from service_matrix.blending import blend_promises
from service_matrix.models import MatrixVersion, Performer
from service_matrix.money import ROLES, Rates, expected_revenues, read_rates
from service_matrix.promises import Promised
from service_matrix.queries import promises_of

MINUTES_AN_HOUR = 60


def _sum_known(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, or None when one part is unknown: an unknown figure is never taken for zero."""
    total = Decimal(0)
    for value in values:
        if value is None:
            return None
        total += value
    return total


@dataclass(frozen=True)
class SegmentLoad:
    """A year of one segment. Hours are by role (money.ROLES, both always present); money is in the firm's currency.

    `hours` is what is owed: a range (3–4) counts its lower figure. `hours_at_most` counts its upper one.
    Costs and revenue are None when a rate they need is unknown.
    """

    clients: Decimal
    hours: dict[str, Decimal]
    hours_at_most: dict[str, Decimal]
    # Of `hours`: answering calls and e-mails, which is never planned.
    reactive_hours: Decimal
    direct_cost: Decimal
    labour_cost: Decimal | None
    expected_revenue: Decimal | None

    @property
    def total_hours(self) -> Decimal:
        return sum(self.hours.values(), Decimal(0))

    @property
    def total_hours_at_most(self) -> Decimal:
        return sum(self.hours_at_most.values(), Decimal(0))

    @property
    def cost(self) -> Decimal | None:
        return _sum_known((self.direct_cost, self.labour_cost))

    @property
    def profit(self) -> Decimal | None:
        return None if self.expected_revenue is None or self.cost is None else self.expected_revenue - self.cost


@dataclass(frozen=True)
class Load:
    """A year of all segments, by segment id."""

    segments: dict[int, SegmentLoad]

    @property
    def hours(self) -> dict[str, Decimal]:
        return {role: sum((each.hours[role] for each in self.segments.values()), Decimal(0)) for role in ROLES}

    @property
    def hours_at_most(self) -> dict[str, Decimal]:
        return {role: sum((each.hours_at_most[role] for each in self.segments.values()), Decimal(0)) for role in ROLES}

    @property
    def total_hours(self) -> Decimal:
        return sum(self.hours.values(), Decimal(0))

    @property
    def direct_cost(self) -> Decimal:
        return sum((each.direct_cost for each in self.segments.values()), Decimal(0))

    @property
    def labour_cost(self) -> Decimal | None:
        return _sum_known(each.labour_cost for each in self.segments.values())

    @property
    def cost(self) -> Decimal | None:
        return _sum_known(each.cost for each in self.segments.values())

    @property
    def expected_revenue(self) -> Decimal | None:
        return _sum_known(each.expected_revenue for each in self.segments.values())

    @property
    def profit(self) -> Decimal | None:
        return _sum_known(each.profit for each in self.segments.values())


@dataclass(frozen=True)
class Matrix:
    """What a load is worked out from: promises, minutes of answering a client and year, rates, yearly revenue of one client by segment."""

    promises: Sequence[Promised]
    reactive_minutes: int
    rates: Rates
    revenues: Mapping[int, Decimal | None]


def yearly_load(*, counts: Mapping[int, Decimal | int], version: MatrixVersion) -> Load:
    """What a version, draft or published, asks for in a year with so many clients in each segment (by id), as today's profiles and exceptions change
    it. Six statements, two or three more where they do.
    """
    return work_out_load(counts=counts, matrix=read_matrix(version))


def read_matrix(version: MatrixVersion) -> Matrix:
    promises = promises_of(version)
    return Matrix(
        promises=blend_promises(version, promises, on=local_time(version.firm).date()),
        reactive_minutes=version.reactive_minutes,
        rates=read_rates(version.firm),
        revenues=expected_revenues(firm_id=version.firm_id, scheme_id=version.scheme_id),
    )


def work_out_load(*, counts: Mapping[int, Decimal | int], matrix: Matrix) -> Load:
    """The same from what is at hand. Promises of segments that `counts` does not name are left out."""
    of_segment: dict[int, list[Promised]] = {segment: [] for segment in counts}
    for promise in matrix.promises:
        if promise.segment_id in of_segment:
            of_segment[promise.segment_id].append(promise)
    return Load({segment: _segment_load(Decimal(clients), of_segment[segment], matrix, segment) for segment, clients in counts.items()})


def _segment_load(clients: Decimal, promises: list[Promised], matrix: Matrix, segment: int) -> SegmentLoad:
    rates, revenue = matrix.rates, matrix.revenues.get(segment)
    either = rates.shares(Performer.EITHER)
    minutes = {role: matrix.reactive_minutes * either[role] for role in ROLES}
    minutes_at_most = dict(minutes)
    direct_cost = Decimal(0)
    for promise in promises:
        shares = rates.shares(promise.performer)
        for role in ROLES:
            minutes[role] += promise.times * promise.minutes * shares[role]
            minutes_at_most[role] += (promise.times_at_most or promise.times) * promise.minutes * shares[role]
        direct_cost += promise.times * promise.direct_cost
    hours = {role: clients * minutes[role] / MINUTES_AN_HOUR for role in ROLES}
    return SegmentLoad(
        clients=clients,
        hours=hours,
        hours_at_most={role: clients * minutes_at_most[role] / MINUTES_AN_HOUR for role in ROLES},
        reactive_hours=clients * matrix.reactive_minutes / MINUTES_AN_HOUR,
        direct_cost=clients * direct_cost,
        labour_cost=_sum_known(_cost_of(hours[role], rates.hourly_cost[role]) for role in ROLES),
        # Nobody brings nothing: a segment without clients needs no figure.
        expected_revenue=Decimal(0) if not clients else None if revenue is None else clients * revenue,
    )


def _cost_of(hours: Decimal, hourly_cost: Decimal | None) -> Decimal | None:
    if not hours:
        return Decimal(0)
    return None if hourly_cost is None else hours * hourly_cost
