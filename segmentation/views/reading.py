"""The rules in force as everyone in the firm reads them: in words, whatever the way of placing clients."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from clients.attributes import Attribute, Catalogue, catalogue_of
from clients.conditions import ConditionsRefused, describe
from clients.conditions.wording import value_in_words
from firms.formats import in_language
from firms.guard import FirmRequest
from segmentation.client_pages import place_in_plane, uncaught_by
from segmentation.linting import archived_choices, plain
from segmentation.models import Axis, Method, Scale, SchemeVersion, Segment
from segmentation.openings import word_openings
from segmentation.picturing import count_uncaught, placed_in, spread_in_plane
from segmentation.rules import BandRule, CriterionRule, CutRule, Rules, axes_of, choice_in_words, load_rules
from segmentation.views.drawing import draw_plane


@dataclass(frozen=True, kw_only=True)
class ReadableCriterion:
    label: str
    definition: str
    # A share between 0 and 1; nothing for what conditions read.
    weight: Decimal | None = None
    # How values earn points, as a sentence, or value by value.
    sentence: str = ""
    bands: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ReadableSegment:
    segment: Segment
    clients: int
    # What opens it: a score, a share, conditions, in words.
    opening: str
    # The floor of a share.
    floor: str = ""


@dataclass(frozen=True, kw_only=True)
class ReadableCell:
    segment: Segment
    clients: int
    # The value of the client list's filter.
    place: str


def read_scheme(request: FirmRequest, version: SchemeVersion, *, segments: list[Segment], counts: dict[int, int]) -> dict[str, Any]:
    """What the page of a scheme shows of its published version."""
    catalogue = catalogue_of(request.firm.pk)
    unreadable = ""
    try:
        rules = load_rules(version, catalogue=catalogue, with_plane=False)
    except ConditionsRefused as refusal:
        rules = load_rules(version, catalogue=catalogue, with_conditions=False, with_plane=False)
        unreadable = " ".join(dict.fromkeys(message for _at, message in refusal.problems))
    names = {Axis.FIRST: version.x_name, Axis.SECOND: version.y_name} if rules.method == Method.PLANE else {Axis.FIRST: _("Criteria")}
    context: dict[str, Any] = {
        "rules": rules,
        "unreadable": unreadable,
        "archived": archived_choices(rules, catalogue=catalogue),
        "segments": _readable_segments(request, rules, catalogue, segments, counts),
        "axes": [
            (names[axis], [_readable_criterion(request, criterion, catalogue) for criterion in rules.on_axis(axis)]) for axis in axes_of(rules.method)
        ],
        "stated": [_readable_criterion(request, criterion, catalogue) for criterion in rules.on_axis(Axis.STATED)],
        "has_floors": rules.method == Method.QUOTAS and bool(rules.conditioned),
        "margin": plain(rules.margin) if rules.margin and rules.method != Method.RULES else "",
        "rest": next((segment for segment in segments if segment.pk == rules.rest), None),
    }
    if rules.method == Method.RULES:
        context |= {"uncaught": count_uncaught(placed_in(version.scheme)), "uncaught_place": uncaught_by(version.scheme_id)}
    return context


def _readable_segments(
    request: FirmRequest, rules: Rules, catalogue: Catalogue, segments: list[Segment], counts: dict[int, int]
) -> list[ReadableSegment]:
    cuts = {cut.segment_id: cut for cut in rules.cuts}
    openings = word_openings(rules, catalogue=catalogue, firm=request.firm) if rules.method == Method.RULES else {}
    readable = []
    for segment in segments:
        cut = cuts.get(segment.pk, CutRule(segment_id=segment.pk))
        floor, opening = "", openings.get(segment.pk, "")
        if rules.method == Method.QUOTAS:
            opening = _("%(share)s%%") % {"share": plain(cut.quota or Decimal(0))}
            floor = "" if cut.conditions is None else describe(cut.conditions, catalogue=catalogue, firm=request.firm)
        elif rules.method == Method.THRESHOLDS:
            opening = _("the rest") if segment == segments[-1] else plain(cut.least_score or Decimal(0))
        readable.append(ReadableSegment(segment=segment, clients=counts.get(segment.pk, 0), opening=opening, floor=floor))
    return readable


def _readable_criterion(request: FirmRequest, rule: CriterionRule, catalogue: Catalogue) -> ReadableCriterion:
    source = catalogue.get(rule.attribute)
    definition = in_language(en=rule.definition_en, fr=rule.definition_fr)
    if source is None:
        return ReadableCriterion(label=rule.attribute, definition=definition)
    if rule.axis == Axis.STATED:
        return ReadableCriterion(label=source.label, definition=definition)
    weight = rule.weight / 100
    if rule.scale == Scale.LINEAR:
        words = {name: _figure(request, getattr(rule, name), source) for name in ("zero_at", "full_at")}
        sentence = _("0 points at %(zero_at)s, 100 points at %(full_at)s, evenly between.") % words
        return ReadableCriterion(label=source.label, definition=definition, weight=weight, sentence=sentence)
    if rule.scale == Scale.PERCENTILE:
        sentence = _("The share of the book with a lower value.")
        if rule.descending:
            sentence = _("The share of the book with a higher value: the lower, the better.")
        return ReadableCriterion(label=source.label, definition=definition, weight=weight, sentence=sentence)
    bands = [(_band_in_words(request, band, source), plain(band.points)) for band in rule.ordered_bands()]
    return ReadableCriterion(label=source.label, definition=definition, weight=weight, bands=bands)


def _figure(request: FirmRequest, value: Decimal | None, source: Attribute) -> str:
    return "" if value is None else value_in_words(value, source, firm=request.firm)


def _band_in_words(request: FirmRequest, band: BandRule, source: Attribute) -> str:
    if band.choice:
        return choice_in_words(source, band.choice)
    lower, upper = (_figure(request, end, source) for end in (band.lower, band.upper))
    if not lower:
        return _("below %(upper)s") % {"upper": upper} if upper else _("any value")
    if upper:
        return _("from %(lower)s, below %(upper)s") % {"lower": lower, "upper": upper}
    return _("from %(lower)s") % {"lower": lower}


def read_plane(request: FirmRequest, version: SchemeVersion, *, segments: list[Segment]) -> dict[str, Any]:
    """The plane of a published version: the picture, and its cells as a grid, the highest part of the second axis first."""
    rules = load_rules(version, with_conditions=False)
    plane = rules.plane
    if plane is None:
        return {}
    picture = spread_in_plane(placed_in(version.scheme), plane)
    by_id = {segment.pk: segment for segment in segments}
    x_ends, y_ends = ([Decimal(0), *cuts, Decimal(100)] for cuts in (plane.x_cuts, plane.y_cuts))
    rows = [
        (
            f"{plain(y_ends[row])}\u202f–\u202f{plain(y_ends[row + 1])}",
            [
                ReadableCell(segment=by_id[segment_id], clients=picture.cells[column, row], place=place_in_plane(version.scheme_id, column, row))
                for column, segment_id in enumerate(segment_ids)
            ],
        )
        for row, segment_ids in reversed(list(enumerate(plane.cells)))
    ]
    names = version.x_name, version.y_name
    return {
        "picture": draw_plane(request, plane=plane, segments=segments, picture=picture, names=names),
        "columns": [f"{plain(x_ends[number])}\u202f–\u202f{plain(x_ends[number + 1])}" for number in range(len(plane.x_cuts) + 1)],
        "rows": rows,
        "x_name": names[0],
        "y_name": names[1],
    }
