"""Scoring and placing a whole book in SQL: a version's rules compile to one statement, and only rows that change are written.

Why SQL: a book of 100,000 clients is scored, ranked and placed in a fraction of a second where its rows are, and two runs
over the same data write nothing the second time. `reference.py` says the same in plain Python.

Who is placed: clients and prospects that are not archived. Former and archived clients are not.

Rounding: weights and points are whole numbers of their smallest unit (1/100 %, 1/10 000 point), so the score's integer
division, half up to four decimals, is exact and the same here and in Python.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Expression, Max, Min, QuerySet

from clients.attributes import Attribute, Type, attribute
from clients.models import Client, Status
from segmentation.models import Method, Missing, Placement, SchemeVersion
from segmentation.rules import UNITS, WEIGHT_UNITS, CriterionRule, Rules

PLACED_STATUSES = (Status.CLIENT, Status.PROSPECT)


def book_of(firm_id: int) -> QuerySet[Client]:
    """Who is placed."""
    return Client.objects.filter(firm_id=firm_id, archived_at=None, status__in=PLACED_STATUSES)


@dataclass(frozen=True)
class Statement:
    """A SELECT of client_id, segment_id, score, inputs for every client of the book."""

    sql: str
    parameters: list[Any]


def compile_rules(rules: Rules, *, firm_id: int, on: date) -> Statement:
    """The rules as one SELECT over the firm's book; `on` is the day ages and tenures are counted to.

    book: each client's raw values, by the attribute catalogue. pointed: what each value earns, NULL where it is not known.
    scored: the weighted mean in units of 1/10 000 point. ranked: the place in the book, only for quotas.
    """
    sources: dict[str, Expression] = {f"value_{number}": attribute(rule.attribute).expression(on=on) for number, rule in enumerate(rules.criteria)}
    book, parameters = book_of(firm_id).order_by().annotate(**sources).values_list("pk", "aum", *sources).query.sql_with_params()
    bound: list[Any] = list(parameters)
    numbers = range(len(rules.criteria))

    points = []
    for number, rule in enumerate(rules.criteria):
        case, case_parameters = _points_case(rule, f"value_{number}", attribute(rule.attribute))
        points.append(f"{case} AS points_{number}")
        bound += case_parameters
    weights = [int(rule.weight * WEIGHT_UNITS) for rule in rules.criteria]
    weighted = " + ".join(f"coalesce(points_{number}, 0) * {weights[number]}::bigint" for number in numbers) or "0::bigint"
    if rules.missing == Missing.REWEIGHT:
        counted = " + ".join(f"CASE WHEN points_{number} IS NULL THEN 0 ELSE {weights[number]} END::bigint" for number in numbers) or "0::bigint"
    else:
        counted = f"{sum(weights)}::bigint"
    inputs = ", ".join(f"%s, jsonb_build_array({_raw(rule, number)}, points_{number} * 0.0001)" for number, rule in enumerate(rules.criteria))

    if rules.method == Method.QUOTAS:
        ranked = "SELECT *, row_number() OVER (ORDER BY units DESC, aum DESC NULLS LAST, client_id) AS place, count(*) OVER () AS size FROM scored"
        share = 0
        conditions = []
        for cut in rules.cuts[:-1]:
            share += int((cut.quota or 0) * UNITS)
            conditions.append((f"(place - 1) * {100 * UNITS} < size * {share}::bigint", cut.segment_id))
    else:
        ranked = "SELECT * FROM scored"
        conditions = [(f"units >= {int((cut.least_score or 0) * UNITS)}", cut.segment_id) for cut in rules.cuts[:-1]]
    last = f"{rules.cuts[-1].segment_id}::bigint"
    branches = " ".join(f"WHEN {condition} THEN {segment_id}" for condition, segment_id in conditions)
    segment = f"CASE {branches} ELSE {last} END" if branches else last

    sql = f"""
        WITH book (client_id, aum{"".join(f", value_{number}" for number in numbers)}) AS ({book}),
        pointed AS MATERIALIZED (SELECT *{"".join(f", {case}" for case in points)} FROM book),
        scored AS (
            SELECT *, coalesce((2 * ({weighted}) + ({counted})) / nullif(2 * ({counted}), 0), 0) AS units FROM pointed
        ),
        ranked AS ({ranked})
        SELECT client_id, {segment} AS segment_id, (units * 0.0001)::numeric(9, 4) AS score, jsonb_build_object({inputs}) AS inputs FROM ranked
    """
    return Statement(sql, [*bound, *(rule.key for rule in rules.criteria)])


def _points_case(rule: CriterionRule, value: str, source: Attribute) -> tuple[str, list[Any]]:
    """What a value earns, in units; NULL when it is not known, nothing when no band holds it."""
    branches = [f"WHEN {value} IS NULL THEN NULL"]
    bound: list[Any] = []
    for band in rule.ordered_bands():
        points = int(band.points * UNITS)
        if band.choice:
            branches.append(f"WHEN {value}::text = %s THEN {points}")
            bound.append(band.choice)
            continue
        ends = []
        for end, sign in ((band.lower, ">="), (band.upper, "<")):
            if end is not None:
                ends.append(f"{value} {sign} %s")
                bound.append(end)
        branches.append(f"WHEN {' AND '.join(ends) or 'true'} THEN {points}")
    return f"CASE {' '.join(branches)} ELSE 0 END::bigint", bound


def _raw(rule: CriterionRule, number: int) -> str:
    text = attribute(rule.attribute).type is Type.CHOICE
    return f"value_{number}::text" if text else f"value_{number}"


def count_moves(rules: Rules, *, firm_id: int, scheme_id: int, on: date) -> dict[tuple[int | None, int], int]:
    """How many clients would go from which current segment (None: not placed yet) to which, stays included. Reads only.

    Overridden clients stay where they are.
    """
    statement = compile_rules(rules, firm_id=firm_id, on=on)
    sql = f"""
        SELECT a.segment_id, CASE a.source WHEN 'override' THEN a.segment_id ELSE placed.segment_id END, count(*) FROM ({statement.sql}) placed
        LEFT JOIN segmentation_assignment a ON a.firm_id = %s AND a.scheme_id = %s AND a.client_id = placed.client_id AND a.ends_on IS NULL
        GROUP BY 1, 2
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [*statement.parameters, firm_id, scheme_id])
        return {(before, after): count for before, after, count in cursor.fetchall()}


