"""Capacity, economics, working time and versions, as an administrator meets them: nothing, a little, long names."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from firms.absences import add_absence
from firms.models import Support
from firms.wall import acting_for
from firms.working_time import Terms, set_role_terms
from segmentation.models import Scheme, SchemeVersion
from segmentation.presets import create_from_preset, preset
from service_matrix.models import MatrixVersion
from service_matrix.promises import PromiseTerms
from service_matrix.versions import ensure_catalogue, publish_version, set_promise, start_draft
from tests import factories
from tests.browser import Visitor
from tests.service_matrix.rows import make_draft, make_scheme, place_clients, segment_of
from touchpoints.planning import reconcile

pytestmark = pytest.mark.browser

LONG = "Marie-Antoinette de La Rochefoucauld-Montmorency des Érables"
WORDS = {
    "en": {
        "room": "advisers’ hours run out first",
        "scenario": "A scenario, not today",
        "table": "Show as a table",
        "returned": "Version 3 promises",
    },
    "fr": {
        "room": "les heures des conseillers manquent d’abord",
        "scenario": "Un scénario, pas aujourd’hui",
        "table": "Afficher en tableau",
        "returned": "La version 3 promet",
    },
}


@pytest.mark.parametrize(("language", "width"), [("en", 390), ("fr", 1280)])
def test_an_administrator_weighs_promises_against_hours(visitor: Visitor, language, width):
    words = WORDS[language]
    with visitor.committed() as alpha:
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
    visit = visitor.sign_in(admin, width=width)
    for name, address in (
        ("capacity", "/capacity/"),
        ("people", "/capacity/people/"),
        ("weeks", "/capacity/weeks/"),
        ("economics", "/capacity/economics/"),
    ):
        visit.open(address)
        visit.check()
        visit.screenshot(f"{name}-empty-{language}-{width}")
    today = timezone.localdate()
    with acting_for(alpha.pk):
        set_role_terms(terms={"adviser": Terms(Decimal(5), Decimal(120)), "assistant": Terms(Decimal(35), None)}, assistant_percent=60, by=admin)
        advisers = [factories.make_user(name=name) for name in (LONG, "Bruno Côté")]
        helper = factories.make_user(name="Denis Hébert", role="assistant")
        Support.objects.create(assistant=helper, adviser=advisers[0])
        add_absence(user=advisers[1], starts_on=today, ends_on=today + timedelta(days=30), by=admin, note="Congé parental")
        version = publish_version(version=make_draft(by=admin), revision=1, by=admin)
        for adviser in advisers:
            place_clients(make_scheme(), by_rank={1: 8, 2: 12, 3: 4}, adviser=adviser)
        draft = start_draft(scheme=version.scheme, by=admin)
        draft.promises.filter(touchpoint_type__key="check_in_call").delete()
        first = segment_of(version.scheme, 1)
    reconcile(firm_id=alpha.pk, start=today)
    page = visit.open("/capacity/")
    expect(page.get_by_text(words["room"]).first).to_be_visible()
    visit.check()
    visit.screenshot(f"capacity-{language}-{width}")
    page.locator(f"[name=clients_{first.pk}]").fill("300")
    page.locator(f"[name=clients_{first.pk}]").press("Tab")
    expect(page.get_by_text(words["scenario"])).to_be_visible()
    visit.check()
    visit.screenshot(f"capacity-scenario-{language}-{width}")
    page = visit.open("/capacity/?version=draft")
    expect(page.get_by_text(words["scenario"])).to_be_visible()
    visit.check()
    visit.screenshot(f"capacity-draft-{language}-{width}")
    page = visit.open("/capacity/people/")
    expect(page.locator(".chart-heatgrid svg")).to_be_visible()
    page.get_by_text(words["table"]).click()
    visit.check()
    visit.screenshot(f"people-{language}-{width}")
    visit.open("/capacity/weeks/")
    visit.check()
    visit.screenshot(f"weeks-{language}-{width}")
    for name in ("", "over/", "under/"):
        visit.open(f"/capacity/economics/{name}")
        visit.check()
        visit.screenshot(f"economics-{name.strip('/')}-{language}-{width}")
    for name, address in (
        ("strategy", f"/capacity/strategy/{first.pk}/"),
        ("hours-and-costs", "/people/hours-and-costs/"),
        ("working-time", f"/people/{advisers[1].pk}/time/"),
        ("own-absences", "/profile/absences/"),
        ("channels", "/matrix/channels/"),
        ("channel", "/matrix/channels/new/"),
        ("answering", "/matrix/draft/answering/"),
    ):
        visit.open(address)
        visit.check()
        visit.screenshot(f"{name}-{language}-{width}")


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_an_administrator_sees_what_publishing_does_and_goes_back(visitor: Visitor, language, width):
    with visitor.committed() as alpha:
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
        version = publish_version(version=make_draft(by=admin), revision=1, by=admin)
        place_clients(version.scheme, by_rank={1: 2, 2: 3}, adviser=admin)
    reconcile(firm_id=alpha.pk, start=timezone.localdate())
    with acting_for(alpha.pk):
        draft = start_draft(scheme=version.scheme, by=admin)
        draft.promises.filter(touchpoint_type__key="reporting").delete()
        draft.promises.filter(touchpoint_type__key="check_in_call", segment__rank=2).update(times=9)
    visit = visitor.sign_in(admin, width=width)
    visit.open("/matrix/?version=draft")
    visit.check()
    visit.screenshot(f"matrix-changes-{language}-{width}")
    page = visit.open("/matrix/draft/publish/")
    expect(page.locator("#effect .stat")).to_have_count(4)
    visit.check()
    visit.screenshot(f"publish-effect-{language}-{width}")
    page.get_by_role("main").locator("button[type=submit]").last.click()
    page.wait_for_url("**/matrix/")
    page = visit.open("/matrix/versions/")
    visit.check()
    visit.screenshot(f"versions-{language}-{width}")
    page.locator("[data-dialog^=return-]").click()
    # What returning would do is counted once the dialog is open.
    expect(page.get_by_role("dialog").locator(".stat")).to_have_count(4)
    visit.check()
    visit.screenshot(f"version-return-{language}-{width}", whole=False)
    page.get_by_role("dialog").locator("button[type=submit]").click()
    expect(page.get_by_text(WORDS[language]["returned"])).to_be_visible()
    visit.open(f"/matrix/versions/{draft.pk}/")
    visit.check()
    visit.screenshot(f"version-{language}-{width}")
    with acting_for(alpha.pk):
        assert list(MatrixVersion.objects.order_by("number").values_list("status", flat=True)) == ["retired", "retired", "published"]


CRITERIA = {
    "en": ("at least 2 of these 4", "Lunch-and-learn, seminar", "CRM, needs analysis", "have no birth date"),
    "fr": ("au moins 2 de ces 4", "Repas-conférence, séminaire", "CRM, analyse des besoins", "n’est pas connue"),
}


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_the_strategy_table_says_who_is_in_a_segment_and_what_serves_it(visitor: Visitor, language, width):
    with visitor.committed() as alpha:
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
        rules = create_from_preset(preset("strategy_table"))
        SchemeVersion.objects.filter(pk=rules.pk).update(status="published")
        Scheme.objects.filter(pk=rules.scheme_id).update(is_service=True)
        version = publish_version(version=start_draft(scheme=rules.scheme, by=admin, preset="strategy_table"), revision=1, by=admin)
        place_clients(rules.scheme, by_rank={1: 3, 2: 8, 3: 20, 4: 6}, adviser=admin)
        draft = start_draft(scheme=rules.scheme, by=admin)
        birthday = ensure_catalogue(by=admin)["birthday_greeting"]
        said = PromiseTerms(times=1, channel="post", performer="assistant", minutes=5, window_days=0, anchor="birthday")
        set_promise(version=draft, revision=1, segment=segment_of(rules.scheme, 1), touchpoint_type=birthday, terms=said, by=admin)
    reconcile(firm_id=alpha.pk, start=timezone.localdate())
    visit = visitor.sign_in(admin, width=width)
    criteria, activities, technology, warned = CRITERIA[language]
    page = visit.open("/capacity/economics/")
    for words in (criteria, activities, technology):
        expect(page.get_by_text(words).first).to_be_visible()
    visit.check()
    visit.screenshot(f"strategy-table-{language}-{width}")
    visit.open("/capacity/people/")
    visit.check()
    visit.screenshot(f"people-of-the-strategy-{language}-{width}")
    visit.open(reverse("scheme_detail", args=[version.scheme_id]))
    visit.check()
    visit.screenshot(f"scheme-of-the-strategy-{language}-{width}")
    page = visit.open("/matrix/draft/publish/")
    expect(page.get_by_text(warned).first).to_be_visible()
    visit.check()
    visit.screenshot(f"publish-birthdays-{language}-{width}")
