"""People at work in a real browser: the assistant's morning by keyboard, the phone, both languages."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clients.models import Interaction
from firms.models import Firm, Support, User
from firms.wall import acting_for
from tests.browser import Visitor
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint
from touchpoints.models import Status, Touchpoint

pytestmark = pytest.mark.browser

NAMES = ["Tremblay", "Gagnon", "Roy", "Côté", "Bouchard", "Gauthier", "Morin", "Lavoie", "Fortin", "Gagné", "Ouellet", "Pelletier"]


def make_morning(visitor: Visitor, *, language: str, touchpoints: int = 12) -> tuple[Firm, User, User]:
    """An assistant, her adviser, and one touchpoint a client: four late, four today, the rest this week."""
    with visitor.committed("CA-QC") as firm:
        adviser = make_user(name="Ana Roy", role="adviser", language=language)
        assistant = make_user(name="Marie Lessard", role="assistant", language=language)
        Support.objects.create(assistant=assistant, adviser=adviser)
        today = timezone.localdate()
        for number, name in enumerate(NAMES[:touchpoints]):
            client = make_client(adviser=adviser, name=f"{name}, Lucie", personal_context="Fille en médecine à Laval.")
            make_touchpoint(client=client, rank=1 + number % 4, due_on=today + timedelta(days=number // 4 * 2 - 2), window_days=20)
    return firm, adviser, assistant


def test_an_assistant_clears_ten_touchpoints_by_keyboard_alone_in_french(visitor: Visitor) -> None:
    firm, _adviser, assistant = make_morning(visitor, language="fr")
    visit = visitor.sign_in(assistant)
    page = visit.open("/queue/")
    expect(page.get_by_role("heading", name="File du jour")).to_be_visible()
    visit.check()
    reloads = page.evaluate("performance.timeOrigin")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#queue-title")).to_be_focused()
    for number in range(8):
        before = page.locator("[data-touchpoint]").get_attribute("data-touchpoint")
        page.keyboard.press("e")
        page.keyboard.type(f"Tout va bien, échange {number}.")
        page.keyboard.press("Control+Enter")
        expect(page.locator(f"#touchpoint-{before}")).to_have_count(0)
        expect(page.locator("#queue-title")).to_be_focused()
        expect(page.locator(".queue-row [aria-current]")).to_have_count(1)
    # One is put off until tomorrow, one is skipped: first choice of each, by Enter.
    for key, said in (("s", "Reporté"), ("d", "Écarté")):
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        expect(page.locator(".queue-said")).to_contain_text(said)
        expect(page.locator("#queue-title")).to_be_focused()
    expect(page.locator(".queue-row")).to_have_count(2)
    expect(page.locator("#queue-tabs [aria-current] .tab-count")).to_have_text("2")
    visit.check()

    # The last thing done is taken back; the help explains the order; the page was never loaded again.
    page.keyboard.press("u")
    expect(page.locator(".queue-row")).to_have_count(3)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("L’engagement le plus menacé vient en premier")
    page.keyboard.press("Escape")
    assert page.evaluate("performance.timeOrigin") == reloads
    with acting_for(firm.pk):
        done = Touchpoint.objects.filter(status=Status.DONE, closed_by=assistant)
        assert sorted(done.values_list("interaction__summary", flat=True)) == [f"Tout va bien, échange {number}." for number in range(8)]
        assert Interaction.objects.count() == 8
        assert Touchpoint.objects.filter(snoozed_until__isnull=False).count() == 1


def test_taking_a_touchpoint_shows_to_the_other_who_cannot_close_it(visitor: Visitor) -> None:
    _firm, adviser, assistant = make_morning(visitor, language="en", touchpoints=1)
    mine, theirs = visitor.sign_in(assistant), visitor.sign_in(adviser)
    other = theirs.open("/queue/")
    page = mine.open("/queue/")
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Give back")).to_be_visible()

    other.keyboard.press("e")
    other.keyboard.type("Me too.")
    other.keyboard.press("Control+Enter")
    expect(other.get_by_role("alert")).to_contain_text("Marie Lessard has been working on this touchpoint (since")
    expect(other.get_by_role("button", name="Complete")).to_have_count(0)
    theirs.check()

    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Take it")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_on_a_phone_one_touchpoint_fills_the_screen(visitor: Visitor, language: str) -> None:
    _firm, _adviser, assistant = make_morning(visitor, language=language)
    visit = visitor.sign_in(assistant, width=390, height=844)
    page = visit.open("/queue/")
    visit.check()
    visit.screenshot(f"queue-phone-{language}")
    expect(page.locator("#queue-panel")).to_be_hidden()

    page.locator(".queue-row > a").nth(1).click()
    expect(page.locator("#queue-panel")).to_be_visible()
    visit.check()
    visit.screenshot(f"queue-phone-open-{language}", whole=False)
    page.locator("#queue-snooze > summary").click()
    visit.check()
    visit.screenshot(f"queue-phone-snooze-{language}", whole=False)
    page.locator("#queue-title").click()
    page.locator(".queue-log .button-primary").click()
    expect(page.locator(".queue-said")).to_be_visible()
    page.locator(".queue-back").click()
    expect(page.locator("#queue-panel")).to_be_hidden()
    expect(page.locator(".queue-row")).to_have_count(11)


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("fr", "light")])
def test_the_dashboard_is_accessible_on_desktop_and_phone(visitor: Visitor, language: str, scheme: str) -> None:
    firm, adviser, _assistant = make_morning(visitor, language=language)
    with acting_for(firm.pk):
        admin = make_user(name="Alice Martin", role="admin", language=language)
    for user, width in ((adviser, 1280), (adviser, 390), (admin, 1280), (admin, 390)):
        visit = visitor.sign_in(user, width=width, scheme=scheme)
        page = visit.open("/")
        # The days of the heat map are read, and opened, in its table.
        page.locator(".chart-heat summary").click()
        visit.check()
        page.evaluate("scrollTo(0, 0)")
        visit.screenshot(f"home-{user.role}-{width}-{language}")


def test_a_new_firm_is_led_through_its_first_steps(visitor: Visitor) -> None:
    with visitor.committed("FR"):
        admin = make_user(name="Bob Martin", role="admin", language="fr")
    for width in (1280, 390):
        visit = visitor.sign_in(admin, width=width)
        page = visit.open("/")
        expect(page.get_by_role("heading", name="Quatre étapes")).to_be_visible()
        visit.check()
        visit.screenshot(f"first-steps-{width}")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_clients_year_is_accessible(visitor: Visitor, language: str) -> None:
    firm, adviser, _assistant = make_morning(visitor, language=language)
    with acting_for(firm.pk):
        touchpoint = Touchpoint.objects.select_related("client").first()
        assert touchpoint is not None
        for status, days in (("done", -30), ("missed", -20), ("skipped", -10), ("planned", 30)):
            make_touchpoint(
                client=touchpoint.client, status=status, due_on=touchpoint.due_on + timedelta(days=days), service_year=touchpoint.due_on.year
            )
    for width in (1280, 390):
        visit = visitor.sign_in(adviser, width=width)
        visit.open(f"/clients/{touchpoint.client_id}/year/")
        visit.check()
        visit.screenshot(f"client-year-{width}-{language}")
