"""Publishing by the page: today or on a day to come, with a note and what was shown; taken back; gone back to; told to who should know."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from clients.attributes import catalogue_of
from clients.models import AttributeDefinition, Client
from firms.wall import enter_firm
from messaging import notices
from messaging.models import Notice
from segmentation.drafting import DraftUnderWay, restore_version
from segmentation.models import Assignment, Criterion, SchemeVersion
from segmentation.publishing import AlreadyPublished, DateRefused, cancel_scheduled, firm_today, publish_version, schedule_version, start_draft
from segmentation.rules import load_rules, write_rules
from segmentation.tending import tend_schemes
from tests import factories
from tests.segmentation.rows import make_book, make_draft, make_rules, make_scheme, periods, potential


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def confirm(browser, draft, **changes):
    """Post the confirmation page as it was shown."""
    shown = browser.get(reverse("scheme_publish", args=[draft.scheme_id])).context["shown"]
    posted = {"version": draft.pk, "revision": draft.revision, "shown": shown, "when": "today", **changes}
    return browser.post(reverse("scheme_publish", args=[draft.scheme_id]), posted)


def stands(version):
    row = SchemeVersion.objects.get(pk=version.pk)
    return row.status, row.effective_on, row.note


def told(user, kind="scheme_published"):
    return [notices.wording(notice) for notice in Notice.objects.filter(user=user, kind=kind).order_by("pk")]


# --- Deciding ---


def test_the_decision_keeps_its_note_and_what_was_shown_even_when_the_book_moves_on(browser, alice):
    make_book(alice, [9, 5, 5])
    draft = make_draft()
    shown = browser.get(reverse("scheme_publish", args=[draft.scheme_id])).context["shown"]
    Client.objects.update(potential=9)
    answer = {"version": draft.pk, "revision": draft.revision, "shown": shown, "when": "today", "note": "As agreed in March."}
    browser.post(reverse("scheme_publish", args=[draft.scheme_id]), answer)
    version = SchemeVersion.objects.get(pk=draft.pk)
    assert version.simulation is not None
    assert [each["clients"][1] for each in version.simulation["segments"]] == [1, 2, 0]
    assert (version.note, version.decided_at, Assignment.objects.filter(segment__rank=1).count()) == ("As agreed in March.", version.published_at, 3)
    page = browser.get(reverse("scheme_version", args=[draft.scheme_id, draft.number])).content.decode()
    assert ("by Alice Roy" in page, "who saw on" in page, "As agreed in March." in page, "What was shown when it was decided" in page) == (True,) * 4


def test_what_was_shown_of_another_draft_is_not_kept(browser, alice):
    draft, other = make_draft(), make_draft(make_scheme(name="Other"))
    shown = browser.get(reverse("scheme_publish", args=[other.scheme_id])).context["shown"]
    confirm(browser, draft, shown=shown)
    assert SchemeVersion.objects.get(pk=draft.pk).simulation is None
    assert "No simulation was shown." in browser.get(reverse("scheme_version", args=[draft.scheme_id, draft.number])).content.decode()


def test_the_confirmation_says_what_will_happen(browser, alice):
    make_book(alice, [9, 5, 5])
    page = browser.get(reverse("scheme_publish", args=[make_draft().scheme_id])).content.decode()
    assert ("3 clients are placed by the new rules." in page, "3 clients are placed for the first time." in page) == (True, True)


def test_on_a_day_to_come_nothing_moves_before_it(browser, alice):
    (client,) = make_book(alice, [5])
    first = publish_version(version=make_draft(), by=alice).version
    draft = make_draft(first.scheme, criteria=(potential(),))
    write_rules(version=draft, rules=make_rules([cut.segment_id for cut in load_rules(draft).cuts], method="quotas", quotas=(40, 40, 20)))
    day = firm_today(alice.firm_id) + timedelta(days=12)
    assert confirm(browser, draft, when="later", effective_on=day.isoformat(), note="New year")["Location"].endswith(f"/{first.scheme_id}/")
    assert stands(draft) == ("scheduled", day, "New year")
    assert "is to take effect on" in browser.get(reverse("scheme_detail", args=[first.scheme_id])).content.decode()
    tend_schemes(firm_id=alice.firm_id, today=day - timedelta(days=1))
    assert [segment for segment, *_ in periods(client)] == ["Middle"]
    tend_schemes(firm_id=alice.firm_id, today=day)
    assert (periods(client)[-1], stands(draft)) == (("Top", "computed", day.isoformat(), None), ("published", day, "New year"))
    version = SchemeVersion.objects.get(pk=draft.pk)
    assert version.simulation
    assert version.decided_at
    assert version.published_at
    assert (version.simulation["moved"], version.decided_at < version.published_at) == (1, True)
    # Who decided weeks ago is told too, once.
    tend_schemes(firm_id=alice.firm_id, today=day)
    assert told(alice) == ["Alice Roy published version 2 of “Levels”. 1 client changed segment."]


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        ({"when": "later"}, "effective_on"),
        ({"when": "later", "effective_on": "soon"}, "effective_on"),
        ({"when": "later", "effective_on": "2020-01-01"}, "effective_on"),
        ({"when": "later", "effective_on": "2999-01-01"}, "effective_on"),
        ({"when": "never"}, "when"),
        ({"note": "x" * 301}, "note"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_nothing_is_decided(browser, alice, posted, field):
    draft = make_draft()
    response = confirm(browser, draft, **posted)
    assert list(response.context["form"].errors) == [field]
    assert (stands(draft), Assignment.objects.count()) == (("draft", None, ""), 0)


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_day_that_is_past_today_or_too_far_is_refused(alice, days):
    draft = make_draft()
    with pytest.raises(DateRefused):
        schedule_version(version=draft, by=alice, revision=1, on=firm_today(alice.firm_id) + timedelta(days=days))
    assert stands(draft) == ("draft", None, "")


def test_scheduled_twice_the_second_person_is_told_and_the_first_decision_stands(browser, alice):
    anna = factories.make_user(name="Anna", role="admin")
    draft = make_draft()
    shown = browser.get(reverse("scheme_publish", args=[draft.scheme_id])).context["shown"]
    day = firm_today(alice.firm_id) + timedelta(days=3)
    schedule_version(version=draft, by=anna, revision=1, on=day)
    for when in ({"when": "today"}, {"when": "later", "effective_on": (day + timedelta(days=1)).isoformat()}):
        posted = {"version": draft.pk, "revision": 1, "shown": shown, **when}
        answer = browser.post(reverse("scheme_publish", args=[draft.scheme_id]), posted, follow=True).content.decode()
        assert "Anna has just decided that this version takes effect on" in answer
    assert (stands(draft)[:2], Assignment.objects.count()) == (("scheduled", day), 0)


def test_another_version_takes_the_place_of_one_scheduled_before(alice):
    today = firm_today(alice.firm_id)
    earlier = schedule_version(version=make_draft(), by=alice, revision=1, on=today + timedelta(days=3))
    later = schedule_version(version=start_draft(scheme=earlier.scheme), by=alice, revision=1, on=today + timedelta(days=5))
    assert (stands(earlier)[:2], stands(later)[:2]) == (("retired", None), ("scheduled", today + timedelta(days=5)))
    tend_schemes(firm_id=alice.firm_id, today=today + timedelta(days=4))
    assert SchemeVersion.objects.filter(status="published").count() == 0


# --- Taking back ---


def test_taken_back_it_is_a_draft_again_and_its_day_passes(browser, alice):
    make_book(alice, [9])
    today = firm_today(alice.firm_id)
    version = schedule_version(version=make_draft(), by=alice, revision=1, on=today + timedelta(days=3), note="Soon")
    url = reverse("version_cancel", args=[version.scheme_id, version.number])
    assert browser.post(url)["Location"] == reverse("scheme_what_if", args=[version.scheme_id, version.number])
    tend_schemes(firm_id=alice.firm_id, today=today + timedelta(days=3))
    assert (stands(version)[0], Assignment.objects.count()) == ("draft", 0)
    assert browser.post(url).status_code == 404


def test_taken_back_beside_another_draft_it_is_set_aside(browser, alice):
    version = schedule_version(version=make_draft(), by=alice, revision=1, on=firm_today(alice.firm_id) + timedelta(days=3))
    start_draft(scheme=version.scheme)
    browser.post(reverse("version_cancel", args=[version.scheme_id, version.number]))
    assert stands(version)[:2] == ("retired", None)
    assert "was never in force" in browser.get(reverse("scheme_version", args=[version.scheme_id, version.number])).content.decode()


def test_taken_back_too_late_says_so(browser, alice):
    version = publish_version(version=make_draft(), by=alice).version
    with pytest.raises(AlreadyPublished):
        cancel_scheduled(version=version)
    answer = browser.post(reverse("version_cancel", args=[version.scheme_id, version.number]), follow=True)
    assert "Too late: version 1 is in force since" in answer.content.decode()


# --- On its day ---


def test_each_firm_publishes_when_its_own_day_begins(alice, beta):
    """Montréal and Paris decided on the same day; across the change to summer time in Québec."""
    day = date(2026, 3, 10)
    versions = {}
    with time_machine.travel("2026-03-05T12:00:00Z", tick=False):
        for firm_id in (alice.firm_id, beta.pk):
            enter_firm(firm_id)
            by = alice if firm_id == alice.firm_id else factories.make_user(role="admin", name="Bob admin")
            versions[firm_id] = schedule_version(version=make_draft(), by=by, revision=1, on=day)

    def tick(moment):
        found = {}
        with time_machine.travel(moment, tick=False):
            for firm_id, version in versions.items():
                enter_firm(firm_id)
                tend_schemes(firm_id=firm_id)
                found[firm_id] = SchemeVersion.objects.get(pk=version.pk).status
        return found[alice.firm_id], found[beta.pk]

    assert tick("2026-03-09T22:59:00Z") == ("scheduled", "scheduled")
    assert tick("2026-03-09T23:00:00Z") == ("scheduled", "published")
    assert tick("2026-03-10T03:59:00Z") == ("scheduled", "published")
    assert tick("2026-03-10T04:00:00Z") == ("published", "published")
    for firm_id, version in versions.items():
        enter_firm(firm_id)
        assert SchemeVersion.objects.get(pk=version.pk).effective_on == day


def test_a_day_missed_is_made_up_for_from_the_day_it_happens(alice):
    (client,) = make_book(alice, [9])
    today = firm_today(alice.firm_id)
    version = schedule_version(version=make_draft(), by=alice, revision=1, on=today + timedelta(days=2))
    tend_schemes(firm_id=alice.firm_id, today=today + timedelta(days=5))
    assert (stands(version)[:2], periods(client)[0][2]) == (("published", today + timedelta(days=5)), (today + timedelta(days=5)).isoformat())


def test_refused_on_its_day_it_stays_says_why_and_the_administrators_are_told_once(browser, alice):
    """An attribute it weighs is archived meanwhile."""
    anna = factories.make_user(name="Anna", role="admin")
    factories.make_user(name="Adviser")
    definition = AttributeDefinition.objects.create(slug="golf", group="relationship", type="number", label_en="Golf", label_fr="Golf")
    make_book(alice, [5])
    draft = make_draft()
    Criterion.objects.filter(version=draft).update(attribute="own:golf" if "own:golf" in catalogue_of(alice.firm_id) else own_key(alice))
    day = firm_today(alice.firm_id) + timedelta(days=2)
    schedule_version(version=draft, by=alice, revision=1, on=day)
    AttributeDefinition.objects.filter(pk=definition.pk).update(archived_at="2026-01-01T00:00:00Z")
    for _ in range(3):
        tend_schemes(firm_id=alice.firm_id, today=day)
    assert (stands(draft)[:2], Assignment.objects.count()) == (("scheduled", day), 0)
    refused = ["Version 1 of “Levels” was to take effect and could not: something in it must be settled first."]
    assert [told(user, "scheme_refused") for user in (alice, anna)] == [refused, refused]
    assert Notice.objects.filter(kind="scheme_refused").count() == 2
    with time_machine.travel(f"{day.isoformat()}T18:00:00Z", tick=False):
        browser.force_login(alice)
        page = browser.get(reverse("scheme_version", args=[draft.scheme_id, draft.number])).content.decode()
        assert ("and could not" in page, "“Golf” is archived" in page) == (True, True)
        assert "See what stands against it" in browser.get(reverse("scheme_detail", args=[draft.scheme_id])).content.decode()
    # Brought back, it takes effect at the next tick.
    AttributeDefinition.objects.filter(pk=definition.pk).update(archived_at=None)
    tend_schemes(firm_id=alice.firm_id, today=day)
    assert stands(draft)[0] == "published"


def own_key(user):
    return next(key for key in catalogue_of(user.firm_id).own if key.endswith("golf"))


# --- Told ---


def test_the_other_administrators_are_told_who_published_and_how_many_moved(browser, alice):
    anna = factories.make_user(name="Anna", role="admin", language="fr")
    adviser = factories.make_user(name="Adviser")
    gone = factories.make_user(name="Gone", role="admin", is_active=False)
    make_book(alice, [9, 5])
    confirm(browser, make_draft())
    assert [told(user) for user in (alice, adviser, gone)] == [[], [], []]
    assert told(anna) == ["Alice Roy published version 1 of “Levels”. 2 clients were placed for the first time."]
    with translation.override("fr-ca"):
        assert told(anna)[0] != "Alice Roy published version 1 of “Levels”. 2 clients were placed for the first time."
    assert Notice.objects.get(user=anna).url == reverse("scheme_version", args=[SchemeVersion.objects.get().scheme_id, 1])


def test_a_publication_that_moves_nobody_says_so(alice):
    anna = factories.make_user(name="Anna", role="admin")
    publish_version(version=make_draft(), by=alice)
    assert told(anna) == ["Alice Roy published version 1 of “Levels”. Nobody changed segment."]


# --- Going back ---


def test_going_back_is_a_draft_to_look_at_and_publish(browser, alice):
    (client,) = make_book(alice, [5])
    first = publish_version(version=make_draft(), by=alice).version
    second = start_draft(scheme=first.scheme)
    rules = load_rules(second)
    write_rules(version=second, rules=make_rules([cut.segment_id for cut in rules.cuts], method="quotas", quotas=(40, 40, 20)))
    publish_version(version=second, by=alice)
    assert periods(client)[-1][0] == "Top"
    response = browser.post(reverse("version_restore", args=[first.scheme_id, 1]))
    assert response["Location"] == reverse("scheme_what_if", args=[first.scheme_id, 3])
    page = browser.get(response["Location"])
    assert [(left.name_en, reached.name_en, count) for left, reached, count in page.context["found"].moves] == [("Top", "Middle", 1)]
    confirm(browser, SchemeVersion.objects.get(number=3))
    assert periods(client)[-1][0] == "Middle"
    statuses = dict(SchemeVersion.objects.values_list("number", "status"))
    assert statuses == {1: "retired", 2: "retired", 3: "published"}


def test_going_back_waits_for_the_draft_under_way_and_links_to_it(browser, alice):
    first = publish_version(version=make_draft(), by=alice).version
    publish_version(version=start_draft(scheme=first.scheme), by=alice)
    draft = start_draft(scheme=first.scheme)
    with pytest.raises(DraftUnderWay):
        restore_version(version=SchemeVersion.objects.get(pk=first.pk))
    response = browser.post(reverse("version_restore", args=[first.scheme_id, 1]))
    assert response.status_code == 409
    assert reverse("scheme_what_if", args=[first.scheme_id, draft.number]) in response.content.decode()
    assert SchemeVersion.objects.count() == 3


# --- The history ---


def test_the_history_lists_every_version_and_hides_a_draft_that_is_not_shared(browser, client, alice):
    first = publish_version(version=make_draft(), by=alice, note="The beginning").version
    start_draft(scheme=first.scheme)
    url = reverse("scheme_versions", args=[first.scheme_id])
    assert [version.number for version in browser.get(url).context["versions"]] == [2, 1]
    client.force_login(factories.make_user(name="Anna"))
    page = client.get(url)
    assert ([version.number for version in page.context["versions"]], "The beginning" in page.content.decode()) == ([1], True)


def test_the_history_costs_the_same_for_one_version_and_for_thirty(browser, alice, django_assert_num_queries, django_assert_max_num_queries):
    scheme = make_draft().scheme
    url = reverse("scheme_versions", args=[scheme.pk])
    browser.get(url)
    with django_assert_max_num_queries(14) as few:
        browser.get(url)
    SchemeVersion.objects.bulk_create(
        SchemeVersion(scheme=scheme, number=number, status="retired", published_by=alice, effective_on="2026-01-01") for number in range(2, 34)
    )
    with django_assert_num_queries(len(few.captured_queries)):
        page = browser.get(url)
    assert ([version.number for version in page.context["versions"]], page.context["next"]) == (list(range(33, 3, -1)), 4)
    assert [version.number for version in browser.get(url, {"under": 4}).context["versions"]] == [3, 2, 1]
    assert browser.get(url, {"under": "x"}).context["versions"][0].number == 33


def test_a_version_says_what_changed_since_the_one_before_it_that_was_decided(browser, alice):
    first = publish_version(version=make_draft(), by=alice).version
    aside = schedule_version(version=start_draft(scheme=first.scheme), by=alice, revision=1, on=firm_today(alice.firm_id) + timedelta(days=3))
    start_draft(scheme=first.scheme)
    cancel_scheduled(version=aside)
    third = SchemeVersion.objects.get(number=3)
    rules = load_rules(third)
    cuts = [cut.segment_id for cut in rules.cuts]
    write_rules(version=third, rules=make_rules(cuts, method="quotas", quotas=(20, 30, 50)))
    publish_version(version=third, by=alice)
    page = browser.get(reverse("scheme_version", args=[first.scheme_id, 3]))
    assert page.context["former"].number == 1
    assert [(each.what, each.before, each.after) for each in page.context["differences"]] == [
        ("How clients are placed", "Score thresholds", "Quotas by rank"),
        ("Segment “Top”", "from 70 points", "20% of the book"),
        ("Segment “Middle”", "from 40 points", "30% of the book"),
        ("Segment “Rest”", "the rest", "50% of the book"),
    ]
