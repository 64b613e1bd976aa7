"""The planner's SQL, put together for one plan: what a range of clients is owed, counted against or merged into what it has.

Everything is set-based: a loop over clients would send the same fourteen rows a client through Python, 3 to 20 times slower. What hangs on a day
of the client's (hanging.py), and absences, are parts that a plan without them leaves out.
"""

from collections.abc import Iterable
from dataclasses import Field, dataclass, fields
from typing import Any

from clients.models import Status as ClientStatus
from service_matrix.models import Performer
from touchpoints.planning.entitlements import group_sql
from touchpoints.planning.events import IN_RANGE
from touchpoints.planning.hanging import HANGING_SLOTS, OWN_SLOTS, day_at, number_of
from touchpoints.planning.occurrences import COUNTED_FROM, STEP_PER_POSITION, WHOLE, Hanging, Occurrence, OwnHanging, OwnOccurrence, Plan

SERVED = (ClientStatus.CLIENT, ClientStatus.PROSPECT)

# Each input is an index range that is joined as a whole: hash joins are right whatever the statistics say, and a book just imported has none yet
# (nested loops, chosen on such statistics, took 100 s where this takes 1 s; sorting for merge joins took a fifth more). A chunk's joins stay in
# memory. Its rows stand together in the table and not in the index by day: a bitmap reads each page once, where an index scan would come back to it
# for each of its rows.
SETTINGS = (
    "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_indexscan = off; SET LOCAL jit = off; "
    "SET LOCAL work_mem = '64MB'"
)
IS_SERVED = "c.archived_at IS NULL AND c.status = ANY(%(served_statuses)s)"

# A number of a working day that none reaches.
ALWAYS = 2**31 - 1

_COLUMN_TYPES = {int: "int", str: "text"}


def _arrays(columns: "tuple[Field[Any], ...]", prefix: str) -> str:
    values = ", ".join(f"%({prefix}_{column.name})s::{_COLUMN_TYPES[column.type]}[]" for column in columns)  # type: ignore[index]
    return f"SELECT * FROM unnest({values}) AS o ({', '.join(column.name for column in columns)})"


# Who is served in a range of clients, in which group, from which working day's number, at which phase; and the touchpoints that the range has.
# Each table's part of the range is read on its own (OFFSET 0): otherwise PostgreSQL, to which three ranges meet by chance, expects a few clients of
# thousands and hashes what is large.
_INPUTS = f"""
WITH occurrence AS (
    {_arrays(fields(Occurrence), "occurrence")}
), served AS MATERIALIZED (
    SELECT c.id AS client_id, c.adviser_id, a.segment_id, {{column}} AS group_id, a.first_on,
           (%(working_days_before)s::int[])[1 + (greatest(a.first_on, %(start)s) - %(first_day)s::date)] AS owed_at,
           (b.position::bigint * {STEP_PER_POSITION} %% {WHOLE})::int AS phase, c.client_since, c.next_review_on
    FROM (
        SELECT client_id, min(starts_on) AS first_on, max(segment_id) FILTER (WHERE ends_on IS NULL) AS segment_id
        FROM segmentation_assignment
        WHERE firm_id = %(firm)s AND scheme_id = %(scheme)s AND client_id {IN_RANGE}
        GROUP BY client_id
    ) a
    JOIN (
        SELECT id, adviser_id, client_since, next_review_on FROM clients_client c
        WHERE firm_id = %(firm)s AND id {IN_RANGE} AND {IS_SERVED} OFFSET 0
    ) c ON c.id = a.client_id
    JOIN (
        SELECT client_id, position FROM touchpoints_bookposition WHERE firm_id = %(firm)s AND client_id {IN_RANGE} OFFSET 0
    ) b ON b.client_id = a.client_id {{joins}}
    WHERE a.segment_id IS NOT NULL
), existing AS (
    SELECT id, client_id, touchpoint_type_id, service_year, ordinal, segment_id, due_on, window_ends_on, channel, performer, minutes, lead_days,
           status, status = 'planned' AND NOT is_hand_set AS is_untouched,
           status = 'cancelled' AND NOT is_hand_set AND closed_by_id IS NULL AS is_withdrawn
    FROM touchpoints_touchpoint
    WHERE firm_id = %(firm)s AND client_id {IN_RANGE} AND (service_year = ANY(%(service_years)s) OR ordinal > {COUNTED_FROM})
)"""

