"""On which days a person may put a touchpoint, and how it is written."""

from datetime import date

from django.utils.translation import gettext

from firms import formats
from firms.models import Firm, User
from touchpoints.models import Touchpoint
from touchpoints.queue import change_if, free_for
from touchpoints.refusals import QueueRefusal


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


def place_touchpoint(touchpoint: Touchpoint, *, by: User, day: date) -> None:
    """Write the day, keeping the one the planner had chosen; the touchpoint's row is then held until the transaction ends.

    Raises AlreadyHandled when someone closed it or is working on it.
    """
    moved_from = touchpoint.moved_from or touchpoint.due_on
    change_if(touchpoint, by, free_for(by), due_on=day, moved_from=moved_from, snoozed_until=None, is_hand_set=True)
