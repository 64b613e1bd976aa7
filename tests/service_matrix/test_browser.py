from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from firms.wall import acting_for
from service_matrix.models import Promise
from service_matrix.versions import set_promise
from tests import factories
from tests.browser import Visitor
from tests.service_matrix.rows import make_draft, make_scheme, place_clients, segment_of, terms

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "publish…": "Publish…",
        "publish": "Publish",
        "start": "Start from this matrix",
        "times": "Times a year",
        "save": "Save",
        "published": "The matrix is published. The year is being planned.",
        "cell": "5 × Phone · 20 min",
        "minutes": "Minutes",
        "new": "Prepare a new version",
    },
    "fr": {
        "publish…": "Publier…",
        "publish": "Publier",
        "start": "Partir de cette matrice",
        "times": "Fois par an",
        "save": "Enregistrer",
        "published": "La matrice est publiée. L’année est en cours de planification.",
        "cell": "5 × Téléphone · 20 min",
        "minutes": "Minutes",
        "new": "Préparer une nouvelle version",
    },
}


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_an_administrator_picks_a_preset_changes_a_cell_and_publishes(visitor: Visitor, language, width):
    words = WORDS[language]
    with visitor.committed() as alpha:
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
        place_clients(make_scheme("vip_gold_silver_bronze"), by_rank={1: 2, 2: 3, 3: 4, 4: 5}, adviser=admin)
    visit = visitor.sign_in(admin, width=width)
    page = visit.open("/matrix/")
    visit.check()
    visit.screenshot(f"matrix-start-{language}-{width}")
    page.get_by_role("button", name=words["start"]).first.click()
    visit.check()
    # On a wide page a click edits in place; everything of a promise is in the dialog.
    page.get_by_role("link", name="12 ×").first.press("Shift+Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    visit.check()
    visit.screenshot(f"matrix-cell-{language}-{width}", whole=False)
    page.get_by_label(words["times"]).fill("5")
    page.get_by_label(words["minutes"]).fill("20")
    page.get_by_role("button", name=words["save"]).click()
    cell = page.get_by_role("link", name=words["cell"])
    expect(cell).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()
    visit.screenshot(f"matrix-draft-{language}-{width}")
    page.get_by_role("link", name=words["publish…"]).click()
    visit.check()
    visit.screenshot(f"matrix-publish-{language}-{width}")
    page.get_by_role("main").get_by_role("button", name=words["publish"]).click()
    expect(page.get_by_text(words["published"])).to_be_visible()
    visit.check()
    visit.screenshot(f"matrix-published-{language}-{width}")
    visit.open("/matrix/types/")
    visit.check()
    visit.screenshot(f"matrix-types-{language}-{width}")
    page.get_by_role("main").get_by_role("link", name="Newsletter" if language == "en" else "Lettre d’information").click()
    visit.check()
    visit.screenshot(f"matrix-type-{language}-{width}")
    with acting_for(alpha.pk):
        assert list(Promise.objects.filter(times=5).values_list("minutes", flat=True)) == [20]


def test_a_promise_opened_by_its_own_address_is_saved_and_leads_to_the_grid(visitor: Visitor):
    with visitor.committed() as alpha:
        admin = factories.make_user(name="Alice Roy", role="admin")
        draft = make_draft(by=admin)
        promise = Promise.objects.get(version=draft, touchpoint_type__key="review_meeting", segment__rank=2)
    page = visitor.sign_in(admin).open(reverse("promise_edit", args=[promise.touchpoint_type_id, promise.segment_id]))
    page.get_by_label("Times a year").fill("3")
    # Letters for a number would go out as nothing: the browser refuses them, though the form leaves its words to the server.
    at_most = page.locator("#id_times_at_most")
    at_most.press_sequentially("e")
    page.get_by_role("button", name="Save").click()
    expect(at_most).to_be_focused()
    assert at_most.evaluate("field => field.validity.badInput")
    at_most.fill("")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/matrix/?version=draft")
    with acting_for(alpha.pk):
        assert Promise.objects.get(pk=promise.pk).times == 3


def test_the_grid_is_moved_through_and_edited_by_keyboard(visitor: Visitor):
    with visitor.committed() as alpha:
        admin = factories.make_user(name="Alice Roy", role="admin")
        draft = make_draft(by=admin)
    visit = visitor.sign_in(admin)
    page = visit.open("/matrix/?version=draft")
    page.locator("[data-cell]").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Enter")
    times = page.get_by_label("Times a year")
    expect(times).to_be_focused()
    expect(page.get_by_role("dialog")).to_contain_text("Review meeting")
    # Meanwhile someone else changes the same cell.
    with acting_for(alpha.pk):
        cell = Promise.objects.get(version=draft, touchpoint_type__key="review_meeting", segment__rank=2)
        set_promise(
            version=draft, revision=1, segment=segment_of(draft.scheme, 2), touchpoint_type=cell.touchpoint_type, terms=terms(times=6), by=admin
        )
    times.fill("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text("6 × Phone, 30 min")).to_be_visible()
    expect(page.get_by_text("how often: 6 × → 3 ×")).to_be_visible()
    visit.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="3 × In person · 60 min").last).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_a_conflict_is_read_where_it_arose(visitor: Visitor, language, width):
    with visitor.committed() as alpha:
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
        draft = make_draft(by=admin)
    visit = visitor.sign_in(admin, width=width)
    page = visit.open("/matrix/?version=draft")
    cell = page.get_by_role("link", name="12 ×").first.get_attribute("id")
    for name, key in (("dialog", "Shift+Enter"), ("cell", "3")):
        page.locator(f"#{cell}").focus()
        page.keyboard.press(key)
        form = page.locator("#promise-panel form" if name == "dialog" else "[data-cell-form]")
        expect(form).to_be_visible()
        with acting_for(alpha.pk):
            draft.refresh_from_db()
            mine = Promise.objects.get(version=draft, touchpoint_type__key="check_in_call", segment__rank=1)
            theirs = terms(times=6, window_days=20, note=f"Jamais le lundi, sauf en mars ({name})", direct_cost=Decimal("1025.50"), lead_days=14)
            segment, kind = mine.segment, mine.touchpoint_type
            set_promise(version=draft, revision=draft.revision, segment=segment, touchpoint_type=kind, terms=theirs, by=admin)
        if name == "dialog":
            form.locator("[name=times]").fill("3")
        page.keyboard.press("Enter")
        expect(form.locator(".conflict")).to_be_visible()
        visit.check()
        visit.screenshot(f"matrix-conflict-{name}-{language}-{width}", whole=False)
        page = visit.open("/matrix/?version=draft")


