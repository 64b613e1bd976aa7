"""Which scores belong to which segment: for the margin, for the distance to the next segment, for the picture of a plane."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from segmentation.models import Method
from segmentation.rules import UNITS, Rules

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


def is_held(rules: Rules, score_ranges: Mapping[str, list[str]], *, segment_id: int, x: Decimal | None, y: Decimal | None) -> bool:
    """Whether the margin lets a client with these scores stay in a segment that the rules no longer compute."""
    if not rules.margin or x is None:
        return False
    return any(
        territory.holds(x, y or Decimal(0), margin=rules.margin)
        for territory in territories(rules, score_ranges)
        if territory.segment_id == segment_id
    )
