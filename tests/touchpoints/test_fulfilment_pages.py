"""Saying of an interaction which touchpoint it was, or that it was not that one: in the form, in the client's interactions, in the panel."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client, Interaction
from clients.promised import NOTHING, promised_choices
from firms.models import User
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint, make_type
from touchpoints.models import Touchpoint

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def on_the_day():
    with time_machine.travel(datetime(2026, 11, 23, 17, tzinfo=UTC), tick=False):
        yield


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


def card(client: Client, **fields: Any) -> Touchpoint:
    kind = make_type(firm_id=client.firm_id, key="birthday", name_en="Birthday card", name_fr="Carte d’anniversaire")
    return make_touchpoint(client=client, channel="post", touchpoint_type=kind, **fields)


def logged(browser: Browser, client: Client, **fields: object) -> str:
    sent = {"channel": "post", "subject": "A card", "happened_on": TODAY.isoformat(), **fields}
    return browser.post(
        reverse("interaction_create", args=[client.pk]), sent, headers=HTMX | {"HX-Current-URL": "http://testserver/queue/"}
    ).content.decode()


def row(touchpoint: Touchpoint) -> Touchpoint:
    return Touchpoint.objects.get(pk=touchpoint.pk)


# --- Which it was ---


def test_the_form_offers_what_is_owed_now_each_type_once(ana: User, roy: Client, browser: Browser) -> None:
    first = card(roy, due_on=TODAY)
    card(roy, due_on=TODAY + timedelta(days=10))
    make_touchpoint(client=roy, due_on=TODAY + timedelta(days=90), touchpoint_type=make_type(firm_id=ana.firm_id, key="later", name_en="Later"))
    make_touchpoint(client=roy, status="done", touchpoint_type=make_type(firm_id=ana.firm_id, key="past", name_en="Past"))
    assert promised_choices(roy, ana) == [(str(first.touchpoint_type_id), "Birthday card, due Nov 23, 2026")]
    page = browser.get(reverse("interaction_create", args=[roy.pk])).content.decode()
    assert ("Birthday card, due" in page, "Nothing that was promised" in page) == (True, True)


def test_before_a_client_is_chosen_it_offers_the_types_in_use(ana: User, browser: Browser) -> None:
    make_type(firm_id=ana.firm_id, key="old", name_en="Old", is_active=False)
    kinds = [make_type(firm_id=ana.firm_id, key=key, name_en=key.title()) for key in ("visit", "card")]
    assert promised_choices(None, ana) == [(str(kinds[1].pk), "Card"), (str(kinds[0].pk), "Visit")]
    assert "Visit" in browser.get(reverse("interaction_log")).content.decode()


def test_a_card_logged_as_the_card_that_was_promised_keeps_that_promise(roy: Client, browser: Browser) -> None:
    touchpoint = card(roy)
    answer = logged(browser, roy, about=touchpoint.touchpoint_type_id)
    assert "Counts for: Birthday card, due Nov 23, 2026" in answer
    # Taken back from the dialog, the client's interactions show what became of it.
    assert f'name="next" value="{reverse("client_interactions", args=[roy.pk])}"' in answer
    assert (row(touchpoint).status, row(touchpoint).is_fulfilled, row(touchpoint).interaction) == ("done", True, Interaction.objects.get())


def test_a_message_of_which_nothing_is_said_keeps_none(roy: Client, browser: Browser) -> None:
    touchpoint = card(roy)
    assert "Counts for" not in logged(browser, roy)
    assert row(touchpoint).status == "planned"


def test_a_call_said_to_be_nothing_that_was_promised_leaves_the_call_owed(roy: Client, browser: Browser) -> None:
    call = make_touchpoint(client=roy)
    logged(browser, roy, channel="phone", about=NOTHING)
    assert (row(call).status, Interaction.objects.count()) == ("planned", 1)


def test_what_is_not_owed_is_logged_and_counts_for_none_which_is_said(ana: User, roy: Client, browser: Browser) -> None:
    touchpoint = card(roy, due_on=TODAY + timedelta(days=200))
    sent = {"client": f"Roy #{roy.pk}", "channel": "post", "subject": "A card", "about": touchpoint.touchpoint_type_id}
    answer = browser.post(reverse("interaction_log"), sent, headers=HTMX).content.decode()
    assert "No touchpoint of this kind was owed then: it counts for none." in answer
    assert (row(touchpoint).status, Interaction.objects.count()) == ("planned", 1)


def test_a_type_nobody_knows_is_refused_and_nothing_written(ana: User, roy: Client, browser: Browser) -> None:
    card(roy)
    assert "Select a valid choice" in logged(browser, roy, about="999")
    with pytest.raises(ValidationError):
        log_interaction(client=roy, by=ana, draft=InteractionDraft(channel="post", subject="A card", about="card"))
    assert not Interaction.objects.exists()


# --- That it was not ---


@pytest.fixture
def call(ana: User, roy: Client) -> Touchpoint:
    touchpoint = make_touchpoint(client=roy)
    log_interaction(client=roy, by=ana, draft=InteractionDraft(channel="phone", subject="An invoice"))
    return row(touchpoint)


def test_the_clients_interactions_say_what_each_was_and_take_it_back(roy: Client, call: Touchpoint, browser: Browser) -> None:
    page = reverse("client_interactions", args=[roy.pk])
    shown = browser.get(page).content.decode()
    assert ("Counts for: Check-in call, due Nov 23, 2026" in shown, "It was not this one" in shown) == (True, True)
    answer = browser.post(reverse("touchpoint_not_this", args=[call.pk]), {"next": page}, follow=True)
    assert (answer.redirect_chain, "is owed again" in answer.content.decode()) == ([(page, 302)], True)
    assert (row(call).status, row(call).interaction, "Counts for" in answer.content.decode()) == ("planned", None, False)
    assert Interaction.objects.get().subject == "An invoice"


def test_the_panel_says_what_did_it_and_takes_it_back(call: Touchpoint, browser: Browser) -> None:
    shown = browser.get(reverse("queue_touchpoint", args=[call.pk])).content.decode()
    assert "“An invoice”, logged on its own" in shown
    answer = browser.post(reverse("touchpoint_not_this", args=[call.pk]), headers=HTMX).content.decode()
    assert ("Log it" in answer or "log" in answer, row(call).status) == (True, "planned")
    again = browser.post(reverse("touchpoint_not_this", args=[call.pk]), headers=HTMX).content.decode()
    assert "Someone said so already" in again


def test_what_was_completed_in_the_queue_is_undone_there_and_not_here(ana: User, roy: Client, browser: Browser) -> None:
    from touchpoints.queue import complete_touchpoint

    touchpoint = make_touchpoint(client=roy)
    complete_touchpoint(touchpoint=touchpoint, by=ana, draft=InteractionDraft(channel="phone", subject="Call"))
    page = browser.get(reverse("client_interactions", args=[roy.pk])).content.decode()
    assert ("Counts for: Check-in call" in page, "It was not this one" in page) == (True, False)
    browser.post(reverse("touchpoint_not_this", args=[touchpoint.pk]))
    assert row(touchpoint).status == "done"


def test_nobody_is_led_elsewhere(call: Touchpoint, browser: Browser) -> None:
    answer = browser.post(reverse("touchpoint_not_this", args=[call.pk]), {"next": "//elsewhere.test/"})
    assert answer["Location"] == reverse("queue_touchpoint", args=[call.pk])


def test_as_many_statements_for_thirty_interactions_as_for_one(ana: User, roy: Client, browser: Browser) -> None:
    counts = []
    for number in (1, 29):
        for _each in range(number):
            make_touchpoint(client=roy)
            log_interaction(client=roy, by=ana, draft=InteractionDraft(channel="phone", subject="Call"))
        browser.get(reverse("client_interactions", args=[roy.pk]))
        with CaptureQueriesContext(connection) as captured:
            page = browser.get(reverse("client_interactions", args=[roy.pk]))
        assert page.content.count(b"Counts for") == Interaction.objects.count()
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in captured))
    assert counts[0] == counts[1] <= 12


# --- The frame's dialog begins with the client at hand ---


@pytest.mark.parametrize("page", ["client_detail", "client_interactions", "client_history", "client_edit"])
def test_the_frame_of_a_clients_page_logs_with_that_client(roy: Client, browser: Browser, page: str) -> None:
    shown = browser.get(reverse(page, args=[roy.pk])).content.decode()
    assert f'hx-get="{reverse("interaction_log")}?client={roy.pk}"' in shown
    form = browser.get(f"{reverse('interaction_log')}?client={roy.pk}", headers=HTMX).content.decode()
    assert ("<strong>Roy</strong>" in form, 'name="client"' in form, "Another client" in form) == (True, False, True)


def test_the_calendars_page_of_a_touchpoint_does_too_and_a_list_does_not(roy: Client, browser: Browser) -> None:
    touchpoint = make_touchpoint(client=roy)
    assert f"?client={roy.pk}" in browser.get(reverse("touchpoint_day", args=[touchpoint.pk])).content.decode()
    assert "?client=" not in browser.get(reverse("client_list")).content.decode()
