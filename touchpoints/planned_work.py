"""The minutes of the open touchpoints, by month or week, and by whom they fall to: what workload.py adds up."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from firms.models import Firm
from service_matrix.books import Books
from touchpoints.models import OPEN
from touchpoints.standing_in import Covers

# What is to be done until a day: by week or month of each adviser, performer and person asked by name; by month of each segment too: one reading of
# the open touchpoints. What is late is to be done in the first month or week. The rows of one grouping are null where the other speaks. A loop, or an
# aggregate for each, would read a year of a large book twice. A day is truncated without a time zone, which would be looked up for each row.
_PLANNED = """{turns}
SELECT adviser_id, performer, assigned_to_id, day, {of_segment}, sum(minutes)
FROM (
    SELECT t.*, {day} AS day
    FROM (
        SELECT adviser_id, performer, assigned_to_id, segment_id, minutes, greatest(due_on, %(first)s) AS due_on,
               date_trunc(%(cut)s, greatest(due_on, %(first)s)::timestamp)::date AS span
        FROM touchpoints_touchpoint WHERE firm_id = %(firm)s AND status = ANY(%(open)s) AND due_on <= %(last)s
    ) t {joined}
) w
GROUP BY {groups}
"""
_PLAIN = {"turns": "", "joined": "", "day": "t.span"}


def _spot(whose: str, day: str) -> str:
    """A person and a month or week in one number: DISTINCT ON it tells PostgreSQL that no two are equal, and it looks up, not sorts, touchpoints."""
    return f"{whose} * 100000 + ({day} - date '2000-01-01')"


# Where absences are covered, a month or week is cut on the days from which other people do the work of its book, or what was asked of a person:
# few have any, and in those the last one until a day is found by halving. OFFSET 0 hides what the day is made of, from which PostgreSQL would
# take every touchpoint for a group of its own, and sort them all.
_CUT = {
    "turns": f"""
WITH turn AS MATERIALIZED (
    SELECT DISTINCT ON (spot) spot, days
    FROM (
        SELECT {_spot("whose", "date_trunc(%(cut)s, day::timestamp)::date")} AS spot, array_agg(day ORDER BY day) AS days
        FROM unnest(%(whose)s::bigint[], %(days)s::date[]) AS each (whose, day) GROUP BY 1
    ) s
)""",
    "joined": f"""LEFT JOIN turn b ON b.spot = {_spot("adviser_id", "t.span")}
    LEFT JOIN turn a ON a.spot = {_spot("assigned_to_id", "t.span")} OFFSET 0""",
    # Before the first of them an array has nothing, at 0, and `greatest` passes over nothing.
    "day": "greatest(t.span, b.days[width_bucket(t.due_on, b.days)], a.days[width_bucket(t.due_on, a.days)])",
}
_OF_ADVISERS = "adviser_id, performer, assigned_to_id, day"


def _planned_statement(*, by_week: bool, is_cut: bool) -> str:
    if by_week:
        groups, of_segment = _OF_ADVISERS, "NULL::bigint, NULL::date"
    else:
        groups, of_segment = f"GROUPING SETS (({_OF_ADVISERS}), (segment_id, span))", "segment_id, span"
    return _PLANNED.format(of_segment=of_segment, groups=groups, **(_CUT if is_cut else _PLAIN))


@dataclass(frozen=True)
class Work:
    """Minutes of one month or week (its first day) in an adviser's book, for one kind of performer; `asked` is who was asked for them by name.

    Of a month or week in which somebody covers for others, of the days from `day` on that the same people do the work.
    """

    adviser: int
    performer: str
    asked: int | None
    first: date
    day: date
    minutes: int


@dataclass(frozen=True)
class Planned:
    """Minutes of the open touchpoints, by month or week (its first day): of each adviser, performer and person asked; by month, of each segment."""

    by_adviser: list[Work]
    by_segment: dict[tuple[int, date], int]


def read_planned(firm: Firm, first: date, last: date, *, covers: Covers, books: Books, by_week: bool) -> Planned:
    whose, days = covers.turns(books)
    values: dict[str, Any] = {
        "firm": firm.pk,
        "open": [str(status) for status in OPEN],
        "first": first,
        "last": last,
        "cut": "week" if by_week else "month",
        "whose": whose,
        "days": days,
    }
    planned = Planned([], {})
    with connection.cursor() as cursor:
        cursor.execute(_planned_statement(by_week=by_week, is_cut=bool(covers)), values)
        for adviser, performer, asked, day, segment, span, minutes in cursor.fetchall():
            if segment is None:
                begins = day - timedelta(days=day.weekday()) if by_week else day.replace(day=1)
                planned.by_adviser.append(Work(adviser, performer, asked, begins, day, minutes))
            else:
                planned.by_segment[segment, span] = minutes
    return planned
