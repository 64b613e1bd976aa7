"""The import itself: rows in chunks, each chunk one step of a job, validated as a form would and written in bulk.

A client whom the file gives to another adviser moves as in a transfer, with what goes along (moving.py).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from clients import amounts
from clients.attributes import catalogue_of
from clients.follow_ups import hand_over_follow_ups
from clients.importing.batches import IMPORT_JOB, dialect_of, forget_sheet, mapping_of, sheet_of
from clients.importing.mapping import Mapping
from clients.importing.matching import Book, Candidate, merged_clients, read_book
from clients.importing.proposing import propose_merges
from clients.importing.rows import Draft, Problem, RowReader, complete_new_client, name_key, name_of
from clients.models import Amount, Client, ImportBatch, ImportRow, Person
from clients.moving import follow, what_they_were
from firms.authorship import writing_as
from firms.background import request_placing, request_planning
from firms.jobs import job_kind
from firms.models import Firm, Job, User
from firms.statistics import refresh_statistics

CHUNK = 250
# What a first import fills from nothing, while the pages of the firm are read already.
FILLED = ("clients_client", "clients_person", "clients_searchword")
Outcome = ImportRow.Outcome
# Where a row's `before` holds what went along with a client who changed adviser.
ALONG = "along"


def row_reader(*, batch: ImportBatch, firm: Firm, mapping: Mapping | None = None) -> RowReader:
    return RowReader(
        sheet_of(batch).headings, mapping or mapping_of(batch), dialect_of(batch), timezone.localdate(), firm.language, catalogue_of(firm.pk)
    )


def _note_failure(job: Job) -> None:
    ImportBatch.objects.filter(pk=job.parameters["batch"], state=ImportBatch.State.RUNNING).update(state=ImportBatch.State.FAILED)
    forget_sheet()


@job_kind(IMPORT_JOB, label=gettext_lazy("Import"), on_failure=_note_failure)
def import_step(job: Job) -> bool:
    """One chunk of rows; after the last one, propose merges and ask for planning."""
    batch = ImportBatch.objects.select_related("firm").defer("content").get(pk=job.parameters["batch"])
    begin = job.cursor.get("next", 0)
    rows = sheet_of(batch).rows[begin : begin + CHUNK]
    with writing_as(import_batch=batch.pk):
        reader = row_reader(batch=batch, firm=batch.firm)
        job.counts = Counter(job.counts) + import_rows(batch=batch, drafts=[reader.read(row) for row in rows], reader=reader)
    job.cursor = {"next": begin + len(rows)}
    job.done = begin + len(rows)
    if job.done < len(sheet_of(batch).rows):
        return True
    propose_merges(batch=batch, reader=reader)
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.DONE, counts=dict(job.counts))
    for table in FILLED:
        refresh_statistics(table, written=job.counts.get(Outcome.CREATED, 0), first=True)
    if job.counts.get(Outcome.CREATED) or job.counts.get(Outcome.UPDATED):
        request_placing(firm_id=batch.firm_id)
        request_planning(firm_id=batch.firm_id)
    forget_sheet()
    return False


@dataclass
class _Writing:
    """What a chunk will write, gathered before anything is."""

    rows: list[ImportRow] = field(default_factory=list)
    created: list[tuple[Draft, Client, Person, ImportRow]] = field(default_factory=list)
    clients: dict[int, Client] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    client_fields: set[str] = field(default_factory=set)
    person_fields: set[str] = field(default_factory=set)
    # Client → the adviser it leaves.
    left: dict[int, int] = field(default_factory=dict)


@transaction.atomic
def import_rows(*, batch: ImportBatch, drafts: list[Draft], reader: RowReader) -> Counter[str]:
    """Write a chunk of rows and what became of each. Counts by outcome."""
    book = read_book(firm_id=batch.firm_id, drafts=drafts)
    known = _Known.read(batch=batch, book=book)
    writing = _Writing()
    for draft in drafts:
        row = ImportRow(batch=batch, number=draft.row.number, cells=draft.row.cells, outcome=Outcome.REJECTED)
        writing.rows.append(row)
        if not draft.problems:
            _decide(draft, row, book=book, known=known, writing=writing, reader=reader)
        row.problems = [problem.as_json() for problem in draft.problems]
    _write(writing, batch)
    return Counter(str(row.outcome) for row in writing.rows)


@dataclass
class _Known:
    """The clients that rows of this chunk may be about, locked, and what this import already did with them."""

    clients: dict[int, Client]
    people: dict[int, list[Person]]
    # Client → the line of this file that was about it.
    lines: dict[int, int]
    merged: set[int]

    @classmethod
    def read(cls, *, batch: ImportBatch, book: Book) -> "_Known":
        indexes: tuple[Iterable[list[Candidate]], ...] = (book.by_reference.values(), book.by_email.values(), book.by_birth.values())
        ids = {candidate.client_id for index in indexes for candidates in index for candidate in candidates}
        people: dict[int, list[Person]] = {}
        for person in Person.objects.filter(firm_id=batch.firm_id, client_id__in=ids).order_by("-is_primary", "pk"):
            people.setdefault(person.client_id, []).append(person)
        earlier = ImportRow.objects.filter(firm_id=batch.firm_id, batch=batch, client_id__in=ids).exclude(outcome=Outcome.REPEATED).defer("cells")
        return cls(
            clients={client.pk: client for client in Client.objects.select_for_update().filter(firm_id=batch.firm_id, pk__in=ids).order_by("pk")},
            people=people,
            lines={row.client_id: row.number for row in earlier if row.client_id},
            merged=merged_clients(firm_id=batch.firm_id, client_ids=ids),
        )


def _decide(draft: Draft, row: ImportRow, *, book: Book, known: _Known, writing: _Writing, reader: RowReader) -> None:
    match = book.find(draft)
    if match.problem:
        draft.problems.append(Problem(match.problem, value=match.value))
        return
    candidate = match.candidate
    if candidate is None:
        _create(draft, row, book=book, writing=writing, reader=reader)
        return
    line = candidate.line or known.lines.get(candidate.client_id, 0)
    if line:
        row.outcome = Outcome.REPEATED
        row.client_id = candidate.client_id or None
        draft.problems.append(Problem("repeats_line", value=str(line)))
        return
    client = known.clients[candidate.client_id]
    row.client_id = client.pk
    if client.pk in known.merged:
        row.outcome = Outcome.UNCHANGED
        draft.problems.append(Problem("was_merged", value=client.name))
    elif client.archived_at is not None:
        draft.problems.append(Problem("is_archived", value=client.name))
        return
    else:
        _update(draft, row, client, known.people.get(client.pk, []), candidate=candidate, writing=writing, reader=reader)
        if candidate.reference != client.external_reference:
            # The file gave it one: a later row with that reference is about this client.
            book.add(replace(candidate, reference=client.external_reference), email="")
    known.lines[client.pk] = row.number


def _create(draft: Draft, row: ImportRow, *, book: Book, writing: _Writing, reader: RowReader) -> None:
    adviser_id = draft.client.setdefault("adviser_id", reader.mapping.default_adviser)
    if adviser_id is None:
        draft.problems.append(Problem("no_adviser"))
        return
    complete_new_client(draft, language=reader.language)
    client = Client(**draft.client, own=draft.own)
    person = Person(client=client, is_primary=True, **draft.person)
    row.outcome = Outcome.CREATED
    writing.created.append((draft, client, person, row))
    made = Candidate(0, draft.name_key, draft.birth_date, line=row.number, reference=draft.reference, client_name=draft.client_name)
    book.add(made, email=draft.email)


def _update(
    draft: Draft, row: ImportRow, client: Client, people: list[Person], *, candidate: Candidate, writing: _Writing, reader: RowReader
) -> None:
    """Change what the file says differently. An empty cell says nothing, so it never erases."""
    person = next((found for found in people if found.is_primary == candidate.is_primary and _is(found, candidate)), None)
    wanted = dict(draft.client)
    if not candidate.is_primary:
        # The row is about another person of a household: only that person's own details are known from it.
        wanted = {}
    elif draft.own:
        wanted["own"] = client.own | draft.own
    if client.external_reference:
        wanted.pop("external_reference", None)
    if "name" not in reader.mapping.columns and person is not None and client.name != name_of(person.first_name, person.last_name):
        # A person gave the client a name of its own.
        wanted.pop("name", None)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for key, holder, values in (("client", client, wanted), ("person", person, draft.person)):
        changes = {name: value for name, value in values.items() if holder is not None and getattr(holder, name) != value}
        if holder is None or not changes:
            continue
        before[key] = _all_as_json({name: getattr(holder, name) for name in changes})
        after[key] = _all_as_json(changes)
        for name, value in changes.items():
            setattr(holder, name, value)
        if isinstance(holder, Person):
            before["person_id"] = holder.pk
            writing.people[holder.pk] = holder
            writing.person_fields |= changes.keys()
        else:
            writing.clients[client.pk] = client
            writing.client_fields |= changes.keys()
            if "adviser_id" in changes:
                writing.left[client.pk] = before[key]["adviser_id"]
    row.outcome = Outcome.UPDATED if after else Outcome.UNCHANGED
    row.before, row.after = before, after


def _is(person: Person, candidate: Candidate) -> bool:
    return person.is_primary or (name_key(person.first_name, person.last_name), person.birth_date) == (candidate.name_key, candidate.birth_date)


def as_json(value: Any) -> Any:
    """A field value as JSON keeps it; `django`'s fields read it back."""
    return str(value) if isinstance(value, Decimal | date) else value


