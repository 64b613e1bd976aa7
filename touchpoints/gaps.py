"""Silent gaps: clients nobody met or talked to for longer than their segment promises, and those about to fall in (docs/silent-gaps.md)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet

from clients.models import Client, Interaction, Person
from firms.models import User
from segmentation.models import Segment
from service_matrix.anchors import Anchor, days_of_interval
from service_matrix.models import MatrixVersion, Promise
from service_matrix.promises import DAYS_A_YEAR
from touchpoints.client_pages import next_touchpoints
from touchpoints.fates import MEETING_CHANNELS
from touchpoints.models import ENDS_ON, OPEN, Touchpoint
from touchpoints.planning import SERVED
from touchpoints.queries import for_lists

PAGE_SIZE = 50
# How far ahead a silence or the end of a window is seen coming.
SOON_DAYS = 14

SILENT, SOON = "silent", "soon"


@dataclass(frozen=True)
class Allowance:
    """The longest silence that a segment's promises leave while every one of them is kept."""

    segment: Segment
    days: int


def interval_of(promise: Promise) -> int:
    """Days between two occurrences of a promise."""
    if promise.every is not None:
        return days_of_interval(promise.every, promise.every_unit)
    return ceil(DAYS_A_YEAR / promise.times)


def read_allowances(firm_id: int) -> list[Allowance]:
    """Of each segment of the service scheme that is promised meetings or calls, under the published matrix. One statement."""
    promises = Promise.objects.filter(
        firm_id=firm_id, version__status=MatrixVersion.Status.PUBLISHED, version__scheme__is_service=True, channel__in=MEETING_CHANNELS
    ).exclude(anchor=Anchor.AFTER_EVENT)
    longest: dict[int, Allowance] = {}
    for promise in promises.select_related("segment"):
        days = interval_of(promise) + promise.window_days
        if promise.segment_id not in longest or days < longest[promise.segment_id].days:
            longest[promise.segment_id] = Allowance(promise.segment, days)
    return list(longest.values())


@dataclass(frozen=True, order=True)
class Place:
    """Where a client stands among the gaps, and a page of them begins: the silent before those to come, then by promise risk."""

    section: int
    rank: int
    last_day: date
    client_id: int

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        try:
            section, rank, last_day, client = text.split("_")
            place = cls(int(section), int(rank), date.fromisoformat(last_day), int(client))
        except ValueError:
            return None
        return place if place.section in (0, 1) and 0 <= place.rank < 2**15 and 0 <= place.client_id < 2**62 else None

    def __str__(self) -> str:
        return f"{self.section}_{self.rank}_{self.last_day.isoformat()}_{self.client_id}"


@dataclass(frozen=True)
class Gap:
    """A client's silence on a day. `since` is the last contact, or the client's first day where there was none."""

    client: Client
    segment: Segment
    since: date
    allowed: int
    days: int
    contact_id: int | None = None
    last_contact: Interaction | None = None
    contact: Person | None = None
    next: Touchpoint | None = None

    @property
    def over(self) -> int:
        """Days beyond what is promised; below one, so many days are left."""
        return self.days - self.allowed

    @property
    def left(self) -> int:
        return -self.over

    @property
    def is_silent(self) -> bool:
        return self.over > 0


@dataclass(frozen=True)
class GapPage:
    rows: list[Gap]
    silent: int
    soon: int
    following: Place | None


