"""One notice a morning for each person with something due: a digest rather than a flood."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from firms.calendar import public_holidays
from firms.models import Firm, Support, User
from firms.permissions import Permission, Role
from messaging.models import Notice
from messaging.notices import notice_kind, post_notice
from service_matrix.models import Performer
from touchpoints.models import Touchpoint
from touchpoints.queries import PERFORMERS, awake

KIND = "touchpoints_due"
# Local hour from which the morning's notice may come.
MORNING = 7


def word_due(values: Mapping[str, Any]) -> str:
    today = ngettext("%(number)d touchpoint is due today", "%(number)d touchpoints are due today", values["today"]) % {"number": values["today"]}
    late = ngettext("%(number)d touchpoint is late", "%(number)d touchpoints are late", values["late"]) % {"number": values["late"]}
    if not values["late"]:
        return today + "."
    if not values["today"]:
        return late + "."
    also_late = ngettext("%(number)d late", "%(number)d late", values["late"]) % {"number": values["late"]}
    return gettext("%(today)s, %(late)s.") % {"today": today, "late": also_late}


notice_kind(KIND, icon="list-checks", sentence=word_due)


@transaction.atomic
def post_due_notices(*, firm: Firm, now: datetime) -> int:
    """Tell everyone whose morning has come what is due today and late, once a working day of their own. Returns how many were told.

    Each person's day is that of their own time zone, else the firm's. Nothing due: no notice. Asked again, or by two
    workers at once, it posts nothing twice.
    """
    waiting: dict[date, list[User]] = defaultdict(list)
    keys: dict[str, User] = {}
    for user in User.objects.filter(firm_id=firm.pk, is_active=True):
        local = now.astimezone(ZoneInfo(user.time_zone or firm.time_zone))
        if user.may(Permission.WORK_QUEUE) and local.hour >= MORNING and _is_working_day(firm, local.date()):
            waiting[local.date()].append(user)
            keys[_key(user, local.date())] = user
    told = set(Notice.objects.filter(firm_id=firm.pk, dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    posted = 0
    for today, users in waiting.items():
        users = [user for user in users if _key(user, today) not in told]
        for user, values in _count_due(firm, users, today):
            if values["today"] or values["late"]:
                post_notice(user=user, kind=KIND, values=values, url=reverse("queue"), dedupe_key=_key(user, today))
                posted += 1
    return posted


def _key(user: User, today: date) -> str:
    return f"{KIND} {user.pk} {today.isoformat()}"


def _is_working_day(firm: Firm, day: date) -> bool:
    return day.isoweekday() in firm.working_days and day not in public_holidays(firm.region, day.year)


def _count_due(firm: Firm, users: list[User], today: date) -> Iterable[tuple[User, dict[str, int]]]:
    """What each of these people should do, from one count by book and performer."""
    if not users:
        return
    due = (
        awake(Touchpoint.objects.filter(firm_id=firm.pk), today)
        .filter(due_on__lte=today)
        .order_by()
        .values_list("adviser_id", "performer")
        .annotate(on_day=Count("pk", filter=Q(due_on=today)), late=Count("pk", filter=Q(due_on__lt=today)))
    )
    counts = {(adviser_id, performer): (on_day, late) for adviser_id, performer, on_day, late in due}
    supported: dict[int, list[int]] = defaultdict(list)
    for assistant_id, adviser_id in Support.objects.filter(firm_id=firm.pk).values_list("assistant_id", "adviser_id"):
        supported[assistant_id].append(adviser_id)
    for user in users:
        books = supported[user.pk] if user.role == Role.ASSISTANT else [user.pk]
        # An administrator is told of the own book, not of the whole firm's.
        performers: tuple[Performer, ...] = PERFORMERS.get(Role(user.role), (Performer.ADVISER, Performer.EITHER))
        mine = [counts.get((adviser_id, performer), (0, 0)) for adviser_id in books for performer in performers]
        yield user, {"today": sum(on_day for on_day, _ in mine), "late": sum(late for _, late in mine)}
