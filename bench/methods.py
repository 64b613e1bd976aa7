"""Each way of placing clients, the drift scan, and how cost grows: the engine against SQL written by hand, same tables, same run.

    python -m bench.methods --clients 100000 --firms 20 --firm-clients 50000 --json

methods: what a method's rules compile to, and the same rules as a person would write them, each computed into a temporary table
(every client's segment, scores and reasons). Rounds alternate; figures are medians; the two tables are compared row by row.
drift: `find_drift` with nothing to change against one hand-written comparison of placements and assignments.
many firms: every firm of the installation placed one after the other; seconds by size of book, and the memory of the process.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from bench.database import scratch_database

DAY = date(2026, 3, 2)
BOOK = "clients_client WHERE firm_id = {firm} AND archived_at IS NULL AND status IN ('client', 'prospect')"

# By hand, one statement a method: {s} are segment ids by rank, {k} the criteria's.
THRESHOLDS = """
WITH points AS MATERIALIZED (
    SELECT id, potential, prescription, potential * 10 AS a, prescription * 10 AS b FROM {book}
), scored AS (SELECT *, round((coalesce(a, 0) * 60 + coalesce(b, 0) * 40)::numeric / 100, 4) AS score FROM points)
SELECT id AS client_id, CASE WHEN score >= 70 THEN {s[0]} WHEN score >= 40 THEN {s[1]} ELSE {s[2]} END AS segment_id, score,
    jsonb_build_object('{k[0]}', jsonb_build_array(potential, a), '{k[1]}', jsonb_build_array(prescription, b)) AS inputs FROM scored
"""
QUOTAS_WITH_FLOORS = """
WITH points AS MATERIALIZED (
    SELECT id, aum, net_worth, potential, prescription, potential * 10 AS a, prescription * 10 AS b FROM {book}
), scored AS (SELECT *, round((coalesce(a, 0) * 60 + coalesce(b, 0) * 40)::numeric / 100, 4) AS score FROM points),
ranked AS (SELECT *, row_number() OVER (ORDER BY score DESC, aum DESC NULLS LAST, id) AS place, count(*) OVER () AS size FROM scored)
SELECT id AS client_id, CASE WHEN place <= ceil(size * 0.1) AND (net_worth > 1000000 OR potential >= 8) THEN {s[0]}
        WHEN place <= ceil(size * 0.4) THEN {s[1]} ELSE {s[2]} END AS segment_id, score,
    jsonb_build_object('{k[0]}', jsonb_build_array(potential, a), '{k[1]}', jsonb_build_array(prescription, b),
        '{k[2]}', jsonb_build_array(net_worth, NULL)) AS inputs FROM ranked
"""
RULES = """
WITH made AS MATERIALIZED (
    SELECT client_id, count(*) FILTER (WHERE made_on > date '2025-03-02' AND made_on <= date '2026-03-02') AS referrals
    FROM clients_referral WHERE firm_id = {firm} GROUP BY client_id
)
SELECT id AS client_id, CASE WHEN aum > 400000 AND (referrals_12_months > 5 OR potential >= 8) THEN {s[0]}
        WHEN aum > 50000 AND aum <= 400000 THEN {s[1]} ELSE {s[2]} END AS segment_id, NULL::numeric AS score,
    jsonb_build_object('{k[0]}', jsonb_build_array(aum, NULL), '{k[1]}', jsonb_build_array(referrals_12_months, NULL),
        '{k[2]}', jsonb_build_array(potential, NULL)) AS inputs
