"""Publications among editors, other administrators, ticks and the deaths of workers: real processes and threads, committed rows."""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from clients.models import Client
from firms import jobs
from firms.jobs import resume_jobs, run_job
from firms.models import Job
from firms.wall import acting_for
from messaging.models import Notice
from segmentation import publishing
from segmentation.models import Assignment, Placement, SchemeVersion
from segmentation.progress import mark_stage, stage_of
from segmentation.publishing import AlreadyPublished, Stage, cancel_scheduled, firm_today, publish_version, request_publication, schedule_version
from segmentation.rules import load_rules
from segmentation.scoring import compile_rules
from segmentation.tending import tend_schemes
from tests import factories
from tests.segmentation.rows import make_book, make_draft
from tests.segmentation.test_publishing import together
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
PROCESSES = multiprocessing.get_context("fork")
SIZE = 400


class World:
    """A firm whose rows other connections see: two administrators, a book, a draft."""

    def __init__(self, size: int = SIZE) -> None:
        self.firm = factories.make_firm(name="Alpha Conseil")
        with acting_for(self.firm.pk):
            self.alice, self.anna = (factories.make_user(role="admin", name=name) for name in ("Alice", "Anna"))
            make_book(self.alice, [number % 11 for number in range(size)])
            self.draft = make_draft(method="quotas", quotas=(10, 40, 50))

    def as_firm(self, act: Callable[[], Any]) -> Any:
        with acting_for(self.firm.pk):
            return act()


@pytest.fixture
def world() -> World:
    return World()


def begin(work: Callable[[], object]) -> BaseProcess:
    """A process of its own, with connections of its own."""
    connections.close_all()
    process = PROCESSES.Process(target=work)
    process.start()
    return process


def assert_everyone_has_one_segment(world: World) -> None:
    """Every client of the book exactly one open assignment, no other client any, and what the rules compute is what stands."""
    with acting_for(world.firm.pk):
        current = list(Assignment.objects.filter(ends_on=None).values_list("client_id", flat=True))
        book = set(Client.objects.filter(archived_at=None, status__in=["client", "prospect"]).values_list("pk", flat=True))
        assert (len(current), set(current)) == (len(set(current)), book)
        version = SchemeVersion.objects.get(status="published")
        statement = compile_rules(load_rules(version), firm_id=world.firm.pk, on=firm_today(world.firm.pk))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT client_id, segment_id FROM ({statement.sql}) placed", statement.parameters)
            computed = dict(cursor.fetchall())
        assert dict(Placement.objects.values_list("client_id", "segment_id")) == computed


def test_publishing_while_clients_are_edited_loses_no_client_and_no_edit(world):
    """Three people change potentials, add, archive and bring back clients; each edit is seen by the publication or by the next run."""
    chance, stop = random.Random(7), threading.Event()
    edited: dict[int, int] = {}
    pks = world.as_firm(lambda: list(Client.objects.values_list("pk", flat=True)))

    def edit(seed: int) -> Callable[[], int]:
        mine, own = random.Random(seed), pks[seed::3]

        def work() -> int:
            number = 0
            while not stop.is_set():
                pk, value = mine.choice(own), mine.randint(0, 10)
                with acting_for(world.firm.pk):
                    Client.objects.filter(pk=pk).update(potential=value)
                    edited[pk] = value
                    if number % 5 == 0:
                        Client.objects.filter(pk=mine.choice(own)).update(archived_at=mine.choice([None, timezone.now()]))
                    if number % 7 == 0:
                        make_book(world.anna, [mine.randint(0, 10)])
                number += 1
            return number

        return work

    def publish() -> str:
        try:
            for _ in range(4):
                world.as_firm(lambda: publish_version(version=world.draft, by=world.alice))
                world.draft = world.as_firm(lambda: publishing.start_draft(scheme=world.draft.scheme))
                time.sleep(0.05 * chance.random())
        finally:
            stop.set()
        return "published"

    answers = together(publish, edit(0), edit(1), edit(2))
    assert answers[0] == "published"
    assert all(count > 3 for count in answers[1:])
    # The next run sees what this one did not.
    tomorrow = world.as_firm(lambda: firm_today(world.firm.pk)) + timedelta(days=1)
    world.as_firm(lambda: tend_schemes(firm_id=world.firm.pk, today=tomorrow))
    assert_everyone_has_one_segment(world)
    with acting_for(world.firm.pk):
        placed = {row.client_id: next(iter(row.inputs.values()))[0] for row in Placement.objects.filter(client__in=edited)}
        assert placed == {pk: edited[pk] for pk in placed}
        assert not Assignment.objects.filter(starts_on__gte=tomorrow, ends_on__lte=tomorrow).exists()


