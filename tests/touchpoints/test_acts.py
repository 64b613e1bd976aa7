"""Several at once, someone else, and taking it all back."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections

from clients.editing import change_adviser
from clients.interactions import InteractionDraft
from clients.models import Client, Interaction
from firms.models import Absence, Support, User
from firms.wall import acting_for
from tests.factories import make_client, make_firm, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint, make_type
from touchpoints.fulfilment import take_back_fulfilment
from touchpoints.letters import letter_for
from touchpoints.models import QueueAct, Status, Touchpoint
from touchpoints.queries import touchpoints_for, who_may_do
from touchpoints.queue import (
    claim_touchpoint,
    complete_emails,
    complete_touchpoint,
    daily_queue,
    reassign_touchpoint,
    reassign_touchpoints,
    skip_touchpoint,
    skip_touchpoints,
    snooze_touchpoint,
    snooze_touchpoints,
)
from touchpoints.refusals import ChangedSince, NotTheirWork, NotUndoable
from touchpoints.undoing import Undone, last_act, state_of, undo_act

CALL = InteractionDraft(channel="phone", subject="Check-in call", summary="All is well.")
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture
def adviser(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser")


@pytest.fixture
def assistant(adviser: User) -> User:
    user = make_user(name="Marie Côté", role="assistant")
    Support.objects.create(assistant=user, adviser=adviser)
    return user


def undo(user: User) -> Undone:
    act = last_act(user)
    if act is None:
        raise NotUndoable
    return undo_act(act=act, by=user)


def stands(touchpoint: Touchpoint) -> dict[str, object]:
    return state_of(Touchpoint.objects.get(pk=touchpoint.pk))


@pytest.mark.parametrize("act", ["complete", "skip", "snooze", "reassign"])
def test_whatever_one_did_is_taken_back_as_it_was(adviser: User, assistant: User, act: str) -> None:
    touchpoint = make_touchpoint(adviser=adviser, snoozed_until=TODAY, is_hand_set=act == "skip")
    claim_touchpoint(touchpoint=touchpoint, by=assistant)
    before = stands(touchpoint)
    match act:
        case "complete":
            complete_touchpoint(touchpoint=touchpoint, by=assistant, draft=CALL)
        case "skip":
            skip_touchpoint(touchpoint=touchpoint, by=assistant, reason="Away")
        case "snooze":
            snooze_touchpoint(touchpoint=touchpoint, by=assistant, until=TODAY + timedelta(days=1), on=TODAY)
        case "reassign":
            reassign_touchpoint(touchpoint=touchpoint, by=assistant, to=adviser)
    assert stands(touchpoint) != before
    assert undo(assistant) == Undone([touchpoint.pk], 0)
    assert (stands(touchpoint), Interaction.objects.count()) == (before, 0)
    with pytest.raises(NotUndoable):
        undo(assistant)


def test_undo_is_for_ones_own_last_act_and_not_for_long(adviser: User, assistant: User) -> None:
    touchpoint = make_touchpoint(adviser=adviser)
    with time_machine.travel(NOON, tick=False):
        complete_touchpoint(touchpoint=touchpoint, by=assistant, draft=CALL)
    act = QueueAct.objects.get()
    with time_machine.travel(NOON + timedelta(minutes=29), tick=False):
        assert last_act(adviser) is None
        with pytest.raises(NotUndoable):
            undo_act(act=act, by=adviser)
    with time_machine.travel(NOON + timedelta(minutes=30), tick=False):
        assert last_act(assistant) is None
        with pytest.raises(NotUndoable):
            undo_act(act=act, by=assistant)
    assert (Touchpoint.objects.get().status, Interaction.objects.count()) == (Status.DONE, 1)


def test_what_someone_did_since_stays(adviser: User, assistant: User) -> None:
    first, second = make_touchpoint(adviser=adviser), make_touchpoint(adviser=adviser)
    snooze_touchpoints(ids=[first.pk, second.pk], by=assistant, until=TODAY + timedelta(days=1), on=TODAY)
    skip_touchpoint(touchpoint=first, by=adviser, reason="Moved away")
    assert undo(assistant) == Undone([second.pk], 1)
    snooze_touchpoint(touchpoint=second, by=assistant, until=TODAY + timedelta(days=1), on=TODAY)
    complete_touchpoint(touchpoint=second, by=adviser, draft=CALL)
    with pytest.raises(ChangedSince):
        undo(assistant)
    assert dict(Touchpoint.objects.values_list("pk", "status")) == {first.pk: "skipped", second.pk: "done"}
    assert Interaction.objects.count() == 1


@time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False)
def test_emails_are_completed_together_each_with_its_letter(adviser: User, assistant: User) -> None:
    update = make_type(
        firm_id=adviser.firm_id, key="market_update", channel="email", subject_en="Markets", subject_fr="Marchés",
        message_en="Dear {client}, on {date}: {firm}, {adviser}.", message_fr="Bonjour {client}, {date}. {inconnu}",
    )  # fmt: skip
    french, english = (make_client(adviser=adviser, name=name, language=language) for name, language in (("Roy", "fr"), ("Smith", "en")))
    sent = [make_touchpoint(client=client, touchpoint_type=update, channel="email") for client in (french, english)]
    call, mute = make_touchpoint(adviser=adviser), make_touchpoint(adviser=adviser, channel="email")
    taken = make_touchpoint(adviser=adviser, channel="email", touchpoint_type=update)
    claim_touchpoint(touchpoint=taken, by=adviser)
    handled = complete_emails(ids=[each.pk for each in (*sent, call, mute, taken)], by=assistant)
    assert ([each.pk for each in handled.touchpoints], sorted(refusal.touchpoint.pk for refusal in handled.left)) == (
        [each.pk for each in sent],
        [call.pk, mute.pk, taken.pk],
    )
    assert list(Interaction.objects.order_by("pk").values_list("client__name", "channel", "subject", "summary", "by")) == [
        ("Roy", "email", "Marchés", "Bonjour Roy, 23 novembre 2026. {inconnu}", assistant.pk),
        ("Smith", "email", "Markets", "Dear Smith, on November 23, 2026: Alpha Conseil, Ana Roy.", assistant.pk),
    ]
    assert undo(assistant) == Undone([each.pk for each in sent], 0)
    assert (Interaction.objects.count(), set(Touchpoint.objects.values_list("status", flat=True))) == (0, {"planned", "claimed"})


def test_a_letter_of_late_work_proposes_the_next_working_day(adviser: User) -> None:
    call = make_type(firm_id=adviser.firm_id, key="check_in_call", message_en="I will call you on {date}.")
    client = make_client(adviser=adviser, language="en")
    friday, monday = TODAY - timedelta(days=3), TODAY
    touchpoint = make_touchpoint(client=client, touchpoint_type=call, due_on=friday)
    said = [letter_for(touchpoint, on=on) for on in (friday, monday - timedelta(days=1), monday)]
    assert [letter.message for letter in said if letter] == [
        "I will call you on November 20, 2026.", "I will call you on November 23, 2026.", "I will call you on November 23, 2026.",
    ]  # fmt: skip


def test_an_act_that_changes_nothing_is_no_act(adviser: User, assistant: User) -> None:
    late = make_touchpoint(adviser=adviser, window_days=0)
    handled = snooze_touchpoints(ids=[late.pk], by=assistant, until=TODAY + timedelta(days=1), on=TODAY)
    assert (handled.touchpoints, len(handled.left), handled.act, QueueAct.objects.count()) == ([], 1, None, 0)


def test_what_is_asked_of_someone_is_theirs_alone_and_the_planner_leaves_it(adviser: User, assistant: User) -> None:
    colleague = make_user(name="Zoé", role="assistant")
    Support.objects.create(assistant=colleague, adviser=adviser)
    touchpoint = make_touchpoint(adviser=adviser, performer="assistant")
    reassign_touchpoint(touchpoint=touchpoint, by=assistant, to=colleague)
    assert [list(daily_queue(user=user, on=TODAY)) for user in (assistant, colleague, adviser)] == [[], [touchpoint], []]
    reassign_touchpoint(touchpoint=touchpoint, by=colleague, to=adviser)
    assert [list(daily_queue(user=user, on=TODAY)) for user in (assistant, colleague, adviser)] == [[], [], [touchpoint]]
    reassign_touchpoint(touchpoint=touchpoint, by=adviser, to=None)
    assert [list(daily_queue(user=user, on=TODAY)) for user in (assistant, colleague, adviser)] == [[touchpoint], [touchpoint], []]
    assert Touchpoint.objects.get().is_hand_set


def test_only_the_people_of_the_book_are_asked_and_only_for_what_is_delegated(alice: User, adviser: User, assistant: User) -> None:
    stranger, gone = make_user(name="Paul"), make_user(name="Léa", role="admin", is_active=False)
    kept = make_type(firm_id=adviser.firm_id, key="annual_review", performer="adviser", is_delegable=False)
    touchpoint, review = make_touchpoint(adviser=adviser), make_touchpoint(adviser=adviser, touchpoint_type=kept, performer="adviser")
    assert {user.pk for user in who_may_do(touchpoint, asks=adviser)} == {alice.pk, adviser.pk, assistant.pk}
    assert {user.pk for user in who_may_do(review, asks=adviser)} == {alice.pk, adviser.pk}
    for wanted in (stranger, gone):
        with pytest.raises(NotTheirWork):
            reassign_touchpoint(touchpoint=touchpoint, by=adviser, to=wanted)
    handled = reassign_touchpoints(ids=[touchpoint.pk, review.pk], by=adviser, to=assistant)
    assert ([each.pk for each in handled.touchpoints], [type(each) for each in handled.left]) == ([touchpoint.pk], [NotTheirWork])
    assert dict(Touchpoint.objects.values_list("pk", "assigned_to")) == {touchpoint.pk: assistant.pk, review.pk: None}


def test_the_database_forgets_whom_it_asked_when_they_leave_the_book(alice: User, adviser: User, assistant: User) -> None:
    client, successor = make_client(adviser=adviser), make_user(name="Paul")
    hers, his, done = (make_touchpoint(client=client) for _ in range(3))
    for touchpoint, to in ((hers, assistant), (his, adviser), (done, assistant)):
        reassign_touchpoint(touchpoint=touchpoint, by=alice, to=to)
    complete_touchpoint(touchpoint=done, by=assistant, draft=CALL)
    claimed = make_touchpoint(client=client)
    claim_touchpoint(touchpoint=claimed, by=adviser)
    change_adviser(client=Client.objects.get(), by=alice, adviser=successor)
    found = {touchpoint.pk: (touchpoint.adviser_id, touchpoint.assigned_to_id, touchpoint.status) for touchpoint in Touchpoint.objects.all()}
    assert found == {
        hers.pk: (successor.pk, None, "planned"),
        his.pk: (successor.pk, successor.pk, "planned"),
        done.pk: (successor.pk, assistant.pk, "done"),
        claimed.pk: (successor.pk, None, "planned"),
    }
    Support.objects.create(assistant=assistant, adviser=successor)
    reassign_touchpoint(touchpoint=hers, by=alice, to=assistant)
    Support.objects.filter(adviser=successor).delete()
    assert Touchpoint.objects.get(pk=hers.pk).assigned_to is None
    User.objects.filter(pk=successor.pk).update(is_active=False)
    assert Touchpoint.objects.get(pk=his.pk).assigned_to is None


def test_a_subject_that_names_make_longer_than_a_file_keeps_is_cut(adviser: User, assistant: User) -> None:
    words = "Markets and what they mean for {client}, " * 3
    update = make_type(firm_id=adviser.firm_id, key="market_update", channel="email", subject_en=words, message_en="Dear {client}")
    client = make_client(adviser=adviser, name="Archambault-Desrochers de la Chevrotière et associés inc. " * 2, language="en", people=False)
    sent = make_touchpoint(client=client, touchpoint_type=update, channel="email")
    handled = complete_emails(ids=[sent.pk], by=assistant)
    subject = Interaction.objects.get().subject
    assert ([each.pk for each in handled.touchpoints], len(subject), subject[-1]) == ([sent.pk], 200, "…")


def undone(touchpoint: Touchpoint, by: User) -> None:
    undo(by)


def taken_back(touchpoint: Touchpoint, by: User) -> None:
    Touchpoint.objects.filter(pk=touchpoint.pk).update(is_fulfilled=True)
    take_back_fulfilment(touchpoint=touchpoint, by=by)


def planned_anew(touchpoint: Touchpoint, by: User) -> None:
    Touchpoint.objects.filter(pk=touchpoint.pk).update(status="cancelled")
    Touchpoint.objects.filter(pk=touchpoint.pk).update(status="planned")


def leaves_the_book(person: User, adviser: User) -> None:
    Support.objects.filter(assistant=person, adviser=adviser).delete()


def leaves_the_firm(person: User, adviser: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


@pytest.mark.parametrize("leaves", [leaves_the_book, leaves_the_firm])
@pytest.mark.parametrize("opened", [undone, taken_back, planned_anew])
def test_what_is_owed_again_is_not_asked_of_who_left_meanwhile(alice: User, adviser: User, assistant: User, opened: Any, leaves: Any) -> None:
    colleague = make_user(name="Zoé", role="assistant")
    Support.objects.create(assistant=colleague, adviser=adviser)
    stays, left = (make_touchpoint(adviser=adviser, performer="assistant") for _ in range(2))
    for touchpoint, to in ((stays, assistant), (left, colleague)):
        reassign_touchpoint(touchpoint=touchpoint, by=alice, to=to)
    for touchpoint, by in ((stays, assistant), (left, adviser)):
        complete_touchpoint(touchpoint=touchpoint, by=by, draft=CALL)
    leaves(colleague, adviser)
    for touchpoint, by in ((stays, assistant), (left, adviser)):
        opened(touchpoint, by)
    assert dict(Touchpoint.objects.values_list("pk", "assigned_to")) == {stays.pk: assistant.pk, left.pk: None}
    assert set(daily_queue(user=assistant, on=TODAY)) == {stays, left}


def test_an_asking_taken_back_does_not_return_to_who_left_meanwhile(alice: User, adviser: User, assistant: User) -> None:
    touchpoint = make_touchpoint(adviser=adviser, performer="assistant")
    reassign_touchpoint(touchpoint=touchpoint, by=alice, to=assistant)
    reassign_touchpoint(touchpoint=touchpoint, by=adviser, to=adviser)
    leaves_the_book(assistant, adviser)
    undo(adviser)
    assert Touchpoint.objects.get().assigned_to is None


def test_whoever_covers_an_absence_works_that_queue_while_it_lasts(adviser: User, assistant: User) -> None:
    standin, helper = make_user(name="Paul"), make_user(name="Zoé", role="assistant")
    theirs = [make_touchpoint(adviser=adviser, performer=performer) for performer in ("adviser", "assistant")]
    with time_machine.travel(NOON, tick=False):
        for away, by in ((adviser, standin), (assistant, helper)):
            Absence.objects.create(user=away, covered_by=by, starts_on=TODAY, ends_on=TODAY)
        assert [list(touchpoints_for(User.objects.get(pk=user.pk))) for user in (standin, helper)] == [[theirs[0]], [theirs[1]]]
        complete_touchpoint(touchpoint=theirs[0], by=standin, draft=CALL)
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        assert [list(touchpoints_for(User.objects.get(pk=user.pk))) for user in (standin, helper)] == [[], []]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_people_skipping_the_same_two_hundred_at_once_do_each_once() -> None:
    firm = make_firm(name="Course")
    with acting_for(firm.pk):
        people = [make_user(name=name, role="admin") for name in ("Ana", "Marie")]
        client = make_client(adviser=people[0])
        ids = [make_touchpoint(client=client).pk for _ in range(200)]
    start = threading.Barrier(2)
    done: dict[str, list[int]] = {}

    def work(user: User) -> None:
        start.wait()
        done[user.name] = []
        for first in range(0, 200, 20):
            part = ids[first : first + 20]
            with acting_for(firm.pk):
                # Each in another order: whoever waits, nobody for ever.
                handled = skip_touchpoints(ids=part if user.name == "Ana" else part[::-1], by=user, reason="Away")
            assert len(handled.touchpoints) + len(handled.left) == 20
            done[user.name] += [touchpoint.pk for touchpoint in handled.touchpoints]
        connections.close_all()

    threads = [threading.Thread(target=work, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done["Ana"] + done["Marie"]) == ids
    with acting_for(firm.pk):
        assert {name: sorted(pks) for name, pks in done.items()} == {
            user.name: sorted(Touchpoint.objects.filter(closed_by=user).values_list("pk", flat=True)) for user in people
        }
