"""How many touchpoints wait for the reader today, for the rail."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from firms.models import User
from firms.permissions import Permission
from touchpoints.queries import awake, touchpoints_for, working_books

COUNTED_TO = 100


def _due(request: HttpRequest) -> int:
    """Late ones included."""
    user = request.user
    if not isinstance(user, User) or not user.may(Permission.VIEW_QUEUE):
        return 0
    today = timezone.localdate()
    due = awake(touchpoints_for(user), today).filter(due_on__lte=today)
    # The whole firm's in the order of an index, which is then read to the hundredth and no further; of a few books each is an index range.
    order = ("due_on",) if working_books(user) is None else ()
    return due.order_by(*order)[:COUNTED_TO].count()


def queue(request: HttpRequest) -> dict[str, Any]:
    return {"queue_count": cache(partial(_due, request))}
