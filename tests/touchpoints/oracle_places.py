"""Levelling as docs/planning.md says it: the place of each newcomer in its adviser's book, counted out week by week."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from math import floor

from clients.models import Client
from firms.models import Firm
from segmentation.models import Segment
from service_matrix.promises import PromiseTerms
from tests.touchpoints import oracle

# A year, a number of its weeks, a role.
Week = tuple[int, int, str]


def give_positions(
    firm: Firm, start: date, segment_of: dict[int, int], usual: "dict[int, list[oracle.Owed]]", positions: dict[int, int]
) -> dict[int, int]:
    """All positions after the newcomers got theirs."""
    positions = dict(positions)
    adviser_of = {client.pk: client.adviser_id for client in Client.objects.filter(firm_id=firm.pk)}
    rank_of = {segment.pk: segment.rank for segment in Segment.objects.filter(firm_id=firm.pk)}
    levelling = Levelling(firm, start, usual)
    newcomers = sorted(set(segment_of) - set(positions), key=lambda client: (adviser_of[client], rank_of[segment_of[client]], client))
    last: dict[int, int] = {}
    for client in newcomers:
        adviser = adviser_of[client]
        if adviser not in last:
            last[adviser] = max((place for other, place in positions.items() if adviser_of[other] == adviser), default=0)
        served = [other for other in segment_of if adviser_of[other] == adviser]
        totals = levelling.totals(served)
        loads: Counter[Week] = Counter()
        for other in served:
            if other in positions:
                loads.update(levelling.units(other, positions[other]))
        positions[client] = last[adviser] = min(
            range(last[adviser] + 1, last[adviser] + 33),
            key=lambda place: (
                sum((floor(Fraction(loads[week] * 52_000, totals[week[2]])) ** 5 for week in levelling.units(client, place)), 0),
                place,
            ),
        )
    return positions


class Levelling:
    def __init__(self, firm: Firm, start: date, usual: "dict[int, list[oracle.Owed]]") -> None:
        self.firm = firm
        self.years = (start.year, start.year + 1)
        self.looked_at = {
            client: tuple(each for each in owed if each.terms.every is None and each.terms.anchor in {"spread", "month"})
            for client, owed in usual.items()
        }
        self.slots: dict[tuple[str, int | None, int], list[tuple[int, list[date]]]] = {}
        self.found: dict[tuple[tuple[oracle.Owed, ...], int], list[Week]] = {}

    def totals(self, clients: Iterable[int]) -> Counter[str]:
        totals: Counter[str] = Counter()
        for client in clients:
            for owed in self.looked_at[client]:
                for role in roles(owed.terms):
                    totals[role] += 2 * owed.terms.times
        return totals

    def units(self, client: int, place: int) -> list[Week]:
        looked_at = self.looked_at[client]
        phase = place * 618_033 % 1_000_000
        if (looked_at, phase) not in self.found:
            self.found[looked_at, phase] = [
                (year, week_of(day), role)
                for owed in looked_at
                for year, days in self.slots_of(owed.terms)
                for day in [days[floor(Fraction((phase + owed.touchpoint_type_id * 414_213) % 1_000_000 * len(days), 1_000_000))]]
                if day.year == year
                for role in roles(owed.terms)
            ]
        return self.found[looked_at, phase]

    def slots_of(self, promise: PromiseTerms) -> list[tuple[int, list[date]]]:
        key = (promise.anchor, promise.anchor_month, promise.times)
        if key not in self.slots:
            self.slots[key] = [
                (year, days)
                for year in self.years
                for days in (
                    [oracle.month_of_year(self.firm, year, promise.anchor_month)]
                    if promise.anchor == "month" and promise.anchor_month
                    else [oracle.part_of_year(self.firm, year, promise.times, ordinal) for ordinal in range(1, promise.times + 1)]
                )
            ]
        return self.slots[key]


def roles(promise: PromiseTerms) -> list[str]:
    """The two units of a touch."""
    return {"adviser": ["adviser"] * 2, "assistant": ["assistant"] * 2, "either": ["adviser", "assistant"]}[promise.performer]


def week_of(day: date) -> int:
    """The number of the Monday that begins it, in the year; those that are not wholly in the year are one, 0."""
    monday = day - timedelta(days=day.weekday())
    sunday = monday + timedelta(days=6)
    return monday.timetuple().tm_yday if monday.year == sunday.year == day.year else 0
