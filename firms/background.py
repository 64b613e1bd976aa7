"""Background work: a hint on commit, a task inside the firm."""

import logging
from typing import Any

from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from firms.authorship import writing_as
from firms.models import PlanningRequest
from firms.wall import acting_for

logger = logging.getLogger(__name__)


class SignedTask(Task):  # type: ignore[type-arg]
    """Every task is one (advisory_crm/celery.py): the history says that it, and nobody, made what it changes."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with writing_as(task=self.name):
            return self.run(*args, **kwargs)


class FirmTask(SignedTask):
    """A task of one firm: called with `firm_id`, it runs in one transaction inside the wall."""

    abstract = True

    def __call__(self, *args: Any, firm_id: int, **kwargs: Any) -> Any:
        with acting_for(firm_id):
            return super().__call__(*args, firm_id=firm_id, **kwargs)


PLAN_TASK = "touchpoints.tasks.plan_firm"
PLACE_TASK = "segmentation.tasks.tend_firm"


def request_planning(*, firm_id: int, client_id: int | None = None) -> None:
    """Say that assignments or promises changed, or something of one client. The request is a row; the task, named because its room is above, is
    the hint."""
    PlanningRequest.objects.create(firm_id=firm_id, client_id=client_id)
    enqueue(PLAN_TASK, firm_id=firm_id)


def request_placing(*, firm_id: int) -> None:
    """Hint that clients came: they are given a segment at once. The next tick finds whoever has none."""
    enqueue(PLACE_TASK, firm_id=firm_id)


def enqueue(task: "Task[Any, Any] | str", **arguments: Any) -> None:
    """Send a task once this transaction commits. With Redis away it is only late: the next tick finds the work in the database."""

    def send() -> None:
        try:
            if isinstance(task, str):
                current_app.send_task(task, kwargs=arguments)
            else:
                task.apply_async(kwargs=arguments)
        except (OperationalError, OSError):
            logger.warning("redis_away", extra={"task": str(task)})

    transaction.on_commit(send)
