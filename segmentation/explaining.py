"""Why a client is in a segment: each criterion's value, points, weight and share of the score, and how far the next segments are."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from clients.attributes import UnknownAttribute, attribute
from clients.models import Client
from firms.models import Firm
from segmentation.models import Assignment, Criterion, Cut, Method, Missing, Placement, Segment


@dataclass(frozen=True, kw_only=True)
class Line:
    """One criterion of one client's score."""

    attribute: str
    label: str
    definition: str
    # As a reader sees it; empty when not known.
    value: str
    raw: Any
    # 0–100; None when not known.
    points: Decimal | None
    # Percent, as the rules say it.
    weight: Decimal
    # Points of the final score that this criterion brings.
    contribution: Decimal
    # The most it could bring: where the bar ends.
    most: Decimal
    is_missing: bool


@dataclass(frozen=True, kw_only=True)
class Distance:
    segment: Segment
    # Points of score; nothing when equal scores are told apart by assets.
    points: Decimal


@dataclass(frozen=True, kw_only=True)
class Explanation:
    placement: Placement
    # Where the client is served; None until the assignment is written.
    assignment: Assignment | None
    lines: list[Line] = field(default_factory=list)
    up: Distance | None = None
    down: Distance | None = None
    segments: list[Segment] = field(default_factory=list)

    @property
    def is_overridden(self) -> bool:
        return self.assignment is not None and self.assignment.source == Assignment.Source.OVERRIDE

    @property
    def has_drifted(self) -> bool:
        """The rules would place the client elsewhere today; nothing moves by itself."""
        return self.assignment is not None and not self.is_overridden and self.assignment.segment_id != self.placement.segment_id

    @property
    def missing(self) -> list[Line]:
        return [line for line in self.lines if line.is_missing]


def explain_client(client: Client, *, firm: Firm) -> list[Explanation]:
    """One explanation a published scheme, the service scheme first. Five statements, whatever their number."""
    placements = list(
        Placement.objects.filter(firm_id=firm.pk, client=client)
        .select_related("scheme", "version", "segment")
        .order_by("-scheme__is_service", "scheme_id")
    )
    if not placements:
        return []
    assignments = {
        row.scheme_id: row
        for row in Assignment.objects.filter(firm_id=firm.pk, client=client, ends_on=None).select_related("segment", "by", "version")
    }
    versions = [placement.version_id for placement in placements]
    criteria: dict[int, list[Criterion]] = defaultdict(list)
    for criterion in Criterion.objects.filter(firm_id=firm.pk, version__in=versions).order_by("position", "pk"):
        criteria[criterion.version_id].append(criterion)
    cuts: dict[int, list[Cut]] = defaultdict(list)
    for cut in Cut.objects.filter(firm_id=firm.pk, version__in=versions).select_related("segment").order_by("segment__rank"):
        cuts[cut.version_id].append(cut)
    explanations = []
    for placement in placements:
        version_cuts = cuts[placement.version_id]
        up, down = distances(placement, version_cuts)
        explanations.append(
            Explanation(
                placement=placement,
                assignment=assignments.get(placement.scheme_id),
                lines=lines_of(placement, criteria[placement.version_id], firm=firm),
                up=up,
                down=down,
                segments=[cut.segment for cut in version_cuts],
            )
        )
    return explanations


def lines_of(placement: Placement, criteria: list[Criterion], *, firm: Firm) -> list[Line]:
    found = [placement.inputs.get(str(criterion.pk), [None, None]) for criterion in criteria]
    points = [None if earned is None else Decimal(str(earned)) for _raw, earned in found]
    reweight = placement.version.missing == Missing.REWEIGHT
    counted = sum((criterion.weight for criterion, earned in zip(criteria, points, strict=True) if earned is not None or not reweight), Decimal(0))
    lines = []
    for criterion, (raw, _earned), earned in zip(criteria, found, points, strict=True):
        share = criterion.weight / counted if counted and (earned is not None or not reweight) else Decimal(0)
        lines.append(
            Line(
                attribute=criterion.attribute,
                label=_label(criterion.attribute),
                definition=criterion.definition,
                value=_display(criterion.attribute, raw, firm=firm),
                raw=raw,
                points=earned,
                weight=criterion.weight,
                contribution=((earned or Decimal(0)) * share).quantize(Decimal("0.01")),
                most=share * 100,
                is_missing=earned is None,
            )
        )
    return lines


def distances(placement: Placement, cuts: list[Cut]) -> tuple[Distance | None, Distance | None]:
    """Points to gain to reach the segment above and points to lose to fall into the one below, by the rules of today.

    With thresholds the cut points say it; with quotas the scores at which the neighbours began and ended in the last computation.
    """
    position = next((number for number, cut in enumerate(cuts) if cut.segment_id == placement.segment_id), None)
    if position is None:
        return None, None
    above = cuts[position - 1] if position else None
    below = cuts[position + 1] if position + 1 < len(cuts) else None
    if placement.version.method == Method.THRESHOLDS:
        score = placement.score or Decimal(0)
        up = above and Distance(segment=above.segment, points=(above.least_score or Decimal(0)) - score)
        down = below and Distance(segment=below.segment, points=score - (cuts[position].least_score or Decimal(0)))
        return up or None, down or None
    score, ranges = placement.score or Decimal(0), placement.scheme.score_ranges
    lowest_above = ranges.get(str(above.segment_id)) if above else None
    highest_below = ranges.get(str(below.segment_id)) if below else None
    return (
        Distance(segment=above.segment, points=max(Decimal(lowest_above[0]) - score, Decimal(0))) if above and lowest_above else None,
        Distance(segment=below.segment, points=max(score - Decimal(highest_below[1]), Decimal(0))) if below and highest_below else None,
    )


def _label(key: str) -> str:
    try:
        return attribute(key).label
    except UnknownAttribute:
        return key


def _display(key: str, raw: Any, *, firm: Firm) -> str:
    if raw is None:
        return ""
    try:
        return attribute(key).display(Decimal(str(raw)) if isinstance(raw, int | float) and not isinstance(raw, bool) else raw, firm=firm)
    except UnknownAttribute:
        return str(raw)
