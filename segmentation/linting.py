"""What stands against publishing a version, each point at the very field it concerns.

`at` names a field as the editor does: "criteria-0-weight", "criteria-0-bands-1-lower", "cuts-2-quota", "cuts-2-conditions-0" (the first
condition of the third segment's rule), "plane-x_cuts-0"; "criteria-0-bands", "criteria", "cuts" and "plane" for what no single field causes.
An error stops the publication; a warning is said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from clients.attributes import Attribute, Catalogue, catalogue_of
from clients.conditions import ConditionsRefused, Group, attributes_in, conditions_in, contradictions
from segmentation.coverage import Gap, Overlap, Span, claims_by_attribute, gaps, grid_of, is_shadowed, overlaps
from segmentation.models import Axis, Method, Missing, Scale, SchemeVersion, Winner
from segmentation.rules import BandRule, CriterionRule, Plane, Rules, choices_of, is_weighable, load_rules

ALL = Decimal(100)


@dataclass(frozen=True)
class Problem:
    at: str
    message: str
    # A warning is said, and does not stop the publication.
    warning: bool = False


def plain(figure: Decimal) -> str:
    """A figure as the active language writes it, as short as it is exact."""
    text = number_format(figure, force_grouping=True, use_l10n=True)
    mark = number_format(Decimal("0.5"), use_l10n=True)[1]
    return text.rstrip("0").rstrip(mark) if mark in text else text


def lint(rules: Rules, *, catalogue: Catalogue) -> list[Problem]:
    return [
        *_lint_criteria(rules, catalogue),
        *_lint_cuts(rules),
        *_lint_conditions(rules, catalogue),
        *(_lint_plane(rules.plane or Plane(), rules) if rules.method == Method.PLANE else ()),
    ]


def errors_among(problems: Iterable[Problem]) -> list[Problem]:
    """What stops a publication."""
    return [problem for problem in problems if not problem.warning]


def lint_version(version: SchemeVersion, *, catalogue: Catalogue | None = None) -> tuple[Rules | None, list[Problem]]:
    """A version's rules and what stands against them; no rules, and an error, when they ask about something that is gone."""
    catalogue = catalogue_of(version.firm_id) if catalogue is None else catalogue
    try:
        rules = load_rules(version, catalogue=catalogue)
    except ConditionsRefused:
        return None, [Problem("cuts", _("The conditions ask about an attribute that is no longer in the catalogue."))]
    return rules, lint(rules, catalogue=catalogue)


# --- Criteria ---


def _lint_criteria(rules: Rules, catalogue: Catalogue) -> Iterator[Problem]:
    seen = set()
    for number, rule in enumerate(rules.criteria):
        at = f"criteria-{number}"
        source = catalogue.get(rule.attribute)
        weighs = rule.axis != Axis.STATED
        if source is None or (weighs and not is_weighable(source)):
            yield Problem(f"{at}-attribute", _("Choose what this criterion weighs."))
            source = None
        elif source.is_archived:
            yield Problem(f"{at}-attribute", _archived(source))
        elif (rule.axis, rule.attribute) in seen:
            yield Problem(f"{at}-attribute", _("Another criterion already weighs this."))
        seen.add((rule.axis, rule.attribute))
        if weighs and rule.weight <= 0:
            yield Problem(f"{at}-weight", _("The weight must be more than zero."))
        for language in ("en", "fr"):
            if not getattr(rule, f"definition_{language}").strip():
                yield Problem(f"{at}-definition_{language}", _("Write what this criterion means, so that every team member reads it the same way."))
        if source is not None and weighs:
            yield from _lint_scale(at, rule, source)
    if rules.method == Method.RULES:
        return
    axes = (Axis.FIRST, Axis.SECOND) if rules.method == Method.PLANE else (Axis.FIRST,)
    for axis in axes:
        yield from _lint_axis(rules, axis)


def _archived(source: Attribute) -> str:
    return _("“%(attribute)s” is archived, so nobody keeps it up to date: choose another attribute.") % {"attribute": source.label}