def test_two_administrators_ask_for_a_large_book_at_once_one_job_one_result(world, monkeypatch):
    monkeypatch.setattr(publishing, "LARGEST_INLINE", 1)
    asked = together(
        *(
            lambda by=by: world.as_firm(lambda: request_publication(version=world.draft, by=by, revision=1)).pk
            for by in (world.alice, world.anna, world.alice, world.anna)
        )
    )
    assert len(set(asked)) == 1
    together(*(lambda: run_job(firm_id=world.firm.pk, job_id=asked[0]) for _ in range(2)))
    with acting_for(world.firm.pk):
        assert [(job.status, sorted(job.counts.values())) for job in Job.objects.all()] == [("done", [40, 160, 200])]
        assert Assignment.objects.count() == SIZE
        author = SchemeVersion.objects.get().published_by
        others = [user for user in (world.alice, world.anna) if user != author]
        assert list(Notice.objects.filter(kind="scheme_published").values_list("user", flat=True)) == [user.pk for user in others]


def test_a_job_that_comes_second_is_told_the_first_result(world, monkeypatch):
    monkeypatch.setattr(publishing, "LARGEST_INLINE", 1)
    job = world.as_firm(lambda: request_publication(version=world.draft, by=world.anna, revision=1))
    first = world.as_firm(lambda: publish_version(version=world.draft, by=world.alice))
    done = run_job(firm_id=world.firm.pk, job_id=job.pk)
    assert (done.status, done.error, sorted(done.counts.values())) == ("done", "", sorted(first.counts.values()))


def test_publishing_and_scheduling_at_once_one_decision_stands(world):
    day = world.as_firm(lambda: firm_today(world.firm.pk)) + timedelta(days=4)

    def decide(act: Callable[[], Any]) -> str:
        try:
            world.as_firm(act)
        except AlreadyPublished:
            return "told"
        return "decided"

    answers = together(
        lambda: decide(lambda: publish_version(version=world.draft, by=world.alice, revision=1)),
        lambda: decide(lambda: schedule_version(version=world.draft, by=world.anna, revision=1, on=day)),
    )
    assert sorted(answers) == ["decided", "told"]
    with acting_for(world.firm.pk):
        version = SchemeVersion.objects.get()
        expected = ("published", world.alice, SIZE) if answers[0] == "decided" else ("scheduled", world.anna, 0)
        assert (version.status, version.published_by, Assignment.objects.count()) == expected


def test_killed_while_publishing_nothing_shows_and_whoever_resumes_publishes_once(monkeypatch):
    """SIGKILL at ten random moments of the job's transaction, then one run to the end."""
    world = World(size=3000)
    monkeypatch.setattr(publishing, "LARGEST_INLINE", 1)
    # A job under which worker after worker dies is otherwise set aside.
    monkeypatch.setattr(jobs, "MOST_ATTEMPTS", 20)
    job = world.as_firm(lambda: request_publication(version=world.draft, by=world.alice, revision=1))
    firm_id, job_id = world.firm.pk, job.pk
    chance, killed_at = random.Random(11), []
    for number in range(10):
        process = begin(lambda: run_job(firm_id=firm_id, job_id=job_id))

        def moved(process: BaseProcess = process) -> bool:
            return not process.is_alive() or stage_of(job) >= Stage.SCORING

        wait_until(moved, 60)
        time.sleep(chance.random() * 0.02 * number)
        if not process.is_alive():
            break
        killed_at.append(stage_of(job))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        # PostgreSQL notices that nobody is left, undoes the transaction and lets go of its locks.
        wait_until(lambda: stage_of(job) == 0, 60)
        with acting_for(firm_id):
            left = (SchemeVersion.objects.get().status, Placement.objects.count(), Assignment.objects.count(), Notice.objects.count())
            if left[0] == "published":
                break
            assert left == ("draft", 0, 0, 0)
            assert Job.objects.get().status in {"queued", "running"}
    assert len(killed_at) >= 3
    with acting_for(firm_id):
        Job.objects.filter(status="queued").update(created_at=timezone.now() - timedelta(minutes=5))
        resumed = resume_jobs()
    assert resumed in ([job_id], [])
    done = run_job(firm_id=firm_id, job_id=job_id)
    assert (done.status, sorted(done.counts.values())) == ("done", [300, 1200, 1500])
    with acting_for(firm_id):
        assert (Assignment.objects.count(), Notice.objects.filter(kind="scheme_published").count()) == (3000, 1)
    assert_everyone_has_one_segment(world)


