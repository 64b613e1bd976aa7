"""The review inbox shows whom, why and since when, to those who may see them; what is decided there is said, and undone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients.models import Client
from firms.models import Support
from segmentation import whatif
from segmentation.models import Assignment, Drift, Scheme
from segmentation.overriding import override_segment
from segmentation.publishing import firm_today, publish_version, start_draft
from segmentation.rules import load_rules, write_rules
from tests import factories
from tests.segmentation.drifting import by_night, make_drifting, publish
from tests.segmentation.rows import make_book, make_scheme, periods, potential

URL, DECIDE, UNDO = "/segmentation/review/", "/segmentation/review/decide/", "/segmentation/review/undo/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def names(response):
    return [row.drift.client.name for row in response.context["rows"]]


def text_of(response):
    return " ".join(response.content.decode().split())


def test_a_drifting_client_is_shown_with_its_reasons(browser, alice):
    publish(alice, criteria=(potential(),))
    make_drifting(alice, 1, by=alice)
    page = text_of(browser.get(URL))
    assert "90 points today, 50 when placed on" in page
    assert "20 points outside Middle." in page
    assert "<strong>Development potential (0–10)</strong>: 5/10 → 9/10" in page
    assert "(50 → 90 points)" in page


def test_what_became_known_and_what_is_no_longer_known_is_said_so(browser, alice):
    publish(alice)
    make_drifting(alice, 1, by=alice, before=None, after=9)
    assert ": not known → 9/10" in text_of(browser.get(URL))


def test_a_client_who_did_not_change_is_told_of_its_rank_or_of_the_rules(browser, alice):
    publish(alice, make_scheme(names=("Top", "Rest")), method="quotas", quotas=(50, 50))
    make_book(alice, [3, 6])
    by_night(alice)
    # Two better ones come: the rank of both falls.
    make_book(alice, [9, 9])
    by_night(alice)
    assert "The client did not change: its rank among the others did." in text_of(browser.get(URL))


def test_each_sees_the_own_book_and_an_assistant_decides_nothing(browser, client, alice):
    anna, zoe, marie = factories.make_user(name="Anna"), factories.make_user(name="Zoé"), factories.make_user(name="Marie", role="assistant")
    Support.objects.create(assistant=marie, adviser=anna)
    publish(alice)
    make_drifting(anna, 1, by=alice)
    (theirs,) = make_drifting(zoe, 1, by=alice)
    Client.objects.filter(pk=theirs.pk).update(name="Secret")
    assert len(names(browser.get(URL))) == 2
    client.force_login(anna)
    assert names(client.get(URL)) == ["Client 0"]
    client.post(DECIDE, {"do": "accept", "drift": [drift.pk for drift in Drift.objects.all()]})
    assert periods(theirs)[-1][0] == "Middle"
    client.force_login(marie)
    page = client.get(URL)
    assert 'name="do"' not in page.content.decode()
    assert client.post(DECIDE, {"do": "accept"}).status_code == 403


def test_filters_narrow_and_stay_in_the_address(browser, alice):
    anna, zoe = factories.make_user(name="Anna"), factories.make_user(name="Zoé")
    scheme = publish(alice)
    make_drifting(anna, 2, by=alice)
    make_drifting(zoe, 1, by=alice, after=1)
    top, rest = scheme.segments.get(rank=1), scheme.segments.get(rank=3)
    found = {
        query: len(names(browser.get(f"{URL}?{query}")))
        for query in (
            f"adviser={zoe.pk}",
            f"computed={top.pk}",
            f"computed={rest.pk}",
            f"assigned={top.pk}",
            f"scheme={scheme.pk}",
            "computed=x",
            "state=kept",
        )
    }
    assert list(found.values()) == [1, 2, 1, 0, 3, 3, 0]
    response = browser.post(f"{DECIDE}?adviser={zoe.pk}", {"do": "accept", "drift": [Drift.objects.get(computed=rest).pk]})
    assert response["Location"] == f"{URL}?adviser={zoe.pk}"


def test_the_same_number_of_statements_for_one_client_and_for_thirty(browser, alice, django_assert_max_num_queries, django_assert_num_queries):
    publish(alice)
    make_drifting(alice, 1, by=alice)
    browser.get(URL)
    with django_assert_max_num_queries(15) as one:
        browser.get(URL)
    make_drifting(alice, 29, by=alice)
    with django_assert_num_queries(len(one.captured_queries)):
        assert len(names(browser.get(URL))) == 30


def test_a_long_list_goes_on_where_it_ended(browser, alice):
    publish(alice)
    make_drifting(alice, 55, by=alice)
    first = browser.get(URL)
    second = browser.get(first.context["more"], headers=HTMX)
    assert (len(names(first)), len(names(second)), second.context["more"]) == (50, 5, "")
    assert len({*(row.drift.pk for row in first.context["rows"]), *(row.drift.pk for row in second.context["rows"])}) == 55
    assert len(names(browser.get(f"{URL}?after=nonsense"))) == 50


def test_accepting_keeping_and_snoozing_from_the_page_and_undoing(browser, alice):
    publish(alice)
    clients = make_drifting(alice, 4, by=alice)
    first, second, third, fourth = Drift.objects.order_by("client_id")
    # One row by its own button, whatever else is chosen.
    answer = browser.post(DECIDE, {"do": f"accept:{first.pk}", "drift": [second.pk]}, headers=HTMX)
    assert ("1 client moved." in text_of(answer), periods(clients[0])[-1][0]) == (True, "Top")
    browser.post(DECIDE, {"do": "keep", "drift": [second.pk], "reason": "Her wish"}, headers=HTMX)
    until = firm_today(alice.firm_id) + timedelta(days=30)
    browser.post(DECIDE, {"offered": f"snooze:{until.isoformat()}", "drift": [third.pk]}, headers=HTMX)
    browser.post(DECIDE, {"offered": "keep:The data is to be corrected", "drift": [fourth.pk]}, headers=HTMX)
    states = list(Drift.objects.order_by("client_id").values_list("state", "reason", "until"))
    assert states == [("kept", "Her wish", None), ("snoozed", "", until), ("kept", "The data is to be corrected", None)]
    assert names(browser.get(URL)) == []
    assert names(browser.get(f"{URL}?state=kept")) == [clients[1].name, clients[3].name]
    undoable = [f"{scheme}:{client}" for scheme, client in answer.context["undoable"]]
    browser.post(UNDO, {"client": undoable})
    assert (periods(clients[0])[-1][0], names(browser.get(URL))) == ("Middle", [clients[0].name])
    browser.post(f"{DECIDE}?state=kept", {"do": "reopen", "drift": [second.pk]})
    assert sorted(names(browser.get(URL))) == [clients[0].name, clients[1].name]


@pytest.mark.parametrize("typed", [{"do": "keep", "reason": " "}, {"do": "snooze", "until": ""}, {"do": "snooze", "until": "2020-01-01"}])
def test_what_is_refused_is_said_the_choice_stays_and_nothing_is_written(browser, alice, typed):
    publish(alice)
    make_drifting(alice, 1, by=alice)
    drift = Drift.objects.get()
    answer = browser.post(DECIDE, {**typed, "drift": [drift.pk]}, headers=HTMX)
    page = text_of(answer)
    assert ("Nothing was changed" in page, f'value="{drift.pk}" id="choose-{drift.pk}" checked' in page, Drift.objects.get().state) == (
        True,
        True,
        "open",
    )


def test_the_second_person_is_told(browser, alice):
    publish(alice)
    make_drifting(alice, 2, by=alice)
    drifts = list(Drift.objects.values_list("pk", flat=True))
    browser.post(DECIDE, {"do": "accept", "drift": drifts[:1]})
    page = text_of(browser.post(DECIDE, {"do": "accept", "drift": drifts}, headers=HTMX))
    assert "1 client moved. 1 was left: somebody decided first" in page


def test_the_rail_counts_who_waits_in_the_statement_it_counts_the_queue_with(browser, alice, settings):
    # In full, so that it can be read.
    settings.PREPARED_STATEMENTS = False
    publish(alice)
    make_drifting(alice, 3, by=alice)
    browser.get("/notices/")
    with CaptureQueriesContext(connection) as counted:
        page = text_of(browser.get("/notices/"))
    assert 'class="count drift-count">3' in page
    assert len([query for query in counted if "segmentation_drift" in query["sql"]]) == 1
    assert len([query for query in counted if "touchpoints_touchpoint" in query["sql"] or "segmentation_drift" in query["sql"]]) == 1


def test_rules_that_changed_are_told_criterion_by_criterion(browser, alice):
    """A criterion of the new version compares with the one on the same attribute of the version before."""
    scheme = publish(alice)
    (client,) = make_book(alice, [5])
    by_night(alice)
    keep = override_segment(
        client=client, segment=scheme.segments.get(rank=2), reason="Stays", expires_on=firm_today(alice.firm_id) + timedelta(days=1), by=alice
    )
    draft = start_draft(scheme=scheme)
    rules = load_rules(draft)
    cuts = tuple(type(cut)(segment_id=cut.segment_id, least_score=Decimal(least)) for cut, least in zip(rules.cuts, (45, 30, 0), strict=True))
    write_rules(version=draft, rules=type(rules)(**{**rules.__dict__, "cuts": cuts}))
    publish_version(version=draft, by=alice)
    Assignment.objects.filter(pk=keep.pk).update(source="computed", reason="", expires_on=None)
    by_night(alice)
    assert "The client did not change: the rules did, from version 1 to 2." in text_of(browser.get(URL))


# --- Overrides ---


@pytest.fixture
def hours(monkeypatch):
    """A matrix that asks 10, 4 and 1 hours a client of the three segments."""

    def count(clients, revenue):
        ranks = dict(Scheme.objects.get(is_service=True).segments.values_list("pk", "rank"))
        return whatif.Load(hours={"adviser": sum((Decimal({1: 10, 2: 4, 3: 1}[ranks[pk]]) * number for pk, number in clients.items()), Decimal(0))})

    monkeypatch.setattr(whatif, "_readers", [lambda scheme: whatif.Promised(segments=frozenset(), load=count)])


def override(alice, client, rank, days=60):
    scheme = Scheme.objects.get()
    until = firm_today(alice.firm_id) + timedelta(days=days)
    return override_segment(client=client, segment=scheme.segments.get(rank=rank), reason="A promise", expires_on=until, by=alice)


def test_overrides_are_listed_with_what_they_cost(browser, alice, hours):
    clients = make_book(alice, [5, 5, 9])
    publish(alice)
    override(alice, clients[0], 1)
    override(alice, clients[1], 3, days=20)
    override(alice, clients[2], 1, days=90)
    response = browser.get("/segmentation/review/overrides/")
    rows = [(row.assignment.client, row.computed.name_en, row.hours) for row in response.context["rows"]]
    assert rows == [(clients[1], "Middle", Decimal(-3)), (clients[0], "Middle", Decimal(6)), (clients[2], "Top", Decimal(0))]
    cost = response.context["cost"]
    assert (cost.clients, cost.above, cost.below, cost.same, cost.hours) == (3, 1, 1, 1, Decimal(3))


def test_without_a_matrix_hours_are_not_known(browser, alice, monkeypatch):
    monkeypatch.setattr(whatif, "_readers", [])
    (client,) = make_book(alice, [5])
    publish(alice)
    override(alice, client, 1)
    response = browser.get("/segmentation/review/overrides/")
    assert (response.context["rows"][0].hours, response.context["cost"].hours) == (None, None)
    assert "no published matrix says how many hours" in text_of(response)


def test_the_overrides_page_asks_the_same_for_one_and_for_thirty(browser, alice, hours, django_assert_num_queries, django_assert_max_num_queries):
    clients = make_book(alice, [5] * 30)
    publish(alice)
    override(alice, clients[0], 1)
    url = "/segmentation/review/overrides/"
    browser.get(url)
    with django_assert_max_num_queries(22) as one:
        browser.get(url)
    for client in clients[1:]:
        override(alice, client, 1)
    with django_assert_num_queries(len(one.captured_queries)):
        assert len(browser.get(url).context["rows"]) == 30


# --- Annual reviews ---


def test_the_page_of_annual_reviews_asks_the_same_for_one_and_for_thirty(browser, alice, django_assert_num_queries, django_assert_max_num_queries):
    publish(alice, on=firm_today(alice.firm_id) - timedelta(days=400))
    make_book(alice, [5])
    by_night(alice)
    Assignment.objects.update(starts_on=firm_today(alice.firm_id) - timedelta(days=380))
    url = reverse("reassessment_list")
    browser.get(url)
    with django_assert_max_num_queries(14) as one:
        assert len(browser.get(url).context["page"].rows) == 1
    make_book(factories.make_user(), [5] * 29)
    by_night(alice)
    Assignment.objects.update(starts_on=firm_today(alice.firm_id) - timedelta(days=380))
    with django_assert_num_queries(len(one.captured_queries)):
        assert len(browser.get(url).context["page"].rows) == 30


def test_a_client_is_reassessed_by_the_page(browser, alice):
    publish(alice)
    (client,) = make_drifting(alice, 1, by=alice)
    url = reverse("client_reassess", args=[client.pk, Scheme.objects.get().pk])
    assert "5/10 → 9/10" in text_of(browser.get(url))
    assert list(browser.post(url, {"outcome": "kept"}).context["form"].errors) == ["note"]
    assert list(browser.post(url, {"outcome": "overridden", "note": "Why"}).context["form"].errors) == ["segment", "expires_on"]
    assert browser.post(url + "?next=https://evil.example/", {"outcome": "kept", "note": "Stays"})["Location"] == reverse(
        "client_detail", args=[client.pk]
    )
    assert browser.post(url + "?next=/queue/", {"outcome": "changed"})["Location"] == "/queue/"
    assert periods(client)[-1][0] == "Top"
