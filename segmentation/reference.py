"""Scoring and placing in plain Python, one client at a time: what a person can read, and what explains a placement.

`scoring.py` says the same in SQL for a whole book; a property test holds the two equal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from clients.attributes import AttributeValue, Catalogue
from clients.conditions import matches
from segmentation.models import Axis, Method, Missing, Scale, Winner
from segmentation.rules import UNITS, WEIGHT_UNITS, CriterionRule, Plane, Rules


@dataclass(frozen=True, kw_only=True)
class BookEntry:
    """One client as the rules see it: `values` by attribute key, None where not known."""

    client_id: int
    aum: Decimal | None
    values: Mapping[str, AttributeValue]


@dataclass(frozen=True, kw_only=True)
class Placed:
    client_id: int
    segment_id: int
    # None where rules place without a score; the second axis' score only in a plane.
    score: Decimal | None
    # {criterion key: [raw value, points]}, nulls where data is missing.
    inputs: dict[str, list[Any]]
    score_y: Decimal | None = None
    # False: no rule caught the client, who is in the fallback segment.
    is_caught: bool = True


def points_for(criterion: CriterionRule, value: AttributeValue, book: Sequence[AttributeValue] = ()) -> Decimal | None:
    """None when the value is not known or the criterion weighs nothing. `book`: everyone's values, which a percentile compares with."""
    if value is None or value == "" or criterion.axis == Axis.STATED:
        return None
    if criterion.scale == Scale.LINEAR:
        return _points_between(criterion, Fraction(str(value)))
    if criterion.scale == Scale.PERCENTILE:
        return _points_by_rank(criterion, value, book)
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


def _rounded(points: Fraction) -> Decimal:
    """Half up to 1/10 000 point."""
    return Decimal(floor(points * UNITS + Fraction(1, 2))) / UNITS


def _points_between(criterion: CriterionRule, figure: Fraction) -> Decimal:
    zero, full = Fraction(criterion.zero_at or 0), Fraction(criterion.full_at or 0)
    if zero == full:
        return Decimal(100) if figure >= full else Decimal(0)
    return _rounded(100 * min(max((figure - zero) / (full - zero), Fraction(0)), Fraction(1)))


def _points_by_rank(criterion: CriterionRule, value: AttributeValue, book: Sequence[AttributeValue]) -> Decimal:
    """The share of the others whose known value is worse, those equal counting half; half of all for someone alone."""
    figure = Decimal(str(value))
    known = [Decimal(str(other)) for other in book if other is not None]
    if len(known) < 2:
        return Decimal(50)
    worse = sum(other > figure if criterion.descending else other < figure for other in known)
    equal = sum(other == figure for other in known) - 1
    return _rounded(Fraction(100 * (2 * worse + equal), 2 * (len(known) - 1)))


def score_of(rules: Rules, points: Sequence[Decimal | None], *, axis: int = Axis.FIRST) -> Decimal:
    """The weighted mean of an axis' points, 0–100, rounded half up to four decimals. `points` are those of all criteria.

    A criterion without data counts as zero, or is left out and the other weights scaled up.
    """
    weighted = counted = 0
    for criterion, earned in zip(rules.criteria, points, strict=True):
        if criterion.axis != axis:
            continue
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
    return rules.rest


def segment_by_rule(rules: Rules, values: Mapping[str, AttributeValue], *, catalogue: Catalogue, on: date) -> tuple[int, bool]:
    """The first segment, in rank order, whose conditions are met, and whether any was."""
    for number, group in rules.conditioned:
        if matches(group, values, catalogue=catalogue, on=on):
            return rules.cuts[number].segment_id, True
    return rules.rest, False


def segment_in_plane(plane: Plane, x: Decimal, y: Decimal) -> int:
    """The cell that holds the two scores; a border belongs to the cell above it."""
    column = sum(x >= cut for cut in plane.x_cuts)
    row = sum(y >= cut for cut in plane.y_cuts)
    return plane.cells[row][column]


def segments_by_quota(rules: Rules, ranked: Sequence[BookEntry], *, catalogue: Catalogue, on: date) -> list[int]:
    """The segment of each client of a book ranked best first.

    The first k segments together hold the quotas' sum of the book, rounded up. A segment may have a floor. Where the floor
    wins, a client whose rank opens a segment enters the first one whose floor it reaches, and places may stay empty; where
    the share wins, each segment in turn takes those who reach its floor, best first, then the best of the others.
    """
    size = len(ranked)
    reaches = {number: [matches(group, entry.values, catalogue=catalogue, on=on) for entry in ranked] for number, group in rules.conditioned}
    everyone = [True] * size
    taken: list[int | None] = [None] * size
    share, ends = Decimal(0), [0]
    for cut in rules.cuts[:-1]:
        share += cut.quota or 0
        ends.append(min(ceil(Fraction(share) * size / 100), size))
    for number, cut in enumerate(rules.cuts[:-1]):
        meets = reaches.get(number, everyone)
        free = [place for place in range(size) if taken[place] is None]
        if rules.winner == Winner.SHARE:
            chosen = sorted(free, key=lambda place: (not meets[place], place))[: ends[number + 1] - ends[number]]
        else:
            chosen = [place for place in free if place < ends[number + 1] and meets[place]]
        for place in chosen:
            taken[place] = cut.segment_id
    return [rules.rest if segment_id is None else segment_id for segment_id in taken]


def place_book(rules: Rules, book: Iterable[BookEntry], *, catalogue: Catalogue, on: date) -> list[Placed]:
    """Everyone's scores and segment, best first score first."""
    entries = list(book)
    columns = {criterion.attribute: [entry.values.get(criterion.attribute) for entry in entries] for criterion in rules.criteria}
    scored = []
    for entry in entries:
        raw = [entry.values.get(criterion.attribute) for criterion in rules.criteria]
        points = [points_for(criterion, value, columns[criterion.attribute]) for criterion, value in zip(rules.criteria, raw, strict=True)]
        inputs: dict[str, list[Any]] = {criterion.key: [value, earned] for criterion, value, earned in zip(rules.criteria, raw, points, strict=True)}
        scored.append((entry, score_of(rules, points), score_of(rules, points, axis=Axis.SECOND), inputs))
    scored.sort(key=lambda row: rank_key(row[0].client_id, row[1], row[0].aum))
    by_quota = segments_by_quota(rules, [entry for entry, *_scores in scored], catalogue=catalogue, on=on) if rules.method == Method.QUOTAS else []
    placed = []
    for place, (entry, x, y, inputs) in enumerate(scored):
        is_caught = True
        if rules.method == Method.QUOTAS:
            segment_id = by_quota[place]
        elif rules.method == Method.RULES:
            segment_id, is_caught = segment_by_rule(rules, entry.values, catalogue=catalogue, on=on)
        elif rules.method == Method.PLANE:
            segment_id = segment_in_plane(rules.plane or Plane(), x, y)
        else:
            segment_id = segment_by_threshold(rules, x)
        placed.append(
            Placed(
                client_id=entry.client_id,
                segment_id=segment_id,
                score=None if rules.method == Method.RULES else x,
                score_y=y if rules.method == Method.PLANE else None,
                is_caught=is_caught,
                inputs=inputs,
            )
        )
    return placed
