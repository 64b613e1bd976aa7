"""Why a client is in a segment: each criterion's value, points, weight and share of the score, what each segment asks, and how far
the next segments are, in points and, where one change would do, in the attribute's own unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clients.attributes import Attribute, AttributeValue, Catalogue, Type, catalogue_of
from clients.conditions import Group, Match, describe, describe_condition, matches
from clients.models import Client
from firms import formats
from firms.models import Firm
from firms.statements import given, kept_statement
from segmentation.changing import Case, Change, restored, single_changes
from segmentation.locking import firm_today
from segmentation.models import Assignment, Axis, Method, Missing, Placement, Segment
from segmentation.rules import Readable, Rules, load_readable
from segmentation.territory import territories


@dataclass(frozen=True, kw_only=True)
class Line:
    """One criterion of one client's score, or one attribute that rules read."""

    attribute: str
    label: str
    definition: str
    axis: int
    # As a reader sees it; empty when not known.
    value: str
    raw: Any
    # 0–100; None when not known, and for what rules read.
    points: Decimal | None
    # Percent of its axis, as the rules say it.
    weight: Decimal
    # Points of the axis' score that this criterion brings.
    contribution: Decimal
    # The most it could bring: where the bar ends.
    most: Decimal
    is_missing: bool

    @property
    def is_stated(self) -> bool:
        return self.axis == Axis.STATED


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One thing that a segment asks, and whether the client meets it."""

    text: str
    is_met: bool


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What one segment asks: its rule, or the floor of its share."""

    segment: Segment
    # "All of these", "any of these", "at least 2 of these".
    match: str
    items: list[Asked]
    is_met: bool


@dataclass(frozen=True, kw_only=True)
class Distance:
    """How far one of the neighbouring segments is."""

    segment: Segment
    # Points of score on each axis; None where rules place without a score. Nothing when equal scores are told apart by assets.
    points: Decimal | None
    points_y: Decimal | None = None
    # Single changes that would do, in words: "Assets under management: + $38,000 ($438,000)".
    changes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class AxisScore:
    """A plane's axis, or the one score of a scheme."""

    name: str
    score: Decimal
    lines: list[Line]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    placement: Placement
    # Where the client is served; None until the assignment is written.
    assignment: Assignment | None
    lines: list[Line] = field(default_factory=list)
    axes: list[AxisScore] = field(default_factory=list)
    # By rank; rules and floors only.
    asks: list[Ask] = field(default_factory=list)
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

    @property
    def is_in_plane(self) -> bool:
        return self.placement.version.method == Method.PLANE

    @property
    def is_by_rules(self) -> bool:
        return self.placement.version.method == Method.RULES

    @property
    def stated(self) -> list[Line]:
        """What rules read."""
        return [line for line in self.lines if line.is_stated]


def explain_client(
    client: Client, *, firm: Firm, with_reasons: bool = True, assignments: Mapping[int, Assignment] | None = None
) -> list[Explanation]:
    """One explanation a published scheme, the service scheme first. Six statements at most, whatever the number of schemes; two where
    only the places are wanted, without their reasons. `assignments`: those in force, by scheme, where they were read already."""
    placements = _placements().rows(firm=firm.pk, client=client.pk)
    if not placements:
        return []
    if assignments is None:
        assignments = {row.scheme_id: row for row in _assignments().rows(firm=firm.pk, client=client.pk)}
    if not with_reasons:
        return [Explanation(placement=placement, assignment=assignments.get(placement.scheme_id)) for placement in placements]
    catalogue = catalogue_of(firm.pk)
    versions = load_readable([placement.version for placement in placements], catalogue=catalogue)
    return [
        _explain(
            placement,
            assignment=assignments.get(placement.scheme_id),
            version=versions[placement.version_id],
            catalogue=catalogue,
            firm=firm,
        )
        for placement in placements
    ]


@kept_statement
def _placements() -> QuerySet[Placement]:
    placements = Placement.objects.filter(firm_id=given("firm"), client_id=given("client"))
    return placements.select_related("scheme", "version", "segment").order_by("-scheme__is_service", "scheme_id")