# The calendar's part of an absence, in numbers of working days.
_FIRST_AWAY = number_of("greatest(a.starts_on, %(first_day)s)")
_BACK_AGAIN = number_of("least(a.ends_on + 1, %(last_day)s)")
# More than there are working days.
_DAYS = 100_000
# The days of the range's advisers that the firm works and they do not, each with how long the absence has lasted on it and lasts, the first working
# day after that run of them, and the first of their next run. `spot` is adviser and day in one: DISTINCT ON it tells PostgreSQL that no two are
# equal, without which it makes a hash table of the thousands of touchpoints and not of these few days.
_AWAY = f"""
, away AS MATERIALIZED (
    SELECT DISTINCT ON (spot) spot, passed, lasts, back_at, again_at
    FROM (
        SELECT adviser_id * {_DAYS} + number AS spot, passed, lasts, max(number) OVER (PARTITION BY adviser_id, run) + 1 AS back_at,
               min(number) OVER (PARTITION BY adviser_id ORDER BY run RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS again_at
        FROM (
            SELECT DISTINCT ON (a.user_id, number)
                   a.user_id AS adviser_id, number, {day_at("number")} - a.starts_on AS passed, a.ends_on - a.starts_on + 1 AS lasts,
                   number - dense_rank() OVER (PARTITION BY a.user_id ORDER BY number) AS run
            FROM firms_absence a
            CROSS JOIN generate_series({_FIRST_AWAY}, {_BACK_AGAIN} - 1) AS number
            WHERE a.firm_id = %(firm)s AND a.user_id IN (SELECT adviser_id FROM served)
            ORDER BY a.user_id, number, a.starts_on, a.id
        ) d
    ) r
)"""


def _kept_from_absence(number: str, slot: str) -> str:
    """The place, or one after the adviser is back, where the slot has any: as far into as many days as the absence lasts, or as are left of the slot
    or until the next absence. What fell on one after another falls so again, and the day of the return is no pile."""
    room = f"least(away.lasts, away.again_at - away.back_at, {slot}.first + {slot}.count - away.back_at)"
    return f"CASE WHEN away.back_at < {slot}.first + {slot}.count THEN away.back_at + away.passed * {room} / away.lasts ELSE {number} END"


def _join_away(number: str, slot: str, *, whose: str) -> str:
    return f"LEFT JOIN away ON away.spot = {whose}.adviser_id * {_DAYS} + {number} AND {slot}.performer <> '{Performer.ASSISTANT}'"


_PLACE = f"o.first + ((s.phase + o.shift) %% {WHOLE}) * o.count / {WHOLE}"


@dataclass(frozen=True)
class Statements:
    count: str
    write: str


def statements_for(plan: Plan) -> Statements:
    """What counts the fates of a range of clients, and what writes them."""
    has_own = bool(plan.entitlements.own)
    used = {promise.hangs_on for promise in plan.hanging} | {promise.hangs_on for own in plan.own_hanging.values() for promise in own}
    parts = [part for name, part in HANGING_SLOTS.items() if name in used] + ([OWN_SLOTS] if has_own else [])
    inputs = _INPUTS.format(**vars(group_sql(plan.entitlements, with_own=True, in_range=IN_RANGE))) + (_AWAY if plan.has_absences else "")
    if parts:
        inputs += _hung(parts, has_absences=plan.has_absences, has_own=has_own)
    compared = inputs + _compared(has_absences=plan.has_absences, hangs=bool(parts))
    return Statements(compared + _COUNT, compared + _WRITE)


