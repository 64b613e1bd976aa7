"""The matrix page and its draft."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget, trigger_client_event

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.models import Segment
from service_matrix.channels import channels_of
from service_matrix.forms import PromiseForm, ReactiveForm, first_terms
from service_matrix.models import MatrixVersion, Promise
from service_matrix.presets import PRESETS
from service_matrix.promises import InvalidPromise
from service_matrix.queries import drafts_of, matrix_grid, service_scheme, touchpoint_types_of, versions_of
from service_matrix.versions import (
    DraftChanged,
    DraftExists,
    PresetDoesNotFit,
    clear_promise,
    discard_draft,
    set_promise,
    set_reactive_minutes,
    start_draft,
)

DRAFT, PUBLISHED, SCHEDULED = MatrixVersion.Status.DRAFT, MatrixVersion.Status.PUBLISHED, MatrixVersion.Status.SCHEDULED


@firm_view(Permission.VIEW_MATRIX)
@require_safe
def matrix(request: FirmRequest) -> HttpResponse:
    versions = _current_versions(request)
    published = versions.get(PUBLISHED)
    shown = versions.get(request.GET.get("version", PUBLISHED)) or published or versions.get(DRAFT) or versions.get(SCHEDULED)
    if shown is None:
        return render(request, "service_matrix/start.html", {"scheme": service_scheme(request.user), "presets": PRESETS.values()})
    context = {
        "grid": matrix_grid(shown, against=published if shown != published else None),
        "draft": versions.get(DRAFT),
        "published": published,
        "scheduled": versions.get(SCHEDULED),
    }
    return render(request, "service_matrix/matrix.html", context)


def _current_versions(request: FirmRequest) -> dict[str, MatrixVersion]:
    """The draft, the published and the scheduled version, by status."""
    current = versions_of(request.user).filter(scheme__is_service=True, status__in=[DRAFT, PUBLISHED, SCHEDULED])
    return {version.status: version for version in current.select_related("firm", "scheme", "published_by")}


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_draft_start(request: FirmRequest) -> HttpResponse:
    scheme = service_scheme(request.user)
    preset = request.POST.get("preset") or None
    if scheme is None or (preset is not None and preset not in PRESETS):
        return redirect("matrix")
    try:
        start_draft(scheme=scheme, by=request.user, preset=preset)
    except DraftExists:
        messages.info(request, _("A draft is already in progress: here it is."))
    except PresetDoesNotFit:
        messages.error(request, _("This matrix has more levels than the scheme has segments."))
    return _to_draft()


def _to_draft() -> HttpResponse:
    return redirect(f"{reverse('matrix')}?version=draft")


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def promise_edit(request: FirmRequest, type_pk: int, segment_pk: int) -> HttpResponse:
    draft = drafts_of(request.user).select_related("scheme").filter(scheme__is_service=True).first()
    touchpoint_type = get_object_or_404(touchpoint_types_of(request.user), pk=type_pk)
    segment = get_object_or_404(Segment, firm_id=request.user.firm_id, pk=segment_pk, scheme__is_service=True)
    if draft is None:
        messages.error(request, _("The draft was published or discarded meanwhile."))
        return HttpResponseClientRedirect(reverse("matrix")) if request.htmx else redirect("matrix")
    promises = Promise.objects.filter(firm_id=request.user.firm_id, version=draft, touchpoint_type=touchpoint_type, segment=segment)
    promise = promises.select_related("own_channel").first()
    own = [each for each in channels_of(request.user) if each.is_active or (promise is not None and promise.own_channel_id == each.pk)]
    cell: dict[str, Any] = {"version": draft, "segment": segment, "touchpoint_type": touchpoint_type}
    first = {"revision": draft.revision, **first_terms(promise=promise, touchpoint_type=touchpoint_type)}
    form = PromiseForm(request.POST or None, initial=first, own_channels=own)
    conflict = False
    if request.method == "POST" and (revision := request.POST.get("revision", "")).isdecimal():
        try:
            if "clear" in request.POST:
                clear_promise(**cell, revision=int(revision), by=request.user)
                return _saved(request, draft=draft, focus=f"cell-{type_pk}-{segment_pk}")
            if form.is_valid():
                set_promise(**cell, revision=int(revision), terms=form.terms(), by=request.user)
                return _saved(request, draft=draft, focus=f"cell-{type_pk}-{segment_pk}")
        except DraftChanged:
            # What was typed stays; saving again, with what the cell now says in view, is a decision.
            conflict = True
            form = PromiseForm({**request.POST.dict(), "revision": draft.revision}, own_channels=own)
        except InvalidPromise as refusal:
            for field, error in refusal.errors.items():
                form.add_error(field, error)
    context = {**cell, "form": form, "promise": promise, "conflict": conflict}
    if not request.htmx:
        return render(request, "service_matrix/promise.html", context)
    return reswap(retarget(render(request, "service_matrix/_promise_form.html", context), "#promise-panel"), "innerHTML")


def _saved(request: FirmRequest, *, draft: MatrixVersion, focus: str) -> HttpResponse:
    if not request.htmx:
        return _to_draft()
    published = versions_of(request.user).filter(scheme=draft.scheme_id, status=PUBLISHED).first()
    response = render(request, "service_matrix/_grid.html", {"grid": matrix_grid(draft, against=published), "draft": draft})
    return trigger_client_event(response, "promise-saved", {"cell": focus}, after="settle")


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def matrix_reactive(request: FirmRequest) -> HttpResponse:
    """How long answering calls and e-mails takes: one figure for every segment."""
    draft = drafts_of(request.user).filter(scheme__is_service=True).first()
    if draft is None:
        return redirect("matrix")
    form = ReactiveForm(request.POST or None, initial={"revision": draft.revision, "minutes": draft.reactive_minutes})
    if request.method == "POST" and form.is_valid():
        try:
            set_reactive_minutes(version=draft, by=request.user, **form.cleaned_data)
        except InvalidPromise as refusal:
            form.add_error("minutes", refusal.errors["minutes"])
        except DraftChanged:
            messages.error(request, _("The draft changed since this page was shown. Look at it again before saving."))
            return redirect("matrix_reactive")
        else:
            return _to_draft()
    return render(request, "service_matrix/reactive.html", {"form": form, "draft": draft})


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_discard(request: FirmRequest) -> HttpResponse:
    draft = drafts_of(request.user).filter(scheme__is_service=True).first()
    revision = request.POST.get("revision", "")
    try:
        if draft is not None:
            discard_draft(version=draft, revision=int(revision) if revision.isdecimal() else 0, by=request.user)
            messages.success(request, _("The draft is discarded."))
    except DraftChanged:
        messages.error(request, _("The draft changed since this page was shown. Look at it again before discarding it."))
        return _to_draft()
    return redirect("matrix")
