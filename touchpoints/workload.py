"""What the planned touchpoints ask of each person, month by month and week by week, against the hours they have (docs/capacity.md)."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateField, Func, IntegerField, Q, Sum, Value
from django.db.models.functions import Greatest, TruncWeek
from django.utils.translation import gettext as _

from firms.models import Firm
from firms.working_time import WorkingPerson
from segmentation.models import Segment
from service_matrix.books import NOBODY, Books, read_books
from service_matrix.capacity import Calendar, hours_of_each, year_ahead
from service_matrix.models import MatrixVersion, Performer, TouchpointType
from service_matrix.money import read_serving
from service_matrix.staffing import read_clients_led
from touchpoints.models import OPEN, Touchpoint
from touchpoints.planned_work import Planned, read_planned
from touchpoints.standing_in import Covers, read_covers

WEEKS_AHEAD = 12
# How many of what fills a week are named.
NAMED = 4
MINUTES_AN_HOUR = 60
MONTHS_A_YEAR = 12
WEEKS_A_YEAR = Decimal(365) / 7


@dataclass(frozen=True)
class Span:
    """A month or a week of one person: hours promised, hours to give. Of those promised, `answering` are never planned."""

    first: date
    committed: Decimal
    available: Decimal
    answering: Decimal = Decimal(0)

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


_BOTH = ("committed", "available")


@dataclass(frozen=True)
class Workload:
    """Everyone's load over the same spans; `nobodys` are the hours that fall to nobody who works here: assistants' work in books
    that no assistant works for, and the books of people who left.
    """

    spans: list[date]
    people: list[PersonLoad]
    nobodys: list[Decimal]

    def of_role(self, role: str) -> list[Span]:
        """What the people of a role are promised for and have to give together, span by span."""
        mine = [load.spans for load in self.people if load.person.role == role]
        committed, available = ([sum((getattr(each, name) for each in spans), Decimal(0)) for spans in zip(*mine, strict=True)] for name in _BOTH)
        return [Span(*figures) for figures in zip(self.spans, committed, available, strict=True)] if mine else []


@dataclass(frozen=True)
class Year:
    """The year ahead of a firm, read once for whatever adds it up: its months, what is planned, who does it, and who leads the clients who ask."""

    calendar: Calendar
    books: Books
    covers: Covers
    planned: Planned
    answering: "Answering"

    @property
    def months(self) -> list[tuple[date, date]]:
        """The first and the last day of each; the last one ends with the year."""
        firsts = self.calendar.months
        return list(zip(firsts, [following - timedelta(days=1) for following in firsts[1:]] + [self.calendar.last], strict=True))


def read_year(*, firm: Firm, today: date) -> Year:
    """Six statements, two of them aggregates, whatever the size of the book."""
    calendar, books = year_ahead(firm, today), read_books(firm)
    covers = read_covers(firm, first=calendar.first, last=calendar.last)
    planned = read_planned(firm, calendar.first, calendar.last, covers=covers, books=books, by_week=False)
    return Year(calendar, books, covers, planned, _read_answering(firm))


def monthly_workload(*, firm: Firm, today: date, year: Year | None = None) -> Workload:
    """Each person's year ahead by month."""
    year = year or read_year(firm=firm, today=today)
    return _workload(firm, year, year.months, by_week=False)


def weekly_workload(*, firm: Firm, today: date, weeks: int = WEEKS_AHEAD) -> Workload:
    """Each person's coming weeks, from Monday to Sunday; this week counts from today."""
    return _weeks(firm, today, weeks)[0]


def _weeks(firm: Firm, today: date, weeks: int) -> tuple[Workload, Books, Covers]:
    calendar, books = year_ahead(firm, today), read_books(firm)
    monday = today - timedelta(days=today.weekday())
    spans = [(first, first + timedelta(days=6)) for first in (monday + timedelta(weeks=number) for number in range(weeks))]
    covers = read_covers(firm, first=calendar.first, last=spans[-1][1])
    planned = read_planned(firm, calendar.first, spans[-1][1], covers=covers, books=books, by_week=True)
    return _workload(firm, Year(calendar, books, covers, planned, _read_answering(firm)), spans, by_week=True), books, covers


