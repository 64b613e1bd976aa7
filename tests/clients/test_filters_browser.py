"""A person builds a filter, by mouse and by keyboard, uses it, and gives its clients to another adviser."""

import re

import pytest
from playwright.sync_api import expect

from clients.models import Client, SavedFilter
from firms.wall import acting_for
from tests import factories
from tests.browser import Visitor

pytestmark = pytest.mark.browser

# English, French.
WORDS = {
    "new": ("New filter", "Nouveau filtre"),
    "name": ("Name", "Nom"),
    "add": ("Add a condition", "Ajouter une condition"),
    "group": ("Add a group", "Ajouter un groupe"),
    "attribute 1": ("Condition 1: what it asks about", "Condition 1 : sur quoi elle porte"),
    "test 1": ("Condition 1: how to compare", "Condition 1 : comment comparer"),
    "value 1": ("Condition 1: value", "Condition 1 : valeur"),
    "attribute 2": ("Condition 2: what it asks about", "Condition 2 : sur quoi elle porte"),
    "attribute 3.1": ("Condition 3.1: what it asks about", "Condition 3.1 : sur quoi elle porte"),
    "attribute 3.2": ("Condition 3.2: what it asks about", "Condition 3.2 : sur quoi elle porte"),
    "lines 3.2": ("Condition 3.2: values, one a line", "Condition 3.2 : valeurs, une par ligne"),
    "one of": ("is one of", "est l’un de"),
    "more than": ("is more than (>)", "est de plus de (>)"),
    "remove 2": ("Remove condition 2", "Retirer la condition 2"),
    "save": ("Save the filter", "Enregistrer le filtre"),
    "two": ("2 clients", "2 clients"),
    "with all": ("With all of them", "Avec tous ceux-ci"),
    "adviser": ("Change the adviser", "Changer de conseiller"),
    "who": ("Show who moves", "Voir qui change"),
    "move": ("Move 2 clients", "Transférer 2 clients"),
    "match": ("How many must be met", "Combien doivent être remplies"),
    "count": ("How many at least", "Combien au moins"),
    "no number": ("Give a number.", "Donnez un nombre."),
    "impossible": ("No client can meet these conditions together", "Aucun client ne peut remplir ensemble ces conditions"),
}
LONG = "Médecins et notaires de la Rive-Sud dont l’actif géré dépasse un million"


