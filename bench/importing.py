"""Importing a large spreadsheet to the end, then once more with nothing to change: `python -m bench.importing --rows 20000 --json`.

The file is the demonstration book of France, repeated with other names, references, addresses and birth dates. The firm may hold a book already
(`--book`), which no row matches: what reading it costs each chunk.
"""

import argparse
import csv
import io
import json
import resource
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.database import scratch_database

SOURCE = Path(__file__).resolve().parent.parent / "data" / "book-france.csv"
NAME, EMAIL, BORN, REFERENCE = 1, 3, 5, 24


def multiply(rows: int) -> bytes:
    """The demonstration book, repeated until it has `rows` rows; no two are the same person."""
    heading, *people = csv.reader(io.StringIO(SOURCE.read_text(encoding="utf-8-sig")), delimiter=";")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(heading)
    for number in range(rows):
        person = list(people[number % len(people)])
        turn = number // len(people)
        born = date(*reversed([int(part) for part in person[BORN].split("/")])) + timedelta(days=turn)
        person[NAME] = f"{person[NAME]} {_letters(turn)}".strip()
        person[EMAIL], person[REFERENCE] = f"client{number}@exemple.fr", f"B{number:06}"
        person[BORN] = f"{born:%d/%m/%Y}"
        writer.writerow(person)
    return out.getvalue().encode()


def _letters(number: int) -> str:
    return "" if number == 0 else chr(ord("A") + number % 26) + _letters(number // 26)


def fill_book(clients: int) -> Any:
    """A firm whose clients have one person each."""
    from django.db import connection

    from bench.books import make_book

    firm = make_book(clients=clients, region="FR")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clients_person (firm_id, client_id, is_primary, title, first_name, last_name, birth_date, occupation, email, phone, "
            "updated_at) "
            "SELECT firm_id, id, true, '', 'Zoé', name, date '1930-01-01' + (id %% 25000)::int, '', 'person' || id || '@bench.test', '', now() "
            "FROM clients_client WHERE firm_id = %s",
            [firm.pk],
        )
    return firm


def measure(*, rows: int, book: int) -> dict[str, Any]:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.db import connections, transaction

    from clients.importing import batches, mapping
    from firms.jobs import run_job
    from firms.wall import acting_for

    with transaction.atomic():
        firm = fill_book(book)
    # Statistics as autovacuum would have gathered them; only the owner may.
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    content = multiply(rows)
    results: dict[str, Any] = {"rows": rows, "book": book, "megabytes": round(len(content) / 1e6, 1)}
    for turn in ("first", "again"):
        with acting_for(firm.pk):
            began = time.perf_counter()
            batch = batches.receive_file(upload=SimpleUploadedFile("book.csv", content), by=None)
            sheet, decided = batches.sheet_of(batch), batches.mapping_of(batch)
            names = [name for name in mapping.adviser_names(sheet, decided.columns) if name not in decided.advisers]
            decided.advisers |= {name: user.pk for name, user in zip(names, mapping.create_missing_advisers(names, firm=firm), strict=True)}
            batches.decide_mapping(batch=batch, mapping=decided)
            job = batches.start_import(batch=batch, by=None)
            preview = time.perf_counter() - began
        began = time.perf_counter()
        job = run_job(firm_id=firm.pk, job_id=job.pk)
        seconds = time.perf_counter() - began
        results[turn] = {"read_s": round(preview, 2), "import_s": round(seconds, 2), "rows_a_second": round(rows / seconds), "counts": job.counts}
    results["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--book", type=int, default=1_000, help="clients the firm has before")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with scratch_database():
        results = measure(rows=options.rows, book=options.book)
    print(json.dumps(results, indent=None if options.json else 2, ensure_ascii=False))


if __name__ == "__main__":
    main()
