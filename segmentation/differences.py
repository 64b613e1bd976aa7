"""What changed between two versions of a scheme's rules, in words: placement, criteria and their points, what opens each segment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from clients.attributes import Attribute, Catalogue
from clients.conditions.wording import value_in_words
from firms.formats import in_language
from firms.models import Firm
from segmentation.linting import plain
from segmentation.models import Axis, Method, Missing, Scale, Segment, Winner
from segmentation.openings import percent_in_words, word_opening
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, choice_in_words


@dataclass(frozen=True)
class Difference:
    """One thing said, as it was and as it is; empty where there was, or is, nothing."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class _Words:
    catalogue: Catalogue
    firm: Firm
    segments: dict[int, Segment]

    def attribute(self, key: str) -> Attribute | None:
        return self.catalogue.get(key)

    def label(self, key: str) -> str:
        source = self.attribute(key)
        return source.label if source else key

    def segment(self, segment_id: int | None) -> str:
        found = self.segments.get(segment_id or 0)
        return found.name if found else "–"

    def figure(self, value: Decimal, source: Attribute | None) -> str:
        return value_in_words(value, source, firm=self.firm) if source else plain(value)


def describe_differences(before: Rules, after: Rules, *, catalogue: Catalogue, firm: Firm, segments: Sequence[Segment]) -> list[Difference]:
    """In the order in which people read a scheme; nothing when both say the same."""
    words = _Words(catalogue, firm, {segment.pk: segment for segment in segments})
    found = [*_placing(before, after, words), *_criteria(before, after, words), *_cuts(before, after, words), *_plane(before, after, words)]
    return [difference for difference in found if difference.before != difference.after]


def _placing(before: Rules, after: Rules, words: _Words) -> Iterator[Difference]:
    yield Difference(_("How clients are placed"), str(Method(before.method).label), str(Method(after.method).label))
    yield Difference(_("When data is missing"), str(Missing(before.missing).label), str(Missing(after.missing).label))
    yield Difference(_("Margin, in points"), plain(before.margin), plain(after.margin))
    if Method.QUOTAS in {before.method, after.method}:
        yield Difference(_("When floor and share disagree"), str(Winner(before.winner).label), str(Winner(after.winner).label))
    if before.method == after.method == Method.RULES:
        yield Difference(_("Where clients go whom no rule catches"), words.segment(before.rest), words.segment(after.rest))


def _criteria(before: Rules, after: Rules, words: _Words) -> Iterator[Difference]:
    old, new = ({(rule.axis, rule.attribute): rule for rule in rules.criteria} for rules in (before, after))
    # Read by a condition alone, it has nothing but its definition to say.
    for key in dict.fromkeys([*new, *old]):
        axis, attribute = key
        label = words.label(attribute)
        was, now = old.get(key), new.get(key)
        if axis == Axis.STATED:
            if was is not None and now is not None:
                yield from _definition(label, was, now)
            continue
        if was is None or now is None:
            told = [_counts_for(rule) if rule is not None else "" for rule in (was, now)]
            yield Difference(_("Criterion “%(criterion)s”") % {"criterion": label}, *told)
            continue
        yield Difference(_("“%(criterion)s”: weight") % {"criterion": label}, percent_in_words(was.weight), percent_in_words(now.weight))
        yield Difference(_("“%(criterion)s”: points") % {"criterion": label}, _scale(was, words), _scale(now, words))
        yield from _definition(label, was, now)


def _definition(label: str, was: CriterionRule, now: CriterionRule) -> Iterator[Difference]:
    told = [in_language(en=rule.definition_en, fr=rule.definition_fr) for rule in (was, now)]
    yield Difference(_("“%(criterion)s”: definition") % {"criterion": label}, *told)


def _counts_for(rule: CriterionRule) -> str:
    return _("counts for %(weight)s") % {"weight": percent_in_words(rule.weight)}


def _scale(rule: CriterionRule, words: _Words) -> str:
    source = words.attribute(rule.attribute)
    if rule.scale == Scale.PERCENTILE:
        return _("By rank in the book, the lowest first") if rule.descending else _("By rank in the book, the highest first")
    if rule.scale == Scale.LINEAR:
        ends = [words.figure(end, source) if end is not None else "–" for end in (rule.zero_at, rule.full_at)]
        return _("0 at %(zero)s, 100 at %(full)s") % {"zero": ends[0], "full": ends[1]}
    return "; ".join(
        _("%(values)s: %(points)s") % {"values": _band(band, source, words), "points": plain(band.points)} for band in rule.ordered_bands()
    )


def _band(band: BandRule, source: Attribute | None, words: _Words) -> str:
    if band.choice:
        return choice_in_words(source, band.choice) if source else band.choice
    lower, upper = (words.figure(end, source) if end is not None else "" for end in (band.lower, band.upper))
    if lower and upper:
        return _("from %(lower)s, below %(upper)s") % {"lower": lower, "upper": upper}
    if lower:
        return _("from %(lower)s") % {"lower": lower}
    return _("below %(upper)s") % {"upper": upper} if upper else _("any value")


def _cuts(before: Rules, after: Rules, words: _Words) -> Iterator[Difference]:
    """What opens a segment is said where its placement is still the same kind; a new kind is said in full."""
    old, new = ({cut.segment_id: cut for cut in rules.cuts} for rules in (before, after))
    for segment_id in dict.fromkeys([*new, *old]):
        told = [_cut(rules, cuts.get(segment_id), words) for rules, cuts in ((before, old), (after, new))]
        yield Difference(_("Segment “%(segment)s”") % {"segment": words.segment(segment_id)}, *told)


def _cut(rules: Rules, cut: CutRule | None, words: _Words) -> str:
    return "" if cut is None else word_opening(rules, cut, catalogue=words.catalogue, firm=words.firm)


def _plane(before: Rules, after: Rules, words: _Words) -> Iterator[Difference]:
    if Method.PLANE not in {before.method, after.method}:
        return
    was, now = (rules.plane or Plane() for rules in (before, after))
    for title, names in ((_("First axis"), ("x_name_en", "x_name_fr")), (_("Second axis"), ("y_name_en", "y_name_fr"))):
        told = [in_language(en=getattr(plane, names[0]), fr=getattr(plane, names[1])) for plane in (was, now)]
        yield Difference(title, *told)
    for title, cuts in ((_("Borders of the first axis"), "x_cuts"), (_("Borders of the second axis"), "y_cuts")):
        told = [", ".join(plain(cut) for cut in getattr(plane, cuts)) for plane in (was, now)]
        yield Difference(title, *told)
    if (was.x_cuts, was.y_cuts) == (now.x_cuts, now.y_cuts) and len(was.cells) == len(now.cells):
        for row, (old, new) in enumerate(zip(was.cells, now.cells, strict=True)):
            for column, (left, reached) in enumerate(zip(old, new, strict=True)):
                where = _("Cell %(column)s of row %(row)s") % {"column": column + 1, "row": row + 1}
                yield Difference(where, words.segment(left), words.segment(reached))
        return
    yield Difference(_("Cells of the plane"), _cells(was, words), _cells(now, words))


def _cells(plane: Plane, words: _Words) -> str:
    """Row by row, the highest first, as the plane is drawn."""
    return " / ".join(", ".join(words.segment(segment_id) for segment_id in cells) for cells in reversed(plane.cells))