# The last contact of each served client, by one probe of an index a client; what was sent to complete a touchpoint is passed over. A silence is
# then a subtraction. Set-based: a loop would ask for the last contact of each client of a firm. The outer row is there for the counts, also when
# nobody is on the page.
_GAPS = """
WITH allowance AS (
    SELECT * FROM unnest(%(segments)s::bigint[], %(ranks)s::int[], %(days)s::int[]) AS l (segment_id, rank, days)
), served AS (
    SELECT a.client_id, a.segment_id, l.rank, l.days AS allowed, contact.id AS contact_id, coalesce(
        contact.day,
        (SELECT min(f.starts_on) FROM segmentation_assignment f
         WHERE f.firm_id = %(firm)s AND f.client_id = a.client_id AND f.scheme_id = a.scheme_id)
    ) AS since
    FROM segmentation_assignment a
    JOIN allowance l ON l.segment_id = a.segment_id
    JOIN clients_client c ON c.firm_id = %(firm)s AND c.id = a.client_id
    LEFT JOIN LATERAL (
        SELECT i.id, (i.happened_at AT TIME ZONE %(zone)s)::date AS day FROM clients_interaction i
        WHERE i.firm_id = %(firm)s AND i.client_id = a.client_id AND (i.channel = ANY(%(meeting)s) OR NOT EXISTS (
            SELECT 1 FROM touchpoints_touchpoint t WHERE t.firm_id = %(firm)s AND t.client_id = a.client_id AND t.interaction_id = i.id))
        ORDER BY i.happened_at DESC LIMIT 1
    ) contact ON true
    WHERE a.firm_id = %(firm)s AND a.scheme_id = %(scheme)s AND a.ends_on IS NULL
      AND c.archived_at IS NULL AND c.status = ANY(%(served)s) AND (%(everyone)s OR c.adviser_id = ANY(%(books)s))
), gap AS MATERIALIZED (
    SELECT client_id, segment_id, contact_id, since, allowed, rank, since + allowed AS last_day,
           CASE WHEN since + allowed < %(today)s THEN 0 ELSE 1 END AS section
    FROM served WHERE since + allowed <= %(until)s
)
SELECT page.client_id, c.name, c.adviser_id, u.name, segment_id, contact_id, since, allowed, section, rank, last_day, silent, soon
FROM (SELECT count(*) FILTER (WHERE section = 0) AS silent, count(*) FILTER (WHERE section = 1) AS soon FROM gap) counted
LEFT JOIN LATERAL (
    SELECT * FROM gap WHERE section = ANY(%(sections)s) AND (section, rank, last_day, client_id) > (%(section)s, %(rank)s, %(last_day)s, %(client)s)
    ORDER BY section, rank, last_day, client_id LIMIT %(most)s
) page ON true
LEFT JOIN clients_client c ON c.firm_id = %(firm)s AND c.id = page.client_id
LEFT JOIN firms_user u ON u.firm_id = %(firm)s AND u.id = c.adviser_id
ORDER BY section, rank, last_day, page.client_id
"""
_SECTIONS = {SILENT: 0, SOON: 1}
_BEFORE_ALL = Place(-1, 0, date.min, 0)


def find_gaps(
    *, user: User, on: date, books: list[int] | None, view: str | None = None, after: Place | None = None, most: int = PAGE_SIZE
) -> GapPage:
    """Clients of these books (None: the whole firm) who are silent on a day, and who will be within two weeks; the promise most at risk first.

    Views: `silent`, `soon`; none is both. Two statements; a client carries its name and its
    adviser's, `with_actions` adds what a page shows.
    """
    allowances = {allowance.segment.pk: allowance for allowance in read_allowances(user.firm_id)}
    if not allowances:
        return GapPage([], 0, 0, None)
    place = after or _BEFORE_ALL
    parameters: dict[str, Any] = {
        "firm": user.firm_id,
        "scheme": next(iter(allowances.values())).segment.scheme_id,
        "segments": list(allowances),
        "ranks": [allowance.segment.rank for allowance in allowances.values()],
        "days": [allowance.days for allowance in allowances.values()],
        "zone": user.firm.time_zone,
        "meeting": [channel.value for channel in MEETING_CHANNELS],
        "served": [status.value for status in SERVED],
        "everyone": books is None,
        "books": books or [],
        "today": on,
        "until": on + timedelta(days=SOON_DAYS),
        "sections": [_SECTIONS[view]] if view else [0, 1],
        "section": place.section,
        "rank": place.rank,
        "last_day": place.last_day,
        "client": place.client_id,
        "most": most + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, parameters)
        found = cursor.fetchall()
    silent, soon = found[0][-2:]
    rows = [row for row in found if row[0] is not None]
    gaps = []
    for client_id, name, adviser_id, adviser_name, segment_id, contact_id, since, allowed, *_place in rows[:most]:
        # What a line shows of the client came with it.
        adviser = User(pk=adviser_id, firm_id=user.firm_id, name=adviser_name)
        client = Client(pk=client_id, firm_id=user.firm_id, name=name, adviser=adviser)
        gaps.append(Gap(client, allowances[segment_id].segment, since, allowed, (on - since).days, contact_id))
    following = None
    if len(rows) > most:
        client_id, *_gap, section, rank, last_day, _silent, _soon = rows[most - 1]
        following = Place(section, rank, last_day, client_id)
    return GapPage(gaps, silent, soon, following)


