"""The slots that hang on a day of each client's, one statement for each anchor and event, and what goes their way (docs/planning.md).

Each gives, of the clients in `served`, a promise of `hanging`, its service year, ordinal, slot and place, and whether it waits for its day. A year is
0 where the due date will say it.
"""

from service_matrix.anchors import Anchor
from touchpoints.planning.events import DELIVERED, DELIVERED_ON, EVENT_DAYS, IN_RANGE
from touchpoints.planning.occurrences import COUNTED_FROM, EVENTS_FROM, FIRST_EVENT_DAY, INTERVAL, WHOLE

# What the planner goes on working with of a client, whatever hangs on its days.
_OF_CLIENT = "s.client_id, s.adviser_id, s.segment_id, s.first_on"


def day_at(number: str) -> str:
    return f"(%(working_days)s::date[])[1 + {number}]"


def number_of(day: str) -> str:
    """The number of the first working day on or after a day."""
    return f"(%(working_days_before)s::int[])[1 + ({day} - %(first_day)s::date)]"


def _number_on_or_before(day: str, year: str) -> str:
    """The number of the last working day on or before a day, in its year; of the year's first when it has none yet."""
    return f"greatest({number_of(f'{day} + 1')} - 1, {number_of(f'make_date({year}, 1, 1)')})"


def _yearly_day(anchor: str, day: str, source: str, condition: str) -> str:
    """Slots of one day a service year: the day in each of them, 29 February being kept on the 28th."""
    return f"""
    SELECT {_OF_CLIENT}, h.*, y.year, 1, {_number_on_or_before("y.on", "y.year")}, 1, 0, false
    FROM hanging h JOIN served s USING (group_id) {source}
    CROSS JOIN LATERAL (
        SELECT year, ({day} + make_interval(years => year - extract(year FROM {day})::int))::date AS "on" FROM unnest(%(service_years)s) AS year
    ) y
    WHERE h.hangs_on = '{anchor}' AND {condition}"""


_BIRTHDAY = _yearly_day(
    Anchor.BIRTHDAY,
    "p.birth_date",
    f"""JOIN (
        SELECT DISTINCT ON (client_id) client_id, birth_date FROM clients_person
        WHERE firm_id = %(firm)s AND client_id {IN_RANGE} AND birth_date IS NOT NULL
        ORDER BY client_id, is_primary DESC, birth_date, id
    ) p USING (client_id)""",
    "true",
)
_ANNIVERSARY = _yearly_day(Anchor.CLIENT_ANNIVERSARY, "s.client_since", "", "y.year > extract(year FROM s.client_since)")
_REVIEW_MONTH = f"""
    SELECT {_OF_CLIENT}, h.*, m.year, 1, m.first, m.count, ((s.phase + h.shift) %% {WHOLE}) * m.count / {WHOLE}, false
    FROM hanging h JOIN served s USING (group_id)
    CROSS JOIN LATERAL (
        SELECT year, {number_of("begins")} AS first,
               greatest({number_of("(begins + interval '1 month')::date")} - {number_of("begins")}, 1) AS count
        FROM unnest(%(service_years)s) AS year
        CROSS JOIN LATERAL (SELECT make_date(year, extract(month FROM coalesce(s.next_review_on, s.first_on))::int, 1) AS begins) b
        OFFSET 0
    ) m
    WHERE h.hangs_on = '{Anchor.REVIEW_MONTH}'"""


def _slot_from(nominal: str) -> str:
    """Number and length of a slot of as many days as the window is long, and its first place."""
    first = number_of(nominal)
    return f"{first}, greatest({number_of(f'{nominal} + h.window_days + 1')} - {first}, 1), 0"


def _after_event(event: str) -> str:
    return f"""
    SELECT {_OF_CLIENT}, h.*, 0, e.on - date '{FIRST_EVENT_DAY}', {_slot_from("e.on + h.days")}, true
    FROM hanging h JOIN served s USING (group_id)
    JOIN (SELECT DISTINCT client_id, "on" FROM ({EVENT_DAYS[event]}) AS e (client_id, "on")) e USING (client_id)
    WHERE h.hangs_on = '{event}' AND e.on + h.days >= %(first_day)s AND e.on + h.days < %(end)s"""


# The chain of an interval begins at the last touch delivered, or else by phase after the client's first day. Its months are counted from there
# each time, so that 31 January is followed by 28 February and 31 March.
_INTERVAL = f"""
    SELECT {_OF_CLIENT}, h.*, 0, c.number, {_slot_from("c.nominal")}, c.follows
    FROM hanging h JOIN served s USING (group_id)
    LEFT JOIN (
        SELECT t.client_id, t.touchpoint_type_id, max({DELIVERED_ON}) AS last_on,
               coalesce(max(t.ordinal) FILTER (WHERE t.ordinal > {COUNTED_FROM} AND t.ordinal < {EVENTS_FROM}), {COUNTED_FROM}) AS last_number
        FROM {DELIVERED}
        WHERE t.touchpoint_type_id = ANY(SELECT touchpoint_type_id FROM hanging WHERE hangs_on = '{INTERVAL}')
        GROUP BY t.client_id, t.touchpoint_type_id
    ) d ON d.client_id = s.client_id AND d.touchpoint_type_id = h.touchpoint_type_id
    CROSS JOIN LATERAL (
        SELECT d.last_on IS NOT NULL AS follows,
               coalesce(d.last_on, s.first_on + (((s.phase + h.shift) %% {WHOLE})::bigint * (h.weeks * 7 + h.months * 30) / {WHOLE})::int) AS base
    ) b
    CROSS JOIN LATERAL (
        SELECT coalesce(d.last_number, {COUNTED_FROM} + 1) + k AS number, follows,
               CASE h.months WHEN 0 THEN b.base + k * h.weeks * 7 ELSE (b.base + make_interval(months => k * h.months))::date END AS nominal
        FROM generate_series(
            greatest((%(first_day)s - b.base) / (h.weeks * 7 + h.months * 31), CASE WHEN b.follows THEN 1 ELSE 0 END),
            (%(end)s - b.base) / (h.weeks * 7 + h.months * 28)
        ) k
        OFFSET 0
    ) c
    WHERE h.hangs_on = '{INTERVAL}' AND c.nominal >= %(first_day)s AND c.nominal < %(end)s"""

# What depends on nothing but the group, of clients with exceptions: theirs go the way of what hangs, to be held to the exceptions' days.
OWN_SLOTS = f"""
    SELECT {_OF_CLIENT}, o.group_id, o.touchpoint_type_id, o.shift, '', 0, 0, 0, o.window_days, o.lead_days, o.channel, o.performer, o.minutes,
           o.holds_from, o.holds_before, o.service_year, o.ordinal, o.first, o.count, ((s.phase + o.shift) %% {WHOLE}) * o.count / {WHOLE}, false
    FROM own_occurrence o JOIN served s USING (group_id)"""

HANGING_SLOTS: dict[str, str] = {
    Anchor.BIRTHDAY: _BIRTHDAY,
    Anchor.CLIENT_ANNIVERSARY: _ANNIVERSARY,
    Anchor.REVIEW_MONTH: _REVIEW_MONTH,
    INTERVAL: _INTERVAL,
    **{event: _after_event(event) for event in EVENT_DAYS},
}
