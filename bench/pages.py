"""How fast pages are, at 1,000 and at 100,000 clients in one firm, against bare pages over the same rows.

    python -m bench.pages [--clients 100000] [--years 0] [--requests 200] [--json]

A scratch database on the embedded server holds two firms, filled by set-based statements and planned by the planner. gunicorn
serves the product with 2 workers and production settings; a second gunicorn, also with 2 workers, serves `bench/bare.py`: the same
rows by hand-written SQL in a plain table, in a Django project that has nothing but Django's own middleware, a session and its user.
Requests alternate between the two and between the sizes, one at a time, so all see the same machine. Statements are counted in
this process. With `--years`, each firm has so many years of touchpoints behind it, kept and missed as in `bench.audit`.
"""

import argparse
import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from advisory_crm import embedded
from bench.database import scratch_database

WARM_UP = 10
# Where some clients of each firm live, a page and a bit.
PLACE, LIVE_THERE = "rimouski", 60
ROOT = Path(__file__).resolve().parent.parent


def fill_firm(clients: int, years: int) -> dict[str, Any]:
    """A planned firm; returns what the requests need: the firm and its size, its people's sessions, a client."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import connection

    from bench.audit import live_past
    from bench.books import make_book, place_clients
    from firms.models import Support, User
    from firms.sessions import FIRM_KEY
    from firms.wall import acting_for
    from touchpoints.planning import reconcile

    firm = make_book(clients=clients, name=f"Bench {clients}")
    today = datetime.now(UTC).date()
    sessions = {}
    with acting_for(firm.pk):
        place_clients(firm=firm, since=today - timedelta(days=400 + 366 * years))
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO clients_person "
                "(firm_id, client_id, is_primary, title, first_name, last_name, occupation, email, phone, birth_date, updated_at) "
                "SELECT firm_id, id, true, '', 'Élodie', name, '', 'p' || id || '@bench.test', '514 555-' || lpad((id % 10000)::text, 4, '0'), "
                "date '1950-01-01' + (id * 37 % 15000)::int, now() FROM clients_client"
            )
            cursor.execute(
                "UPDATE clients_client SET city = initcap(%s) WHERE id IN (SELECT id FROM clients_client ORDER BY md5(id::text) LIMIT %s)",
                [PLACE, LIVE_THERE],
            )
        advisers = list(User.objects.filter(role="adviser").order_by("pk")[:5])
        for role in ("admin", "assistant"):
            user = User.objects.create(email=f"{role}@{clients}.bench.test", name=f"Bench {role}", role=role, language="fr", password="!")
            for adviser in advisers if role == "assistant" else []:
                Support.objects.create(assistant=user, adviser=adviser)
            session = SessionStore()
            session.update(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: "firms.authentication.FirmBackend",
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                    FIRM_KEY: firm.pk,
                }
            )
            session.create()
            sessions[role] = session.session_key
    reconcile(firm_id=firm.pk, start=today - timedelta(days=30 + 365 * years), months=12 * years + 12)
    if years:
        # What fell due in the last month is late still.
        live_past(firm_id=firm.pk, until=today - timedelta(days=30))
    with acting_for(firm.pk):
        from clients.models import Client

        client_id = Client.objects.filter(adviser=advisers[0]).order_by("pk").values_list("pk", flat=True)[3]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM touchpoints_touchpoint")
            (touchpoints,) = cursor.fetchone()
    who = {"firm": firm.pk, "sessions": sessions, "client": client_id, "advisers": [a.pk for a in advisers]}
    return {**who, "clients": clients, "touchpoints": touchpoints}


def pages_of(filled: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Page → who opens it, its address, the bare page's address.

    The same search in a firm of any size finds as many clients as fill a page; another finds one. The last has a hundred times the answers in a
    firm a hundred times as large, and shows as many of them as a page holds.
    """
    bare = {"client": filled["client"], "advisers": ",".join(map(str, filled["advisers"]))}

    def search(word: str) -> tuple[str, str, str]:
        beginning = {"begins": word, "ends": word[:-1] + chr(ord(word[-1]) + 1)}
        return "admin", f"/clients/?q=client+{word}", f"/search?{urllib.parse.urlencode(bare | beginning)}"

    bare_query = urllib.parse.urlencode(bare)
    return {
        "queue": ("assistant", "/queue/", f"/queue?{bare_query}"),
        "client list": ("admin", "/clients/", f"/list?{bare_query}"),
        "search": search(PLACE),
        "search, one": search(str(filled["clients"] - 223)),
        "search, many": search("77"),
        "client": ("admin", f"/clients/{filled['client']}/", f"/client?{bare_query}"),
    }


