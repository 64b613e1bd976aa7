"""The hour agreed with a client is read where one looks: in the queue's panel, on the dashboard, on the client's page."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client, Person
from firms.models import User
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint
from touchpoints.appointments import AppointmentDraft, appointment_of, cancel_appointment, set_appointment
from touchpoints.dashboard import read_agenda
from touchpoints.hours import Hour, hour_of, with_hour
from touchpoints.models import Touchpoint

pytestmark = pytest.mark.usefixtures("monday")

TODAY = date(2026, 11, 23)
TEN = datetime(2026, 11, 25, 15, tzinfo=UTC)  # ten o'clock in Montréal


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser", language="en")


@pytest.fixture
def elise(ana: User) -> Client:
    client = make_client(adviser=ana, name="Gagné, Élise")
    Person.objects.filter(client=client).update(email="elise@client.test", first_name="Élise", last_name="Gagné")
    return client


@pytest.fixture
def browser(ana: User) -> Browser:
    browser = Browser()
    browser.force_login(ana)
    return browser


def book(client: Client, *, at: datetime = TEN) -> Touchpoint:
    touchpoint = make_touchpoint(client=client, due_on=date(2026, 11, 25), channel="in_person", performer="adviser")
    draft = AppointmentDraft(starts_at=at, minutes=45, place="12 rue des Érables", invites_client=True)
    set_appointment(touchpoint=Touchpoint.objects.get(pk=touchpoint.pk), by=client.adviser, draft=draft)
    return touchpoint


def read(touchpoint: Touchpoint) -> Hour | None:
    return hour_of(with_hour(Touchpoint.objects.filter(pk=touchpoint.pk)).get())


def test_it_is_the_one_in_force(elise: Client, ana: User) -> None:
    meeting = book(elise)
    hour = read(meeting)
    assert hour == Hour(TEN, 45, "12 rue des Érables", ["Élise Gagné"])
    assert hour.ends_at == TEN + timedelta(minutes=45)
    appointment = appointment_of(meeting)
    assert appointment is not None
    cancel_appointment(appointment=appointment, by=ana)
    assert read(meeting) is None
    assert hour_of(meeting) is None


def test_the_panel_says_it_and_skipping_says_what_becomes_of_it(elise: Client, browser: Browser) -> None:
    meeting, other = book(elise), make_touchpoint(client=elise, due_on=TODAY)
    page = browser.get(reverse("queue_touchpoint", args=[meeting.pk])).content.decode()
    assert ("Appointment agreed: Nov 25, 2026" in page, "12 rue des Érables" in page, "invited: Élise Gagné" in page) == (True, True, True)
    assert "is called off half an hour later, and whoever was invited is told" in page
    plain = browser.get(reverse("queue_touchpoint", args=[other.pk])).content.decode()
    assert ("Appointment agreed" in plain, "called off" in plain) == (False, False)


def test_the_dashboards_meetings_of_a_day_are_in_the_order_of_their_hours(ana: User, elise: Client, browser: Browser) -> None:
    open_, late, early = (
        make_touchpoint(client=elise, due_on=date(2026, 11, 25), channel="in_person"), book(elise, at=TEN + timedelta(hours=4)), book(elise),
    )  # fmt: skip
    meetings = read_agenda(user=ana, on=TODAY).meetings
    assert [each.touchpoint for each in meetings] == [early, late, open_]
    assert [each.hour.starts_at if each.hour else None for each in meetings] == [TEN, TEN + timedelta(hours=4), None]
    assert "12 rue des Érables" in browser.get(reverse("home")).content.decode()


def test_the_clients_year_says_it_once_for_the_next_and_once_in_the_year(elise: Client, browser: Browser) -> None:
    book(elise)
    page = browser.get(reverse("client_year", args=[elise.pk])).content.decode()
    assert page.count("Appointment agreed: Nov 25, 2026") == 2
