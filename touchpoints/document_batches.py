"""Documents of many clients at once: made by a job, a few a step, and taken away as one file by who asked for them.

What is confirmed is a list of clients (`clients.assigning.Selection`); who may no longer be seen when their turn comes is left out. A batch is
kept for a week, and removed when anyone of the firm asks for another. It is taken away only by who still sees every client in it.
"""

import zipfile
from collections import Counter
from datetime import timedelta
from typing import IO

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clients.assigning import Selection, SelectionChanged
from clients.columns import BulkAction, register_bulk_action
from clients.models import Client
from clients.queries import Refused, visible_to
from firms.jobs import JobRefused, job_kind, start_job
from firms.models import Job, User
from firms.permissions import Permission
from touchpoints.models import BatchDocument, DocumentBatch
from touchpoints.service_calendar import calendar_document, service_calendar
from touchpoints.year_review import review_document, year_review

KIND = "client_documents"
# A few seconds of work.
STEP = 20
MOST = 5000
KEPT = timedelta(days=7)


class TooMany(Refused):
    """More clients than one batch holds."""


class NoLongerSeen(Refused):
    """Clients of the batch are in books that who asked for it no longer sees: `str()` says how many, and what to do."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        words = ngettext(
            "%(number)s of these clients is in a book that you no longer see. Produce the documents again from the list.",
            "%(number)s of these clients are in books that you no longer see. Produce the documents again from the list.",
            self.number,
        )
        return words % {"number": self.number}


def batches_of(user: User) -> QuerySet[DocumentBatch]:
    """One's own, while they are kept, the newest first."""
    return DocumentBatch.objects.filter(firm_id=user.firm_id, created_by=user, created_at__gt=timezone.now() - KEPT).select_related("job")


@transaction.atomic
def start_batch(*, clients: QuerySet[Client], by: User, kind: DocumentBatch.Kind, mark: str, year: int | None = None) -> DocumentBatch:
    """Begin to make a document for each of these clients. `mark` is that of the Selection this user confirmed; `year` that of a year review.

    What is no longer kept of the firm's older batches is removed. Raises SelectionChanged, TooMany.
    """
    selection = Selection.of(clients)
    if selection.mark != mark:
        raise SelectionChanged(selection)
    if len(selection.ids) > MOST:
        raise TooMany(len(selection.ids))
    _remove_old(by.firm_id)
    job = start_job(kind=KIND, parameters={"clients": selection.ids}, by=by, total=len(selection.ids))
    return DocumentBatch.objects.create(kind=kind, year=year if kind == DocumentBatch.Kind.YEAR else None, job=job, created_by=by)


def _remove_old(firm_id: int) -> None:
    DocumentBatch.objects.filter(firm_id=firm_id, created_at__lte=timezone.now() - KEPT).delete()


@job_kind(KIND, label=gettext_lazy("Documents for clients"))
def documents_step(job: Job) -> bool:
    """Make the next documents of a batch."""
    batch = DocumentBatch.objects.filter(firm_id=job.firm_id, job=job).first()
    by = job.created_by
    if batch is None or by is None or not by.may(Permission.EXPORT_CLIENTS):
        raise JobRefused
    start = job.cursor.get("next", 0)
    ids = job.parameters["clients"][start : start + STEP]
    clients = visible_to(by).filter(pk__in=ids, archived_at=None).select_related("firm", "adviser").order_by("pk")
    made = [BatchDocument(firm_id=job.firm_id, batch=batch, client=client, content=_make(batch, client)) for client in clients]
    BatchDocument.objects.bulk_create(made, ignore_conflicts=True)
    job.counts["made"] = job.counts.get("made", 0) + len(made)
    job.done = start + len(ids)
    job.cursor = {"next": job.done}
    return job.done < job.total


def _make(batch: DocumentBatch, client: Client) -> bytes:
    if batch.kind == DocumentBatch.Kind.YEAR and batch.year is not None:
        return review_document(year_review(client, year=batch.year))
    return calendar_document(service_calendar(client))


def check_seen(batch: DocumentBatch, *, by: User) -> None:
    """Raises NoLongerSeen: books may have been handed over, or a role changed, since the documents were made."""
    documents = BatchDocument.objects.filter(firm_id=batch.firm_id, batch=batch)
    if unseen := documents.exclude(client__in=visible_to(by)).count():
        raise NoLongerSeen(unseen)


def write_zip(batch: DocumentBatch, *, by: User, to: IO[bytes]) -> None:
    """The documents as one archive, a file a client, named by the client; one document in memory at a time. Raises NoLongerSeen."""
    check_seen(batch, by=by)
    names: Counter[str] = Counter()
    documents = BatchDocument.objects.filter(firm_id=batch.firm_id, batch=batch).order_by("client__sort_name", "pk")
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as archive:
        for document in documents.select_related("client").only("content", "firm", "client__name").iterator(chunk_size=20):
            name = file_name(document.client.name)
            names[name.casefold()] += 1
            number = names[name.casefold()]
            entry = zipfile.ZipInfo(f"{name}.pdf" if number == 1 else f"{name} ({number}).pdf", date_time=timezone.localtime().timetuple()[:6])
            archive.writestr(entry, bytes(document.content))


def file_name(name: str) -> str:
    """A client's name as every system takes it for a file: accents stay, what separates folders or is not printed goes."""
    kept = "".join(mark if mark.isprintable() and mark not in '\\/:*?"<>|' else " " for mark in name)
    return " ".join(kept.split()).strip(". ")[:100].rstrip(". ") or _("client")


def register() -> None:
    register_bulk_action(
        BulkAction(
            key="documents",
            label=gettext_lazy("Documents for these clients"),
            icon="files",
            url_name="documents_make",
            permission=Permission.EXPORT_CLIENTS,
        )
    )
