"""A person at the client pages: in both languages, on a desktop and on a phone."""

from datetime import date

import pytest
from playwright.sync_api import expect

from clients.models import Client, Person
from firms.wall import acting_for
from tests import factories
from tests.browser import Visitor

pytestmark = pytest.mark.browser

# English, French.
WORDS = {
    "new": ("New client", "Nouveau client"),
    "save": ("Save", "Enregistrer"),
    "log": ("Log an interaction", "Consigner une interaction"),
    "subject": ("Subject", "Objet"),
    "log it": ("Log the interaction", "Consigner l’interaction"),
    "people": ("Contacts", "Contacts"),
    "year": ("Service year", "Année de service"),
    "history": ("History", "Historique"),
    "archive": ("Archive", "Archiver"),
    "archive him": ("Archive Étienne Roy", "Archiver Étienne Roy"),
    "back": ("Bring Étienne Roy back", "Rétablir Étienne Roy"),
    "columns": ("Columns", "Colonnes"),
    "city": ("City", "Ville"),
    "none": ("No client matches", "Aucun client ne correspond"),
}


@pytest.mark.parametrize(("language", "width", "scheme"), [("en", 1280, "dark"), ("fr", 390, "light")])
def test_a_client_is_opened_met_archived_and_brought_back(visitor: Visitor, language, width, scheme):
    words, shot = {key: pair[language == "fr"] for key, pair in WORDS.items()}, f"{language}-{width}"
    with visitor.committed() as alpha:
        alice = factories.make_user(name="Alice Roy", role="admin", language=language)
        for number, name in enumerate(("Élodie Côté", "Zoé Gagné", "Famille Tremblay-Bouchard et associés de la Rive-Sud")):
            client = factories.make_client(
                adviser=alice, name=name, people=False, aum=125_000 * (number + 1), city="Trois-Rivières", client_since=date(2012, 3, 4),
                personal_context="Two children at university.",
            )  # fmt: skip
            Person.objects.create(
                client=client, is_primary=True, first_name="Élodie", last_name=f"Côté {number}", email="e@example.test", phone="450 555-0101"
            )
    visit = visitor.sign_in(alice, width=width, scheme=scheme)
    page = visit.open("/clients/")
    expect(page.locator("tbody tr")).to_have_count(3)
    visit.check()
    visit.screenshot(f"clients-list-{shot}")

    # The list follows what is typed; the address keeps it.
    box = page.locator("#id_q")
    box.fill("zoe")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "q=zoe" in page.url
    box.fill("zzz")
    expect(page.get_by_role("heading", name=words["none"])).to_be_visible()
    visit.check()
    box.fill("")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("button", name=words["columns"]).click()
    page.get_by_label(words["city"], exact=True).check()
    expect(page.get_by_role("columnheader", name=words["city"])).to_be_visible()
    visit.screenshot(f"clients-columns-{shot}", whole=False)
    page.keyboard.press("Escape")

    # The search of the frame, by keyboard.
    visit.open("/clients/")
    page.keyboard.press("/")
    page.keyboard.type("cot")
    expect(page.locator("#suggestions a").first).to_be_visible()
    visit.check(is_covered=True)
    visit.screenshot(f"clients-search-{shot}", whole=False)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clients/*/")
    visit.check()
    visit.screenshot(f"client-overview-{shot}")

    visit.open("/clients/")
    page.get_by_role("link", name=words["new"]).click()
    visit.check()
    page.locator("#id_name").fill("Étienne Roy")
    page.locator("#id_person-last_name").fill("Roy")
    visit.screenshot(f"client-form-{shot}")
    page.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Étienne Roy")

    page.get_by_role("main").get_by_role("link", name=words["log"]).first.click()
    page.get_by_label(words["subject"]).fill("Bilan annuel")
    visit.check()
    page.get_by_role("button", name=words["log it"]).click()
    expect(page.get_by_text("Bilan annuel")).to_be_visible()
    visit.check()
    for tab in ("people", "year", "history"):
        page.get_by_role("navigation").get_by_role("link", name=words[tab], exact=True).last.click()
        visit.check()
        visit.screenshot(f"client-{tab}-{shot}")

    page.get_by_role("button", name=words["archive"], exact=True).click()
    visit.screenshot(f"client-archive-{shot}", whole=False)
    page.get_by_role("dialog").get_by_role("button", name=words["archive him"]).click()
    expect(page.get_by_role("button", name=words["back"])).to_be_visible()
    visit.check()
    page.get_by_role("button", name=words["back"]).click()
    expect(page.get_by_role("button", name=words["back"])).to_have_count(0)
    with acting_for(alpha.pk):
        assert Client.objects.get(name="Étienne Roy").archived_at is None
