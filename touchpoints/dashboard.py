"""What someone should know at the start of the day. Each part is one statement over the books the reader works for."""

from calendar import isleap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat, ExtractDay, ExtractMonth, Trim

from clients.context import Context, contexts_of
from clients.models import Channel, Client, Interaction, Person
from clients.queries import standing_of
from firms.models import Firm, User
from firms.permissions import Role
from segmentation.drift import to_review
from segmentation.models import Drift, SchemeVersion
from service_matrix.models import MatrixVersion
from touchpoints.audit import count_by_month, last_twelve_months
from touchpoints.falling_to import part_of
from touchpoints.fates import Counts
from touchpoints.gaps import find_closing
from touchpoints.hours import Hour, hour_of, with_hour
from touchpoints.models import OPEN, WAITS_FROM, Touchpoint
from touchpoints.queries import for_lists, in_books, is_awake, touchpoints_for, touchpoints_in_books, working_books
from touchpoints.queue import PlaceInQueue, daily_queue

MOST = 6
MOST_MEETINGS = 4
MEETINGS_WITHIN_DAYS = 30
MOST_PEOPLE = 6
BIRTHDAYS_WITHIN_DAYS = 14
LOAD_WEEKS = 8
WEEKS_MAPPED = 12
MOST_BIRTHDAYS_READ = 200
MOST_SAID = 6


@dataclass(frozen=True)
class Meeting:
    """A meeting to come, with who belongs to the client and what one wants to have read before it."""

    touchpoint: Touchpoint
    family: list[str]
    context: Context
    hour: Hour | None


@dataclass(frozen=True)
class Agenda:
    next: list[Touchpoint]
    meetings: list[Meeting]
    breaking: list[Touchpoint]


NEXT, MEETINGS, BREAKING = 0, 1, 2
FACE_TO_FACE = (Channel.IN_PERSON, Channel.VIDEO)


def read_agenda(*, user: User, on: date) -> Agenda:
    """What to do first, whom one meets next, and which promises break within 14 days. Three statements: which touchpoints, what of them
    shows, and what is known of those one meets.

    The first of the queue is the reader's own work; who looks at a whole firm has that of the clients they lead themselves: putting a firm's
    hundred thousand touchpoints in order for six lines would be the page's slowest part. Meetings and promises about to break are everyone's in the
    books the reader works for: a promise breaks whoever was to keep it.
    """
    books = working_books(user)
    queued = daily_queue(user=user, on=on, adviser_id=user.pk if books is None else None)
    closing = find_closing(firm_id=user.firm_id, on=on, books=books)
    parts = [part.annotate(part=Value(number)).values_list("part", "pk")[:MOST] for number, part in ((NEXT, queued), (BREAKING, closing))]
    parts.append(_meetings(user, on, books).annotate(part=Value(MEETINGS)).values_list("part", "pk")[:MOST_MEETINGS])
    first, *others = parts
    found: dict[int, list[int]] = {NEXT: [], MEETINGS: [], BREAKING: []}
    for part, pk in first.union(*others, all=True):
        found[part].append(pk)
    people = Person.objects.filter(firm_id=OuterRef("firm_id"), client_id=OuterRef("client_id")).order_by("-is_primary", "pk")
    names = ArraySubquery(people.values(full=Trim(Concat("first_name", Value(" "), "last_name")))[:MOST_PEOPLE])
    every = Touchpoint.objects.filter(pk__in={pk for keys in found.values() for pk in keys})
    shown = with_hour(for_lists(every)).annotate(family=names).in_bulk()
    hours = {pk: hour_of(shown[pk]) for pk in found[MEETINGS]}
    meetings = sorted((shown[pk] for pk in found[MEETINGS]), key=lambda each: (each.due_on, *_in_the_day(hours[each.pk]), each.pk))
    contexts = contexts_of([each.client_id for each in meetings], firm_id=user.firm_id) if meetings else {}
    return Agenda(
        next=sorted((shown[pk] for pk in found[NEXT]), key=lambda each: PlaceInQueue.of(each, on=on)),
        meetings=[Meeting(each, each.family, contexts[each.client_id], hours[each.pk]) for each in meetings],
        breaking=sorted((shown[pk] for pk in found[BREAKING]), key=lambda each: (each.window_ends_on, each.segment.rank, each.pk)),
    )


