"""Several planners at once, planners killed in the middle, and people at work meanwhile: real processes, committed rows."""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from io import StringIO
from multiprocessing.process import BaseProcess

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.models.functions import Now

from bench.books import make_book, place_clients
from clients.models import Client
from firms.models import Firm, User
from firms.wall import acting_for
from segmentation.models import Assignment, Segment
from service_matrix.models import Promise
from tests.touchpoints import oracle
from touchpoints.models import BookPosition, Touchpoint
from touchpoints.planning import reconcile

START = date(2026, 3, 2)
CHUNK = 12
PROCESSES = multiprocessing.get_context("fork")


def plan_by_command(firm_id: int) -> None:
    call_command("plan", str(firm_id), start=START, chunk=CHUNK, stdout=StringIO())


def begin(work: Callable[[], None]) -> BaseProcess:
    """A process of its own, with a connection of its own."""
    connections.close_all()
    process = PROCESSES.Process(target=work)
    process.start()
    return process


def plan_four_times_at_once(firm_id: int, meanwhile: Callable[[], None] = lambda: None) -> list[int | None]:
    """Four commands begin at the same instant. Returns their exit codes."""
    barrier = PROCESSES.Barrier(4)

    def work() -> None:
        connection.ensure_connection()
        barrier.wait(60)
        plan_by_command(firm_id)

    processes = [begin(work) for _ in range(4)]
    while any(process.is_alive() for process in processes):
        meanwhile()
        time.sleep(0.01)
    return [process.exitcode for process in processes]


@pytest.fixture
def firm(transactional_db: None) -> Firm:
    """240 clients in one book, about 3,300 touchpoints a year; another firm, planned already, beside it."""
    other = make_book(clients=20, name="Beta", region="FR")
    with acting_for(other.pk):
        place_clients(firm=other, since=date(2026, 1, 1))
    reconcile(firm_id=other.pk, start=START)
    firm = make_book(clients=240, name="Alpha")
    with acting_for(firm.pk):
        place_clients(firm=firm, since=date(2026, 1, 1))
    return firm


def assert_as_the_oracle_says(firm: Firm, expected: oracle.Outcome) -> None:
    with acting_for(firm.pk):
        assert (oracle.rows_of(firm.pk), oracle.positions_of(firm.pk)) == (expected.rows, expected.positions)


def expect(firm: Firm) -> oracle.Outcome:
    with acting_for(firm.pk):
        return oracle.expect(firm_id=firm.pk, start=START)


def upset(firm: Firm) -> None:
    """A year of things happening: people work, clients change segment or leave, one promise is made more often, another less."""
    someone = User.objects.order_by("pk").first()
    assert someone is not None
    Touchpoint.objects.filter(client__in=Client.objects.filter(pk__in=every(5)), ordinal=1).update(status="done", closed_by=someone, closed_at=Now())
    Touchpoint.objects.filter(client__in=every(7), ordinal=2).update(is_hand_set=True)
    Assignment.objects.filter(client__in=every(3)).update(segment=Segment.objects.get(rank=1))
    Client.objects.filter(pk__in=every(11)).update(archived_at=Now())
    Promise.objects.filter(times=12).update(times=6)
    Promise.objects.filter(times=1).update(times=2)


def every(nth: int) -> list[int]:
    return list(Client.objects.order_by("pk").values_list("pk", flat=True))[::nth]


def test_four_planners_at_once_write_each_row_once(firm):
    for happening in (lambda firm: None, upset):
        with acting_for(firm.pk):
            happening(firm)
        expected = expect(firm)
        assert plan_four_times_at_once(firm.pk) == [0, 0, 0, 0]
        assert_as_the_oracle_says(firm, expected)


def test_planners_and_people_at_the_same_rows(firm):
    """While four plan a changed matrix, people finish touchpoints and move clients between advisers: no error, nothing of theirs undone."""
    reconcile(firm_id=firm.pk, start=START)
    with acting_for(firm.pk):
        upset(firm)
        advisers = list(User.objects.order_by("pk"))
    chance = random.Random(2)
    finished: dict[int, User] = {}

    def work_a_little() -> None:
        with acting_for(firm.pk):
            by = chance.choice(advisers)
            touchpoint = chance.choice(list(Touchpoint.objects.filter(status="planned").values_list("pk", flat=True)[:4000]))
            if Touchpoint.objects.filter(pk=touchpoint, status="planned").update(status="done", closed_by=by, closed_at=Now()):
                finished[touchpoint] = by
        with acting_for(firm.pk):
            Client.objects.filter(pk=chance.choice(list(Client.objects.values_list("pk", flat=True)))).update(adviser=chance.choice(advisers))

    assert plan_four_times_at_once(firm.pk, meanwhile=work_a_little) == [0, 0, 0, 0]
    with acting_for(firm.pk):
        done = Touchpoint.objects.filter(pk__in=finished)
        assert {touchpoint.pk: (touchpoint.status, touchpoint.closed_by) for touchpoint in done} == {pk: ("done", by) for pk, by in finished.items()}
    expected = expect(firm)
    reconcile(firm_id=firm.pk, start=START)
    assert_as_the_oracle_says(firm, expected)


def test_killed_twenty_times_at_a_random_point_and_resumed(firm):
    """Each chunk of clients is there in whole or not at all, and whoever resumes completes the rest."""
    expected = expect(firm)
    began = time.monotonic()
    begin(lambda: plan_by_command(firm.pk)).join()
    seconds = time.monotonic() - began
    assert_as_the_oracle_says(firm, expected)
    owed = Counter(key[0] for key in expected.rows)
    chance = random.Random(20)
    interrupted = 0
    for _ in range(20):
        with acting_for(firm.pk):
            Touchpoint.objects.all().delete()
            BookPosition.objects.all().delete()
        process = begin(lambda: plan_by_command(firm.pk))
        time.sleep(chance.uniform(0, seconds))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        with acting_for(firm.pk):
            there = oracle.rows_of(firm.pk)
        assert there.items() <= expected.rows.items()
        clients = Counter(key[0] for key in there)
        assert (clients, len(clients) % CHUNK) == (Counter({client: owed[client] for client in clients}), 0)
        interrupted += 0 < len(there) < len(expected.rows)
        reconcile(firm_id=firm.pk, start=START, chunk=CHUNK)
        assert_as_the_oracle_says(firm, expected)
    assert interrupted >= 5