def _archived_choice(source: Attribute, choice: str) -> str:
    said = _("“%(choice)s” is archived: clients who have it count as before, and nobody else can be given it.") % {"choice": source.label_of(choice)}
    # What stands within an f-string, no catalogue would hold.
    advice = _("Take it out of the draft, or offer it again among the firm’s attributes.")
    return f"{said} {advice}"


def archived_choices(rules: Rules, *, catalogue: Catalogue) -> list[str]:
    """What is to be known of choices that these rules name and the firm no longer offers; nothing stops for it."""
    at_bands = [
        _archived_choice(source, band.choice)
        for rule in rules.criteria
        if (source := catalogue.get(rule.attribute)) is not None and not source.is_archived
        for band in rule.bands
        if band.choice in dict(source.every_choice) and band.choice not in dict(source.choices)
    ]
    in_conditions = [problem.message for _number, group in rules.conditioned for problem in _lint_archived_choices("", group, catalogue)]
    return list(dict.fromkeys(at_bands + in_conditions))


def _lint_axis(rules: Rules, axis: Axis) -> Iterator[Problem]:
    numbered = [(number, rule) for number, rule in enumerate(rules.criteria) if rule.axis == axis]
    if not numbered:
        message = _("Add at least one criterion to the second axis.") if axis == Axis.SECOND else _("Add at least one criterion.")
        yield Problem("criteria", message)
        return
    total = sum((rule.weight for _number, rule in numbered), Decimal(0))
    if total != ALL:
        message = _("The weights add up to %(total)s%%. They must add up to 100%%.")
        yield Problem(f"criteria-{numbered[-1][0]}-weight", message % {"total": plain(total)})
    if not 3 <= len(numbered) <= 5:
        yield Problem("criteria", _("Three to five criteria work best: fewer say little, more blur the picture."), warning=True)


def _lint_scale(at: str, rule: CriterionRule, source: Attribute) -> Iterator[Problem]:
    if rule.scale == Scale.BANDS:
        yield from _lint_bands(at, rule.bands, source)
    elif choices_of(source):
        yield Problem(f"{at}-scale", _("This has values, not figures: give points value by value."))
    elif rule.scale == Scale.LINEAR:
        for name, end in (("zero_at", rule.zero_at), ("full_at", rule.full_at)):
            if end is None:
                yield Problem(f"{at}-{name}", _("Give this value."))
        if rule.zero_at is not None and rule.zero_at == rule.full_at:
            yield Problem(f"{at}-full_at", _("The two values must differ."))


def _lint_bands(at: str, bands: tuple[BandRule, ...], source: Attribute) -> Iterator[Problem]:
    if not bands:
        yield Problem(f"{at}-bands", _("Say which values earn how many points."))
        return
    for number, band in enumerate(bands):
        if not 0 <= band.points <= ALL:
            yield Problem(f"{at}-bands-{number}-points", _("Points go from 0 to 100."))
    if choices_of(source):
        yield from _lint_choices(at, bands, source)
    else:
        yield from _lint_ranges(at, bands)


def _lint_choices(at: str, bands: tuple[BandRule, ...], source: Attribute) -> Iterator[Problem]:
    labels = dict(choices_of(source))
    seen = set()
    for number, band in enumerate(bands):
        if band.choice not in labels and band.choice not in dict(source.every_choice):
            yield Problem(f"{at}-bands-{number}-choice", _("Choose a value."))
        elif band.choice in seen:
            yield Problem(f"{at}-bands-{number}-choice", _("This value already earns points in another band."))
        elif band.choice not in labels:
            yield Problem(f"{at}-bands-{number}-choice", _archived_choice(source, band.choice), warning=True)
        seen.add(band.choice)
    absent = [label for value, label in labels.items() if value not in seen]
    if absent:
        yield Problem(f"{at}-bands", _("No points are given to: %(values)s.") % {"values": ", ".join(absent)})


