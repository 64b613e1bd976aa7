"""How much waits for the reader, for the rail: touchpoints due today and clients whose segment is to be reviewed, in one statement."""

from functools import cache, partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from firms.counting import count_at_most
from firms.models import User
from firms.permissions import Permission
from segmentation.drift import to_review
from touchpoints.queries import waiting_for

COUNTED_TO = 100


def _waiting(request: HttpRequest) -> dict[str, int]:
    """Late touchpoints included. Drift is counted for who may decide on it."""
    user = request.user
    if not isinstance(user, User):
        return {}
    today = timezone.localdate()
    lists: dict[str, QuerySet[Any]] = {}
    if user.may(Permission.VIEW_QUEUE):
        lists["queue"] = waiting_for(user, today)
    if user.may(Permission.OVERRIDE_SEGMENT):
        lists["drift"] = to_review(user, today=today).order_by()
    return count_at_most(COUNTED_TO, firm_id=user.firm_id, **lists) if lists else {}


def waiting(request: HttpRequest) -> dict[str, Any]:
    """Counted when a template first asks: a fragment has no rail."""
    counted = cache(partial(_waiting, request))
    return {"queue_count": lambda: counted().get("queue", 0), "drift_count": lambda: counted().get("drift", 0)}