@kept_statement
def _assignments() -> QuerySet[Assignment]:
    current = Assignment.objects.filter(firm_id=given("firm"), client_id=given("client"), ends_on=None)
    return current.select_related("segment", "by", "version")


def _explain(placement: Placement, *, assignment: Assignment | None, version: Readable, catalogue: Catalogue, firm: Firm) -> Explanation:
    rules, segments = version.rules, version.segments
    if rules is None:
        # Its conditions ask about what is gone: what was computed last still stands, without its reasons.
        return Explanation(placement=placement, assignment=assignment, segments=segments)
    lines = lines_of(placement, rules, catalogue=catalogue, firm=firm)
    case = _case_of(placement, rules, catalogue=catalogue, firm=firm)
    position = next((number for number, segment in enumerate(segments) if segment.pk == placement.segment_id), None)
    above = segments[position - 1] if position else None
    below = segments[position + 1] if position is not None and position + 1 < len(segments) else None
    return Explanation(
        placement=placement,
        assignment=assignment,
        lines=lines,
        axes=_axes(placement, rules, lines),
        asks=_asks(case, {segment.pk: segment for segment in segments}, firm=firm),
        up=_distance(placement, case, above, firm=firm) if above else None,
        down=_distance(placement, case, below, firm=firm) if below else None,
        segments=segments,
    )


def _case_of(placement: Placement, rules: Rules, *, catalogue: Catalogue, firm: Firm) -> Case:
    """The client as the last computation saw it."""
    values: dict[str, AttributeValue] = {}
    points: dict[str, Decimal | None] = {}
    for criterion in rules.criteria:
        raw, earned = placement.inputs.get(criterion.key, [None, None])
        if criterion.attribute in catalogue:
            values[criterion.attribute] = restored(raw, catalogue[criterion.attribute])
        points[criterion.key] = None if earned is None else Decimal(str(earned))
    on = placement.scheme.placed_on or firm_today(firm.pk)
    return Case(rules=rules, catalogue=catalogue, values=values, points=points, score_ranges=placement.scheme.score_ranges, on=on)


def lines_of(placement: Placement, rules: Rules, *, catalogue: Catalogue, firm: Firm) -> list[Line]:
    """What each criterion brought, by its own axis."""
    earned = {criterion.key: _points(placement, criterion.key) for criterion in rules.criteria}
    reweight = rules.missing == Missing.REWEIGHT
    counted: dict[int, Decimal] = {}
    for criterion in rules.criteria:
        if earned[criterion.key] is not None or not reweight:
            counted[criterion.axis] = counted.get(criterion.axis, Decimal(0)) + criterion.weight
    lines = []
    for criterion in rules.criteria:
        raw, points = placement.inputs.get(criterion.key, [None, None])[0], earned[criterion.key]
        whole = counted.get(criterion.axis, Decimal(0))
        share = criterion.weight / whole if whole and (points is not None or not reweight) else Decimal(0)
        source = catalogue.get(criterion.attribute)
        lines.append(
            Line(
                attribute=criterion.attribute,
                label=source.label if source else criterion.attribute,
                definition=formats.in_language(en=criterion.definition_en, fr=criterion.definition_fr),
                axis=criterion.axis,
                value=_display(source, raw, firm=firm),
                raw=raw,
                points=points,
                weight=criterion.weight,
                contribution=((points or Decimal(0)) * share).quantize(Decimal("0.01")),
                most=share * 100,
                is_missing=raw is None,
            )
        )
    return lines


def _points(placement: Placement, key: str) -> Decimal | None:
    earned = placement.inputs.get(key, [None, None])[1]
    return None if earned is None else Decimal(str(earned))


def _axes(placement: Placement, rules: Rules, lines: list[Line]) -> list[AxisScore]:
    if placement.score is None:
        return []
    first = [line for line in lines if line.axis == Axis.FIRST]
    if rules.method != Method.PLANE:
        return [AxisScore(name=_("Score"), score=placement.score, lines=first)]
    second = [line for line in lines if line.axis == Axis.SECOND]
    version = placement.version
    return [
        AxisScore(name=version.x_name, score=placement.score, lines=first),
        AxisScore(name=version.y_name, score=placement.score_y or Decimal(0), lines=second),
    ]