def _lint_ranges(at: str, bands: tuple[BandRule, ...]) -> Iterator[Problem]:
    empty = False
    for number, band in enumerate(bands):
        if band.lower is not None and band.upper is not None and band.lower >= band.upper:
            empty = True
            yield Problem(f"{at}-bands-{number}-upper", _("The end of a band must be greater than its start."))
    if empty:
        return
    ordered = sorted(enumerate(bands), key=lambda pair: (pair[1].lower is not None, pair[1].lower or Decimal(0)))
    number, first = ordered[0]
    if first.lower is not None:
        message = _("Values under %(value)s are in no band: leave the start of the lowest band empty.")
        yield Problem(f"{at}-bands-{number}-lower", message % {"value": plain(first.lower)})
    for (_number, band), (following, after) in pairwise(ordered):
        if band.upper is None or after.lower is None or band.upper > after.lower:
            start = after.lower if after.lower is not None else band.lower
            yield Problem(f"{at}-bands-{following}-lower", _overlap(start))
        elif band.upper < after.lower:
            message = _("Values from %(lower)s to %(upper)s are in no band.")
            yield Problem(f"{at}-bands-{following}-lower", message % {"lower": plain(band.upper), "upper": plain(after.lower)})
    number, last = ordered[-1]
    if last.upper is not None:
        message = _("Values from %(value)s up are in no band: leave the end of the highest band empty.")
        yield Problem(f"{at}-bands-{number}-upper", message % {"value": plain(last.upper)})


def _overlap(start: Decimal | None) -> str:
    if start is None:
        return _("This band overlaps another one.")
    return _("This band overlaps another one: values from %(value)s are in both.") % {"value": plain(start)}


# --- What opens each segment ---


def _lint_cuts(rules: Rules) -> Iterator[Problem]:
    if not 0 <= rules.margin <= 50:
        yield Problem("margin", _("The margin goes from 0 to 50 points."))
    if len(rules.cuts) < 2:
        yield Problem("cuts", _("A scheme needs at least two segments."))
    elif rules.method == Method.QUOTAS:
        yield from _lint_quotas(rules)
    elif rules.method == Method.THRESHOLDS:
        yield from _lint_thresholds(rules)


def _lint_quotas(rules: Rules) -> Iterator[Problem]:
    for number, cut in enumerate(rules.cuts):
        if cut.quota is None or not 0 < cut.quota <= ALL:
            yield Problem(f"cuts-{number}-quota", _("Give each segment a share above 0%, up to 100%."))
    total = sum((cut.quota or Decimal(0) for cut in rules.cuts), Decimal(0))
    if total != ALL:
        message = _("The shares add up to %(total)s%%. They must add up to 100%%.")
        yield Problem(f"cuts-{len(rules.cuts) - 1}-quota", message % {"total": plain(total)})
    if rules.cuts[-1].conditions is not None:
        message = _("The last segment takes everyone the others do not: a floor would leave clients nowhere. Remove it.")
        yield Problem(f"cuts-{len(rules.cuts) - 1}-conditions", message)


def _lint_thresholds(rules: Rules) -> Iterator[Problem]:
    reachable = best_score(rules)
    for number, cut in enumerate(rules.cuts[:-1]):
        if cut.least_score is None or not 0 < cut.least_score <= ALL:
            yield Problem(f"cuts-{number}-least_score", _("Give the least score of this segment, above 0 and up to 100."))
        elif number and cut.least_score >= (ALL if (above := rules.cuts[number - 1].least_score) is None else above):
            yield Problem(f"cuts-{number}-least_score", _("Each segment begins at a lower score than the one above it."))
        elif rules.criteria and cut.least_score > reachable:
            message = _("Nobody can reach this score: these criteria give %(best)s points at most.")
            yield Problem(f"cuts-{number}-least_score", message % {"best": plain(reachable)}, warning=True)


def best_score(rules: Rules) -> Decimal:
    """The most that a client can score on the first axis."""
    most = [(rule.weight, _most_points(rule)) for rule in rules.on_axis(Axis.FIRST)]
    if rules.missing == Missing.REWEIGHT:
        # Whoever lacks all other data is scored by the best criterion alone.
        return max((points for weight, points in most if weight), default=Decimal(0))
    total = sum((weight for weight, _points in most), Decimal(0))
    return (sum((weight * points for weight, points in most), Decimal(0)) / total).quantize(Decimal("0.0001")) if total else Decimal(0)


