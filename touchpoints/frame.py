"""How much waits for the reader, for the rail: touchpoints due today and clients whose segment is to be reviewed."""

from django.db.models import QuerySet
from django.utils import timezone

from firms.models import User
from firms.permissions import Permission
from segmentation.drift import to_review
from segmentation.models import Drift
from touchpoints.models import Touchpoint
from touchpoints.queries import waiting_for


def due_today(user: User) -> QuerySet[Touchpoint] | None:
    """Late ones included."""
    return waiting_for(user, timezone.localdate()) if user.may(Permission.VIEW_QUEUE) else None


def drift_to_review(user: User) -> QuerySet[Drift] | None:
    """Counted for who may decide on it."""
    return to_review(user, today=timezone.localdate()).order_by() if user.may(Permission.OVERRIDE_SEGMENT) else None
