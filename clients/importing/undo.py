"""Take a whole import back: what it created goes, what it changed returns, and what a person touched since stays, and is named."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from clients.importing.applying import ALONG
from clients.importing.batches import mapping_of
from clients.importing.mapping import PLACEHOLDER
from clients.importing.rows import Problem
from clients.models import Amount, Client, FollowUp, ImportBatch, ImportRow, Interaction, Keeping, LifeEvent, Person, Referral
from clients.moving import Return, give_back
from firms.authorship import writing_as
from firms.background import request_planning
from firms.jobs import job_kind, start_job
from firms.models import Job, User

UNDO_JOB = "undo_import"
CHUNK = 250
REMOVED, RESTORED, KEPT = "removed", "restored", "kept"

# A failed import wrote some of its rows; those can be taken back as well.
UNDOABLE = (ImportBatch.State.DONE, ImportBatch.State.FAILED)

# Rooms above say which of some clients people worked on there: (firm id, client ids) → client ids.
Keeper = Callable[[int, list[int]], set[int]]
_keepers: list[Keeper] = []


class NotUndoable(Exception):
    """The batch is not a finished import, or someone else began to undo it."""


def keep_clients_when(keeper: Keeper) -> Keeper:
    """Register a room's own reasons for which undo leaves a created client in place."""
    _keepers.append(keeper)
    return keeper


@transaction.atomic
def start_undo(*, batch: ImportBatch, by: User | None) -> Job:
    """Queue the undoing of a finished import. Raises NotUndoable; nothing is written then."""
    started = ImportBatch.objects.filter(pk=batch.pk, state__in=UNDOABLE).update(state=ImportBatch.State.RUNNING)
    if not started:
        raise NotUndoable(batch)
    total = _touched(batch).count()
    job = start_job(kind=UNDO_JOB, parameters={"batch": batch.pk}, by=by, total=total)
    ImportBatch.objects.filter(pk=batch.pk).update(job=job)
    batch.refresh_from_db()
    return job


def _touched(batch: ImportBatch) -> "models.QuerySet[ImportRow]":
    return ImportRow.objects.filter(firm_id=batch.firm_id, batch=batch, outcome__in=[ImportRow.Outcome.CREATED, ImportRow.Outcome.UPDATED])


def _note_failure(job: Job) -> None:
    ImportBatch.objects.filter(pk=job.parameters["batch"], state=ImportBatch.State.RUNNING).update(state=ImportBatch.State.FAILED)


@job_kind(UNDO_JOB, label=gettext_lazy("Undoing of an import"), on_failure=_note_failure)
def undo_step(job: Job) -> bool:
    batch = ImportBatch.objects.defer("content").get(pk=job.parameters["batch"])
    rows = list(_touched(batch).filter(number__gt=job.cursor.get("after", 0)).order_by("number")[:CHUNK])
    if rows:
        with writing_as(undone_batch=batch.pk):
            job.counts = Counter(job.counts) + undo_rows(batch=batch, rows=rows)
        job.cursor = {"after": rows[-1].number}
        job.done += len(rows)
        return True
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.UNDONE, counts={**batch.counts, **job.counts})
    request_planning(firm_id=batch.firm_id)
    return False


def advisers_left(batch: ImportBatch) -> list[User]:
    """Active users made for the adviser names of this file, who lead nobody. They stay: the same file imported again finds them."""
    made = User.objects.filter(firm_id=batch.firm_id, pk__in=mapping_of(batch).advisers.values(), email__endswith=PLACEHOLDER, is_active=True)
    return list(made.exclude(pk__in=Client.objects.filter(firm_id=batch.firm_id).values("adviser_id")))


@transaction.atomic
def undo_rows(*, batch: ImportBatch, rows: list[ImportRow]) -> Counter[str]:
    """Undo a chunk of rows that created or updated; the rows kept say why."""
    ids = [row.client_id for row in rows if row.client_id is not None]
    clients = {client.pk: client for client in Client.objects.select_for_update().filter(firm_id=batch.firm_id, pk__in=ids).order_by("pk")}
    edited = _edited_since(batch, ids)
    worked_on = _worked_on(batch.firm_id, [row.client_id for row in rows if row.client_id is not None and row.outcome == ImportRow.Outcome.CREATED])
    counts: Counter[str] = Counter()
    removed: list[int] = []
    were: dict[int, Any] = {}
    returns: dict[int, Return] = {}
    for row in rows:
        client = clients.get(row.client_id or 0)
        if client is None:
            counts[REMOVED if row.outcome == ImportRow.Outcome.CREATED else RESTORED] += 1
        elif client.pk in edited or client.pk in worked_on:
            row.problems = [*row.problems, Problem("edited_since" if client.pk in edited else "worked_on_since", value=client.name).as_json()]
            row.save(update_fields=["problems"])
            counts[KEPT] += 1
        elif row.outcome == ImportRow.Outcome.CREATED:
            removed.append(client.pk)
            counts[REMOVED] += 1
        else:
            _restore(row, client)
            counts[RESTORED] += 1
            had = row.before.get("client", {}).get("adviser_id", client.adviser_id)
            if had != client.adviser_id:
                were[client.pk], returns[client.pk] = row.before.get(ALONG, {}), Return(client.adviser_id, had)
    give_back(batch.firm_id, were, returns)
    if removed:
        Client.objects.filter(firm_id=batch.firm_id, pk__in=removed).delete()
    return counts


def _edited_since(batch: ImportBatch, ids: list[int]) -> set[int]:
    """Clients that something else than this import changed after it did, them or their people.

    The database writes the history at every change, whoever makes it, and the import signs its own.
    """
    edited: set[int] = set()
    ours: dict[int, datetime] = {}
    for model, client_id in ((Client, "pgh_obj_id"), (Person, "client_id")):
        history = _history_of(model).objects.filter(firm_id=batch.firm_id, **{f"{client_id}__in": ids}).order_by("pgh_id")
        signed: set[int] = set()
        for found, at, import_batch in history.values_list(client_id, "pgh_created_at", "pgh_context__import_batch"):
            if import_batch == batch.pk:
                signed.add(found)
                ours[found] = at
            elif found in signed or (found in ours and at > ours[found]):
                edited.add(found)
    return edited


def _history_of(model: type[models.Model]) -> Any:
    """The model of a model's history rows, which pghistory makes."""
    return model._meta.get_field("events").related_model


def _worked_on(firm_id: int, ids: list[int]) -> set[int]:
    found: set[int] = set()
    written: tuple[models.QuerySet[Any], ...] = (
        *(model.objects.all() for model in (Interaction, FollowUp, LifeEvent, Referral, Keeping)),
        Amount.objects.exclude(source=Amount.Source.IMPORT),
    )
    for rows in written:
        found.update(rows.filter(firm_id=firm_id, client_id__in=ids).values_list("client_id", flat=True))
    for keeper in _keepers:
        found |= keeper(firm_id, ids)
    return found


def _restore(row: ImportRow, client: Client) -> None:
    now = timezone.now()
    for key, queryset in (("client", Client.objects.filter(pk=client.pk)), ("person", Person.objects.filter(pk=row.before.get("person_id", 0)))):
        values = row.before.get(key)
        if values:
            queryset.update(**values, updated_at=now)
    # What the import told of money is taken back with it.
    Amount.objects.filter(firm_id=row.firm_id, client=client, batch_id=row.batch_id).delete()
