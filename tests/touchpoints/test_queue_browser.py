"""The queue in a real browser: several done at once by keyboard, why a line stands where it does, a reader who is left where they read."""

import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clients.follow_ups import FollowUpDraft, add_follow_up
from clients.models import Client, Interaction
from firms.models import Firm, Support, User
from firms.wall import acting_for
from tests.browser import Visitor
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint, make_type
from touchpoints.models import Status, Touchpoint
from touchpoints.queue_pages import ROWS_A_PAGE

pytestmark = pytest.mark.browser


def today_of(firm: Firm) -> date:
    return timezone.localdate(timezone=ZoneInfo(firm.time_zone))


# --- The keyboard ---


def make_day(visitor: Visitor, *, language: str = "en") -> tuple[Firm, User, User, list[Touchpoint]]:
    """An adviser, the assistant, and what is due today: two calls, two e-mails with their letter, two calls more."""
    with visitor.committed("CA-QC") as firm:
        ana = make_user(name="Ana Roy", role="adviser", language=language)
        marie = make_user(name="Marie Lessard", role="assistant", language=language)
        Support.objects.create(assistant=marie, adviser=ana)
        letter = {"subject_en": "News", "message_en": "Dear {client}", "subject_fr": "Nouvelles", "message_fr": "Bonjour {client}"}
        news = make_type(firm_id=firm.pk, key="market_update", name_en="Market update", name_fr="Nouvelles des marchés", channel="email", **letter)
        made = []
        for number in range(6):
            fields: dict[str, Any] = {"channel": "email", "touchpoint_type": news} if number in {2, 3} else {}
            client = make_client(adviser=ana, name=f"Client {number}", language="en")
            made.append(make_touchpoint(client=client, due_on=today_of(firm), rank=1 + number // 2, **fields))
    return firm, ana, marie, made


def test_several_are_reassigned_and_completed_and_lines_walked_and_opened_by_keyboard(visitor: Visitor) -> None:
    firm, ana, marie, made = make_day(visitor)
    visit = visitor.sign_in(ana)
    page = visit.open("/queue/")
    rows, links, boxes = (page.locator(f".queue-row{inside}") for inside in ("", " > a", " .queue-choose"))
    chosen = page.locator("#queue-bulk [data-chosen]")

    # Two calls, chosen on the way down, are asked of the assistant.
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(chosen).to_have_text("2")
    page.keyboard.press("k")
    expect(links.first).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator("#bulk-to")).to_be_focused()
    visit.check(is_covered=True)
    page.keyboard.type("Marie")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(4)
    with acting_for(firm.pk):
        assert list(Touchpoint.objects.filter(assigned_to=marie).order_by("pk")) == made[:2]

    # Of two e-mails, `e` says that they were sent.
    for key in ("j", "x", "j", "x", "e"):
        page.keyboard.press(key)
    expect(rows).to_have_count(2)
    with acting_for(firm.pk):
        assert list(Interaction.objects.filter(by=ana).order_by("pk").values_list("channel", "summary")) == [
            ("email", "Dear Client 2"),
            ("email", "Dear Client 3"),
        ]
        assert list(Touchpoint.objects.filter(status=Status.DONE).order_by("pk")) == made[2:4]

    # All or none; down, back up, and the second is opened without a reload.
    for ticked in (True, False):
        page.keyboard.press("Shift+X")
        for box in boxes.all():
            expect(box).to_be_checked(checked=ticked)
    for key, number in (("j", 0), ("j", 1), ("k", 0), ("j", 1)):
        page.keyboard.press(key)
        expect(links.nth(number)).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator(f"[data-touchpoint='{made[5].pk}'] #queue-title")).to_be_focused()
    page.keyboard.press("c")
    page.keyboard.type("All is well.")
    page.keyboard.press("Control+Enter")
    expect(rows).to_have_count(1)
    with acting_for(firm.pk):
        assert Touchpoint.objects.get(pk=made[5].pk).interaction.summary == "All is well."  # type: ignore[union-attr]

    # Enter in the reason skips, and sends no e-mail; without a reason nothing is sent and what was chosen stays.
    boxes.first.check()
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    expect(boxes.first).to_be_checked()
    page.keyboard.type("In hospital")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(0)
    with acting_for(firm.pk):
        assert list(Touchpoint.objects.filter(status=Status.SKIPPED).values_list("pk", "reason")) == [(made[4].pk, "In hospital")]


