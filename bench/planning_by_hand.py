"""The planner's work as someone would write it by hand who knows the firm: no chunks, no comparison of what differs, no exceptions or profiles.

The hand has, in tables, the slots of the promises that depend on nothing but the segment, the other promises, each client's place in its book, the
working days and the number of the first on or after each day. Clients are taken to have one assignment each and one person with a birth date,
and an interval's chain to have begun: it is so in the books of `bench.books`.
"""

from collections.abc import Iterable
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from touchpoints.planning.occurrences import Plan

_TABLES = """
    CREATE TEMP TABLE bench_occurrence (group_id bigint, touchpoint_type_id bigint, shift int, service_year int, ordinal int, first int, count int,
                                        window_days int, lead_days int, channel text, performer text, minutes int);
    CREATE TEMP TABLE bench_hanging (group_id bigint, touchpoint_type_id bigint, shift int, hangs_on text, days int, weeks int, months int,
                                     window_days int, lead_days int, channel text, performer text, minutes int);
    CREATE TEMP TABLE bench_working_day AS SELECT n - 1 AS number, d AS due_on FROM unnest(%(working_days)s) WITH ORDINALITY u (d, n);
    CREATE TEMP TABLE bench_day AS SELECT %(first_day)s::date + (n - 1)::int AS day, number
        FROM unnest(%(numbers)s::int[]) WITH ORDINALITY u (number, n);
    CREATE TEMP TABLE bench_position AS SELECT client_id, position FROM touchpoints_bookposition;
    ANALYZE bench_position; ANALYZE bench_working_day; ANALYZE bench_day
"""

