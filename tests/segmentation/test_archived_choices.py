"""A choice of the firm's own attribute is archived while rules name it: they are read, scored and published as before, and say so."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation

from clients import defining, editing
from clients.attributes import catalogue_of
from clients.conditions import Condition, Group, Match, Test, as_json, contradictions, describe, parse
from clients.conditions.building import Builder, ConditionEditor
from clients.defining import AttributeDraft, ChoiceDraft
from clients.models import AttributeDefinition, Client, SavedFilter
from clients.saved_filters import clients_meeting
from firms.models import User
from segmentation import linting
from segmentation.forms import build_editor, state_of
from segmentation.locking import firm_today
from segmentation.models import Axis, Method, Placement, SchemeVersion
from segmentation.publishing import publish_version
from segmentation.rules import BandRule, CriterionRule, CutRule, Rules, load_rules, write_rules
from tests.segmentation.rows import make_draft

GOLF, SAIL = ChoiceDraft(en="Golf", fr="Golf"), ChoiceDraft(en="Sailing", fr="Voile")
ADVICE = "is archived: clients who have it count as before, and nobody else can be given it. Take it out of the draft"


def words(*choices: ChoiceDraft) -> AttributeDraft:
    return AttributeDraft(
        label_en="Hobby", label_fr="Loisir", definition_en="What.", definition_fr="Quoi.", group="psychographic", type="choice", choices=choices
    )


@pytest.fixture
def hobby(alice: User) -> AttributeDefinition:
    return defining.define_attribute(draft=words(GOLF, SAIL), by=alice)


def archive_sailing(hobby: AttributeDefinition, by: User) -> None:
    kept = (ChoiceDraft(en="Golf", fr="Golf", value="golf"), ChoiceDraft(en="Sailing", fr="Voile", value="sailing", archived=True))
    defining.change_attribute(definition=hobby, draft=words(*kept), by=by)


def sailors(test: Test = Test.ANY_OF) -> Group:
    return Group(Match.ALL, 0, (Condition("own.hobby", test, ("sailing",)),))


def by_rules(version: SchemeVersion) -> Rules:
    """The first segment is for those who sail, the last for the rest."""
    first, *_middle, last = [cut.segment_id for cut in load_rules(version).cuts]
    defined = CriterionRule(key="1", attribute="own.hobby", weight=Decimal(0), axis=Axis.STATED, definition_en="What.", definition_fr="Quoi.")
    cuts = tuple(
        CutRule(
            segment_id=cut.segment_id, conditions=sailors() if cut.segment_id == first else sailors(Test.NONE_OF) if cut.segment_id != last else None
        )
        for cut in load_rules(version).cuts
    )
    return Rules(method=Method.RULES, criteria=(defined,), cuts=cuts)


def by_points(version: SchemeVersion) -> Rules:
    bands = (BandRule(choice="golf", points=Decimal(0)), BandRule(choice="sailing", points=Decimal(100)))
    weighed = CriterionRule(key="1", attribute="own.hobby", weight=Decimal(100), bands=bands, definition_en="What.", definition_fr="Quoi.")
    return replace(load_rules(version), criteria=(weighed,))


def drafted(rules_of, alice: User) -> SchemeVersion:
    draft = make_draft()
    write_rules(version=draft, rules=rules_of(draft))
    return draft


def hold(alice: User, hobby: str) -> Client:
    return editing.create_client(by=alice, adviser=alice, fields={"name": hobby, "own.hobby": hobby})


@pytest.mark.parametrize("rules_of", [by_rules, by_points])
def test_it_is_scored_and_published_as_before(alice: User, hobby: AttributeDefinition, rules_of) -> None:
    sailor, _golfer = hold(alice, "sailing"), hold(alice, "golf")
    draft = drafted(rules_of, alice)
    archive_sailing(hobby, alice)
    publish_version(version=draft, by=alice)
    ranks = dict(Placement.objects.values_list("client__name", "segment__rank"))
    assert (ranks[sailor.name], ranks["golf"] > 1) == (1, True)


@pytest.mark.parametrize(("rules_of", "at"), [(by_rules, ["cuts-0-conditions-0", "cuts-1-conditions-0"]), (by_points, ["criteria-0-bands-1-choice"])])
def test_the_linter_says_what_to_do_and_stops_nothing(alice: User, hobby: AttributeDefinition, rules_of, at: list[str]) -> None:
    draft = drafted(rules_of, alice)
    archive_sailing(hobby, alice)
    catalogue = catalogue_of(alice.firm_id)
    found = [problem for problem in linting.lint(load_rules(draft), catalogue=catalogue) if ADVICE in problem.message]
    assert ([problem.at for problem in found], {problem.warning for problem in found}) == (at, {True})
    assert len(linting.archived_choices(load_rules(draft), catalogue=catalogue)) == 1
    assert "Choose a value." not in [problem.message for problem in linting.lint(load_rules(draft), catalogue=catalogue)]


def shown(builder: Builder) -> list[tuple[str, str, bool]]:
    (item,) = builder.editor(url="/").items
    assert isinstance(item, ConditionEditor)
    return item.choices


def test_conditions_are_worded_and_edited_with_it_marked(alice: User, hobby: AttributeDefinition) -> None:
    archive_sailing(hobby, alice)
    catalogue = catalogue_of(alice.firm_id)
    group = parse(as_json(sailors()), catalogue=catalogue)
    with translation.override("en"):
        assert describe(group, catalogue=catalogue, firm=alice.firm) == "hobby: sailing (archived)"
        builder = Builder.of(group, prefix="rule", catalogue=catalogue, firm=alice.firm)
        assert shown(builder) == [("golf", "Golf", False), ("sailing", "Sailing (archived)", True)]
        other = Builder.of(
            Group(Match.ALL, 0, (Condition("own.hobby", Test.ANY_OF, ("golf",)),)), prefix="rule", catalogue=catalogue, firm=alice.firm
        )
        assert shown(other) == [("golf", "Golf", True)]
    assert builder.group() == group


def test_it_is_no_contradiction_to_ask_for_it(alice: User, hobby: AttributeDefinition) -> None:
    archive_sailing(hobby, alice)
    group = Group(Match.ALL, 0, (Condition("own.hobby", Test.ANY_OF, ("sailing",)), Condition("own.hobby", Test.NONE_OF, ("golf",))))
    assert contradictions(group, catalogue=catalogue_of(alice.firm_id), on=firm_today(alice.firm_id)) == []


def test_the_editor_keeps_the_points_of_an_archived_choice(alice: User, hobby: AttributeDefinition) -> None:
    draft = drafted(by_points, alice)
    archive_sailing(hobby, alice)
    catalogue, rules = catalogue_of(alice.firm_id), load_rules(draft)
    segments = [cut.segment for cut in draft.cuts.select_related("segment").order_by("segment__rank")]
    state = state_of(rules, revision=1, segments=segments, catalogue=catalogue, firm=alice.firm)
    editor = build_editor(state, segments=segments, firm=alice.firm, checked=True, catalogue=catalogue)
    read = editor.check()
    assert read is not None
    assert [(band.choice, band.points) for band in read.criteria[0].bands] == [("golf", Decimal(0)), ("sailing", Decimal(100))]
    assert [list(form.fields["choice"].widget.choices) for form in editor.criteria[0].bands] == [
        [("", "–"), ("golf", "Golf")],
        [("", "–"), ("golf", "Golf"), ("sailing", "Sailing (archived)")],
    ]
    assert (editor.error_count, [fault.anchor for fault in editor.faults if ADVICE in fault.message]) == (0, ["id_criteria-0-bands-1-choice"])


@pytest.mark.parametrize("rules_of", [by_rules, by_points])
def test_the_pages_of_the_scheme_show_it(alice: User, hobby: AttributeDefinition, rules_of) -> None:
    hold(alice, "sailing")
    published = publish_version(version=drafted(rules_of, alice), by=alice).version
    archive_sailing(hobby, alice)
    browser = Browser()
    browser.force_login(alice)
    page = browser.get(reverse("scheme_detail", args=[published.scheme_id])).content.decode()
    assert ("ailing (archived)" in page, "The rules name archived choices" in page, "can no longer be read" in page) == (True, True, False)


def test_a_saved_filter_goes_on_too(alice: User, hobby: AttributeDefinition) -> None:
    sailor = hold(alice, "sailing")
    saved = SavedFilter.objects.create(name="Sailors", owner=alice, conditions=as_json(sailors()))
    archive_sailing(hobby, alice)
    catalogue = catalogue_of(alice.firm_id)
    assert list(clients_meeting(saved, among=Client.objects.all(), catalogue=catalogue, on=firm_today(alice.firm_id))) == [sailor]


# --- Left out of the attribute ---


def choices_left(hobby: AttributeDefinition, alice: User) -> list[tuple[str, bool]]:
    changed = defining.change_attribute(definition=hobby, draft=words(ChoiceDraft(en="Golf", fr="Golf", value="golf")), by=alice)
    return [(choice["value"], choice["archived"]) for choice in changed.choices]


@pytest.mark.parametrize("rules_of", [by_rules, by_points])
def test_a_choice_that_a_scheme_names_is_archived_and_not_removed(alice: User, hobby: AttributeDefinition, rules_of) -> None:
    drafted(rules_of, alice)
    assert choices_left(hobby, alice) == [("golf", False), ("sailing", True)]


def test_so_is_one_that_a_saved_filter_names_in_a_group_of_a_group(alice: User, hobby: AttributeDefinition) -> None:
    nested = Group(Match.ANY, 0, (Condition("aum", Test.KNOWN), sailors()))
    SavedFilter.objects.create(name="Sailors", owner=alice, conditions=as_json(nested))
    assert choices_left(hobby, alice) == [("golf", False), ("sailing", True)]


def test_one_that_nothing_names_and_nobody_has_goes(alice: User, hobby: AttributeDefinition) -> None:
    SavedFilter.objects.create(
        name="Golfers", owner=alice, conditions=as_json(Group(Match.ALL, 0, (Condition("own.hobby", Test.ANY_OF, ("golf",)),)))
    )
    assert choices_left(hobby, alice) == [("golf", False)]
