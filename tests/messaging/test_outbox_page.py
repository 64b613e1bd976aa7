"""The page of e-mails that did not leave: what it lists, what an administrator decides there, and what it never shows."""

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation

from firms.models import User
from firms.wall import enter_firm
from messaging.models import OutboxMessage
from tests import factories


@pytest.fixture
def browser(alice: User) -> Browser:
    browser = Browser()
    browser.force_login(alice)
    return browser


def make_message(number: int = 1, **fields: object) -> OutboxMessage:
    values = {"to": f"reader{number}@example.test", "subject": f"Subject {number}", "text": "secret link", "dedupe_key": f"key {number}"}
    return OutboxMessage.objects.create(**{**values, "status": "failed", "error": "550 no such person", "attempts": 8, **fields})


def listed(browser: Browser, **query: int) -> list[str]:
    return [mail.to for mail in browser.get(reverse("outbox_list"), query).context["mails"]]


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_it_lists_what_is_held_or_failed_and_why_but_never_the_text(alice, browser):
    make_message(1)
    make_message(2, status="held", error="")
    for number, status in enumerate(("waiting", "sending", "sent", "discarded"), start=3):
        make_message(number, status=status)
    page = browser.get(reverse("outbox_list")).content.decode()
    assert listed(browser) == ["reader2@example.test", "reader1@example.test"]
    assert ["550 no such person" in page, "The program that was sending it stopped" in page, "secret link" in page] == [True, True, False]


def test_chosen_ones_are_sent_again(alice, browser):
    first, second, third = (make_message(number) for number in range(3))
    response = browser.post(reverse("outbox_resend"), {"message": [first.pk, third.pk]}, follow=True)
    assert (said(response), listed(browser)) == (["2 e-mails are on their way."], [second.to])
    assert OutboxMessage.objects.get(pk=first.pk).decided_by == alice


def test_all_of_them_on_every_page(browser):
    for number in range(32):
        make_message(number)
    first = browser.get(reverse("outbox_list"))
    assert len(first.context["mails"]) == 30
    assert listed(browser, before=first.context["older"]) == ["reader1@example.test", "reader0@example.test"]
    browser.post(reverse("outbox_resend"), {"all": "1"})
    assert set(OutboxMessage.objects.values_list("status", flat=True)) == {"waiting"}


def test_discarding_asks_first_and_discards_what_was_named(browser):
    first, second = make_message(1), make_message(2)
    asked = browser.post(reverse("outbox_discard"), {"all": "1"})
    assert ([mail.to for mail in asked.context["mails"]], OutboxMessage.objects.filter(status="failed").count()) == ([second.to, first.to], 2)
    third = make_message(3)
    response = browser.post(reverse("outbox_discard"), {"confirmed": "1", "message": [first.pk, second.pk]}, follow=True)
    assert (said(response), listed(browser)) == (["2 e-mails are discarded."], [third.to])


@pytest.mark.parametrize("name", ["outbox_resend", "outbox_discard"])
def test_who_chooses_nothing_or_comes_second_is_told(browser, name):
    message = make_message(status="sent")
    assert said(browser.post(reverse(name), {"confirmed": "1"}, follow=True)) == ["Choose at least one e-mail."]
    for chosen in (message.pk, "x", "9" * 40):
        told = said(browser.post(reverse(name), {"confirmed": "1", "message": [chosen]}, follow=True))
        assert told == ["A colleague decided about these e-mails first."]


def test_another_firms_messages_are_out_of_reach(alice, beta, browser):
    enter_firm(beta.pk)
    foreign = make_message()
    enter_firm(alice.firm_id)
    for name in ("outbox_resend", "outbox_discard"):
        browser.post(reverse(name), {"confirmed": "1", "message": [foreign.pk], "all": "1"})
    assert listed(browser) == []
    enter_firm(beta.pk)
    foreign.refresh_from_db()
    assert (foreign.status, foreign.decided_by) == ("failed", None)


@pytest.mark.parametrize("number", [1, 30])
def test_the_same_statements_for_one_and_thirty(browser, django_assert_num_queries, number):
    browser.get(reverse("outbox_list"))
    for each in range(number):
        make_message(each)
    with django_assert_num_queries(7):
        browser.get(reverse("outbox_list"))


def test_the_rail_counts_them_for_administrators_only(alice, browser):
    assert "to decide" not in browser.get(reverse("profile")).content.decode()
    make_message(1)
    assert "to decide" in browser.get(reverse("profile")).content.decode()
    colleague = Browser()
    colleague.force_login(factories.make_user(role="adviser"))
    assert "to decide" not in colleague.get(reverse("profile")).content.decode()


def test_without_any_it_says_so_in_french(alice, browser):
    User.objects.filter(pk=alice.pk).update(language="fr")
    with translation.override("fr"):
        assert "Tous les courriels sont partis" in browser.get(reverse("outbox_list")).content.decode()
