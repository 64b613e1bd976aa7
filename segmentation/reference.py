"""Scoring and placing in plain Python, one client at a time: what a person can read, and what explains a placement.

`scoring.py` says the same in SQL for a whole book; a property test holds the two equal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clients.attributes import AttributeValue
from segmentation.models import Method, Missing
from segmentation.rules import UNITS, WEIGHT_UNITS, CriterionRule, Rules


@dataclass(frozen=True, kw_only=True)
class BookEntry:
    """One client as the rules see it: `values` by attribute key, None where not known."""

    client_id: int
    aum: Decimal | None
    values: dict[str, AttributeValue]


@dataclass(frozen=True, kw_only=True)
class Placed:
    client_id: int
    segment_id: int
    score: Decimal
    # {criterion key: [raw value, points]}, nulls where data is missing.
    inputs: dict[str, list[Any]]


def points_for(criterion: CriterionRule, value: AttributeValue) -> Decimal | None:
    """None when the value is not known; nothing when no band holds it."""
    if value is None or value == "":
        return None
    for band in criterion.ordered_bands():
        if band.choice:
            if band.choice == _as_choice(value):
                return band.points
            continue
        figure = Decimal(str(value))
        if (band.lower is None or figure >= band.lower) and (band.upper is None or figure < band.upper):
            return band.points
    return Decimal(0)


def _as_choice(value: AttributeValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def score_of(rules: Rules, points: Sequence[Decimal | None]) -> Decimal:
    """The weighted mean of the points, 0–100, rounded half up to four decimals.

    A criterion without data counts as zero, or is left out and the other weights scaled up.
    """
    weighted = counted = 0
    for criterion, earned in zip(rules.criteria, points, strict=True):
        weight = int(criterion.weight * WEIGHT_UNITS)
        if earned is not None:
            weighted += weight * int(earned * UNITS)
        if earned is not None or rules.missing == Missing.ZERO:
            counted += weight
    return Decimal((2 * weighted + counted) // (2 * counted) if counted else 0) / UNITS


def rank_key(client_id: int, score: Decimal, aum: Decimal | None) -> tuple[Decimal, bool, Decimal, int]:
    """The order of a book: best score first; ties by larger AUM, unknown AUM last, then by the older client number."""
    return (-score, aum is None, -(aum or Decimal(0)), client_id)


def segment_by_threshold(rules: Rules, score: Decimal) -> int:
    """The first segment, in rank order, whose least score is reached; the last one takes the rest."""
    for cut in rules.cuts[:-1]:
        if score >= (cut.least_score or 0):
            return cut.segment_id
    return rules.cuts[-1].segment_id


def segment_by_quota(rules: Rules, place: int, size: int) -> int:
    """The segment of the client at `place` (1 = best) in a ranked book of `size`.

    The first k segments together hold the quotas' sum of the book, rounded up: a segment's first place is the first
    one that lies wholly beyond what the segments above it share.
    """
    share = Decimal(0)
    for cut in rules.cuts[:-1]:
        share += cut.quota or 0
        if (place - 1) * 100 < size * share:
            return cut.segment_id
    return rules.cuts[-1].segment_id


def place_book(rules: Rules, book: Iterable[BookEntry]) -> list[Placed]:
    """Everyone's score and segment, best first."""
    scored = []
    for entry in book:
        raw = [entry.values.get(criterion.attribute) for criterion in rules.criteria]
        points = [points_for(criterion, value) for criterion, value in zip(rules.criteria, raw, strict=True)]
        inputs: dict[str, list[Any]] = {
            criterion.key: [None if earned is None else value, earned] for criterion, value, earned in zip(rules.criteria, raw, points, strict=True)
        }
        scored.append((entry, score_of(rules, points), inputs))
    scored.sort(key=lambda row: rank_key(row[0].client_id, row[1], row[0].aum))
    return [
        Placed(
            client_id=entry.client_id,
            score=score,
            inputs=inputs,
            segment_id=segment_by_quota(rules, place, len(scored)) if rules.method == Method.QUOTAS else segment_by_threshold(rules, score),
        )
        for place, (entry, score, inputs) in enumerate(scored, start=1)
    ]
