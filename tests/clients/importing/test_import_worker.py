"""Imports by real workers: killed at any moment, the work is taken up where its last committed step ended."""

import multiprocessing
import os
import random
import signal
import time
from datetime import date
from pathlib import Path

import pytest
from django.core.files import File
from django.db import connections

from clients.importing import applying, batches
from clients.importing.undo import start_undo
from clients.models import Client, ImportBatch, ImportRow, MergeProposal, Person
from firms.jobs import run_job
from firms.models import Job, PlanningRequest, User
from firms.wall import acting_for
from tests import factories
from tests.waiting import wait_until

DATA = Path(__file__).resolve().parents[3] / "data"
PROCESSES = multiprocessing.get_context("fork")
Written = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def admin(transactional_db: None) -> User:
    firm = factories.make_firm(name="Alpha Conseil")
    with acting_for(firm.pk):
        for name in ("Élodie Lefèvre-Côté", "Marc-André Gagné", "Nathalie Bélanger"):
            factories.make_user(name=name)
        return factories.make_user(name="Alice Roy", role="admin")


def begin_import(admin: User) -> tuple[ImportBatch, Job]:
    with acting_for(admin.firm_id), (DATA / "book-quebec.csv").open("rb") as file:
        batch = batches.receive_file(upload=File(file, "book-quebec.csv"), by=admin)
        return batch, batches.start_import(batch=batch, by=admin)


def written(firm_id: int) -> Written:
    """What an import leaves, by what does not depend on ids or moments."""
    with acting_for(firm_id):
        return {
            "clients": list(
                Client.objects.order_by("external_reference").values_list("external_reference", "name", "aum", "adviser", "client_since")
            ),
            "people": list(Person.objects.order_by("email", "last_name").values_list("email", "birth_date", "client__external_reference")),
            "rows": list(ImportRow.objects.order_by("number").values_list("number", "outcome", "problems")),
            "proposals": list(MergeProposal.objects.values_list("first__name", "second__name", "decision")),
        }


def kill_once_moving(job: Job, generator: random.Random, reached: int) -> int:
    """Run the job in a process of its own and kill it at a random moment after another step. Returns the rows done then."""
    job_id, firm_id = job.pk, job.firm_id
    connections.close_all()
    process = PROCESSES.Process(target=lambda: run_job(firm_id=firm_id, job_id=job_id))
    process.start()

    def moved() -> bool:
        with acting_for(firm_id):
            return Job.objects.get(pk=job_id).done > reached or not process.is_alive()

    wait_until(moved, 60)
    time.sleep(generator.random() * 0.1)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with acting_for(firm_id):
        return Job.objects.get(pk=job_id).done


def test_killed_again_and_again_an_import_ends_as_if_never_disturbed(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, job = begin_import(admin)
    run_job(firm_id=admin.firm_id, job_id=job.pk)
    undisturbed = written(admin.firm_id)
    with acting_for(admin.firm_id):
        job = start_undo(batch=batch, by=admin)
    run_job(firm_id=admin.firm_id, job_id=job.pk)
    with acting_for(admin.firm_id):
        assert not Client.objects.exists()
        ImportBatch.objects.all().delete()

    # Steps small enough that each life of the worker ends within one.
    monkeypatch.setattr(applying, "CHUNK", 20)
    batch, job = begin_import(admin)
    generator, reached, deaths = random.Random(date(2026, 3, 2).toordinal()), 0, 0
    while reached < 300:
        reached = kill_once_moving(job, generator, reached)
        deaths += 1
    run_job(firm_id=admin.firm_id, job_id=job.pk)

    assert deaths >= 2
    assert written(admin.firm_id) == undisturbed
    with acting_for(admin.firm_id):
        batch.refresh_from_db()
        assert (batch.state, batch.counts) == ("done", {"created": 400, "repeated": 4, "rejected": 8})


def test_a_worker_imports_what_a_request_queued(admin: User, worker: None) -> None:
    batch, _job = begin_import(admin)

    def is_over() -> bool:
        with acting_for(admin.firm_id):
            return ImportBatch.objects.get(pk=batch.pk).state == "done"

    wait_until(is_over, 60)
    with acting_for(admin.firm_id):
        assert Client.objects.count() == 400
        assert PlanningRequest.objects.exists()
