"""Service calendars of many clients as PDF, as the background job makes them: `python -m bench.documents --clients 1000 --json`.

Seconds for a hundred of them, of which those that writing the PDF alone takes: the bare library, on the same data in the same run; and the peak
memory of the process.
"""

import argparse
import json
import resource
import time
from datetime import date
from typing import Any
from unittest.mock import patch

from bench.database import scratch_database


def measure(*, clients: int) -> dict[str, Any]:
    from django.db import connections, transaction

    from advisory_crm.documents import render_pdf
    from bench.books import make_book, place_clients
    from clients.assigning import Selection
    from clients.models import Client
    from clients.queries import visible_to
    from firms.calendar import local_time
    from firms.jobs import run_job
    from firms.models import User
    from firms.permissions import Role
    from firms.wall import acting_for
    from touchpoints import planning
    from touchpoints.document_batches import start_batch
    from touchpoints.models import BatchDocument, DocumentBatch

    with transaction.atomic():
        firm = make_book(clients=clients)
        place_clients(firm=firm, since=date(2020, 1, 1))
    planning.reconcile(firm_id=firm.pk, start=local_time(firm).date())
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")

    written = {"seconds": 0.0}

    def timed(template: str, data: dict[str, Any]) -> bytes:
        began = time.perf_counter()
        document = render_pdf(template, data)
        written["seconds"] += time.perf_counter() - began
        return document

    with acting_for(firm.pk):
        admin = User.objects.create(email="admin@bench.test", name="Admin", role=Role.ADMIN, password="!")
        admin = User.objects.select_related("firm").get(pk=admin.pk)
        everyone = visible_to(admin)
        batch = start_batch(clients=everyone, by=admin, kind=DocumentBatch.Kind.CALENDAR, mark=Selection.of(everyone).mark)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, used = time.perf_counter(), time.process_time()
    with patch("touchpoints.service_calendar.render_pdf", timed):
        job = run_job(firm_id=firm.pk, job_id=batch.job_id)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    with acting_for(firm.pk):
        sizes = [len(document.content) for document in BatchDocument.objects.only("content").iterator(chunk_size=50)]
        expected = Client.objects.count()
    assert (job.status, len(sizes)) == ("done", expected)
    hundreds = clients / 100
    return {
        "clients": clients,
        "seconds_per_hundred": round(seconds / hundreds, 2),
        "processor_seconds_per_hundred": round(processor / hundreds, 2),
        "of_which_writing_pdf": round(written["seconds"] / hundreds, 2),
        "kilobytes_each": round(sum(sizes) / len(sizes) / 1000, 1),
        "memory_before_mb": before // 1024,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with scratch_database():
        results = measure(clients=options.clients)
    print(json.dumps(results, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
