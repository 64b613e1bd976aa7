"""The review inbox worked by keyboard, and every page of reviewing looked at, in a real browser."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clients.models import Client
from firms.models import User
from firms.wall import acting_for
from segmentation.models import Assignment, Drift, Reassessment, Scheme, SchemeReview, SchemeVersion
from segmentation.overriding import override_segment
from segmentation.presets import create_from_preset, preset
from segmentation.publishing import firm_today, publish_version
from tests import factories
from tests.browser import Visitor
from tests.segmentation.drifting import by_night
from tests.segmentation.rows import make_book

pytestmark = pytest.mark.browser
LONG = "Fiducie familiale Désrosiers-Lafrenière-Beauchamp et associés de la rive sud"


def make_year(visitor: Visitor, *, language: str = "en") -> tuple[User, Scheme]:
    """A firm that published two years ago: clients drifted, some by decision, some to reassess."""
    with visitor.committed() as firm:
        admin = factories.make_user(role="admin", name="Aïcha Benali-Castonguay", language=language)
        anna = factories.make_user(name="Anna Tremblay", role="adviser")
        clients = make_book(admin, [number % 11 for number in range(40)], relationship_quality=6, aum=Decimal(240_000))
        Client.objects.filter(pk__in=[client.pk for client in clients[::3]]).update(adviser=anna)
        for number, client in enumerate(clients):
            Client.objects.filter(pk=client.pk).update(aum=(number * 37_331) % 1_400_000, name=LONG if number == 2 else f"Client {number:02}")
        today = firm_today(firm.pk)
        version = publish_version(version=create_from_preset(preset("vip_gold_silver_bronze")), by=admin, on=today - timedelta(days=500)).version
        SchemeVersion.objects.filter(pk=version.pk).update(published_at=timezone.now() - timedelta(days=500))
        # Who came later: the counts grow over the months.
        for number, row in enumerate(Assignment.objects.order_by("pk")):
            Assignment.objects.filter(pk=row.pk).update(starts_on=today - timedelta(days=500 - 11 * number))
        scheme = version.scheme
        for client, rank, days in ((clients[30], 1, 5), (clients[31], 1, 25), (clients[32], 4, 200)):
            override_segment(
                client=client,
                segment=scheme.segments.get(rank=rank),
                reason="Daughter of one of our first clients, to be seen again after the sale",
                expires_on=today + timedelta(days=days),
                by=admin,
            )
        for number in range(6):
            Client.objects.filter(pk=clients[number].pk).update(aum=1_390_000 - number, potential=10)
        by_night(admin)
        SchemeReview.objects.create(
            scheme=scheme,
            on=today - timedelta(days=370),
            by=admin,
            capacity="partly",
            accuracy="yes",
            delivery="no",
            needs="unknown",
            conclusions="An assistant more from May.",
            figures={"accuracy": [["Clients placed", "38"]]},
            next_on=today - timedelta(days=5),
        )
        return admin, scheme


@pytest.mark.parametrize(("language", "width", "scheme_colours"), [("en", 1280, "light"), ("fr", 390, "dark")])
def test_every_page_of_reviewing_is_accessible_and_fits(visitor: Visitor, language, width, scheme_colours):
    admin, scheme = make_year(visitor, language=language)
    visit = visitor.sign_in(admin, width=width, scheme=scheme_colours)
    with acting_for(admin.firm_id):
        drifting = Drift.objects.select_related("client").order_by("pk").first()
    assert drifting is not None
    pages = {
        "inbox": "/segmentation/review/",
        "inbox-kept": "/segmentation/review/?state=kept",
        "overrides": "/segmentation/review/overrides/",
        "reassessments": "/segmentation/review/reassessments/",
        "reassess": f"/segmentation/clients/{drifting.client_id}/{scheme.pk}/reassess/",
        "history": f"/segmentation/{scheme.pk}/history/",
        "yearly": f"/segmentation/{scheme.pk}/review/",
        "client": f"/clients/{drifting.client_id}/",
        "home": "/",
    }
    for name, address in pages.items():
        visit.open(address)
        visit.check()
        visit.screenshot(f"review-{name}-{language}-{width}")


def test_the_inbox_is_cleared_by_keyboard(visitor: Visitor):
    admin, _scheme = make_year(visitor)
    visit = visitor.sign_in(admin)
    page = visit.open("/segmentation/review/")
    rows = page.locator(".review-row")
    before = rows.count()
    assert before > 5
    first, second = (rows.nth(number).get_attribute("id") for number in range(2))

    # j goes to the first, then on; a accepts the one in focus, and the focus stays at its place.
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('.review-row').id") == first
    page.keyboard.press("a")
    page.locator(f"#{first}").wait_for(state="detached")
    expect(rows).to_have_count(before - 1)
    expect(page.locator(f"#{second} input[name=drift]")).to_be_focused()
    page.keyboard.press("u")
    page.locator(f"#{second}").wait_for()
    expect(rows).to_have_count(before)

    # Two chosen by Space, kept with a reason that is typed.
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("Space")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    assert page.locator("[data-chosen]").inner_text() == "Chosen: 2"
    page.keyboard.press("x")
    page.locator("#review-reason").fill("She asked to stay")
    visit.screenshot("review-keeping", whole=False)
    page.keyboard.press("Enter")
    expect(rows).to_have_count(before - 2)
    with acting_for(admin.firm_id):
        assert list(Drift.objects.filter(state="kept").values_list("reason", flat=True)) == ["She asked to stay"] * 2

    # One snoozed; the badge of the rail follows.
    page.keyboard.press("s")
    page.get_by_role("button", name="In a month").click()
    expect(rows).to_have_count(before - 3)
    assert page.locator(".rail .drift-count").inner_text().startswith(str(before - 3))
    page.keyboard.press("?")
    assert page.locator("#review-help").is_visible()
    visit.check(is_covered=True)
    page.keyboard.press("Escape")

    # Filters and the rest in bulk.
    page.get_by_label("Adviser").select_option(label="Anna Tremblay")
    page.wait_for_url("**adviser=**")
    page.get_by_label("Show", exact=True).select_option(label="Kept")
    page.wait_for_url("**state=kept**")
    page.goto(visit.address + "/segmentation/review/")
    page.get_by_label("Choose all shown").check()
    page.get_by_role("button", name="Accept", exact=True).first.click()
    page.get_by_role("heading", name="Every client is where the rules say").wait_for()
    visit.screenshot("review-done")
    visit.check()


def test_clients_that_did_not_change_are_kept_at_once(visitor: Visitor):
    admin, _scheme = make_year(visitor)
    visit = visitor.sign_in(admin)
    page = visit.open("/segmentation/review/reassessments/")
    page.get_by_label("Choose all shown that did not change").check()
    page.get_by_role("button", name="Keep as they are").click()
    page.get_by_text("are reassessed and stay.").wait_for()
    with acting_for(admin.firm_id):
        assert Reassessment.objects.count() == 3
