"""The service audit: of what was promised in a period, what was delivered, late, skipped and missed. The rules are in docs/service-audit.md."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import BooleanField, Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import TruncMonth
from django.utils.translation import pgettext_lazy
from django_stubs_ext import WithAnnotations

from clients.models import Client
from firms.models import Firm, User
from segmentation.models import Segment
from service_matrix.models import TouchpointType
from touchpoints.calendar import add_months
from touchpoints.fates import MEETING_CHANNELS, Counts, Fate, Fated, with_fate
from touchpoints.models import CLOSED, OPEN, Status, Touchpoint

PAGE_SIZE = 50


class By(models.TextChoices):
    """What the figures are told apart by."""

    SEGMENT = "segment", pgettext_lazy("audit by", "Segment")
    ADVISER = "adviser", pgettext_lazy("audit by", "Adviser")
    TYPE = "type", pgettext_lazy("audit by", "Touchpoint type")
    CLIENT = "client", pgettext_lazy("audit by", "Client")


_KEYS = {By.SEGMENT: "segment_id", By.ADVISER: "adviser_id", By.TYPE: "touchpoint_type_id", By.CLIENT: "client_id"}


@dataclass(frozen=True)
class Period:
    """Both days included."""

    first: date
    last: date

    def months(self) -> list[date]:
        """The first day of each month that has a day in the period."""
        numbers = range(self.first.year * 12 + self.first.month - 1, self.last.year * 12 + self.last.month)
        return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def last_twelve_months(today: date) -> Period:
    """This month until today and the eleven before it, whole."""
    return Period(add_months(today.replace(day=1), -11), today)


@dataclass(frozen=True)
class Line:
    """One segment, adviser, type or client; `rank` is a segment's."""

    key: int
    name: str
    counts: Counts
    rank: int | None = None


@dataclass(frozen=True)
class Met:
    """Clients who were to be met or called, of which those who missed at least one meeting, and those who missed none but had one late."""

    supposed: int = 0
    missed: int = 0
    late: int = 0

    @property
    def met(self) -> int:
        return self.supposed - self.missed


@dataclass(frozen=True)
class Place:
    """Where a page of clients begins: after so many broken promises and this client."""

    broken: int
    client_id: int

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        broken, _sign, client = text.partition("_")
        if not (broken.isdecimal() and client.isdecimal() and len(broken) < 10 and len(client) < 18):
            return None
        return cls(int(broken), int(client))

    def __str__(self) -> str:
        return f"{self.broken}_{self.client_id}"


@dataclass(frozen=True)
class Audit:
    period: Period
    by: By
    totals: Counts = field(default_factory=Counts)
    met: Met = field(default_factory=Met)
    # Of every month of the period.
    months: dict[date, Counts] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    # Where the next page of clients begins.
    following: Place | None = None


def promised_in(seen: QuerySet[Touchpoint], period: Period) -> QuerySet[Touchpoint]:
    """Of the touchpoints a reader sees, those due in a period, whatever became of them.

    Every status is named, each group as an index of it says: a book's year is then read from three indexes, and not with the other books'.
    """
    each = Q(status__in=CLOSED) | Q(status__in=OPEN) | Q(status=Status.CANCELLED)
    return seen.filter(each, due_on__range=(period.first, period.last))


