"""Planning a year for a whole firm, against SQL written by hand: `python -m bench.planning --clients 100000 --json`.

Both sides write the same rows into the same table, as the same role behind the firm wall, with its keys, indexes and constraints; each begins with an
empty table. They take turns, so that the machine's other work falls on both.

`--world spread` promises what is spread over the year; `--world all` promises something on every anchor beside it, to clients with birthdays,
meetings and touches behind them, whose advisers go away. What the hand writes and is given is in `planning_by_hand.py`. Both then measure planning
one client again after it changed segment.
"""

import argparse
import json
import resource
import statistics
import sys
import time
from datetime import date
from typing import Any

from bench.database import scratch_database
from bench.planning_by_hand import ANTI_JOIN, COMPARISON, INSERT, WANTED, lay_out_tables, parameters_of

START = date(2026, 3, 2)
# Rows of the past, which the world of all anchors has, are there again at each turn: to delete a million others takes longer than to plan them.
PAST = "CREATE TEMP TABLE bench_past AS SELECT * FROM touchpoints_touchpoint"
PAST_BACK = "INSERT INTO touchpoints_touchpoint OVERRIDING SYSTEM VALUE SELECT * FROM bench_past"
FINGERPRINT = """
    SELECT count(*), sum(hashtextextended(concat_ws('|', client_id, adviser_id, touchpoint_type_id, segment_id, service_year, ordinal, due_on,
                                                    window_ends_on, channel, performer, minutes, lead_days, status), 0)::numeric)::text
    FROM touchpoints_touchpoint
"""


def measure(*, clients: int, repeat: int, world: str) -> dict[str, Any]:
    from django.db import connection, connections, transaction

    from bench.books import hang_promises, make_book, place_clients
    from firms.wall import acting_for
    from touchpoints import planning

    with transaction.atomic():
        firm = make_book(clients=clients)
        scheme = place_clients(firm=firm, since=date(2026, 1, 1))
        if world == "all":
            hang_promises(scheme=scheme, before=START)
    with connections["owner"].cursor() as owner:
        owner.execute("ANALYZE")

    def empty_tables() -> None:
        with connections["owner"].cursor() as owner:
            owner.execute("TRUNCATE touchpoints_bookposition, touchpoints_touchpoint CASCADE")
        with acting_for(firm.pk), connection.cursor() as cursor:
            cursor.execute(PAST_BACK)

    with acting_for(firm.pk), connection.cursor() as cursor:
        cursor.execute(PAST)
    planning.reconcile(firm_id=firm.pk, start=START)
    plan = planning.read_plan(firm.pk, START, date(START.year + 1, START.month, START.day))
    with acting_for(firm.pk), connection.cursor() as cursor:
        lay_out_tables(cursor, plan)
    wanted, parameters = WANTED[world], parameters_of(plan)

    def by_hand(statement: str) -> None:
        with acting_for(firm.pk), connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")
            cursor.execute(statement.format(wanted=wanted), parameters)

    def by_engine() -> None:
        planning.reconcile(firm_id=firm.pk, start=START)

    seconds: dict[str, list[float]] = {"plan_engine": [], "plan_hand": [], "replan_engine": [], "replan_hand": [], "compare_hand": []}

    def timed(name: str, work: Any, *arguments: Any) -> None:
        began = time.perf_counter()
        work(*arguments)
        seconds[name].append(time.perf_counter() - began)
        print(f"{name}: {seconds[name][-1]:.2f} s", file=sys.stderr)

    fingerprints = set()
    for turn in range(repeat):
        sides = [("hand", (by_hand, INSERT)), ("engine", (by_engine,))]
        for name, first in sides if turn % 2 else reversed(sides):
            empty_tables()
            timed(f"plan_{name}", *first)
            with connections["owner"].cursor() as owner:
                owner.execute("VACUUM ANALYZE touchpoints_touchpoint, touchpoints_bookposition")
            # Both sides wrote the same rows; with the engine's stand the positions that it needs.
            for _ in range(3 if name == "engine" else 0):
                timed("replan_hand", by_hand, ANTI_JOIN)
                timed("compare_hand", by_hand, COMPARISON)
                timed("replan_engine", by_engine)
            with acting_for(firm.pk), connection.cursor() as cursor:
                cursor.execute(FINGERPRINT)
                fingerprints.add(tuple(cursor.fetchone()))
    with connections["owner"].cursor() as owner:
        owner.execute("VACUUM ANALYZE touchpoints_touchpoint, touchpoints_bookposition")
    # The last side may have been the hand, which gives nobody a place: who changes segment has one.
    by_engine()
    timed_client = _replan_one(firm.pk)
    if len(fingerprints) != 1:
        raise SystemExit(f"The two sides wrote different rows: {fingerprints}")
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "world": world,
        "clients": clients,
        "rows": next(iter(fingerprints))[0],
        "repeat": repeat,
        **{f"{name}_seconds": round(value, 3) for name, value in median.items()},
        "plan_ratio": round(median["plan_engine"] / median["plan_hand"], 2),
        "replan_ratio": round(median["replan_engine"] / median["replan_hand"], 2),
        "replan_ratio_to_comparison": round(median["replan_engine"] / median["compare_hand"], 2),
        **timed_client,
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _replan_one(firm_id: int, times: int = 30) -> dict[str, float]:
    """Milliseconds to plan one client again after it moved to another segment: in all, and of those what the database took."""
    from django.db import connection

    from clients.models import Client
    from firms.wall import acting_for
    from segmentation.models import Assignment, Segment
    from touchpoints import planning

    with acting_for(firm_id):
        segments = list(Segment.objects.order_by("rank"))
        clients = list(Client.objects.order_by("pk").values_list("pk", flat=True)[:: max(1, Client.objects.count() // times)])[:times]
    whole, database = [], []
    for number, client in enumerate(clients):
        with acting_for(firm_id):
            Assignment.objects.filter(client=client, ends_on=None).update(segment=segments[number % len(segments)])
        spent = 0.0

        def clocked(execute: Any, *arguments: Any) -> Any:
            nonlocal spent
            began = time.perf_counter()
            try:
                return execute(*arguments)
            finally:
                spent += time.perf_counter() - began

        began = time.perf_counter()
        with connection.execute_wrapper(clocked):
            planning.replan_client(firm_id=firm_id, client_id=client, start=START)
        whole.append(time.perf_counter() - began)
        database.append(spent)
    return {
        "replan_client_ms": round(1000 * statistics.median(whole), 1),
        "replan_client_database_ms": round(1000 * statistics.median(database), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--world", choices=("spread", "all"), default="spread")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with scratch_database():
        result = measure(clients=options.clients, repeat=options.repeat, world=options.world)
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
