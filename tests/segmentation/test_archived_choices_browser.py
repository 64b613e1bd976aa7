"""Rules that name an archived choice, as their readers and their editor see them."""

import pytest
from playwright.sync_api import expect

from clients import defining
from clients.conditions import as_json
from clients.models import SavedFilter
from segmentation.drafting import start_draft
from segmentation.publishing import publish_version
from tests.browser import Visitor
from tests.factories import make_user
from tests.segmentation.test_archived_choices import ADVICE, GOLF, SAIL, archive_sailing, by_points, by_rules, drafted, hold, sailors, words

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
@pytest.mark.parametrize("rules_of", [by_rules, by_points])
def test_the_rules_and_their_editor_show_it(visitor: Visitor, rules_of, language: str, width: int) -> None:
    with visitor.committed("CA-QC"):
        alice = make_user(name="Alice Roy", role="admin", language=language)
        hobby = defining.define_attribute(draft=words(GOLF, SAIL), by=alice)
        hold(alice, "sailing")
        scheme = publish_version(version=drafted(rules_of, alice), by=alice).version.scheme
        start_draft(scheme=scheme)
        archive_sailing(hobby, alice)
        saved = SavedFilter.objects.create(name="Sailors", owner=alice, conditions=as_json(sailors()))
    visit = visitor.sign_in(alice, width=width, language=language)
    name = f"archived-{rules_of.__name__}-{language}-{width}"
    page = visit.open(f"/segmentation/{scheme.pk}/")
    expect(page.locator(".notice-warn").first).to_be_visible()
    visit.check()
    visit.screenshot(f"{name}-scheme")
    page = visit.open(f"/segmentation/{scheme.pk}/draft/")
    if language == "en":
        expect(page.get_by_text(ADVICE).first).to_be_visible()
    visit.check()
    visit.screenshot(f"{name}-editor")
    visit.open(f"/clients/filters/{saved.pk}/")
    visit.check()
    visit.screenshot(f"{name}-filter")
