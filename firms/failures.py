"""Tasks that fail again and again: after three times a task of a firm is set aside and listed, so that it disturbs nobody else's work.

What is counted is its own failures in a row: an error it raised, or a worker that died under it. A database or a broker that is away is no fault of
the task's. Set aside, it is tried once more from time to time, and at once when a person says so; the first success forgets everything.
"""

import json
import logging
import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from firms.models import FailedTask, Job, User
from firms.wall import acting_for

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
TRIED_AGAIN_AFTER = timedelta(hours=1)
LOST = "The worker died while running it."
LONGEST_ERROR = 2000

# What higher rooms do when a task is set aside: they tell someone.
_listeners: list[Callable[[FailedTask], None]] = []


def when_set_aside(listener: Callable[[FailedTask], None]) -> None:
    """Call this, inside the firm and in the same transaction, once each time a task is set aside."""
    _listeners.append(listener)


def arguments_text(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True, default=str) if arguments else ""


def failure_of(*, firm_id: int, task: str, arguments: str) -> FailedTask | None:
    """What failed since the task last succeeded; almost always nothing."""
    with acting_for(firm_id):
        return FailedTask.objects.filter(firm_id=firm_id, task=task, arguments=arguments).first()


def is_set_aside(failure: FailedTask) -> bool:
    """Set aside, and not yet to be tried again."""
    return failure.set_aside_at is not None and failure.failed_at > timezone.now() - TRIED_AGAIN_AFTER


def note_failure(*, firm_id: int, task: str, arguments: str, error: BaseException | None) -> FailedTask:
    """Count one more failure in a row; None for a worker that died. The third sets the task aside."""
    words = "".join(traceback.format_exception(error))[-LONGEST_ERROR:] if error else LOST
    with acting_for(firm_id):
        now = timezone.now()
        failure, _is_new = FailedTask.objects.get_or_create(firm_id=firm_id, task=task, arguments=arguments, defaults={"failed_at": now})
        FailedTask.objects.filter(pk=failure.pk).update(attempts=F("attempts") + 1, error=words, failed_at=now)
        # The row is this transaction's now: of several that fail at once, one sees the third.
        failure.refresh_from_db()
        if failure.attempts >= MOST_ATTEMPTS and failure.set_aside_at is None:
            failure.set_aside_at = now
            failure.save(update_fields=["set_aside_at"])
            logger.error("task_set_aside", extra={"task": task, "arguments": arguments})
            for listener in _listeners:
                listener(failure)
        return failure


def forget_failure(failure: FailedTask) -> None:
    """The task succeeded."""
    with acting_for(failure.firm_id):
        FailedTask.objects.filter(pk=failure.pk).delete()


# --- What people see of it ---


def tasks_set_aside(user: User) -> QuerySet[FailedTask]:
    return FailedTask.objects.filter(firm_id=user.firm_id, set_aside_at__isnull=False)


def jobs_failed(user: User) -> QuerySet[Job]:
    """Long work that ended without its result, the latest first."""
    return Job.objects.filter(firm_id=user.firm_id, status=Job.Status.FAILED)


def label_of_task(name: str) -> str:
    """What the task is for, in words; its name when it has none."""
    # A web process imports no task before it is asked to.
    current_app.loader.import_default_modules()
    return str(getattr(current_app.tasks.get(name), "label", "") or name)


@transaction.atomic
def try_again(*, failure: FailedTask, by: User) -> bool:
    """Forget that a task was set aside and send it again. Returns whether it still was."""
    from firms.background import enqueue

    gone, _ = FailedTask.objects.filter(firm_id=by.firm_id, pk=failure.pk).delete()
    if gone:
        enqueue(failure.task, firm_id=by.firm_id, **(json.loads(failure.arguments) if failure.arguments else {}))
    return bool(gone)
