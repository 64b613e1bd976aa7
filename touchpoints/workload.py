"""What the planned touchpoints ask of each person, month by month and week by week, against the hours they have (docs/capacity.md)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth, TruncWeek

from clients.models import Client
from firms.models import Firm
from firms.working_time import WorkingPerson
from segmentation.models import Assignment, Segment
from service_matrix.books import NOBODY, Books, read_books
from service_matrix.capacity import Calendar, hours_between, year_ahead
from service_matrix.models import MatrixVersion, Performer, TouchpointType
from service_matrix.money import read_book, read_serving
from touchpoints.models import OPEN, Touchpoint

WEEKS_AHEAD = 12
MINUTES_AN_HOUR = 60
MONTHS_A_YEAR = 12
WEEKS_A_YEAR = Decimal(365) / 7


@dataclass(frozen=True)
class Span:
    """A month or a week of one person: hours promised, hours to give."""

    first: date
    committed: Decimal
    available: Decimal

    @property
    def utilisation(self) -> Decimal | None:
        """None when there are no hours to give."""
        return self.committed / self.available if self.available else None

    @property
    def is_over(self) -> bool:
        return self.committed > self.available


@dataclass(frozen=True)
class PersonLoad:
    """What a person is promised for, span by span."""

    person: WorkingPerson
    spans: list[Span]

    @property
    def committed(self) -> Decimal:
        return sum((span.committed for span in self.spans), Decimal(0))

    @property
    def available(self) -> Decimal:
        return sum((span.available for span in self.spans), Decimal(0))

    @property
    def utilisation(self) -> Decimal | None:
        return self.committed / self.available if self.available else None


@dataclass(frozen=True)
class Workload:
    """Everyone's load over the same spans; `nobodys` are the hours that fall to nobody who works here: assistants' work in books
    that no assistant works for, and the books of people who left.
    """

    spans: list[date]
    people: list[PersonLoad]
    nobodys: list[Decimal]


def monthly_workload(*, firm: Firm, today: date) -> Workload:
    """Each person's year ahead by month."""
    calendar = year_ahead(firm, today)
    firsts = calendar.months
    lasts = [following - timedelta(days=1) for following in firsts[1:]] + [calendar.last]
    return _workload(firm, calendar, firsts, lasts, by_week=False)


def weekly_workload(*, firm: Firm, today: date, weeks: int = WEEKS_AHEAD) -> Workload:
    """Each person's coming weeks, from Monday to Sunday; this week counts from today."""
    calendar = year_ahead(firm, today)
    monday = today - timedelta(days=today.weekday())
    firsts = [monday + timedelta(weeks=number) for number in range(weeks)]
    return _workload(firm, calendar, firsts, [first + timedelta(days=6) for first in firsts], by_week=True)


def _workload(firm: Firm, calendar: Calendar, firsts: list[date], lasts: list[date], *, by_week: bool) -> Workload:
    working, books = read_serving(firm, away=calendar), read_books(firm)
    counted = {person.user_id for person in working.people}
    minutes: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for adviser, performer, first, planned in _planned(firm, calendar.first, lasts[-1], by_week=by_week):
        for who, theirs in books.divide(adviser, performer, Decimal(planned)):
            minutes[who if who in counted else NOBODY, first] += theirs
    spans_a_year = WEEKS_A_YEAR if by_week else Decimal(MONTHS_A_YEAR)
    # The first month, or week, counts for the days that are left of it; so does the last.
    shares = [_share_left(first, last, calendar, by_week=by_week) for first, last in zip(firsts, lasts, strict=True)]
    for adviser, answering in _answering(firm).items():
        for who, theirs in books.divide(adviser, Performer.EITHER, answering / spans_a_year):
            for first, share in zip(firsts, shares, strict=True):
                minutes[who if who in counted else NOBODY, first] += theirs * share
    people = []
    for person in working.people:
        spans = [
            Span(
                first,
                minutes.get((person.user_id, first), Decimal(0)) / MINUTES_AN_HOUR,
                hours_between(person, max(first, calendar.first), last, calendar=calendar, absences=working.absences),
            )
            for first, last in zip(firsts, lasts, strict=True)
        ]
        people.append(PersonLoad(person, spans))
    return Workload(firsts, people, [minutes.get((NOBODY, first), Decimal(0)) / MINUTES_AN_HOUR for first in firsts])


