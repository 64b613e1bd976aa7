"""The versions of a scheme: who decided what and when, having seen what, and what changed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.attributes import catalogue_of
from clients.conditions import ConditionsRefused
from firms import formats
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.differences import Difference, describe_differences
from segmentation.drafting import AlreadyPublished, DraftUnderWay, restore_version
from segmentation.linting import errors_among, lint_version
from segmentation.locking import day_of
from segmentation.models import SchemeVersion
from segmentation.publishing import cancel_scheduled
from segmentation.queries import readable_versions, schemes_of, version_before, versions_of
from segmentation.rules import load_rules
from segmentation.simulation import read_record
from segmentation.views.figures import figures_of
from segmentation.views.shared import DRAFT, segments_of

PAGE_SIZE = 30
SCHEDULED, RETIRED = SchemeVersion.Status.SCHEDULED, SchemeVersion.Status.RETIRED


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_versions(request: FirmRequest, pk: int) -> HttpResponse:
    """Latest first; `?under=<number>` goes on from there."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    under = request.GET.get("under", "")
    versions = readable_versions(request.user).filter(scheme=scheme).order_by("-number")
    if under.isdecimal() and len(under) < 10:
        versions = versions.filter(number__lt=int(under))
    found = list(versions[: PAGE_SIZE + 1])
    rows = found[:PAGE_SIZE]
    context = {"scheme": scheme, "versions": rows, "next": rows[-1].number if len(found) > PAGE_SIZE else None}
    return render(request, "segmentation/versions.html", context)


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_version(request: FirmRequest, pk: int, number: int) -> HttpResponse:
    version = get_object_or_404(readable_versions(request.user), scheme_id=pk, number=number)
    return _show_version(request, version)


def _show_version(request: FirmRequest, version: SchemeVersion, *, status: int = 200, **context: Any) -> HttpResponse:
    former = version_before(version)
    context |= {
        "scheme": version.scheme,
        "version": version,
        "former": former,
        "differences": _differences(request, former, version) if former else [],
        "figures": figures_of(read_record(version.simulation), firm=request.firm) if version.simulation else None,
        "may_restore": version.status == RETIRED and request.user.may(Permission.EDIT_SEGMENTATION),
    }
    if version.status == SCHEDULED and version.effective_on is not None and version.effective_on <= day_of(request.firm):
        context["problems"] = errors_among(lint_version(version)[1])
    return render(request, "segmentation/version.html", context, status=status)


def _differences(request: FirmRequest, former: SchemeVersion, version: SchemeVersion) -> list[Difference] | None:
    """None when one of them asks about something that is gone."""
    catalogue = catalogue_of(request.firm.pk)
    try:
        before, after = (load_rules(each, catalogue=catalogue) for each in (former, version))
    except ConditionsRefused:
        return None
    return describe_differences(before, after, catalogue=catalogue, firm=request.firm, segments=segments_of(version.scheme))


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def version_restore(request: FirmRequest, pk: int, number: int) -> HttpResponse:
    """A draft with these rules, to look at before it is published; refused with a link while another draft is under way."""
    version = get_object_or_404(versions_of(request.user).exclude(status=DRAFT), scheme_id=pk, number=number)
    try:
        draft = restore_version(version=version)
    except DraftUnderWay as found:
        return _show_version(request, version, status=409, under_way=found.draft)
    messages.success(request, _("Version %(draft)s is a draft with the rules of version %(number)s.") % {"draft": draft.number, "number": number})
    return redirect("scheme_what_if", pk, draft.number)


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def version_cancel(request: FirmRequest, pk: int, number: int) -> HttpResponse:
    """Take back what was decided for a day to come."""
    version = get_object_or_404(versions_of(request.user).exclude(status=DRAFT), scheme_id=pk, number=number)
    try:
        version = cancel_scheduled(version=version)
    except AlreadyPublished as first:
        if first.version.effective_on is not None:
            day = formats.day(first.version.effective_on, locale=formats.babel_locale(request.firm.region))
            messages.info(request, _("Too late: version %(number)s is in force since %(day)s.") % {"number": number, "day": day})
        return redirect("scheme_version", pk, number)
    if version.status == DRAFT:
        messages.success(request, _("Nothing happens on that day: version %(number)s is a draft again.") % {"number": number})
        return redirect("scheme_what_if", pk, number)
    messages.success(request, _("Nothing happens on that day: version %(number)s is set aside, as another draft is under way.") % {"number": number})
    return redirect("scheme_version", pk, number)
