"""Who does what first, and each touchpoint handled once."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.utils import translation

from clients.interactions import InteractionDraft
from clients.models import Client, Interaction
from firms.models import Firm, Support, User
from firms.wall import acting_for, enter_firm
from tests.factories import make_client, make_firm, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint
from tests.waiting import wait_until
from touchpoints.models import Status, Touchpoint
from touchpoints.queries import waiting_for
from touchpoints.queue import (
    AlreadyHandled,
    NotSnoozable,
    PlaceInQueue,
    ReasonMissing,
    claim_touchpoint,
    complete_touchpoint,
    daily_queue,
    release_touchpoint,
    skip_touchpoint,
    snooze_touchpoint,
)

CALL = InteractionDraft(channel="phone", subject="Check-in call", summary="All is well.")
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def days(number: int) -> timedelta:
    return timedelta(days=number)


@pytest.fixture
def adviser(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser")


@pytest.fixture
def assistant(adviser: User) -> User:
    user = make_user(name="Marie Côté", role="assistant")
    Support.objects.create(assistant=user, adviser=adviser)
    return user


def test_sections_come_in_order_and_promise_risk_decides_within_each(adviser: User) -> None:
    low_but_soon = make_touchpoint(adviser=adviser, rank=3, window_days=0)
    high_but_far = make_touchpoint(adviser=adviser, rank=1, window_days=90)
    high_and_soon = make_touchpoint(adviser=adviser, rank=1, window_days=5)
    late_low = make_touchpoint(adviser=adviser, rank=4, due_on=TODAY - days(3))
    late_older = make_touchpoint(adviser=adviser, rank=4, due_on=TODAY - days(4), window_days=31)
    week = make_touchpoint(adviser=adviser, rank=1, due_on=TODAY + days(7))
    make_touchpoint(adviser=adviser, rank=1, due_on=TODAY + days(8))

    assert list(daily_queue(user=adviser, on=TODAY)) == [late_older, late_low, high_and_soon, high_but_far, low_but_soon, week]
    assert list(daily_queue(user=adviser, on=TODAY, view="late")) == [late_older, late_low]
    assert list(daily_queue(user=adviser, on=TODAY, view="today")) == [high_and_soon, high_but_far, low_but_soon]
    assert list(daily_queue(user=adviser, on=TODAY, view="week")) == [week]


def test_closed_and_snoozed_ones_are_left_out_until_the_day(adviser: User) -> None:
    for status in (Status.DONE, Status.SKIPPED, Status.MISSED, Status.CANCELLED):
        make_touchpoint(adviser=adviser, status=status)
    snoozed = make_touchpoint(adviser=adviser, snoozed_until=TODAY + days(1))

    assert list(daily_queue(user=adviser, on=TODAY)) == []
    assert list(daily_queue(user=adviser, on=TODAY + days(1))) == [snoozed]


def test_each_role_sees_its_own_work(alice: User, adviser: User, assistant: User) -> None:
    other = make_user(name="Paul", role="adviser")
    by_adviser = make_touchpoint(adviser=adviser, performer="adviser")
    by_assistant = make_touchpoint(adviser=adviser, performer="assistant")
    either = make_touchpoint(adviser=adviser, performer="either")
    elsewhere = make_touchpoint(adviser=other, performer="either")

    assert list(daily_queue(user=adviser, on=TODAY)) == [by_adviser, either]
    assert list(daily_queue(user=assistant, on=TODAY)) == [by_assistant, either]
    assert list(daily_queue(user=assistant, on=TODAY, everyone=True)) == [by_adviser, by_assistant, either]
    assert list(daily_queue(user=alice, on=TODAY)) == [by_adviser, by_assistant, either, elsewhere]
    assert list(daily_queue(user=alice, on=TODAY, adviser_id=other.pk)) == [elsewhere]


def test_seeing_the_whole_firm_does_not_make_it_ones_work(adviser: User) -> None:
    curious = make_user(role="adviser", sees_whole_firm=True)
    theirs, own = make_touchpoint(adviser=adviser), make_touchpoint(adviser=curious)

    assert list(daily_queue(user=curious, on=TODAY)) == [own]
    assert list(daily_queue(user=curious, on=TODAY, everyone=True)) == [theirs, own]


def test_a_page_continues_exactly_where_the_last_one_ended(adviser: User) -> None:
    for number in range(12):
        make_touchpoint(adviser=adviser, rank=1 + number % 3, due_on=TODAY - days(1) + days(number % 4), window_days=9 + number % 2)
    whole = list(daily_queue(user=adviser, on=TODAY))

    for size in (1, 5):
        seen: list[Touchpoint] = []
        while len(seen) < len(whole):
            rest = daily_queue(user=adviser, on=TODAY)
            if seen:
                place = PlaceInQueue.parse(str(PlaceInQueue.of(seen[-1], on=TODAY)))
                assert place is not None
                rest = rest.filter(place.beyond())
            seen += rest[:size]
        assert seen == whole
    assert PlaceInQueue.parse("nonsense") is None


def test_completing_logs_the_interaction_that_proves_it(adviser: User, assistant: User) -> None:
    touchpoint = make_touchpoint(adviser=adviser)
    with time_machine.travel(NOON, tick=False):
        interaction = complete_touchpoint(touchpoint=touchpoint, by=assistant, draft=CALL)

    assert list(Interaction.objects.values_list("client", "by", "channel", "subject", "summary", "happened_at")) == [
        (touchpoint.client_id, assistant.pk, "phone", "Check-in call", "All is well.", NOON)
    ]
    touchpoint.refresh_from_db()
    assert (touchpoint.status, touchpoint.closed_by, touchpoint.closed_at, touchpoint.interaction) == (Status.DONE, assistant, NOON, interaction)


def test_the_second_to_complete_is_told_by_whom_and_when_in_their_language(adviser: User, assistant: User) -> None:
    touchpoint = make_touchpoint(adviser=adviser)
    stale = Touchpoint.objects.get(pk=touchpoint.pk)
    with time_machine.travel(NOON, tick=False):
        complete_touchpoint(touchpoint=touchpoint, by=assistant, draft=CALL)

    with pytest.raises(AlreadyHandled) as refusal:
        complete_touchpoint(touchpoint=stale, by=adviser, draft=CALL)
    assert (refusal.value.status, refusal.value.by, refusal.value.at) == (Status.DONE, assistant, NOON)
    with translation.override("fr-ca"):
        assert "Marie Côté" in str(refusal.value)
    assert Interaction.objects.count() == 1


def test_a_claim_holds_thirty_minutes_then_lapses(adviser: User, assistant: User) -> None:
    touchpoint = make_touchpoint(adviser=adviser)
    with time_machine.travel(NOON, tick=False):
        claim_touchpoint(touchpoint=touchpoint, by=assistant)
    with time_machine.travel(NOON + timedelta(minutes=29), tick=False):
        for act in (
            lambda: claim_touchpoint(touchpoint=touchpoint, by=adviser),
            lambda: complete_touchpoint(touchpoint=touchpoint, by=adviser, draft=CALL),
            lambda: skip_touchpoint(touchpoint=touchpoint, by=adviser, reason="No answer"),
            lambda: snooze_touchpoint(touchpoint=touchpoint, by=adviser, until=TODAY + days(2)),
            lambda: release_touchpoint(touchpoint=touchpoint, by=adviser),
        ):
            with pytest.raises(AlreadyHandled) as refusal:
                act()
            assert (refusal.value.status, refusal.value.by, refusal.value.at) == (Status.CLAIMED, assistant, NOON)
    assert Interaction.objects.count() == 0
    with time_machine.travel(NOON + timedelta(minutes=30), tick=False):
        claim_touchpoint(touchpoint=touchpoint, by=adviser)
    touchpoint.refresh_from_db()
    assert touchpoint.claimed_by == adviser


def test_releasing_gives_it_back_and_an_administrator_may_release_anybodys(alice: User, adviser: User, assistant: User) -> None:
    touchpoint = make_touchpoint(adviser=adviser)
    for releaser in (assistant, alice):
        claim_touchpoint(touchpoint=touchpoint, by=assistant)
        release_touchpoint(touchpoint=touchpoint, by=releaser)
        touchpoint.refresh_from_db()
        assert (touchpoint.status, touchpoint.claimed_by, touchpoint.claimed_at) == (Status.PLANNED, None, None)


def test_snoozing_moves_neither_the_due_date_nor_the_window(adviser: User) -> None:
    touchpoint = make_touchpoint(adviser=adviser, window_days=10)
    for until in (TODAY, TODAY - days(1), TODAY + days(11)):
        with pytest.raises(NotSnoozable):
            snooze_touchpoint(touchpoint=touchpoint, by=adviser, until=until, on=TODAY)
    touchpoint.refresh_from_db()
    assert touchpoint.snoozed_until is None

    snooze_touchpoint(touchpoint=touchpoint, by=adviser, until=TODAY + days(10), on=TODAY)
    touchpoint = Touchpoint.objects.get()
    assert (touchpoint.snoozed_until, touchpoint.due_on, touchpoint.window_ends_on) == (TODAY + days(10), TODAY, TODAY + days(10))
    assert touchpoint.is_hand_set


def test_skipping_wants_a_reason(adviser: User) -> None:
    touchpoint = make_touchpoint(adviser=adviser)
    with pytest.raises(ReasonMissing):
        skip_touchpoint(touchpoint=touchpoint, by=adviser, reason="  ")
    touchpoint.refresh_from_db()
    assert touchpoint.status == Status.PLANNED

    skip_touchpoint(touchpoint=touchpoint, by=adviser, reason="Away all month")
    touchpoint.refresh_from_db()
    assert (touchpoint.status, touchpoint.reason, touchpoint.closed_by) == (Status.SKIPPED, "Away all month", adviser)
    with pytest.raises(AlreadyHandled):
        claim_touchpoint(touchpoint=touchpoint, by=adviser)


def test_a_touchpoint_of_another_firm_cannot_be_changed(alpha: Firm, beta: Firm, alice: User) -> None:
    enter_firm(beta.pk)
    adviser = make_user(role="adviser")
    touchpoint = make_touchpoint(adviser=adviser)
    enter_firm(alpha.pk)
    with pytest.raises(Touchpoint.DoesNotExist):
        claim_touchpoint(touchpoint=touchpoint, by=alice)
    with pytest.raises(Touchpoint.DoesNotExist):
        skip_touchpoint(touchpoint=touchpoint, by=alice, reason="Gone")


def test_a_queue_reads_the_index_of_open_touchpoints_under_the_wall(adviser: User) -> None:
    client = make_client(adviser=adviser)
    others = make_client(adviser=make_user(role="adviser"))
    for number in range(600):
        make_touchpoint(client=others if number % 3 else client, due_on=TODAY + days(number), status=Status.DONE if number % 2 else Status.PLANNED)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'touchpoints_touchpoint' AND relrowsecurity AND relforcerowsecurity")
        assert cursor.fetchone() == (1,)
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = daily_queue(user=adviser, on=TODAY).explain()
    assert "touchpoints_open_by_adviser" in plan
    condition = next(line for line in plan.splitlines() if "Index Cond" in line and "due_on" in line)
    assert "firm_id" in condition
    assert "adviser_id" in condition


def test_what_waits_is_the_same_for_a_book_and_for_the_whole_firm(adviser: User) -> None:
    late = make_touchpoint(adviser=adviser, due_on=TODAY - days(9))
    today = make_touchpoint(adviser=adviser)
    woken = make_touchpoint(adviser=adviser, due_on=TODAY - days(5), snoozed_until=TODAY)
    claimed = make_touchpoint(adviser=adviser, due_on=TODAY - days(1), status=Status.CLAIMED, claimed_by=adviser)
    make_touchpoint(adviser=adviser, due_on=TODAY - days(5), snoozed_until=TODAY + days(1))
    make_touchpoint(adviser=adviser, due_on=TODAY + days(1))
    make_touchpoint(adviser=adviser, due_on=TODAY - days(1), status=Status.DONE)
    admin = make_user(role="admin")

    assert set(waiting_for(adviser, TODAY)) == {late, today, woken, claimed}
    assert set(waiting_for(admin, TODAY)) == {late, today, woken, claimed}


def test_what_waits_in_the_whole_firm_is_counted_in_the_index_under_the_wall(adviser: User) -> None:
    make_touchpoint(adviser=adviser)
    with connections["default"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = waiting_for(make_user(role="admin"), TODAY).values("pk")[:100].explain()
    assert "touchpoints_open_by_day" in plan
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "firm_id" in condition
    assert "GREATEST(due_on, snoozed_until)" in condition
    assert "Sort" not in plan


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_people_completing_five_hundred_at_once_do_each_exactly_once() -> None:
    firm = make_firm(name="Course")
    with acting_for(firm.pk):
        adviser = make_user(name="Ana", role="adviser")
        assistant = make_user(name="Marie", role="assistant")
        client = make_client(adviser=adviser)
        touchpoints = [make_touchpoint(client=client) for _ in range(500)]
    start = threading.Barrier(2)
    outcomes: dict[str, list[Any]] = {adviser.name: [], assistant.name: []}

    def work(user: User) -> None:
        start.wait()
        for touchpoint in touchpoints:
            mine = Touchpoint(**{field.attname: getattr(touchpoint, field.attname) for field in Touchpoint._meta.concrete_fields})
            try:
                with acting_for(firm.pk):
                    complete_touchpoint(touchpoint=mine, by=user, draft=CALL)
            except AlreadyHandled as refusal:
                outcomes[user.name].append((refusal.status, refusal.by and refusal.by.name))
            else:
                outcomes[user.name].append("done")
        connections.close_all()

    threads = [threading.Thread(target=work, args=(user,)) for user in (adviser, assistant)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    pairs = list(zip(outcomes["Ana"], outcomes["Marie"], strict=True))
    assert len(pairs) == 500
    assert {frozenset(pair) for pair in pairs} <= {
        frozenset({"done", (Status.DONE, "Ana")}),
        frozenset({"done", (Status.DONE, "Marie")}),
    }
    with acting_for(firm.pk):
        assert Interaction.objects.count() == 500
        assert Touchpoint.objects.filter(status=Status.DONE).values("interaction").distinct().count() == 500
        by_name = dict(Touchpoint.objects.values_list("pk", "closed_by__name"))
    assert by_name == {touchpoint.pk: "Ana" if pair[0] == "done" else "Marie" for touchpoint, pair in zip(touchpoints, pairs, strict=True)}


def test_completing_waits_for_whoever_moves_the_client_before_it_takes_the_touchpoint(transactional_db: None) -> None:
    """The other order ends in a deadlock: moving a client writes its touchpoints, completing one writes beside the client."""
    firm = make_firm(name="Alpha")
    with acting_for(firm.pk):
        adviser = make_user(name="Ana")
        touchpoint = make_touchpoint(adviser=adviser)

    def work() -> None:
        with acting_for(firm.pk):
            complete_touchpoint(touchpoint=touchpoint, by=adviser, draft=CALL)
        connections.close_all()

    thread = threading.Thread(target=work)
    with acting_for(firm.pk):
        Client.objects.select_for_update().get(pk=touchpoint.client_id)
        thread.start()
        wait_until(someone_waits)
        assert Touchpoint.objects.select_for_update(nowait=True).get().status == Status.PLANNED
    thread.join()
    with acting_for(firm.pk):
        assert Touchpoint.objects.get().status == Status.DONE


def someone_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("text", ["7_1_2026-01-01_2026-01-01_1", "-4_1_2026-01-01_2026-01-01_1", "0_1_2026-01-01", "a_b_c_d_e"])
def test_a_place_made_up_by_hand_is_no_place(text: str) -> None:
    assert PlaceInQueue.parse(text) is None
