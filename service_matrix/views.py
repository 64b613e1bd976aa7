"""The matrix page and its draft."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from firms.row_numbers import read_row_number
from service_matrix.forms import ReactiveForm
from service_matrix.grid import matrix_grid
from service_matrix.grid_views import to_draft
from service_matrix.models import MatrixVersion
from service_matrix.presets import PRESETS, preset_for
from service_matrix.promises import InvalidPromise
from service_matrix.queries import drafts_of, service_scheme, versions_of
from service_matrix.strategy_templates import templates_of
from service_matrix.versions import (
    DraftChanged,
    DraftExists,
    PresetDoesNotFit,
    discard_draft,
    set_reactive_minutes,
    start_draft,
    types_left_out,
)

DRAFT, PUBLISHED, SCHEDULED = MatrixVersion.Status.DRAFT, MatrixVersion.Status.PUBLISHED, MatrixVersion.Status.SCHEDULED


@firm_view(Permission.VIEW_MATRIX)
@require_safe
def matrix(request: FirmRequest) -> HttpResponse:
    versions = _current_versions(request)
    published = versions.get(PUBLISHED)
    shown = versions.get(request.GET.get("version", PUBLISHED)) or published or versions.get(DRAFT) or versions.get(SCHEDULED)
    if shown is None:
        return render(request, "service_matrix/start.html", _start(request))
    context = {
        "grid": matrix_grid(shown, against=published if shown != published else None),
        "draft": versions.get(DRAFT),
        "is_edited": shown.status == DRAFT and request.user.may(Permission.EDIT_MATRIX),
        "published": published,
        "scheduled": versions.get(SCHEDULED),
    }
    return render(request, "service_matrix/matrix.html", context)


def _start(request: FirmRequest) -> dict[str, Any]:
    """Ways to begin: the matrix made for the scheme first, then the others that fit, then another scheme's by rank."""
    scheme = service_scheme(request.user)
    if scheme is None:
        return {"scheme": None}
    made = preset_for(scheme.preset)
    levels = scheme.segments.filter(firm_id=scheme.firm_id).count()
    presets = sorted((each for each in PRESETS.values() if each.ranks <= levels), key=lambda each: each is not made)
    others = versions_of(request.user).filter(status=PUBLISHED).exclude(scheme=scheme).select_related("scheme")
    return {"scheme": scheme, "made": made, "presets": presets, "others": others, "templates": templates_of(request.user).exists()}


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
    others = versions_of(request.user).filter(status=PUBLISHED).exclude(scheme=scheme)
    like = get_object_or_404(others, pk=pk) if (pk := read_row_number(request.POST.get("like", ""))) else None
    try:
        start_draft(scheme=scheme, by=request.user, preset=preset, like=like)
    except DraftExists:
        messages.info(request, _("A draft is already in progress: here it is."))
    except PresetDoesNotFit as refusal:
        messages.error(request, str(refusal))
    else:
        if preset is not None and (left_out := types_left_out(preset, by=request.user)):
            words = ngettext(
                "This touchpoint type is no longer in use and is left out: %(names)s.",
                "These touchpoint types are no longer in use and are left out: %(names)s.",
                len(left_out),
            )
            messages.warning(request, words % {"names": ", ".join(each.name for each in left_out)})
    return to_draft()


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
            return to_draft()
    return render(request, "service_matrix/reactive.html", {"form": form, "draft": draft})


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_discard(request: FirmRequest) -> HttpResponse:
    draft = drafts_of(request.user).filter(scheme__is_service=True).first()
    try:
        if draft is not None:
            discard_draft(version=draft, revision=read_row_number(request.POST.get("revision", "")) or 0, by=request.user)
            messages.success(request, _("The draft is discarded."))
    except DraftChanged:
        messages.error(request, _("The draft changed since this page was shown. Look at it again before discarding it."))
        return to_draft()
    return redirect("matrix")
