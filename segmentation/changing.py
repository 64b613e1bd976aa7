"""How one value of one client would have to change for another segment: "+ $38,000 of assets", "potential: 8/10".

Every candidate is tried on the rules themselves, so what is told is true by the rules of today: the client's other values stay, and so
does everybody else. Shares are judged by the scores that opened each segment in the last computation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from clients.attributes import Attribute, AttributeValue, Catalogue, Type, Unit
from clients.conditions import conditions_in, matches
from segmentation.coverage import grid_of, span_of
from segmentation.models import Axis, Method, Missing, Scale, Winner
from segmentation.reference import points_for, score_of, segment_by_rule, segment_by_threshold, segment_in_plane
from segmentation.rules import UNITS, CriterionRule, Rules, choices_of
from segmentation.territory import territories

HALF_A_UNIT = Decimal(1) / (2 * UNITS)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One value that would do."""

    attribute: Attribute
    value: AttributeValue
    # For figures: by how much, signed.
    by: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One client under one version's rules: what is known of it and what it earned."""

    rules: Rules
    catalogue: Catalogue
    values: Mapping[str, AttributeValue]
    # By criterion key.
    points: Mapping[str, Decimal | None]
    score_ranges: Mapping[str, list[str]]
    on: date

    def segment_with(self, key: str, value: AttributeValue) -> int:
        """The segment if this one value were another."""
        values = {**self.values, key: value}
        rules = self.rules
        if rules.method == Method.RULES:
            return segment_by_rule(rules, values, catalogue=self.catalogue, on=self.on)[0]
        points = [points_for(criterion, value) if criterion.attribute == key else self.points.get(criterion.key) for criterion in rules.criteria]
        x = score_of(rules, points)
        if rules.method == Method.PLANE and rules.plane is not None:
            return segment_in_plane(rules.plane, x, score_of(rules, points, axis=Axis.SECOND))
        if rules.method == Method.QUOTAS:
            return self._by_share(x, values)
        return segment_by_threshold(rules, x)

    def _by_share(self, score: Decimal, values: Mapping[str, AttributeValue]) -> int:
        floors = dict(self.rules.conditioned) if self.rules.winner == Winner.FLOOR else {}
        for number, cut in enumerate(self.rules.cuts[:-1]):
            opened = self.score_ranges.get(str(cut.segment_id))
            reaches = number not in floors or matches(floors[number], values, catalogue=self.catalogue, on=self.on)
            if opened is not None and score >= Decimal(opened[0]) and reaches:
                return cut.segment_id
        return self.rules.rest


def single_changes(case: Case, *, target: int) -> list[Change]:
    """For each attribute of which one other value leads to the segment `target`, the nearest such value; in the order of the rules."""
    found = []
    for key in dict.fromkeys(criterion.attribute for criterion in case.rules.criteria):
        source = case.catalogue.get(key)
        # Nobody grows older at will, and a rank depends on everybody else.
        if source is None or source.unit is Unit.YEARS or case.values.get(key) is None or _is_ranked(case.rules, key):
            continue
        candidates = [value for value in _candidates(case, key, source, target) if _exists(value, source) and case.segment_with(key, value) == target]
        if candidates:
            found.append(_nearest(candidates, case.values[key], source))
    return found


def _exists(value: AttributeValue, source: Attribute) -> bool:
    """Whether a client can have it: no count is below nothing, no mark above ten."""
    if source.type is Type.OUT_OF_TEN:
        return 0 <= Decimal(str(value)) <= 10
    return source.type is not Type.COUNT or Decimal(str(value)) >= 0


def _is_ranked(rules: Rules, key: str) -> bool:
    return any(criterion.attribute == key and criterion.axis != Axis.STATED and criterion.scale == Scale.PERCENTILE for criterion in rules.criteria)


def _nearest(candidates: list[AttributeValue], value: AttributeValue, source: Attribute) -> Change:
    if not source.is_numeric:
        return Change(attribute=source, value=candidates[0], by=None)
    now = Decimal(str(value))
    best = min((Decimal(str(candidate)) for candidate in candidates), key=lambda figure: (abs(figure - now), figure))
    return Change(attribute=source, value=best, by=best - now)


def _candidates(case: Case, key: str, source: Attribute, target: int) -> Iterator[AttributeValue]:
    """Values worth trying: where points or conditions change, on the side nearest to the value of today."""
    if not source.is_numeric:
        yield from (_as_value(choice) for choice, _label in choices_of(source))
        return
    now, step = Decimal(str(case.values[key])), grid_of(source)
    for criterion in case.rules.criteria:
        if criterion.attribute == key and criterion.axis != Axis.STATED:
            yield from _where_points_change(case, criterion, now=now, step=step, target=target)
    for _number, group in case.rules.conditioned:
        for _at, condition in conditions_in(group):
            span = span_of(condition, source) if condition.attribute == key else None
            if span is not None:
                # Just inside and just outside: to be caught, or no longer to be.
                yield from (end + shift for end in (span.lower, span.upper) if end is not None for shift in (Decimal(0), -step))


def _as_value(choice: str) -> AttributeValue:
    return {"true": True, "false": False}.get(choice, choice)


def _where_points_change(case: Case, criterion: CriterionRule, *, now: Decimal, step: Decimal, target: int) -> Iterator[Decimal]:
    if criterion.scale == Scale.LINEAR:
        yield from _along_the_line(case, criterion, step=step, target=target)
        return
    for band in criterion.bands:
        if band.lower is not None and now < band.lower:
            yield band.lower
        elif band.upper is not None and now >= band.upper:
            yield band.upper - step


def _along_the_line(case: Case, criterion: CriterionRule, *, step: Decimal, target: int) -> Iterator[Decimal]:
    """The values at which the axis' score meets a border of the target's territories; a step to either side, for the rounding."""
    zero, full = criterion.zero_at or Decimal(0), criterion.full_at or Decimal(0)
    points = [case.points.get(each.key) for each in case.rules.criteria]
    score = score_of(case.rules, points, axis=criterion.axis)
    weights = [
        each.weight
        for each, earned in zip(case.rules.criteria, points, strict=True)
        if each.axis == criterion.axis and (earned is not None or case.rules.missing == Missing.ZERO)
    ]
    share, earned = criterion.weight / (sum(weights, Decimal(0)) or 1), case.points.get(criterion.key)
    if not share or earned is None or zero == full:
        return
    yield from (zero, full)
    for territory in territories(case.rules, case.score_ranges):
        if territory.segment_id != target:
            continue
        borders = (territory.x_lower, territory.x_upper) if criterion.axis == Axis.FIRST else (territory.y_lower, territory.y_upper)
        # Scores and points are rounded half up, so a border is met half a unit before it.
        for border in (border - short for border in borders for short in (Decimal(0), HALF_A_UNIT)):
            wanted = earned + (border - score) / share
            if 0 <= wanted <= 100:
                figure = zero + (full - zero) * wanted / 100
                for rounding in (ROUND_FLOOR, ROUND_CEILING):
                    on_grid = (figure / step).to_integral_value(rounding) * step
                    yield from (on_grid - step, on_grid, on_grid + step)


def restored(raw: Any, source: Attribute) -> AttributeValue:
    """A value as placements keep it in JSON, as the catalogue reads it."""
    if raw is None:
        return None
    if isinstance(raw, list):
        return tuple(raw)
    if source.is_numeric and not isinstance(raw, bool):
        return Decimal(str(raw))
    return date.fromisoformat(raw) if source.type is Type.DATE else raw
