"""Schemes: the list, new ones, one scheme, which of them drives the service matrix."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.queries import visible_to
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.cloning import clone_scheme
from segmentation.forms import (
    OwnSchemeForm,
)
from segmentation.models import Assignment, Method, SchemeVersion, Segment
from segmentation.presets import PRESETS, UnknownPreset, create_from_preset, create_own, preset
from segmentation.publishing import (
    RulesRefused,
    discard_draft,
    let_clients_move,
    make_service_scheme,
)
from segmentation.queries import clients_by_segment, schemes_of, versions_of
from segmentation.views.reading import read_plane, read_scheme
from segmentation.views.shared import DRAFT, PUBLISHED, counts_chart, draft_of, segments_of


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_list(request: FirmRequest) -> HttpResponse:
    """Schemes with their segments and counts, in four statements; then practices to start from."""
    versions: dict[int, dict[str, SchemeVersion]] = {}
    for version in versions_of(request.user).filter(status__in=[DRAFT, PUBLISHED]):
        versions.setdefault(version.scheme_id, {})[version.status] = version
    counts = clients_by_segment(firm_id=request.user.firm_id)
    segments: dict[int, list[Segment]] = {}
    for segment in Segment.objects.filter(firm_id=request.user.firm_id).order_by("rank"):
        segments.setdefault(segment.scheme_id, []).append(segment)
    rows = [
        {
            "scheme": scheme,
            "draft": versions.get(scheme.pk, {}).get(DRAFT),
            "published": versions.get(scheme.pk, {}).get(PUBLISHED),
            "segments": segments.get(scheme.pk, []),
            "chart": counts_chart(request, segments.get(scheme.pk, []), counts),
        }
        for scheme in schemes_of(request.user)
    ]
    return render(
        request,
        "segmentation/scheme_list.html",
        {"rows": rows, "presets": PRESETS, "can_cross": sum(row["published"] is not None for row in rows) > 1},
    )


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_create(request: FirmRequest) -> HttpResponse:
    try:
        draft = create_from_preset(preset(request.POST.get("preset", "")))
    except UnknownPreset:
        return redirect("scheme_list")
    return redirect("scheme_edit", draft.scheme_id)


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def scheme_own(request: FirmRequest) -> HttpResponse:
    form = OwnSchemeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("scheme_edit", create_own(**form.cleaned_data).scheme_id)
    return render(request, "segmentation/scheme_own.html", {"form": form})


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_clone(request: FirmRequest, pk: int) -> HttpResponse:
    """A copy to change; its draft opens in the editor."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    clone = clone_scheme(scheme=scheme, by=request.user).scheme
    messages.success(
        request, _("“%(clone)s” is a copy of “%(scheme)s”: change what you like, then publish it.") % {"clone": clone.name, "scheme": scheme.name}
    )
    return redirect("scheme_edit", clone.pk)


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_detail(request: FirmRequest, pk: int) -> HttpResponse:
    versions = list(versions_of(request.user).filter(scheme_id=pk))
    scheme = versions[0].scheme if versions else get_object_or_404(schemes_of(request.user), pk=pk)
    published = next((version for version in versions if version.status == PUBLISHED), None)
    segments = segments_of(scheme)
    counts = clients_by_segment(firm_id=scheme.firm_id, scheme_id=scheme.pk)
    overrides = (
        Assignment.objects.filter(
            firm_id=scheme.firm_id, scheme=scheme, ends_on=None, source=Assignment.Source.OVERRIDE, client__in=visible_to(request.user)
        )
        .select_related("client", "segment", "by")
        .order_by("expires_on", "pk")
    )
    context: dict[str, Any] = {
        "scheme": scheme,
        "versions": versions,
        "published": published,
        "draft": next((version for version in versions if version.status == DRAFT), None),
        "chart": counts_chart(request, segments, counts),
        "overrides": overrides[:100],
    }
    if published is not None:
        context |= read_scheme(request, published, segments=segments, counts=counts)
    return render(request, "segmentation/scheme_detail.html", context)


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_plane(request: FirmRequest, pk: int) -> HttpResponse:
    """The plane of two axes: who lies where, how many in each part, and the lists of them. The scheme's page fetches the picture alone."""
    version = get_object_or_404(versions_of(request.user), scheme_id=pk, status=PUBLISHED, method=Method.PLANE)
    plane = read_plane(request, version, segments=segments_of(version.scheme))
    template = "segmentation/_plane.html" if request.htmx else "segmentation/scheme_plane.html"
    return render(request, template, {"scheme": version.scheme, "version": version, "plane": plane})


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_moves(request: FirmRequest, pk: int) -> HttpResponse:
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    moves = request.POST.get("moves") == "on"
    let_clients_move(scheme=scheme, moves=moves, by=request.user)
    said = _("Clients now follow the rules every night.") if moves else _("A person now decides who moves.")
    messages.success(request, said)
    return redirect("scheme_detail", pk)


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_discard(request: FirmRequest, pk: int) -> HttpResponse:
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    draft = draft_of(request, scheme)
    if draft is not None:
        discard_draft(version=draft)
        messages.success(request, _("The draft is discarded."))
    return redirect("scheme_list")


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_make_service(request: FirmRequest, pk: int) -> HttpResponse:
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    try:
        make_service_scheme(scheme=scheme, by=request.user)
        messages.success(request, _("“%(scheme)s” now drives the service matrix.") % {"scheme": scheme.name})
    except RulesRefused:
        messages.error(request, _("Publish the scheme first."))
    return redirect("scheme_detail", pk)