SPREAD = """
    SELECT b.client_id, b.adviser_id, o.touchpoint_type_id, o.group_id, o.service_year, o.ordinal,
           d.due_on, d.due_on + o.window_days AS window_ends_on, o.channel, o.performer, o.minutes, o.lead_days
    FROM (
        SELECT c.id AS client_id, c.adviser_id, a.segment_id, (p.position::bigint * 618033 %% 1000000)::int AS phase
        FROM segmentation_assignment a
        JOIN bench_position p ON p.client_id = a.client_id
        JOIN clients_client c ON c.id = a.client_id
        WHERE a.scheme_id = %(scheme)s AND a.ends_on IS NULL AND c.archived_at IS NULL AND c.status IN ('client', 'prospect')
    ) b
    JOIN bench_occurrence o ON o.group_id = b.segment_id
    JOIN bench_working_day d ON d.number = o.first + (b.phase + o.shift) %% 1000000 * o.count / 1000000
    WHERE d.due_on >= %(start)s AND d.due_on < %(end)s
"""
# A year of 0 is the due day's. Where the slot is one day, its adviser's absence changes nothing.
ALL_ANCHORS = """
    WITH book AS MATERIALIZED (
        SELECT c.id AS client_id, c.adviser_id, a.segment_id, (p.position::bigint * 618033 %% 1000000)::int AS phase, c.client_since, c.next_review_on
        FROM segmentation_assignment a
        JOIN bench_position p ON p.client_id = a.client_id
        JOIN clients_client c ON c.id = a.client_id
        WHERE a.scheme_id = %(scheme)s AND a.ends_on IS NULL AND c.archived_at IS NULL AND c.status IN ('client', 'prospect')
    ), away AS MATERIALIZED (
        SELECT adviser_id, number, passed, lasts, max(number) OVER (PARTITION BY adviser_id, run) + 1 AS back_at,
               min(number) OVER (PARTITION BY adviser_id ORDER BY run RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS again_at
        FROM (
            SELECT a.user_id AS adviser_id, d.number, d.due_on - a.starts_on AS passed, a.ends_on - a.starts_on + 1 AS lasts,
                   d.number - row_number() OVER (PARTITION BY a.user_id ORDER BY d.number) AS run
            FROM firms_absence a JOIN bench_working_day d ON d.due_on BETWEEN a.starts_on AND a.ends_on
        ) r
    ), yearly AS (
        SELECT b.client_id, b.adviser_id, h.*, 'birthday' AS kind, p.birth_date AS day
        FROM book b JOIN bench_hanging h ON h.group_id = b.segment_id AND h.hangs_on = 'birthday' JOIN clients_person p ON p.client_id = b.client_id
        UNION ALL
        SELECT b.client_id, b.adviser_id, h.*, 'anniversary', b.client_since
        FROM book b JOIN bench_hanging h ON h.group_id = b.segment_id AND h.hangs_on = 'anniversary'
    ), nominal AS (
        SELECT b.client_id, b.adviser_id, h.*, e.day - date '2000-01-01' AS ordinal, e.day + h.days AS day
        FROM book b JOIN bench_hanging h ON h.group_id = b.segment_id AND h.hangs_on = 'meeting_held'
        JOIN (
            SELECT DISTINCT client_id, (happened_at AT TIME ZONE %(time_zone)s)::date AS day FROM clients_interaction
            WHERE channel IN ('in_person', 'video') AND happened_at >= %(first_day)s::date - 400
        ) e ON e.client_id = b.client_id
        UNION ALL
        SELECT b.client_id, b.adviser_id, h.*, b.client_since - date '2000-01-01', b.client_since + h.days
        FROM book b JOIN bench_hanging h ON h.group_id = b.segment_id AND h.hangs_on = 'became_client'
        UNION ALL
        SELECT b.client_id, b.adviser_id, h.*, t.last_number + k, t.last_on + k * 7 * h.weeks
        FROM book b JOIN bench_hanging h ON h.group_id = b.segment_id AND h.hangs_on = 'interval'
        JOIN (
            SELECT client_id, touchpoint_type_id, max((closed_at AT TIME ZONE %(time_zone)s)::date) AS last_on, max(ordinal) AS last_number
            FROM touchpoints_touchpoint WHERE status = 'done' GROUP BY 1, 2
        ) t ON t.client_id = b.client_id AND t.touchpoint_type_id = h.touchpoint_type_id,
        generate_series(1, (%(end)s - t.last_on) / (7 * h.weeks)) k
    ), placed AS (
        SELECT b.client_id, b.adviser_id, o.group_id, o.touchpoint_type_id, o.service_year, o.ordinal, o.first, o.count,
               o.first + (b.phase + o.shift) %% 1000000 * o.count / 1000000 AS number,
               o.window_days, o.channel, o.performer, o.minutes, o.lead_days, false AS waits
        FROM book b JOIN bench_occurrence o ON o.group_id = b.segment_id
        UNION ALL
        SELECT y.client_id, y.adviser_id, y.group_id, y.touchpoint_type_id, year, 1, 0, 0, greatest(after.number - 1, first.number),
               y.window_days, y.channel, y.performer, y.minutes, y.lead_days, false
        FROM yearly y CROSS JOIN unnest(%(years)s) AS year
        JOIN bench_day first ON first.day = make_date(year, 1, 1)
        JOIN bench_day after ON after.day = (y.day + make_interval(years => year - extract(year FROM y.day)::int))::date + 1
        WHERE y.kind = 'birthday' OR year > extract(year FROM y.day)
        UNION ALL
        SELECT b.client_id, b.adviser_id, h.group_id, h.touchpoint_type_id, year, 1, first.number, after.number - first.number,
               first.number + (b.phase + h.shift) %% 1000000 * (after.number - first.number) / 1000000,
               h.window_days, h.channel, h.performer, h.minutes, h.lead_days, false
        FROM book b JOIN bench_hanging h ON h.group_id = b.segment_id AND h.hangs_on = 'review' CROSS JOIN unnest(%(years)s) AS year
        JOIN bench_day first ON first.day = make_date(year, extract(month FROM b.next_review_on)::int, 1)
        JOIN bench_day after ON after.day = (first.day + interval '1 month')::date
        UNION ALL
        SELECT n.client_id, n.adviser_id, n.group_id, n.touchpoint_type_id, 0, n.ordinal, first.number, greatest(after.number - first.number, 1),
               first.number, n.window_days, n.channel, n.performer, n.minutes, n.lead_days, true
        FROM nominal n JOIN bench_day first ON first.day = n.day JOIN bench_day after ON after.day = n.day + n.window_days + 1
        WHERE n.day < %(end)s
    )
    SELECT p.client_id, p.adviser_id, p.touchpoint_type_id, p.group_id,
           CASE p.service_year WHEN 0 THEN extract(year FROM d.due_on)::int ELSE p.service_year END AS service_year, p.ordinal,
           d.due_on, d.due_on + p.window_days AS window_ends_on, p.channel, p.performer, p.minutes, p.lead_days
    FROM placed p
    LEFT JOIN away a ON a.adviser_id = p.adviser_id AND a.number = p.number AND p.performer <> 'assistant'
    JOIN bench_working_day d ON d.number = CASE
        WHEN a.back_at < p.first + p.count THEN a.back_at + a.passed * least(a.lasts, a.again_at - a.back_at, p.first + p.count - a.back_at) / a.lasts
        ELSE p.number END
    WHERE d.due_on < %(end)s AND (d.due_on >= %(start)s OR p.waits AND d.due_on + p.window_days >= %(start)s)
"""
WANTED = {"spread": SPREAD, "all": ALL_ANCHORS}
INSERT = """
    INSERT INTO touchpoints_touchpoint (client_id, adviser_id, touchpoint_type_id, segment_id, service_year, ordinal, due_on, window_ends_on,
                                        channel, performer, minutes, lead_days, status, is_hand_set, reason)
    SELECT w.*, 'planned', false, '' FROM ({wanted}) w
"""
ANTI_JOIN = (
    INSERT
    + """
    WHERE NOT EXISTS (
        SELECT 1 FROM touchpoints_touchpoint t
        WHERE t.client_id = w.client_id AND t.touchpoint_type_id = w.touchpoint_type_id
          AND t.service_year = w.service_year AND t.ordinal = w.ordinal
    ) ON CONFLICT DO NOTHING
"""
)