# Every figure of the page from one pass over the touchpoints of the period: by day, by line, and by client; months and totals are sums of days.
# Clients are then told apart by whether they were met, and the first of them listed, the one with most broken promises first. A pass a figure would
# read hundreds of thousands of rows of a large firm each time; a loop would send them all through Python.
_AUDIT = """
WITH counted AS (
    SELECT grouping(client_id, due_on, key) AS cut, client_id, due_on, key, is_meeting, fate, count(*) AS number
    FROM ({owed}) owed
    GROUP BY GROUPING SETS ((client_id, is_meeting, fate), (due_on, fate), (key, fate))
), client AS (
    SELECT client_id, {counts}, coalesce(sum(number) FILTER (WHERE fate IN ('late', 'missed')), 0) AS broken,
           bool_or(is_meeting AND fate IN ('on_time', 'late', 'missed')) AS supposed,
           bool_or(is_meeting AND fate = 'missed') AS unmet, bool_or(is_meeting AND fate = 'late') AS late_met
    FROM counted WHERE cut = {of_client} GROUP BY client_id
)
SELECT cut, due_on, key, fate, number, NULL::int[] AS counts FROM counted WHERE cut <> {of_client}
UNION ALL
SELECT 0, NULL, NULL, NULL, NULL,
       ARRAY[count(*) FILTER (WHERE supposed), count(*) FILTER (WHERE unmet), count(*) FILTER (WHERE late_met AND NOT unmet)]
FROM client
UNION ALL
(SELECT {of_client}, NULL, client_id, NULL, NULL, ARRAY[{names}]::int[] FROM client
 WHERE on_time + late + skipped + missed + open > 0 AND (broken, -client_id) < (%s, %s::bigint) ORDER BY broken DESC, client_id LIMIT %s)
"""
_MET, _OF_CLIENT, _OF_DAY, _OF_KEY = 0, 3, 5, 6
_COUNTED = {
    "of_client": _OF_CLIENT,
    "counts": ", ".join(f"coalesce(sum(number) FILTER (WHERE fate = '{fate}'), 0) AS {fate}" for fate in Fate.values),
    "names": ", ".join(Fate.values),
}


def audit_service(
    *, firm: Firm, seen: QuerySet[Touchpoint], period: Period, by: By, today: date, after: Place | None = None, most: int | None = PAGE_SIZE
) -> Audit:
    """The figures of a period over the touchpoints a reader sees, or chose among them. Two statements, whatever the book.

    Clients come a page at a time, from `after` on, or all of them when `most` is None; other lines come all. `today` is the firm's.
    """
    key = F(_KEYS[by]) if by != By.CLIENT else Value(None, output_field=IntegerField())
    is_meeting = Case(When(channel__in=MEETING_CHANNELS, then=Value(True)), default=Value(False), output_field=BooleanField())
    owed = with_fate(promised_in(seen, period), firm=firm, today=today).order_by()
    owed_values = owed.annotate(key=key, is_meeting=is_meeting).values("client_id", "due_on", "key", "fate", "is_meeting")
    try:
        inner, parameters = owed_values.query.sql_with_params()
    except EmptyResultSet:
        return Audit(period, by, months={month: Counts() for month in period.months()})
    clients = 0 if by != By.CLIENT else None if most is None else most + 1
    place = (after.broken, -after.client_id) if after else (2**31 - 1, 0)
    with connection.cursor() as cursor:
        cursor.execute(_AUDIT.format(owed=inner, **_COUNTED), [*parameters, *place, clients])
        rows = cursor.fetchall()
    return _read(rows, period=period, by=by, firm=firm, most=most)


def _read(rows: Iterable[tuple[Any, ...]], *, period: Period, by: By, firm: Firm, most: int | None) -> Audit:
    months = {month: Counts() for month in period.months()}
    lines: dict[int, Counts] = {}
    met, following = Met(), None
    for cut, due_on, key, fate, number, counts in rows:
        if cut == _OF_DAY:
            months[due_on.replace(day=1)] += Counts(**{fate: number})
        elif cut == _MET:
            met = Met(*counts)
        elif cut == _OF_CLIENT:
            lines[key] = Counts(*counts)
        elif key is not None:
            lines[key] = lines.get(key, Counts()) + Counts(**{fate: number})
    shown = [(key, counts) for key, counts in lines.items() if counts.promised]
    if by == By.CLIENT and most is not None and len(shown) > most:
        del shown[most:]
        last_id, last = shown[-1]
        following = Place(last.late + last.missed, last_id)
    return Audit(period, by, sum(months.values(), Counts()), met, months, _named(shown, by, firm), following)


