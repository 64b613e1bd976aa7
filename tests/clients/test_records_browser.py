"""A person at wealth, referrals, reasons for keeping and attributes: in both languages, on a desktop and on a phone."""

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from clients.attributes import attribute
from clients.models import Client
from firms.wall import acting_for
from tests import factories
from tests.browser import Visitor

pytestmark = pytest.mark.browser

# English, French.
WORDS = {
    "amount": ("Record an amount", "Consigner un montant"),
    "referral": ("Record a referral", "Consigner une recommandation"),
    "flag": ("Flag a deal-breaker", "Signaler un client difficile"),
    "do flag": ("Flag", "Signaler"),
    "relative": ("Relative of an important client", "Proche d’un client important"),
    "save": ("Save", "Enregistrer"),
    "new attribute": ("New attribute", "Nouvel attribut"),
}


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_a_client_is_recorded_in_full(visitor: Visitor, language, width):
    words, shot = {key: pair[language == "fr"] for key, pair in WORDS.items()}, f"{language}-{width}"
    with visitor.committed() as alpha:
        alice = factories.make_user(name="Alice Roy", role="admin", language=language)
        roy = factories.make_client(
            adviser=alice, name="Étienne Roy-Tremblay-Bouchard et associés de la Rive-Sud", aum=100_000, referrals_12_months=4
        )
        factories.make_client(adviser=alice, name="Madame Roy")
    visit = visitor.sign_in(alice, width=width)
    page = visit.page
    for tab in ("wealth", "referrals"):
        visit.open(f"/clients/{roy.pk}/{tab}/")
        visit.check()
        visit.screenshot(f"client-{tab}-empty-{shot}")

    visit.open(f"/clients/{roy.pk}/wealth/")
    page.get_by_role("link", name=words["amount"]).click()
    visit.check()
    page.locator("#id_amount").fill("125000")
    page.locator("#id_ends_on").fill("2026-01-05")
    page.get_by_role("button", name=words["save"]).click()
    expect(page.locator("tbody tr")).to_have_count(1)
    visit.check()

    visit.open(f"/clients/{roy.pk}/referrals/")
    page.get_by_role("link", name=words["referral"]).click()
    # Names are proposed while one types.
    page.locator("#id_referred").press_sequentially("mad")
    option = page.locator("#referred-options option")
    expect(option).to_have_count(1)
    page.locator("#id_referred").fill(str(option.get_attribute("value")))
    page.locator("#id_made_on").fill("2026-01-05")
    visit.check()
    page.get_by_role("button", name=words["save"]).click()
    expect(page.locator("tbody th")).to_have_text("Madame Roy")
    visit.check()
    visit.screenshot(f"client-referrals-{shot}")

    visit.open(f"/clients/{roy.pk}/")
    page.get_by_role("link", name=words["flag"]).click()
    visit.check()
    page.locator("#id_note").fill("Shouts at the assistant.")
    page.get_by_role("button", name=words["do flag"], exact=True).click()
    page.get_by_label(words["relative"]).check()
    page.locator("#id_related_client").fill("Madame Roy")
    visit.check()
    page.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_text("Shouts at the assistant.")).to_be_visible()
    visit.check()
    visit.screenshot(f"client-kept-{shot}")
    visit.open("/clients/deal-breakers/")
    expect(page.locator("tbody tr")).to_have_count(1)
    visit.check()
    visit.screenshot(f"deal-breakers-{shot}")

    visit.open("/clients/attributes/")
    visit.check()
    page.get_by_role("link", name=words["new attribute"]).click()
    visit.check()
    visit.screenshot(f"attribute-new-{shot}")
    for name, text in (("label_en", "Hobby"), ("label_fr", "Loisir"), ("definition_en", "What they like."), ("definition_fr", "Ce qui plaît.")):
        page.locator(f"#id_{name}").fill(text)
    page.locator("#id_type").select_option("choices")
    for number, (english, french) in enumerate((("Sailing", "Voile"), ("Golf", "Golf"))):
        page.locator(f"#id_choices-{number}-en").fill(english)
        page.locator(f"#id_choices-{number}-fr").fill(french)
    page.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_role("link", name=("Hobby", "Loisir")[language == "fr"])).to_be_visible()
    visit.screenshot(f"attributes-{shot}")
    visit.open("/clients/attributes/products/")
    visit.check()
    visit.open(f"/clients/{roy.pk}/edit/")
    page.get_by_label(("Sailing", "Voile")[language == "fr"]).check()
    visit.check()
    visit.screenshot(f"client-form-own-{shot}")
    page.get_by_role("button", name=words["save"]).click()
    visit.open(f"/clients/{roy.pk}/history/")
    visit.check()
    with acting_for(alpha.pk):
        read = Client.objects.annotate(made=attribute("referrals_12_months").expression(on=date(2026, 2, 1))).get(pk=roy.pk)
        assert (read.own, read.aum, read.made, read.keeping.reason) == ({"hobby": ["sailing"]}, Decimal(125_000), 1, "relative")
