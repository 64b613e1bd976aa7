"""Touchpoints and absences on the days of a month or a week: what the calendar pages show of the books a reader works for.

A bounded number of statements, whatever the firm: of each day the first rows are read, and how many there are.
"""

from calendar import Calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from babel import Locale
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from firms.calendar import public_holidays
from firms.models import Absence, Firm, User
from touchpoints.models import OPEN, Appointment, Status, Touchpoint
from touchpoints.queries import days_chosen_by, for_lists, touchpoints_for, working_books
from touchpoints.queue import is_claimed_by_other

# Of each day, in a month and in a week.
MOST_IN_MONTH, MOST_IN_WEEK = 4, 40
# Names of who is away on one day.
MOST_AWAY = 3


@dataclass(frozen=True)
class Item:
    touchpoint: Touchpoint
    appointment: Appointment | None
    is_open: bool
    # This reader may put it on another day.
    is_movable: bool


@dataclass(frozen=True)
class Day:
    on: date
    is_working: bool
    is_holiday: bool
    items: list[Item] = field(default_factory=list)
    # How many more there are than shown.
    more: int = 0
    away: list[str] = field(default_factory=list)
    more_away: int = 0


@dataclass(frozen=True)
class Choice:
    """Which touchpoints: those the reader is to deliver, or everyone's; of one adviser's book, or of all the reader works for."""

    everyone: bool = False
    adviser_id: int | None = None


def first_weekday(locale: Locale) -> int:
    """Monday is 0: weeks begin on Sunday in Québec, on Monday in France."""
    return int(locale.first_week_day)


def weeks_of_month(month: date, *, first: int) -> list[list[date]]:
    """Whole weeks that hold a month."""
    return Calendar(first).monthdatescalendar(month.year, month.month)


def week_of(day: date, *, first: int) -> list[date]:
    """The seven days of a day's week."""
    start = day - timedelta(days=(day.weekday() - first) % 7)
    return [start + timedelta(days=number) for number in range(7)]


def calendar_days(*, user: User, days: list[date], most: int, choice: Choice) -> dict[date, Day]:
    """What stands on each of these consecutive days. Four statements, and for an assistant one for the books and one for whom they cover."""
    chosen = _chosen(user=user, days=days, choice=choice)
    ranked = chosen.annotate(place=_place(), number=_number())
    listed = dict(ranked.filter(place__lte=most).values_list("pk", "number"))
    touchpoints = list(for_lists(Touchpoint.objects.filter(firm_id=user.firm_id, pk__in=listed)).order_by("due_on", "segment__rank", "pk"))
    agreed = {
        appointment.touchpoint_id: appointment
        for appointment in Appointment.objects.filter(firm_id=user.firm_id, cancelled_at=None, touchpoint__in=listed)
    }
    chooses = days_chosen_by(user)
    items: dict[date, list[Item]] = defaultdict(list)
    numbers: dict[date, int] = {}
    for touchpoint in touchpoints:
        is_open = touchpoint.status in OPEN
        is_movable = is_open and chooses(touchpoint) and not is_claimed_by_other(touchpoint, user=user)
        items[touchpoint.due_on].append(Item(touchpoint, agreed.get(touchpoint.pk), is_open, is_movable))
        numbers[touchpoint.due_on] = listed[touchpoint.pk]
    away = _away(user=user, days=days, choice=choice)
    return {day: _day(day, firm=user.firm, items=items.get(day, []), number=numbers.get(day, 0), away=away.get(day, [])) for day in days}


def _chosen(*, user: User, days: list[date], choice: Choice) -> QuerySet[Touchpoint]:
    """What is still to do and what was done; not what was skipped, missed or cancelled."""
    touchpoints = touchpoints_for(user, everyone=choice.everyone).filter(
        Q(status__in=OPEN) | Q(status=Status.DONE), due_on__range=(days[0], days[-1])
    )
    return touchpoints if choice.adviser_id is None else touchpoints.filter(adviser_id=choice.adviser_id)


def _place() -> Window:
    """Of a day: agreed hours first, then what is to do, the highest segment first."""
    agreed = Exists(Appointment.objects.filter(firm_id=OuterRef("firm_id"), touchpoint=OuterRef("pk"), cancelled_at=None))
    order = Case(When(agreed, then=Value(0)), When(status__in=OPEN, then=Value(1)), default=Value(2), output_field=IntegerField())
    return Window(RowNumber(), partition_by=F("due_on"), order_by=[order, F("segment__rank"), F("pk")])


def _number() -> Window:
    return Window(Count("pk"), partition_by=F("due_on"))


def _away(*, user: User, days: list[date], choice: Choice) -> dict[date, list[str]]:
    """Who does not work, day by day: the reader, and the advisers of the books shown."""
    books = working_books(user)
    absences = Absence.objects.filter(firm_id=user.firm_id, starts_on__lte=days[-1], ends_on__gte=days[0], user__is_active=True)
    if books is not None:
        absences = absences.filter(user_id__in=[*books, user.pk])
    if choice.adviser_id is not None:
        absences = absences.filter(user_id=choice.adviser_id)
    away: dict[date, list[str]] = defaultdict(list)
    for name, starts_on, ends_on in absences.order_by("user__name", "pk").values_list("user__name", "starts_on", "ends_on"):
        for number in range((min(ends_on, days[-1]) - max(starts_on, days[0])).days + 1):
            away[max(starts_on, days[0]) + timedelta(days=number)].append(name)
    return away


def _day(day: date, *, firm: Firm, items: list[Item], number: int, away: list[str]) -> Day:
    is_holiday = day in public_holidays(firm.region, day.year)
    ordered = sorted(items, key=lambda item: (item.appointment is None, item.appointment.starts_at.timestamp() if item.appointment else 0))
    return Day(
        on=day,
        is_working=day.isoweekday() in firm.working_days and not is_holiday,
        is_holiday=is_holiday,
        items=sorted(ordered, key=lambda item: not item.is_open),
        more=number - len(items),
        away=away[:MOST_AWAY],
        more_away=max(len(away) - MOST_AWAY, 0),
    )
