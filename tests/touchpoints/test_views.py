"""The queue's pages: plain forms, fragments, and how many statements they cost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clients.follow_ups import FollowUpDraft, add_follow_up
from clients.models import Interaction
from firms.models import Firm, Support, User
from firms.wall import enter_firm
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint
from touchpoints.models import Status, Touchpoint
from touchpoints.queue import claim_touchpoint
from touchpoints.queue_pages import ROWS_A_PAGE

HTMX = {"HX-Request": "true"}
LOG = {"channel": "phone", "subject": "Call", "summary": "All is well."}


@pytest.fixture
def adviser(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser")


@pytest.fixture
def assistant(adviser: User) -> User:
    user = make_user(name="Marie Côté", role="assistant")
    Support.objects.create(assistant=user, adviser=adviser)
    return user


@pytest.fixture
def browser(client: Browser, assistant: User) -> Browser:
    client.force_login(assistant)
    return client


def due(days: int, adviser: User, **fields: Any) -> Touchpoint:
    return make_touchpoint(adviser=adviser, due_on=timezone.localdate() + timedelta(days=days), **fields)


def shown(html: str) -> list[int]:
    return [int(part.split('"', 1)[0]) for part in html.split('<li class="queue-row" id="touchpoint-')[1:]]


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("name", ["queue", "home"])
def test_as_many_statements_for_thirty_as_for_one(browser: Browser, adviser: User, name: str) -> None:
    due(0, adviser)
    browser.get(reverse(name))
    with CaptureQueriesContext(
        connection,
    ) as one:
        browser.get(reverse(name))
    for number in range(29):
        due(number % 8 - 2, adviser, rank=1 + number % 4)
    with CaptureQueriesContext(connection) as thirty:
        assert browser.get(reverse(name)).status_code == 200
    statements = [query["sql"] for query in thirty if "SAVEPOINT" not in query["sql"]]
    assert len(thirty) == len(one)
    assert len(statements) <= {"queue": 13, "home": 15}[name], "\n".join(statements)


def test_a_long_queue_continues_page_by_page(browser: Browser, adviser: User) -> None:
    client = make_client(adviser=adviser)
    made = {make_touchpoint(client=client, due_on=timezone.localdate() - timedelta(days=number % 3)).pk for number in range(ROWS_A_PAGE + 5)}
    page = browser.get(reverse("queue"))
    first = shown(text_of(page))
    rest = browser.get(page.context["more"], headers=HTMX)
    assert len(first) == ROWS_A_PAGE
    assert set(first) | set(shown(text_of(rest))) == made
    assert len(shown(text_of(rest))) == 5
    assert rest.context["more"] is None


def test_completing_without_scripts_goes_to_the_next_and_says_so(browser: Browser, adviser: User, assistant: User) -> None:
    first, second = due(-1, adviser), due(0, adviser)
    response = browser.post(reverse("touchpoint_complete", args=[first.pk]), LOG)
    assert (response.status_code, response["Location"]) == (302, reverse("queue_touchpoint", args=[second.pk]))
    first.refresh_from_db()
    assert (first.status, first.closed_by) == (Status.DONE, assistant)
    assert list(Interaction.objects.values_list("subject", "summary", "by")) == [("Call", "All is well.", assistant.pk)]
    assert first.client.name in text_of(browser.get(response["Location"]))


def test_completing_answers_htmx_with_the_next_panel_and_takes_the_row_away(browser: Browser, adviser: User) -> None:
    first, second = due(-1, adviser), due(0, adviser)
    response = browser.post(reverse("touchpoint_complete", args=[first.pk]), LOG, headers=HTMX)
    html = text_of(response)
    assert f'data-touchpoint="{second.pk}"' in html
    assert f'data-gone="{first.pk}"' in html
    assert response["HX-Push-Url"] == reverse("queue_touchpoint", args=[second.pk])
    assert "<html" not in html


def test_the_last_one_leaves_an_empty_queue(browser: Browser, adviser: User) -> None:
    only = due(0, adviser)
    response = browser.post(reverse("touchpoint_skip", args=[only.pk]), {"reason": "Away"}, headers=HTMX)
    assert "All done" in text_of(response)
    assert response["HX-Push-Url"] == reverse("queue")


def test_moving_on_keeps_to_the_view_one_looks_at(browser: Browser, adviser: User) -> None:
    late, _today, later = due(-1, adviser), due(0, adviser), due(-2, adviser, rank=2)
    response = browser.post(reverse("touchpoint_complete", args=[late.pk]) + "?view=late", LOG)
    assert response["Location"] == reverse("queue_touchpoint", args=[later.pk]) + "?view=late"


@pytest.mark.parametrize("headers", [None, HTMX], ids=["plain", "htmx"])
def test_someone_who_is_too_late_reads_who_was_first(browser: Browser, adviser: User, headers: dict[str, str] | None) -> None:
    touchpoint = due(0, adviser)
    claim_touchpoint(touchpoint=touchpoint, by=adviser)
    response = browser.post(reverse("touchpoint_complete", args=[touchpoint.pk]), LOG, follow=True, headers=headers)
    assert "Ana Roy has been working on this touchpoint (since" in text_of(response)
    assert Interaction.objects.count() == 0


@pytest.mark.parametrize("headers", [None, HTMX], ids=["plain", "htmx"])
def test_a_form_that_lacks_something_comes_back_with_what_was_typed(browser: Browser, adviser: User, headers: dict[str, str] | None) -> None:
    touchpoint = due(0, adviser)
    response = browser.post(reverse("touchpoint_complete", args=[touchpoint.pk]), LOG | {"subject": ""}, headers=headers)
    assert response.status_code == 200
    assert "All is well." in text_of(response)
    assert 'aria-invalid="true"' in text_of(response)
    touchpoint.refresh_from_db()
    assert touchpoint.status == Status.PLANNED


def test_undo_brings_it_back_with_its_row(browser: Browser, adviser: User) -> None:
    touchpoint, _other = due(0, adviser), due(0, adviser)
    browser.post(reverse("touchpoint_complete", args=[touchpoint.pk]), LOG, headers=HTMX)
    response = browser.post(reverse("queue_undo"), headers=HTMX)
    assert touchpoint.pk in shown(text_of(response))
    assert response["HX-Retarget"] == "#queue"
    assert Interaction.objects.count() == 0


def test_nothing_to_undo_says_so(browser: Browser, adviser: User) -> None:
    response = browser.post(reverse("queue_undo"), follow=True)
    assert "too late to undo" in text_of(response)


def test_a_snooze_is_proposed_for_working_days_alone(browser: Browser, adviser: User) -> None:
    """On a Friday before a long week-end, tomorrow is Tuesday."""
    with time_machine.travel(datetime(2026, 4, 2, 15, 0, tzinfo=UTC), tick=False):
        touchpoint = due(0, adviser)
        html = text_of(browser.get(reverse("queue_touchpoint", args=[touchpoint.pk]), headers=HTMX))
    days = [part.split('"', 1)[0] for part in html.split('name="until" value="')[1:]]
    assert days == ["2026-04-06", "2026-04-09"] or days == ["2026-04-07", "2026-04-09"]


def test_several_are_done_at_once_and_what_cannot_be_is_named(browser: Browser, adviser: User) -> None:
    mine, claimed, elsewhere = due(0, adviser), due(0, adviser), due(0, make_user(name="Paul"))
    claim_touchpoint(touchpoint=claimed, by=adviser)
    chosen = {"act": "skip", "reason": "Away", "chosen": [mine.pk, claimed.pk, elsewhere.pk, "x"]}
    html = text_of(browser.post(reverse("queue_bulk"), chosen, headers=HTMX))
    assert ("Skipped: 1 touchpoint." in html, "1 × Ana Roy has been working" in html, "<html" in html) == (True, True, False)
    assert dict(Touchpoint.objects.values_list("pk", "status")) == {mine.pk: "skipped", claimed.pk: "claimed", elsewhere.pk: "planned"}
    for wrong in ({"act": "snooze"}, {"act": "skip"}, {"act": "dance"}, {"act": "reassign", "to": 999}):
        response = browser.post(reverse("queue_bulk"), {"chosen": [claimed.pk]} | wrong, headers=HTMX)
        assert "Nothing was changed" in text_of(response)


def test_the_counts_are_fetched_alone(browser: Browser, adviser: User) -> None:
    due(-2, adviser)
    html = text_of(browser.get(reverse("queue_counts"), headers=HTMX))
    assert ('data-count="late">1<' in html, "queue-panel" in html) == (True, False)


def test_ones_follow_ups_stand_above_the_list(browser: Browser, adviser: User, assistant: User) -> None:
    client = make_client(adviser=adviser, name="Roy")
    draft = FollowUpDraft(text="Send the form", due_on=timezone.localdate(), assignee=assistant)
    follow_up = add_follow_up(client=client, by=adviser, draft=draft)
    assert "Send the form" in text_of(browser.get(reverse("queue")))
    browser.post(reverse("follow_up_finish", args=[follow_up.pk]), headers=HTMX)
    assert "Send the form" not in text_of(browser.get(reverse("queue")))


def test_snoozing_past_the_window_is_refused_in_words(browser: Browser, adviser: User) -> None:
    touchpoint = due(0, adviser, window_days=3)
    until = timezone.localdate() + timedelta(days=4)
    response = browser.post(reverse("touchpoint_snooze", args=[touchpoint.pk]), {"until": until.isoformat()}, headers=HTMX)
    assert "choose that day at the latest" in text_of(response)


@pytest.mark.parametrize(
    ("act", "said", "field", "words"),
    [
        ("skip", {"reason": " "}, "reason", "Say why this touchpoint is skipped."),
        ("snooze", {"until": "2020-01-01"}, "until", "Choose a day after today."),
        ("reassign", {"to": "0"}, "to", "Select a valid choice. 0 is not one of the available choices."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_in_the_open_sheet(
    browser: Browser, adviser: User, act: str, said: dict[str, str], field: str, words: str
) -> None:
    touchpoint = due(0, adviser)
    response = browser.post(reverse(f"touchpoint_{act}", args=[touchpoint.pk]), said, headers=HTMX)
    assert response.context[f"{act}_form"].errors == {field: [words]}
    sheet = text_of(response).split(f'id="queue-{act}"')[1].split("</details>")[0]
    assert (sheet.split(">")[0].endswith(" open"), words in sheet) == (True, True)
    assert Touchpoint.objects.get(pk=touchpoint.pk).status == Status.PLANNED


def test_logging_yesterdays_call_keeps_its_day_and_tomorrows_is_refused(browser: Browser, adviser: User) -> None:
    first, second = due(0, adviser), due(0, adviser)
    zone = ZoneInfo(adviser.firm.time_zone)
    today = timezone.localdate(timezone=zone)
    browser.post(reverse("touchpoint_complete", args=[first.pk]), LOG | {"happened_on": (today - timedelta(days=1)).isoformat()})
    browser.post(reverse("touchpoint_complete", args=[second.pk]), LOG | {"happened_on": (today + timedelta(days=2)).isoformat()})
    assert [timezone.localtime(moment, zone).date() for moment in Interaction.objects.values_list("happened_at", flat=True)] == [
        today - timedelta(days=1)
    ]


def test_the_clients_page_says_when_they_next_hear_from_us(browser: Browser, adviser: User) -> None:
    client = make_client(adviser=adviser)
    year = timezone.localdate().year
    for status, days in (("done", -20), ("missed", -10), ("skipped", -5), ("cancelled", -4), ("planned", 3)):
        make_touchpoint(client=client, status=status, due_on=timezone.localdate() + timedelta(days=days), service_year=year)
    for name in ("client_detail", "client_year", "client_list"):
        assert "Check-in call" in text_of(browser.get(reverse(name, args=[client.pk] if name != "client_list" else [])))
    html = text_of(browser.get(reverse("client_year", args=[client.pk])))
    assert "1 of 4" in html
    assert "Cancelled" not in html


def test_a_new_firms_administrator_is_told_what_to_do_first(client: Browser, alpha: Firm, alice: User) -> None:
    client.force_login(alice)
    html = text_of(client.get(reverse("home")))
    assert "Four steps" in html
    assert "first-step-current" in html
    enter_firm(alpha.pk)
    client.force_login(make_user(role="adviser"))
    assert "Four steps" not in text_of(client.get(reverse("home")))


def test_a_day_of_the_dashboards_heat_map_leads_to_that_day_in_the_calendar(browser: Browser, adviser: User) -> None:
    empty = text_of(browser.get(reverse("home")))
    assert ("chart-heat" in empty, "Nothing is due in the next twelve weeks." in empty) == (False, True)
    touchpoint = due(40, adviser)
    drawn = text_of(browser.get(reverse("home"))).partition('<figure class="chart chart-heat">')[2].partition("</figure>")[0]
    address = f"{reverse('calendar')}?view=week&amp;day={touchpoint.due_on}"
    assert (drawn.count("<rect"), drawn.count("<a href="), f'<a href="{address}">' in drawn) == (84, 1, True)
    day = browser.get(address.replace("&amp;", "&"))
    assert f'id="item-{touchpoint.pk}"' in text_of(day)


def test_an_address_made_up_by_hand_shows_the_queue_all_the_same(browser: Browser, adviser: User) -> None:
    touchpoint = due(0, adviser)
    far = "0_9999999999999999999_2026-01-01_2026-01-01_99999999999999999999"
    for query in ("adviser=99999999999999999999", "view=nothing", "after=nonsense", f"after={far}", "adviser=-1"):
        assert browser.get(f"{reverse('queue')}?{query}").status_code == 200, query
    assert shown(text_of(browser.get(reverse("queue") + "?view=nothing&after=x"))) == [touchpoint.pk]
