"""Long work with progress: a job is a row; its work goes in steps, each one transaction that also moves the row's cursor.

A kind of work registers a step function with `job_kind`. The step does a bounded piece, moves `job.cursor`, `job.done` and
`job.counts`, and returns True while more remains. Killed anywhere, the job resumes at its last committed step, whoever runs it.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django_stubs_ext import StrPromise

from firms.authorship import writing_as
from firms.background import enqueue
from firms.models import Job, User
from firms.wall import acting_for

logger = logging.getLogger(__name__)

Step = Callable[[Job], bool]
_steps: dict[str, Step] = {}
_labels: dict[str, str | StrPromise] = {}
_on_failure: dict[str, Callable[[Job], None]] = {}

# A running job that has not committed a step for this long has lost its worker.
STALE = timedelta(minutes=2)
MOST_ATTEMPTS = 3


class JobRefused(Exception):
    """The work cannot go on for a reason a person can act on; the message is shown to them."""


def job_kind(kind: str, *, label: str | StrPromise = "", on_failure: Callable[[Job], None] | None = None) -> Callable[[Step], Step]:
    """Register the step function of a kind of job, what the history calls it, and what to undo or note when it fails for good."""

    def register(step: Step) -> Step:
        _steps[kind] = step
        _labels[kind] = label
        if on_failure is not None:
            _on_failure[kind] = on_failure
        return step

    return register


def label_of(kind: str) -> str:
    """What the history calls a kind of job; empty for one that has no name, or is no more."""
    return str(_labels.get(kind, ""))


def start_job(*, kind: str, parameters: dict[str, Any], by: User | None, total: int = 0) -> Job:
    """Queue a job in this transaction; a worker begins when it commits."""
    from firms.tasks import run_job

    if kind not in _steps:
        raise LookupError(kind)
    job = Job.objects.create(kind=kind, parameters=parameters, created_by=by, total=total)
    enqueue(run_job, firm_id=job.firm_id, job_id=job.pk)
    return job


def run_job(*, firm_id: int, job_id: int) -> Job:
    """Run a job's steps to the end, each in a transaction of its own. Does nothing while another worker holds the job.

    What the steps change is signed by the person who started the job. Each run counts as an attempt at the step it stands before, so that
    one under which worker after worker dies is given up as one that raises is.
    """
    if (settled := _count_attempt(firm_id=firm_id, job_id=job_id)) is not None:
        return settled
    while True:
        try:
            with acting_for(firm_id):
                job = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id).first()
                if job is None or job.status in {Job.Status.DONE, Job.Status.FAILED}:
                    return job or Job.objects.get(pk=job_id)
                job.status, job.heartbeat_at = Job.Status.RUNNING, timezone.now()
                with writing_as(user=job.created_by_id, job=job.kind):
                    more = _steps[job.kind](job)
                # The next step's first attempt is this one.
                job.attempts = 1
                if not more:
                    job.status, job.finished_at, job.attempts = Job.Status.DONE, timezone.now(), 0
                job.save()
        except JobRefused as refusal:
            return _record_failure(firm_id=firm_id, job_id=job_id, message=str(refusal), final=True)
        except Exception:
            logger.exception("job_failed", extra={"job_id": job_id})
            _record_failure(firm_id=firm_id, job_id=job_id, message="", final=False)
            raise
        if not more:
            return job


def _count_attempt(*, firm_id: int, job_id: int) -> Job | None:
    """Begin another attempt; the job as it is when there is nothing to do, or when it has failed too often to be tried again."""
    with acting_for(firm_id):
        job = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id).first()
        if job is None or job.status in {Job.Status.DONE, Job.Status.FAILED}:
            return job or Job.objects.get(pk=job_id)
        if job.attempts >= MOST_ATTEMPTS:
            logger.error("job_set_aside", extra={"job_id": job_id})
            return _give_up(job)
        job.attempts += 1
        job.save(update_fields=["attempts"])
        return None


def _record_failure(*, firm_id: int, job_id: int, message: str, final: bool) -> Job:
    with acting_for(firm_id):
        job = Job.objects.select_for_update().get(pk=job_id)
        job.error = message
        if final or job.attempts >= MOST_ATTEMPTS:
            return _give_up(job)
        job.save()
        return job


def _give_up(job: Job) -> Job:
    job.status, job.finished_at = Job.Status.FAILED, timezone.now()
    if job.kind in _on_failure:
        _on_failure[job.kind](job)
    job.save()
    return job


def resume_jobs() -> list[int]:
    """Queue again the jobs of this firm that wait for a worker or lost theirs. Returns their ids."""
    from firms.tasks import run_job

    now = timezone.now()
    waiting = Q(status=Job.Status.QUEUED, created_at__lt=now - timedelta(seconds=30))
    lost = Q(status=Job.Status.RUNNING, heartbeat_at__lt=now - STALE)
    jobs = list(Job.objects.filter(waiting | lost))
    for job in jobs:
        enqueue(run_job, firm_id=job.firm_id, job_id=job.pk)
    return [job.pk for job in jobs]


__all__ = ["JobRefused", "job_kind", "resume_jobs", "run_job", "start_job"]