def _workload(firm: Firm, year: Year, spans: list[tuple[date, date]], *, by_week: bool) -> Workload:
    calendar, books, covers = year.calendar, year.books, year.covers
    working = read_serving(firm, away=calendar)
    counted = {person.user_id for person in working.people}
    minutes: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    answered: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for work in year.planned.by_adviser:
        fall = _fall_to(work.asked, work.adviser, work.performer, Decimal(work.minutes), books=books, counted=counted, covers=covers, day=work.day)
        for who, theirs in fall:
            minutes[who if who in counted else NOBODY, work.first] += theirs
    spans_a_year = WEEKS_A_YEAR if by_week else Decimal(MONTHS_A_YEAR)
    # The first month, or week, counts for the days that are left of it; so does the last.
    shares = [_share_left(first, last, calendar, by_week=by_week) for first, last in spans]
    left = [(max(first, calendar.first), last) for first, last in spans]
    for adviser, asked in year.answering.by_adviser().items():
        for does, theirs in books.divide(adviser, Performer.EITHER, asked / spans_a_year):
            for (first, _last), (begins, ends), share in zip(spans, left, shares, strict=True):
                for who, part in covers.divide(does, begins, ends):
                    answered[who if who in counted else NOBODY, first] += theirs * share * part
    for place, minutes_asked in answered.items():
        minutes[place] += minutes_asked
    hours = hours_of_each(working.people, left, calendar=calendar, absences=working.absences)
    people = []
    for person, available in zip(working.people, hours, strict=True):
        mine, of_answering = (_hours_in(spans, person.user_id, each) for each in (minutes, answered))
        each_span = zip(spans, mine, available, of_answering, strict=True)
        people.append(PersonLoad(person, [Span(first, *figures) for (first, _last), *figures in each_span]))
    return Workload([first for first, _last in spans], people, _hours_in(spans, NOBODY, minutes))


def _hours_in(spans: list[tuple[date, date]], who: int, minutes: Mapping[tuple[int, date], Decimal]) -> list[Decimal]:
    """One person's hours, span by span."""
    return [minutes.get((who, first), Decimal(0)) / MINUTES_AN_HOUR for first, _last in spans]


def _fall_to(
    asked: int | None, adviser: int, performer: str, minutes: Decimal, *, books: Books, counted: Container[int], covers: Covers, day: date
) -> list[tuple[int, Decimal]]:
    """The people that work of a day falls to: whoever was asked by name, if their hours are counted; otherwise as the book divides it. Who covers
    a person on that day does their part.
    """
    if asked is not None and (does := covers.does_work_of(asked, day)) in counted:
        return [(does, minutes)]
    divided = books.divide(adviser, performer, minutes)
    return [(covers.does_work_of(who, day), theirs) for who, theirs in divided] if covers else divided


