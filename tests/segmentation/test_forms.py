"""What the editor shows is what is saved: rules of every method come back whole, and what is typed is never lost."""

from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.attributes import catalogue_of
from clients.conditions import Condition, Group, Match, Test
from segmentation.forms import build_editor, change_state, flat_state, read_state, state_of
from segmentation.models import Axis, Method, Scale, Segment
from segmentation.rules import CriterionRule, CutRule, Plane, Rules, axes_of
from tests.segmentation.rows import potential
from tests.segmentation.test_scoring import out_of, random_rules

D = Decimal


def segments_of(rules):
    return [Segment(pk=cut.segment_id, rank=rank, name_en=f"Level {rank}", name_fr=f"Niveau {rank}") for rank, cut in enumerate(rules.cuts, 1)]


def posted(state):
    data = flat_state(state)
    return QueryDict(urlencode(data, doseq=True), encoding="utf-8")


def comparable(rules, *, kept_by_the_editor=False):
    """Keys are the editor's own; the last segment as fallback is none. What another method would read is not kept."""
    criteria = rules.criteria
    if not kept_by_the_editor:
        asked = set(rules.stated())
        criteria = tuple(c for c in criteria if (c.attribute in asked if c.axis == Axis.STATED else c.axis in axes_of(rules.method)))
    return replace(
        rules,
        criteria=tuple(replace(criterion, key="") for criterion in criteria),
        fallback=None if rules.fallback == rules.cuts[-1].segment_id else rules.fallback,
        plane=rules.plane if rules.method == Method.PLANE else None,
    )


class Desk:
    """An editor at work on rules, without pages."""

    def __init__(self, firm, rules):
        self.firm, self.catalogue, self.segments = firm, catalogue_of(firm.pk), segments_of(rules)
        self.state = state_of(rules, revision=3, segments=self.segments, catalogue=self.catalogue, firm=firm)

    def send(self, **changes):
        data = {**flat_state(self.state), **changes}
        self.state = read_state(QueryDict(urlencode(data, doseq=True)), segments=self.segments, catalogue=self.catalogue, firm=self.firm)

    def press(self, action):
        focus = change_state(self.state, action, segments=self.segments, catalogue=self.catalogue, firm=self.firm)
        self.send()
        return focus

    def editor(self):
        return build_editor(self.state, segments=self.segments, firm=self.firm, checked=True, catalogue=self.catalogue)

    def check(self):
        editor = self.editor()
        return editor, editor.check()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=random_rules(), margin=out_of(4, 50), language=st.sampled_from(["en", "fr-ca", "fr"]))
def test_rules_come_back_from_the_form_as_they_were(alice, rules, margin, language):
    rules = replace(rules, margin=margin)
    with translation.override(language):
        desk = Desk(alice.firm, rules)
        desk.send()
        assert comparable(desk.editor().rules(), kept_by_the_editor=True) == comparable(rules)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=random_rules(), through=st.sampled_from(Method.values))
def test_a_look_at_another_method_loses_nothing(alice, rules, through):
    rules = replace(rules, criteria=tuple(c for c in rules.criteria if c.axis != Axis.STATED))
    desk = Desk(alice.firm, rules)
    desk.send(method=through)
    desk.press("refresh")
    desk.send(method=rules.method)
    desk.press("refresh")
    after = comparable(desk.editor().rules(), kept_by_the_editor=True)
    before = comparable(rules)
    assert replace(after, criteria=(), cuts=()) == replace(before, criteria=(), cuts=())
    assert [c for c in after.criteria if c.axis != Axis.STATED] == list(before.criteria)
    assert [cut.conditions for cut in after.cuts] == [cut.conditions for cut in before.cuts]


def rich(count):
    return Group(Match.ALL, 0, (Condition("aum", Test.AT_LEAST, (D(count),)),))


def by_rules(*groups, **fields):
    cuts = tuple(CutRule(segment_id=number, conditions=group) for number, group in enumerate(groups, 1))
    return Rules(method=Method.RULES, cuts=cuts, **fields)