def _named(lines: list[tuple[int, Counts]], by: By, firm: Firm) -> list[Line]:
    """In the order people look for them: segments by rank, clients as they came, others by name. One statement."""
    keys = [key for key, _counts in lines]
    if by == By.CLIENT:
        names = dict(Client.objects.filter(firm_id=firm.pk, pk__in=keys).values_list("pk", "name"))
        return [Line(key, names[key], counts) for key, counts in lines if key in names]
    if by == By.SEGMENT:
        segments = Segment.objects.filter(firm_id=firm.pk).in_bulk(keys)
        named = [Line(key, segments[key].name, counts, segments[key].rank) for key, counts in lines]
        return sorted(named, key=lambda line: (segments[line.key].scheme_id, line.rank))
    if by == By.ADVISER:
        names = dict(User.objects.filter(firm_id=firm.pk, pk__in=keys).values_list("pk", "name"))
    else:
        names = {found.pk: found.name for found in TouchpointType.objects.filter(firm_id=firm.pk, pk__in=keys)}
    return sorted((Line(key, names[key], counts) for key, counts in lines), key=lambda line: (line.name.casefold(), line.key))


def count_by_month(*, firm: Firm, seen: QuerySet[Touchpoint], period: Period, today: date) -> dict[date, Counts]:
    """Of every month of a period, what was promised and what became of it. One statement."""
    owed = with_fate(promised_in(seen, period), firm=firm, today=today).order_by()
    months: dict[date, dict[str, int]] = {month: {} for month in period.months()}
    for month, fate, number in owed.annotate(month=TruncMonth("due_on")).values_list("month", "fate").annotate(Count("pk")):
        months[month][fate] = number
    return {month: Counts(**counts) for month, counts in months.items()}


@dataclass(frozen=True)
class EvidencePlace:
    """Where a page of evidence begins: after this due date and touchpoint, the latest first."""

    due_on: date
    pk: int

    @classmethod
    def parse(cls, text: str) -> "EvidencePlace | None":
        day, _sign, pk = text.partition("_")
        try:
            return cls(date.fromisoformat(day), int(pk)) if pk.isdecimal() and len(pk) < 18 else None
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.due_on.isoformat()}_{self.pk}"


@dataclass(frozen=True)
class EvidencePage:
    rows: "list[WithAnnotations[Touchpoint, Fated]]"
    following: EvidencePlace | None


def find_evidence(
    *, firm: Firm, seen: QuerySet[Touchpoint], period: Period, fates: Iterable[str], today: date
) -> "QuerySet[WithAnnotations[Touchpoint, Fated]]":
    """The touchpoints behind a figure, the latest due first, with their `fate`, and what proves it."""
    found = with_fate(promised_in(seen, period), firm=firm, today=today).filter(fate__in=list(fates))
    return found.order_by("-due_on", "-pk")


def list_evidence(
    *, firm: Firm, seen: QuerySet[Touchpoint], period: Period, fates: Iterable[str], today: date, after: EvidencePlace | None = None
) -> EvidencePage:
    """A page of them. One statement: the page is found first, and what a line shows is joined to it alone."""
    found = find_evidence(firm=firm, seen=seen, period=period, fates=fates, today=today)
    if after is not None:
        found = found.filter(Q(due_on__lt=after.due_on) | Q(due_on=after.due_on, pk__lt=after.pk))
    page = with_fate(Touchpoint.objects.filter(pk__in=found.values("pk")[: PAGE_SIZE + 1]), firm=firm, today=today)
    rows = list(page.select_related(*_SHOWN).order_by("-due_on", "-pk"))
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    return EvidencePage(rows, EvidencePlace(rows[-1].due_on, rows[-1].pk) if more else None)


_SHOWN = ("client", "adviser", "touchpoint_type", "segment", "closed_by", "interaction")
