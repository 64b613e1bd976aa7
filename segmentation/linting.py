"""What stands against publishing a version, each point at the very field it concerns.

`at` names a field as the editor does: "criteria-0-weight", "criteria-0-bands-1-lower", "cuts-2-quota"; "criteria-0-bands", "criteria" and
"cuts" for what no single field causes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from clients.attributes import Attribute
from segmentation.models import Method
from segmentation.rules import SCORABLE, BandRule, CriterionRule, CutRule, Rules, choices_of

ALL = Decimal(100)
_SCORABLE = {found.key: found for found in SCORABLE}


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


def lint(rules: Rules) -> list[Problem]:
    return [*_lint_criteria(rules.criteria), *_lint_cuts(rules.method, rules.cuts)]


def _lint_criteria(criteria: tuple[CriterionRule, ...]) -> Iterator[Problem]:
    if not criteria:
        yield Problem("criteria", _("Add at least one criterion."))
        return
    seen = set()
    for number, rule in enumerate(criteria):
        at = f"criteria-{number}"
        source = _SCORABLE.get(rule.attribute)
        if source is None:
            yield Problem(f"{at}-attribute", _("Choose what this criterion weighs."))
        elif rule.attribute in seen:
            yield Problem(f"{at}-attribute", _("Another criterion already weighs this."))
        seen.add(rule.attribute)
        if rule.weight <= 0:
            yield Problem(f"{at}-weight", _("The weight must be more than zero."))
        for language in ("en", "fr"):
            if not getattr(rule, f"definition_{language}").strip():
                yield Problem(f"{at}-definition_{language}", _("Write what this criterion means, so that every team member reads it the same way."))
        if source is not None:
            yield from _lint_bands(at, rule.bands, source)
    total = sum((rule.weight for rule in criteria), Decimal(0))
    if total != ALL:
        message = _("The weights add up to %(total)s%%. They must add up to 100%%.")
        yield Problem(f"criteria-{len(criteria) - 1}-weight", message % {"total": plain(total)})
    if not 3 <= len(criteria) <= 5:
        yield Problem("criteria", _("Three to five criteria work best: fewer say little, more blur the picture."), warning=True)


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
        if band.choice not in labels:
            yield Problem(f"{at}-bands-{number}-choice", _("Choose a value."))
        elif band.choice in seen:
            yield Problem(f"{at}-bands-{number}-choice", _("This value already earns points in another band."))
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


def _lint_cuts(method: str, cuts: tuple[CutRule, ...]) -> Iterator[Problem]:
    if len(cuts) < 2:
        yield Problem("cuts", _("A scheme needs at least two segments."))
    elif method == Method.QUOTAS:
        for number, cut in enumerate(cuts):
            if cut.quota is None or not 0 < cut.quota <= ALL:
                yield Problem(f"cuts-{number}-quota", _("Give each segment a share above 0%, up to 100%."))
        total = sum((cut.quota or Decimal(0) for cut in cuts), Decimal(0))
        if total != ALL:
            message = _("The shares add up to %(total)s%%. They must add up to 100%%.")
            yield Problem(f"cuts-{len(cuts) - 1}-quota", message % {"total": plain(total)})
    else:
        for number, cut in enumerate(cuts[:-1]):
            if cut.least_score is None or not 0 < cut.least_score <= ALL:
                yield Problem(f"cuts-{number}-least_score", _("Give the least score of this segment, above 0 and up to 100."))
            elif number and cut.least_score >= (ALL if (above := cuts[number - 1].least_score) is None else above):
                yield Problem(f"cuts-{number}-least_score", _("Each segment begins at a lower score than the one above it."))
