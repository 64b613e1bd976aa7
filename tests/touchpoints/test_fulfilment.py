"""Nobody is reminded of what was done: an interaction that somebody logs fulfils the touchpoint it delivered."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Interaction
from firms.models import PlanningRequest
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint, make_type
from touchpoints.fulfilment import fulfil, matching_touchpoints, take_back_fulfilment
from touchpoints.models import Status, Touchpoint
from touchpoints.queue import complete_touchpoint

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_the_day():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def adviser(alice):
    return make_user(name="Luc")


def log(client, by, *, channel: str = "phone", days_ago: int = 0) -> Interaction:
    moment = timezone.now() - timedelta(days=days_ago)
    return log_interaction(client=client, by=by, draft=InteractionDraft(channel=channel, subject="News", happened_at=moment))


def test_a_logged_call_does_the_call_that_was_due(adviser):
    colleague = make_user()
    call = make_touchpoint(adviser=adviser)
    interaction = log(call.client, colleague)
    call.refresh_from_db()
    assert (call.status, call.interaction, call.closed_by, call.closed_at, call.is_fulfilled) == (Status.DONE, interaction, colleague, NOON, True)
    assert set(PlanningRequest.objects.values_list("client_id", flat=True)) == {call.client_id}


@pytest.mark.parametrize(
    ("days_from_due", "is_fulfilled"),
    [(-31, False), (-30, True), (30, True), (31, False)],
)
def test_the_window_is_as_long_before_the_due_date_as_after_it(adviser, days_from_due, is_fulfilled):
    call = make_touchpoint(adviser=adviser, due_on=TODAY - timedelta(days=days_from_due), window_days=30)
    log(call.client, adviser)
    call.refresh_from_db()
    assert (call.status == Status.DONE) is is_fulfilled


@pytest.mark.parametrize(
    ("promised", "logged", "is_fulfilled"),
    [("phone", "phone", True), ("in_person", "video", True), ("video", "in_person", True), ("phone", "video", False), ("email", "email", False)],
)
def test_a_conversation_does_its_like_and_a_message_says_nothing_by_itself(adviser, promised, logged, is_fulfilled):
    touchpoint = make_touchpoint(adviser=adviser, channel=promised)
    log(touchpoint.client, adviser, channel=logged)
    touchpoint.refresh_from_db()
    assert (touchpoint.status == Status.DONE) is is_fulfilled


def test_a_message_does_what_it_is_said_to_be(adviser):
    newsletter = make_type(firm_id=adviser.firm_id, key="newsletter")
    touchpoint = make_touchpoint(adviser=adviser, channel="email", touchpoint_type=newsletter)
    other = make_touchpoint(client=touchpoint.client, channel="email")
    interaction = log(touchpoint.client, adviser, channel="email")
    assert fulfil(interaction=interaction, by=adviser, touchpoint_type_id=newsletter.pk) == touchpoint
    assert list(Touchpoint.objects.filter(status=Status.DONE)) == [touchpoint]
    assert fulfil(interaction=interaction, by=adviser, touchpoint_type_id=other.touchpoint_type_id) is None


def test_of_several_the_one_due_first_is_done_and_an_interaction_does_one(adviser):
    later = make_touchpoint(adviser=adviser, due_on=TODAY + timedelta(days=5))
    first = make_touchpoint(client=later.client, due_on=TODAY - timedelta(days=5))
    interaction = log(later.client, adviser)
    assert (fulfil(interaction=interaction, by=adviser), list(Touchpoint.objects.filter(status=Status.DONE))) == (None, [first])


def test_two_calls_do_two_touchpoints_and_a_third_none(adviser):
    client = make_client(adviser=adviser)
    calls = [make_touchpoint(client=client, due_on=TODAY + timedelta(days=number)) for number in range(2)]
    logged = [log(client, adviser) for _ in range(3)]
    assert [Touchpoint.objects.get(pk=call.pk).interaction for call in calls] == logged[:2]


def test_what_someone_else_is_on_is_left_to_them(adviser):
    colleague = make_user()
    call = make_touchpoint(adviser=adviser, status=Status.CLAIMED, claimed_by=colleague, claimed_at=timezone.now() - timedelta(minutes=10))
    assert not matching_touchpoints(client=call.client, channel="phone", on=TODAY, by=adviser).exists()
    assert matching_touchpoints(client=call.client, channel="phone", on=TODAY, by=colleague).get() == call
    Touchpoint.objects.update(claimed_at=timezone.now() - timedelta(minutes=31))
    assert matching_touchpoints(client=call.client, channel="phone", on=TODAY, by=adviser).get() == call


@pytest.mark.parametrize("status", [Status.DONE, Status.SKIPPED, Status.MISSED, Status.CANCELLED])
def test_what_is_closed_stays_as_it_is(adviser, status):
    call = make_touchpoint(adviser=adviser, status=status, closed_by=adviser)
    log(call.client, adviser)
    call.refresh_from_db()
    assert (call.status, call.interaction) == (status, None)


def test_completing_one_touchpoint_fulfils_no_other(adviser):
    call = make_touchpoint(adviser=adviser)
    other = make_touchpoint(client=call.client)
    complete_touchpoint(touchpoint=call, by=adviser, draft=InteractionDraft(channel="phone", subject="Call"))
    other.refresh_from_db()
    assert other.status == Status.PLANNED


def test_a_fulfilment_taken_back_leaves_the_interaction_that_was_logged_for_itself(adviser):
    call = make_touchpoint(adviser=adviser)
    interaction = log(call.client, adviser)
    assert (take_back_fulfilment(touchpoint=call, by=adviser), take_back_fulfilment(touchpoint=call, by=adviser)) == (True, False)
    call.refresh_from_db()
    assert (call.status, call.interaction, call.is_fulfilled, list(Interaction.objects.all())) == (Status.PLANNED, None, False, [interaction])


def test_the_day_is_the_firms(adviser):
    """Half past three in the morning of the 24th in Greenwich is still the evening of the 23rd in Montréal."""
    call = make_touchpoint(adviser=adviser, due_on=TODAY, window_days=0)
    with time_machine.travel("2026-11-24T03:30Z", tick=False):
        log(call.client, adviser)
    call.refresh_from_db()
    assert call.status == Status.DONE
