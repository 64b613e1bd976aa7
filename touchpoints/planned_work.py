"""The minutes of the open touchpoints, by month or week, and by whom they fall to: what workload.py adds up."""

from dataclasses import dataclass
from datetime import date
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
SELECT adviser_id, performer, assigned_to_id, {segment} AS segment_id,
    date_trunc(%(cut)s, greatest(due_on, %(first)s)::timestamp)::date AS span, {since} AS since, sum(minutes)
FROM touchpoints_touchpoint {joined}
WHERE firm_id = %(firm)s AND status = ANY(%(open)s) AND due_on <= %(last)s
GROUP BY {groups}
"""
_PLAIN = {"turns": "", "joined": "", "since": "NULL::date"}
# Where absences are covered, a month or week is cut on the days from which other people do the work of its book, or what was asked of a person:
# a few days for each, joined once and found in them by halving.
_CUT = {
    "turns": """
WITH turn AS MATERIALIZED (
    SELECT whose, array_agg(day ORDER BY day) AS days FROM unnest(%(whose)s::bigint[], %(days)s::date[]) AS each (whose, day) GROUP BY whose
)""",
    "joined": "LEFT JOIN turn b ON b.whose = adviser_id LEFT JOIN turn a ON a.whose = assigned_to_id",
    # No day before the first: an array has nothing at 0, and `greatest` passes over nothing.
    "since": """greatest(b.days[width_bucket(greatest(due_on, %(first)s), b.days)], a.days[width_bucket(greatest(due_on, %(first)s), a.days)])""",
}
_OF_ADVISERS = "adviser_id, performer, assigned_to_id, span, since"


def _planned_statement(*, by_week: bool, is_cut: bool) -> str:
    if by_week:
        groups, segment = _OF_ADVISERS, "NULL::bigint"
    else:
        groups, segment = f"GROUPING SETS (({_OF_ADVISERS}), (segment_id, span))", "segment_id"
    return _PLANNED.format(segment=segment, groups=groups, **(_CUT if is_cut else _PLAIN))


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
        for adviser, performer, asked, segment, span, since, minutes in cursor.fetchall():
            if segment is None:
                planned.by_adviser.append(Work(adviser, performer, asked, span, max(span, since) if since else span, minutes))
            else:
                planned.by_segment[segment, span] = minutes
    return planned
