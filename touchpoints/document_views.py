"""Documents for clients: one client's year, and those of every client of the list."""

from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from django import forms
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from clients.assigning import Selection, SelectionChanged
from clients.filters import asked_filters
from clients.paging import address_with
from firms.guard import FirmRequest, firm_view
from firms.models import Job
from firms.permissions import Permission
from touchpoints.document_batches import MOST, NoLongerSeen, TooMany, batches_of, check_seen, start_batch, write_zip
from touchpoints.models import DocumentBatch
from touchpoints.service_calendar import speaking_to
from touchpoints.service_calendar_views import served_client
from touchpoints.year_review import review_document, year_review

# Bytes of an archive that stay in memory.
IN_MEMORY = 5_000_000
YEARS_BACK = 3


def _years(request: FirmRequest) -> list[int]:
    this = request.local_date.year
    return [this - number for number in range(YEARS_BACK)]


class DocumentsForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Which document"), choices=DocumentBatch.Kind.choices, widget=forms.RadioSelect)
    year = forms.TypedChoiceField(label=gettext_lazy("Year, for “What we did for you”"), coerce=int)
    mark = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, years: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["year"]).choices = [(year, str(year)) for year in years]


@firm_view(Permission.VIEW_CLIENTS)
@require_GET
def client_year_pdf(request: FirmRequest, pk: int, year: int) -> HttpResponse:
    """What was done for a client in a year."""
    if year not in _years(request):
        raise Http404
    client = served_client(request, pk)
    review = year_review(client, year=year)
    with speaking_to(client):
        name = _("what-we-did-for-you")
    return HttpResponse(
        review_document(review), content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}-{year}.pdf"'}
    )


@firm_view(Permission.EXPORT_CLIENTS)
def documents_make(request: FirmRequest) -> HttpResponse:
    """GET: whom the list holds, and which document. POST: begin, if the list is still the one that was shown."""
    filters = asked_filters(request)
    selection = Selection.of(filters.qs)
    form = DocumentsForm(request.POST or None, years=_years(request), initial={"kind": DocumentBatch.Kind.CALENDAR, "mark": selection.mark})
    context: dict[str, Any] = {"form": form, "count": len(selection.ids), "most": MOST, "mark": selection.mark, "address": address_with(request.GET)}
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            batch = start_batch(clients=filters.qs, by=request.user, kind=DocumentBatch.Kind(asked["kind"]), year=asked["year"], mark=asked["mark"])
        except SelectionChanged:
            context["has_changed"] = True
        except TooMany:
            form.add_error(None, _("So many documents do not fit in one file: filter the list."))
        else:
            return redirect("documents_progress", batch.pk)
    context["batches"] = batches_of(request.user)[:10]
    return render(request, "touchpoints/documents_make.html", context)


def _batch(request: FirmRequest, pk: int) -> DocumentBatch:
    return get_object_or_404(batches_of(request.user), pk=pk)


@firm_view(Permission.EXPORT_CLIENTS)
@require_GET
def documents_progress(request: FirmRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    template = "touchpoints/_documents_progress.html" if request.htmx else "touchpoints/documents_progress.html"
    context = {"batch": batch, "job": batch.job, "made": batch.job.counts.get("made", 0)}
    if batch.job.status == Job.Status.DONE:
        try:
            check_seen(batch, by=request.user)
        except NoLongerSeen as refusal:
            context["refusal"] = str(refusal)
    return render(request, template, context)


@firm_view(Permission.EXPORT_CLIENTS)
@require_GET
def documents_zip(request: FirmRequest, pk: int) -> HttpResponseBase:
    """Every document of a batch that is done, as one archive; back to its page, which says why, when some may no longer be seen."""
    batch = _batch(request, pk)
    if batch.job.status != Job.Status.DONE:
        raise Http404
    file = cast(IO[bytes], SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115  closed by the response
    try:
        write_zip(batch, by=request.user, to=file)
    except NoLongerSeen:
        return redirect("documents_progress", batch.pk)
    file.seek(0)
    name = _("what-we-did-for-you") if batch.kind == DocumentBatch.Kind.YEAR else _("service-calendars")
    return FileResponse(file, as_attachment=True, filename=f"{name}-{batch.year or request.local_date.year}.zip", content_type="application/zip")
