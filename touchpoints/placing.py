"""On which days a person may put a touchpoint, whose it is to say, and how it is written."""

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext

from firms import formats
from firms.models import Firm, User
from touchpoints.models import OPEN, Touchpoint
from touchpoints.queries import days_chosen_by
from touchpoints.queue import free_for
from touchpoints.refusals import AlreadyHandled, AskedOfAnother, QueueRefusal


class DayRefused(QueueRefusal):
    """The day is past, or after the last day that still counts."""

    def __init__(self, touchpoint: Touchpoint, day: date, firm: Firm) -> None:
        self.touchpoint, self.day, self.firm = touchpoint, day, firm
        super().__init__(touchpoint.pk, day)

    def __str__(self) -> str:
        if self.day > self.touchpoint.window_ends_on:
            last = formats.day(self.touchpoint.window_ends_on, locale=formats.babel_locale(self.firm.region))
            return gettext("The promise ends on %(day)s: choose that day at the latest, or skip it with a reason.") % {"day": last}
        return gettext("This day is past: choose today or a later one.")


def check_day(touchpoint: Touchpoint, *, day: date, today: date, firm: Firm) -> None:
    """Raises DayRefused."""
    if not today <= day <= touchpoint.window_ends_on:
        raise DayRefused(touchpoint, day, firm)


def hold_for_another_day(touchpoint: Touchpoint, *, by: User) -> Touchpoint:
    """The row as it is now, held until the transaction ends: of two people the second waits and sees what the first did.

    Raises AlreadyHandled when someone closed it or is working on it, AskedOfAnother.
    """
    return _hold(touchpoint, by=by, when=Q(free_for(by), status__in=OPEN))


def hold_to_call_off(touchpoint: Touchpoint, *, by: User) -> Touchpoint:
    """The same of one whose hour is called off: it may be closed by now. Raises AlreadyHandled while someone else is working on it,
    AskedOfAnother."""
    return _hold(touchpoint, by=by, when=free_for(by) | ~Q(status__in=OPEN))


def _hold(touchpoint: Touchpoint, *, by: User, when: Q) -> Touchpoint:
    mine = Touchpoint.objects.filter(firm_id=by.firm_id, pk=touchpoint.pk)
    free = mine.filter(when).select_related("client", "touchpoint_type", "assigned_to")
    held = free.select_for_update(of=("self",)).first()
    if held is None:
        raise AlreadyHandled(mine.select_related("claimed_by__firm", "closed_by__firm").get())
    if not days_chosen_by(by)(held):
        raise AskedOfAnother(held)
    return held


def place_touchpoint(held: Touchpoint, *, day: date) -> None:
    """Write the day, keeping the one the planner had chosen. The caller holds the row."""
    held.moved_from = held.moved_from or held.due_on
    held.due_on, held.snoozed_until, held.is_hand_set = day, None, True
    held.save(update_fields=["moved_from", "due_on", "snoozed_until", "is_hand_set"])