def test_each_problem_stands_at_its_cell(alice):
    rules = by_rules(rich(10), Group(Match.ALL, 0, (Condition("children", Test.AT_LEAST, (D(2),)), Condition("aum", Test.AT_LEAST, (D(20),)))), None)
    editor, _rules = Desk(alice.firm, rules).check()
    assert editor.cuts[1].builder.warnings == {
        "": ["Nobody gets here: whoever meets these conditions is already in segment 1."],
        "1": ["Assets under management: values from 20 are also in segment 1, which takes them first."],
    }
    assert [(fault.anchor, fault.where, fault.warning) for fault in editor.faults if fault.warning] == [
        ("cuts-1-conditions-match", "Level 2", True),
        ("cuts-1-conditions-1-attribute", "Level 2", True),
    ]


def test_a_condition_that_cannot_be_read_is_refused_at_its_place(alice):
    desk = Desk(alice.firm, by_rules(rich(10), None))
    desk.send(**{"cuts-0-conditions-0-values": ["a lot"]})
    editor, rules = desk.check()
    assert rules is None
    assert editor.cuts[0].builder.problems == {"0-values": ["Give a number."]}
    assert [(fault.anchor, fault.message) for fault in editor.faults] == [("cuts-0-conditions-0-attribute", "Give a number.")]


def test_warnings_are_no_faults_and_are_said_beside_the_cell(alice):
    rules = Rules(
        cuts=(CutRule(segment_id=1, least_score=D(90)), CutRule(segment_id=2)), criteria=(replace(potential(), bands=potential().bands[:9]),)
    )
    editor, rules = Desk(alice.firm, rules).check()
    cell = editor.cuts[0].form["least_score"]
    assert (cell.errors, len(cell.warnings), cell.aria_describedby) == ([], 1, "id_cuts-0-least_score_warning")


@pytest.mark.parametrize(
    ("rules", "at"),
    [
        (Rules(cuts=(CutRule(segment_id=1, least_score=D(50)), CutRule(segment_id=2)), margin=D(51), criteria=(potential(),)), "id_margin"),
        (
            Rules(
                method=Method.PLANE,
                cuts=(CutRule(segment_id=1), CutRule(segment_id=2)),
                criteria=(potential(), replace(potential(), axis=Axis.SECOND)),
                plane=Plane(x_cuts=(D(100),), cells=((1, 2),), x_name_en="a", x_name_fr="a", y_name_en="a", y_name_fr="a"),
            ),
            "id_plane-x_cuts-0",
        ),
        (
            Rules(
                method=Method.PLANE,
                cuts=(CutRule(segment_id=1), CutRule(segment_id=2)),
                criteria=(potential(), replace(potential(), axis=Axis.SECOND)),
                plane=Plane(cells=((2,),), x_name_en="", x_name_fr="a", y_name_en="a", y_name_fr="a"),
            ),
            "id_plane-x_name_en",
        ),
        (
            Rules(
                cuts=(CutRule(segment_id=1, least_score=D(50)), CutRule(segment_id=2)),
                criteria=(replace(potential(), scale=Scale.LINEAR, zero_at=D(1), full_at=D(1)),),
            ),
            "id_criteria-0-full_at",
        ),
    ],
)
def test_the_summary_leads_to_the_cell(alice, rules, at):
    editor, _rules = Desk(alice.firm, rules).check()
    assert [fault.anchor for fault in editor.faults if not fault.warning] == [at]


def test_what_is_set_aside_is_carried_and_never_a_fault(alice):
    desk = Desk(alice.firm, by_rules(rich(10), None, criteria=(potential(),)))
    desk.send(**{"criteria-0-weight": "a lot", "cuts-0-least_score": "?"})
    editor, rules = desk.check()
    # The rule reads assets, whose definition is missing; nothing is said of the criterion.
    assert ([criterion.attribute for criterion in rules.criteria], editor.set_aside) == ([], 1)
    assert ("criteria-0-weight", "a lot") in editor.hidden
    assert not any(name.startswith("cuts-0-conditions") for name, _value in editor.hidden)