def test_how_far_a_job_is_shows_from_outside_its_transaction(world, monkeypatch):
    monkeypatch.setattr(publishing, "LARGEST_INLINE", 1)
    job = world.as_firm(lambda: request_publication(version=world.draft, by=world.alice, revision=1))
    seen, reached, go_on = [], threading.Event(), threading.Event()

    def mark_and_wait(job: Job, stage: int) -> None:
        mark_stage(job, stage)
        reached.set()
        assert go_on.wait(20)
        go_on.clear()

    monkeypatch.setattr("segmentation.publishing.mark_stage", mark_and_wait)

    def watch() -> None:
        for _ in Stage:
            assert reached.wait(20)
            reached.clear()
            with acting_for(world.firm.pk):
                seen.append((stage_of(job), Assignment.objects.count()))
            go_on.set()

    together(lambda: run_job(firm_id=world.firm.pk, job_id=job.pk), watch)
    assert seen == [(stage, 0) for stage in Stage]
    assert stage_of(job) == 0


def test_a_tick_passes_by_a_scheme_that_is_being_published(world):
    """It neither waits nor writes; the next one finds everything done."""
    first = world.as_firm(lambda: publish_version(version=world.draft, by=world.alice)).version
    second = world.as_firm(lambda: publishing.start_draft(scheme=first.scheme))
    world.as_firm(lambda: Client.objects.filter(pk__in=Client.objects.values("pk")[:30]).update(potential=10))
    holding, let_go = threading.Event(), threading.Event()

    def publish_slowly() -> str:
        def wait(stage: Stage) -> None:
            if stage is Stage.MOVING:
                holding.set()
                assert let_go.wait(20)

        return str(world.as_firm(lambda: publish_version(version=second, by=world.alice, reached=wait).version.status))

    def tick() -> bool:
        assert holding.wait(20)
        try:
            tomorrow = world.as_firm(lambda: firm_today(world.firm.pk)) + timedelta(days=1)
            return bool(world.as_firm(lambda: tend_schemes(firm_id=world.firm.pk, today=tomorrow)))
        finally:
            let_go.set()

    assert together(publish_slowly, tick) == ["published", False]
    assert_everyone_has_one_segment(world)


def test_ticks_at_once_publish_what_is_due_once(world):
    today = world.as_firm(lambda: firm_today(world.firm.pk))
    day = today + timedelta(days=2)
    world.as_firm(lambda: schedule_version(version=world.draft, by=world.alice, revision=1, on=day))
    together(*(lambda: world.as_firm(lambda: tend_schemes(firm_id=world.firm.pk, today=day)) for _ in range(4)))
    with acting_for(world.firm.pk):
        assert Counter(Assignment.objects.filter(ends_on=None).values_list("segment__rank", flat=True)) == {1: 40, 2: 160, 3: 200}
        assert (Assignment.objects.count(), Notice.objects.filter(kind="scheme_published").count()) == (SIZE, 2)


def test_a_tick_and_who_takes_it_back_at_once_agree(world):
    day = world.as_firm(lambda: firm_today(world.firm.pk)) + timedelta(days=2)
    version = world.as_firm(lambda: schedule_version(version=world.draft, by=world.alice, revision=1, on=day))

    def take_back() -> str:
        try:
            return str(world.as_firm(lambda: cancel_scheduled(version=version)).status)
        except AlreadyPublished as first:
            return str(first.version.status)

    said, _ = together(take_back, lambda: world.as_firm(lambda: tend_schemes(firm_id=world.firm.pk, today=day)))
    with acting_for(world.firm.pk):
        status = SchemeVersion.objects.get().status
        assert (said, Assignment.objects.count()) == (status, SIZE if status == "published" else 0)


def test_a_real_worker_publishes_a_large_book(worker, monkeypatch):
    world = World()
    monkeypatch.setattr(publishing, "LARGEST_INLINE", 1)
    job = world.as_firm(lambda: request_publication(version=world.draft, by=world.alice, revision=1, note="In numbers"))

    def is_done() -> bool:
        return bool(world.as_firm(lambda: Job.objects.filter(pk=job.pk, status="done").exists()))

    wait_until(is_done, 40)
    with acting_for(world.firm.pk):
        version = SchemeVersion.objects.get()
        assert (version.status, version.note, Assignment.objects.count()) == ("published", "In numbers", SIZE)
        assert version.published_by == world.alice
