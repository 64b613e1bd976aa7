"""Which scores belong to which segment: for the margin, for the distance to the next segment, for the picture of a plane."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import connection

from clients.conditions import Group
from segmentation.models import Method, Winner
from segmentation.rules import UNITS, Rules
from segmentation.scoring import FULL, score_ranges

# Scores go from 0 to 100; what ends here is open above.
BEYOND = Decimal(101)


@dataclass(frozen=True, kw_only=True)
class Territory:
    """A part of the line or the plane of scores that belongs to one segment; lower ends included, upper ones excluded."""

    segment_id: int
    x_lower: Decimal = Decimal(0)
    x_upper: Decimal = BEYOND
    y_lower: Decimal = Decimal(0)
    y_upper: Decimal = BEYOND

    def holds(self, x: Decimal, y: Decimal, *, margin: Decimal = Decimal(0)) -> bool:
        """Whether the scores lie in it, or within `margin` of it on each axis."""
        return self.x_lower <= x + margin and x - margin < self.x_upper and self.y_lower <= y + margin and y - margin < self.y_upper

    def points_outside(self, x: Decimal, y: Decimal) -> Decimal:
        """How far the scores lie from it, on the axis where they lie farthest; nothing inside."""
        away = (self.x_lower - x, x - self.x_upper + Decimal(1) / UNITS, self.y_lower - y, y - self.y_upper + Decimal(1) / UNITS)
        return max(Decimal(0), *away)


def territories(rules: Rules, score_ranges: Mapping[str, list[str]]) -> list[Territory]:
    """By rank. Shares are not scores: theirs are the scores placed in the last computation (Scheme.score_ranges). Rules have none."""
    if rules.method == Method.THRESHOLDS and rules.cuts:
        ends = [BEYOND, *(cut.least_score or Decimal(0) for cut in rules.cuts[:-1]), Decimal(0)]
        return [
            Territory(segment_id=cut.segment_id, x_lower=lower, x_upper=upper) for cut, (upper, lower) in zip(rules.cuts, pairwise(ends), strict=True)
        ]
    if rules.method == Method.QUOTAS:
        placed = [(cut.segment_id, score_ranges[str(cut.segment_id)]) for cut in rules.cuts if str(cut.segment_id) in score_ranges]
        return [
            Territory(segment_id=segment_id, x_lower=Decimal(least), x_upper=Decimal(most) + Decimal(1) / UNITS)
            for segment_id, (least, most) in placed
        ]
    if rules.method == Method.PLANE and rules.plane is not None:
        columns = list(pairwise([Decimal(0), *rules.plane.x_cuts, BEYOND]))
        rows = list(pairwise([Decimal(0), *rules.plane.y_cuts, BEYOND]))
        return [
            Territory(segment_id=segment_id, x_lower=x_lower, x_upper=x_upper, y_lower=y_lower, y_upper=y_upper)
            for (y_lower, y_upper), cells in zip(rows, rules.plane.cells, strict=True)
            for (x_lower, x_upper), segment_id in zip(columns, cells, strict=True)
        ]
    return []


def read_ranges(rules: Rules, *, scheme_id: int, firm_id: int) -> dict[str, list[str]]:
    """The scores of each segment in the computation that stands, as text: what `Scheme.score_ranges` keeps.

    Without floors, the lowest and the highest score placed. With floors the segments overlap, because a good score stays below
    where the floor is not reached. Where the floor wins, the ranges are then those of the places that the shares open,
    whoever fills them; where the share wins, what lies in a share above is left out of a segment's highest score.
    """
    if rules.method != Method.QUOTAS or not rules.conditioned:
        return score_ranges(scheme_id=scheme_id, firm_id=firm_id)
    rows = ", ".join(["(%s::bigint, %s::bigint, %s::bigint)"] * len(rules.cuts))
    shares: list[Any] = []
    before = 0
    for number, cut in enumerate(rules.cuts):
        # The last segment takes whatever is left.
        upto = before + int((cut.quota or 0) * UNITS) if number < len(rules.cuts) - 1 else 2 * FULL
        shares += [cut.segment_id, before, upto]
        before = upto
    beyond = f"(place - 1) * {FULL} >= size * share.before"
    ours = f"{beyond} AND (place - 1) * {FULL} < size * share.upto"
    if rules.winner == Winner.SHARE:
        ours = "ranked.segment_id = share.segment_id"
    sql = f"""
        WITH ranked AS (
            SELECT p.segment_id, p.score, count(*) OVER () AS size,
                row_number() OVER (ORDER BY p.score DESC, c.aum DESC NULLS LAST, p.client_id) AS place
            FROM segmentation_placement p JOIN clients_client c ON c.firm_id = p.firm_id AND c.id = p.client_id
            WHERE p.firm_id = %s AND p.scheme_id = %s AND p.score IS NOT NULL
        )
        SELECT share.segment_id, min(score), coalesce(max(score) FILTER (WHERE {beyond}), min(score))
        FROM ranked JOIN (VALUES {rows}) AS share (segment_id, before, upto) ON {ours}
        GROUP BY 1
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [firm_id, scheme_id, *shares])
        return {str(segment_id): [str(lowest), str(highest)] for segment_id, lowest, highest in cursor.fetchall()}


def floors(rules: Rules) -> dict[int, Group]:
    """What the margin does not soften, by segment: whoever no longer reaches the floor of its own segment is not held in it."""
    if rules.method != Method.QUOTAS or rules.winner != Winner.FLOOR:
        return {}
    return {rules.cuts[number].segment_id: group for number, group in rules.conditioned}


def is_held(
    rules: Rules, score_ranges: Mapping[str, list[str]], *, segment_id: int, x: Decimal | None, y: Decimal | None, reaches_floor: bool = True
) -> bool:
    """Whether the margin lets a client with these scores stay in a segment that the rules no longer compute.

    `reaches_floor`: whether the client meets what `floors` asks of that segment.
    """
    if not rules.margin or x is None or not reaches_floor:
        return False
    return any(
        territory.holds(x, y or Decimal(0), margin=rules.margin)
        for territory in territories(rules, score_ranges)
        if territory.segment_id == segment_id
    )
