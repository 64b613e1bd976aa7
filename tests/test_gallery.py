"""The frame and every component, as people see them: both languages, both colour schemes, desktop and phone."""

import pytest
from django.test import Client

from firms.models import User
from firms.wall import acting_for
from tests import factories
from tests.browser import Scheme, Visitor


@pytest.fixture
def developer(visitor: Visitor) -> User:
    with visitor.committed():
        return factories.make_user(name="Alice Roy-Désrosiers", role="admin")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_gallery_is_accessible_and_fits(visitor: Visitor, developer: User, language: str, width: int, scheme: Scheme) -> None:
    with acting_for(developer.firm_id):
        User.objects.filter(pk=developer.pk).update(language=language)
    visit = visitor.sign_in(developer, width=width, scheme=scheme)
    page = visit.open("/gallery/")
    assert page.locator("html").get_attribute("lang") == ("en" if language == "en" else "fr-ca")
    visit.screenshot(f"gallery-{language}-{width}-{scheme}")
    visit.check()


@pytest.mark.browser
def test_the_frame_is_worked_by_keyboard(visitor: Visitor, developer: User) -> None:
    page = visitor.sign_in(developer).open("/gallery/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("roy/")
    assert page.input_value("#search") == "roy/"

    page.get_by_role("button", name="Open the dialog").click()
    assert page.locator("#gallery-dialog").evaluate("dialog => dialog.matches(':modal')")
    page.keyboard.press("Escape")
    assert not page.locator("#gallery-dialog").is_visible()
    assert page.evaluate("document.activeElement.dataset.dialog") == "gallery-dialog"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel").click()
    assert not page.locator("#gallery-dialog").is_visible()

    page.get_by_role("button", name="Account of Alice Roy-Désrosiers").click()
    assert page.get_by_role("button", name="Sign out").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("button", name="Sign out").is_visible()


@pytest.mark.browser
def test_the_language_switches_where_one_stands(visitor: Visitor, developer: User) -> None:
    page = visitor.sign_in(developer).open("/gallery/?q=roy")
    page.get_by_role("button", name="Français").click()
    assert page.url.endswith("/gallery/?q=roy")
    assert page.get_by_role("button", name="English").is_visible()


@pytest.mark.django_db
@pytest.mark.parametrize(("back", "goes_to"), [("/gallery/?q=1", "/gallery/?q=1"), ("https://elsewhere.example/", "/"), ("", "/")])
def test_a_visitor_switches_language_and_is_never_sent_elsewhere(client: Client, back: str, goes_to: str) -> None:
    response = client.post("/language/", {"language": "fr", "next": back})
    assert response.headers["Location"] == goes_to
    assert client.get("/account/login/").headers["Content-Language"] == "fr"


@pytest.mark.django_db
def test_a_language_nobody_offers_changes_nothing(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post("/language/", {"language": "tlh", "next": "/"})
    alice.refresh_from_db()
    assert alice.language == "en"