def place_book(*, version: SchemeVersion, rules: Rules, on: date) -> int:
    """Bring the computed placements of a scheme up to date. Returns how many rows were written or removed.

    One statement computes everyone, compares with what stands and writes the differences; another removes those who are
    no longer in the book.
    """
    statement = compile_rules(rules, firm_id=version.firm_id, on=on)
    upsert = f"""
        INSERT INTO segmentation_placement AS p (firm_id, client_id, scheme_id, version_id, segment_id, score, inputs, computed_at)
        SELECT %s, placed.client_id, %s, %s, placed.segment_id, placed.score, placed.inputs, now()
        FROM ({statement.sql}) placed
        LEFT JOIN segmentation_placement old ON old.firm_id = %s AND old.scheme_id = %s AND old.client_id = placed.client_id
        WHERE old.id IS NULL OR old.segment_id <> placed.segment_id OR old.score <> placed.score
            OR old.version_id <> %s OR old.inputs <> placed.inputs
        ON CONFLICT (firm_id, scheme_id, client_id) DO UPDATE
        SET version_id = excluded.version_id, segment_id = excluded.segment_id, score = excluded.score, inputs = excluded.inputs,
            computed_at = excluded.computed_at
    """
    remove = """
        DELETE FROM segmentation_placement p USING clients_client c
        WHERE p.firm_id = %s AND p.scheme_id = %s AND c.firm_id = p.firm_id AND c.id = p.client_id
            AND NOT (c.archived_at IS NULL AND c.status = ANY(%s))
    """
    firm_id, scheme_id = version.firm_id, version.scheme_id
    with connection.cursor() as cursor:
        cursor.execute(upsert, [firm_id, scheme_id, version.pk, *statement.parameters, firm_id, scheme_id, version.pk])
        written = cursor.rowcount
        cursor.execute(remove, [firm_id, scheme_id, [str(status) for status in PLACED_STATUSES]])
        return int(written + cursor.rowcount)


