"""Building a morning's digests for a large firm: `python -m bench.digests --users 450 --clients 45000 --json`.

Everyone's hour has come at once. Statements are counted: their number must not grow with the readers.
"""

import argparse
import json
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.database import scratch_database

MORNING = datetime(2026, 3, 2, 15, tzinfo=UTC)


def measure(*, users: int, clients: int, repeat: int) -> dict[str, Any]:
    from django.db import connection, connections, transaction
    from django.test.utils import CaptureQueriesContext

    from bench.books import make_book, place_clients
    from firms.wall import acting_for
    from messaging.digests import make_digests
    from touchpoints import planning

    with transaction.atomic():
        firm = make_book(clients=clients)
        place_clients(firm=firm, since=date(2025, 12, 1))
    with acting_for(firm.pk), connection.cursor() as cursor:
        # An assistant for each adviser or two, as many as make the number of readers.
        cursor.execute("SELECT array_agg(id ORDER BY id) FROM firms_user WHERE role = 'adviser'")
        advisers = cursor.fetchone()[0]
        assistants = max(0, users - len(advisers))
        cursor.execute(
            "INSERT INTO firms_user (firm_id, email, name, role, language, time_zone, sees_whole_firm, is_active, password, last_login) "
            "SELECT %s, 'assistant' || n || '@bench.test', 'Assistant ' || n, 'assistant', 'fr', '', false, true, '!', now() "
            "FROM generate_series(1, %s) n",
            [firm.pk, assistants],
        )
        cursor.execute(
            "INSERT INTO firms_support (assistant_id, adviser_id) SELECT id, (%s::bigint[])[1 + row_number() OVER (ORDER BY id) %% %s] "
            "FROM firms_user WHERE role = 'assistant'",
            [advisers, len(advisers)],
        )
        cursor.execute("UPDATE service_matrix_promise SET lead_days = 21 WHERE minutes >= 60")
    planning.reconcile(firm_id=firm.pk, start=MORNING.date() - timedelta(days=20))
    with connections["owner"].cursor() as owner:
        owner.execute("ANALYZE")
    seconds, statements, told = [], [], 0
    for day in range(repeat):
        with CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            told = make_digests(firm_id=firm.pk, now=MORNING + timedelta(days=day))
            seconds.append(time.perf_counter() - began)
        statements.append(len(captured))
        print(f"{told} readers: {seconds[-1]:.2f} s, {statements[-1]} statements", file=sys.stderr)
    with acting_for(firm.pk), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM messaging_outboxmessage")
        letters = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM touchpoints_reminder")
        reminders = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM touchpoints_touchpoint")
        touchpoints = cursor.fetchone()[0]
    return {
        "users": users,
        "clients": clients,
        "touchpoints": touchpoints,
        "readers": told,
        # The first morning also tells of everything that is to be booked or late already.
        "first_seconds": round(seconds[0], 2),
        "later_seconds": round(min(seconds[1:] or seconds), 2),
        "statements": statements,
        "letters": letters,
        "reminders": reminders,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=450)
    parser.add_argument("--clients", type=int, default=45_000)
    parser.add_argument("--mornings", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with scratch_database():
        result = measure(users=options.users, clients=options.clients, repeat=options.mornings)
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
