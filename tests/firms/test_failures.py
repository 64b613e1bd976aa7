"""A task that fails three times in a row is set aside for its firm, listed, and tried again later or when a person says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app, shared_task
from django.db import OperationalError
from django.urls import reverse

from firms.background import FirmTask
from firms.models import FailedTask, Firm, Job, User
from messaging.models import Notice
from messaging.notices import wording
from tests import factories
from tests.access import BUSINESS_ROOMS

ran: list[int] = []
errors: list[BaseException] = []


@shared_task(base=FirmTask, name="tests.stumble", label="Stumbling")
def stumble(*, firm_id: int, number: int = 1) -> None:
    ran.append(number)
    Firm.objects.filter(pk=firm_id).update(name="Written by the task")
    if errors:
        raise errors.pop(0)


@pytest.fixture(autouse=True)
def _forget() -> None:
    ran.clear()
    errors.clear()


def test_every_task_of_a_firm_says_in_words_what_it_is_for() -> None:
    current_app.loader.import_default_modules()
    rooms = tuple(f"{room}." for room in BUSINESS_ROOMS)
    ours = {name: task for name, task in current_app.tasks.items() if isinstance(task, FirmTask) and name.startswith(rooms)}
    assert "service_matrix.tasks.remind_of_exceptions" in ours
    assert [name for name, task in ours.items() if not getattr(task, "label", "")] == []


def fail(user: User, times: int, error: type[Exception] = ValueError, **arguments: Any) -> None:
    for _ in range(times):
        errors.append(error("wrong"))
        with pytest.raises(error):
            stumble(firm_id=user.firm_id, **arguments)


def test_after_three_failures_in_a_row_it_is_not_run_and_is_told_once(alice: User, alpha: Firm) -> None:
    fail(alice, 3)
    stumble(firm_id=alice.firm_id)
    stumble(firm_id=alice.firm_id)
    assert len(ran) == 3
    failure = FailedTask.objects.get()
    assert (failure.attempts, "ValueError: wrong" in failure.error) == (3, True)
    assert [(notice.user, wording(notice)) for notice in Notice.objects.all()] == [
        (alice, "“Stumbling” failed three times in a row and is set aside.")
    ]
    alpha.refresh_from_db()
    assert alpha.name == "Alpha Conseil"


def test_a_success_forgets_earlier_failures(alice: User) -> None:
    fail(alice, 2)
    stumble(firm_id=alice.firm_id)
    fail(alice, 2)
    stumble(firm_id=alice.firm_id)
    assert (len(ran), FailedTask.objects.count()) == (6, 0)


def test_other_arguments_are_other_work(alice: User) -> None:
    fail(alice, 3, number=1)
    stumble(firm_id=alice.firm_id, number=2)
    assert ran == [1, 1, 1, 2]


def test_a_database_that_is_away_is_no_fault_of_the_task(alice: User) -> None:
    fail(alice, 5, OperationalError)
    assert (len(ran), FailedTask.objects.count()) == (5, 0)


def test_it_is_tried_once_an_hour(alice: User) -> None:
    began = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with time_machine.travel(began, tick=False):
        fail(alice, 3)
    with time_machine.travel(began + timedelta(minutes=59), tick=False):
        stumble(firm_id=alice.firm_id)
    assert len(ran) == 3
    with time_machine.travel(began + timedelta(minutes=61), tick=False):
        fail(alice, 1)
        stumble(firm_id=alice.firm_id)
    assert (len(ran), Notice.objects.count()) == (4, 1)
    with time_machine.travel(began + timedelta(minutes=123), tick=False):
        stumble(firm_id=alice.firm_id)
    assert (len(ran), FailedTask.objects.count()) == (5, 0)


def test_a_task_under_which_workers_die_is_set_aside_without_being_run_again(alice: User) -> None:
    for _ in range(3):
        stumble.push_request(delivery_info={"redelivered": True})
        errors.append(KeyboardInterrupt("the worker dies"))
        try:
            stumble(firm_id=alice.firm_id)
        except KeyboardInterrupt:
            pass
        finally:
            stumble.pop_request()
    # Its first death left no trace; the third time it was delivered again it was not run.
    assert len(ran) == 2
    assert FailedTask.objects.get().set_aside_at is not None


# --- The page ---


def test_the_page_lists_it_and_tries_it_again(alice: User, client, django_capture_on_commit_callbacks) -> None:
    client.force_login(alice)
    fail(alice, 3)
    failure = FailedTask.objects.get()
    page = client.get(reverse("work_set_aside")).content.decode()
    assert ("Stumbling" in page, "ValueError: wrong" in page) == (True, True)
    assert client.post(reverse("task_try_again", args=[failure.pk])).status_code == 302
    assert FailedTask.objects.count() == 0
    stumble(firm_id=alice.firm_id)
    assert len(ran) == 4


def test_what_failed_twice_is_not_listed_yet(alice: User, client) -> None:
    client.force_login(alice)
    fail(alice, 2)
    assert "Stumbling" not in client.get(reverse("work_set_aside")).content.decode()


@pytest.mark.parametrize("number", [1, 30])
def test_the_same_statements_for_one_and_thirty(alice: User, client, django_assert_num_queries, number: int) -> None:
    client.force_login(alice)
    client.get(reverse("work_set_aside"))
    now = datetime.now(UTC)
    for each in range(number):
        FailedTask.objects.create(task="tests.stumble", arguments=str(each), attempts=3, failed_at=now, set_aside_at=now)
        Job.objects.create(kind="unknown", status="failed", created_by=factories.make_user(), finished_at=now)
    with django_assert_num_queries(8):
        client.get(reverse("work_set_aside"))