def _hung(parts: list[str], *, has_absences: bool, has_own: bool) -> str:
    """What hangs on a day of the client's and is wanted. `key_year` is 0 where the ordinal alone is the key.

    With exceptions, what they say and what holds after them are each held to their days.
    """
    number = "p.first + p.place"
    join_away = _join_away(number, "p", whose="p") if has_absences else ""
    due_on = day_at(_kept_from_absence(number, "p") if has_absences else number)
    hanging, columns, held = _arrays(fields(Hanging), "hanging"), fields(Hanging), ""
    if has_own:
        hanging = f"""
    SELECT *, 0, {ALWAYS} FROM ({hanging}) h UNION ALL {_arrays(fields(OwnHanging), "own_hanging")}
), own_occurrence AS (
    {_arrays(fields(OwnOccurrence), "own_occurrence")}"""
        columns = fields(OwnHanging)
        held = f"WHERE {number} >= p.holds_from AND {number} < p.holds_before"
    names = ", ".join(column.name for column in columns)
    return f"""
, hanging{f" ({names})" if has_own else ""} AS (
    {hanging}
), placed (client_id, adviser_id, segment_id, first_on, {names}, service_year, ordinal, first, count, place, waits) AS (
    {" UNION ALL ".join(parts)}
), hung AS (
    SELECT *, due_on + window_days AS window_ends_on, service_year AS key_year,
           CASE WHEN service_year = 0 THEN extract(year FROM due_on)::int ELSE service_year END AS due_year
    FROM (
        SELECT p.client_id, p.adviser_id, p.segment_id, p.first_on, p.touchpoint_type_id, p.service_year, p.ordinal, {due_on} AS due_on,
               p.window_days, p.channel, p.performer, p.minutes, p.lead_days, p.waits
        FROM placed p {join_away} {held}
        OFFSET 0
    ) d
    WHERE due_on < %(end)s AND due_on >= first_on AND (due_on >= %(start)s OR waits AND due_on + window_days >= %(start)s)
)"""


# What becomes of an existing touchpoint `e` and the wanted one `w` that has its key, when one of them may be missing.
_FATE = """
CASE
    WHEN e.id IS NULL THEN 'insert'
    WHEN w.client_id IS NULL THEN CASE
        WHEN NOT e.is_untouched THEN 'leave'
        WHEN e.due_on >= %(start)s AND e.due_on < %(end)s THEN 'cancel'
        WHEN e.client_id NOT IN (SELECT client_id FROM served) THEN 'cancel'
        ELSE 'leave' END
    WHEN e.is_withdrawn THEN 'restore'
    WHEN e.is_untouched AND e.due_on >= %(start)s
         AND (e.due_on, e.window_ends_on, e.segment_id, e.channel, e.performer, e.minutes, e.lead_days, e.service_year)
          <> (w.due_on, w.window_ends_on, w.segment_id, w.channel, w.performer, w.minutes, w.lead_days, w.service_year) THEN 'update'
    ELSE 'keep'
END
"""
_KEY_YEAR = f"CASE WHEN e.ordinal > {COUNTED_FROM} THEN 0 ELSE e.service_year END"


def _compared(*, has_absences: bool, hangs: bool) -> str:
    """What the range is owed, joined in full with what it has. A place is worked out once: OFFSET 0 keeps PostgreSQL from writing it out
    wherever it is used."""
    place = _kept_from_absence(_PLACE, "o") if has_absences else _PLACE
    also_wanted, same_year = "", "e.service_year = w.service_year"
    if hangs:
        same_year = f"{_KEY_YEAR} = w.key_year"
        also_wanted = """
    UNION ALL
    SELECT client_id, adviser_id, touchpoint_type_id, due_year, ordinal, segment_id, due_on, window_ends_on,
           channel, performer, minutes, lead_days, key_year
    FROM hung"""
    return f"""
, placed_in_slot AS (
    SELECT s.client_id, s.adviser_id, s.segment_id, s.owed_at, o.touchpoint_type_id, o.service_year, o.ordinal, {place} AS number,
           o.window_days, o.channel, o.performer, o.minutes, o.lead_days
    FROM served s JOIN occurrence o USING (group_id) {_join_away(_PLACE, "o", whose="s") if has_absences else ""}
    OFFSET 0
), wanted AS (
    SELECT client_id, adviser_id, touchpoint_type_id, service_year, ordinal, segment_id, {day_at("number")} AS due_on,
           {day_at("number")} + window_days AS window_ends_on, channel, performer, minutes, lead_days, service_year AS key_year
    FROM placed_in_slot WHERE number >= owed_at AND number < %(end_at)s{also_wanted}
), compared AS (
    SELECT e.id, w.*, {_FATE} AS fate
    FROM wanted w
    FULL JOIN existing e ON e.client_id = w.client_id AND e.touchpoint_type_id = w.touchpoint_type_id
                        AND {same_year} AND e.ordinal = w.ordinal
)"""


