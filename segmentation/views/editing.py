"""The editor of a draft."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clients.attributes import Catalogue, catalogue_of
from clients.conditions import ConditionsRefused
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.forms import Editor, State, build_editor, change_state, read_state, state_of
from segmentation.forms.changing import state_definitions
from segmentation.models import Scheme, SchemeVersion, Segment
from segmentation.publishing import StaleDraft, save_draft, start_draft
from segmentation.queries import schemes_of, versions_of
from segmentation.rules import conditions_as_written, load_rules
from segmentation.views.preview import preview_editor
from segmentation.views.shared import DRAFT, segments_of

SAVING = {"save", "publish"}


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_draft_start(request: FirmRequest, pk: int) -> HttpResponse:
    start_draft(scheme=get_object_or_404(schemes_of(request.user), pk=pk))
    return redirect("scheme_edit", pk)


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def scheme_edit(request: FirmRequest, pk: int) -> HttpResponse:
    """The editor. "save" and "publish" keep the draft; everything else changes the form alone and is kept when it is saved."""
    draft = versions_of(request.user).filter(scheme_id=pk, status=DRAFT).first()
    scheme = draft.scheme if draft is not None else get_object_or_404(schemes_of(request.user), pk=pk)
    if draft is None:
        messages.info(request, _("There is no draft: it was published or discarded."))
        return redirect("scheme_detail", pk)
    segments, catalogue = segments_of(scheme), catalogue_of(request.firm.pk)
    if request.method == "POST":
        return _edit(request, scheme=scheme, draft=draft, segments=segments, catalogue=catalogue)
    state = _saved_state(request, draft, segments=segments, catalogue=catalogue)
    editor = build_editor(state, segments=segments, firm=request.firm, checked=True, catalogue=catalogue)
    editor.check()
    return _show_editor(request, scheme=scheme, draft=draft, editor=editor)


def _saved_state(request: FirmRequest, draft: SchemeVersion, *, segments: list[Segment], catalogue: Catalogue) -> State:
    """What is saved; conditions that the catalogue no longer understands too, so that they can be mended."""
    written = None
    try:
        rules = load_rules(draft, catalogue=catalogue)
    except ConditionsRefused:
        rules = load_rules(draft, catalogue=catalogue, with_conditions=False)
        written = conditions_as_written(draft)
    state = state_of(rules, revision=draft.revision, segments=segments, catalogue=catalogue, firm=request.firm, written=written)
    state_definitions(state, catalogue=catalogue)
    return state


def _edit(request: FirmRequest, *, scheme: Scheme, draft: SchemeVersion, segments: list[Segment], catalogue: Catalogue) -> HttpResponse:
    state = read_state(request.POST, segments=segments, catalogue=catalogue, firm=request.firm)
    action = request.POST.get("do", "save")
    if action not in SAVING or any(builder is not None and builder.acted for builder in state.conditions):
        focus = change_state(state, action, segments=segments, catalogue=catalogue, firm=request.firm)
        editor = build_editor(state, segments=segments, firm=request.firm, checked=False, catalogue=catalogue)
        return _show_editor(request, scheme=scheme, draft=draft, editor=editor, focus=focus)
    editor = build_editor(state, segments=segments, firm=request.firm, checked=True, catalogue=catalogue)
    rules = editor.check()
    if rules is None:
        return _show_editor(request, scheme=scheme, draft=draft, editor=editor, refused=True)
    try:
        save_draft(version=draft, rules=rules, revision=editor.settings.cleaned_data["revision"])
    except StaleDraft as stale:
        if stale.version.status != DRAFT:
            messages.error(request, _("This draft was published meanwhile: what you typed was not kept."))
            return redirect("scheme_detail", scheme.pk)
        state.settings["revision"] = str(stale.version.revision)
        editor = build_editor(state, segments=segments, firm=request.firm, checked=True, catalogue=catalogue)
        editor.check()
        return _show_editor(request, scheme=scheme, draft=stale.version, editor=editor, conflict=True)
    if action == "publish" and not editor.error_count:
        return redirect("scheme_publish", scheme.pk)
    if action == "publish":
        messages.error(request, _("The draft is saved. It cannot be published before what is marked below is settled."))
    else:
        messages.success(request, _("The draft is saved."))
    return redirect("scheme_edit", scheme.pk)


def _show_editor(request: FirmRequest, *, scheme: Scheme, draft: SchemeVersion, editor: Editor, focus: str = "", **context: Any) -> HttpResponse:
    template = "segmentation/_editor.html" if request.htmx else "segmentation/scheme_edit.html"
    for bound in _fields(editor):
        if focus and bound.id_for_label == focus:
            bound.field.widget.attrs["autofocus"] = True
    return render(request, template, {"scheme": scheme, "draft": draft, "editor": editor, **context})


def _fields(editor: Editor) -> Iterator[Any]:
    for criterion in editor.criteria:
        for form in (criterion.form, *criterion.bands):
            yield from form
    yield from editor.plane.form


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_preview(request: FirmRequest, pk: int) -> HttpResponse:
    """What is typed, saved or not, on the real book: counts, scores, the values of each criterion. Writes nothing."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    segments, catalogue = segments_of(scheme), catalogue_of(request.firm.pk)
    state = read_state(request.POST, segments=segments, catalogue=catalogue, firm=request.firm)
    editor = build_editor(state, segments=segments, firm=request.firm, checked=True, catalogue=catalogue)
    return render(request, "segmentation/_preview.html", preview_editor(request, editor, scheme=scheme, segments=segments))
