"""What a draft would do, and its publication."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clients.attributes import catalogue_of
from firms import formats
from firms.guard import FirmRequest, firm_view
from firms.models import Job
from firms.permissions import Permission
from segmentation.linting import lint
from segmentation.models import Scheme
from segmentation.publishing import (
    JOB_KIND,
    AlreadyPublished,
    Publication,
    RulesRefused,
    StaleDraft,
    request_publication,
)
from segmentation.queries import schemes_of, versions_of
from segmentation.rules import load_rules
from segmentation.views.shared import DRAFT, counts_chart, draft_of
from segmentation.whatif import what_if


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def scheme_publish(request: FirmRequest, pk: int) -> HttpResponse:
    draft = versions_of(request.user).filter(scheme_id=pk, status=DRAFT).first()
    scheme = draft.scheme if draft else get_object_or_404(schemes_of(request.user), pk=pk)
    if request.method == "POST":
        return _publish(request, scheme=scheme)
    if draft is None:
        return redirect("scheme_detail", pk)
    catalogue = catalogue_of(request.firm.pk)
    rules = load_rules(draft, catalogue=catalogue)
    problems = lint(rules, catalogue=catalogue)
    if any(not problem.warning for problem in problems):
        return redirect("scheme_edit", pk)
    preview = what_if(rules=rules, scheme=scheme)
    segments = [segment for segment, _before, _after in preview.rows]
    charts_ = [
        counts_chart(request, segments, {segment.pk: before for segment, before, _after in preview.rows}),
        counts_chart(request, segments, {segment.pk: after for segment, _before, after in preview.rows}),
    ]
    context = {"scheme": scheme, "draft": draft, "preview": preview, "charts": charts_, "warnings": problems, "today": preview.on}
    return render(request, "segmentation/scheme_publish.html", context)


def _publish(request: FirmRequest, *, scheme: Scheme) -> HttpResponse:
    """The draft of the confirmation page; whoever comes second is shown what the first one published."""
    number, revision = request.POST.get("version", ""), request.POST.get("revision", "")
    version = versions_of(request.user).filter(scheme=scheme, pk=int(number) if number.isdecimal() else 0).first() or draft_of(request, scheme)
    if version is None:
        return redirect("scheme_detail", scheme.pk)
    try:
        result = request_publication(version=version, by=request.user, revision=int(revision) if revision.isdecimal() else 0)
    except AlreadyPublished as first:
        messages.info(request, _("%(person)s has just published this version: here is the result.") % {"person": first.version.published_by or "–"})
        return redirect("scheme_detail", scheme.pk)
    except StaleDraft:
        messages.error(request, _("The draft changed since this page was shown. Look at it again before publishing."))
        return redirect("scheme_publish", scheme.pk)
    except RulesRefused:
        messages.error(request, _("It cannot be published before what is marked below is settled."))
        return redirect("scheme_edit", scheme.pk)
    if isinstance(result, Publication):
        _say_published(request, sum(result.counts.values()))
        return redirect("scheme_detail", scheme.pk)
    return redirect("scheme_publication", scheme.pk, result.pk)


def _say_published(request: FirmRequest, clients: int) -> None:
    number = formats.number(clients, locale=formats.babel_locale(request.firm.region))
    messages.success(request, _("Published. %(number)s clients have a segment; the planning of the year follows.") % {"number": number})


@firm_view(Permission.EDIT_SEGMENTATION)
@require_safe
def scheme_publication(request: FirmRequest, pk: int, job_pk: int) -> HttpResponse:
    """A large book being placed: asks again until it is done."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    job = get_object_or_404(Job, firm_id=request.user.firm_id, kind=JOB_KIND, parameters__scheme=scheme.pk, pk=job_pk)
    if request.htmx and job.status in {Job.Status.DONE, Job.Status.FAILED}:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    if job.status == Job.Status.DONE:
        _say_published(request, sum(job.counts.values()))
        return redirect("scheme_detail", pk)
    template = "segmentation/_publication.html" if request.htmx else "segmentation/scheme_publication.html"
    return render(request, template, {"scheme": scheme, "job": job})
