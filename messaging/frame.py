"""What waits for the reader, for the bell; and for a decision, for the rail."""

from typing import Any

from django.db.models import QuerySet

from firms.failures import tasks_set_aside
from firms.models import User
from firms.permissions import Permission
from firms.statements import Asked, given_user, kept_statement
from messaging.notices import notices_of
from messaging.outbox import undecided_messages

Keys = QuerySet[Any, Any]


@kept_statement
def _unread() -> Keys:
    return notices_of(given_user()).filter(read_at=None).order_by().values("pk")


def unread_notices(user: User) -> Asked[Any]:
    return _unread().with_values(firm=user.firm_id, user=user.pk)


@kept_statement
def _undecided() -> Keys:
    return undecided_messages(given_user()).order_by().values("pk")


def messages_to_decide(user: User) -> Asked[Any] | None:
    return _undecided().with_values(firm=user.firm_id) if user.may(Permission.MANAGE_FIRM) else None


@kept_statement
def _set_aside() -> Keys:
    return tasks_set_aside(given_user()).order_by().values("pk")


def work_aside(user: User) -> Asked[Any] | None:
    return _set_aside().with_values(firm=user.firm_id) if user.may(Permission.MANAGE_FIRM) else None
