"""Every problem of a draft is named at the very field."""

from dataclasses import replace
from decimal import Decimal

import pytest

from clients.attributes import catalogue_of
from segmentation import linting
from segmentation.rules import BandRule, CriterionRule
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
