"""Background work: a hint on commit, a task inside the firm."""

import logging
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

from firms.wall import acting_for

logger = logging.getLogger(__name__)


class FirmTask(Task):  # type: ignore[type-arg]
    """A task of one firm: called with `firm_id`, it runs in one transaction inside the wall."""

    abstract = True

    def __call__(self, *args: Any, firm_id: int, **kwargs: Any) -> Any:
        with acting_for(firm_id):
            return self.run(*args, firm_id=firm_id, **kwargs)


def enqueue(task: Any, **arguments: Any) -> None:
    """Send a task once this transaction commits. With Redis away it is only late: the next tick finds the work in the database."""

    def send() -> None:
        try:
            task.apply_async(kwargs=arguments)
        except (OperationalError, OSError):
            logger.warning("redis_away", extra={"task": task.name})

    transaction.on_commit(send)
