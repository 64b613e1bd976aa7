"""Celery leaves of this room, and the tick that fans out to firms."""

from typing import Any

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from firms import jobs
from firms.background import FirmTask, SignedTask, enqueue
from firms.models import Firm
from firms.wall import across_firms


def for_each_firm(task: Any) -> None:
    """Send one task a firm."""
    with across_firms():
        firm_ids = list(Firm.objects.values_list("pk", flat=True))
    for firm_id in firm_ids:
        enqueue(task, firm_id=firm_id)


@shared_task
def tick() -> None:
    """Beat's only message: give each firm its turn."""
    for_each_firm(tend_firm)


@shared_task(base=FirmTask, expires=60, label=_("Long work that waits for a worker"))
def tend_firm(*, firm_id: int) -> None:
    """Ask the database what is due in one firm."""
    jobs.resume_jobs()


@shared_task(base=SignedTask, counts_failures=False)
def run_job(*, firm_id: int, job_id: int) -> None:
    jobs.run_job(firm_id=firm_id, job_id=job_id)
