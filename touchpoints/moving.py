"""A touchpoint on another day: a person's choice, which the planner leaves alone from then on, and which that person may take back."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from firms.models import User
from touchpoints import appointments
from touchpoints.models import QueueAct, Touchpoint
from touchpoints.placing import check_day, hold_for_another_day, place_touchpoint
from touchpoints.refusals import MovedMeanwhile
from touchpoints.undoing import Along, note_act, state_of, takes_along

APPOINTMENT = "appointment"


@transaction.atomic
def move_touchpoint(*, touchpoint: Touchpoint, by: User, to: date, on: date | None = None, seen_on: date | None = None) -> QueueAct:
    """Put an open touchpoint on another day, today at the earliest and at the latest the last that still counts. The window does not move.

    An appointment moves with it, at the same hour, and whoever was invited is told. `on` is today for the user, `seen_on` the day on which
    the user saw it, when that is to be held to. Returns what undoes it.
    Raises DayRefused, AlreadyHandled, AskedOfAnother, MovedMeanwhile, HourPast; nothing is written then.
    """
    held = hold_for_another_day(touchpoint, by=by)
    if seen_on is not None and held.due_on != seen_on:
        raise MovedMeanwhile(held, by.firm)
    check_day(held, day=to, today=on or timezone.localdate(), firm=by.firm)
    before, hour = state_of(held), appointments.appointment_of(held)
    starts_at = hour.starts_at.isoformat() if hour else None
    place_touchpoint(held, day=to)
    appointments.follow(held, by=by, to=to)
    noted = _noted(held) | {"starts_at": starts_at}
    touchpoint.due_on, touchpoint.moved_from = held.due_on, held.moved_from
    touchpoint.snoozed_until, touchpoint.is_hand_set = held.snoozed_until, held.is_hand_set
    return note_act(kind=QueueAct.Kind.MOVED, by=by, before={held.pk: before}, after=[held], along={APPOINTMENT: noted})


def _noted(touchpoint: Touchpoint) -> dict[str, Any]:
    """Which hour is agreed, as it was last told."""
    hour = appointments.appointment_of(touchpoint)
    return {"id": hour.pk, "sequence": hour.sequence} if hour else {"id": None, "sequence": None}


def _is_as_left(touchpoint: Touchpoint, noted: dict[str, Any]) -> bool:
    return all(noted[name] == value for name, value in _noted(touchpoint).items())


def _take_back(touchpoint: Touchpoint, noted: dict[str, Any], _by: User) -> str:
    if noted["starts_at"]:
        appointments.return_to(touchpoint, starts_at=datetime.fromisoformat(noted["starts_at"]))
    return ""


def register() -> None:
    takes_along(APPOINTMENT, Along(is_as_left=_is_as_left, take_back=_take_back))
