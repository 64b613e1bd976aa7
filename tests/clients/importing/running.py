"""Imports from the command line, and their undoing, inside one test."""

import io
import json
from pathlib import Path
from typing import Any

from django.core.management import call_command

from clients.importing.undo import start_undo
from clients.models import ImportBatch
from firms.jobs import run_job
from firms.models import Firm, User
from firms.wall import enter_firm

DATA = Path(__file__).resolve().parents[3] / "data"


def run_import(firm: Firm, file: Path, *options: str) -> Any:
    output = io.StringIO()
    call_command("import_clients", str(firm.pk), str(file), "--json", *options, stdout=output)
    enter_firm(firm.pk)
    summary: dict[str, Any] = json.loads(output.getvalue())
    return summary


def undo(batch_id: int, *, by: User) -> ImportBatch:
    job = start_undo(batch=ImportBatch.objects.get(pk=batch_id), by=by)
    run_job(firm_id=by.firm_id, job_id=job.pk)
    enter_firm(by.firm_id)
    return ImportBatch.objects.get(pk=batch_id)