def test_a_cell_is_typed_in_its_place_left_undone_and_done_again(visitor: Visitor):
    with visitor.committed():
        admin = factories.make_user(name="Alice Roy", role="admin")
        draft = make_draft(by=admin)
        place_clients(draft.scheme, by_rank={1: 3}, adviser=admin)
    visit = visitor.sign_in(admin)
    page = visit.open("/matrix/?version=draft")
    cell = page.locator(f"#{page.get_by_role('link', name='12 × Phone · 15 min').get_attribute('id')}")
    cell.focus()
    capacity = page.locator("#matrix-capacity")
    before = capacity.inner_text()
    page.keyboard.press("3")
    expect(page.locator("[data-cell-form] [name=frequency]")).to_have_value("3")
    expect(capacity).not_to_have_text(before, use_inner_text=True)
    visit.check()
    page.keyboard.press("Escape")
    expect(cell).to_be_focused()
    expect(cell).to_contain_text("12 × Phone")
    expect(capacity).to_have_text(before, use_inner_text=True)
    page.keyboard.press("3")
    expect(page.locator("[data-cell-form] [name=frequency]")).to_have_value("3")
    page.keyboard.press("Enter")
    expect(cell).to_be_focused()
    expect(cell).to_contain_text("3 × Phone")
    page.keyboard.press("Control+z")
    expect(cell).to_be_focused()
    expect(cell).to_contain_text("12 × Phone")
    page.keyboard.press("Control+y")
    expect(cell).to_be_focused()
    expect(cell).to_contain_text("3 × Phone")
    # Down at the last row the capacity stays in sight, below the header; minutes that make no sense are refused beside the cell, in words.
    page.locator("[data-cell]").last.press("5")
    expect(page.locator("[data-cell-form] [name=frequency]")).to_have_value("5")
    header, bars = (page.locator(each).bounding_box() for each in (".top", "#matrix-capacity"))
    assert header is not None
    assert bars is not None
    assert header["y"] + header["height"] <= bars["y"] < page.evaluate("innerHeight")
    page.locator("[data-cell-form] [name=minutes]").fill("1500")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cell-form] .field-errors")).to_have_text("There are 1,440 minutes in a day.")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "This segment is no longer in the matrix"), ("fr", "Ce segment ne fait plus partie de la matrice")]
)
def test_a_segment_deleted_while_its_cell_is_typed_in_is_said_in_the_grid(visitor: Visitor, language, words):
    with visitor.committed() as alpha:
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
        draft = make_draft(by=admin)
    visit = visitor.sign_in(admin)
    page = visit.open("/matrix/?version=draft")
    cell = page.locator("[data-cell]").filter(has_text="1 ×").last
    cell.focus()
    cell.press("Enter")
    typed = page.locator("[data-cell-form] [name=frequency]")
    expect(typed).to_be_focused()
    with acting_for(alpha.pk):
        segment_of(draft.scheme, 3).delete()
    typed.fill("7")
    typed.press("Enter")
    refusal = page.get_by_role("alert").filter(has_text=words)
    expect(refusal).to_be_focused()
    expect(refusal).to_be_in_viewport()
    expect(page.locator("#matrix-grid thead th")).to_have_count(3)
    visit.check()
    visit.screenshot(f"matrix-segment-gone-{language}", whole=False)


def test_a_scenario_with_people_by_name_answers_as_it_is_chosen(visitor: Visitor):
    with visitor.committed():
        admin = factories.make_user(name="Alice Roy", role="admin")
        leaving = factories.make_user(name="Marie-Antoinette de La Rochefoucauld-Montmorency", role="adviser")
        draft = make_draft(by=admin)
        place_clients(draft.scheme, by_rank={1: 2}, adviser=leaving)
    visit = visitor.sign_in(admin, width=390, scheme="dark")
    page = visit.open("/capacity/")
    page.get_by_label("Who").first.select_option(label=leaving.name)
    page.get_by_label("Hours a week").first.fill("0")
    page.get_by_label("Hours a week").first.press("Tab")
    expect(page.get_by_text("2 clients have no adviser from then on")).to_be_visible()
    page.get_by_label("Who").nth(1).select_option(label="A new adviser")
    expect(page.get_by_role("heading", name="A new adviser from")).to_be_visible()
    # Every line says something: another one came.
    expect(page.get_by_label("Who")).to_have_count(3)
    visit.check()
    visit.screenshot("capacity-people-by-name-390")