def _share_left(first: date, last: date, calendar: Calendar, *, by_week: bool) -> Decimal:
    """How much of a month or week lies in the calendar's year."""
    end = first + timedelta(days=6) if by_week else (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return Decimal((min(last, calendar.last) - max(first, calendar.first)).days + 1) / ((end - first).days + 1)


@dataclass(frozen=True)
class Answering:
    """Minutes a year of answering a client, the same for everyone, and who leads how many clients of each segment."""

    minutes: int
    led: Mapping[int, Mapping[int, int]]

    def by_adviser(self) -> dict[int, Decimal]:
        """Minutes a year."""
        return {adviser: Decimal(sum(clients.values())) * self.minutes for adviser, clients in self.led.items()}

    def by_segment(self) -> dict[int, Decimal]:
        """Minutes a year of the clients each segment has today."""
        found: dict[int, Decimal] = defaultdict(Decimal)
        for clients in self.led.values():
            for segment, number in clients.items():
                found[segment] += number * self.minutes
        return dict(found)


def _read_answering(firm: Firm) -> Answering:
    """As the published matrix says, for each client who is in a segment: one statement, and an aggregate where anything is promised of it."""
    published = MatrixVersion.objects.filter(firm_id=firm.pk, scheme__is_service=True, status=MatrixVersion.Status.PUBLISHED).first()
    if published is None or not published.reactive_minutes:
        return Answering(0, {})
    return Answering(published.reactive_minutes, read_clients_led(firm_id=firm.pk, scheme_id=published.scheme_id))


@dataclass(frozen=True)
class Filling:
    """What fills an over-committed week: one touchpoint type of the books a person works for; or answering, which is no touchpoint."""

    name: str
    touchpoints: int | None
    hours: Decimal


@dataclass(frozen=True)
class OverWeek:
    person: WorkingPerson
    span: Span
    fillings: list[Filling]

    @property
    def excess(self) -> Decimal:
        return self.span.committed - self.span.available

    @property
    def named(self) -> list[Filling]:
        return self.fillings[:NAMED]

    @property
    def further(self) -> list[Filling]:
        return self.fillings[NAMED:]

    @property
    def further_hours(self) -> Decimal:
        return sum((filling.hours for filling in self.further), Decimal(0))


@dataclass(frozen=True)
class OverWeeks:
    """A part of the over-committed weeks, from number `start` on, and how many there are in all."""

    weeks: list[OverWeek]
    start: int
    total: int


def over_committed_weeks(*, firm: Firm, today: date, start: int = 0, most: int = 50) -> OverWeeks:
    """The coming weeks in which a person is promised for more hours than they have, soonest and worst first, with what fills each: `most` of them
    from number `start` on, or the last ones when there are fewer.
    """
    workload, books, covers = _weeks(firm, today, WEEKS_AHEAD)
    over = [(load.person, span) for load in workload.people for span in load.spans if span.is_over]
    over.sort(key=lambda each: (each[1].first, each[1].available - each[1].committed, each[0].user_id))
    start = start_of_part(start, total=len(over), most=most)
    shown = over[start : start + most]
    counted = {load.person.user_id for load in workload.people}
    filled = zip(shown, _fillings(firm, today, shown, books, covers, counted=counted), strict=True)
    return OverWeeks([OverWeek(person, span, fillings) for (person, span), fillings in filled], start, len(over))


def start_of_part(start: int, *, total: int, most: int) -> int:
    """Where a part of a list begins: as asked, or where the last one does when there are fewer."""
    return start if start < total else max(0, (total - 1) // most * most)


def _fillings(
    firm: Firm, today: date, weeks: list[tuple[WorkingPerson, Span]], books: Books, covers: Covers, *, counted: Container[int]
) -> list[list[Filling]]:
    """What fills each of these weeks, the most first: one aggregate over the books concerned."""
    if not weeks:
        return []
    books_of: dict[int, set[int]] = defaultdict(set)
    for adviser, helpers in books.assistants.items():
        for helper in helpers:
            books_of[helper].add(adviser)
    people = {person.user_id for person, _span in weeks}
    people |= covers.covered_by(people)
    concerned = people | {adviser for person in people for adviser in books_of[person]}
    first, last = min(span.first for _person, span in weeks), max(span.first for _person, span in weeks) + timedelta(days=6)
    rows = Touchpoint.objects.filter(Q(adviser__in=concerned) | Q(assigned_to__in=people), firm_id=firm.pk, status__in=OPEN, due_on__lte=last)
    # What is late is to be done this week.
    rows = rows.filter(due_on__gte=first) if first > today else rows
    day = Greatest("due_on", Value(today))
    # The days on which other people may take over, of whomever.
    turns = sorted(set(covers.turns(books)[1]))
    turn = Func(day, Value(turns, ArrayField(DateField())), function="width_bucket", output_field=IntegerField()) if turns else Value(0)
    cells = rows.order_by().annotate(span=TruncWeek(day), turn=turn)
    cells_of = cells.values_list("adviser_id", "performer", "assigned_to_id", "span", "turn", "touchpoint_type_id")
    added: Iterable[Any] = cells_of.annotate(Sum("minutes"), Count("pk"))
    names = {each.pk: each.name for each in TouchpointType.objects.filter(firm_id=firm.pk)}
    filled: dict[tuple[int, date], dict[str, list[Decimal]]] = defaultdict(lambda: defaultdict(lambda: [Decimal(0), Decimal(0)]))
    for adviser, performer, asked, span, turned, touchpoint_type, minutes, count in added:
        day_of = max(span, turns[turned - 1]) if turned else span
        fall = _fall_to(asked, adviser, performer, Decimal(minutes), books=books, counted=counted, covers=covers, day=day_of)
        for who, theirs in fall:
            entry = filled[who, span][names[touchpoint_type]]
            entry[0] += theirs / MINUTES_AN_HOUR
            entry[1] += count * theirs / minutes if minutes else 0
    found = []
    for person, week in weeks:
        fillings = [Filling(name, round(count), hours) for name, (hours, count) in filled[person.user_id, week.first].items()]
        if week.answering:
            fillings.append(Filling(_("Answering calls and e-mails"), None, week.answering))
        found.append(sorted(fillings, key=lambda each: (-each.hours, each.name)))
    return found


@dataclass(frozen=True)
class SegmentMonths:
    """The hours that one segment's clients are promised, month by month."""

    segment: Segment
    hours: list[Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.hours, Decimal(0))


def segment_months(*, firm: Firm, today: date, year: Year | None = None) -> tuple[list[date], list[SegmentMonths]]:
    """The year ahead by segment and month: touchpoints planned, of the segment they are promised to, and answering spread evenly.

    One statement beside the year's, whatever the size of the book.
    """
    year = year or read_year(firm=firm, today=today)
    minutes: dict[tuple[int, date], Decimal] = defaultdict(Decimal)
    for place, amount in year.planned.by_segment.items():
        minutes[place] += amount
    answering = year.answering.by_segment()
    for first, last in year.months:
        # The same for every client.
        share = _share_left(first, last, year.calendar, by_week=False) / MONTHS_A_YEAR
        for segment, asked in answering.items():
            minutes[segment, first] += asked * share
    segments = Segment.objects.filter(firm_id=firm.pk, scheme__is_service=True).order_by("rank")
    firsts = year.calendar.months
    return firsts, [SegmentMonths(each, [minutes.get((each.pk, first), Decimal(0)) / MINUTES_AN_HOUR for first in firsts]) for each in segments]
