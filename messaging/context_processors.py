"""What waits for the reader, for the bell; and for an administrator's decision, for the rail."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from firms.counting import count_at_most
from firms.failures import tasks_set_aside
from firms.models import User
from firms.permissions import Permission
from messaging.notices import notices_of
from messaging.outbox import undecided_messages

COUNTED_TO = 100


def notices(request: HttpRequest) -> dict[str, Any]:
    """Unread notices, and for who decides about them the e-mails that did not leave and the work set aside: one statement, when a page shows them."""

    @cache
    def counts() -> dict[str, int]:
        user = request.user
        if not isinstance(user, User):
            return {}
        rows: dict[str, QuerySet[Any]] = {"notices": notices_of(user).filter(read_at=None).order_by()}
        if user.may(Permission.MANAGE_FIRM):
            rows["messages"] = undecided_messages(user).order_by()
            rows["aside"] = tasks_set_aside(user).order_by()
        return count_at_most(COUNTED_TO, firm_id=user.firm_id, **rows)

    keys = {"unread_notices": "notices", "undecided_messages": "messages", "work_aside": "aside"}
    return {name: partial(_count, counts, key) for name, key in keys.items()}


def _count(counts: Callable[[], dict[str, int]], key: str) -> int:
    return counts().get(key, 0)