def _asks(case: Case, segments: Mapping[int, Segment], *, firm: Firm) -> list[Ask]:
    found = []
    for number, group in case.rules.conditioned:
        segment = segments.get(case.rules.cuts[number].segment_id)
        if segment is not None:
            found.append(Ask(segment=segment, match=_match_in_words(group), items=_asked(group, case, firm=firm), is_met=_meets(group, case)))
    return found


def _meets(group: Group, case: Case) -> bool:
    return matches(group, case.values, catalogue=case.catalogue, on=case.on)


def _asked(group: Group, case: Case, *, firm: Firm) -> list[Asked]:
    """The items of the outer group; one that is a group itself is one sentence."""
    asked = []
    for item in group.items:
        if isinstance(item, Group):
            text, whole = describe(item, catalogue=case.catalogue, firm=firm), item
        else:
            text, whole = describe_condition(item, catalogue=case.catalogue, firm=firm), Group(Match.ALL, 0, (item,))
        asked.append(Asked(text=text[:1].upper() + text[1:], is_met=_meets(whole, case)))
    return asked


def _match_in_words(group: Group) -> str:
    if len(group.items) < 2:
        return ""
    match group.match:
        case Match.ALL:
            return _("All of these")
        case Match.ANY:
            return _("Any of these")
    return _("At least %(least)s of these") % {"least": group.least}


def _distance(placement: Placement, case: Case, segment: Segment, *, firm: Firm) -> Distance:
    """To the nearest part of the segment's territory, by the rules of today."""
    changes = [_change_in_words(change, case, firm=firm) for change in single_changes(case, target=segment.pk)]
    if placement.score is None:
        return Distance(segment=segment, points=None, changes=changes)
    x, y = placement.score, placement.score_y
    gaps = [
        (_gap(x, territory.x_lower, territory.x_upper), _gap(y, territory.y_lower, territory.y_upper) if y is not None else None)
        for territory in territories(case.rules, case.score_ranges)
        if territory.segment_id == segment.pk
    ]
    if not gaps:
        return Distance(segment=segment, points=None, changes=changes)
    points, points_y = min(gaps, key=lambda gap: gap[0] + (gap[1] or 0))
    return Distance(segment=segment, points=points, points_y=points_y, changes=changes)


def _gap(score: Decimal, lower: Decimal, upper: Decimal) -> Decimal:
    """Points between a score and a stretch of scores; nothing inside it. Above its end, what is lost until it begins."""
    return lower - score if score < lower else max(score - upper, Decimal(0))


def _change_in_words(change: Change, case: Case, *, firm: Firm) -> str:
    value = _exactly(change.attribute, change.value, firm=firm)
    if change.by is None:
        return _("%(attribute)s: %(value)s") % {"attribute": change.attribute.label, "value": value}
    by = _exactly(change.attribute, abs(change.by), firm=firm)
    signed = _("+ %(figure)s") % {"figure": by} if change.by > 0 else _("− %(figure)s") % {"figure": by}
    return _("%(attribute)s: %(change)s (%(value)s)") % {"attribute": change.attribute.label, "change": signed, "value": value}


def _exactly(source: Attribute, value: AttributeValue, *, firm: Firm) -> str:
    """To the cent where cents count: one cent can be what is lacking."""
    if source.type is Type.MONEY and isinstance(value, Decimal):
        return formats.money(value, currency=firm.currency, locale=formats.babel_locale(firm.region), cents=value != int(value))
    return source.display(int(value) if isinstance(value, Decimal) and value == int(value) else value, firm=firm)


def _display(source: Attribute | None, raw: Any, *, firm: Firm) -> str:
    if raw is None:
        return ""
    if source is None:
        return str(raw)
    value = restored(raw, source)
    if source.type is Type.COUNT and isinstance(value, Decimal):
        value = int(value)
    return source.display(value, firm=firm)
