"""The grid of a draft, edited in place: one cell, in the grid or in its dialog, what it would cost while it is typed, copies, undo and redo."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget, trigger_client_event

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from firms.row_numbers import read_row_number
from segmentation.models import Segment
from service_matrix.channels import channels_of
from service_matrix.comparing import difference_words, promise_saying
from service_matrix.editing import (
    CellChanged,
    CellGone,
    NothingToUndo,
    SameTwice,
    copy_column,
    copy_row,
    promise_at,
    redo_edit,
    undo_edit,
    write_cell,
)
from service_matrix.forms import PromiseForm, first_terms
from service_matrix.grid import add_up, matrix_grid, read_promises, segments_of_scheme
from service_matrix.grid_forms import CellForm, first_cell
from service_matrix.journal import fingerprint
from service_matrix.models import FirmChannel, MatrixVersion, Promise, TouchpointType
from service_matrix.promises import InvalidPromise, PromiseTerms, terms_of
from service_matrix.queries import drafts_of, read_current_versions, touchpoint_types_of
from service_matrix.versions import DraftChanged

DRAFT, PUBLISHED = MatrixVersion.Status.DRAFT, MatrixVersion.Status.PUBLISHED


def to_draft() -> HttpResponse:
    return redirect(f"{reverse('matrix')}?version=draft")


def _draft(request: FirmRequest) -> MatrixVersion | None:
    return drafts_of(request.user).select_related("scheme", "firm").filter(scheme__is_service=True).first()


def _gone(request: FirmRequest) -> HttpResponse:
    messages.error(request, _("The draft was published or discarded meanwhile."))
    return HttpResponseClientRedirect(reverse("matrix")) if request.htmx else redirect("matrix")


def show_grid(request: FirmRequest, *, focus: str = "", refusal: str = "") -> HttpResponse:
    """The grid as it is after an edit, and where the keyboard goes on; or why nothing was edited."""
    if not request.htmx:
        return to_draft()
    versions = read_current_versions(request.user)
    if DRAFT not in versions:
        return _gone(request)
    draft = versions[DRAFT]
    context = {"grid": matrix_grid(draft, against=versions.get(PUBLISHED)), "draft": draft, "is_edited": True, "refusal": refusal}
    response = render(request, "service_matrix/_grid.html", context)
    response = retarget(reswap(response, "outerHTML"), "#matrix-grid")
    return trigger_client_event(response, "promise-saved", {"cell": focus}, after="settle")


def _cell_gone(request: FirmRequest, gone: CellGone) -> HttpResponse:
    """A cell that was there when the page was shown, and is not any more."""
    if gone.is_segment:
        words = _("This segment is no longer in the matrix: nothing was saved. Here is the grid as it is now.")
    else:
        words = _("This touchpoint type is no longer in use: nothing was saved. Here is the grid as it is now.")
    if request.htmx:
        return show_grid(request, refusal=words)
    return render(request, "service_matrix/cell_gone.html", {"words": words}, status=404)


def _type_at(request: FirmRequest, pk: int) -> TouchpointType:
    """Raises CellGone."""
    found = touchpoint_types_of(request.user).filter(pk=pk).first()
    if found is None:
        raise CellGone(is_segment=False)
    return found


def _segment_at(draft: MatrixVersion, pk: int) -> Segment:
    """Raises CellGone."""
    found = Segment.objects.filter(firm_id=draft.firm_id, scheme=draft.scheme_id, pk=pk).first()
    if found is None:
        raise CellGone(is_segment=True)
    return found


class _Cell:
    """What both ways of editing a cell read. Raises CellGone."""

    def __init__(self, request: FirmRequest, draft: MatrixVersion, type_pk: int, segment_pk: int) -> None:
        self.draft = draft
        self.touchpoint_type = _type_at(request, type_pk)
        self.segment = _segment_at(draft, segment_pk)
        self.promise = promise_at(draft, self.segment, self.touchpoint_type)
        used = self.promise.own_channel_id if self.promise is not None else None
        self.own: list[FirmChannel] = [each for each in channels_of(request.user) if each.is_active or each.pk == used]
        self.read = {"revision": draft.revision, "seen": fingerprint(self.promise)}
        self.focus = f"cell-{type_pk}-{segment_pk}"

    def write(self, request: FirmRequest, terms: PromiseTerms | None) -> None:
        """As it was read by the form that was sent. Raises CellChanged, DraftChanged, InvalidPromise."""
        write_cell(
            version=self.draft,
            revision=read_row_number(request.POST.get("revision", "")) or 0,
            seen=request.POST.get("seen", ""),
            segment=self.segment,
            touchpoint_type=self.touchpoint_type,
            terms=terms,
            by=request.user,
        )

    def again(self, request: FirmRequest) -> dict[str, Any]:
        """What was typed, to be sent again over what the cell says now."""
        return {**request.POST.dict(), **self.read}

    def differences(self, terms: PromiseTerms | None) -> list[str]:
        """What these terms, or emptying it without any, would change of what the cell says now, in words."""
        mine = promise_saying(self.touchpoint_type, terms, {each.pk: each for each in self.own}) if terms is not None else None
        return difference_words(self.promise, mine, firm=self.draft.firm)

    def context(self, **more: Any) -> dict[str, Any]:
        return {"segment": self.segment, "touchpoint_type": self.touchpoint_type, "promise": self.promise, **more}


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def promise_edit(request: FirmRequest, type_pk: int, segment_pk: int) -> HttpResponse:
    """Everything a promise says, in a dialog, or on a page without htmx."""
    draft = _draft(request)
    if draft is None:
        return _gone(request)
    try:
        cell = _Cell(request, draft, type_pk, segment_pk)
    except CellGone as gone:
        return _cell_gone(request, gone)
    first = {**cell.read, **first_terms(promise=cell.promise, touchpoint_type=cell.touchpoint_type)}
    form = PromiseForm(request.POST or None, initial=first, own_channels=cell.own)
    conflict: CellChanged | None = None
    typed: PromiseTerms | None = None
    if request.method == "POST":
        try:
            if "clear" in request.POST or form.is_valid():
                typed = None if "clear" in request.POST else form.terms()
                cell.write(request, typed)
                return show_grid(request, focus=cell.focus)
        except CellGone as gone:
            return _cell_gone(request, gone)
        except CellChanged as changed:
            conflict, form = changed, PromiseForm(cell.again(request), own_channels=cell.own)
        except DraftChanged:
            return _gone(request)
        except InvalidPromise as refusal:
            for field, error in refusal.errors.items():
                form.add_error(field, error)
    context = cell.context(form=form, conflict=conflict, typed=typed, differences=cell.differences(typed) if conflict else [])
    if not request.htmx:
        return render(request, "service_matrix/promise.html", context)
    return reswap(retarget(render(request, "service_matrix/_promise_form.html", context), "#promise-panel"), "innerHTML")


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def promise_cell(request: FirmRequest, type_pk: int, segment_pk: int) -> HttpResponse:
    """A cell edited in its place: times, channel, minutes."""
    draft = _draft(request)
    if draft is None:
        return _gone(request)
    try:
        cell = _Cell(request, draft, type_pk, segment_pk)
    except CellGone as gone:
        return _cell_gone(request, gone)
    about: dict[str, Any] = {"own_channels": cell.own, "promise": cell.promise, "touchpoint_type": cell.touchpoint_type}
    form = CellForm(request.POST or None, initial={**cell.read, **first_cell(promise=cell.promise, touchpoint_type=cell.touchpoint_type)}, **about)
    conflict: CellChanged | None = None
    typed: PromiseTerms | None = None
    if request.method == "POST":
        try:
            if "clear" in request.POST or form.is_valid():
                typed = None if "clear" in request.POST or form.is_emptied else form.terms()
                cell.write(request, typed)
                return show_grid(request, focus=cell.focus)
        except CellGone as gone:
            return _cell_gone(request, gone)
        except CellChanged as changed:
            conflict, form = changed, CellForm(cell.again(request), **about)
        except DraftChanged:
            return _gone(request)
        except InvalidPromise as refusal:
            for field, error in refusal.errors.items():
                form.add_error(field if field in form.fields else "frequency", error)
    if not request.htmx:
        return redirect("promise_edit", type_pk, segment_pk)
    context = cell.context(form=form, conflict=conflict, typed=typed, differences=cell.differences(typed) if conflict else [])
    return render(request, "service_matrix/_cell_form.html", context)


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_preview(request: FirmRequest, type_pk: int, segment_pk: int) -> HttpResponse:
    """Hours, cost and capacity with what is being typed into a cell; what makes no sense yet changes nothing."""
    draft = _draft(request)
    if draft is None:
        return HttpResponse(status=204)
    segments = segments_of_scheme(draft)
    promises = read_promises([draft], segments)
    segment = next((each for each in segments if each.pk == segment_pk), None)
    try:
        touchpoint_type = _type_at(request, type_pk)
    except CellGone as gone:
        return _cell_gone(request, gone)
    if segment is None:
        return _cell_gone(request, CellGone(is_segment=True))
    place = (segment_pk, type_pk)
    there = next((each for each in promises if (each.segment_id, each.touchpoint_type_id) == place), None)
    form = CellForm(request.POST, own_channels=list(channels_of(request.user)), promise=there, touchpoint_type=touchpoint_type)
    terms = form.terms() if form.is_valid() and not form.is_emptied else terms_of(there) if there is not None and form.errors else None
    others = [each for each in promises if each is not there]
    # An emptied cell asks for nothing.
    typed = [] if terms is None else [Promise(version=draft, segment=segment, touchpoint_type=touchpoint_type, **asdict(terms))]
    grid = add_up(draft, segments, [*others, *typed])
    return render(request, "service_matrix/_totals.html", {"grid": grid, "draft": draft, "is_edited": True, "is_preview": True})


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_copy(request: FirmRequest) -> HttpResponse:
    """Copy a column onto another (`column`), a row onto another (`row`), or a cell onto another (`cell`), named by `source` and `target`."""
    draft, kind = _draft(request), request.POST.get("kind", "")
    if draft is None:
        return _gone(request)
    source, target = _numbers(request.POST.get("source", "")), _numbers(request.POST.get("target", ""))
    revision = _numbers(request.POST.get("revision", ""))
    focus = ""
    try:
        if kind == "column":
            ends = {name: _segment_at(draft, pk[0]) for name, pk in (("source", source), ("target", target))}
            copy_column(version=draft, revision=revision[0], by=request.user, **ends)
        elif kind == "row":
            rows = {name: _type_at(request, pk[0]) for name, pk in (("source", source), ("target", target))}
            copy_row(version=draft, revision=revision[0], by=request.user, **rows)
        elif kind == "cell":
            taken, cell = _Cell(request, draft, source[0], source[1]), _Cell(request, draft, target[0], target[1])
            terms = terms_of(taken.promise) if taken.promise is not None else None
            focus = cell.focus
            write_cell(
                version=draft,
                revision=revision[0],
                seen="",
                segment=cell.segment,
                touchpoint_type=cell.touchpoint_type,
                terms=terms,
                by=request.user,
            )
    except CellGone as gone:
        return _cell_gone(request, gone)
    except (DraftChanged, CellChanged):
        messages.error(request, _("The draft changed since this page was shown: nothing was copied. Here it is as it is now."))
        return _shown_again(request)
    except SameTwice:
        messages.error(request, _("Choose two different ones."))
        return _shown_again(request)
    except InvalidPromise as refusal:
        messages.error(request, " ".join(refusal.errors.values()))
        return _shown_again(request)
    return show_grid(request, focus=focus)


def _numbers(text: str) -> tuple[int, int]:
    """“12” or “12-7”; what is no number names no row."""
    first, _sign, second = text.partition("-")
    return read_row_number(first) or 0, read_row_number(second) or 0


def _shown_again(request: FirmRequest) -> HttpResponse:
    address = f"{reverse('matrix')}?version=draft"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_undo(request: FirmRequest, again: bool = False) -> HttpResponse:
    """Take the last edit back, or do again what was taken back."""
    draft = _draft(request)
    if draft is None:
        return _gone(request)
    act = redo_edit if again else undo_edit
    try:
        edit = act(version=draft, revision=_numbers(request.POST.get("revision", ""))[0], by=request.user)
    except NothingToUndo:
        return _shown_again(request)
    except DraftChanged:
        messages.error(request, _("The draft changed since this page was shown. Look at it again before going back."))
        return _shown_again(request)
    first = next((state for state in edit.after if "type" in state), None)
    return show_grid(request, focus=f"cell-{first['type']}-{first['segment']}" if first else "")
