"""Scoring and placing a book: the engine against SQL written by hand for these very rules, on the same tables in the same run.

    python -m bench.segmentation --clients 100000 --json

Both place the VIP / Gold / Silver / Bronze preset by quota, write placements and assignments with their inputs, behind the wall, with
every key, index and constraint in place. Rounds alternate; each is rolled back and vacuumed away; figures are medians.

first: nobody was placed, everything is inserted. rules changed: every placement is rewritten, movers change segment.
nothing changed: everything is computed and compared, nothing written.
what if: the what-if of a draft, against one scoring run of the same rules alone (everything computed and compared with what stands, nothing
written), and against the bare statement that scores and places everyone.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.database import scratch_database

TABLES = ("segmentation_placement", "segmentation_assignment")

OUT_OF_TEN = "CASE WHEN {0} IS NULL THEN NULL WHEN {0} < 2 THEN 5 WHEN {0} < 4 THEN 25 WHEN {0} < 6 THEN 50 WHEN {0} < 8 THEN 75 ELSE 100 END"

PLACE = """
WITH points AS MATERIALIZED (
    SELECT id, aum, potential, relationship_quality, prescription,
        CASE WHEN aum IS NULL THEN NULL WHEN aum < 25000 THEN 5 WHEN aum < 50000 THEN 15 WHEN aum < 100000 THEN 30 WHEN aum < 250000 THEN 45
            WHEN aum < 500000 THEN 65 WHEN aum < 1000000 THEN 85 ELSE 100 END AS a,
        {b} AS b, {c} AS c, {d} AS d
    FROM clients_client WHERE firm_id = {firm} AND archived_at IS NULL AND status IN ('client', 'prospect')
), scored AS (
    SELECT *, coalesce(round(
        (coalesce(a, 0) * {weights[0]} + coalesce(b, 0) * {weights[1]} + coalesce(c, 0) * {weights[2]} + coalesce(d, 0) * {weights[3]})::numeric
        / nullif((a IS NOT NULL)::int * {weights[0]} + (b IS NOT NULL)::int * {weights[1]} + (c IS NOT NULL)::int * {weights[2]}
            + (d IS NOT NULL)::int * {weights[3]}, 0), 4), 0) AS score
    FROM points
), ranked AS (
    SELECT *, row_number() OVER (ORDER BY score DESC, aum DESC NULLS LAST, id) AS place, count(*) OVER () AS size FROM scored
), placed AS (
    SELECT id AS client_id, score,
        CASE WHEN place <= ceil(size * 0.1) THEN {s[0]} WHEN place <= ceil(size * 0.4) THEN {s[1]} WHEN place <= ceil(size * 0.8) THEN {s[2]}
            ELSE {s[3]} END AS segment_id,
        jsonb_build_object('{k[0]}', jsonb_build_array(aum, a), '{k[1]}', jsonb_build_array(potential, b),
            '{k[2]}', jsonb_build_array(relationship_quality, c), '{k[3]}', jsonb_build_array(prescription, d)) AS inputs
    FROM ranked
)
INSERT INTO segmentation_placement (firm_id, client_id, scheme_id, version_id, segment_id, score, inputs, is_caught)
SELECT {firm}, placed.client_id, {scheme}, {version}, placed.segment_id, placed.score, placed.inputs, true
FROM placed LEFT JOIN segmentation_placement old ON old.firm_id = {firm} AND old.scheme_id = {scheme} AND old.client_id = placed.client_id
WHERE (old.version_id, old.segment_id, old.score, old.inputs) IS DISTINCT FROM ({version}, placed.segment_id, placed.score, placed.inputs)
ON CONFLICT (firm_id, scheme_id, client_id) DO UPDATE SET version_id = excluded.version_id, segment_id = excluded.segment_id,
    score = excluded.score, inputs = excluded.inputs, computed_at = now()
"""

CLOSE = """
UPDATE segmentation_assignment a SET ends_on = '{day}' FROM segmentation_placement p
WHERE a.firm_id = {firm} AND a.scheme_id = {scheme} AND a.ends_on IS NULL AND a.source <> 'override'
    AND p.firm_id = {firm} AND p.scheme_id = {scheme} AND p.client_id = a.client_id AND p.segment_id <> a.segment_id
"""

END_LEAVERS = """
UPDATE segmentation_assignment a SET ends_on = '{day}' FROM clients_client c
WHERE a.firm_id = {firm} AND a.scheme_id = {scheme} AND a.ends_on IS NULL AND c.firm_id = {firm} AND c.id = a.client_id
    AND (c.archived_at IS NOT NULL OR c.status NOT IN ('client', 'prospect'))
"""

OPEN = """
INSERT INTO segmentation_assignment (firm_id, client_id, scheme_id, segment_id, version_id, starts_on, source, score, inputs, reason)
SELECT p.firm_id, p.client_id, p.scheme_id, p.segment_id, p.version_id, '{day}', 'computed', p.score, p.inputs, ''
FROM segmentation_placement p LEFT JOIN segmentation_assignment a
    ON a.firm_id = {firm} AND a.scheme_id = {scheme} AND a.client_id = p.client_id AND a.ends_on IS NULL
