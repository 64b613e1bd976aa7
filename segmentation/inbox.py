"""What the review inbox tells of each drifting client: the scores, how far from its segment, and what changed since it was placed.

The reasons are read from what was kept: each criterion's value and points when the client was assigned, and today.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from clients.attributes import Catalogue, UnknownAttribute, catalogue_of
from clients.queries import visible_to
from firms.models import Firm, User
from segmentation.drift import to_review
from segmentation.models import Assignment, Axis, Criterion, Cut, Drift, Placement, Region, Scheme, SchemeVersion
from segmentation.rules import CutRule, Plane, Rules
from segmentation.territory import Territory, territories


def list_drift(user: User, *, today: date, state: str = Drift.State.OPEN) -> QuerySet[Drift]:
    """What waits for a decision, or what was kept or snoozed, oldest first."""
    if state == Drift.State.OPEN:
        found = to_review(user, today=today)
    else:
        found = Drift.objects.filter(firm_id=user.firm_id, client__in=visible_to(user), state=state)
        if state == Drift.State.SNOOZED:
            found = found.filter(until__gt=today)
    return found.select_related("client__adviser", "scheme", "assigned", "computed", "by").order_by("since", "pk")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One criterion that is no longer what it was when the client was placed."""

    label: str
    # As a reader sees them; empty when not known.
    before: str
    after: str
    # None: not known, or weighed by one of the two versions alone.
    points_before: Decimal | None
    points_after: Decimal | None
    # The criterion is in one of the two versions of the rules alone.
    is_new: bool = False
    is_gone: bool = False

    @property
    def moved_value(self) -> bool:
        return self.before != self.after

    @property
    def moved_points(self) -> bool:
        return self.points_before != self.points_after


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One drift with its reasons."""

    drift: Drift
    score: Decimal | None = None
    score_before: Decimal | None = None
    # Second axis, in a plane.
    score_y: Decimal | None = None
    # Points by which the client lies outside its own segment; None where rules place without a score.
    outside: Decimal | None = None
    # The client no longer is in the segment as placed: since when.
    placed_on: date | None = None
    changes: list[Change] = field(default_factory=list)
    # The version of the rules then and now, where they differ.
    versions: tuple[int, int] | None = None


def describe_drifts(drifts: Sequence[Drift], *, firm: Firm) -> list[Waiting]:
    """The same drifts with their reasons. Five statements, whatever their number, and one for the firm's own attributes."""
    if not drifts:
        return []
    client_ids = {drift.client_id for drift in drifts}
    scheme_ids = {drift.scheme_id for drift in drifts}
    chosen = Q(firm_id=firm.pk, client_id__in=client_ids, scheme_id__in=scheme_ids)
    placements = {(row.scheme_id, row.client_id): row for row in Placement.objects.filter(chosen).select_related("version")}
    assignments = {(row.scheme_id, row.client_id): row for row in Assignment.objects.filter(chosen, ends_on=None).select_related("version")}
    computed = [*(row.inputs for row in placements.values()), *(row.inputs for row in assignments.values())]
    keys = {key for inputs in computed for key in inputs if key.isdecimal()}
    criteria = {str(row.pk): row for row in Criterion.objects.filter(firm_id=firm.pk, pk__in=keys)}
    reach = _territories([row.version for row in placements.values()], {drift.scheme_id: drift.scheme for drift in drifts}, firm_id=firm.pk)
    catalogue = catalogue_of(firm.pk)
    rows = []
    for drift in drifts:
        placement, assignment = placements.get((drift.scheme_id, drift.client_id)), assignments.get((drift.scheme_id, drift.client_id))
        if placement is None or assignment is None:
            # Archived, or moved, a moment ago.
            rows.append(Waiting(drift=drift))
            continue
        versions = (assignment.version, placement.version)
        rows.append(
            Waiting(
                drift=drift,
                score=placement.score,
                score_y=placement.score_y,
                score_before=assignment.score,
                placed_on=assignment.starts_on,
                outside=_outside(reach[drift.scheme_id], drift.assigned_id, placement),
                changes=compare_inputs(assignment.inputs, placement.inputs, criteria=criteria, catalogue=catalogue, firm=firm),
                versions=(versions[0].number, versions[1].number) if versions[0] and versions[0] != versions[1] else None,
            )
        )
    return rows


