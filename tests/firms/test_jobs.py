"""Long jobs: steps that survive failure, refusal and company."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from firms import jobs
from firms.models import Firm, Job
from firms.onboarding import create_firm
from firms.wall import acting_for

COUNT = "count in tests"


class Counter:
    """A kind of job that counts to its total, and can be told to stumble."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.gave_up: list[int] = []

    def step(self, job: Job) -> bool:
        job.done += 1
        job.cursor = {"reached": job.done}
        if self.failures:
            # What the step wrote before must vanish with it.
            job.save()
            raise self.failures.pop(0)
        return job.done < job.total


@pytest.fixture
def counter() -> Iterator[Counter]:
    counter = Counter()
    jobs.job_kind(COUNT, on_failure=lambda job: counter.gave_up.append(job.pk))(counter.step)
    yield counter
    del jobs._steps[COUNT], jobs._on_failure[COUNT]


@pytest.fixture
def firm(transactional_db: None) -> Firm:
    return create_firm(name="Alpha Conseil", region="CA-QC")


def make_job(firm: Firm, **fields: object) -> Job:
    with acting_for(firm.pk):
        return Job.objects.create(**{"kind": COUNT, "total": 5, **fields})


def state(firm: Firm, job: Job) -> tuple[str, int, dict[str, int], int]:
    with acting_for(firm.pk):
        job = Job.objects.get(pk=job.pk)
        return job.status, job.done, job.cursor, job.attempts


def test_a_job_runs_its_steps_to_the_end(firm, counter):
    job = make_job(firm)
    jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    assert state(firm, job) == ("done", 5, {"reached": 5}, 0)


def test_a_finished_job_is_not_run_again(firm, counter):
    job = make_job(firm)
    jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    assert state(firm, job) == ("done", 5, {"reached": 5}, 0)


def test_a_step_that_fails_leaves_nothing_and_is_tried_again(firm, counter):
    job = make_job(firm)
    counter.failures = [ValueError("stumbled")]
    with pytest.raises(ValueError, match="stumbled"):
        jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    assert state(firm, job) == ("queued", 0, {}, 1)
    jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    assert state(firm, job) == ("done", 5, {"reached": 5}, 0)


def test_a_poisonous_job_is_set_aside_after_three_attempts(firm, counter):
    job = make_job(firm)
    counter.failures = [ValueError("again")] * 3
    for _ in range(3):
        with pytest.raises(ValueError, match="again"):
            jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    assert (state(firm, job), counter.gave_up) == (("failed", 0, {}, 3), [job.pk])


def test_a_job_under_which_workers_die_is_set_aside_after_three(firm, counter):
    """A worker that is killed writes nothing of it: what counts is that it began."""
    job = make_job(firm)
    counter.failures = [SystemExit("killed")] * 4
    for _ in range(3):
        with pytest.raises(SystemExit):
            jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    assert state(firm, job) == ("queued", 0, {}, 3)
    jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    assert (state(firm, job), counter.gave_up) == (("failed", 0, {}, 3), [job.pk])


def test_a_job_that_advances_is_not_set_aside_however_often_its_worker_dies(firm, counter):
    job = make_job(firm, total=20)
    for _ in range(8):
        # Two steps, then death in the third.
        counter.failures = []
        with acting_for(firm.pk):
            before = Job.objects.get(pk=job.pk).done
        step = counter.step

        def dying(job: Job, step=step, before=before) -> bool:
            if job.done == before + 2:
                raise SystemExit("killed")
            return bool(step(job))

        jobs._steps[COUNT] = dying
        with pytest.raises(SystemExit):
            jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    jobs._steps[COUNT] = counter.step
    jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    assert state(firm, job)[:2] == ("done", 20)


def test_a_refusal_is_final_and_kept_in_words(firm, counter):
    job = make_job(firm)
    counter.failures = [jobs.JobRefused("The file is empty.")]
    jobs.run_job(firm_id=firm.pk, job_id=job.pk)
    with acting_for(firm.pk):
        job.refresh_from_db()
        assert (job.status, job.error, counter.gave_up) == ("failed", "The file is empty.", [job.pk])


def test_two_workers_share_a_job_without_doing_a_step_twice(firm, counter):
    job = make_job(firm, total=40)
    together = Barrier(2)

    def work() -> None:
        together.wait()
        jobs.run_job(firm_id=firm.pk, job_id=job.pk)
        connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # A worker that finds the job held leaves it: between them they finish.
    assert state(firm, job) == ("done", 40, {"reached": 40}, 0)


def test_the_tick_finds_jobs_that_wait_or_lost_their_worker(firm, counter):
    now = timezone.now()
    forgotten = make_job(firm, created_at=now - timedelta(minutes=1))
    lost = make_job(firm, status="running", heartbeat_at=now - timedelta(minutes=3))
    make_job(firm)
    make_job(firm, status="running", heartbeat_at=now)
    make_job(firm, status="done", heartbeat_at=now - timedelta(hours=1))
    with acting_for(firm.pk):
        assert sorted(jobs.resume_jobs()) == [forgotten.pk, lost.pk]
