"""What a person decides about a file: receive it, say how it is mapped, start."""

from functools import lru_cache
from pathlib import PurePath

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from clients.importing.mapping import NAMES, Mapping, possible_advisers, propose_mapping, save_mapping, target_labels
from clients.importing.reading import FileRefused, Spreadsheet, read_spreadsheet, read_upload
from clients.importing.recognising import Dialect
from clients.models import ImportBatch
from firms.jobs import start_job
from firms.models import Job, User

IMPORT_JOB = "import_clients"


class MappingRefused(Exception):
    """The mapping cannot be used; the message, in the active language, says what to do."""


class AlreadyStarted(Exception):
    """The batch is not waiting for a decision any more."""


@transaction.atomic
def receive_file(*, upload: File[bytes], by: User | None) -> ImportBatch:
    """Keep a file for its preview, with how it is written and the mapping proposed. Raises FileRefused, and nothing is kept then."""
    content, sheet = read_upload(upload)
    return ImportBatch.objects.create(
        file_name=PurePath(upload.name or "").name[-200:],
        content=content,
        dialect=sheet.dialect.as_json(),
        mapping=propose_mapping(sheet).as_json(),
        created_by=by,
    )


@lru_cache(maxsize=1)
def _read(firm_id: int, batch_id: int) -> Spreadsheet:
    return read_spreadsheet(bytes(ImportBatch.objects.get(firm_id=firm_id, pk=batch_id).content))


def sheet_of(batch: ImportBatch) -> Spreadsheet:
    """The batch's file, read; the last one is remembered so that the steps of a job read it once."""
    return _read(batch.firm_id, batch.pk)


def forget_sheet() -> None:
    _read.cache_clear()


def dialect_of(batch: ImportBatch) -> Dialect:
    return Dialect(**batch.dialect)


def mapping_of(batch: ImportBatch) -> Mapping:
    return Mapping.from_json(batch.mapping)


def check_mapping(*, mapping: Mapping, dialect: Dialect) -> None:
    """Raises MappingRefused for what would make every row wrong."""
    used = [key for key in mapping.columns if key]
    labels = target_labels()
    twice = sorted({labels[key] for key in used if used.count(key) > 1})
    if twice:
        raise MappingRefused(_("Two columns are mapped to “%(target)s”. Keep one of them.") % {"target": twice[0]})
    if not set(NAMES) & set(used):
        raise MappingRefused(_("No column holds a name. Choose the column of the last name, the whole name or the client’s name."))
    if dialect.has_dates and not dialect.date_order and mapping.date_order not in {"dmy", "mdy"}:
        raise MappingRefused(_("The dates of this file may be read day first or month first. Say which."))


@transaction.atomic
def decide_mapping(*, batch: ImportBatch, mapping: Mapping) -> None:
    """Change the mapping of a batch in preview. Users who may not lead clients are left out."""
    allowed = {user.pk for user in possible_advisers()}
    mapping.advisers = {name: user_id for name, user_id in mapping.advisers.items() if user_id in allowed}
    if mapping.default_adviser not in allowed:
        mapping.default_adviser = None
    changed = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.PREVIEW).update(mapping=mapping.as_json())
    if not changed:
        raise AlreadyStarted(batch)
    batch.mapping = mapping.as_json()


@transaction.atomic
def start_import(*, batch: ImportBatch, by: User | None) -> Job:
    """Queue the import as previewed and keep its mapping for the next file with these headings.

    Raises MappingRefused, or AlreadyStarted when someone else began it; nothing is written then.
    """
    mapping = mapping_of(batch)
    check_mapping(mapping=mapping, dialect=dialect_of(batch))
    started = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.PREVIEW).update(state=ImportBatch.State.RUNNING)
    if not started:
        raise AlreadyStarted(batch)
    sheet = sheet_of(batch)
    save_mapping(sheet.headings, mapping)
    job = start_job(kind=IMPORT_JOB, parameters={"batch": batch.pk}, by=by, total=len(sheet.rows))
    ImportBatch.objects.filter(pk=batch.pk).update(job=job)
    batch.refresh_from_db()
    return job


__all__ = ["AlreadyStarted", "FileRefused", "MappingRefused", "check_mapping", "decide_mapping", "receive_file", "sheet_of", "start_import"]