@contextlib.contextmanager
def serving(application: str, environment: dict[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", "2", "--log-level", "warning"]
    # The product logs each request; writing that is part of its cost, showing it is not.
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def fetch(port: int, address: str, session: str | None = None) -> float:
    """Milliseconds for one page, connection included; the page must answer 200."""
    begin = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", address, headers={"Cookie": f"sessionid={session}"} if session else {})
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status != 200:
        raise SystemExit(f"{address} answered {response.status}")
    return (time.perf_counter() - begin) * 1000


def count_statements(address: str, session: str) -> int:
    from django.conf import settings
    from django.db import connection
    from django.test import Client as Browser
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    browser = Browser()
    browser.cookies["sessionid"] = session
    browser.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def measure(sizes: list[int], requests: int, years: int) -> dict[str, Any]:
    result: dict[str, Any] = {}
    embedded.start_redis()
    with scratch_database():
        from django.db import connections

        firms = {}
        for size in sizes:
            begin = time.perf_counter()
            firms[size] = fill_firm(size, years)
            print(f"{size} clients, {firms[size]['touchpoints']} touchpoints: filled in {time.perf_counter() - begin:.0f} s", file=sys.stderr)
        with connections["owner"].cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
        for size in sizes:
            for page, (role, address, _bare) in pages_of(firms[size]).items():
                result.setdefault(page, {})[size] = {"statements": count_statements(address, firms[size]["sessions"][role])}
        connections.close_all()
        environment = {
            **os.environ,
            # The scratch database, where the embedded one is named.
            "DATABASE_URL": os.environ["DATABASE_URL"].replace(f"/{embedded.DATABASE}?", f"/{connections['default'].settings_dict['NAME']}?"),
            "CRM_MODE": "production",
            "CRM_SECRET_KEY": "a-key-for-the-bench-that-is-long-enough-to-sign",
            "CRM_HOSTS": "127.0.0.1",
            "CRM_SITE_URL": "http://127.0.0.1",
            "CRM_REDIRECT_TO_HTTPS": "off",
            "CRM_STATIC_ROOT": str(embedded.data_folder() / "bench-static"),
        }
        # Sessions were signed in this process: it and the servers must share the key.
        subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
        bare_environment = {**environment, "DJANGO_SETTINGS_MODULE": "bench.bare_settings"}
        with serving("advisory_crm.wsgi:application", environment) as product, serving("bench.bare_wsgi:application", bare_environment) as bare:
            for page in result:
                times: dict[int, tuple[list[float], list[float]]] = {size: ([], []) for size in sizes}
                for turn in range(WARM_UP + requests):
                    for size in sizes:
                        role, address, bare_address = pages_of(firms[size])[page]
                        session = firms[size]["sessions"][role]
                        taken = fetch(product, address, session), fetch(bare, bare_address, session)
                        if turn >= WARM_UP:
                            times[size][0].append(taken[0])
                            times[size][1].append(taken[1])
                for size in sizes:
                    p50, bare_p50 = (statistics.median(side) for side in times[size])
                    p95, bare_p95 = (statistics.quantiles(side, n=20)[18] for side in times[size])
                    result[page][size] |= {
                        "p50_ms": round(p50, 1),
                        "p95_ms": round(p95, 1),
                        "bare_p50_ms": round(bare_p50, 1),
                        "bare_p95_ms": round(bare_p95, 1),
                        "ratio_to_bare": round(p50 / bare_p50, 2),
                        "ratio_of_p95": round(p95 / bare_p95, 2),
                    }
    for measured in result.values():
        measured["growth_of_p50"] = round(measured[sizes[-1]]["p50_ms"] / measured[sizes[0]]["p50_ms"], 2)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--years", type=int, default=0, help="of history (default: %(default)s)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    # One signing key for this process, which makes the sessions, and for the servers.
    os.environ["CRM_SECRET_KEY"] = "a-key-for-the-bench-that-is-long-enough-to-sign"
    sizes = [1_000, options.clients]
    result = measure(sizes, options.requests, options.years)
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for page, measured in result.items():
        for size in sizes:
            row = measured[size]
            print(
                f"{page:12} {size:>7} clients  {row['statements']:>2} statements  p50 {row['p50_ms']:>6} ms  p95 {row['p95_ms']:>6} ms"
                f"  bare {row['bare_p50_ms']:>5}, {row['bare_p95_ms']:>5} ms  ratios {row['ratio_to_bare']}, {row['ratio_of_p95']}"
            )
        print(f"{'':12} growth of p50: {measured['growth_of_p50']}")


if __name__ == "__main__":
    main()