@pytest.mark.parametrize(("language", "width", "scheme"), [("en", 1280, "dark"), ("fr", 390, "light")])
def test_a_filter_is_built_used_and_its_clients_moved(visitor: Visitor, language, width, scheme):
    words, shot = {key: pair[language == "fr"] for key, pair in WORDS.items()}, f"filters-{language}-{width}"
    with visitor.committed() as alpha:
        alice = factories.make_user(name="Alice Roy", role="admin", language=language)
        camille = factories.make_user(name="Camille Tremblay-Bouchard", role="adviser")
        for number, occupation in enumerate(("Médecin", "Notaire", "Boulanger", "médecin")):
            client = factories.make_client(adviser=alice, name=f"Client {number}", aum=500_000 * number, risk_attitude="moderate", people=False)
            client.people.create(is_primary=True, last_name="Roy", occupation=occupation)
    visit = visitor.sign_in(alice, width=width, scheme=scheme)
    # A machine is quicker than the answers: htmx says that it gave up the one before.
    visit.expected_errors = [r"^htmx:(sendAbort|afterRequest), "]
    visit.open("/clients/filters/")
    visit.check()
    visit.screenshot(f"{shot}-none")
    page = visit.page
    page.get_by_role("link", name=words["new"]).first.click()
    visit.check()
    page.get_by_label(words["name"], exact=True).fill(LONG)

    # What it asks about decides how it can be compared, without leaving the field.
    page.get_by_label(words["attribute 1"]).focus()
    page.get_by_label(words["attribute 1"]).select_option("aum")
    expect(page.get_by_label(words["test 1"])).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "conditions-0-attribute"
    page.get_by_label(words["test 1"]).select_option(label=words["more than"])
    page.get_by_label(words["value 1"], exact=True).fill("400 000" if language == "fr" else "400,000")
    count = page.locator(".conditions-count")
    expect(count).to_contain_text("3 clients")

    # By keyboard: the new condition has the focus.
    page.get_by_role("button", name=words["add"]).press("Enter")
    expect(page.get_by_label(words["attribute 2"])).to_be_focused()
    page.get_by_label(words["attribute 2"]).select_option("risk_attitude")
    page.locator("#conditions-1-values-1").check()
    page.get_by_role("button", name=words["group"]).last.click()
    expect(page.get_by_label(words["attribute 3.1"])).to_be_focused()
    page.get_by_label(words["attribute 3.1"]).select_option("wealth_tax")
    page.locator("#conditions-2-add").click()
    page.get_by_label(words["attribute 3.2"]).select_option("occupation")
    page.locator("#conditions-2-1-test").select_option(label=words["one of"])
    page.get_by_label(words["lines 3.2"]).fill("medecin\nnotaire")
    page.locator("#conditions-2-0-values-0").check()
    expect(count).to_contain_text(words["two"])
    visit.check()
    visit.screenshot(f"{shot}-builder")

    page.get_by_label(words["match"]).first.select_option("at_least")
    page.get_by_label(words["count"]).fill("3")
    expect(count).to_contain_text(words["two"])
    visit.check()
    page.get_by_role("button", name=words["remove 2"]).click()
    expect(page.locator("#conditions-2-match")).to_have_count(0)
    page.get_by_label(words["count"]).fill("2")

    # A fault stands beside its field, and keeps what was typed.
    page.get_by_label(words["value 1"], exact=True).fill("lots")
    page.get_by_role("button", name=words["save"]).last.click()
    expect(page.get_by_text(words["no number"])).to_be_visible()
    expect(page.get_by_label(words["value 1"], exact=True)).to_have_value("lots")
    visit.check()
    visit.screenshot(f"{shot}-fault")
    page.get_by_label(words["value 1"], exact=True).fill("400 000" if language == "fr" else "400,000")
    page.get_by_label(words["value 1"], exact=True).press("Enter")
    expect(page).to_have_url(re.compile(r"/clients/\?.*saved="))
    expect(page.locator("tbody tr")).to_have_count(2)
    visit.check()
    visit.screenshot(f"{shot}-list")

    visit.open("/clients/filters/")
    visit.check()
    visit.screenshot(f"{shot}-some")

    # The list's own select follows, and the links that export with it.
    page = visit.open("/clients/")
    page.locator("#id_saved").select_option(label=LONG)
    expect(page.locator("tbody tr")).to_have_count(2)
    with acting_for(alpha.pk):
        saved = SavedFilter.objects.get()
    assert f"saved={saved.pk}" in str(page.locator("#client-exports a").first.get_attribute("href"))
    page.get_by_role("button", name=words["with all"]).click()
    visit.screenshot(f"{shot}-actions", whole=False)
    page.get_by_role("link", name=words["adviser"]).click()
    visit.check()
    page.locator("#id_to").get_by_label("Camille Tremblay-Bouchard").check()
    page.get_by_role("button", name=words["who"]).click()
    expect(page.get_by_role("button", name=words["move"])).to_be_focused()
    visit.check()
    visit.screenshot(f"{shot}-assign")
    page.get_by_role("button", name=words["move"]).click()
    expect(page).to_have_url(re.compile(r"/clients/transfers/\d+/"))
    visit.check()
    with acting_for(alpha.pk):
        assert sorted(Client.objects.filter(adviser=camille).values_list("name", flat=True)) == ["Client 1", "Client 3"]


def test_many_conditions_and_an_impossible_rule_are_shown(visitor: Visitor):
    with visitor.committed("FR"):
        bob = factories.make_user(name="Bob Roy", role="admin", language="fr")
        condition = {"attribute": "aum", "test": "between", "values": ["1", "2"]}
        inner = {"match": "any", "items": [{"attribute": "preferred_channel", "test": "any_of", "values": ["phone", "email", "sms"]}, condition]}
        saved = SavedFilter.objects.create(
            owner=bob, name="Beaucoup", is_shared=True,
            conditions={"match": "all", "items": [
                {"attribute": "age", "test": "less_than", "values": ["30"]}, {"attribute": "age", "test": "at_least", "values": ["40"]},
                {"match": "at_least", "least": 2, "items": [condition, inner, {"attribute": "horoscope", "test": "known", "values": []}]},
                {"attribute": "client_since", "test": "through", "values": ["2010-01-01", "2020-12-31"]},
                {"attribute": "next_review_on", "test": "last_months", "values": [12]}, *[condition] * 6,
            ]},
        )  # fmt: skip
        possible = SavedFilter.objects.create(owner=bob, name="Impossible", conditions=saved.conditions | {"items": saved.conditions["items"][:2]})
    for width in (1280, 390):
        visit = visitor.sign_in(bob, width=width)
        visit.open(f"/clients/filters/{saved.pk}/")
        visit.check()
        visit.screenshot(f"filters-many-{width}")
        visit.open(f"/clients/filters/{possible.pk}/")
        expect(visit.page.get_by_text(WORDS["impossible"][1])).to_be_visible()
        visit.check()
        visit.screenshot(f"filters-impossible-{width}")
        visit.open(f"/clients/?saved={saved.pk}")
        visit.check()
        visit.screenshot(f"filters-refused-{width}")
