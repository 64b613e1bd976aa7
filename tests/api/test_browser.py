import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser import Visitor


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_to_try_it_renders_under_the_content_security_policy(visitor: Visitor, language):
    with visitor.committed():
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
        factories.make_client(adviser=admin, name="Élise Roy")
    visit = visitor.sign_in(admin)
    page = visit.open("/api/v1/docs/")
    # There are too many operations to draw before one is asked for.
    page.locator("#operations-tag-clients").click()
    page.locator("#operations-clients-clients_list .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text("Élise Roy")
    visit.screenshot(f"api-docs-{language}", whole=False)