def _share_left(first: date, last: date, calendar: Calendar, *, by_week: bool) -> Decimal:
    """How much of a month or week lies in the calendar's year."""
    end = first + timedelta(days=6) if by_week else (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return Decimal((min(last, calendar.last) - max(first, calendar.first)).days + 1) / ((end - first).days + 1)


def _planned(firm: Firm, first: date, last: date, *, by_week: bool) -> list[tuple[int, str, date, int]]:
    """Adviser, performer, span, minutes of what is planned: one aggregate over the touchpoints to come."""
    cut = TruncWeek("due_on") if by_week else TruncMonth("due_on")
    rows = Touchpoint.objects.filter(firm_id=firm.pk, status__in=OPEN, due_on__gte=first, due_on__lte=last).order_by()
    return list(rows.annotate(span=cut).values_list("adviser_id", "performer", "span").annotate(Sum("minutes")))


def _answering(firm: Firm) -> dict[int, Decimal]:
    """Minutes a year of answering, by adviser: as the published matrix says, for each client who is in a segment."""
    published = MatrixVersion.objects.filter(firm_id=firm.pk, scheme__is_service=True, status=MatrixVersion.Status.PUBLISHED).first()
    if published is None or not published.reactive_minutes:
        return {}
    assigned = Assignment.objects.filter(firm_id=firm.pk, scheme=published.scheme_id, ends_on=None)
    rows = Client.objects.filter(firm_id=firm.pk, archived_at=None, pk__in=assigned.values("client_id")).order_by()
    return {adviser: Decimal(clients) * published.reactive_minutes for adviser, clients in rows.values_list("adviser_id").annotate(Count("pk"))}


@dataclass(frozen=True)
class Filling:
    """What fills an over-committed week: one touchpoint type of the books a person works for."""

    name: str
    touchpoints: int
    hours: Decimal


@dataclass(frozen=True)
class OverWeek:
    person: WorkingPerson
    span: Span
    fillings: list[Filling]

    @property
    def excess(self) -> Decimal:
        return self.span.committed - self.span.available


def over_committed_weeks(*, firm: Firm, today: date, most: int = 50) -> tuple[list[OverWeek], int]:
    """The coming weeks in which a person is promised for more hours than they have, soonest and worst first, with what fills each; and how many
    there are in all.
    """
    workload = weekly_workload(firm=firm, today=today)
    books = read_books(firm)
    over = [(load.person, span) for load in workload.people for span in load.spans if span.is_over]
    over.sort(key=lambda each: (each[1].first, each[1].available - each[1].committed, each[0].user_id))
    shown = over[:most]
    return [OverWeek(person, span, fillings) for (person, span), fillings in zip(shown, _fillings(firm, today, shown, books), strict=True)], len(over)


def _fillings(firm: Firm, today: date, weeks: list[tuple[WorkingPerson, Span]], books: Books) -> list[list[Filling]]:
    """What fills each of these weeks, the most first: one aggregate over the books concerned."""
    if not weeks:
        return []
    books_of: dict[int, set[int]] = defaultdict(set)
    for adviser, helpers in books.assistants.items():
        for helper in helpers:
            books_of[helper].add(adviser)
    concerned = {person.user_id for person, _span in weeks} | {adviser for person, _span in weeks for adviser in books_of[person.user_id]}
    first, last = min(span.first for _person, span in weeks), max(span.first for _person, span in weeks) + timedelta(days=6)
    rows = Touchpoint.objects.filter(firm_id=firm.pk, status__in=OPEN, adviser__in=concerned, due_on__gte=max(first, today), due_on__lte=last)
    cells = rows.order_by().annotate(span=TruncWeek("due_on")).values_list("adviser_id", "performer", "span", "touchpoint_type_id")
    names = {each.pk: each.name for each in TouchpointType.objects.filter(firm_id=firm.pk)}
    filled: dict[tuple[int, date], dict[str, list[Decimal]]] = defaultdict(lambda: defaultdict(lambda: [Decimal(0), Decimal(0)]))
    for adviser, performer, span, touchpoint_type, minutes, count in cells.annotate(Sum("minutes"), Count("pk")):
        for who, theirs in books.divide(adviser, performer, Decimal(minutes)):
            entry = filled[who, span][names[touchpoint_type]]
            entry[0] += theirs / MINUTES_AN_HOUR
            entry[1] += count * theirs / minutes if minutes else 0
    found = []
    for person, week in weeks:
        mine = filled[person.user_id, week.first].items()
        ordered = sorted(mine, key=lambda each: (-each[1][0], each[0]))
        found.append([Filling(name, round(count), hours) for name, (hours, count) in ordered])
    return found


@dataclass(frozen=True)
class SegmentMonths:
    """The hours that one segment's clients are promised, month by month."""

    segment: Segment
    hours: list[Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.hours, Decimal(0))


def segment_months(*, firm: Firm, today: date) -> tuple[list[date], list[SegmentMonths]]:
    """The year ahead by segment and month: touchpoints planned, of the segment they are promised to, and answering spread evenly.

    Four statements, aggregates whatever the size of the book.
    """
    calendar = year_ahead(firm, today)
    firsts = calendar.months
    lasts = [following - timedelta(days=1) for following in firsts[1:]] + [calendar.last]
    planned = Touchpoint.objects.filter(firm_id=firm.pk, status__in=OPEN, due_on__gte=calendar.first, due_on__lte=calendar.last).order_by()
    minutes: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for segment, month, promised in planned.annotate(month=TruncMonth("due_on")).values_list("segment_id", "month").annotate(Sum("minutes")):
        minutes[segment, month] += promised
    segments = list(Segment.objects.filter(firm_id=firm.pk, scheme__is_service=True).order_by("rank"))
    published = MatrixVersion.objects.filter(firm_id=firm.pk, scheme__is_service=True, status=MatrixVersion.Status.PUBLISHED).first()
    if published is not None and published.reactive_minutes:
        # The same for every client; a segment's is that of the clients it has today.
        clients = read_book(firm_id=firm.pk, scheme_id=published.scheme_id).clients
        for first, last in zip(firsts, lasts, strict=True):
            share = _share_left(first, last, calendar, by_week=False) / MONTHS_A_YEAR
            for segment, number in clients.items():
                minutes[segment, first] += number * published.reactive_minutes * share
    return firsts, [SegmentMonths(each, [minutes.get((each.pk, first), Decimal(0)) / MINUTES_AN_HOUR for first in firsts]) for each in segments]