FROM (
    SELECT id, aum, coalesce(referrals, referrals_12_months) AS referrals_12_months, potential
    FROM (SELECT * FROM {book}) c LEFT JOIN made ON made.client_id = c.id
) book
"""
# Three for every tenth client, one of them long ago.
REFERRALS = """
INSERT INTO clients_referral (firm_id, client_id, name, made_on, led_to_meeting, converted, note, created_at, by_id)
SELECT firm_id, id, 'Somebody', date '2025-01-01' + 200 * n, false, false, '', now(), adviser_id
FROM clients_client, generate_series(0, 2) n WHERE id % 10 = 0
"""
PLANE = """
WITH points AS MATERIALIZED (
    SELECT id, aum, potential,
        round(100 * least(greatest(aum / 1000000, 0), 1), 4) AS a, potential * 10 AS b FROM {book}
), scored AS (SELECT *, coalesce(a, 0) AS x, coalesce(b, 0)::numeric AS y FROM points)
SELECT id AS client_id, CASE WHEN y < 50 THEN CASE WHEN x < 50 THEN {s[2]} ELSE {s[1]} END
        ELSE CASE WHEN x < 50 THEN {s[1]} ELSE {s[0]} END END AS segment_id, x AS score,
    jsonb_build_object('{k[0]}', jsonb_build_array(aum, a), '{k[1]}', jsonb_build_array(potential, b)) AS inputs FROM scored
"""
PERCENTILE = """
WITH points AS MATERIALIZED (
    SELECT id, aum, round((100 * ((rank() OVER w - 1) + (count(*) OVER w - 1)))::numeric / (2 * (count(aum) OVER () - 1)), 4) AS a
    FROM {book} WINDOW w AS (PARTITION BY aum IS NULL ORDER BY aum)
)
SELECT id AS client_id, CASE WHEN a >= 70 THEN {s[0]} WHEN a >= 40 THEN {s[1]} ELSE {s[2]} END AS segment_id, a AS score,
    jsonb_build_object('{k[0]}', jsonb_build_array(aum, a)) AS inputs FROM points