def _in_the_day(hour: Hour | None) -> tuple[bool, float]:
    """Agreed hours in their order, then what has none."""
    return hour is None, hour.starts_at.timestamp() if hour else 0


def _meetings(user: User, on: date, books: list[int] | None) -> QuerySet[Touchpoint]:
    """Open touchpoints in person or by video of the next 30 days."""
    coming = Touchpoint.objects.filter(firm_id=user.firm_id, status__in=OPEN, channel__in=FACE_TO_FACE)
    until = on + timedelta(days=MEETINGS_WITHIN_DAYS)
    if books is None:
        return coming.alias(waits_from=WAITS_FROM).filter(waits_from__range=(on, until)).order_by("waits_from", "pk")
    return coming.filter(adviser_id__in=books, due_on__range=(on, until)).order_by("due_on", "pk")


def last_said(*, user: User) -> list[Interaction]:
    """The latest interactions with the clients of the books the user works for, each with its client and who had it."""
    said = Interaction.objects.filter(in_books(user, "client"), firm_id=user.firm_id, client__archived_at=None)
    return list(said.select_related("client__adviser", "by").order_by("-happened_at", "-pk")[:MOST_SAID])


@dataclass(frozen=True)
class Birthday:
    person: Person
    on: date
    turns: int


def coming_birthdays(*, user: User, on: date, most: int = 6) -> list[Birthday]:
    """People of these books whose birthday falls within 14 days, today included; 29 February is kept on the 28th in other years."""
    days = {}
    for ahead in range(BIRTHDAYS_WITHIN_DAYS + 1):
        day = on + timedelta(days=ahead)
        days[day.month, day.day] = day
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            days[2, 29] = day
    people = (
        Person.objects.filter(in_books(user, "client"), firm_id=user.firm_id, birth_date__month__in={month for month, _ in days})
        .annotate(month=ExtractMonth("birth_date"), day=ExtractDay("birth_date"))
        .filter(_any_of(days))
        .select_related("client")
    )
    birthdays = []
    for person in people[:MOST_BIRTHDAYS_READ]:
        if person.birth_date is not None:
            when = days[person.birth_date.month, person.birth_date.day]
            birthdays.append(Birthday(person, when, when.year - person.birth_date.year))
    return sorted(birthdays, key=lambda birthday: (birthday.on, birthday.person.client.sort_name, birthday.person.pk))[:most]


def _any_of(days: Iterable[tuple[int, int]]) -> Q:
    condition = Q()
    by_month: dict[int, list[int]] = {}
    for month, day in days:
        by_month.setdefault(month, []).append(day)
    for month, numbers in by_month.items():
        condition |= Q(month=month, day__in=numbers)
    return condition


@dataclass(frozen=True)
class Kept:
    """What became of the promises of these books that fell due: this quarter, and month by month over a year."""

    quarter: Counts
    months: dict[date, Counts]


def promises_kept(*, user: User, on: date) -> Kept:
    """As the service audit counts them. One statement."""
    months = count_by_month(firm=user.firm, seen=touchpoints_in_books(user), period=last_twelve_months(on), today=on)
    starts_on = date(on.year, on.month - (on.month - 1) % 3, 1)
    return Kept(sum((counts for month, counts in months.items() if month >= starts_on), Counts()), months)


@dataclass(frozen=True)
class Week:
    starts_on: date
    touchpoints: int
    minutes: int


@dataclass(frozen=True)
class Ahead:
    """What someone has to deliver: the load week by week, and how many touchpoints are due on a day, days without any left out."""

    load: list[Week]
    due: dict[date, int]


