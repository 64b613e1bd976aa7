"""The calendar and the client's service calendar in a real browser: dragged, opened by keyboard, read on a phone, in both languages."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clients.models import Client
from firms.absences import add_absence
from firms.models import Firm, User
from firms.wall import acting_for
from tests.browser import Visitor
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint
from touchpoints.models import Appointment, Touchpoint

pytestmark = pytest.mark.browser


def coming_week() -> list[date]:
    """Five days of next week, so that none is past and all are in one row."""
    today = timezone.localdate()
    monday = today + timedelta(days=7 - today.weekday())
    return [monday + timedelta(days=number) for number in range(5)]


def make_calendar(visitor: Visitor, *, language: str) -> tuple[Firm, User, Touchpoint]:
    with visitor.committed("CA-QC") as firm:
        Firm.objects.filter(pk=firm.pk).update(
            address="12, rue Saint-Paul Ouest, bureau 300\nMontréal (Québec) H2Y 1Z5\n514 555-0100", colour="#7a1f3d"
        )
        ana = make_user(name="Ana Roy", role="adviser", language=language)
        days = coming_week()
        long = make_client(adviser=ana, name="Société de gestion Bélanger-Lacoursière, Tremblay et associés inc.", language="fr")
        first = make_touchpoint(client=long, due_on=days[0], channel="video", rank=1, window_days=60)
        for number, day in enumerate(days):
            for rank in range(1, 3 + number % 3):
                make_touchpoint(client=make_client(adviser=ana, name=f"Gagné, Élise {number}{rank}"), due_on=day, rank=rank, window_days=60)
        make_touchpoint(client=long, due_on=days[1], status="done")
        add_absence(user=ana, starts_on=days[3], ends_on=days[4], by=ana)
    return firm, ana, first


def day_of(touchpoint: Touchpoint) -> date:
    with acting_for(touchpoint.firm_id):
        return Touchpoint.objects.get(pk=touchpoint.pk).due_on


def test_a_touchpoint_is_dragged_to_another_day(visitor: Visitor) -> None:
    _firm, ana, touchpoint = make_calendar(visitor, language="fr")
    days = coming_week()
    visit = visitor.sign_in(ana)
    page = visit.open(f"/calendar/?view=week&day={days[0]}")
    page.locator(f"#item-{touchpoint.pk}").drag_to(page.locator(f"[data-day='{days[2]}']"))
    expect(page.locator(f"[data-day='{days[2]}'] #item-{touchpoint.pk}")).to_be_visible()
    expect(page.locator(f"#item-{touchpoint.pk}")).to_be_focused()
    expect(page.get_by_text("désormais le")).to_be_visible()
    visit.check()
    assert day_of(touchpoint) == days[2]


def test_the_same_is_done_by_keyboard_and_an_hour_is_set_and_called_off(visitor: Visitor) -> None:
    firm, ana, touchpoint = make_calendar(visitor, language="en")
    days = coming_week()
    visit = visitor.sign_in(ana)
    page = visit.open(f"/calendar/?day={days[0]}")
    page.locator(f"#item-{touchpoint.pk}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The day")).to_be_visible()
    visit.check()
    page.get_by_label("New day").fill(days[3].isoformat())
    page.get_by_role("button", name="Move to this day").press("Enter")
    expect(page.locator(f"[data-day='{days[3]}'] #item-{touchpoint.pk}")).to_be_visible()
    page.locator(f"#item-{touchpoint.pk}").press("Enter")
    page.get_by_label("Hour").fill("10:30")
    page.get_by_label("Place or link").fill("https://meet.example/abc")
    page.get_by_role("button", name="Set the hour and invite").press("Enter")
    expect(page.get_by_text("The hour is set; the invitations are on their way.")).to_be_visible()
    visit.check()
    visit.screenshot("touchpoint-day-en-1280")
    with acting_for(firm.pk):
        assert Appointment.objects.get().place == "https://meet.example/abc"
    page.get_by_role("button", name="Cancel the appointment").press("Enter")
    expect(page.get_by_text("The appointment is cancelled")).to_be_visible()


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("fr", "light")])
def test_the_calendars_are_accessible_on_desktop_and_phone(visitor: Visitor, language: str, scheme: str) -> None:
    firm, ana, touchpoint = make_calendar(visitor, language=language)
    day = coming_week()[0]
    with acting_for(firm.pk):
        nobody = make_user(name="Carl Cyr", role="adviser", language=language)
    for width in (1280, 390):
        visit = visitor.sign_in(ana, width=width, scheme=scheme)
        pages = {
            "month": f"/calendar/?day={day}",
            "week": f"/calendar/?view=week&day={day}",
            "touchpoint-day": f"/calendar/{touchpoint.pk}/",
            "feed": "/calendar/feed/",
            "client-calendar": f"/clients/{touchpoint.client_id}/calendar/",
            "documents": "/documents/",
        }
        for name, address in pages.items():
            visit.open(address)
            visit.check()
            visit.screenshot(f"{name}-{width}-{language}")
        empty = visitor.sign_in(nobody, width=width, scheme=scheme)
        empty.open("/calendar/")
        empty.check()
        empty.screenshot(f"month-empty-{width}-{language}")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_client_reads_the_calendar_at_the_address_received(visitor: Visitor, language: str) -> None:
    firm, ana, touchpoint = make_calendar(visitor, language=language)
    with acting_for(firm.pk):
        Client.objects.filter(pk=touchpoint.client_id).update(language=language)
    visit = visitor.sign_in(ana)
    page = visit.open(f"/clients/{touchpoint.client_id}/calendar/")
    page.get_by_role("button", name="Make an address" if language == "en" else "Créer une adresse").click()
    address = page.locator("#new-address").input_value()
    visit.check()
    path = "/shared/" + address.split("/shared/")[1]
    for width in (1280, 390):
        client = visitor.anonymous(width=width, scheme="dark", language="de")
        shown = client.open(path)
        expect(shown.get_by_role("heading", level=1)).to_have_text("Your service calendar" if language == "en" else "Votre calendrier de service")
        client.check()
        client.screenshot(f"shared-calendar-{width}-{language}")