def test_a_line_says_why_it_stands_where_it_does_when_pointed_at_or_focused(visitor: Visitor) -> None:
    _firm, ana, _marie, _made = make_day(visitor)
    page = visitor.sign_in(ana).open("/queue/")
    links = page.locator(".queue-row > a")

    def said(number: int) -> str:
        return str(links.nth(number).evaluate("link => getComputedStyle(link, '::after').content"))

    why = '"Its place: due today, then segment {} (rank {}), then promise holds 30 more days."'
    assert said(2) == "none"
    links.nth(2).hover()
    assert said(2) == why.format("Gold", 2)
    page.mouse.move(0, 0)
    page.keyboard.press("j")
    expect(links.first).to_be_focused()
    assert (said(0), said(2)) == (why.format("VIP", 1), "none")


# --- What one knows of the client ---


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_personal_context_is_written_beside_the_touchpoint(visitor: Visitor, language: str, width: int) -> None:
    firm, ana, _marie, made = make_day(visitor, language=language)
    visit = visitor.sign_in(ana, width=width)
    page = visit.open(f"/queue/{made[0].pk}/")
    part = page.locator("#context-personal")
    part.locator("#context-edit").press("Enter")
    expect(part.locator("textarea")).to_be_focused()
    page.keyboard.type("Two children, the elder one at university in Québec City.\nA boat.")
    visit.check(is_covered=width < 600)
    visit.screenshot(f"queue-context-form-{language}-{width}", whole=False)
    part.locator("button[type=submit]").press("Enter")
    expect(part.get_by_text("A boat.")).to_be_visible()
    expect(part).to_be_focused()
    expect(page.locator(f"[data-touchpoint='{made[0].pk}']")).to_be_visible()
    visit.check(is_covered=width < 600)
    visit.screenshot(f"queue-context-{language}-{width}", whole=False)
    with acting_for(firm.pk):
        assert Client.objects.get(pk=made[0].client_id).personal_context.endswith("\nA boat.")


# --- Where one reads ---

# How often a part of the page was settled, after the page's own scripts heard of it.
COUNT_SETTLED = """document.addEventListener("htmx:afterSettle", () => {
    document.body.dataset.settled = Number(document.body.dataset.settled ?? 0) + 1;
})"""


def test_who_reads_further_down_a_long_queue_is_left_there(visitor: Visitor) -> None:
    with visitor.committed("CA-QC") as firm:
        ana = make_user(name="Ana Roy", role="adviser", language="en")
        client = make_client(adviser=ana, name="Roy")
        for _ in range(ROWS_A_PAGE + 10):
            make_touchpoint(client=client, due_on=today_of(firm))
        add_follow_up(client=client, by=ana, draft=FollowUpDraft(text="Send the form", due_on=today_of(firm), assignee=ana))
    page = visitor.sign_in(ana).page
    page.clock.install()
    page.goto(f"{visitor.address}/queue/")
    page.evaluate(COUNT_SETTLED)
    rows = page.locator(".queue-row")
    # The first lies open beside the list; whoever scrolls to the end of it is far below.
    expect(rows.first.locator("[aria-current]")).to_have_count(1)
    page.locator(".queue-more").evaluate("link => link.scrollIntoView({ block: 'end' })")
    stood = where_stands(page, ROWS_A_PAGE)
    assert stood > 0
    expect(rows).to_have_count(ROWS_A_PAGE + 10)
    wait_until_settled(page, since=None)
    assert where_stands(page, ROWS_A_PAGE) == stood

    def tick_follow_up() -> None:
        page.locator(".queue-follow-ups .follow-up-check").evaluate("button => button.click()")

    def let_a_minute_pass() -> None:
        page.clock.fast_forward("01:05")

    for act in (tick_follow_up, let_a_minute_pass):
        since = page.locator("body").get_attribute("data-settled")
        act()
        wait_until_settled(page, since=since)
        assert where_stands(page, ROWS_A_PAGE) == stood, act.__name__
    expect(page.locator(".follow-up-done")).to_have_count(1)


def where_stands(page: Page, number: int) -> int:
    """How far from the top of the window the numbered line of the list is."""
    return int(page.locator(".queue-row").nth(number - 1).evaluate("row => Math.round(row.getBoundingClientRect().top)"))


def wait_until_settled(page: Page, *, since: str | None) -> None:
    """Until a part of the page settled since so many did."""
    expect(page.locator("body")).to_have_attribute("data-settled", re.compile(rf"^(?!{since}$)\d+$"))
