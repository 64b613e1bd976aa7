"""A scheme is made from a practice, edited, published and explained in a real browser."""

import pytest

from clients.models import Client
from firms.models import User
from firms.wall import acting_for
from segmentation.models import Assignment, Scheme
from segmentation.presets import create_from_preset, preset
from segmentation.publishing import publish_version
from tests import factories
from tests.browser import Visitor
from tests.segmentation.rows import make_book

pytestmark = pytest.mark.browser


def make_clients(adviser: User) -> list[Client]:
    clients = make_book(adviser, [number % 11 for number in range(60)], relationship_quality=6)
    for number, client in enumerate(clients):
        client.aum = None if number == 7 else (number * 37_331) % 1_400_000
    Client.objects.bulk_update(clients, ["aum"])
    return clients


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_from_a_practice_to_published_segments(visitor: Visitor, language, width):
    with visitor.committed("FR") as firm:
        admin = factories.make_user(role="admin", name="Aïcha Benali", language=language)
        make_clients(admin)
    visit = visitor.sign_in(admin, width=width)
    page = visit.open("/segmentation/")
    visit.check()
    visit.screenshot(f"schemes-{language}-{width}")
    page.locator("button[value=vip_gold_silver_bronze]").click()
    page.wait_for_url("**/draft/")
    page.locator("#preview svg").first.wait_for()
    visit.check()
    visit.screenshot(f"editor-{language}-{width}")

    # Weights that do not add up are refused beside the field; nothing typed is lost.
    page.locator("#id_criteria-0-weight").fill("30")
    assert "".join(page.locator("[data-weights-total]").inner_text().split()) == "90%"
    page.locator("#criteria-0 .definition-editor summary").click()
    page.locator("#id_criteria-0-definition_en").fill("")
    page.locator("button[value='add-band:1']").click()
    page.locator("#id_criteria-1-bands-5-lower").wait_for()
    assert page.locator("#id_criteria-0-weight").input_value() == "30"
    assert page.evaluate("document.activeElement.id") == "id_criteria-1-bands-5-lower"
    page.locator("button[value='remove-band:1:5']").click()
    page.locator("#id_criteria-1-bands-5-lower").wait_for(state="detached")
    page.locator("button[name=do][value=publish]").click()
    page.locator("#id_criteria-3-weight_error").wait_for()
    assert page.locator("#id_criteria-0-definition_en_error").is_visible()
    visit.check()
    visit.screenshot(f"editor-problems-{language}-{width}")

    page.locator("#id_criteria-0-weight").fill("40")
    page.locator("#id_criteria-0-definition_en").fill("Assets entrusted to the firm.")
    page.locator("button[name=do][value=publish]").click()
    page.wait_for_url("**/publish/")
    visit.check()
    visit.screenshot(f"publish-{language}-{width}")
    page.locator("form[method=post] .form-actions button[type=submit]").click()
    page.wait_for_url("**/segmentation/*/")
    visit.check()
    visit.screenshot(f"scheme-{language}-{width}")
    with acting_for(firm.pk):
        scheme = Scheme.objects.get()
        counts = [Assignment.objects.filter(segment=segment, ends_on=None).count() for segment in scheme.segments.order_by("rank")]
    assert counts == [6, 18, 24, 12]


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_why_this_segment_and_an_override(visitor: Visitor, language, width):
    with visitor.committed("FR") as firm:
        adviser = factories.make_user(role="adviser", name="Thibault d'Aubigné", language=language)
        client = make_clients(adviser)[7]
        publish_version(version=create_from_preset(preset("vip")), by=adviser)
    visit = visitor.sign_in(adviser, width=width)
    page = visit.open(f"/clients/{client.pk}/")
    visit.check()
    visit.screenshot(f"placed-{language}-{width}")
    page.locator(f"main a[href='/clients/{client.pk}/segment/']").last.click()
    why = page.locator("[id^=why-]")
    why.locator("summary").click()
    visit.check()
    visit.screenshot(f"why-{language}-{width}")
    why.locator("a[href*=override]").click()
    page.locator("#id_reason").fill("Fille d’un client VIP")
    page.locator("#id_segment").select_option(index=0)
    page.locator("#id_expires_on").fill("2027-06-01")
    visit.check()
    visit.screenshot(f"override-{language}-{width}")
    page.locator("form.form button[type=submit]").click()
    page.wait_for_url(f"**/clients/{client.pk}/")
    visit.check()
    visit.screenshot(f"overridden-{language}-{width}")
    with acting_for(firm.pk):
        current = Assignment.objects.get(client=client, ends_on=None)
        assert (current.source, current.segment.name_en, current.reason) == ("override", "VIP", "Fille d’un client VIP")
