"""A touchpoint on another day: a person's choice, which the planner leaves alone from then on."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from firms.models import User
from touchpoints import appointments
from touchpoints.models import Touchpoint
from touchpoints.placing import check_day, place_touchpoint


@transaction.atomic
def move_touchpoint(*, touchpoint: Touchpoint, by: User, to: date, on: date | None = None) -> None:
    """Put an open touchpoint on another day, today at the earliest and at the latest the last that still counts. The window does not move.

    An appointment moves with it, at the same hour, and whoever was invited is told. `on` is today for the user.
    Raises DayRefused, AlreadyHandled; nothing is written then.
    """
    check_day(touchpoint, day=to, today=on or timezone.localdate(), firm=by.firm)
    place_touchpoint(touchpoint, by=by, day=to)
    appointments.follow(touchpoint, by=by, to=to)
