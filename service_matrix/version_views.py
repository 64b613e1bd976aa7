"""Versions of the matrix: publishing one now or on a day to come, what it changes, the former ones, and the way back."""

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from firms import formats
from firms.calendar import local_time
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from service_matrix.comparing import compare_versions
from service_matrix.effects import effect_of
from service_matrix.forms import PublishForm
from service_matrix.grid import matrix_grid
from service_matrix.models import MatrixVersion
from service_matrix.queries import drafts_of, versions_of
from service_matrix.versions import (
    AlreadyScheduled,
    BadEffectiveDate,
    DraftChanged,
    DraftExists,
    NothingPromised,
    NotRetired,
    NotScheduled,
    call_off,
    publish_version,
    roll_back,
)
from service_matrix.warnings import warnings_about

PUBLISHED = MatrixVersion.Status.PUBLISHED


def _draft(request: FirmRequest) -> MatrixVersion | None:
    return drafts_of(request.user).select_related("firm", "scheme").filter(scheme__is_service=True).first()


def _published(request: FirmRequest, version: MatrixVersion) -> MatrixVersion | None:
    return versions_of(request.user).select_related("firm", "scheme").filter(scheme=version.scheme, status=PUBLISHED).first()


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def matrix_publish(request: FirmRequest) -> HttpResponse:
    draft = _draft(request)
    if draft is None:
        return redirect("matrix")
    today = local_time(request.user.firm).date()
    form = PublishForm(request.POST or None, initial={"revision": draft.revision, "effective_on": today})
    if request.method == "POST" and form.is_valid() and (answer := _publish(request, draft, form)):
        return answer
    published = _published(request, draft)
    grid = matrix_grid(draft)
    former = matrix_grid(published) if published else None
    nothing: list[Decimal | None] = [None] * len(grid.segments)
    hours_before = former.yearly_hours if former else nothing
    costs_before = former.yearly_costs if former else nothing
    context = {
        "draft": draft,
        "form": form,
        "loads": list(zip(grid.segments, grid.loads, hours_before, grid.yearly_hours, costs_before, grid.yearly_costs, strict=True)),
        "is_cost_unknown": grid.is_cost_unknown,
        "warnings": warnings_about(draft),
        "difference": compare_versions(before=published, after=draft) if published else None,
        "published": published,
    }
    return render(request, "service_matrix/publish.html", context)


def _publish(request: FirmRequest, draft: MatrixVersion, form: PublishForm) -> HttpResponse | None:
    """The answer once it is decided; nothing when the form says what is wrong."""
    try:
        version = publish_version(version=draft, by=request.user, **form.cleaned_data)
    except DraftChanged:
        messages.error(request, _("The draft changed since this page was shown. Check it again before publishing."))
        return redirect("matrix_publish")
    except NothingPromised as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('matrix')}?version=draft")
    except (BadEffectiveDate, AlreadyScheduled) as refusal:
        form.add_error("effective_on", str(refusal))
        return None
    if version.status == PUBLISHED:
        messages.success(request, _("The matrix is published. The year is being planned."))
    else:
        words = _("The matrix is scheduled: it comes into force on %(day)s.")
        messages.success(request, words % {"day": _day(request, version.effective_on)})
    return redirect("matrix")


def _day(request: FirmRequest, value: date | None) -> str:
    return formats.day(value, locale=formats.babel_locale(request.user.firm.region)) if value else ""


@firm_view(Permission.EDIT_MATRIX)
@require_safe
def matrix_effect(request: FirmRequest) -> HttpResponse:
    """How many touchpoints publishing the draft would add, change, cancel and keep: read on its own, because a large firm takes seconds."""
    draft = _draft(request)
    today = local_time(request.user.firm).date()
    form = PublishForm({"revision": "1", "effective_on": request.GET.get("effective_on", "")})
    on = max(form.cleaned_data["effective_on"] or today, today) if form.is_valid() else today
    effect = effect_of(draft, on=on) if draft is not None else None
    return render(request, "service_matrix/_effect.html", {"effect": effect, "on": on, "today": today})


@firm_view(Permission.EDIT_MATRIX)
@require_safe
def matrix_version_effect(request: FirmRequest, pk: int) -> HttpResponse:
    """The same of returning to a version today."""
    version = get_object_or_404(versions_of(request.user).select_related("firm").filter(scheme__is_service=True), pk=pk)
    today = local_time(request.user.firm).date()
    return render(request, "service_matrix/_effect.html", {"effect": effect_of(version, on=today), "on": today, "today": today})


@firm_view(Permission.VIEW_MATRIX)
@require_safe
def matrix_versions(request: FirmRequest) -> HttpResponse:
    versions = versions_of(request.user).filter(scheme__is_service=True).select_related("published_by").order_by("-number")
    return render(request, "service_matrix/version_list.html", {"versions": versions})


def _version(request: FirmRequest, pk: int) -> MatrixVersion:
    return get_object_or_404(versions_of(request.user).select_related("firm", "scheme", "published_by"), pk=pk)


@firm_view(Permission.VIEW_MATRIX)
@require_safe
def matrix_version(request: FirmRequest, pk: int) -> HttpResponse:
    """One version as it was, and what it promises otherwise than the published one."""
    version = _version(request, pk)
    published = _published(request, version)
    against = published if published is not None and published != version else None
    context = {
        "version": version,
        "grid": matrix_grid(version, against=against),
        "difference": compare_versions(before=against, after=version) if against else None,
        "published": published,
    }
    return render(request, "service_matrix/version_detail.html", context)


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_roll_back(request: FirmRequest, pk: int) -> HttpResponse:
    former = _version(request, pk)
    try:
        version = roll_back(to=former, by=request.user)
    except (NotRetired, NothingPromised) as refusal:
        messages.error(request, str(refusal))
        return redirect("matrix_versions")
    words = _("Version %(number)s promises what version %(former)s did. The year is being planned.")
    messages.success(request, words % {"number": version.number, "former": former.number})
    return redirect("matrix")


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_call_off(request: FirmRequest, pk: int) -> HttpResponse:
    try:
        call_off(version=_version(request, pk), by=request.user)
    except (NotScheduled, DraftExists) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The version is a draft again."))
        return redirect(f"{reverse('matrix')}?version=draft")
    return redirect("matrix_versions")
