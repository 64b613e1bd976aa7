"""What a draft would do to the real book, for who edits it and, while it is shared, for their colleagues."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.attributes import catalogue_of
from clients.conditions import ConditionsRefused
from clients.paging import address_with
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.drafting import share_draft
from segmentation.flows import Among, Mark, list_movers
from segmentation.foreseeing import foresee
from segmentation.linting import Problem, lint
from segmentation.locking import day_of
from segmentation.models import SchemeVersion, Segment
from segmentation.queries import readable_versions, versions_of
from segmentation.rules import Rules, load_rules
from segmentation.simulation import read_record, record_of
from segmentation.views.figures import figures_of
from segmentation.views.shared import DRAFT, segments_of
from segmentation.whatif import what_if

UNDECIDED = {DRAFT, SchemeVersion.Status.SCHEDULED}


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
    rules, problems = read_rules(version)
    context["problems"] = [problem for problem in problems if not problem.warning]
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


def read_rules(version: SchemeVersion) -> tuple[Rules | None, list[Problem]]:
    """A version's rules and what the linter says; no rules when they ask about something that is gone."""
    catalogue = catalogue_of(version.firm_id)
    try:
        rules = load_rules(version, catalogue=catalogue)
    except ConditionsRefused:
        return None, [Problem("cuts", _("The conditions ask about an attribute that is no longer in the catalogue."))]
    return rules, lint(rules, catalogue=catalogue)


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
    rules, problems = read_rules(version)
    if among is None or rules is None or any(not problem.warning for problem in problems):
        raise Http404
    page = list_movers(
        rules,
        scheme_id=version.scheme_id,
        on=day_of(request.firm),
        among=among,
        user=request.user,
        after=_read_mark(request.GET.get("after", "")),
        before=_read_mark(request.GET.get("before", "")),
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


def read_among(address: QueryDict, segments: dict[int, Segment]) -> Among | None:
    """`?only=overridden`, `?only=uncaught`, or `?from=<segment>&to=<segment>`, without `from` who is not placed yet; without anything everyone
    who changes segment. None for anything else.
    """
    only, before, after = (address.get(name, "") for name in ("only", "from", "to"))
    if only:
        return {"overridden": Among(overridden=True), "uncaught": Among(uncaught=True)}.get(only)
    if not before and not after:
        return Among(moving=True)
    numbers = [int(text) if text.isdecimal() and len(text) < 19 else 0 for text in (before, after)]
    if numbers[1] not in segments or (before and numbers[0] not in segments):
        return None
    return Among(before=numbers[0] or None, after=numbers[1])


def _page_url(address: QueryDict, name: str, mark: Mark | None) -> str:
    if mark is None:
        return ""
    return address_with(address, **{name: base64.urlsafe_b64encode(json.dumps(mark).encode()).decode().rstrip("=")})


def _read_mark(text: str) -> Mark | None:
    """What cannot be read is the first page."""
    try:
        name, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return None
    if not isinstance(name, str) or not isinstance(pk, int) or "\0" in name or abs(pk) >= 2**63:
        return None
    try:
        name.encode()
    except UnicodeEncodeError:
        return None
    return name, pk


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