def _all_as_json(values: dict[str, Any]) -> dict[str, Any]:
    return {name: as_json(value) for name, value in values.items()}


def _write(writing: _Writing, batch: ImportBatch) -> None:
    Client.objects.bulk_create([client for _draft, client, _person, _row in writing.created])
    for _draft, client, person, _row in writing.created:
        person.client_id = client.pk
    Person.objects.bulk_create([person for _draft, _client, person, _row in writing.created])
    for draft, client, _person, row in writing.created:
        row.client_id = client.pk
        row.after = {"client": _all_as_json(draft.client) | ({"own": draft.own} if draft.own else {}), "person": _all_as_json(draft.person)}
    now = timezone.now()
    _prepare_leaving(writing, batch)
    if writing.clients:
        for client in writing.clients.values():
            client.updated_at = now
        Client.objects.bulk_update(writing.clients.values(), sorted(writing.client_fields | {"updated_at"}))
        follow(batch.firm_id, writing.left)
    if writing.people:
        for person in writing.people.values():
            person.updated_at = now
        Person.objects.bulk_update(writing.people.values(), sorted(writing.person_fields | {"updated_at"}))
    told: list[tuple[Client, Iterable[str]]] = [(client, amounts.KINDS) for _draft, client, _person, _row in writing.created]
    told += [
        (writing.clients[row.client_id], row.after["client"]) for row in writing.rows if "client" in row.after and row.client_id in writing.clients
    ]
    amounts.note_figures(clients=told, on=timezone.localdate(), source=Amount.Source.IMPORT, by_id=batch.created_by_id, batch_id=batch.pk)
    ImportRow.objects.bulk_create(writing.rows)


def _prepare_leaving(writing: _Writing, batch: ImportBatch) -> None:
    """Before clients leave their advisers: what goes along is noted on their rows, for undo, and follow-ups are handed over."""
    were = what_they_were(batch.firm_id, writing.left)
    for row in writing.rows:
        if row.outcome == Outcome.UPDATED and row.client_id in were:
            row.before[ALONG] = were[row.client_id]
    by_successor: dict[int, list[int]] = {}
    for client_id in writing.left:
        by_successor.setdefault(writing.clients[client_id].adviser_id, []).append(client_id)
    successors = User.objects.filter(firm_id=batch.firm_id).in_bulk(by_successor) if by_successor else {}
    for successor_id, client_ids in by_successor.items():
        hand_over_follow_ups(client_ids=client_ids, to=successors[successor_id])
