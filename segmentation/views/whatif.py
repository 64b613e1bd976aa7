"""What a draft would do to the real book, for who edits it and, while it is shared, for their colleagues."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.attributes import catalogue_of
from clients.paging import address_with
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.drafting import UNDECIDED, share_draft
from segmentation.flows import Mark, list_movers, read_among, read_mark, write_mark
from segmentation.foreseeing import foresee
from segmentation.linting import errors_among, lint_version
from segmentation.locking import day_of
from segmentation.queries import readable_versions, versions_of
from segmentation.simulation import read_record, record_of
from segmentation.views.figures import figures_of
from segmentation.views.shared import DRAFT, segments_of
from segmentation.whatif import what_if


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_what_if(request: FirmRequest, pk: int, number: int) -> HttpResponse:
    """Who would move, and hours and money before and after. What is in force already has its own page."""
    version = get_object_or_404(readable_versions(request.user), scheme_id=pk, number=number)
    if version.status not in UNDECIDED:
        return redirect("scheme_version", pk, number)
    context: dict[str, Any] = {"scheme": version.scheme, "version": version, "is_draft": version.status == DRAFT}
    if version.status == DRAFT and request.user.may(Permission.EDIT_SEGMENTATION):
        context["share_link"] = request.build_absolute_uri(reverse("scheme_what_if", args=[pk, number]))
    catalogue = catalogue_of(request.firm.pk)
    rules, problems = lint_version(version, catalogue=catalogue)
    context["problems"] = errors_among(problems)
    if rules is None or context["problems"]:
        return render(request, "segmentation/what_if.html", context)
    found = what_if(rules=rules, scheme=version.scheme, catalogue=catalogue, on=day_of(request.firm))
    context |= {
        "found": found,
        "figures": figures_of(read_record(record_of(found)), firm=request.firm),
        "foreseen": foresee(rules, found),
        "warnings": problems,
    }
    return render(request, "segmentation/what_if.html", context)


@dataclass(frozen=True)
class Pages:
    previous_url: str
    next_url: str


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_movers(request: FirmRequest, pk: int, number: int) -> HttpResponse:
    """Everyone who changes segment, one flow, those placed by decision, or those no rule catches: as far as the reader sees them."""
    version = get_object_or_404(readable_versions(request.user), scheme_id=pk, number=number, status__in=UNDECIDED)
    segments = {segment.pk: segment for segment in segments_of(version.scheme)}
    among = read_among(request.GET, segments)
    rules, problems = lint_version(version)
    if among is None or rules is None or errors_among(problems):
        raise Http404
    page = list_movers(
        rules,
        scheme_id=version.scheme_id,
        on=day_of(request.firm),
        among=among,
        user=request.user,
        after=read_mark(request.GET.get("after", "")),
        before=read_mark(request.GET.get("before", "")),
    )
    context = {
        "scheme": version.scheme,
        "version": version,
        "among": among,
        "left": segments.get(among.before or 0),
        "reached": segments.get(among.after or 0),
        "rows": [(mover, segments.get(mover.before or 0), segments[mover.computed]) for mover in page.rows],
        "page": page,
        "pages": Pages(_page_url(request.GET, "before", page.previous), _page_url(request.GET, "after", page.next)),
    }
    return render(request, "segmentation/movers.html", context)


def _page_url(address: QueryDict, name: str, mark: Mark | None) -> str:
    return "" if mark is None else address_with(address, **{name: write_mark(mark)})


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_share(request: FirmRequest, pk: int, number: int) -> HttpResponse:
    version = get_object_or_404(versions_of(request.user), scheme_id=pk, number=number)
    shared = request.POST.get("shared") == "yes"
    share_draft(version=version, shared=shared, by=request.user)
    if shared:
        messages.success(request, _("Colleagues who may read segmentation can open this page by its link."))
    else:
        messages.success(request, _("This draft is no longer shared."))
    return redirect("scheme_what_if", pk, number)