def _outside(reach: list[Territory], segment_id: int, placement: Placement) -> Decimal | None:
    own = [territory for territory in reach if territory.segment_id == segment_id]
    if placement.score is None or not own:
        return None
    away = min(territory.points_outside(placement.score, placement.score_y or Decimal(0)) for territory in own)
    return away.quantize(Decimal("0.01"))


def _territories(versions: Iterable[SchemeVersion], schemes: Mapping[int, Scheme], *, firm_id: int) -> dict[int, list[Territory]]:
    """The territories of several versions' segments, by scheme: two statements, whatever their number."""
    found = {version.pk: version for version in versions}
    cuts: dict[int, list[CutRule]] = defaultdict(list)
    for cut in Cut.objects.filter(firm_id=firm_id, version__in=found).order_by("segment__rank"):
        cuts[cut.version_id].append(CutRule(segment_id=cut.segment_id, least_score=cut.least_score, quota=cut.quota))
    rows: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for region in Region.objects.filter(firm_id=firm_id, version__in=found).order_by("row", "column"):
        rows[region.version_id][region.row].append(region.segment_id)
    reach: dict[int, list[Territory]] = defaultdict(list)
    for version in found.values():
        cells = tuple(tuple(rows[version.pk][row]) for row in sorted(rows[version.pk]))
        plane = Plane(x_cuts=tuple(version.x_cuts), y_cuts=tuple(version.y_cuts), cells=cells)
        rules = Rules(method=version.method, cuts=tuple(cuts[version.pk]), plane=plane if cells else None)
        reach[version.scheme_id] = territories(rules, schemes[version.scheme_id].score_ranges)
    return reach


def compare_inputs(
    before: Mapping[str, Any], after: Mapping[str, Any], *, criteria: Mapping[str, Criterion], catalogue: Catalogue, firm: Firm
) -> list[Change]:
    """Criterion by criterion, what differs between two computations; versions of the rules number their criteria anew."""
    then, now = (_by_attribute(inputs, criteria) for inputs in (before, after))
    changes = []
    for key in sorted({*then, *now}, key=lambda key: (now.get(key) or then[key])[0].position):
        old, new = then.get(key), now.get(key)
        attribute_key = key[0]
        (raw_before, points_before), (raw_after, points_after) = (old[1] if old else (None, None)), (new[1] if new else (None, None))
        if old and new and raw_before == raw_after and points_before == points_after:
            continue
        changes.append(
            Change(
                label=_label(attribute_key, catalogue),
                before=_shown(attribute_key, raw_before, catalogue, firm),
                after=_shown(attribute_key, raw_after, catalogue, firm),
                points_before=_points(points_before),
                points_after=_points(points_after),
                is_new=old is None,
                is_gone=new is None,
            )
        )
    # What decides nothing on its own is told last.
    return sorted(changes, key=lambda change: not change.moved_value)


def _by_attribute(inputs: Mapping[str, Any], criteria: Mapping[str, Criterion]) -> dict[tuple[str, bool], tuple[Criterion, Any]]:
    return {
        (criteria[key].attribute, criteria[key].axis == Axis.SECOND): (criteria[key], tuple(pair)) for key, pair in inputs.items() if key in criteria
    }


def _points(earned: Any) -> Decimal | None:
    return None if earned is None else Decimal(str(earned))


def _label(key: str, catalogue: Catalogue) -> str:
    try:
        return catalogue[key].label
    except UnknownAttribute:
        return key


def _shown(key: str, raw: Any, catalogue: Catalogue, firm: Firm) -> str:
    """A value out of JSON as a reader sees it."""
    if raw is None:
        return ""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        raw = Decimal(str(raw))
    try:
        return catalogue[key].display(raw, firm=firm)
    except (UnknownAttribute, TypeError, AttributeError):
        return str(raw)
