"""What someone should know at the start of the day. Each part is one statement over the books the reader works for."""

from calendar import isleap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, Q, QuerySet, Sum
from django.db.models.functions import ExtractDay, ExtractMonth, TruncWeek

from clients.models import Client, Interaction, Person
from firms.models import Firm, User
from firms.permissions import Role
from segmentation.drift import to_review
from segmentation.models import Drift, SchemeVersion
from service_matrix.models import MatrixVersion
from touchpoints.models import OPEN, Status, Touchpoint
from touchpoints.queries import awake, for_lists, in_books, touchpoints_for, touchpoints_in_books
from touchpoints.queue import daily_queue

BREAKING_WITHIN_DAYS = 14
BIRTHDAYS_WITHIN_DAYS = 14
LOAD_WEEKS = 8
MOST_BIRTHDAYS_READ = 200


def next_touchpoints(*, user: User, on: date, most: int = 6) -> list[Touchpoint]:
    """The first of the queue, with what is known of the client."""
    return list(for_lists(daily_queue(user=user, on=on))[:most])


def breaking_promises(*, user: User, on: date, most: int = 6) -> list[Touchpoint]:
    """Open touchpoints whose window closes within 14 days: after it the promise is broken. Soonest first, then by segment.

    Everyone's in the books the reader works for: a promise breaks whoever was to keep it.
    """
    closing = touchpoints_in_books(user).filter(
        status__in=OPEN, due_on__lte=on + timedelta(days=BREAKING_WITHIN_DAYS), window_ends_on__range=(on, on + timedelta(days=BREAKING_WITHIN_DAYS))
    )
    return list(for_lists(closing).order_by("window_ends_on", "segment__rank", "pk")[:most])


def recent_interactions(*, user: User, most: int = 5) -> list[Interaction]:
    """What was last said with the clients of these books, by anyone."""
    return list(Interaction.objects.filter(in_books(user, "client"), firm_id=user.firm_id).select_related("client", "by")[:most])


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
    """Promises whose fate is known: done against missed. A skip is a decision with a reason, counted apart."""

    done: int
    missed: int
    skipped: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None when nothing fell due yet."""
        known = self.done + self.missed
        return self.done / known if known else None


def due_this_quarter(*, user: User, on: date) -> QuerySet[Touchpoint]:
    """Touchpoints of these books due from the quarter's first day to today, whose fate is known."""
    starts_on = date(on.year, on.month - (on.month - 1) % 3, 1)
    return touchpoints_in_books(user).filter(due_on__range=(starts_on, on), status__in=(Status.DONE, Status.SKIPPED, Status.MISSED))


def promises_kept(*, user: User, on: date) -> Kept:
    """Of the touchpoints due this quarter, how many were delivered, missed, skipped."""
    due = due_this_quarter(user=user, on=on)
    return Kept(**due.aggregate(**{name: Count("pk", filter=Q(status=name)) for name in ("done", "missed", "skipped")}))


@dataclass(frozen=True)
class Week:
    starts_on: date
    touchpoints: int
    minutes: int


def coming_load(*, user: User, on: date) -> list[Week]:
    """Touchpoints and minutes this user has in each of the next eight weeks, Monday to Sunday; this week includes what is late."""
    monday = on - timedelta(days=on.weekday())
    mondays = [monday + timedelta(weeks=number) for number in range(LOAD_WEEKS)]
    rows = (
        awake(touchpoints_for(user), on + timedelta(weeks=LOAD_WEEKS))
        .filter(due_on__lt=monday + timedelta(weeks=LOAD_WEEKS))
        .annotate(week=TruncWeek("due_on"))
        .values_list("week")
        .annotate(Count("pk"), Sum("minutes"))
        .order_by("week")
    )
    totals = {starts_on: [0, 0] for starts_on in mondays}
    for week, touchpoints, minutes in rows:
        total = totals[max(week, monday)]
        total[0] += touchpoints
        total[1] += minutes
    return [Week(starts_on, *total) for starts_on, total in totals.items()]


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
