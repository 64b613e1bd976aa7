"""What someone should know at the start of the day."""

from datetime import date, timedelta

import pytest
from django.db import connection

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Person
from firms.models import Firm, Support, User
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint
from touchpoints.dashboard import (
    FirstSteps,
    Kept,
    breaking_promises,
    coming_birthdays,
    coming_load,
    due_this_quarter,
    first_steps,
    next_touchpoints,
    promises_kept,
    recent_interactions,
)
from touchpoints.models import Status


@pytest.fixture
def adviser(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser")


@pytest.fixture
def colleague(alice: User) -> User:
    return make_user(name="Paul Roy", role="adviser")


def days(number: int) -> timedelta:
    return timedelta(days=number)


def test_promises_about_to_break_come_soonest_first_whoever_keeps_them(adviser: User, colleague: User) -> None:
    assistant = make_user(role="assistant")
    Support.objects.create(assistant=assistant, adviser=adviser)
    in_ten = make_touchpoint(adviser=adviser, window_days=10, rank=1)
    tomorrow = make_touchpoint(adviser=adviser, window_days=1, rank=4, performer="assistant")
    make_touchpoint(adviser=adviser, window_days=15)
    make_touchpoint(adviser=adviser, window_days=1, status=Status.DONE)
    make_touchpoint(adviser=colleague, window_days=1)
    for reader in (adviser, assistant):
        assert breaking_promises(user=reader, on=TODAY) == [tomorrow, in_ten]


def test_the_next_touchpoints_are_the_first_of_the_queue(adviser: User) -> None:
    later, now = make_touchpoint(adviser=adviser, rank=2), make_touchpoint(adviser=adviser, rank=1)
    assert next_touchpoints(user=adviser, on=TODAY) == [now, later]
    assert next_touchpoints(user=adviser, on=TODAY, most=1) == [now]


def test_the_last_exchanges_are_those_of_the_books(alice: User, adviser: User, colleague: User) -> None:
    draft = InteractionDraft(channel="phone", subject="Call")
    mine = log_interaction(client=make_client(adviser=adviser), by=colleague, draft=draft)
    other = log_interaction(client=make_client(adviser=colleague), by=colleague, draft=draft)
    assert recent_interactions(user=adviser) == [mine]
    assert recent_interactions(user=alice) == [other, mine]


@pytest.mark.parametrize(
    ("today", "born", "expected"),
    [
        (date(2026, 11, 23), date(1950, 11, 23), (date(2026, 11, 23), 76)),
        (date(2026, 12, 28), date(1980, 1, 5), (date(2027, 1, 5), 47)),
        (date(2027, 2, 20), date(1992, 2, 29), (date(2027, 2, 28), 35)),
        (date(2028, 2, 20), date(1992, 2, 29), (date(2028, 2, 29), 36)),
        (date(2026, 11, 23), date(1950, 12, 8), None),
        (date(2026, 11, 23), date(1950, 11, 22), None),
    ],
)
def test_birthdays_of_the_next_fourteen_days(adviser: User, colleague: User, today: date, born: date, expected: tuple[date, int] | None) -> None:
    make_client(adviser=adviser, birth_date=born)
    make_client(adviser=colleague, birth_date=born)
    found = [(birthday.on, birthday.turns) for birthday in coming_birthdays(user=adviser, on=today)]
    assert found == ([expected] if expected else [])
    assert Person.objects.filter(birth_date=born).count() == 2


def test_promises_kept_count_this_quarter_until_today(adviser: User, colleague: User) -> None:
    for status, due_on in (
        (Status.DONE, date(2026, 10, 1)),
        (Status.DONE, TODAY),
        (Status.DONE, date(2026, 9, 30)),
        (Status.MISSED, date(2026, 11, 1)),
        (Status.SKIPPED, date(2026, 11, 2)),
        (Status.PLANNED, date(2026, 11, 3)),
        (Status.DONE, TODAY + days(1)),
    ):
        make_touchpoint(adviser=adviser, status=status, due_on=due_on)
    make_touchpoint(adviser=colleague, status=Status.MISSED)
    kept = promises_kept(user=adviser, on=TODAY)
    assert kept == Kept(done=2, missed=1, skipped=1)
    assert kept.share == 2 / 3
    assert Kept(done=0, missed=0, skipped=3).share is None


def test_the_ratio_reads_the_index_of_closed_touchpoints(adviser: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = due_this_quarter(user=adviser, on=TODAY).explain()
    assert "touchpoints_closed_by_adviser" in plan


def test_the_load_of_eight_weeks_puts_what_is_late_in_the_first(adviser: User) -> None:
    make_touchpoint(adviser=adviser, due_on=TODAY - days(10), minutes=30)
    make_touchpoint(adviser=adviser, due_on=TODAY + days(6), minutes=15)
    make_touchpoint(adviser=adviser, due_on=TODAY + days(7), minutes=90)
    make_touchpoint(adviser=adviser, due_on=TODAY + days(7), minutes=90, performer="assistant")
    make_touchpoint(adviser=adviser, due_on=TODAY + days(56), minutes=90)
    load = coming_load(user=adviser, on=TODAY + days(2))
    assert [(week.touchpoints, week.minutes) for week in load] == [(2, 45), (1, 90)] + [(0, 0)] * 6
    assert [week.starts_on for week in load] == [TODAY + days(7 * number) for number in range(8)]


def test_the_first_steps_follow_what_the_firm_has_done(alpha: Firm, alice: User) -> None:
    assert first_steps(alpha) == FirstSteps(people=False, clients=False, segmentation=False, matrix=False)
    adviser = make_user(role="adviser")
    assert first_steps(alpha) == FirstSteps(people=True, clients=False, segmentation=False, matrix=False)
    make_client(adviser=adviser)
    steps = first_steps(alpha)
    assert steps == FirstSteps(people=True, clients=True, segmentation=False, matrix=False)
    assert (steps.done, steps.is_complete) == (2, False)
