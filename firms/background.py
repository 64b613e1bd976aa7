"""Background work: a hint on commit, a task inside the firm."""

import logging
from typing import Any

from celery import Task, current_app
from django.conf import settings
from django.db import InterfaceError, transaction
from django.db import OperationalError as DatabaseAway
from django_stubs_ext import StrPromise
from kombu.exceptions import OperationalError

from firms.authorship import writing_as
from firms.failures import arguments_text, failure_of, forget_failure, is_set_aside, note_failure
from firms.models import PlanningRequest
from firms.wall import acting_for

logger = logging.getLogger(__name__)


class SignedTask(Task):  # type: ignore[type-arg]
    """Every task is one (advisory_crm/celery.py): the history says that it, and nobody, made what it changes.

    One that concerns a firm is set aside for that firm after it failed three times in a row (failures.py).
    """

    abstract = True
    # What people call it, where it is listed as set aside.
    label: str | StrPromise = ""
    # False for what counts its own failures, or whose items count their own deaths: many workers may die during it without its being at fault.
    counts_failures = True
    counts_deaths = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.counts_failures or "firm_id" not in kwargs:
            return self.perform(*args, **kwargs)
        about = {"firm_id": kwargs["firm_id"], "task": self.name, "arguments": arguments_text({k: v for k, v in kwargs.items() if k != "firm_id"})}
        failure = failure_of(**about)
        if self.counts_deaths and (self.request.delivery_info or {}).get("redelivered"):
            failure = note_failure(**about, error=None)
        if failure is not None and is_set_aside(failure):
            logger.info("task_left_aside", extra={"task": self.name})
            return None
        try:
            result = self.perform(*args, **kwargs)
        except (DatabaseAway, InterfaceError):
            raise
        except Exception as error:
            note_failure(**about, error=error)
            raise
        if failure is not None:
            forget_failure(failure)
        return result

    def perform(self, *args: Any, **kwargs: Any) -> Any:
        with writing_as(task=self.name):
            return self.run(*args, **kwargs)


class FirmTask(SignedTask):
    """A task of one firm: called with `firm_id`, it runs in one transaction inside the wall."""

    abstract = True

    def perform(self, *args: Any, firm_id: int, **kwargs: Any) -> Any:
        with acting_for(firm_id):
            return super().perform(*args, firm_id=firm_id, **kwargs)


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
    if settings.REDIS_URL == settings.NO_REDIS:
        return

    def send() -> None:
        try:
            if isinstance(task, str):
                current_app.send_task(task, kwargs=arguments)
            else:
                task.apply_async(kwargs=arguments)
        except (OperationalError, OSError):
            logger.warning("redis_away", extra={"task": str(task)})

    transaction.on_commit(send)
