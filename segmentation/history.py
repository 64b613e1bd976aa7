"""Where clients were: on any past day, over time, and how many in each segment month by month. Assignments are their own history."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from clients.models import Client
from clients.queries import visible_to
from firms.models import User
from segmentation.models import Assignment, Reassessment, Scheme

MONTHS = 24


def in_force_on(day: date) -> Q:
    """Assignments whose period holds this day: the first day is included, the last is not."""
    return Q(starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gt=day))


def placement_on(*, client: Client, scheme: Scheme, on: date) -> Assignment | None:
    """Which segment a client was in on a day, placed by what and by whom; None when it was in none."""
    return (
        Assignment.objects.filter(in_force_on(on), firm_id=client.firm_id, client=client, scheme=scheme)
        .select_related("segment", "version", "by")
        .first()
    )


def members_on(user: User, *, scheme: Scheme, on: date, segment_id: int | None = None) -> QuerySet[Assignment]:
    """Who was in the scheme, or in one of its segments, on a day: the clients this user may see, by name."""
    found = Assignment.objects.filter(in_force_on(on), firm_id=scheme.firm_id, scheme=scheme, client__in=visible_to(user))
    if segment_id is not None:
        found = found.filter(segment_id=segment_id)
    return found.select_related("client__adviser", "segment", "by", "version").order_by("client__sort_name", "client_id")


@dataclass(frozen=True)
class History:
    """One client in one scheme, latest period first."""

    scheme: Scheme
    periods: list[Assignment]
    reassessments: list[Reassessment]

    @property
    def current(self) -> Assignment | None:
        return self.periods[0] if self.periods and self.periods[0].ends_on is None else None

    @property
    def last_reassessment(self) -> Reassessment | None:
        return self.reassessments[0] if self.reassessments else None


def history_of(client: Client) -> list[History]:
    """A client in every scheme it was ever placed in, the service scheme first. Two statements."""
    periods: dict[int, list[Assignment]] = defaultdict(list)
    schemes: dict[int, Scheme] = {}
    rows = Assignment.objects.filter(firm_id=client.firm_id, client=client).select_related("scheme", "segment", "version", "by")
    for row in rows.order_by("-scheme__is_service", "scheme_id", "-starts_on", "-pk"):
        periods[row.scheme_id].append(row)
        schemes[row.scheme_id] = row.scheme
    reassessments: dict[int, list[Reassessment]] = defaultdict(list)
    if periods:
        for done in Reassessment.objects.filter(firm_id=client.firm_id, client=client).select_related("by", "segment").order_by("-on", "-pk"):
            reassessments[done.scheme_id].append(done)
    return [History(schemes[pk], found, reassessments[pk]) for pk, found in periods.items()]


def month_starts(today: date, *, months: int = MONTHS) -> list[date]:
    """The first days of so many months up to this one, and today: what the counts are taken on."""
    year, month = today.year, today.month
    days = []
    for _number in range(months):
        days.append(date(year, month, 1))
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    days.reverse()
    return days if days[-1] == today else [*days, today]


def counts_over_time(user: User, *, scheme: Scheme, days: Sequence[date]) -> dict[int, list[int]]:
    """How many clients this user may see were in each segment on each of these days, by segment; segments nobody was in are left out.

    One statement: arrivals and departures are summed day by day and added up, so that each assignment is read once, whatever the
    number of days.
    """
    visible, parameters = visible_to(user).order_by().values("pk").query.sql_with_params()
    sql = f"""
        WITH moves AS (
            SELECT a.segment_id, move.day, move.clients
            FROM segmentation_assignment a
            CROSS JOIN LATERAL (VALUES (a.starts_on, 1), (a.ends_on, -1)) AS move (day, clients)
            WHERE a.firm_id = %s AND a.scheme_id = %s AND move.day <= %s AND a.client_id IN ({visible})
        ), daily AS (
            SELECT segment_id, width_bucket(day, %s::date[]) AS place, sum(clients) AS clients FROM moves GROUP BY 1, 2
        )
        SELECT segment_id, place, clients FROM daily ORDER BY 1, 2
    """
    # A day counts what began on it: bucket n holds what happened after day n up to day n + 1.
    edges = [day + timedelta(days=1) for day in days[:-1]]
    counts: dict[int, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, [scheme.firm_id, scheme.pk, days[-1], *parameters, edges])
        for segment_id, place, clients in cursor.fetchall():
            line = counts.setdefault(segment_id, [0] * len(days))
            for number in range(place, len(days)):
                line[number] += int(clients)
    return {segment_id: line for segment_id, line in counts.items() if any(line)}
