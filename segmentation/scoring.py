"""Scoring and placing a whole book in SQL: a version's rules compile to one statement, and only rows that change are written.

Why SQL: a book of 100,000 clients is scored, ranked and placed in a fraction of a second where its rows are, and two runs
over the same data write nothing the second time. `reference.py` says the same in plain Python.

Who is placed: clients and prospects that are not archived. Former and archived clients are not.

Rounding: weights and points are whole numbers of their smallest unit (1/100 %, 1/10 000 point), so every division,
half up to four decimals, is exact and the same here and in Python.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from django.db import connection
from django.db.models import DecimalField, Expression, ExpressionWrapper, F, Max, Min, QuerySet

from clients.attributes import Attribute, Catalogue, catalogue_of
from clients.conditions import condition_sql
from clients.models import Client, Status
from segmentation.models import Axis, Method, Missing, Placement, Scale, SchemeVersion, Winner
from segmentation.rules import UNITS, WEIGHT_UNITS, CriterionRule, Plane, Rules

PLACED_STATUSES = (Status.CLIENT, Status.PROSPECT)
# All the points a criterion can give, in units.
FULL = 100 * UNITS


def book_of(firm_id: int) -> QuerySet[Client]:
    """Who is placed."""
    return Client.objects.filter(firm_id=firm_id, archived_at=None, status__in=PLACED_STATUSES)


@dataclass(frozen=True)
class Statement:
    """A SELECT of client_id, segment_id, score, score_y, is_caught, inputs for every client of the book.

    Beside them "meets_<place among the cuts>", whether the client meets those conditions, and what `compile_rules` was told to carry.
    """

    sql: str
    parameters: list[Any]


def compile_rules(rules: Rules, *, firm_id: int, on: date, catalogue: Catalogue | None = None, carried: tuple[str, ...] = ()) -> Statement:
    """The rules as one SELECT over the firm's book; `on` is the day ages and tenures are counted to.

    book: each client's raw values, by the attribute catalogue. pointed: what each value earns, NULL where it is not known, and which
    conditions the client meets. scored: the weighted mean of each axis, in units of 1/10 000 point. Then one more step where
    the rank decides, and the segment. `carried` names money of the client that comes along as "carried_…".
    """
    catalogue = catalogue_of(firm_id) if catalogue is None else catalogue
    keys = list(dict.fromkeys([*(criterion.attribute for criterion in rules.criteria), *rules.stated()]))
    columns = {key: f"value_{number}" for number, key in enumerate(keys)}
    sources: dict[str, Expression] = {column: catalogue[key].expression(on=on) for key, column in columns.items()}
    sources |= {f"carried_{name}": ExpressionWrapper(F(name), output_field=DecimalField()) for name in carried}
    book, parameters = book_of(firm_id).order_by().annotate(**sources).values_list("pk", "aum", *sources).query.sql_with_params()
    bound: list[Any] = list(parameters)
    # What is counted from other rows is counted once a client: without the fence, PostgreSQL would count it again wherever it is read.
    fence = " OFFSET 0" if any(catalogue[key].is_counted for key in keys) else ""

    points = []
    for number, rule in enumerate(rules.criteria):
        case, case_parameters = _points(rule, columns[rule.attribute], catalogue[rule.attribute])
        points.append(f", {case} AS points_{number}")
        bound += case_parameters
    meets = []
    for number, group in rules.conditioned:
        met, met_parameters = condition_sql(group, catalogue=catalogue, on=on, columns=columns)
        meets.append(f", {met} AS meets_{number}")
        bound += met_parameters
    brought = [f"meets_{number}" for number, _group in rules.conditioned] + [f"carried_{name}" for name in carried]
    inputs = ", ".join(f"%s, jsonb_build_array({columns[rule.attribute]}, points_{number} * 0.0001)" for number, rule in enumerate(rules.criteria))
    x, y = (_mean(rules, axis) for axis in (Axis.FIRST, Axis.SECOND))
    ranked, segment = _placing(rules)
    score = "NULL::numeric" if rules.method == Method.RULES else "(units * 0.0001)::numeric(9, 4)"
    score_y = "(units_y * 0.0001)::numeric(9, 4)" if rules.method == Method.PLANE else "NULL::numeric"
    sql = f"""
        WITH book (client_id, aum{"".join(f", {name}" for name in sources)}) AS ({book}{fence}),
        pointed AS {"NOT" if rules.method == Method.RULES else ""} MATERIALIZED (SELECT *{"".join(points)}{"".join(meets)} FROM book),
        scored AS (SELECT *, {x} AS units, {y} AS units_y FROM pointed),
        {ranked}
        SELECT client_id, {segment} AS segment_id, {score} AS score, {score_y} AS score_y, {_caught(rules)} AS is_caught,
            jsonb_build_object({inputs}) AS inputs{"".join(f", {name}" for name in brought)}
        FROM ranked
    """
    return Statement(sql, [*bound, *(rule.key for rule in rules.criteria)])


def _points(rule: CriterionRule, value: str, source: Attribute) -> tuple[str, list[Any]]:
    """What a value earns, in units; NULL when it is not known or the criterion weighs nothing."""
    if rule.axis == Axis.STATED:
        return "NULL::bigint", []
    if rule.scale == Scale.LINEAR:
        return _linear(rule, value)
    if rule.scale == Scale.PERCENTILE:
        return _percentile(rule, value), []
    return _bands(rule, value)


def _bands(rule: CriterionRule, value: str) -> tuple[str, list[Any]]:
    """The points of the first band that holds the value, nothing when none does."""
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


def _linear(rule: CriterionRule, value: str) -> tuple[str, list[Any]]:
    """Evenly between the value that earns nothing and the one that earns all, half up."""
    zero, full = rule.zero_at or 0, rule.full_at or 0
    if zero == full:
        return f"CASE WHEN {value} IS NULL THEN NULL WHEN {value} >= %s THEN {FULL} ELSE 0 END::bigint", [full]
    way = "" if full > zero else "-"
    return (
        f"""CASE WHEN {value} IS NULL THEN NULL WHEN {way}{value} <= {way}%s::numeric THEN 0 WHEN {way}{value} >= {way}%s::numeric THEN {FULL}
        ELSE div({2 * FULL} * abs({value} - %s::numeric) + %s::numeric, 2 * %s::numeric) END::bigint""",
        [zero, full, zero, abs(full - zero), abs(full - zero)],
    )


def _percentile(rule: CriterionRule, value: str) -> str:
    """The share of the others in the book whose known value is worse, those equal counting half; half of all for someone alone.

    With `worse` clients below and `equal` others beside: (2 × worse + equal) ÷ 2 × (known − 1).
    """
    window = f"(PARTITION BY {value} IS NULL ORDER BY {value} {'DESC' if rule.descending else 'ASC'})"
    twice = f"((rank() OVER {window} - 1) + (count(*) OVER {window} - 1))"
    others = f"(count({value}) OVER () - 1)"
    return f"""CASE WHEN {value} IS NULL THEN NULL WHEN {others} = 0 THEN {FULL // 2}
        ELSE ({FULL}::bigint * {twice} + {others}) / (2 * {others}) END::bigint"""


def _mean(rules: Rules, axis: int) -> str:
    """The weighted mean of an axis' points in units, half up; 0 when nothing counts."""
    weights = {number: int(rule.weight * WEIGHT_UNITS) for number, rule in enumerate(rules.criteria) if rule.axis == axis}
    if not weights:
        return "0::bigint"
    weighted = " + ".join(f"coalesce(points_{number}, 0) * {weight}::bigint" for number, weight in weights.items())
    counted = f"{sum(weights.values())}::bigint"
    if rules.missing == Missing.REWEIGHT:
        counted = " + ".join(f"CASE WHEN points_{number} IS NULL THEN 0 ELSE {weight} END::bigint" for number, weight in weights.items())
    return f"coalesce((2 * ({weighted}) + ({counted})) / nullif(2 * ({counted}), 0), 0)"


def _placing(rules: Rules) -> tuple[str, str]:
    """The steps that end in a table `ranked`, and the expression of a client's segment over it."""
    plain = "ranked AS (SELECT * FROM scored)"
    if rules.method == Method.RULES:
        branches = [(f"meets_{number}", rules.cuts[number].segment_id) for number, _group in rules.conditioned]
        return plain, _first(branches, rules.rest)
    if rules.method == Method.PLANE:
        return plain, _cell(rules.plane or Plane(), rules.rest)
    if rules.method == Method.QUOTAS:
        if rules.winner == Winner.SHARE and rules.conditioned:
            return _filling(rules)
        return f"ranked AS ({_RANKED})", _first(_shares(rules), rules.rest)
    branches = [(f"units >= {int((cut.least_score or 0) * UNITS)}", cut.segment_id) for cut in rules.cuts[:-1]]
    return plain, _first(branches, rules.rest)


def _first(branches: list[tuple[str, int]], rest: int) -> str:
    cases = " ".join(f"WHEN {condition} THEN {segment_id}" for condition, segment_id in branches)
    return f"CASE {cases} ELSE {rest}::bigint END" if cases else f"{rest}::bigint"


# Best score first; equal scores by larger assets, unknown ones last, then by the older client number.
_RANKED = "SELECT *, row_number() OVER (ORDER BY units DESC, aum DESC NULLS LAST, client_id) AS place, count(*) OVER () AS size FROM scored"


def _shares(rules: Rules) -> list[tuple[str, int]]:
    """A segment is open to the places that do not lie wholly beyond its share and those above it, and to who reaches its floor."""
    floors = {number for number, _group in rules.conditioned}
    share, branches = 0, []
    for number, cut in enumerate(rules.cuts[:-1]):
        share += int((cut.quota or 0) * UNITS)
        floor = f" AND meets_{number}" if number in floors else ""
        branches.append((f"(place - 1) * {FULL} < size * {share}::bigint{floor}", cut.segment_id))
    return branches


def _filling(rules: Rules) -> tuple[str, str]:
    """Every share is filled: a step a segment, which takes those who reach its floor first, then by rank, from whom nobody took yet."""
    floors = {number for number, _group in rules.conditioned}
    steps = [f"ranked_0 AS (SELECT *, NULL::bigint AS taken_0 FROM ({_RANKED}) r)"]
    before = share = 0
    for number, cut in enumerate(rules.cuts[:-1]):
        share += int((cut.quota or 0) * UNITS)
        first = f"meets_{number} DESC, " if number in floors else ""
        upto, since = (f"(size * {part}::bigint + {FULL - 1}) / {FULL}" for part in (min(share, FULL), min(before, FULL)))
        steps.append(
            f"""ranked_{number + 1} AS (SELECT *, CASE WHEN taken_{number} IS NOT NULL THEN taken_{number}
            WHEN row_number() OVER (PARTITION BY taken_{number} IS NULL ORDER BY {first}place) <= {upto} - {since}
            THEN {cut.segment_id} END AS taken_{number + 1} FROM ranked_{number})"""
        )
        before = share
    last = len(rules.cuts) - 1
    steps.append(f"ranked AS (SELECT * FROM ranked_{last})")
    return ", ".join(steps), f"coalesce(taken_{last}, {rules.rest}::bigint)"


def _cell(plane: Plane, rest: int) -> str:
    """Column by column, then row by row: a border belongs to the cell above it."""

    def along(units: str, cuts: tuple[Any, ...], parts: list[str]) -> str:
        cases = " ".join(f"WHEN {units} < {int(cut * UNITS)} THEN {part}" for cut, part in zip(cuts, parts, strict=False))
        return f"CASE {cases} ELSE {parts[-1]} END" if cases else parts[-1]

    rows = [along("units", plane.x_cuts, [f"{segment_id}::bigint" for segment_id in cells]) for cells in plane.cells]
    return along("units_y", plane.y_cuts, rows) if rows else f"{rest}::bigint"


def _caught(rules: Rules) -> str:
    if rules.method != Method.RULES:
        return "true"
    return " OR ".join(f"meets_{number}" for number, _group in rules.conditioned) or "false"


def place_book(*, version: SchemeVersion, rules: Rules, on: date) -> int:
    """Bring the computed placements of a scheme up to date. Returns how many rows were written or removed.

    One statement computes everyone, compares with what stands and writes the differences; another removes those who are
    no longer in the book.
    """
    statement = compile_rules(rules, firm_id=version.firm_id, on=on)
    upsert = f"""
        INSERT INTO segmentation_placement AS p (
            firm_id, client_id, scheme_id, version_id, segment_id, score, score_y, is_caught, inputs, computed_at
        )
        SELECT %s, placed.client_id, %s, %s, placed.segment_id, placed.score, placed.score_y, placed.is_caught, placed.inputs, now()
        FROM ({statement.sql}) placed
        LEFT JOIN segmentation_placement old ON old.firm_id = %s AND old.scheme_id = %s AND old.client_id = placed.client_id
        WHERE old.id IS NULL OR old.segment_id <> placed.segment_id OR old.score IS DISTINCT FROM placed.score
            OR old.score_y IS DISTINCT FROM placed.score_y OR old.is_caught <> placed.is_caught
            OR old.version_id <> %s OR old.inputs <> placed.inputs
        ON CONFLICT (firm_id, scheme_id, client_id) DO UPDATE
        SET version_id = excluded.version_id, segment_id = excluded.segment_id, score = excluded.score, score_y = excluded.score_y,
            is_caught = excluded.is_caught, inputs = excluded.inputs, computed_at = excluded.computed_at
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
        Placement.objects.filter(firm_id=firm_id, scheme_id=scheme_id, score__isnull=False)
        .order_by()
        .values("segment_id")
        .annotate(least=Min("score"), most=Max("score"))
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


class Movers(Enum):
    """Whom a run moves to their computed segment. Newcomers are assigned and leavers' assignments end in any case."""

    NOBODY = "nobody"
    DRIFTED = "drifted"  # those beyond the margin whom nobody decided to keep
    EVERYONE = "everyone"


def assign_book(
    *, version: SchemeVersion, on: date, movers: Movers, by_id: int | None = None, client_ids: Sequence[int] | None = None
) -> AssignmentCounts:
    """Bring the assignments of a scheme in line with its placements, from `on`; of `client_ids` alone where given.

    Who is not moved stays, which is drift. Overrides stay until they end.

    A period that began the same day is rewritten in place, so no period is empty; an older one ends, and the new one begins
    that day. Writers hold the scheme's lock (publishing.lock_scheme), so the periods cannot cross.
    """
    firm_id, scheme_id = version.firm_id, version.scheme_id
    among = "" if client_ids is None else " AND {0}.client_id = ANY(%s)"
    chosen: list[Any] = [] if client_ids is None else [list(client_ids)]
    differs = f"""
        FROM segmentation_placement p
        WHERE a.firm_id = %s AND a.scheme_id = %s AND a.ends_on IS NULL AND a.source <> 'override'
            AND p.firm_id = a.firm_id AND p.scheme_id = a.scheme_id AND p.client_id = a.client_id AND p.segment_id <> a.segment_id
            {among.format("a")}
    """
    if movers is Movers.DRIFTED:
        differs += """ AND EXISTS (
            SELECT FROM segmentation_drift d
            WHERE d.firm_id = a.firm_id AND d.scheme_id = a.scheme_id AND d.client_id = a.client_id AND d.state = 'open'
        )"""
    # Leavers and arrivals are found by their keys, in the indexes alone; rows are read of those found, most nights nobody.
    leaving = f"""
        WITH leaver AS MATERIALIZED (
            SELECT a.client_id FROM segmentation_assignment a
            WHERE a.firm_id = %s AND a.scheme_id = %s AND a.ends_on IS NULL AND NOT EXISTS (
                SELECT FROM segmentation_placement p WHERE p.firm_id = a.firm_id AND p.scheme_id = a.scheme_id AND p.client_id = a.client_id
            ) {among.format("a")}
        ), removed AS (
            DELETE FROM segmentation_assignment a USING leaver
            WHERE a.firm_id = %s AND a.scheme_id = %s AND a.ends_on IS NULL AND a.client_id = leaver.client_id AND a.starts_on >= %s
            RETURNING 1
        ), ended AS (
            UPDATE segmentation_assignment a SET ends_on = %s FROM leaver
            WHERE a.firm_id = %s AND a.scheme_id = %s AND a.ends_on IS NULL AND a.client_id = leaver.client_id AND a.starts_on < %s
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM ended)
    """
    arriving = f"""
        WITH arrival AS MATERIALIZED (
            SELECT p.client_id FROM segmentation_placement p
            WHERE p.firm_id = %s AND p.scheme_id = %s {among.format("p")} AND NOT EXISTS (
                SELECT FROM segmentation_assignment a
                WHERE a.firm_id = p.firm_id AND a.scheme_id = p.scheme_id AND a.client_id = p.client_id AND a.ends_on IS NULL
            )
        )
        INSERT INTO segmentation_assignment
            (firm_id, client_id, scheme_id, segment_id, version_id, starts_on, source, score, score_y, inputs, reason, by_id)
        SELECT p.firm_id, p.client_id, p.scheme_id, p.segment_id, p.version_id, %s::date, 'computed', p.score, p.score_y, p.inputs, '', %s::bigint
        FROM segmentation_placement p JOIN arrival ON arrival.client_id = p.client_id
        WHERE p.firm_id = %s AND p.scheme_id = %s
    """
    ours: list[Any] = [firm_id, scheme_id, *chosen]
    moved = closed = 0
    with connection.cursor() as cursor:
        if movers is not Movers.NOBODY:
            cursor.execute(
                f"""UPDATE segmentation_assignment a
                SET segment_id = p.segment_id, version_id = p.version_id, score = p.score, score_y = p.score_y, inputs = p.inputs,
                    source = 'computed', reason = '', expires_on = NULL, by_id = %s, created_at = statement_timestamp()
                {differs} AND a.starts_on >= %s""",
                [by_id, *ours, on],
            )
            moved = cursor.rowcount
            cursor.execute(f"UPDATE segmentation_assignment a SET ends_on = %s {differs} AND a.starts_on < %s", [on, *ours, on])
            closed = cursor.rowcount
            moved += closed
        cursor.execute(leaving, [*ours, firm_id, scheme_id, on, on, firm_id, scheme_id, on])
        (left,) = cursor.fetchone()
        cursor.execute(arriving, [*ours, on, by_id, firm_id, scheme_id])
        return AssignmentCounts(moved=moved, arrived=cursor.rowcount - closed, left=left)