"""
DRIFT = """
SELECT p.client_id, a.segment_id, p.segment_id FROM segmentation_placement p
JOIN segmentation_assignment a ON a.firm_id = p.firm_id AND a.scheme_id = p.scheme_id AND a.client_id = p.client_id AND a.ends_on IS NULL
LEFT JOIN segmentation_drift d ON d.firm_id = p.firm_id AND d.scheme_id = p.scheme_id AND d.client_id = p.client_id
WHERE p.firm_id = {firm} AND p.scheme_id = {scheme} AND a.source <> 'override' AND p.segment_id <> a.segment_id AND d.id IS NULL
"""


def tens(key: str, attribute: str, weight: int, **fields: Any) -> Any:
    from segmentation.rules import BandRule, CriterionRule

    bands = tuple(BandRule(lower=None if n == 0 else Decimal(n), upper=Decimal(n + 1) if n < 10 else None, points=Decimal(10 * n)) for n in range(11))
    return CriterionRule(key=key, attribute=attribute, weight=Decimal(weight), bands=bands, **fields)


def methods(segments: list[int]) -> dict[str, tuple[Any, str]]:
    """By name: the rules, and the same by hand."""
    from clients.conditions import Condition, Group, Match, Test
    from segmentation.models import Axis, Method, Missing, Scale
    from segmentation.rules import CriterionRule, CutRule, Plane, Rules, with_stated_criteria

    def cuts(*fields: dict[str, Any]) -> tuple[CutRule, ...]:
        return tuple(CutRule(segment_id=pk, **each) for pk, each in zip(segments, fields, strict=True))

    def condition(attribute: str, test: Test, figure: int) -> Condition:
        return Condition(attribute, test, (Decimal(figure),))

    scores = cuts({"least_score": Decimal(70)}, {"least_score": Decimal(40)}, {})
    two = (tens("1", "potential", 60), tens("2", "prescription", 40))
    floor = Group(Match.ANY, 0, (condition("net_worth", Test.MORE_THAN, 1_000_000), condition("potential", Test.AT_LEAST, 8)))
    either = Group(Match.ANY, 0, (condition("referrals_12_months", Test.MORE_THAN, 5), condition("potential", Test.AT_LEAST, 8)))
    top = Group(Match.ALL, 0, (condition("aum", Test.MORE_THAN, 400_000), either))
    middle = Group(Match.ALL, 0, (condition("aum", Test.MORE_THAN, 50_000), condition("aum", Test.AT_MOST, 400_000)))
    line = CriterionRule(key="1", attribute="aum", weight=Decimal(100), scale=Scale.LINEAR, zero_at=Decimal(0), full_at=Decimal(1_000_000))
    rank = CriterionRule(key="1", attribute="aum", weight=Decimal(100), scale=Scale.PERCENTILE)
    first, second, third = segments
    plane = Plane(x_cuts=(Decimal(50),), y_cuts=(Decimal(50),), cells=((third, second), (second, first)))
    quotas = cuts({"quota": Decimal(10), "conditions": floor}, {"quota": Decimal(30)}, {"quota": Decimal(60)})
    on_second = tens("2", "potential", 100, axis=Axis.SECOND)
    found = {
        "thresholds": (Rules(criteria=two, cuts=scores), THRESHOLDS),
        "quotas_with_floors": (Rules(method=Method.QUOTAS, criteria=two, cuts=quotas), QUOTAS_WITH_FLOORS),
        "rules": (Rules(method=Method.RULES, cuts=cuts({"conditions": top}, {"conditions": middle}, {})), RULES),
        "plane": (Rules(method=Method.PLANE, criteria=(line, on_second), cuts=cuts({}, {}, {}), plane=plane), PLANE),
        "percentile": (Rules(criteria=(rank,), cuts=scores, missing=Missing.ZERO), PERCENTILE),
    }
    return {name: (with_stated_criteria(rules), sql) for name, (rules, sql) in found.items()}


def alternate(rounds: int, engine: Callable[[], float], by_hand: Callable[[], float]) -> dict[str, float]:
    """Medians of alternating rounds; the first pair warms the caches and does not count."""
    pairs = []
    for number in range(rounds + 1):
        order = (engine, by_hand) if number % 2 else (by_hand, engine)
        seconds = {act: act() for act in order}
        pairs.append((seconds[engine], seconds[by_hand]))
    ours, theirs = (median(column) for column in zip(*pairs[1:], strict=True))
    return {"engine_seconds": round(ours, 3), "by_hand_seconds": round(theirs, 3), "ratio": round(ours / theirs, 2)}


def measure_methods(firm_id: int, rounds: int) -> dict[str, Any]:
    from django.db import connection

    from firms.wall import acting_for
    from segmentation.scoring import compile_rules
    from tests.segmentation.rows import make_scheme

    with acting_for(firm_id), connection.cursor() as cursor:
        cursor.execute(REFERRALS)
        segments = list(make_scheme().segments.order_by("rank").values_list("pk", flat=True))

    def computed(table: str, sql: str, parameters: list[Any] | None = None) -> float:
        with acting_for(firm_id), connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
            began = time.perf_counter()
            cursor.execute(f"CREATE TEMPORARY TABLE {table} AS {sql}", parameters)
            return time.perf_counter() - began

    figures = {}
    for name, (rules, sql) in methods(segments).items():
        keys = [criterion.key for criterion in rules.criteria]
        told = sql.format(book=BOOK.format(firm=firm_id), firm=firm_id, s=segments, k=keys)

        def engine(rules: Any = rules) -> float:
            # Compiling is part of the work.
            began = time.perf_counter()
            statement = compile_rules(rules, firm_id=firm_id, on=DAY)
            return time.perf_counter() - began + computed("by_engine", statement.sql, statement.parameters)

        def by_hand(told: str = told) -> float:
            return computed("by_hand", told)

        figures[name] = alternate(rounds, engine, by_hand)
        with acting_for(firm_id), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), count(*) FILTER (WHERE (e.segment_id, e.score, e.inputs) IS NOT DISTINCT FROM (h.segment_id, h.score, h.inputs)) "
                "FROM by_engine e FULL JOIN by_hand h USING (client_id)"
            )
            everyone, same = cursor.fetchone()
        figures[name]["same_result"] = everyone == same
    return figures


def measure_drift(firm_id: int, rounds: int) -> dict[str, Any]:
    """A published scheme whose clients changed since: a tenth drift, all known already."""
    from django.db import connection

    from firms.wall import acting_for
    from segmentation.drift import find_drift
    from segmentation.models import Drift, Scheme
    from segmentation.presets import VIP, create_from_preset
    from segmentation.publishing import publish_version
    from segmentation.rules import load_rules
    from segmentation.tending import place_newcomers

    with acting_for(firm_id):
        version = publish_version(version=create_from_preset(VIP), by=None, on=DAY).version
        with connection.cursor() as cursor:
            cursor.execute("UPDATE clients_client SET potential = 10 - potential WHERE firm_id = %s AND id %% 5 = 0", [firm_id])
        place_newcomers(scheme_id=version.scheme_id, firm_id=firm_id, today=DAY)
        rules, ranges = load_rules(version), Scheme.objects.get(pk=version.scheme_id).score_ranges
        drifting = Drift.objects.count()

    def engine() -> float:
        with acting_for(firm_id):
            began = time.perf_counter()
            find_drift(version=version, rules=rules, score_ranges=ranges, on=DAY)
            return time.perf_counter() - began

    def by_hand() -> float:
        with acting_for(firm_id), connection.cursor() as cursor:
            began = time.perf_counter()
            cursor.execute(DRIFT.format(firm=firm_id, scheme=version.scheme_id))
            assert cursor.fetchall() == []
            return time.perf_counter() - began

    return {"drifting": drifting, **alternate(rounds, engine, by_hand)}


def measure_many_firms(firms: int, clients: int) -> dict[str, Any]:
    """Publishing in every firm, one after the other, then books of other sizes: is cost linear, and memory bounded?"""
    from bench.books import make_book
    from firms.wall import acting_for
    from segmentation.presets import VIP, create_from_preset
    from segmentation.publishing import publish_version
    from segmentation.tending import tend_schemes

    def publish(firm_id: int) -> float:
        with acting_for(firm_id):
            began = time.perf_counter()
            publish_version(version=create_from_preset(VIP), by=None, on=DAY)
            return time.perf_counter() - began

    def tend(firm_id: int) -> float:
        with acting_for(firm_id):
            began = time.perf_counter()
            tend_schemes(firm_id=firm_id, today=DAY.replace(day=3))
            return time.perf_counter() - began

    sizes = [clients // 4, clients // 2, clients, clients * 2]
    books = [make_book(clients=size, name=f"Size {size}").pk for size in sizes]
    many = [make_book(clients=clients, name=f"Firm {number}").pk for number in range(firms)]
    first = {size: publish(pk) for size, pk in zip(sizes, books, strict=True)}
    nightly = {size: tend(pk) for size, pk in zip(sizes, books, strict=True)}
    published = [publish(pk) for pk in many]
    again = [tend(pk) for pk in many]
    return {
        "clients": firms * clients,
        "publish_seconds_total": round(sum(published), 1),
        "nightly_seconds_total": round(sum(again), 1),
        "publish_microseconds_a_client": {size: round(seconds / size * 1e6, 1) for size, seconds in first.items()},
        "nightly_microseconds_a_client": {size: round(seconds / size * 1e6, 1) for size, seconds in nightly.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--firms", type=int, default=20)
    parser.add_argument("--firm-clients", type=int, default=50_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with scratch_database():
        from bench.books import make_book
        from bench.segmentation import vacuum

        firm = make_book(clients=options.clients)
        vacuum("clients_client")
        figures: dict[str, Any] = {"methods": measure_methods(firm.pk, options.rounds), "drift": measure_drift(firm.pk, options.rounds)}
        if options.firms:
            figures["many_firms"] = measure_many_firms(options.firms, options.firm_clients)
        figures["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
