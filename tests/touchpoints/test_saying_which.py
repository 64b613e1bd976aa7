"""Saying after the fact which touchpoint an interaction was: what is offered, what is written, who comes second, and taking it back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client, Interaction
from clients.promised import NOTHING
from firms.models import PlanningRequest, User
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint, make_type
from touchpoints.fulfilment import count_for, may_have_been, take_back_fulfilment
from touchpoints.models import QueueAct, Touchpoint
from touchpoints.planning.nightly import mark_missed
from touchpoints.refusals import ChangedSince, CountsAlready, NotOwedThen
from touchpoints.undoing import UNDO_WITHIN, last_act, undo_act


@pytest.fixture(autouse=True)
def on_the_day():
    with time_machine.travel(datetime(2026, 11, 23, 17, tzinfo=UTC), tick=False) as now:
        yield now


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser", language="en")


@pytest.fixture
def roy(ana: User) -> Client:
    return make_client(adviser=ana, name="Roy")


@pytest.fixture
def browser(ana: User) -> Browser:
    browser = Browser()
    browser.force_login(ana)
    return browser


def log(client: Client, by: User, *, about: str = NOTHING, days_ago: int = 0) -> Interaction:
    moment = timezone.now() - timedelta(days=days_ago)
    return log_interaction(client=client, by=by, draft=InteractionDraft(channel="phone", subject="An invoice", happened_at=moment, about=about))


def row(touchpoint: Touchpoint) -> Touchpoint:
    return Touchpoint.objects.get(pk=touchpoint.pk)


def review(client: Client, **fields: Any) -> Touchpoint:
    kind = make_type(firm_id=client.firm_id, key="review", name_en="Review", name_fr="Revue")
    return make_touchpoint(client=client, touchpoint_type=kind, **fields)


def whole(touchpoint: Touchpoint) -> dict[str, Any]:
    return dict(Touchpoint.objects.filter(pk=touchpoint.pk).values().get())


# --- What it may have been ---


def test_offered_is_what_was_owed_that_day_and_is_open_or_missed(ana: User, roy: Client) -> None:
    marie = make_user(name="Marie", role="assistant")
    open_, missed = make_touchpoint(client=roy), make_touchpoint(client=roy, due_on=TODAY - timedelta(days=20), status="missed")
    claimed = make_touchpoint(client=roy, due_on=TODAY + timedelta(days=1), status="claimed", claimed_by=ana, claimed_at=timezone.now())
    make_touchpoint(client=roy, status="claimed", claimed_by=marie, claimed_at=timezone.now())
    for status in ("done", "skipped", "cancelled"):
        make_touchpoint(client=roy, status=status)
    make_touchpoint(client=roy, due_on=TODAY + timedelta(days=31))
    make_touchpoint(client=roy, due_on=TODAY - timedelta(days=31), status="missed")
    make_touchpoint(adviser=ana)
    assert list(may_have_been(interaction=log(roy, ana), by=ana)) == [missed, open_, claimed]


def test_the_day_is_that_of_the_interaction(ana: User, roy: Client) -> None:
    long_ago = make_touchpoint(client=roy, due_on=TODAY - timedelta(days=90), status="missed")
    make_touchpoint(client=roy)
    assert list(may_have_been(interaction=log(roy, ana, days_ago=80), by=ana)) == [long_ago]


# --- What is written ---


def test_the_one_chosen_is_done_with_the_interaction_as_its_evidence(ana: User, roy: Client) -> None:
    call, wanted = make_touchpoint(client=roy), review(roy, snoozed_until=TODAY + timedelta(days=2), is_hand_set=True)
    interaction = log(roy, ana, about="")
    take_back_fulfilment(touchpoint=call, by=ana)
    PlanningRequest.objects.all().delete()
    count_for(interaction=interaction, touchpoint=wanted, by=ana)
    now = row(wanted)
    assert (now.status, now.interaction, now.closed_by, now.closed_at, now.is_fulfilled) == ("done", interaction, ana, timezone.now(), True)
    assert row(call).status == "planned"
    assert list(PlanningRequest.objects.values_list("client_id", flat=True)) == [roy.pk]


def test_what_was_missed_meanwhile_was_not(ana: User, roy: Client, on_the_day) -> None:
    wanted = review(roy, window_days=5)
    interaction = log(roy, ana)
    on_the_day.shift(timedelta(days=10))
    mark_missed(firm_id=ana.firm_id, today=TODAY + timedelta(days=10))
    assert row(wanted).status == "missed"
    count_for(interaction=interaction, touchpoint=wanted, by=ana)
    assert (row(wanted).status, row(wanted).interaction) == ("done", interaction)


def test_an_interaction_counts_for_one(ana: User, roy: Client) -> None:
    first, second = make_touchpoint(client=roy), review(roy)
    interaction = log(roy, ana)
    count_for(interaction=interaction, touchpoint=first, by=ana)
    acts = QueueAct.objects.count()
    with pytest.raises(CountsAlready) as refusal:
        count_for(interaction=interaction, touchpoint=second, by=ana)
    assert str(refusal.value) == "Someone said so already: it counts for “Check-in call”."
    assert (row(second).status, QueueAct.objects.count()) == ("planned", acts)


def test_what_was_not_owed_that_day_is_anothers_or_closed_is_refused(ana: User, roy: Client) -> None:
    interaction = log(roy, ana)
    others = make_touchpoint(adviser=ana)
    for refused in (make_touchpoint(client=roy, due_on=TODAY + timedelta(days=60)), make_touchpoint(client=roy, status="skipped"), others):
        before = whole(refused)
        with pytest.raises(NotOwedThen):
            count_for(interaction=interaction, touchpoint=refused, by=ana)
        assert whole(refused) == before
    assert not QueueAct.objects.exists()


# --- Taking it back ---


@pytest.mark.parametrize(
    "fields", [{}, {"status": "missed"}, {"status": "claimed"}, {"is_hand_set": True, "snoozed_until": TODAY + timedelta(days=1)}]
)
def test_undone_the_touchpoint_is_as_it_was_and_the_interaction_stays(ana: User, roy: Client, fields: dict[str, Any]) -> None:
    if fields.get("status") == "claimed":
        fields = fields | {"claimed_by": ana, "claimed_at": timezone.now()}
    touchpoint = make_touchpoint(client=roy, **fields)
    before, interaction = whole(touchpoint), log(roy, ana)
    act = count_for(interaction=interaction, touchpoint=touchpoint, by=ana)
    assert last_act(ana) == act
    undo_act(act=act, by=ana)
    assert (whole(touchpoint), list(Interaction.objects.all())) == (before, [interaction])


def test_what_someone_said_since_stays(ana: User, roy: Client) -> None:
    touchpoint = make_touchpoint(client=roy)
    act = count_for(interaction=log(roy, ana), touchpoint=touchpoint, by=ana)
    take_back_fulfilment(touchpoint=touchpoint, by=ana)
    with pytest.raises(ChangedSince):
        undo_act(act=act, by=ana)
    assert row(touchpoint).status == "planned"


# --- The pages ---


def test_the_clients_interactions_ask_where_one_was_owed_and_nowhere_else(ana: User, roy: Client, browser: Browser) -> None:
    touchpoint = make_touchpoint(client=roy)
    near, far = log(roy, ana), log(roy, ana, days_ago=90)
    page = browser.get(reverse("client_interactions", args=[roy.pk])).content.decode()
    assert [reverse("interaction_which", args=[each.pk]) in page for each in (near, far)] == [True, False]
    Touchpoint.objects.filter(pk=touchpoint.pk).update(status="skipped")
    assert "Which touchpoint was it?" not in browser.get(reverse("client_interactions", args=[roy.pk])).content.decode()


def test_after_it_was_not_this_one_the_right_one_is_chosen_and_undone(ana: User, roy: Client, browser: Browser) -> None:
    call, wanted = make_touchpoint(client=roy), review(roy, status="missed", due_on=TODAY - timedelta(days=3))
    interaction = log(roy, ana, about="")
    page = reverse("client_interactions", args=[roy.pk])
    browser.post(reverse("touchpoint_not_this", args=[call.pk]), {"next": page})
    which = reverse("interaction_which", args=[interaction.pk])
    assert which in browser.get(page).content.decode()
    shown = browser.get(which).content.decode()
    assert ("Review, due Nov 20, 2026 · Missed" in shown, "Check-in call, due Nov 23, 2026" in shown) == (True, True)
    answer = browser.post(which, {"touchpoint": wanted.pk}, follow=True)
    assert answer.redirect_chain == [(f"{page}#interaction-{interaction.pk}", 302)]
    said = answer.content.decode()
    assert ("“An invoice” counts for: Review." in said, "Counts for: Review, due Nov 20, 2026" in said, "It was not this one" in said) == (
        True,
        True,
        False,
    )
    undone = browser.post(reverse("interaction_which_undo", args=[interaction.pk]), follow=True).content.decode()
    assert ("it counts for no touchpoint" in undone, row(wanted).status, row(wanted).interaction) == (True, "missed", None)


def test_undo_is_of_this_interaction_and_in_time(ana: User, roy: Client, browser: Browser, on_the_day) -> None:
    first, second = log(roy, ana), log(roy, ana)
    touchpoints = [make_touchpoint(client=roy), review(roy)]
    for interaction, touchpoint in zip((first, second), touchpoints, strict=True):
        browser.post(reverse("interaction_which", args=[interaction.pk]), {"touchpoint": touchpoint.pk})
    browser.post(reverse("interaction_which_undo", args=[first.pk]))
    assert [row(each).status for each in touchpoints] == ["done", "done"]
    on_the_day.shift(UNDO_WITHIN + timedelta(seconds=1))
    late = browser.post(reverse("interaction_which_undo", args=[second.pk]), follow=True).content.decode()
    assert ("It is too late to undo this." in late, "It was not this one" in late) == (True, True)
    assert [row(each).status for each in touchpoints] == ["done", "done"]


def test_what_is_gone_by_the_time_it_is_chosen_is_said_and_nothing_written(roy: Client, ana: User, browser: Browser) -> None:
    touchpoint, interaction = make_touchpoint(client=roy), log(roy, ana)
    Touchpoint.objects.filter(pk=touchpoint.pk).update(status="skipped")
    answer = browser.post(reverse("interaction_which", args=[interaction.pk]), {"touchpoint": touchpoint.pk})
    assert (answer.status_code, "Select a valid choice" in answer.content.decode(), row(touchpoint).status) == (200, True, "skipped")
    assert "Nothing to choose from" in browser.get(reverse("interaction_which", args=[interaction.pk])).content.decode()


def test_who_reads_only_is_asked_nothing(roy: Client, ana: User, browser: Browser) -> None:
    make_touchpoint(client=roy)
    interaction = log(roy, ana)
    browser.force_login(make_user(role="compliance"))
    assert "Which touchpoint was it?" not in browser.get(reverse("client_interactions", args=[roy.pk])).content.decode()
    assert browser.get(reverse("interaction_which", args=[interaction.pk])).status_code == 403


def test_as_many_statements_for_thirty_interactions_as_for_one(ana: User, roy: Client, browser: Browser) -> None:
    make_touchpoint(client=roy)
    counts = []
    for number in (1, 29):
        for _each in range(number):
            log(roy, ana)
        browser.get(reverse("client_interactions", args=[roy.pk]))
        with CaptureQueriesContext(connection) as captured:
            page = browser.get(reverse("client_interactions", args=[roy.pk]))
        assert page.content.count(b"Which touchpoint was it?") == Interaction.objects.count()
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in captured))
    assert counts[0] == counts[1] <= 12