def score_ranges(*, scheme_id: int, firm_id: int) -> dict[str, list[str]]:
    """The lowest and the highest score placed in each segment, as text; segments nobody is in are left out."""
    rows = (
        Placement.objects.filter(firm_id=firm_id, scheme_id=scheme_id).order_by().values("segment_id").annotate(least=Min("score"), most=Max("score"))
    )
    return {str(row["segment_id"]): [str(row["least"]), str(row["most"])] for row in rows}


@dataclass(frozen=True)
class AssignmentCounts:
    """What became of the assignments of a scheme."""

    moved: int = 0
    arrived: int = 0
    left: int = 0

    def __bool__(self) -> bool:
        return bool(self.moved or self.arrived or self.left)


def assign_book(*, version: SchemeVersion, on: date, move: bool, by_id: int | None = None) -> AssignmentCounts:
    """Bring the assignments of a scheme in line with its placements, from `on`.

    Newcomers are assigned and leavers' assignments end, always. Clients whose segment differs are moved only when `move`
    (a publication); otherwise they stay where they are, which is drift. Overrides stay until they end.

    A period that began the same day is rewritten in place, so no period is empty; an older one ends, and the new one begins
    that day. Writers hold the scheme's lock (publishing.lock_scheme), so the periods cannot cross.
    """
    firm_id, scheme_id = version.firm_id, version.scheme_id
    differs = """
        FROM segmentation_placement p
        WHERE a.firm_id = %s AND a.scheme_id = %s AND a.ends_on IS NULL AND a.source <> 'override'
            AND p.firm_id = a.firm_id AND p.scheme_id = a.scheme_id AND p.client_id = a.client_id AND p.segment_id <> a.segment_id
    """
    absent = """
        WHERE a.firm_id = %s AND a.scheme_id = %s AND a.ends_on IS NULL AND NOT EXISTS (
            SELECT FROM segmentation_placement p WHERE p.firm_id = a.firm_id AND p.scheme_id = a.scheme_id AND p.client_id = a.client_id
        )
    """
    moved = left = 0
    with connection.cursor() as cursor:
        if move:
            cursor.execute(
                f"""UPDATE segmentation_assignment a
                SET segment_id = p.segment_id, version_id = p.version_id, score = p.score, inputs = p.inputs,
                    source = 'computed', reason = '', expires_on = NULL, by_id = %s, created_at = statement_timestamp()
                {differs} AND a.starts_on >= %s""",
                [by_id, firm_id, scheme_id, on],
            )
            moved += cursor.rowcount
            cursor.execute(f"UPDATE segmentation_assignment a SET ends_on = %s {differs} AND a.starts_on < %s", [on, firm_id, scheme_id, on])
            moved += cursor.rowcount
            closed = cursor.rowcount
        else:
            closed = 0
        cursor.execute(f"DELETE FROM segmentation_assignment a {absent} AND a.starts_on >= %s", [firm_id, scheme_id, on])
        left += cursor.rowcount
        cursor.execute(f"UPDATE segmentation_assignment a SET ends_on = %s {absent} AND a.starts_on < %s", [on, firm_id, scheme_id, on])
        left += cursor.rowcount
        cursor.execute(
            """
            INSERT INTO segmentation_assignment
                (firm_id, client_id, scheme_id, segment_id, version_id, starts_on, source, score, inputs, reason, by_id)
            SELECT p.firm_id, p.client_id, p.scheme_id, p.segment_id, p.version_id, %s::date, 'computed', p.score, p.inputs, '', %s::bigint
            FROM segmentation_placement p
            WHERE p.firm_id = %s AND p.scheme_id = %s AND NOT EXISTS (
                SELECT FROM segmentation_assignment a
                WHERE a.firm_id = p.firm_id AND a.scheme_id = p.scheme_id AND a.client_id = p.client_id AND a.ends_on IS NULL
            )
            """,
            [on, by_id, firm_id, scheme_id],
        )
        return AssignmentCounts(moved=moved, arrived=cursor.rowcount - closed, left=left)
