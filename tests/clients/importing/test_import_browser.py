"""A French-speaking administrator imports the book of Québec in a real browser, with a real worker."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from clients.models import Client, ImportBatch
from firms.wall import acting_for
from tests import factories
from tests.browser import Visitor

DATA = Path(__file__).resolve().parents[3] / "data"


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_book_of_quebec_is_imported_from_end_to_end(visitor: Visitor, worker: None, width: int) -> None:
    with visitor.committed("CA-QC") as firm:
        for name in ("Élodie Lefèvre-Côté", "Marc-André Gagné"):
            factories.make_user(name=name, role="adviser")
        nathalie = factories.make_user(name="N. Bélanger", role="adviser")
        admin = factories.make_user(name="Alice Roy", role="admin", language="fr")
    visit = visitor.sign_in(admin, width=width)
    page = visit.open("/clients/imports/")
    visit.check()
    visit.screenshot(f"import-list-{width}")

    page.locator("input[type=file]").set_input_files(DATA / "book-quebec.csv")
    page.get_by_role("button", name="Aperçu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Aperçu du fichier book-quebec.csv")
    expect(page.get_by_text("Windows-1252")).to_be_visible()
    expect(page.get_by_text("virgule", exact=True)).to_be_visible()
    visit.check()
    with page.expect_response(re.compile("/mapping/")):
        page.get_by_label("Nathalie Bélanger").select_option(str(nathalie.pk))
    expect(page.get_by_text("8 lignes sont fautives et seront écartées")).to_be_visible()
    visit.check()
    visit.screenshot(f"import-preview-{width}")
    with acting_for(firm.pk):
        assert Client.objects.count() == 0

    page.get_by_role("button", name="Importer 412 lignes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rapport sur book-quebec.csv", timeout=60_000)
    expect(page.get_by_text("La date 31/02/1970 n’existe pas.")).to_be_visible()
    visit.check()
    visit.screenshot(f"import-report-{width}")
    with acting_for(firm.pk):
        assert Client.objects.count() == 400

    page.get_by_role("link", name="Voir les propositions").click()
    visit.check()
    page.get_by_role("link", name="Comparer et décider").first.click()
    visit.check()
    visit.screenshot(f"import-merge-{width}")

    with acting_for(firm.pk):
        batch = ImportBatch.objects.get()
    visit.open(f"/clients/imports/{batch.pk}/")
    page.get_by_role("button", name="Annuler cette importation").first.click()
    visit.check()
    visit.screenshot(f"import-undo-{width}", whole=False)
    page.get_by_role("dialog").get_by_role("button", name="Annuler cette importation").click()
    expect(page.get_by_text("Cette importation a été annulée")).to_be_visible(timeout=60_000)
    with acting_for(firm.pk):
        assert Client.objects.count() == 0
