"""How a client gets into each segment of a scheme, in words: its rule, its share and floor, its least score, or its part of the plane."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from clients.attributes import Catalogue, catalogue_of
from clients.conditions import ConditionsRefused, Group, describe
from firms.formats import in_language
from firms.models import Firm
from segmentation.linting import plain
from segmentation.models import Method, SchemeVersion
from segmentation.rules import CutRule, Plane, Rules, load_rules

# A stretch of the parts of an axis: the first of them, and the one after the last.
Stretch = tuple[int, int]


def read_openings(*, firm: Firm, scheme_id: int) -> dict[int, str]:
    """What the published version of a scheme asks of each segment's clients, by segment; nothing where none is published, or where its conditions
    ask about what is gone. A handful of statements, whatever the scheme.
    """
    version = SchemeVersion.objects.filter(firm_id=firm.pk, scheme_id=scheme_id, status=SchemeVersion.Status.PUBLISHED).first()
    if version is None:
        return {}
    catalogue = catalogue_of(firm.pk)
    try:
        rules = load_rules(version, catalogue=catalogue)
    except ConditionsRefused:
        return {}
    return word_openings(rules, catalogue=catalogue, firm=firm)


def word_openings(rules: Rules, *, catalogue: Catalogue, firm: Firm) -> dict[int, str]:
    """By segment, each a phrase that stands alone; empty where nothing leads into the segment."""
    return {cut.segment_id: _word(rules, cut, catalogue=catalogue, firm=firm) for cut in rules.cuts}


def _word(rules: Rules, cut: CutRule, *, catalogue: Catalogue, firm: Firm) -> str:
    if rules.method == Method.PLANE:
        return capfirst(_cells_in_words(rules.plane or Plane(), cut.segment_id))
    if rules.method != Method.RULES:
        return capfirst(word_opening(rules, cut, catalogue=catalogue, firm=firm))
    rule = _conditions_in_words(cut.conditions, catalogue=catalogue, firm=firm)
    others = _("whoever no rule catches") if cut.segment_id == rules.rest else ""
    return capfirst(" · ".join(part for part in (rule, others) if part))


def word_opening(rules: Rules, cut: CutRule, *, catalogue: Catalogue, firm: Firm) -> str:
    """What one cut says of itself, without the cells of a plane or where those go whom no rule catches."""
    conditions = _conditions_in_words(cut.conditions, catalogue=catalogue, firm=firm)
    if rules.method == Method.PLANE:
        return _("its cells of the plane")
    if rules.method == Method.RULES:
        return conditions or _("whoever no rule catches")
    if rules.method == Method.QUOTAS:
        share = _("%(share)s of the book") % {"share": percent_in_words(cut.quota or Decimal(0))}
        return _("%(share)s; floor: %(conditions)s") % {"share": share, "conditions": conditions} if conditions else share
    if cut == rules.cuts[-1]:
        return _("the rest")
    return _("from %(score)s points") % {"score": plain(cut.least_score or Decimal(0))}


def percent_in_words(figure: Decimal) -> str:
    """To the last digit that was written."""
    return _("%(figure)s%%") % {"figure": plain(figure)}


def _conditions_in_words(group: Group | None, *, catalogue: Catalogue, firm: Firm) -> str:
    return capfirst(describe(group, catalogue=catalogue, firm=firm)) if group is not None and group.items else ""


def _cells_in_words(plane: Plane, segment_id: int) -> str:
    """The segment's part of the plane as rectangles of scores, the highest first: “Value 50–100, Potential 0–50”."""
    x_name = in_language(en=plane.x_name_en, fr=plane.x_name_fr) or _("First axis")
    y_name = in_language(en=plane.y_name_en, fr=plane.y_name_fr) or _("Second axis")
    x_ends, y_ends = ([Decimal(0), *cuts, Decimal(100)] for cuts in (plane.x_cuts, plane.y_cuts))
    worded = []
    for (left, right), (bottom, top) in _rectangles(plane, segment_id):
        spans = [
            f"{name} {plain(ends[first])}–{plain(ends[after])}"
            for name, ends, (first, after) in ((x_name, x_ends, (left, right)), (y_name, y_ends, (bottom, top)))
            # What is the whole of an axis asks nothing of it.
            if (first, after) != (0, len(ends) - 1)
        ]
        worded.append(", ".join(spans) or _("any score"))
    return _("; ").join(worded)


def _rectangles(plane: Plane, segment_id: int) -> list[tuple[Stretch, Stretch]]:
    """(columns, rows) of a segment, from the top: neighbours of a row together, and rows that hold the same columns."""
    found: list[tuple[Stretch, Stretch]] = []
    for row in reversed(range(len(plane.cells))):
        for columns in _stretches(column for column, owner in enumerate(plane.cells[row]) if owner == segment_id):
            above = next((number for number, each in enumerate(found) if each[0] == columns and each[1][0] == row + 1), None)
            if above is None:
                found.append((columns, (row, row + 1)))
            else:
                found[above] = (columns, (row, found[above][1][1]))
    return found


def _stretches(numbers: Iterable[int]) -> list[Stretch]:
    """Rising numbers, those that follow each other together."""
    held = list(numbers)
    breaks = [place for place, (one, following) in enumerate(pairwise(held), start=1) if following != one + 1]
    return [(held[start], held[end - 1] + 1) for start, end in pairwise([0, *breaks, len(held)]) if start < end]
