"""The service audit of a year in a large firm against one aggregate written by hand, and the pages that stand on the same past, in the same run.

python -m bench.audit --clients 45000
"""

import argparse
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bench.capacity import in_turns
from bench.database import scratch_database

REQUESTS = 15

# What the page cannot do without: the year's touchpoints by segment and what became of them, no more.
BY_HAND = """
    SELECT segment_id,
           count(*) FILTER (WHERE status = 'done' AND (closed_at AT TIME ZONE 'America/Toronto')::date <= window_ends_on) AS on_time,
           count(*) FILTER (WHERE status = 'done') AS done, count(*) FILTER (WHERE status = 'skipped') AS skipped,
           count(*) FILTER (WHERE status = 'missed' OR status IN ('planned', 'claimed') AND window_ends_on < %(today)s) AS missed,
           count(*) FILTER (WHERE status <> 'cancelled') AS promised
    FROM touchpoints_touchpoint
    WHERE firm_id = %(firm)s AND due_on BETWEEN %(first)s AND %(today)s
    GROUP BY segment_id
"""

# The past of a plan, lived: nine in ten done on their day with the interaction that proves it, some late, skipped or missed.
LIVED = """
WITH past AS (
    SELECT id, client_id, adviser_id, due_on, window_ends_on, channel, id * 2654435769 %% 4294967296 * 100 / 4294967296 AS chance
    FROM touchpoints_touchpoint WHERE firm_id = %(firm)s AND due_on < %(today)s
), said AS (
    INSERT INTO clients_interaction (firm_id, client_id, happened_at, channel, subject, summary, by_id)
    SELECT %(firm)s, client_id, due_on + time '14:00', channel, 'Bench ' || id, '', adviser_id FROM past WHERE chance < 92
    RETURNING id, substr(subject, 7)::bigint AS touchpoint_id
)
UPDATE touchpoints_touchpoint t
SET status = CASE WHEN chance < 92 THEN 'done' WHEN chance < 95 THEN 'skipped' ELSE 'missed' END,
    reason = CASE WHEN chance BETWEEN 92 AND 94 THEN 'Away' ELSE '' END,
    closed_at = p.due_on + time '14:00' + make_interval(days => CASE WHEN chance < 3 THEN 60 ELSE 0 END),
    closed_by_id = p.adviser_id, interaction_id = said.id
FROM past p LEFT JOIN said ON said.touchpoint_id = p.id
WHERE t.firm_id = %(firm)s AND t.id = p.id
"""


def live_past(*, firm_id: int, until: date) -> None:
    """What fell due before a day is done, skipped or missed. Must run outside a transaction, for the database to know the rows it joins."""
    from django.db import connection, connections

    from firms.wall import acting_for

    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    with acting_for(firm_id), connection.cursor() as cursor:
        # What a statement wrote itself has no statistics: each row would be looked for among all.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(LIVED, {"firm": firm_id, "today": until})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=45_000)
    parser.add_argument("--years", type=int, default=1, help="of history (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    arguments = parser.parse_args()
    with scratch_database():
        measure(clients=arguments.clients, years=arguments.years, requests=arguments.requests)


def make_lived_firm(*, clients: int, years: int) -> Any:
    """A firm planned from so many years ago to a year from now, whose past was lived."""
    from django.db import connections

    from bench.books import make_book, place_clients
    from firms.models import User
    from firms.wall import acting_for
    from touchpoints.planning import reconcile

    today = date.today()  # noqa: DTZ011  (the scratch firm has no clock of its own to respect)
    firm = make_book(clients=clients)
    with acting_for(firm.pk):
        place_clients(firm=firm, since=today - timedelta(days=366 * years))
        User.objects.create(email="admin@bench.test", name="Admin", role="admin", password="!")
    reconcile(firm_id=firm.pk, start=today - timedelta(days=365 * years), months=12 * years + 12)
    live_past(firm_id=firm.pk, until=today)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    return firm


def measure(*, clients: int, years: int, requests: int) -> None:
    from django.db import connection, transaction
    from django.test import Client as Browser
    from django.test.utils import CaptureQueriesContext

    from firms.models import User
    from firms.wall import acting_for
    from touchpoints.audit import By, Period, audit_service
    from touchpoints.models import Touchpoint

    today = date.today()  # noqa: DTZ011  (the scratch firm has no clock of its own to respect)
    firm = make_lived_firm(clients=clients, years=years)
    with acting_for(firm.pk):
        admin = User.objects.get(role="admin")
        adviser = User.objects.filter(role="adviser").order_by("pk")[0]
        planned = Touchpoint.objects.count()
    parameters: dict[str, int | date] = {"firm": firm.pk, "first": today - timedelta(days=365), "today": today}
    period = Period(today - timedelta(days=365), today)

    def by_hand() -> object:
        with acting_for(firm.pk), connection.cursor() as cursor:
            cursor.execute(BY_HAND, parameters)
            return cursor.fetchall()

    def audit(by: By) -> Callable[[], object]:
        def act() -> object:
            with acting_for(firm.pk):
                return audit_service(firm=firm, seen=Touchpoint.objects.filter(firm_id=firm.pk), period=period, by=by, today=today)

        return act

    def page(user: User, address: str) -> Callable[[], object]:
        browser = Browser(headers={"host": "localhost"})
        with acting_for(firm.pk):
            browser.force_login(user)

        def act() -> object:
            with transaction.atomic():
                response = browser.get(address)
            if response.status_code != 200:
                raise RuntimeError(f"{address}: {response.status_code}")
            return response

        return act

    print(f"{clients} clients, {planned} touchpoints over {years} past and one coming year; median and p95 of {requests}, in turns")
    audits = list(By)
    base, *taken = in_turns(by_hand, *(audit(by) for by in audits), times=requests)
    print(f"{'one aggregate by hand':40} {base[0]:7.0f} {base[1]:7.0f} ms")
    for by, (median, late) in zip(audits, taken, strict=True):
        print(f"{'audit by ' + by.value:40} {median:7.0f} {late:7.0f} ms  {median / base[0]:5.2f} and {late / base[1]:5.2f} of it")
    query = f"?from={period.first}&to={period.last}"
    addresses = (f"/audit/{query}", f"/audit/{query}&by=client", f"/audit/evidence/{query}&fate=missed", "/gaps/", "/gaps/windows/", "/")
    for user, address in ((user, address) for user in (admin, adviser) for address in addresses):
        show = page(user, address)
        ((median, late),) = in_turns(show, times=requests)
        with CaptureQueriesContext(connection) as captured:
            show()
        slowest = max(float(query["time"]) for query in captured.captured_queries)
        where = f"{user.role} {address.partition('?')[0]}"
        print(f"{where:40} {median:7.0f} {late:7.0f} ms  {len(captured)} statements, the longest {1000 * slowest:.0f} ms")


if __name__ == "__main__":
    main()
