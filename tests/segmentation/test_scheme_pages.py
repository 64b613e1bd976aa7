"""A scheme as everyone reads it, for each way of placing; the lists of who is where; the editor's live answers."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from clients.conditions import Condition, Group, Match, Test
from clients.models import Client
from segmentation.models import Cut, Method, Placement, Scheme, SchemeVersion
from segmentation.publishing import publish_version, start_draft
from segmentation.rules import load_rules
from tests import factories
from tests.segmentation.methods import RICH, make_clients, make_draft_of
from tests.segmentation.rows import editor_fields, make_book, make_draft


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def page(browser, name, pk, **query):
    return browser.get(reverse(name, args=[pk]), query).content.decode().replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize("method", Method.values)
@pytest.mark.parametrize("name", ["scheme_detail", "scheme_edit"])
def test_the_pages_of_each_method_ask_a_bounded_number_of_statements(browser, alice, name, method, django_assert_max_num_queries):
    make_clients(alice, 60)
    scheme = publish_version(version=make_draft_of(method), by=alice).version.scheme
    start_draft(scheme=scheme)
    browser.get(reverse("scheme_list"))
    # Two of them open and close the request's savepoint here.
    with django_assert_max_num_queries(14):
        assert browser.get(reverse(name, args=[scheme.pk])).status_code == 200


def test_rules_are_read_in_words_with_who_they_leave_out(browser, alice):
    make_clients(alice)
    scheme = publish_version(version=make_draft_of(Method.RULES), by=alice).version.scheme
    shown = page(browser, "scheme_detail", scheme.pk)
    uncaught = Placement.objects.filter(scheme=scheme, is_caught=False).count()
    assert "Assets under management: $500,000 or more, or (development potential (0–10): 8/10 or more, and attitude to risk: other than low)" in shown
    assert "At least 2 of these 3" in shown
    assert f"No rule catches {uncaught} clients, who are in Bronze" in shown
    assert "What the firm means by children." in shown


def test_a_band_is_read_to_the_cent_where_cents_decide(browser, alice):
    call_command("publish_scheme", str(alice.firm_id), "premium_standard_acquisition", by=alice.email, stdout=StringIO())
    shown = page(browser, "scheme_detail", Scheme.objects.get().pk)
    assert ("from $100,000, below $500,000.01" in shown, "from $500,000.01" in shown) == (True, True)


def test_shares_floors_and_the_winner_are_read_in_words(browser, alice):
    make_clients(alice)
    scheme = publish_version(version=make_draft_of(Method.QUOTAS), by=alice).version.scheme
    shown = page(browser, "scheme_detail", scheme.pk)
    assert ("10%" in shown, "Whoever does not reach the floor goes to the next segment they reach" in shown) == (True, True)
    assert ("Within 2 points of their segment, clients stay in it." in shown, "0 points at 2/10, 100 points at 9/10, evenly between." in shown) == (
        True,
        True,
    )
    assert "The share of the book with a lower value." in shown


def test_the_plane_counts_each_part_and_leads_to_the_clients_in_it(browser, alice):
    make_clients(alice)
    scheme = publish_version(version=make_draft_of(Method.PLANE), by=alice).version.scheme
    plane = browser.get(reverse("scheme_plane", args=[scheme.pk])).context["plane"]
    cells = [cell for _span, row in plane["rows"] for cell in row]
    assert sum(cell.clients for cell in cells) == 300
    fullest = max(cells, key=lambda cell: cell.clients)
    listed = browser.get(reverse("client_list"), {"placed": fullest.place})
    assert listed.context["filters"].qs.count() == fullest.clients


def test_the_list_of_whom_no_rule_catches(browser, alice):
    make_clients(alice)
    scheme = publish_version(version=make_draft_of(Method.RULES), by=alice).version.scheme
    listed = browser.get(reverse("client_list"), {"placed": f"{scheme.pk}-uncaught"})
    assert set(listed.context["filters"].qs) == set(Client.objects.filter(pk__in=Placement.objects.filter(is_caught=False).values("client_id")))
    assert f"{scheme.name}: caught by no rule" in listed.content.decode()


@pytest.mark.parametrize("place", ["0-uncaught", "999999-0-0", "nonsense", "1-9-9", "-"])
def test_a_place_that_is_not_there_holds_nobody(browser, alice, place):
    make_book(alice, [5])
    assert browser.get(reverse("client_list"), {"placed": place}).context["filters"].qs.count() == 0


def test_the_lists_show_only_the_clients_one_may_see(client, alice):
    adviser, colleague = factories.make_user(name="Anna"), factories.make_user(name="Zoé")
    make_clients(colleague, 60)
    mine = make_book(adviser, [None])
    scheme = publish_version(version=make_draft_of(Method.RULES), by=alice).version.scheme
    client.force_login(adviser)
    assert list(client.get(reverse("client_list"), {"placed": f"{scheme.pk}-uncaught"}).context["filters"].qs) == mine


def test_without_a_place_asked_the_list_says_nothing_of_places(browser, alice):
    make_book(alice, [5])
    assert 'name="placed"' not in browser.get(reverse("client_list")).content.decode()


def test_an_administrator_lets_clients_move_by_themselves_and_no_longer(browser, alice):
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    browser.post(reverse("scheme_moves", args=[scheme.pk]), {"moves": "on"})
    assert Scheme.objects.get(pk=scheme.pk).moves_by_itself is True
    browser.post(reverse("scheme_moves", args=[scheme.pk]))
    assert Scheme.objects.get(pk=scheme.pk).moves_by_itself is False


# --- The editor ---


def preview(browser, draft, **typed):
    return browser.post(reverse("scheme_preview", args=[draft.scheme_id]), editor_fields(draft, **typed), headers={"HX-Request": "true"})


@pytest.mark.parametrize("method", Method.values)
def test_the_preview_of_each_method_draws_the_book_and_writes_nothing(browser, alice, method):
    make_clients(alice)
    draft = make_draft_of(method)
    answer = preview(browser, draft)
    shown = answer.content.decode()
    assert answer.context["preview"].total == 300
    weighed = len([criterion for criterion in load_rules(draft).criteria if criterion.axis])
    assert len(answer.context["pictures"]) == weighed
    assert ('id="plane-picture"' in shown) == (method == Method.PLANE)
    assert ("Scores in your book" in shown) == (method in {Method.THRESHOLDS, Method.QUOTAS})
    assert ("No rule catches" in shown) == (method == Method.RULES)
    assert (Placement.objects.count(), SchemeVersion.objects.get(pk=draft.pk).revision) == (0, 1)


def test_the_preview_follows_the_rules_being_typed_in_words(browser, alice):
    make_clients(alice, 30)
    draft = make_draft_of(Method.RULES)
    answer = preview(browser, draft, **{"cuts-2-conditions-0-values": ["1,234"]})
    assert "assets under management: $1,234 or more" in dict(answer.context["words"])[2]


def test_a_condition_on_something_new_gets_a_place_for_its_definition(browser, alice):
    draft = make_draft_of(Method.RULES)
    typed = {"cuts-2-conditions-0-attribute": "expectations", "cuts-2-conditions-0-values": ["5"]}
    answer = preview(browser, draft, **typed)
    assert [criterion.title for criterion in answer.context["stated"]][-1] == "Level of expectations (0–10)"
    assert 'id="definitions" hx-swap-oob="innerHTML"' in answer.content.decode()
    assert preview(browser, draft).context["stated"] == []


def test_what_cannot_be_counted_yet_says_why_and_leads_there(browser, alice):
    draft = make_draft_of(Method.THRESHOLDS)
    answer = preview(browser, draft, **{"criteria-0-weight": "10"})
    assert 'href="#id_criteria-3-weight"' in answer.content.decode()


def test_a_rule_that_cannot_be_read_is_not_kept(browser, alice):
    draft = make_draft_of(Method.RULES)
    answer = browser.post(
        reverse("scheme_edit", args=[draft.scheme_id]), editor_fields(draft, **{"cuts-2-conditions-0-values": ["a lot"], "do": "publish"})
    )
    shown = answer.content.decode()
    assert (answer.context["refused"], 'value="a lot"' in shown or 'value="alot"' in shown, "Give a number." in shown) == (True, True, True)
    assert SchemeVersion.objects.get(pk=draft.pk).revision == 1


def test_without_scripts_a_button_of_the_builder_changes_the_form_alone(browser, alice):
    draft = make_draft_of(Method.RULES)
    answer = browser.post(reverse("scheme_edit", args=[draft.scheme_id]), {**editor_fields(draft), "cuts-2-conditions-act": "add:"})
    assert len(answer.context["editor"].cuts[2].builder.root["items"]) == 2
    assert SchemeVersion.objects.get(pk=draft.pk).revision == 1


def test_conditions_that_the_firm_can_no_longer_ask_are_shown_and_can_be_mended(browser, alice):
    scheme = publish_version(version=make_draft_of(Method.RULES), by=alice).version.scheme
    draft = start_draft(scheme=scheme)
    gone = {"match": "all", "items": [{"attribute": "own.gone", "test": "known", "values": []}]}
    Cut.objects.filter(version__scheme=scheme, segment__rank=1).update(conditions=gone)
    assert "Some conditions can no longer be read" in page(browser, "scheme_detail", scheme.pk)
    editor = browser.get(reverse("scheme_edit", args=[scheme.pk])).context["editor"]
    assert editor.cuts[0].builder.problems == {"0-attribute": ["The firm no longer has this attribute."]}
    assert editor.cuts[1].words.startswith("at least 2 of these 3")
    assert SchemeVersion.objects.get(pk=draft.pk).revision == 1


def test_the_second_editor_of_rules_is_told_and_keeps_them(browser, alice):
    draft = make_draft_of(Method.RULES)
    url = reverse("scheme_edit", args=[draft.scheme_id])
    browser.post(url, editor_fields(draft))
    answer = browser.post(url, editor_fields(draft, **{"cuts-2-conditions-0-values": ["77"]}))
    assert answer.context["conflict"] is True
    assert answer.context["editor"].cuts[2].builder.root["items"][0]["values"] == ["77"]
    browser.post(url, editor_fields(draft, **{"cuts-2-conditions-0-values": ["77"], "revision": "2"}))
    kept = Group(Match.ALL, 0, (Condition("aum", Test.AT_LEAST, (Decimal(77),)),))
    assert load_rules(SchemeVersion.objects.get(pk=draft.pk)).cuts[2].conditions == kept


def test_what_rules_read_must_be_defined_before_publishing(browser, alice):
    draft = make_draft_of(Method.RULES)
    fields = {name: value for name, value in editor_fields(draft, do="publish").items() if not name.startswith("criteria-")}
    answer = browser.post(reverse("scheme_edit", args=[draft.scheme_id]), fields, follow=True)
    editor = answer.context["editor"]
    assert [criterion.title for criterion in editor.stated][:2] == ["Assets under management", "Development potential (0–10)"]
    assert editor.error_count == 2 * len(editor.stated)
    assert load_rules(SchemeVersion.objects.get(pk=draft.pk)).cuts[0].conditions == RICH