def _most_points(rule: CriterionRule) -> Decimal:
    return max((band.points for band in rule.bands), default=Decimal(0)) if rule.scale == Scale.BANDS else ALL


# --- Conditions: rules of segments, floors of quotas ---


def _lint_conditions(rules: Rules, catalogue: Catalogue) -> Iterator[Problem]:
    conditioned = rules.conditioned
    rest = next((number for number, cut in enumerate(rules.cuts) if cut.segment_id == rules.rest), None)
    if rules.method == Method.RULES:
        for number, cut in enumerate(rules.cuts):
            if cut.conditions is None and number != rest:
                yield Problem(f"cuts-{number}-conditions", _("Say who is in this segment."))
    for place, (number, group) in enumerate(conditioned):
        at = f"cuts-{number}-conditions"
        for key in attributes_in(group):
            if key not in catalogue:
                yield Problem(at, _("“%(attribute)s” is no longer in the catalogue of attributes.") % {"attribute": key})
            elif catalogue[key].is_archived:
                yield Problem(at, _archived(catalogue[key]))
        yield from _lint_archived_choices(at, group, catalogue)
        for fault in contradictions(group, catalogue=catalogue, on=timezone.localdate()):
            # Within a group of which any will do, an impossible item does no harm.
            message = _("No client can meet this: the conditions exclude each other.")
            yield Problem(f"{at}-{fault.at}" if fault.at else at, message, warning=bool(fault.at))
        if rules.method == Method.RULES and number != rest:
            yield from _lint_shadow(at, group, conditioned[:place], catalogue)
        elif rules.method == Method.QUOTAS and place:
            yield from _lint_floor(at, group, conditioned[place - 1], catalogue)
    if rules.method == Method.RULES:
        yield from _lint_coverage(rules, catalogue)
    if rules.method == Method.QUOTAS and conditioned and rules.winner == Winner.SHARE and len(conditioned) == len(rules.cuts) - 1:
        yield Problem("cuts", _("Every share is filled whatever the floors: a floor only says who comes first."), warning=True)


def _lint_archived_choices(at: str, group: Group, catalogue: Catalogue) -> Iterator[Problem]:
    for place, condition in conditions_in(group):
        source = catalogue.get(condition.attribute)
        if source is None or source.is_archived:
            continue
        offered = dict(source.choices)
        archived = [str(value) for value in condition.values if value in dict(source.every_choice) and value not in offered]
        yield from (Problem(f"{at}-{place}", _archived_choice(source, choice), warning=True) for choice in archived)


def _lint_shadow(at: str, group: Group, earlier: tuple[tuple[int, Group], ...], catalogue: Catalogue) -> Iterator[Problem]:
    for number, above in earlier:
        if is_shadowed(group, above, catalogue=catalogue):
            message = _("Nobody gets here: whoever meets these conditions is already in segment %(rank)s.")
            yield Problem(at, message % {"rank": number + 1}, warning=True)
            return


def _lint_floor(at: str, group: Group, above: tuple[int, Group], catalogue: Catalogue) -> Iterator[Problem]:
    number, floor = above
    if is_shadowed(group, floor, catalogue=catalogue) and not is_shadowed(floor, group, catalogue=catalogue):
        message = _("This floor asks more than the floor of segment %(rank)s, which is served better.")
        yield Problem(at, message % {"rank": number + 1}, warning=True)


def _lint_coverage(rules: Rules, catalogue: Catalogue) -> Iterator[Problem]:
    """Attribute by attribute, the values that no segment claims and those that two do (coverage.py)."""
    for key, claims in claims_by_attribute(rules.conditioned, catalogue=catalogue).items():
        source = catalogue[key]
        for gap in gaps(key, claims):
            yield Problem(f"cuts-{gap.above.segment}-conditions-{gap.above.at}", _gap_in_words(gap, source), warning=True)
        for overlap in overlaps(key, claims):
            at = f"cuts-{overlap.second.segment}-conditions-{overlap.second.at}"
            yield Problem(at, _overlap_in_words(overlap, source), warning=True)


