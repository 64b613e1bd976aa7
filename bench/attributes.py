"""What each sort of attribute costs when a whole book is scored by it, and what keeping dated amounts in step costs.

    python -m bench.attributes --clients 100000 --json

A scheme of one criterion is compiled and its statement run to the end, for each attribute; `aum`, a column of the client, is what the
others are compared with. Figures are medians of the rounds, which alternate over the attributes.
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import date
from statistics import median
from typing import Any

from bench.database import scratch_database

# A fifth of the clients referred someone, twice; all have three amounts of each kind and the firm's own attributes.
FILL = (
    "UPDATE clients_client SET annual_cost = annual_revenue / 3, own = jsonb_build_object('score', (id %% 1000)::text, 'colour', "
    "  (ARRAY['blue', 'red', 'green'])[1 + id %% 3], 'products', to_jsonb((ARRAY['rrsp', 'tfsa', 'resp', 'mortgage'])[1:1 + (id %% 4)::int])) "
    "WHERE firm_id = %(firm)s",
    "INSERT INTO clients_referral (firm_id, client_id, name, made_on, led_to_meeting, converted, quality, note, by_id) "
    "SELECT firm_id, id, 'X', %(day)s::date - (id %% 700)::int - turn, id %% 2 = 0, id %% 3 = 0, id %% 11, '', adviser_id "
    "FROM clients_client, generate_series(1, 2) turn WHERE firm_id = %(firm)s AND id %% 5 = 0",
    "INSERT INTO clients_amount (firm_id, client_id, kind, starts_on, ends_on, amount, source, note) "
    "SELECT firm_id, id, told, last - (CASE told WHEN 'aum' THEN 0 ELSE 89 END), last, id %% 5000, 'entered', '' "
    "FROM clients_client, unnest(ARRAY['aum', 'revenue', 'cost', 'net_inflow']) told, "
    "  LATERAL (SELECT %(day)s::date - 100 * turn AS last FROM generate_series(1, 3) turn) days WHERE firm_id = %(firm)s",
)
SCORED = (
    "aum", "risk_attitude", "age", "profit", "cost_ratio", "products_held", "own.score", "own.colour", "referrals_12_months",
    "referral_quality_12_months", "net_inflow_12_months",
)  # fmt: skip


def measure(clients: int, rounds: int) -> dict[str, Any]:
    from django.db import connection, connections

    from bench.books import make_book
    from clients.amounts import bring_up_to_date
    from clients.attributes import Type, catalogue_of
    from clients.models import AttributeDefinition, Client
    from firms.wall import acting_for

    firm, day = make_book(clients=clients), date(2026, 3, 2)
    with acting_for(firm.pk):
        with connection.cursor() as cursor:
            for statement in FILL:
                cursor.execute(statement, {"firm": firm.pk, "day": day})
        words = {"group": "economic", "label_en": "X", "label_fr": "X", "definition_en": "X", "definition_fr": "X"}
        AttributeDefinition.objects.create(slug="score", type="number", **words)
        choices = [{"value": value, "en": value, "fr": value, "archived": False} for value in ("blue", "red", "green")]
        AttributeDefinition.objects.create(slug="colour", type="choice", choices=choices, **words)
    with connections["owner"].cursor() as cursor:
        for table in ("clients_client", "clients_referral", "clients_amount"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")

    def timed(act: Callable[[], Any]) -> float:
        with acting_for(firm.pk):
            began = time.perf_counter()
            act()
            return time.perf_counter() - began

    def score(key: str) -> Callable[[], Any]:
        """Points by bands of the attribute, added over the book: what scoring does with one criterion."""
        found = catalogue_of(firm.pk)[key]
        book = Client.objects.filter(firm_id=firm.pk, archived_at=None).order_by().annotate(value=found.expression(on=day)).values("pk", "value")
        sql, parameters = book.query.sql_with_params()
        bands = "value::text = 'red'" if found.type is Type.CHOICE else "value >= 100"

        def run() -> None:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*), sum(CASE WHEN value IS NULL THEN 0 WHEN {bands} THEN 50 ELSE 10 END) FROM ({sql}) book", parameters)

        return run

    def narrow() -> None:
        found = catalogue_of(firm.pk)["own.colour"]
        book = Client.objects.filter(firm_id=firm.pk, archived_at=None).alias(value=found.expression())
        list(book.filter(value="nothing").order_by("sort_name", "pk")[:51])

    with acting_for(firm.pk):
        acts = {key: score(key) for key in SCORED} | {"a list narrowed by own.colour to nothing": narrow}
    times: dict[str, list[float]] = {name: [] for name in acts}
    for number in range(rounds + 1):
        for name, act in acts.items():
            seconds = timed(act)
            if number:
                times[name].append(seconds)
    figures = {name: round(1000 * median(each)) for name, each in times.items()}
    first = timed(lambda: bring_up_to_date(firm_id=firm.pk, on=day))
    again = timed(lambda: bring_up_to_date(firm_id=firm.pk, on=day))
    return {
        "clients": clients,
        "milliseconds": figures,
        "all figures written, seconds": round(first, 2),
        "nothing to write, seconds": round(again, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with scratch_database():
        figures = measure(options.clients, options.repeat)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, milliseconds in figures.pop("milliseconds").items():
        print(f"{name:45} {milliseconds:6} ms")
    for name, value in figures.items():
        print(f"{name:45} {value:6}")


if __name__ == "__main__":
    main()
