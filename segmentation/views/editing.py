"""The editor of a draft."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clients.attributes import catalogue_of
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.forms import (
    Editor,
    build_editor,
    change_state,
    read_state,
    state_of,
)
from segmentation.models import Scheme, SchemeVersion
from segmentation.publishing import (
    StaleDraft,
    save_draft,
    start_draft,
)
from segmentation.queries import schemes_of
from segmentation.rules import load_rules
from segmentation.views.shared import DRAFT, counts_chart, draft_of, segments_of
from segmentation.whatif import what_if


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_draft_start(request: FirmRequest, pk: int) -> HttpResponse:
    start_draft(scheme=get_object_or_404(schemes_of(request.user), pk=pk))
    return redirect("scheme_edit", pk)


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def scheme_edit(request: FirmRequest, pk: int) -> HttpResponse:
    """The editor. "save" and "publish" keep the draft; everything else changes the form alone and is kept when it is saved."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    draft = draft_of(request, scheme)
    if draft is None:
        messages.info(request, _("There is no draft: it was published or discarded."))
        return redirect("scheme_detail", pk)
    segments = segments_of(scheme)
    if request.method != "POST":
        state = state_of(load_rules(draft), revision=draft.revision, segments=segments)
        editor = build_editor(state, segments=segments, firm=request.firm, checked=True)
        editor.check()
        return _show_editor(request, scheme=scheme, draft=draft, editor=editor)
    state, action = read_state(request.POST, segments=segments), request.POST.get("do", "save")
    if action not in {"save", "publish"}:
        focus = change_state(state, action, catalogue=catalogue_of(request.firm.pk))
        editor = build_editor(state, segments=segments, firm=request.firm, checked=False)
        return _show_editor(request, scheme=scheme, draft=draft, editor=editor, focus=focus)
    editor = build_editor(state, segments=segments, firm=request.firm, checked=True)
    rules = editor.check()
    if rules is None:
        return _show_editor(request, scheme=scheme, draft=draft, editor=editor, refused=True)
    try:
        save_draft(version=draft, rules=rules, revision=editor.settings.cleaned_data["revision"])
    except StaleDraft as stale:
        if stale.version.status != DRAFT:
            messages.error(request, _("This draft was published meanwhile: what you typed was not kept."))
            return redirect("scheme_detail", pk)
        state["revision"] = str(stale.version.revision)
        editor = build_editor(state, segments=segments, firm=request.firm, checked=True)
        editor.check()
        return _show_editor(request, scheme=scheme, draft=stale.version, editor=editor, conflict=True)
    if action == "publish" and not editor.error_count:
        return redirect("scheme_publish", pk)
    if action == "publish":
        messages.error(request, _("The draft is saved. It cannot be published before what is marked below is settled."))
    else:
        messages.success(request, _("The draft is saved."))
    return redirect("scheme_edit", pk)


def _show_editor(request: FirmRequest, *, scheme: Scheme, draft: SchemeVersion, editor: Editor, focus: str = "", **context: Any) -> HttpResponse:
    template = "segmentation/_editor.html" if request.htmx else "segmentation/scheme_edit.html"
    if focus:
        _focus(editor, focus)
    return render(request, template, {"scheme": scheme, "draft": draft, "editor": editor, **context})


def _focus(editor: Editor, field_id: str) -> None:
    for criterion in editor.criteria:
        for form in (criterion.form, *criterion.bands):
            for bound in form:
                if bound.id_for_label == field_id:
                    bound.field.widget.attrs["autofocus"] = True


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_preview(request: FirmRequest, pk: int) -> HttpResponse:
    """Counts on the real book for what is typed, saved or not."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    segments = segments_of(scheme)
    editor = build_editor(read_state(request.POST, segments=segments), segments=segments, firm=request.firm, checked=True)
    rules = editor.check()
    if rules is None or editor.error_count:
        return render(request, "segmentation/_preview.html", {"errors": editor.error_count or 1})
    preview = what_if(rules=rules, scheme=scheme)
    chart = counts_chart(request, segments, {segment.pk: after for segment, _before, after in preview.rows})
    return render(request, "segmentation/_preview.html", {"preview": preview, "chart": chart})
