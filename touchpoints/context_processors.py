"""How many touchpoints wait for the reader today, for the rail."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from firms.models import User
from firms.permissions import Permission
from touchpoints.queries import waiting_for

COUNTED_TO = 100


def _due(request: HttpRequest) -> int:
    """Late ones included."""
    user = request.user
    if not isinstance(user, User) or not user.may(Permission.VIEW_QUEUE):
        return 0
    return waiting_for(user, timezone.localdate())[:COUNTED_TO].count()


def queue(request: HttpRequest) -> dict[str, Any]:
    return {"queue_count": cache(partial(_due, request))}
