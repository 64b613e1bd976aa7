"""The import pages: upload, preview, progress, report, undo; and the merge proposals."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from clients.import_forms import MergeForm, UploadForm, read_mapping
from clients.importing import batches, merging, previewing, report, undo
from clients.importing.applying import row_reader
from clients.importing.mapping import ADVISER, possible_advisers, target_groups
from clients.importing.proposing import REASONS
from clients.importing.reading import FileRefused, too_large
from clients.importing.recognising import encoding_label, separator_label
from clients.models import ImportBatch, ImportRow, MergeProposal
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission

SHOWN_ROWS = 200
State = ImportBatch.State
OUTCOME_LABELS = {
    ImportRow.Outcome.CREATED: gettext_lazy("Clients created"),
    ImportRow.Outcome.UPDATED: gettext_lazy("Clients updated"),
    ImportRow.Outcome.UNCHANGED: gettext_lazy("Rows without change"),
    ImportRow.Outcome.REPEATED: gettext_lazy("Repeats"),
    ImportRow.Outcome.REJECTED: gettext_lazy("Rows rejected"),
}


def _batch_or_404(request: FirmRequest, pk: int) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.defer("content").select_related("job", "created_by"), firm_id=request.user.firm_id, pk=pk)


@firm_view(Permission.IMPORT_CLIENTS)
def import_list(request: FirmRequest) -> HttpResponse:
    """Past imports, and a new one."""
    if request.method != "POST":
        return _show_list(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_list(request, form, status=422)
    try:
        batch = batches.receive_file(upload=form.cleaned_data["file"], by=request.user)
    except FileRefused as refusal:
        return _show_list(request, UploadForm(), refusal=str(refusal), status=422)
    return redirect("import_detail", batch.pk)


def _show_list(request: FirmRequest, form: UploadForm, *, refusal: str = "", status: int = 200) -> HttpResponse:
    past = ImportBatch.objects.filter(firm_id=request.user.firm_id).defer("content").select_related("created_by")[:50]
    waiting = merging.waiting_proposals(request.user.firm_id).count()
    context = {"form": form, "batches": past, "waiting": waiting, "refusal": refusal}
    return render(request, "clients/import_list.html", context, status=status)


@firm_view(Permission.IMPORT_CLIENTS)
def refuse_large_upload(request: FirmRequest) -> HttpResponse:
    """Answer an upload whose announced size is over the limit, before any of it is read."""
    return _show_list(request, UploadForm(), refusal=too_large(), status=413)


@require_GET
@firm_view(Permission.IMPORT_CLIENTS)
def import_detail(request: FirmRequest, pk: int) -> HttpResponse:
    """The preview, the progress or the report of one import, as far as it is."""
    batch = _batch_or_404(request, pk)
    if batch.state == State.PREVIEW:
        return _preview(request, batch)
    if batch.state == State.RUNNING:
        return render(request, "clients/import_progress.html", {"batch": batch, "job": batch.job})
    return _report(request, batch)


def _preview(request: FirmRequest, batch: ImportBatch, *, refusal: str = "") -> HttpResponse:
    sheet, mapping, dialect = batches.sheet_of(batch), batches.mapping_of(batch), batches.dialect_of(batch)
    reader = row_reader(batch=batch, firm=request.firm)
    names = previewing.adviser_names(sheet, mapping.columns)
    context = {
        "batch": batch,
        "sheet": sheet,
        "dialect": dialect,
        "mapping": mapping,
        "encoding": encoding_label(dialect.encoding) if dialect.encoding else "",
        "delimiter": separator_label(dialect.delimiter) if dialect.delimiter else "",
        "decimal_mark": separator_label(dialect.decimal_mark),
        "thousands": ", ".join(separator_label(mark) for mark in dialect.thousands),
        "date_order": reader.date_order,
        "columns": previewing.describe_columns(sheet, mapping),
        "targets": target_groups(),
        "unmatched_rows": sum(count for name, count in names.items() if mapping.advisers.get(name) is None),
        "advisers": [(name, count, mapping.advisers.get(name)) for name, count in names.most_common()],
        "users": possible_advisers(),
        "has_adviser_column": ADVISER in mapping.columns,
        "preview": previewing.preview_rows(sheet=sheet, reader=reader, firm=request.firm) if reader.date_order or not dialect.has_dates else None,
        "problems": report.PROBLEMS,
        "refusal": refusal,
    }
    template = "clients/_import_preview.html" if request.htmx else "clients/import_preview.html"
    return render(request, template, context, status=422 if refusal and not request.htmx else 200)


def _report(request: FirmRequest, batch: ImportBatch) -> HttpResponse:
    reported, noted = report.reported_rows(batch), report.noted_rows(batch)
    headings = batches.sheet_of(batch).headings
    context = {
        "batch": batch,
        "counts": [(label, batch.counts.get(outcome, 0), outcome) for outcome, label in OUTCOME_LABELS.items()],
        "reported": [(row, report.explain(row)) for row in reported[:SHOWN_ROWS]],
        "reported_count": reported.count(),
        "noted": [(row, report.explain(row)) for row in noted[:SHOWN_ROWS]],
        "shown_rows": SHOWN_ROWS,
        "headings": headings,
        "undone": {key: batch.counts.get(key, 0) for key in (undo.REMOVED, undo.RESTORED, undo.KEPT)},
        "can_undo": batch.state in undo.UNDOABLE,
        "advisers_left": [user.name for user in undo.advisers_left(batch)] if batch.state == State.UNDONE else [],
        "waiting": merging.waiting_proposals(request.user.firm_id).count(),
    }
    return render(request, "clients/import_report.html", context)


@require_POST
@firm_view(Permission.IMPORT_CLIENTS)
def import_mapping(request: FirmRequest, pk: int) -> HttpResponse:
    """Change the mapping and show the preview under it; with `start`, begin."""
    batch = _batch_or_404(request, pk)
    try:
        mapping = read_mapping(request.POST, sheet=batches.sheet_of(batch), before=batches.mapping_of(batch))
        batches.decide_mapping(batch=batch, mapping=mapping)
        if "start" in request.POST:
            batches.start_import(batch=batch, by=request.user)
    except batches.MappingRefused as refusal:
        return _preview(request, batch, refusal=str(refusal))
    except batches.AlreadyStarted:
        messages.info(request, _("This import has already begun."))
    return _preview(request, batch) if request.htmx else redirect("import_detail", pk)


@require_GET
@firm_view(Permission.IMPORT_CLIENTS)
def import_progress(request: FirmRequest, pk: int) -> HttpResponse:
    """The progress bar; once the work is over, the whole page."""
    batch = _batch_or_404(request, pk)
    if batch.state != State.RUNNING:
        return HttpResponseClientRefresh() if request.htmx else redirect("import_detail", pk)
    return render(request, "clients/_import_progress.html", {"batch": batch, "job": batch.job})


@require_GET
@firm_view(Permission.IMPORT_CLIENTS)
def import_rows(request: FirmRequest, pk: int, extension: str) -> HttpResponse:
    """The rows to correct, with their reasons, as a file: `csv` or `xlsx`."""
    if extension not in {"csv", "xlsx"}:
        raise Http404
    batch = _batch_or_404(request, pk)
    headings = batches.sheet_of(batch).headings
    if extension == "csv":
        language = (translation.get_language() or "en")[:2]
        response = HttpResponse(report.reported_csv(batch=batch, headings=headings, language=language), content_type="text/csv; charset=utf-8")
    else:
        content = report.reported_workbook(batch=batch, headings=headings)
        response = HttpResponse(content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    name = _("rows-to-correct")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{batch.pk}.{extension}"'
    return response


@require_POST
@firm_view(Permission.IMPORT_CLIENTS)
def import_undo(request: FirmRequest, pk: int) -> HttpResponse:
    batch = _batch_or_404(request, pk)
    try:
        undo.start_undo(batch=batch, by=request.user)
    except undo.NotUndoable:
        messages.info(request, _("This import cannot be undone, or is being undone already."))
    return redirect("import_detail", pk)


@require_POST
@firm_view(Permission.IMPORT_CLIENTS)
def import_discard(request: FirmRequest, pk: int) -> HttpResponse:
    """Forget a file that was previewed and not imported."""
    batch = _batch_or_404(request, pk)
    discarded, _by_model = ImportBatch.objects.filter(firm_id=batch.firm_id, pk=pk, state=State.PREVIEW).delete()
    if discarded:
        messages.success(request, _("“%(file)s” was discarded; nothing was imported.") % {"file": batch.file_name})
    return redirect("import_list")


@require_GET
@firm_view(Permission.IMPORT_CLIENTS)
def merge_list(request: FirmRequest) -> HttpResponse:
    proposals = [(proposal, REASONS.get(proposal.reason, "")) for proposal in merging.waiting_proposals(request.user.firm_id)[:SHOWN_ROWS]]
    return render(request, "clients/import_merge_list.html", {"proposals": proposals})


@firm_view(Permission.IMPORT_CLIENTS)
def merge_decide(request: FirmRequest, pk: int) -> HttpResponse:
    """Both clients side by side; merge them into a household, or keep them apart."""
    proposal = get_object_or_404(MergeProposal.objects.select_related("first__adviser", "second__adviser"), firm_id=request.user.firm_id, pk=pk)
    if request.method not in {"GET", "HEAD", "POST"}:
        raise Http404
    apart = "apart" in request.POST
    form = MergeForm(request.POST if request.method == "POST" and not apart else None, proposal=proposal, firm=request.firm)
    try:
        if apart:
            merging.keep_apart(proposal=proposal, by=request.user)
            messages.success(request, _("%(first)s and %(second)s stay apart.") % {"first": proposal.first, "second": proposal.second})
            return redirect("merge_list")
        if form.is_valid():
            client = merging.merge_clients(proposal=proposal, name=form.cleaned_data["name"], choices=form.choices, by=request.user)
            messages.success(request, _("“%(name)s” is now one household.") % {"name": client.name})
            return redirect("merge_list")
    except merging.AlreadyDecided:
        messages.info(request, _("This proposal was decided in the meantime."))
        return redirect("merge_list")
    if proposal.decision != MergeProposal.Decision.WAITING:
        return redirect("merge_list")
    context = {
        "proposal": proposal,
        "form": form,
        "reason": REASONS.get(proposal.reason, ""),
        "people": [list(client.people.all()) for client in (proposal.first, proposal.second)],
    }
    return render(request, "clients/import_merge.html", context, status=422 if form.errors else 200)