def read_ahead(*, user: User, on: date) -> Ahead:
    """The load of eight weeks, Monday to Sunday, the first of which includes what is late, and the days of the heat map. One statement.

    The load follows absences that are covered, day by day; of who looks at a whole firm it is all there is. The map counts what the calendar shows,
    in the books worked for today. What is snoozed past those weeks is no load; the calendar shows it on the day it is due, and so does the map.
    """
    monday = on - timedelta(days=on.weekday())
    load_ends_on = monday + timedelta(weeks=LOAD_WEEKS)
    totals = {monday + timedelta(weeks=number): [0, 0] for number in range(LOAD_WEEKS)}
    due: dict[date, int] = defaultdict(int)
    for each in _sum_ahead(user, on):
        if each.day >= on and each.is_in_calendar:
            due[each.day] += each.number
        if each.day < load_ends_on and each.is_load:
            total = totals[max(each.day - timedelta(days=each.day.weekday()), monday)]
            total[0] += each.touchpoints
            total[1] += each.minutes
    return Ahead([Week(starts_on, *total) for starts_on, total in totals.items()], dict(sorted(due.items())))


@dataclass(frozen=True)
class _Sum:
    """What is open on a day, and how much of it is not snoozed past the weeks of the load."""

    day: date
    is_in_calendar: bool
    is_load: bool
    number: int
    touchpoints: int
    minutes: int


def _sum_ahead(user: User, on: date) -> Iterator[_Sum]:
    """By day and, where it may fall to others on some of them, by whose it is."""
    counted = is_awake(on + timedelta(weeks=LOAD_WEEKS))
    sums = {"number": Count("pk"), "touchpoints": Count("pk", filter=counted), "load": Sum("minutes", filter=counted, default=0)}
    coming = {"status__in": OPEN, "due_on__lte": mapped_days(on)[1]}
    books = working_books(user)
    if books is None:
        for day, *summed in touchpoints_for(user).filter(**coming).order_by().values_list("due_on").annotate(**sums):
            yield _Sum(day, True, True, *summed)
        return
    part, acts_for = part_of(user), standing_of(user).acts_for
    touchpoints = Touchpoint.objects.filter(firm_id=user.firm_id, adviser_id__in={*part.books, *books}, **coming).order_by()
    for day, adviser, performer, asked, *summed in touchpoints.values_list("due_on", *_WHOSE).annotate(**sums):
        is_expected = asked in acts_for if asked is not None else performer in part.performers
        is_load = part.has(adviser=adviser, performer=performer, asked=asked, day=max(day, on))
        yield _Sum(day, adviser in books and is_expected, is_load, *summed)


_WHOSE = ("adviser_id", "performer", "assigned_to_id")


def mapped_days(on: date) -> tuple[date, date]:
    """The first and the last day of the heat map: twelve weeks from today."""
    return on, on + timedelta(days=7 * WEEKS_MAPPED - 1)


def drift_to_review(*, user: User, on: date, most: int = 4) -> list[Drift]:
    """Clients of these books whose segment is no longer the computed one, waiting longest first."""
    return list(to_review(user, today=on).filter(in_books(user, "client")).select_related("client", "assigned", "computed")[:most])


@dataclass(frozen=True)
class FirstSteps:
    """What a new firm has done of what it needs before its first touchpoint."""

    people: bool
    clients: bool
    segmentation: bool
    matrix: bool

    @property
    def done(self) -> int:
        return sum((self.people, self.clients, self.segmentation, self.matrix))

    @property
    def is_complete(self) -> bool:
        return self.done == 4


def first_steps(firm: Firm) -> FirstSteps:
    published = Q(firm_id=firm.pk, status="published")
    row = (
        Firm.objects.filter(pk=firm.pk)
        .values(
            people=Exists(User.objects.filter(firm_id=firm.pk).exclude(role=Role.ADMIN)),
            clients=Exists(Client.objects.filter(firm_id=firm.pk)),
            segmentation=Exists(SchemeVersion.objects.filter(published, scheme__is_service=True)),
            matrix=Exists(MatrixVersion.objects.filter(published)),
        )
        .get()
    )
    return FirstSteps(**row)
