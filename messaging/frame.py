"""What waits for the reader, for the bell; and for a decision, for the rail."""

from django.db.models import QuerySet

from firms.failures import tasks_set_aside
from firms.models import FailedTask, User
from firms.permissions import Permission
from messaging.models import Notice, OutboxMessage
from messaging.notices import notices_of
from messaging.outbox import undecided_messages


def unread_notices(user: User) -> QuerySet[Notice]:
    return notices_of(user).filter(read_at=None).order_by()


def messages_to_decide(user: User) -> QuerySet[OutboxMessage] | None:
    return undecided_messages(user).order_by() if user.may(Permission.MANAGE_FIRM) else None


def work_aside(user: User) -> QuerySet[FailedTask] | None:
    return tasks_set_aside(user).order_by() if user.may(Permission.MANAGE_FIRM) else None
