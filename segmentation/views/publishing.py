"""Deciding that a draft takes effect, today or on a day to come."""

from datetime import date
from typing import Any

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
from firms.row_numbers import read_row_number
from segmentation.foreseeing import foresee
from segmentation.linting import errors_among, lint_version
from segmentation.locking import day_of
from segmentation.models import Scheme, SchemeVersion
from segmentation.progress import stage_of
from segmentation.publication_form import PublicationForm
from segmentation.publishing import (
    JOB_KIND,
    AlreadyPublished,
    DateRefused,
    Publication,
    RulesRefused,
    Stage,
    StaleDraft,
    request_publication,
    schedule_version,
)
from segmentation.queries import schemes_of, versions_of
from segmentation.simulation import read_record, read_signed, record_of, sign_record
from segmentation.views.figures import figures_of
from segmentation.views.shared import DRAFT, draft_of
from segmentation.whatif import what_if

SCHEDULED = SchemeVersion.Status.SCHEDULED


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def scheme_publish(request: FirmRequest, pk: int) -> HttpResponse:
    undecided = {version.status: version for version in versions_of(request.user).filter(scheme_id=pk, status__in=[DRAFT, SCHEDULED])}
    draft = undecided.get(DRAFT)
    scheme = draft.scheme if draft else get_object_or_404(schemes_of(request.user), pk=pk)
    if request.method == "POST":
        return _publish(request, scheme=scheme)
    if draft is None:
        return redirect("scheme_detail", pk)
    form = PublicationForm(today=day_of(request.firm), initial={"when": PublicationForm.TODAY})
    return _confirm(request, draft=draft, form=form, scheduled=undecided.get(SCHEDULED))


def _confirm(request: FirmRequest, *, draft: SchemeVersion, form: PublicationForm, scheduled: SchemeVersion | None = None) -> HttpResponse:
    """What will happen, in words and numbers; the simulation goes along with the form, so that the decision keeps what was shown."""
    catalogue = catalogue_of(request.firm.pk)
    rules, problems = lint_version(draft, catalogue=catalogue)
    if rules is None or errors_among(problems):
        return redirect("scheme_edit", draft.scheme_id)
    found = what_if(rules=rules, scheme=draft.scheme, catalogue=catalogue, on=day_of(request.firm))
    record = record_of(found)
    context = {
        "scheme": draft.scheme,
        "draft": draft,
        "form": form,
        "preview": found,
        "figures": figures_of(read_record(record), firm=request.firm),
        "foreseen": foresee(rules, found),
        "warnings": problems,
        "today": found.on,
        "shown": sign_record(record, version=draft),
        "scheduled": scheduled,
    }
    return render(request, "segmentation/scheme_publish.html", context)


def _publish(request: FirmRequest, *, scheme: Scheme) -> HttpResponse:
    """The draft of the confirmation page; whoever comes second is shown what the first one decided."""
    number, revision = request.POST.get("version", ""), request.POST.get("revision", "")
    version = versions_of(request.user).filter(scheme=scheme, pk=read_row_number(number) or 0).first() or draft_of(request, scheme)
    if version is None:
        return redirect("scheme_detail", scheme.pk)
    form = PublicationForm(request.POST, today=day_of(request.firm))
    if not form.is_valid():
        return _confirm(request, draft=version, form=form) if version.status == DRAFT else redirect("scheme_version", scheme.pk, version.number)
    decided: dict[str, Any] = {
        "version": version,
        "by": request.user,
        "revision": read_row_number(revision) or 0,
        "note": form.cleaned_data["note"],
        "simulation": read_signed(request.POST.get("shown", ""), version=version),
    }
    day = form.cleaned_data["effective_on"]
    try:
        result = schedule_version(on=day, **decided) if day else request_publication(**decided)
    except DateRefused:
        form.add_error("effective_on", _("Choose a day after today, within a year."))
        return _confirm(request, draft=version, form=form)
    except AlreadyPublished as first:
        _say_who_was_first(request, first.version)
        return redirect("scheme_detail", scheme.pk)
    except StaleDraft:
        messages.error(request, _("The draft changed since this page was shown. Look at it again before publishing."))
        return redirect("scheme_publish", scheme.pk)
    except RulesRefused:
        messages.error(request, _("It cannot be published before what is marked below is settled."))
        return redirect("scheme_edit", scheme.pk)
    if isinstance(result, Job):
        return redirect("scheme_publication", scheme.pk, result.pk)
    if isinstance(result, Publication):
        _say_published(request, sum(result.counts.values()))
    else:
        messages.success(request, _("Version %(number)s takes effect on %(day)s.") % {"number": result.number, "day": _day(request, day)})
    return redirect("scheme_detail", scheme.pk)


def _say_who_was_first(request: FirmRequest, version: SchemeVersion) -> None:
    words = {"person": version.published_by or "–", "day": _day(request, version.effective_on)}
    if version.status == SCHEDULED:
        messages.info(request, _("%(person)s has just decided that this version takes effect on %(day)s.") % words)
    else:
        messages.info(request, _("%(person)s has just published this version: here is the result.") % words)


def _day(request: FirmRequest, day: date | None) -> str:
    return formats.day(day, locale=formats.babel_locale(request.firm.region), style="long") if day else ""


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
        version = versions_of(request.user).filter(pk=job.parameters.get("version", 0)).first()
        if version is not None and version.published_by_id not in {None, job.created_by_id}:
            _say_who_was_first(request, version)
        else:
            _say_published(request, sum(job.counts.values()))
        return redirect("scheme_detail", pk)
    stage = stage_of(job)
    context = {"scheme": scheme, "job": job, "stage": stage, "stages": len(Stage), "stage_words": stage_in_words(stage)}
    template = "segmentation/_publication.html" if request.htmx else "segmentation/scheme_publication.html"
    return render(request, template, context)


def stage_in_words(stage: int) -> str:
    match stage:
        case Stage.SCORING:
            return _("Placing every client")
        case Stage.MOVING:
            return _("Moving the clients whose segment changes")
        case Stage.COMPARING:
            return _("Looking for clients to review")
        case Stage.COUNTING:
            return _("Counting the segments")
    return _("Waiting for its turn")
