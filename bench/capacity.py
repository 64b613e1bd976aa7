"""Capacity pages of a large firm against the one aggregate each stands on, written by hand, in the same run.

python -m bench.capacity --clients 45000
python -m bench.capacity --clients 45000 --covered     # the same while absences are covered, which the aggregates know nothing of
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

from bench.database import scratch_database

REQUESTS = 60

# The year ahead by adviser, role and month: what the page of people cannot do without.
MONTHS = """
    SELECT adviser_id, performer, date_trunc('month', due_on)::date, sum(minutes) FROM touchpoints_touchpoint
    WHERE firm_id = %(firm)s AND status IN ('planned', 'claimed') AND due_on >= %(today)s AND due_on <= %(last)s GROUP BY 1, 2, 3
"""
WEEKS = """
    SELECT adviser_id, performer, date_trunc('week', due_on)::date, sum(minutes) FROM touchpoints_touchpoint
    WHERE firm_id = %(firm)s AND status IN ('planned', 'claimed') AND due_on >= %(today)s AND due_on <= %(last_week)s GROUP BY 1, 2, 3
"""
# Clients by segment and what they bring: what the page of the year cannot do without.
BOOK = """
    SELECT a.segment_id, count(*), avg(c.annual_revenue), sum(c.annual_revenue) FROM segmentation_assignment a
    JOIN clients_client c ON c.firm_id = a.firm_id AND c.id = a.client_id
    WHERE a.firm_id = %(firm)s AND a.scheme_id = %(scheme)s AND a.ends_on IS NULL AND c.archived_at IS NULL GROUP BY 1
"""


def in_turns(*acts: Callable[[], object], times: int) -> list[tuple[float, float]]:
    """Milliseconds of each, median and p95. They take turns, so that a machine that slows down slows all of them; the first turn is warmth."""
    taken: list[list[float]] = [[] for _ in acts]
    for turn in range(times + 1):
        for act, its in zip(acts, taken, strict=True):
            begun = time.perf_counter()
            act()
            if turn:
                its.append((time.perf_counter() - begun) * 1000)
    return [(statistics.median(its), statistics.quantiles(its, n=20)[-1] if times > 1 else its[0]) for its in taken]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=45_000)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument(
        "--covered", action="store_true", help="everyone is away two weeks of the year ahead, one after the other, and the next covers"
    )
    arguments = parser.parse_args()
    with scratch_database():
        measure(clients=arguments.clients, requests=arguments.requests, covered=arguments.covered)


def measure(*, clients: int, requests: int, covered: bool) -> None:
    from django.db import connection, connections, transaction
    from django.test import Client as Browser

    from bench.books import make_book, place_clients
    from firms.models import Absence, Support, User
    from firms.wall import acting_for
    from touchpoints.planning import reconcile

    today = date.today()  # noqa: DTZ011  (the scratch firm has no clock of its own to respect)
    firm = make_book(clients=clients)
    with acting_for(firm.pk):
        scheme = place_clients(firm=firm, since=today - timedelta(days=400))
        advisers = list(User.objects.filter(role="adviser").order_by("pk"))
        admin = User.objects.create(email="admin@bench.test", name="Admin", role="admin", password="!")
        helpers = User.objects.bulk_create(
            User(email=f"assistant{number}@bench.test", name=f"Assistant {number}", role="assistant", password="!") for number in range(len(advisers))
        )
        Support.objects.bulk_create(Support(assistant=helper, adviser=adviser) for helper, adviser in zip(helpers, advisers, strict=True))
        if covered:
            away = [today + timedelta(days=30 + 7 * (number % 40)) for number in range(len(advisers))]
            Absence.objects.bulk_create(
                Absence(user=person, starts_on=day, ends_on=day + timedelta(days=13), covered_by=people[(number + 1) % len(people)])
                for people in (advisers, helpers)
                for number, (person, day) in enumerate(zip(people, away, strict=True))
                if len(people) > 1
            )
    planned = reconcile(firm_id=firm.pk, start=today)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    browser = Browser(headers={"host": "localhost"})
    with acting_for(firm.pk):
        browser.force_login(admin)
    parameters: dict[str, int | date] = {
        "firm": firm.pk,
        "scheme": scheme.pk,
        "today": today,
        "last": today + timedelta(days=364),
        "last_week": today - timedelta(days=today.weekday()) + timedelta(days=83),
    }

    def by_hand(statement: str) -> Callable[[], object]:
        def act() -> object:
            with acting_for(firm.pk), connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall()

        return act

    def page(address: str) -> Callable[[], object]:
        def act() -> object:
            with transaction.atomic():
                response = browser.get(address)
            if response.status_code != 200:
                raise RuntimeError(f"{address}: {response.status_code}")
            return response

        return act

    print(f"{clients} clients, {2 * len(advisers)} people, {planned.inserted} touchpoints planned; median and p95 of {requests}")
    print(f"{'page':28} {'product':>16} {'aggregate':>16} {'ratio':>12}")
    for address, statement in (("/capacity/", BOOK), ("/capacity/people/", MONTHS), ("/capacity/weeks/", WEEKS)):
        shown, aggregate = in_turns(page(address), by_hand(statement), times=requests)
        print(
            f"{address:28} {shown[0]:7.0f} {shown[1]:5.0f} ms {aggregate[0]:7.0f} {aggregate[1]:5.0f} ms"
            f" {shown[0] / aggregate[0]:6.2f} {shown[1] / aggregate[1]:5.2f}"
        )
    for address in ("/capacity/economics/", "/capacity/economics/over/", "/capacity/economics/under/"):
        ((median, late),) = in_turns(page(address), times=requests)
        print(f"{address:28} {median:7.0f} {late:5.0f} ms")


if __name__ == "__main__":
    main()
