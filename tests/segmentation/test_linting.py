"""Every problem of a draft is named at the very field."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from clients.attributes import catalogue_of
from clients.conditions import Condition, Group, Match, Test, attributes_in
from segmentation import linting
from segmentation.models import Axis, Method, Winner
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, with_stated_criteria
from tests.segmentation.rows import make_rules, potential

BUILT_IN = catalogue_of(0)


def lint(rules):
    return linting.lint(rules, catalogue=BUILT_IN)


def figures(*ends, attribute="aum", points=10):
    bands = tuple(BandRule(lower=None if a is None else Decimal(a), upper=None if b is None else Decimal(b), points=Decimal(points)) for a, b in ends)
    return CriterionRule(key="1", attribute=attribute, weight=Decimal(100), definition_en="x", definition_fr="x", bands=bands)


def choices(*values):
    bands = tuple(BandRule(choice=value, points=Decimal(1)) for value in values)
    return CriterionRule(key="1", attribute="risk_attitude", weight=Decimal(100), definition_en="x", definition_fr="x", bands=bands)


def errors(rules):
    return [problem.at for problem in lint(rules) if not problem.warning]


@pytest.mark.parametrize(
    ("criteria", "at"),
    [
        ((potential(),), []),
        ((potential(60), replace(potential(30), attribute="prescription")), ["criteria-1-weight"]),
        ((potential(50), potential(50)), ["criteria-1-attribute"]),
        ((replace(potential(), attribute="name"),), ["criteria-0-attribute"]),
        ((replace(potential(), definition_fr=" "),), ["criteria-0-definition_fr"]),
        ((replace(potential(), definition_en="", definition_fr=""),), ["criteria-0-definition_en", "criteria-0-definition_fr"]),
        ((), ["criteria"]),
        ((replace(potential(), bands=()),), ["criteria-0-bands"]),
        ((figures((None, 50_000), (50_000, None)),), []),
        # The practitioners' own table: 199,000 to 200,000 in no segment; 4 referrals in two.
        ((figures((None, 50_000), (50_000, 199_000), (200_000, None)),), ["criteria-0-bands-2-lower"]),
        ((figures((None, 2), (2, 5), (4, None), attribute="referrals_12_months"),), ["criteria-0-bands-2-lower"]),
        ((figures((0, None)),), ["criteria-0-bands-0-lower"]),
        ((figures((None, 100)),), ["criteria-0-bands-0-upper"]),
        ((figures((None, None), (None, None)),), ["criteria-0-bands-1-lower"]),
        ((figures((None, 5), (9, 5)),), ["criteria-0-bands-1-upper"]),
        ((figures((None, None), points=101),), ["criteria-0-bands-0-points"]),
        ((choices("low", "moderate", "high"),), []),
        ((choices("low", "low", "high"),), ["criteria-0-bands-1-choice", "criteria-0-bands"]),
        ((choices("low", "moderate", "high", "wild"),), ["criteria-0-bands-3-choice"]),
    ],
)
def test_criteria(criteria, at):
    assert errors(make_rules([1, 2, 3], criteria=criteria)) == at


def test_the_message_says_which_values_are_in_no_band():
    rules = make_rules([1, 2], criteria=(figures((None, 50_000), (50_000, 199_000), (200_000, None)),))
    assert [problem.message for problem in lint(rules) if not problem.warning] == ["Values from 199,000 to 200,000 are in no band."]


@pytest.mark.parametrize(
    ("quotas", "at"),
    [
        ((10, 30, 60), []),
        ((10, 30, 59), ["cuts-2-quota"]),
        ((0, 40, 60), ["cuts-0-quota"]),
    ],
)
def test_quotas_sum_to_the_whole_book(quotas, at):
    assert errors(make_rules([1, 2, 3], method="quotas", quotas=quotas)) == at


@pytest.mark.parametrize(
    ("least", "at"), [((70, 40), []), ((40, 40), ["cuts-1-least_score"]), ((None, 40), ["cuts-0-least_score"]), ((70, 0), ["cuts-1-least_score"])]
)
def test_cut_points_descend(least, at):
    rules = make_rules([1, 2, 3])
    cuts = tuple(replace(cut, least_score=score) for cut, score in zip(rules.cuts, (*least, 0), strict=True))
    assert errors(replace(rules, cuts=cuts)) == at


def test_one_segment_is_no_segmentation():
    rules = make_rules([1, 2])
    assert errors(replace(rules, cuts=rules.cuts[:1])) == ["cuts"]


@pytest.mark.parametrize(("number", "warned"), [(1, True), (3, False), (5, False), (6, True)])
def test_three_to_five_criteria_or_a_warning(number, warned):
    keys = ["potential", "prescription", "relationship_quality", "aum", "income", "net_worth"][:number]
    criteria = tuple(replace(potential(), attribute=key) for key in keys)
    assert any(problem.warning for problem in lint(make_rules([1, 2], criteria=criteria))) is warned


# --- Conditions: rules of segments, floors of quotas ---


def span(attribute, lower, upper):
    """As a practitioner writes it: "> 400,000" is (400_000, None), "50,001–199,000" is ("50001", "199000"), "< 2" is (None, 2)."""
    if upper is None:
        return Condition(attribute, Test.MORE_THAN, (Decimal(lower),))
    if lower is None:
        return Condition(attribute, Test.LESS_THAN, (Decimal(upper),))
    return Condition(attribute, Test.THROUGH, (Decimal(lower), Decimal(upper)))


def all_of(*items):
    return Group(Match.ALL, 0, items)


def ruled(*groups, **fields):
    keys = dict.fromkeys(key for group in groups if group for key in attributes_in(group))
    stated = tuple(CriterionRule(key=key, attribute=key, weight=Decimal(0), axis=Axis.STATED, definition_en="x", definition_fr="x") for key in keys)
    cuts = tuple(CutRule(segment_id=number, conditions=group) for number, group in enumerate(groups, start=1))
    return Rules(**{"method": Method.RULES, "criteria": stated, "cuts": cuts, **fields})


AS_PUBLISHED = (
    all_of(span("aum", 400_000, None), span("referrals_12_months", 6, None), span("annual_cost", 2_000, None)),
    all_of(span("aum", 200_000, 399_000), span("referrals_12_months", 4, 6), span("annual_cost", 501, 1_000)),
    all_of(span("aum", 50_001, 199_000), span("referrals_12_months", 2, 4), span("annual_cost", 201, 500)),
    all_of(span("aum", None, 50_000), span("referrals_12_months", None, 2), span("annual_cost", 0, 200)),
)


def test_the_practitioners_table_as_published_is_faulted_at_the_cell():
    """D8: the values that lie in no segment, and the 4 referrals that lie in two."""
    with translation.override("en"):
        found = {(problem.at, problem.message) for problem in lint(ruled(*AS_PUBLISHED))}
    assert {
        ("cuts-1-conditions-0", "Assets under management: values between 199,000 and 200,000 are in no segment."),
        ("cuts-0-conditions-0", "Assets under management: values between 399,000 and 400,000 are in no segment."),
        ("cuts-2-conditions-0", "Assets under management: exactly 50,000 is in no segment."),
        ("cuts-2-conditions-1", "Referrals in 12 months: 4 is also in segment 2, which takes it first."),
        ("cuts-0-conditions-2", "Cost to serve over 12 months: values between 1,000 and 2,000 are in no segment."),
    } <= found
    # What else it says is true too: cents between whole amounts belong to nobody.
    assert {at for at, _message in found} == {
        "cuts-0-conditions-0", "cuts-1-conditions-0", "cuts-2-conditions-0", "cuts-2-conditions-1",
        "cuts-0-conditions-2", "cuts-1-conditions-2", "cuts-2-conditions-2",
    }  # fmt: skip
    assert all(problem.warning for problem in lint(ruled(*AS_PUBLISHED)))


def test_a_table_that_shares_out_every_value_once_is_left_in_peace():
    mended = (
        all_of(Condition("aum", Test.MORE_THAN, (Decimal(400_000),))),
        all_of(Condition("aum", Test.MORE_THAN, (Decimal(200_000),)), Condition("aum", Test.AT_MOST, (Decimal(400_000),))),
        all_of(Condition("aum", Test.AT_MOST, (Decimal(200_000),))),
    )
    assert lint(ruled(*mended)) == []


@pytest.mark.parametrize(
    ("groups", "problems"),
    [
        # Younger than 30 and older than 40: nobody, and that stops the publication.
        ((all_of(span("age", None, 30), span("age", 40, None)), None), [("cuts-0-conditions", False)]),
        ((all_of(span("aum", 10, None)), all_of(span("aum", 20, None)), None), [("cuts-1-conditions", True), ("cuts-1-conditions-0", True)]),
        ((None, all_of(span("aum", 20, None))), [("cuts-0-conditions", False)]),
        ((all_of(Condition("own.gone", Test.KNOWN)), None), [("cuts-0-conditions", False), ("criteria-0-attribute", False)]),
    ],
)
def test_rules_that_cannot_be_met_or_never_get_a_turn(alice, groups, problems):
    catalogue = catalogue_of(alice.firm_id)
    found = [(problem.at, problem.warning) for problem in linting.lint(ruled(*groups), catalogue=catalogue)]
    assert sorted(found) == sorted(problems)


def floored(*floors, **fields):
    cuts = tuple(CutRule(segment_id=n, quota=Decimal(q), conditions=floor) for n, (q, floor) in enumerate(zip((10, 30, 60), floors, strict=True)))
    rules = Rules(**{"method": Method.QUOTAS, "criteria": (potential(),), "cuts": cuts, **fields})
    return with_stated_definitions(rules)


def with_stated_definitions(rules):
    stated = with_stated_criteria(rules)
    return replace(stated, criteria=tuple(replace(criterion, definition_en="x", definition_fr="x") for criterion in stated.criteria))


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        (floored(all_of(span("net_worth", 1_000_000, None)), None, None), []),
        # A floor under the last segment would leave clients nowhere.
        (floored(None, None, all_of(span("aum", 5, None))), [("cuts-2-conditions", False)]),
        # Gold asks more than VIP.
        (floored(all_of(span("aum", 5, None)), all_of(span("aum", 9, None)), None), [("cuts-1-conditions", True)]),
        # Every share is filled whatever the floors.
        (floored(all_of(span("aum", 9, None)), all_of(span("aum", 5, None)), None, winner=Winner.SHARE), [("cuts", True)]),
    ],
)
def test_floors_and_shares_that_disagree(rules, problems):
    found = [(problem.at, problem.warning) for problem in lint(rules) if problem.at != "criteria"]
    assert found == problems


def test_a_score_that_nobody_can_reach_is_told():
    rules = make_rules([1, 2], criteria=(figures((None, None), points=60),))
    with translation.override("en"):
        told = [problem.message for problem in lint(rules) if problem.at == "cuts-0-least_score"]
    assert told == ["Nobody can reach this score: these criteria give 60 points at most."]


@pytest.mark.parametrize(
    ("plane", "problems"),
    [
        (Plane(x_cuts=(Decimal(50),), cells=((1, 2),)), []),
        (Plane(x_cuts=(Decimal(50), Decimal(40)), cells=((1, 2, 1),)), ["plane-x_cuts-1"]),
        (Plane(y_cuts=(Decimal(100),), cells=((1,), (2,))), ["plane-y_cuts-0"]),
        (Plane(x_cuts=(Decimal(50),), cells=((1,),)), ["plane"]),
        (Plane(x_cuts=(Decimal(50),), cells=((1, 9),)), ["plane"]),
        (Plane(x_cuts=(Decimal(50),), cells=((1, 1),)), ["cuts-1-segment"]),
    ],
)
def test_planes(plane, problems):
    named = replace(plane, x_name_en="Value", x_name_fr="Valeur", y_name_en="Potential", y_name_fr="Potentiel")
    criteria = (potential(), replace(potential(), key="2", axis=Axis.SECOND))
    rules = Rules(method=Method.PLANE, plane=named, criteria=criteria, cuts=(CutRule(segment_id=1), CutRule(segment_id=2)))
    assert [problem.at for problem in lint(rules) if problem.at != "criteria"] == problems
    nameless = Rules(method=Method.PLANE, plane=plane, criteria=criteria, cuts=rules.cuts)
    assert {"plane-x_name_en", "plane-y_name_fr"} <= {problem.at for problem in lint(nameless)}
