"""Saved filters: kept, shared, changed by whom they may be, and used on the clients one sees."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients import saved_filters
from clients.attributes import catalogue_of
from clients.conditions import Condition, Group, Match, Test
from clients.models import Client, SavedFilter
from tests import factories
from tests.clients.access_filters import RICH
from tests.clients.test_views import MOST_STATEMENTS, listed, statements_of

D = Decimal
MORE_THAN_400_000 = Group(Match.ALL, 0, (Condition("aum", Test.MORE_THAN, (D(400_000),)),))
NOTARIES = Group(Match.ALL, 0, (Condition("occupation", Test.ANY_OF, ("Notaire",)),))


@pytest.fixture
def camille(alice):
    return factories.make_user(name="Camille", role="adviser")


@pytest.fixture
def rich(alice):
    return saved_filters.save_filter(by=alice, name=" Rich ", conditions=MORE_THAN_400_000, is_shared=True)


@pytest.fixture
def book(alice, camille):
    factories.make_client(adviser=alice, name="Roy", aum=400_000)
    factories.make_client(adviser=alice, name="Côté", aum="400000.01", status="prospect")
    factories.make_client(adviser=camille, name="Gagné", aum=900_000)
    factories.make_client(adviser=camille, name="Élie", aum=900_000, archived_at="2026-01-01T00:00Z")
    factories.make_client(adviser=camille, name="Unknown")


def names(user, saved):
    from clients.queries import visible_to

    found = saved_filters.clients_meeting(saved, among=visible_to(user), catalogue=catalogue_of(user.firm_id), on=date(2026, 3, 1))
    return sorted(found.values_list("name", flat=True))


def test_a_filter_finds_the_clients_its_user_sees(alice, camille, rich, book):
    assert (rich.name, names(alice, rich), names(camille, rich)) == ("Rich", ["Côté", "Gagné", "Élie"], ["Gagné", "Élie"])


def test_a_name_is_used_once_by_a_person(alice, camille, rich):
    with pytest.raises(ValidationError, match="You have a filter of this name already"):
        saved_filters.save_filter(by=alice, name="Rich", conditions=NOTARIES)
    with pytest.raises(ValidationError):
        saved_filters.save_filter(by=alice, name=" ", conditions=NOTARIES)
    saved_filters.save_filter(by=camille, name="Rich", conditions=NOTARIES)
    assert SavedFilter.objects.count() == 2


def test_only_its_owner_and_administrators_change_a_shared_filter(alice, camille, rich):
    hers = saved_filters.save_filter(by=camille, name="Hers", conditions=NOTARIES, is_shared=True)
    with pytest.raises(saved_filters.NotYourFilter):
        saved_filters.change_filter(saved=rich, by=camille, version=rich.version, name="Poor", is_shared=True)
    with pytest.raises(saved_filters.NotYourFilter):
        saved_filters.delete_filter(saved=rich, by=camille)
    saved_filters.change_filter(saved=hers, by=alice, version=hers.version, name="Notaries", is_shared=True)
    assert sorted(SavedFilter.objects.values_list("name", "owner__name")) == [("Notaries", "Camille"), ("Rich", "Alice Roy")]


def test_who_read_an_older_version_overwrites_nothing(alice, rich):
    read = SavedFilter.objects.get(pk=rich.pk)
    saved_filters.change_filter(saved=SavedFilter.objects.get(pk=rich.pk), by=alice, version=rich.version, name="Richer", is_shared=True)
    for version in (read.version, "yesterday", ""):
        with pytest.raises(saved_filters.FilterChangedMeanwhile):
            saved_filters.change_filter(saved=SavedFilter.objects.get(pk=rich.pk), by=alice, version=version, name="Poor", is_shared=True)
    # Read before the other's change, saved after it.
    with pytest.raises(saved_filters.FilterChangedMeanwhile):
        saved_filters.change_filter(saved=read, by=alice, version=read.version, name="Poor", is_shared=True)
    assert SavedFilter.objects.get().name == "Richer"


# The list


def test_the_list_combines_a_saved_filter_with_its_others(signed_in, rich, book):
    answers = {
        query: listed(signed_in.get(f"{reverse('client_list')}?{query}saved={rich.pk}")) for query in ("", "status=prospect&", "q=gag&", "shelf=all&")
    }
    assert answers == {"": ["Côté", "Gagné"], "status=prospect&": ["Côté"], "q=gag&": ["Gagné"], "shelf=all&": ["Côté", "Élie", "Gagné"]}
    page = signed_in.get(reverse("client_list"), {"saved": rich.pk}).content.decode()
    assert "Assets under management: more than $400,000." in page


def test_pages_of_a_filtered_list_follow_each_other(signed_in, alice, rich):
    for number in range(60):
        factories.make_client(adviser=alice, name=f"Client {number:02}", aum=300_000 + number % 2 * 200_000, people=False)
    for number in range(60):
        factories.make_client(adviser=alice, name=f"More {number:02}", aum=500_000, people=False)
    first = signed_in.get(reverse("client_list"), {"saved": rich.pk})
    second = signed_in.get(reverse("client_list") + first.context["page"].next_url)
    expected = [f"Client {number:02}" for number in range(1, 60, 2)] + [f"More {number:02}" for number in range(60)]
    assert (listed(first) + listed(second), first.context["count"]) == (expected, 90)


@pytest.mark.parametrize("name", ["client_list", "client_export_csv", "assign_adviser"])
def test_a_filter_that_is_not_there_is_a_page_that_is_not_there(signed_in, alice, camille, beta, book, name):
    """Leaving it out would list, export or move everybody."""
    private = saved_filters.save_filter(by=camille, name="Hers", conditions=NOTARIES)
    assert [signed_in.get(reverse(name), {"saved": key}).status_code for key in (private.pk, 987654321, "abc")] == [404, 404, 404]


def test_exports_hold_what_the_filter_lists(signed_in, rich, book):
    lines = b"".join(signed_in.get(reverse("client_export_csv"), {"saved": rich.pk}).streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["Name", "Côté", "Gagné"]


def test_the_links_that_export_follow_the_filters(signed_in, rich, book):
    part = signed_in.get(reverse("client_list"), {"saved": rich.pk}, headers={"HX-Request": "true"}).content.decode()
    assert f'href="{reverse("client_export_csv")}?saved={rich.pk}"' in part
    assert 'hx-swap-oob="true"' in part


def test_a_filter_of_an_attribute_that_is_gone_lists_nobody_and_says_so(signed_in, rich, book):
    rich.conditions["items"][0]["attribute"] = "own.gone"
    rich.save()
    response = signed_in.get(reverse("client_list"), {"saved": rich.pk})
    page = response.content.decode()
    assert (listed(response), "The firm no longer has this attribute." in page, "cannot be used any more" in page) == ([], True, True)
    assert b"".join(signed_in.get(reverse("client_export_csv"), {"saved": rich.pk}).streaming_content).count(b"\n") == 1
    assert "No longer usable" in signed_in.get(reverse("filter_list")).content.decode()
    assert "own.gone (no longer there)" in signed_in.get(reverse("filter_edit", args=[rich.pk])).content.decode()


@pytest.mark.parametrize("name", ["client_list", "filter_list"])
def test_lists_cost_the_same_for_one_filter_and_thirty(signed_in, alice, book, name):
    counts = []
    signed_in.get(reverse(name))
    for number in (1, 29):
        for each in range(number):
            last = saved_filters.save_filter(by=alice, name=f"Filter {number} {each}", conditions=MORE_THAN_400_000)
        with CaptureQueriesContext(connection) as captured:
            signed_in.get(reverse(name), {"saved": last.pk})
        counts.append(len(statements_of(captured)))
    # One more than other lists: which filters there are.
    assert counts[0] == counts[1] <= MOST_STATEMENTS + 1


# Building one


SENT = {"name": "Rich", "is_shared": "on", "conditions-match": "all", "conditions-0-attribute": "aum", "conditions-0-test": "more_than"}


def test_a_filter_is_built_and_its_clients_listed(signed_in, alice, book):
    answer = signed_in.post(reverse("filter_create"), SENT | {"conditions-0-values": "400,000"})
    saved = SavedFilter.objects.get()
    assert (saved.name, saved.owner, saved.is_shared, saved.conditions) == ("Rich", alice, True, RICH)
    assert answer.url == f"{reverse('client_list')}?saved={saved.pk}"


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(signed_in, alice, rich):
    answer = signed_in.post(reverse("filter_create"), SENT | {"conditions-0-values": "lots"})
    assert answer.context["group"].items[0].problems == ["Give a number."]
    answer = signed_in.post(reverse("filter_create"), SENT | {"conditions-0-values": "1", "name": ""})
    assert list(answer.context["form"].errors) == ["name"]
    answer = signed_in.post(reverse("filter_create"), SENT | {"conditions-0-values": "1"})
    assert dict(answer.context["form"].errors) == {"name": ["You have a filter of this name already."]}
    assert SavedFilter.objects.count() == 1


def test_a_button_of_the_builder_saves_nothing_without_htmx_either(signed_in, alice):
    answer = signed_in.post(reverse("filter_create"), SENT | {"conditions-0-values": "1", "conditions-act": "add:"})
    assert (answer.status_code, len(answer.context["group"].items), SavedFilter.objects.exists()) == (200, 2, False)


def test_a_filter_is_edited_and_a_stale_edit_refused(signed_in, rich):
    url = reverse("filter_edit", args=[rich.pk])
    version = signed_in.get(url).context["form"]["version"].value()
    changed = SENT | {"conditions-0-values": "500,000", "version": version}
    assert signed_in.post(url, changed).status_code == 302
    assert SavedFilter.objects.get().conditions["items"][0]["values"] == ["500000"]
    answer = signed_in.post(url, changed | {"conditions-0-values": "1"})
    assert "Someone saved this filter meanwhile" in answer.content.decode()
    assert SavedFilter.objects.get().conditions["items"][0]["values"] == ["500000"]


def test_a_filter_is_deleted_and_clients_are_not(signed_in, rich, book):
    assert signed_in.post(reverse("filter_delete", args=[rich.pk])).url == reverse("filter_list")
    assert (SavedFilter.objects.exists(), Client.objects.count()) == (False, 5)


def test_the_count_follows_what_is_typed(client, camille, book):
    client.force_login(camille)
    url = reverse("condition_count", args=["rule"])
    rule = {"rule-match": "all", "rule-0-attribute": "aum", "rule-0-test": "at_least", "rule-0-values": "400,000"}
    page = client.post(url, rule).content.decode()
    assert ("<strong>1 client</strong>" in page, "Assets under management: $400,000 or more." in page) == (True, True)
    assert "Complete each condition" in client.post(url, rule | {"rule-0-values": ""}).content.decode()
    against = {"rule-1-attribute": "aum", "rule-1-test": "less_than", "rule-1-values": "100"}
    page = client.post(url, rule | against).content.decode()
    assert ("<strong>0 clients</strong>" in page, "No client can meet these conditions together" in page) == (True, True)


def test_counting_stops_where_the_list_does(signed_in, alice, monkeypatch):
    monkeypatch.setattr("clients.filter_views.MOST_COUNTED", 2)
    for _ in range(4):
        factories.make_client(adviser=alice, aum=1, people=False)
    rule = {"rule-match": "all", "rule-0-attribute": "aum", "rule-0-test": "known"}
    assert "More than 2 clients" in signed_in.post(reverse("condition_count", args=["rule"]), rule).content.decode()


def test_names_are_shown_and_never_run(signed_in, alice, book):
    saved = saved_filters.save_filter(
        by=alice, name="<script>go()</script>", conditions=Group(Match.ALL, 0, (Condition("city", Test.CONTAINS, ("<b>x",)),))
    )
    for name, address in (("client_list", {"saved": saved.pk}), ("filter_list", {}), ("assign_adviser", {"saved": saved.pk})):
        page = signed_in.get(reverse(name), address).content.decode()
        assert ("<script>go" in page, "<b>x" in page) == (False, False)
    assert "<script>go" not in signed_in.get(reverse("filter_edit", args=[saved.pk])).content.decode()