def with_actions(gaps: Iterable[Gap], *, user: User) -> list[Gap]:
    """The same with what was said last, whom to reach and what is planned next. Three statements, however many."""
    gaps = list(gaps)
    clients = [gap.client for gap in gaps]
    said = Interaction.objects.filter(firm_id=user.firm_id).select_related("by").in_bulk([gap.contact_id for gap in gaps if gap.contact_id])
    people = {person.client_id: person for person in Person.objects.filter(firm_id=user.firm_id, client__in=clients, is_primary=True)}
    planned = next_touchpoints(user.firm_id, clients)
    return [
        replace(gap, last_contact=said.get(gap.contact_id or 0), contact=people.get(gap.client.pk), next=planned.get(gap.client.pk)) for gap in gaps
    ]


@dataclass(frozen=True)
class WindowPlace:
    """Where a page of closing windows begins."""

    window_ends_on: date
    rank: int
    pk: int

    @classmethod
    def parse(cls, text: str) -> "WindowPlace | None":
        try:
            day, rank, pk = text.split("_")
            place = cls(date.fromisoformat(day), int(rank), int(pk))
        except ValueError:
            return None
        return place if 0 <= place.rank < 2**15 and 0 <= place.pk < 2**62 else None

    def __str__(self) -> str:
        return f"{self.window_ends_on.isoformat()}_{self.rank}_{self.pk}"


@dataclass(frozen=True)
class WindowPage:
    rows: list[Touchpoint]
    following: WindowPlace | None


def find_closing(*, firm_id: int, on: date, books: list[int] | None) -> QuerySet[Touchpoint]:
    """The touchpoints of `closing_windows`, in its order."""
    until = on + timedelta(days=SOON_DAYS)
    closing = Touchpoint.objects.filter(firm_id=firm_id, status__in=OPEN)
    # Of a few books an index range of what is open; of a whole firm the index of what ends.
    closing = (
        closing.alias(ends_on=ENDS_ON)
        if books is None
        else closing.filter(adviser_id__in=books, due_on__lte=until).alias(ends_on=F("window_ends_on"))
    )
    return closing.filter(Q(("ends_on__range", (on, until)))).order_by("ends_on", "segment__rank", "pk")


def closing_windows(*, user: User, on: date, books: list[int] | None, after: WindowPlace | None = None, most: int = PAGE_SIZE) -> WindowPage:
    """Open touchpoints of these books (None: the whole firm) whose window ends within two weeks, and with it the promise: soonest first, then by
    segment. Everyone's: a promise breaks whoever was to keep it. One statement.
    """
    closing = find_closing(firm_id=user.firm_id, on=on, books=books)
    if after is not None:
        later = Q(ends_on__gt=after.window_ends_on) | Q(ends_on=after.window_ends_on, segment__rank__gt=after.rank)
        later |= Q(ends_on=after.window_ends_on, segment__rank=after.rank, pk__gt=after.pk)
        # The first condition is where the index is entered.
        closing = closing.filter(Q(ends_on__gte=after.window_ends_on) & later)
    # The rows are found first, and what a line shows is joined to them alone.
    shown = Touchpoint.objects.filter(pk__in=closing.values("pk")[: most + 1])
    rows = list(for_lists(shown).order_by("window_ends_on", "segment__rank", "pk"))
    last = rows[most - 1] if len(rows) > most else None
    return WindowPage(rows[:most], WindowPlace(last.window_ends_on, last.segment.rank, last.pk) if last else None)