WHERE p.firm_id = {firm} AND p.scheme_id = {scheme} AND a.id IS NULL
"""


def vacuum(*tables: str) -> None:
    """What autovacuum would have done: statistics, and the dead rows of the round before out of the way."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def measure(clients: int, rounds: int, *, only_what_if: bool) -> dict[str, Any]:
    from datetime import date, timedelta

    from django.db import connection, transaction

    from bench.books import make_book
    from firms.statistics import joining_whole_books
    from firms.wall import acting_for
    from segmentation.models import Assignment, Criterion, Placement, SchemeVersion
    from segmentation.presets import VIP, create_from_preset
    from segmentation.publishing import publish_version, start_draft
    from segmentation.rules import load_rules
    from segmentation.scoring import compile_rules, place_book
    from segmentation.tending import place_newcomers
    from segmentation.whatif import what_if

    firm = make_book(clients=clients)
    day = date(2026, 3, 2)
    vacuum("clients_client", "clients_person", *TABLES)

    def place_by_hand(version: SchemeVersion, weights: tuple[int, ...], on: date) -> None:
        values = {
            "firm": firm.pk,
            "scheme": version.scheme_id,
            "version": version.pk,
            "s": list(version.scheme.segments.order_by("rank").values_list("pk", flat=True)),
            "k": list(Criterion.objects.filter(version=version).values_list("pk", flat=True)),
            "weights": weights,
            "day": on.isoformat(),
            "b": OUT_OF_TEN.format("potential"),
            "c": OUT_OF_TEN.format("relationship_quality"),
            "d": OUT_OF_TEN.format("prescription"),
        }
        # On tables that were empty when last looked at, nested loops are chosen, which never end: neither side is let.
        with joining_whole_books(), connection.cursor() as cursor:
            for statement in (PLACE, CLOSE, END_LEAVERS, OPEN):
                cursor.execute(statement.format(**values))

    def draft_with(scheme: Any, weights: tuple[int, ...]) -> SchemeVersion:
        draft = start_draft(scheme=scheme)
        for criterion, weight in zip(Criterion.objects.filter(version=draft).order_by("position"), weights, strict=True):
            Criterion.objects.filter(pk=criterion.pk).update(weight=weight)
        return draft

    def timed(act: Callable[[], Any]) -> float:
        """One round, undone afterwards."""
        with acting_for(firm.pk):
            point = transaction.savepoint()
            began = time.perf_counter()
            act()
            seconds = time.perf_counter() - began
            transaction.savepoint_rollback(point)
        vacuum(*TABLES)
        return seconds

    def alternate(engine: Callable[[], Any], by_hand: Callable[[], Any]) -> dict[str, float]:
        pairs = []
        for number in range(rounds + 1):
            # Neither always goes first; the first pair warms the caches and does not count.
            order = (engine, by_hand) if number % 2 else (by_hand, engine)
            seconds = {act: timed(act) for act in order}
            pairs.append((seconds[engine], seconds[by_hand]))
        ours, theirs = (median(column) for column in zip(*pairs[1:], strict=True))
        return {"engine_seconds": round(ours, 3), "by_hand_seconds": round(theirs, 3), "ratio": round(ours / theirs, 2)}

    with acting_for(firm.pk):
        versions = [create_from_preset(VIP) for _ in range(2)]
    usual, changed = (40, 25, 20, 15), (25, 40, 15, 20)
    figures: dict[str, Any] = {"clients": clients, "rounds": rounds}
    if not only_what_if:
        figures["first"] = alternate(lambda: publish_version(version=versions[0], by=None, on=day), lambda: place_by_hand(versions[1], usual, day))
    with acting_for(firm.pk):
        publish_version(version=versions[0], by=None, on=day)
        place_by_hand(versions[1], usual, day)
        columns = ("client_id", "segment__rank", "score")
        placed = [list(Placement.objects.filter(version=v).order_by("client_id").values_list(*columns)) for v in versions]
        figures["same_result"] = placed[0] == placed[1] and len(placed[0]) == clients
        del placed
        SchemeVersion.objects.filter(pk=versions[1].pk).update(status="published")
    vacuum(*TABLES)
    later = day + timedelta(days=30)
    if not only_what_if:
        with acting_for(firm.pk):
            drafts = [draft_with(version.scheme, changed) for version in versions]
        figures["rules_changed"] = alternate(
            lambda: publish_version(version=drafts[0], by=None, on=later), lambda: place_by_hand(drafts[1], changed, later)
        )
        figures["nothing_changed"] = alternate(
            lambda: place_newcomers(scheme_id=versions[0].scheme_id, firm_id=firm.pk, today=later), lambda: place_by_hand(versions[1], usual, later)
        )
    with acting_for(firm.pk):
        published = SchemeVersion.objects.get(pk=versions[0].pk)
        rules = load_rules(published)
        statement = compile_rules(rules, firm_id=firm.pk, on=later)
        place_book(version=published, rules=rules, on=later)
    vacuum(*TABLES)

    def score_alone() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*), max(segment_id), max(score), count(inputs) FROM ({statement.sql}) placed", statement.parameters)

    def ask() -> None:
        what_if(rules=rules, scheme=published.scheme)

    for name, run in (("what_if", lambda: place_book(version=published, rules=rules, on=later)), ("what_if_to_statement", score_alone)):
        compared = alternate(ask, run)
        figures[name] = {
            "what_if_seconds": compared["engine_seconds"], "scoring_seconds": compared["by_hand_seconds"], "ratio": compared["ratio"]
        }  # fmt: skip
    with acting_for(firm.pk):
        figures["assignments"] = Assignment.objects.filter(ends_on=None).count()
    figures["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only-what-if", action="store_true", help="leave the other comparisons out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with scratch_database():
        figures = measure(options.clients, options.rounds, only_what_if=options.only_what_if)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
