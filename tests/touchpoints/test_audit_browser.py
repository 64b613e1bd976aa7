"""The service audit, the silent gaps and the dashboard in a real browser, in both languages, wide and narrow."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client
from firms.models import Firm, User
from firms.wall import acting_for
from tests.browser import Visitor
from tests.factories import make_client, make_user
from tests.touchpoints import planning_factories
from tests.touchpoints.rows import make_segment, make_touchpoint, make_type

pytestmark = pytest.mark.browser
LONG = "Fiducie familiale Marie-Antoinette de la Bruère-Beauregard et enfants"


def make_year(visitor: Visitor, *, language: str) -> tuple[Firm, User, User]:
    """An adviser whose past half year went well and badly, with an administrator beside."""
    today = timezone.localdate()
    with visitor.committed("CA-QC" if language == "en" else "FR") as firm:
        adviser = make_user(name="Élodie Lefèvre-Côté", language=language)
        admin = make_user(name="Alice Martin", role="admin", language=language)
        vip, call = make_segment(firm_id=firm.pk), make_type(firm_id=firm.pk)
        planning_factories.publish({(vip, call): 12})
        clients = [make_client(adviser=adviser, name=name) for name in (LONG, "Roy", "Tremblay", "Gagnon")]
        for number, client in enumerate(clients):
            planning_factories.place(client, vip, since=today - timedelta(days=365))
            for month in range(1, 6):
                due_on = today - timedelta(days=30 * month)
                status = "missed" if (number + month) % 4 == 0 else "skipped" if (number + month) % 7 == 0 else "done"
                _close(client, adviser, status, due_on)
            make_touchpoint(client=client, due_on=today + timedelta(days=number), window_days=3, channel="in_person")
    return firm, adviser, admin


def _close(client: Client, adviser: User, status: str, due_on) -> None:
    said = None
    moment = timezone.now() - (timezone.localdate() - due_on)
    if status == "done":
        said = log_interaction(
            client=client, by=adviser, draft=InteractionDraft(channel="phone", subject="Appel", summary="Tout va bien. " * 12, happened_at=moment)
        )
    make_touchpoint(
        client=client, due_on=due_on, status=status, reason="En voyage" if status == "skipped" else "", closed_by=adviser, closed_at=moment,
        interaction=said,
    )  # fmt: skip


PAGES = ("/audit/", "/audit/?by=client", "/audit/evidence/", "/audit/evidence/?fate=skipped", "/gaps/", "/gaps/soon/", "/gaps/windows/", "/")


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("fr", "light")])
def test_the_pages_are_accessible_on_desktop_and_phone(visitor: Visitor, language: str, scheme: str) -> None:
    _firm, adviser, admin = make_year(visitor, language=language)
    # Each reads at each width, each width is read in each language, and each of them in each.
    widths = (1280, 390) if language == "en" else (390, 1280)
    for user, width in zip((adviser, admin), widths, strict=True):
        visit = visitor.sign_in(user, width=width, scheme=scheme)
        for address in PAGES:
            visit.open(address)
            visit.settle()
            visit.check()
            name = address.replace("/", " ").replace("?", " ").strip().replace(" ", "-") or "home"
            visit.screenshot(f"audit-{name}-{user.role}-{width}-{language}")


def test_from_the_answer_to_the_proof_in_two_clicks(visitor: Visitor) -> None:
    _firm, adviser, _admin = make_year(visitor, language="en")
    visit = visitor.sign_in(adviser)
    page = visit.open("/audit/")
    expect(page.get_by_text("No: of 4 clients who were to be met or called")).to_be_visible()
    page.get_by_role("link", name="Which clients?").click()
    page.get_by_role("link", name="Missed, Roy: 1").click()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_text("Nothing was logged before the window ended.")).to_be_visible()
    page.get_by_role("link", name="Delivered on time").click()
    page.get_by_role("link", name="Appel").first.click()
    expect(page.locator("li:target")).to_contain_text("Tout va bien.")


def test_a_silent_client_is_one_click_from_being_called_written_down_or_taken_on(visitor: Visitor) -> None:
    firm, adviser, _admin = make_year(visitor, language="en")
    with acting_for(firm.pk):
        silent = make_client(adviser=adviser, name="Silent Ltd")
        silent.people.update(phone="514 555 0199")
        planning_factories.place(silent, make_segment(firm_id=firm.pk), since=timezone.localdate() - timedelta(days=200))
        touchpoint = make_touchpoint(client=silent)
    visit = visitor.sign_in(adviser)
    page = visit.open("/gaps/")
    row = page.get_by_role("row").filter(has_text="Silent Ltd")
    expect(row.get_by_role("link", name="Call Silent Ltd: 514 555 0199")).to_have_attribute("href", "tel:5145550199")
    expect(row.get_by_role("link", name="Log a contact with Silent Ltd")).to_have_attribute("href", f"/clients/{silent.pk}/interactions/new/")
    row.get_by_role("button", name="Take on the next touchpoint of Silent Ltd").click()
    page.wait_for_url(f"**/queue/{touchpoint.pk}/")
    with acting_for(firm.pk):
        touchpoint.refresh_from_db()
    assert touchpoint.claimed_by_id == adviser.pk