def _gap_in_words(gap: Gap, source: Attribute) -> str:
    """As people count: in whole units, and in cents only where no whole unit is left out."""
    step = grid_of(source)
    last = gap.upper - step
    first_whole, last_whole = gap.lower.to_integral_value(ROUND_CEILING), last.to_integral_value(ROUND_FLOOR)
    words = {"attribute": source.label, "value": plain(first_whole), "lower": plain(gap.lower), "upper": plain(last)}
    if first_whole == last_whole:
        return _("%(attribute)s: exactly %(value)s is in no segment.") % words
    if step == 1:
        return _("%(attribute)s: %(lower)s to %(upper)s are in no segment.") % words
    words |= {"lower": plain(_as_written(gap.lower, step)), "upper": plain(_as_written(gap.upper, step))}
    if first_whole > last_whole:
        return _("%(attribute)s: what lies between %(lower)s and %(upper)s is in no segment.") % words
    return _("%(attribute)s: values between %(lower)s and %(upper)s are in no segment.") % words


def _as_written(end: Decimal, step: Decimal) -> Decimal:
    """The figure in the table that an end on the grid comes from: "more than 400,000" begins one step above it."""
    before = end - step
    return before if before == before.to_integral_value() and end != end.to_integral_value() else end


def _overlap_in_words(overlap: Overlap, source: Attribute) -> str:
    span, step = overlap.span, grid_of(source)
    words: dict[str, Any] = {"attribute": source.label, "rank": overlap.first.segment + 1}
    if span.lower is not None and span.upper is not None and span.upper - span.lower == step:
        words["value"] = plain(span.lower)
        return _("%(attribute)s: %(value)s is also in segment %(rank)s, which takes it first.") % words
    words["values"] = _span_in_words(span, source)
    return _("%(attribute)s: %(values)s are also in segment %(rank)s, which takes them first.") % words


def _span_in_words(span: Span, source: Attribute) -> str:
    step = grid_of(source)
    if span.lower is None and span.upper is None:
        return _("all values")
    if span.upper is None:
        return _("values from %(lower)s") % {"lower": plain(span.lower or Decimal(0))}
    last = span.upper - step if step == 1 else span.upper
    if span.lower is None:
        return _("values up to %(upper)s") % {"upper": plain(last)}
    return _("values from %(lower)s to %(upper)s") % {"lower": plain(span.lower), "upper": plain(last)}


# --- Two axes ---


def _lint_plane(plane: Plane, rules: Rules) -> Iterator[Problem]:
    for name in ("x_cuts", "y_cuts"):
        cuts = getattr(plane, name)
        for number, cut in enumerate(cuts):
            if not 0 < cut < ALL:
                yield Problem(f"plane-{name}-{number}", _("A border lies above 0 and under 100 points."))
            elif number and cut <= cuts[number - 1]:
                yield Problem(f"plane-{name}-{number}", _("Each border is higher than the one before it."))
    for name in ("x_name_en", "x_name_fr", "y_name_en", "y_name_fr"):
        if not getattr(plane, name).strip():
            yield Problem(f"plane-{name}", _("Name this axis."))
    if len(plane.cells) != len(plane.y_cuts) + 1 or any(len(cells) != len(plane.x_cuts) + 1 for cells in plane.cells):
        yield Problem("plane", _("Give every cell of the plane a segment."))
        return
    given = {segment_id for cells in plane.cells for segment_id in cells}
    known = {cut.segment_id for cut in rules.cuts}
    if not given <= known:
        yield Problem("plane", _("Give every cell of the plane a segment."))
        return
    for number, cut in enumerate(rules.cuts):
        if cut.segment_id not in given:
            yield Problem(f"cuts-{number}-segment", _("No cell of the plane belongs to this segment: nobody gets here."), warning=True)