# Most nights nothing differs, and counting says so.
_COUNT = """
SELECT fate, count(*) FROM compared GROUP BY fate
"""
# Conditions are said again here: a person may act on a row between the reading and the writing. Rows of a client are written beside each other: as
# they come out of the join, a client's twenty stood on twenty pages of the table, and its indexes were a fifth larger.
_WRITE = """
, difference AS MATERIALIZED (
    SELECT * FROM compared WHERE fate NOT IN ('keep', 'leave')
), inserted AS (
    INSERT INTO touchpoints_touchpoint (firm_id, client_id, adviser_id, touchpoint_type_id, segment_id, service_year, ordinal,
                                        due_on, window_ends_on, channel, performer, minutes, lead_days, status, is_hand_set, reason)
    SELECT %(firm)s, client_id, adviser_id, touchpoint_type_id, segment_id, service_year, ordinal,
           due_on, window_ends_on, channel, performer, minutes, lead_days, 'planned', false, ''
    FROM difference WHERE fate = 'insert' ORDER BY client_id, due_on
    RETURNING 1
), changed AS (
    UPDATE touchpoints_touchpoint t
    SET due_on = d.due_on, window_ends_on = d.window_ends_on, segment_id = d.segment_id, channel = d.channel, performer = d.performer,
        minutes = d.minutes, lead_days = d.lead_days, service_year = d.service_year, status = 'planned', closed_at = NULL
    FROM difference d
    WHERE d.fate IN ('update', 'restore') AND t.id = d.id AND t.firm_id = %(firm)s AND NOT t.is_hand_set
      AND t.id = ANY(ARRAY(SELECT id FROM difference WHERE fate IN ('update', 'restore')))
      AND t.status = CASE d.fate WHEN 'update' THEN 'planned' ELSE 'cancelled' END AND t.closed_by_id IS NULL
    RETURNING d.fate
), cancelled AS (
    UPDATE touchpoints_touchpoint t SET status = 'cancelled', closed_at = now()
    WHERE t.firm_id = %(firm)s AND t.status = 'planned' AND NOT t.is_hand_set
      AND t.id = ANY(ARRAY(SELECT id FROM difference WHERE fate = 'cancel'))
    RETURNING 1
)
SELECT (SELECT count(*) FROM inserted), (SELECT count(*) FROM changed WHERE fate = 'update'), (SELECT count(*) FROM changed WHERE fate = 'restore'),
       (SELECT count(*) FROM cancelled), (SELECT count(*) FROM compared WHERE fate = 'keep')
"""


def served_parameters(plan: Plan) -> dict[str, Any]:
    """Who is served, and in which group."""
    return {
        "firm": plan.firm_id,
        "scheme": plan.scheme_id,
        "served_statuses": [status.value for status in SERVED],
        **plan.entitlements.parameters,
    }


def parameters_of(plan: Plan) -> dict[str, Any]:
    """What every range of clients is compared with."""
    return {
        **served_parameters(plan),
        "time_zone": plan.time_zone,
        "start": plan.start,
        "end": plan.end,
        "first_day": plan.first_day,
        "last_day": plan.last_day,
        "end_at": plan.working_days_before[(plan.end - plan.first_day).days],
        "service_years": list(plan.service_years),
        "working_days": _array(day.isoformat() for day in plan.working_days),
        "working_days_before": _array(str(number) for number in plan.working_days_before),
        **_columns("occurrence", fields(Occurrence), plan.occurrences),
        **_columns("hanging", fields(Hanging), plan.hanging),
    }


def parameters_of_range(plan: Plan, first_client: int, last_client: int) -> dict[str, Any]:
    """A range of clients, both ends included, with what those with exceptions in it are owed."""
    own = {client: group for client, group in plan.entitlements.own.items() if first_client <= client <= last_client}
    return {
        "first_client": first_client,
        "last_client": last_client,
        "own_clients": list(own),
        "own_groups": list(own.values()),
        **_columns("own_occurrence", fields(OwnOccurrence), [slot for client in own for slot in plan.own_occurrences.get(client, ())]),
        **_columns("own_hanging", fields(OwnHanging), [each for client in own for each in plan.own_hanging.get(client, ())]),
    }


def _columns(prefix: str, columns: "tuple[Field[Any], ...]", rows: Iterable[Occurrence | Hanging]) -> dict[str, str]:
    return {f"{prefix}_{column.name}": _array(str(getattr(row, column.name)) for row in rows) for column in columns}


def _array(words: Iterable[str]) -> str:
    """An array of plain words as PostgreSQL reads it: hundreds of elements as an expression each took longer to parse than to use."""
    return f"{{{','.join(words)}}}"
