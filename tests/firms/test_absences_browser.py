"""Absences as a person notes and changes them: what the cover takes over shows while the form is filled in."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from firms.absences import add_absence
from firms.models import Absence
from firms.wall import acting_for
from tests import factories
from tests.browser import Visitor
from tests.touchpoints.rows import make_touchpoint

LONG = "Marie-Ève Archambault-Desrochers de la Chevrotière"
WORDS = {
    "en": {
        "due": "3 open touchpoints are due on these days.",
        "away": f"{LONG} is away",
        "change": "Change",
        "save": "Save",
        "add": "Add the absence",
    },
    "fr": {
        "due": "3 points de contact ouverts sont prévus ces jours-là.",
        "away": f"{LONG} est en absence",
        "change": "Modifier",
        "save": "Enregistrer",
        "add": "Ajouter l’absence",
    },
}


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_an_absence_is_noted_with_its_cover_and_changed(visitor: Visitor, language: str, width: int) -> None:
    words, name = WORDS[language], f"absence-{language}-{width}"
    first = timezone.localdate() + timedelta(days=30)
    last = first + timedelta(days=9)
    with visitor.committed("CA-QC") as firm:
        factories.make_user(role="admin")
        charlie = factories.make_user(name="Charlie Côté", role="adviser", language=language)
        cover = factories.make_user(name=LONG, role="adviser")
        for _number in range(3):
            make_touchpoint(adviser=charlie, due_on=first)
        add_absence(user=cover, starts_on=last, ends_on=last + timedelta(days=3), by=cover)

    visit = visitor.sign_in(charlie, width=width, language=language)
    page = visit.open("/profile/absences/")
    visit.check()
    page.locator("#id_starts_on").fill(first.isoformat())
    page.locator("#id_ends_on").fill(last.isoformat())
    page.locator("#id_covered_by").select_option(str(cover.pk))
    expect(page.get_by_text(words["due"])).to_be_visible()
    expect(page.get_by_text(words["away"])).to_be_visible()
    visit.check()
    visit.screenshot(f"{name}-new")
    page.get_by_role("button", name=words["add"]).click()
    # The line's own list says it too.
    lines = page.locator("table select")
    lines.select_option("")
    lines.select_option(str(cover.pk))
    expect(page.locator("#cover-preview-listed").get_by_text(words["due"])).to_be_visible()
    visit.check()
    visit.screenshot(f"{name}-list")
    page.locator("table").get_by_role("link", name=words["change"]).click()
    expect(page.get_by_text(words["due"])).to_be_visible()
    page.locator("#id_ends_on").fill((last - timedelta(days=1)).isoformat())
    page.locator("#id_ends_on").dispatch_event("change")
    expect(page.get_by_text(words["away"])).to_have_count(0)
    visit.check()
    visit.screenshot(f"{name}-change")
    page.get_by_role("button", name=words["save"]).click()
    page.wait_for_url("**/profile/absences/")
    with acting_for(firm.pk):
        assert Absence.objects.get(user=charlie).ends_on == last - timedelta(days=1)
