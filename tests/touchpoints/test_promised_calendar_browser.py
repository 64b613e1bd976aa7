"""From a column of the draft to what its clients would be told."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from segmentation.models import Segment
from tests import factories
from tests.browser import Visitor
from tests.service_matrix.rows import make_draft

pytestmark = pytest.mark.browser

LINK = {"en": "What clients are told (VIP)", "fr": "Ce qu’on annonce aux clients (VIP)"}
HEADING = {"en": "What clients are told: VIP", "fr": "Ce qu’on annonce aux clients : VIP"}
LONG = "Households of the founders and their children"


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_a_drafts_column_leads_to_what_its_clients_would_be_told(visitor: Visitor, language: str, width: int) -> None:
    with visitor.committed():
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
        draft = make_draft(by=admin, preset="vip_gold_silver_bronze")
        Segment.objects.filter(scheme=draft.scheme, rank=3).update(name_en=LONG, name_fr=LONG, initiative="client")
    visit = visitor.sign_in(admin, width=width, language=language)
    page = visit.open(f"{reverse('matrix')}?version=draft")
    visit.check()
    visit.screenshot(f"matrix-told-{language}-{width}")
    page.get_by_role("link", name=LINK[language]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HEADING[language])
    visit.check()
    visit.screenshot(f"promised-calendar-{language}-{width}")
    page.get_by_role("link", name=LONG).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(LONG)
    visit.check()
    visit.screenshot(f"promised-calendar-long-{language}-{width}")
