"""How much waits for the reader, for the rail: touchpoints due today and clients whose segment is to be reviewed."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from clients.readers import ReaderKind, values_of
from firms.models import User
from firms.permissions import Permission
from firms.statements import Asked, given, kept_statement
from segmentation.drift import to_review
from touchpoints.queries import waiting_for

Keys = QuerySet[Any, Any]


@kept_statement
def _waiting(reader: ReaderKind) -> Keys:
    return waiting_for(reader.stand_in(), given("today")).values("pk")


def due_today(user: User) -> Asked[Any] | None:
    """Late ones included."""
    if not user.may(Permission.VIEW_QUEUE):
        return None
    return _waiting(ReaderKind.of(user)).with_values(**values_of(user), today=timezone.localdate())


@kept_statement
def _drift(reader: ReaderKind) -> Keys:
    return to_review(reader.stand_in(), today=given("today")).order_by().values("pk")


def drift_to_review(user: User) -> Asked[Any] | None:
    """Counted for who may decide on it."""
    if not user.may(Permission.OVERRIDE_SEGMENT):
        return None
    return _drift(ReaderKind.of(user)).with_values(**values_of(user), today=timezone.localdate())