def test_every_field_is_in_the_page_once(alice):
    desk = Desk(alice.firm, by_rules(rich(10), None, criteria=(potential(), CriterionRule(key="2", attribute="aum", weight=D(0), axis=Axis.STATED))))
    editor, _rules = desk.check()
    shown = [form.add_prefix(name) for form in editor._forms() for name in form.fields if name not in form.aside]
    carried = [name for name, _value in editor.hidden] + [name for criterion in editor.stated for name, _value in criterion.carried]
    builders = [name for name in flat_state(desk.state) if "-conditions-" in name]
    assert sorted([*shown, *carried, *builders]) == sorted(flat_state(desk.state))


# --- The buttons ---


def test_a_definition_starts_from_the_catalogue(alice):
    desk = Desk(alice.firm, Rules(cuts=(CutRule(segment_id=1), CutRule(segment_id=2))))
    desk.press("add-criterion:1")
    desk.send(**{"criteria-0-attribute": "expectations"})
    desk.press("attribute:0")
    fields = desk.state.criteria[0].fields
    assert (fields["definition_en"][:19], bool(fields["definition_fr"])) == ("0: asks for nothing", True)


def test_what_conditions_read_gets_a_place_for_its_definition_with_what_is_written_already(alice):
    desk = Desk(alice.firm, by_rules(rich(10), None, criteria=(replace(potential(), attribute="aum"),)))
    desk.press("refresh")
    desk.press("refresh")
    stated = [criterion.fields for criterion in desk.state.criteria if criterion.axis == Axis.STATED]
    assert [(fields["attribute"], fields["definition_en"]) for fields in stated] == [("aum", "What may come.")]


@pytest.mark.parametrize(("weights", "balanced"), [(("50", "30", "40"), ["42", "25", "33"]), (("", "0", "x"), ["33", "34", "33"]), (("7",), ["100"])])
def test_weights_are_brought_to_100(alice, weights, balanced):
    attributes = ("aum", "potential", "prescription")
    criteria = tuple(replace(potential(), attribute=key) for key in attributes[: len(weights)])
    desk = Desk(alice.firm, Rules(cuts=(CutRule(segment_id=1), CutRule(segment_id=2)), criteria=criteria))
    desk.send(**{f"criteria-{number}-weight": weight for number, weight in enumerate(weights)})
    desk.press("balance:1")
    assert [criterion.fields["weight"] for criterion in desk.state.criteria] == balanced


def test_at_most_twelve_criteria(alice):
    desk = Desk(alice.firm, Rules(cuts=(CutRule(segment_id=1), CutRule(segment_id=2))))
    for _press in range(14):
        desk.press("add-criterion:1")
    assert (len(desk.state.criteria), desk.editor().may_add_criterion) == (12, False)


def test_borders_come_and_go_with_their_cells(alice):
    desk = Desk(alice.firm, Rules(cuts=(CutRule(segment_id=1), CutRule(segment_id=2), CutRule(segment_id=3))))
    desk.send(method="plane")
    desk.press("refresh")
    grid = lambda: [[cells[str(column)] for column in range(len(cells))] for cells in desk.state.plane.cells]  # noqa: E731
    assert (desk.state.plane.x_cuts, grid()) == (["50"], [["3", "2"], ["2", "1"]])
    assert desk.press("add-border:x") == "id_plane-x_cuts-1"
    assert (desk.state.plane.x_cuts, grid()) == (["50", "75"], [["3", "2", "2"], ["2", "1", "1"]])
    desk.press("remove-border:y:0")
    desk.press("remove-border:x:0")
    assert (desk.state.plane.x_cuts, desk.state.plane.y_cuts, grid()) == (["75"], [], [["3", "2"]])


@pytest.mark.parametrize(
    "action", ["", "remove-criterion:9", "add-band:x", "remove-band:0:99", "add-border:z", "remove-conditions:9", "balance", "explode:1"]
)
def test_a_button_that_is_none_does_nothing(alice, action):
    desk = Desk(alice.firm, Rules(cuts=(CutRule(segment_id=1, least_score=D(50)), CutRule(segment_id=2)), criteria=(potential(),)))
    before = flat_state(desk.state)
    desk.press(action)
    assert flat_state(desk.state) == before
