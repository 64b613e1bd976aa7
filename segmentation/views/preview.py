"""What the draft being typed does to the real book: beside the editor, brought up to date as it changes."""

from typing import Any

from firms.guard import FirmRequest
from segmentation.forms import Editor, build_editor
from segmentation.forms.changing import state_definitions
from segmentation.forms.sections import CriterionEditor, read_figure
from segmentation.locking import firm_today
from segmentation.models import Axis, Scheme, Segment
from segmentation.picturing import count_uncaught, placed_by, spread_in_plane, spread_scores, spread_values
from segmentation.rules import Rules, is_weighable
from segmentation.views.drawing import Points, draw_plane, draw_scores, draw_values
from segmentation.views.shared import counts_chart
from segmentation.whatif import what_if


def preview_editor(request: FirmRequest, editor: Editor, *, scheme: Scheme, segments: list[Segment]) -> dict[str, Any]:
    """Counts and scores when nothing is left to settle; the pictures of values in any case."""
    rules = editor.check()
    context: dict[str, Any] = {"editor": editor, "pictures": _draw_criteria(request, editor), "words": _words(editor)}
    context["stated"] = _newly_stated(request, editor, segments)
    if rules is None or editor.error_count:
        return context
    preview = what_if(rules=rules, scheme=scheme)
    chart = counts_chart(request, segments, {segment.pk: after for segment, _before, after in preview.rows})
    return context | {"preview": preview, "chart": chart} | (_draw_book(request, editor, rules, segments) if preview.total else {})


def _draw_book(request: FirmRequest, editor: Editor, rules: Rules, segments: list[Segment]) -> dict[str, Any]:
    placed = placed_by(rules, firm_id=request.user.firm_id, on=firm_today(request.user.firm_id), catalogue=editor.catalogue)
    if editor.by_rules:
        return {"uncaught": count_uncaught(placed)}
    if editor.by_plane and rules.plane is not None:
        names = editor.plane.x_name, editor.plane.y_name
        picture = spread_in_plane(placed, rules.plane)
        return {"plane": draw_plane(request, plane=rules.plane, segments=segments, picture=picture, names=names, named=True)}
    return {"scores": draw_scores(request, rules=rules, segments=segments, spread=spread_scores(placed))}


def _draw_criteria(request: FirmRequest, editor: Editor) -> list[tuple[CriterionEditor, str]]:
    """The values of each criterion that counts, with the points they earn."""
    drawn = [
        (criterion, criterion.source, points_of(criterion))
        for criterion in editor.criteria
        if criterion.counts and criterion.axis != Axis.STATED and criterion.source is not None and is_weighable(criterion.source)
    ]
    spreads = spread_values(
        [points.asked_of(source) for _criterion, source, points in drawn], firm_id=request.user.firm_id, on=firm_today(request.user.firm_id)
    )
    return [
        (criterion, draw_values(request, source=source, points=points, spread=spread))
        for (criterion, source, points), spread in zip(drawn, spreads, strict=True)
    ]


def points_of(criterion: CriterionEditor) -> Points:
    """As far as they can be read."""
    rows = [{name: form[name].value() for name in ("lower", "upper", "choice", "points")} for form in criterion.bands]
    return Points(
        scale=criterion.scale,
        bands=tuple((read_figure(row["lower"]), read_figure(row["upper"]), read_figure(row["points"])) for row in rows),
        by_choice={str(row["choice"]): read_figure(row["points"]) for row in rows} if criterion.by_choice else None,
        zero_at=read_figure(criterion.form["zero_at"].value()),
        full_at=read_figure(criterion.form["full_at"].value()),
    )


def _newly_stated(request: FirmRequest, editor: Editor, segments: list[Segment]) -> list[CriterionEditor]:
    """The definitions again, unmarked, when a condition asks about something that had no place for one yet."""
    shown = len(editor.state.criteria)
    state_definitions(editor.state, catalogue=editor.catalogue)
    if len(editor.state.criteria) == shown:
        return []
    return build_editor(editor.state, segments=segments, firm=request.firm, checked=False, catalogue=editor.catalogue).stated


def _words(editor: Editor) -> list[tuple[int, str]]:
    """The rule or the floor of each segment as it reads now, by its place."""
    return [(cut.number, cut.words) for cut in editor.cuts if cut.builder is not None] if editor.has_conditions else []