# What the anti-join does not see, and planning again must: what falls or is done otherwise than it should, and what should no longer be.
COMPARISON = """
    SELECT count(*) FILTER (WHERE t.client_id IS NULL), count(*) FILTER (WHERE w.client_id IS NULL),
           count(*) FILTER (WHERE (t.due_on, t.window_ends_on, t.segment_id, t.channel, t.performer, t.minutes, t.lead_days)
                               <> (w.due_on, w.window_ends_on, w.group_id, w.channel, w.performer, w.minutes, w.lead_days))
    FROM ({wanted}) w
    FULL JOIN (
        SELECT client_id, touchpoint_type_id, service_year, ordinal, due_on, window_ends_on, segment_id, channel, performer, minutes, lead_days
        FROM touchpoints_touchpoint WHERE status = 'planned'
    ) t ON t.client_id = w.client_id AND t.touchpoint_type_id = w.touchpoint_type_id AND t.service_year = w.service_year AND t.ordinal = w.ordinal
"""


def lay_out_tables(cursor: Any, plan: "Plan") -> None:
    """What the hand has, in tables of the session. Must run inside the firm, once it is planned: positions are the planner's."""
    days = {"working_days": plan.working_days, "first_day": plan.first_day, "numbers": plan.working_days_before}
    cursor.execute(_TABLES, days)
    fills: tuple[tuple[str, Iterable[Any]], ...] = (("bench_occurrence", plan.occurrences), ("bench_hanging", plan.hanging))
    for table, rows in fills:
        cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * 12)})", [astuple(row) for row in rows])
    cursor.execute("ANALYZE bench_occurrence; ANALYZE bench_hanging")


def parameters_of(plan: "Plan") -> dict[str, Any]:
    return {
        "scheme": plan.scheme_id,
        "start": plan.start,
        "end": plan.end,
        "first_day": plan.first_day,
        "years": list(plan.service_years),
        "time_zone": plan.time_zone,
    }
