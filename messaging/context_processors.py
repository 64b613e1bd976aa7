"""How many notices wait for the reader, for the bell."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest

from firms.models import User
from messaging.models import Notice

COUNTED_TO = 100


def _unread(request: HttpRequest) -> int:
    user = request.user
    return Notice.objects.filter(firm_id=user.firm_id, user=user, read_at=None)[:COUNTED_TO].count() if isinstance(user, User) else 0


def notices(request: HttpRequest) -> dict[str, Any]:
    return {"unread_notices": cache(partial(_unread, request))}
