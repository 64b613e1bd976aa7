"""The preview of a transfer says where a booked meeting falls when the successor is away or meets somebody else; the transfer goes on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clients.models import Client
from clients.moving import clashes_of
from firms.models import Absence, Support, User
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint
from touchpoints.appointments import AppointmentDraft, cancel_appointment, set_appointment
from touchpoints.models import Appointment, Touchpoint

pytestmark = pytest.mark.usefixtures("monday")

TEN = datetime(2026, 12, 1, 15, tzinfo=UTC)  # ten o'clock in Montréal


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser", email="ana@alpha.test", language="en")


@pytest.fixture
def carl(alice: User) -> User:
    return make_user(name="Carl Cyr", role="adviser", email="carl@alpha.test", language="en")


@pytest.fixture
def elise(ana: User) -> Client:
    return make_client(adviser=ana, name="Gagné, Élise")


@pytest.fixture
def paul(carl: User) -> Client:
    return make_client(adviser=carl, name="Roy, Paul")


def book(client: Client, *, at: datetime = TEN, minutes: int = 60, colleagues: tuple[User, ...] = (), **fields: Any) -> Appointment:
    said: dict[str, Any] = {"performer": "adviser", "window_days": 60, **fields}
    touchpoint = make_touchpoint(client=client, due_on=date(2026, 11, 30), channel="in_person", **said)
    draft = AppointmentDraft(starts_at=at, minutes=minutes, colleagues=colleagues)
    return set_appointment(touchpoint=Touchpoint.objects.get(pk=touchpoint.pk), by=client.adviser, draft=draft)


def said(clients: list[Client], *, to: User, by: User) -> list[tuple[str, datetime, str]]:
    chosen = Client.objects.filter(pk__in=[client.pk for client in clients]).exclude(adviser=to)
    found = clashes_of(chosen, {client.pk: to for client in chosen}, firm=by.firm)
    return [(clash.client, clash.at, clash.words.replace("\u202f", " ").replace("\xa0", " ")) for clash in found]


def test_a_meeting_at_the_hour_of_another_is_named(alice: User, carl: User, elise: Client, paul: Client) -> None:
    book(elise)
    book(paul, at=TEN + timedelta(minutes=30))
    with timezone.override("America/Montreal"):
        assert said([elise], to=carl, by=alice) == [("Gagné, Élise", TEN, "Carl Cyr meets Roy, Paul then (10:30 a.m.–11:30 a.m.).")]


@pytest.mark.parametrize(
    ("minutes_later", "lasts", "clashes"), [(60, 30, False), (59, 30, True), (-30, 30, False), (-30, 31, True), (10, 10, True), (-60, 180, True)]
)
def test_two_meetings_meet_when_one_begins_before_the_other_ends(
    alice: User, carl: User, elise: Client, paul: Client, minutes_later: int, lasts: int, clashes: bool
) -> None:
    book(elise, minutes=60)
    book(paul, at=TEN + timedelta(minutes=minutes_later), minutes=lasts)
    assert bool(said([elise], to=carl, by=alice)) is clashes


def test_what_is_not_the_successors_own_does_not_count(alice: User, carl: User, ana: User, elise: Client, paul: Client) -> None:
    marie = make_user(name="Marie", role="assistant", email="marie@alpha.test")
    Support.objects.create(assistant=marie, adviser=carl)
    book(elise)
    book(paul, performer="assistant")
    book(paul, performer="either", assigned_to=marie)
    cancel_appointment(appointment=book(paul), by=carl)
    book(make_client(adviser=ana), at=TEN)
    assert said([elise], to=carl, by=alice) == []


def test_a_meeting_that_an_assistant_holds_moves_without_a_word(alice: User, carl: User, elise: Client, paul: Client) -> None:
    book(elise, performer="assistant")
    book(paul)
    assert said([elise], to=carl, by=alice) == []


def test_a_meeting_the_successor_is_invited_to_counts(alice: User, carl: User, ana: User, elise: Client) -> None:
    book(elise)
    book(make_client(adviser=ana, name="Côté"), colleagues=(carl,))
    ((client, at, words),) = said([elise], to=carl, by=alice)
    assert (client, at, words[:19]) == ("Gagné, Élise", TEN, "Carl Cyr meets Côté")


def test_two_that_move_from_different_books_may_meet_each_other(alice: User, carl: User, elise: Client, paul: Client) -> None:
    diane = make_user(name="Diane", role="adviser")
    book(elise)
    book(paul)
    ((client, _at, words),) = said([elise, paul], to=diane, by=alice)
    assert (client, "Diane would also meet Roy, Paul then, who moves too" in words) == ("Gagné, Élise", True)


def test_an_absence_is_named_with_its_days(alice: User, carl: User, elise: Client) -> None:
    book(elise)
    book(elise, at=TEN + timedelta(days=1))
    book(elise, at=TEN + timedelta(days=4))
    Absence.objects.create(user=carl, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 1))
    Absence.objects.create(user=carl, starts_on=date(2026, 12, 2), ends_on=date(2026, 12, 4))
    assert said([elise], to=carl, by=alice) == [
        ("Gagné, Élise", TEN, "Carl Cyr is away on Dec 1, 2026."),
        ("Gagné, Élise", TEN + timedelta(days=1), "Carl Cyr is away from Dec 2, 2026 to Dec 4, 2026."),
    ]


def test_the_day_of_a_meeting_is_the_firms(alice: User, carl: User, elise: Client) -> None:
    # Nine in the evening of the first in Montréal is the second in Greenwich.
    book(elise, at=datetime(2026, 12, 2, 2, tzinfo=UTC))
    Absence.objects.create(user=carl, starts_on=date(2026, 12, 2), ends_on=date(2026, 12, 2))
    assert said([elise], to=carl, by=alice) == []


def test_the_preview_names_them_and_the_transfer_goes_on(alice: User, carl: User, elise: Client, paul: Client) -> None:
    alice.language = "en"
    alice.save()
    book(elise)
    book(paul)
    Absence.objects.create(user=carl, starts_on=date(2026, 11, 28), ends_on=date(2026, 12, 4))
    browser = Browser()
    browser.force_login(alice)
    page = reverse("assign_adviser") + f"?adviser={elise.adviser_id}"
    shown = browser.post(page, {"to": carl.pk})
    text = shown.content.decode()
    assert ("Meetings that fall badly" in text, "Carl Cyr meets Roy, Paul" in text, "Carl Cyr is away from" in text) == (True, True, True)
    browser.post(page, {"to": carl.pk, "mark": shown.context["mark"]})
    assert Client.objects.get(pk=elise.pk).adviser == carl


def test_a_preview_without_clashes_says_nothing(alice: User, carl: User, elise: Client) -> None:
    book(elise)
    browser = Browser()
    browser.force_login(alice)
    assert "fall badly" not in browser.post(reverse("assign_adviser"), {"to": carl.pk}).content.decode()


def test_as_many_statements_for_thirty_meetings_as_for_one(alice: User, carl: User, ana: User, paul: Client) -> None:
    browser = Browser()
    browser.force_login(alice)
    book(paul)
    counts = []
    for number in (1, 29):
        for _each in range(number):
            book(make_client(adviser=ana))
        browser.post(reverse("assign_adviser"), {"to": carl.pk})
        with CaptureQueriesContext(connection) as captured:
            shown = browser.post(reverse("assign_adviser"), {"to": carl.pk})
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in captured))
    # The first twenty are named, of thirty that meet Paul and each other.
    assert (len(shown.context["clashes"]), shown.context["more_clashes"]) == (20, 30 + 30 * 29 // 2 - 20)
    assert counts[0] == counts[1] <= 12
