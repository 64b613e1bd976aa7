"""Conditions are read from JSON, refused with every fault at its place, and written back as they were."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings

from clients.conditions import Condition, ConditionsRefused, Group, Match, Test, as_json, attributes_in, parse
from tests.clients.conditions.books import PLANS, groups

D = Decimal

WRITTEN = {
    "match": "all",
    "items": [
        {"attribute": "aum", "test": "more_than", "values": ["400000.00"]},
        {"attribute": "client_since", "test": "between", "values": ["2010-01-01", "2020-01-01"]},
        {
            "match": "at_least",
            "least": 2,
            "items": [
                {"attribute": "risk_attitude", "test": "any_of", "values": ["low", "moderate"]},
                {"attribute": "wealth_tax", "test": "any_of", "values": [True]},
                {"attribute": "occupation", "test": "contains", "values": ["médecin"]},
                {"attribute": "next_review_on", "test": "next_days", "values": [30]},
                {"attribute": "aum", "test": "known", "values": []},
            ],
        },
    ],
}
READ = Group(
    Match.ALL,
    0,
    (
        Condition("aum", Test.MORE_THAN, (D(400_000),)),
        Condition("client_since", Test.BETWEEN, (date(2010, 1, 1), date(2020, 1, 1))),
        Group(
            Match.AT_LEAST,
            2,
            (
                Condition("risk_attitude", Test.ANY_OF, ("low", "moderate")),
                Condition("wealth_tax", Test.ANY_OF, (True,)),
                Condition("occupation", Test.CONTAINS, ("médecin",)),
                Condition("next_review_on", Test.NEXT_DAYS, (30,)),
                Condition("aum", Test.KNOWN),
            ),
        ),
    ),
)


def test_json_is_read_and_written_back_to_the_last_zero():
    assert (parse(WRITTEN, catalogue=PLANS), as_json(READ)["items"][2]) == (READ, WRITTEN["items"][2])
    assert as_json(parse(WRITTEN, catalogue=PLANS)) == WRITTEN


@settings(max_examples=200, deadline=None)
@given(groups())
def test_whatever_is_written_is_read_back(group):
    assert parse(as_json(group), catalogue=PLANS) == group


def test_the_attributes_of_a_group_are_named_once():
    assert attributes_in(READ) == ["aum", "client_since", "risk_attitude", "wealth_tax", "occupation", "next_review_on"]


def problems(*items, match="all", **more):
    with pytest.raises(ConditionsRefused) as refused:
        parse({"match": match, "items": list(items), **more}, catalogue=PLANS)
    return refused.value.problems


def condition(attribute, test, *values):
    return {"attribute": attribute, "test": test, "values": list(values)}


GOOD = condition("aum", "known")


@pytest.mark.parametrize(
    ("item", "at", "message"),
    [
        (condition("horoscope", "known"), "attribute", "The firm no longer has this attribute."),
        ({"test": "known"}, "attribute", "Choose what this condition asks about."),
        ("aum", "attribute", "Choose what this condition asks about."),
        (None, "attribute", "Choose what this condition asks about."),
        (condition(["aum"], "known"), "attribute", "Choose what this condition asks about."),
        (condition("aum", "contains", "1"), "test", "Choose how to compare."),
        (condition("risk_attitude", "at_least", "low"), "test", "Choose how to compare."),
        (condition("products", "contains", "rrsp"), "test", "Choose how to compare."),
        (condition("aum", None), "test", "Choose how to compare."),
        (condition("aum", ["known"]), "test", "Choose how to compare."),
        (condition("aum", "at_least", "NaN"), "values", "Give a number."),
        (condition("aum", "at_least", float("nan")), "values", "Give a number."),
        (condition("aum", "at_least", "Infinity"), "values", "Give a number."),
        (condition("aum", "at_least", "lots"), "values", "Give a number."),
        (condition("aum", "at_least", True), "values", "Give a number."),
        (condition("aum", "at_least", ["1"]), "values", "Give a number."),
        (condition("aum", "at_least", "1e999999"), "values", "This number is too large."),
        (condition("aum", "at_least", "1e-999999999"), "values", "Give at most 4 decimals."),
        (condition("aum", "at_least", "0.00001"), "values", "Give at most 4 decimals."),
        (condition("children", "at_least", "1.5"), "values", "Give a whole number."),
        (condition("age", "at_least", "40.5"), "values", "Give a whole number."),
        (condition("aum", "at_least"), "values", "Give one value."),
        (condition("aum", "at_least", "1", "2"), "values", "Give one value."),
        (condition("aum", "between", "1"), "values", "Give both ends."),
        (condition("aum", "between", "2", "2"), "values", "The end must be greater than the start."),
        (condition("aum", "through", "2", "1"), "values", "The end must be greater than the start."),
        (condition("client_since", "at_least", "2026-02-30"), "values", "Give a date."),
        (condition("client_since", "at_least", 20260101), "values", "Give a date."),
        (condition("client_since", "at_least", "0001-01-01"), "values", "Give a date."),
        (condition("next_review_on", "last_months", 0), "values", "Give a whole number from 1 to 1200."),
        (condition("next_review_on", "next_days", "-1"), "values", "Give a whole number from 0 to 3660."),
        (condition("next_review_on", "next_days", True), "values", "Give a whole number from 0 to 3660."),
        (condition("risk_attitude", "any_of", "reckless"), "values", "Choose among the values of this attribute."),
        (condition("risk_attitude", "any_of"), "values", "Choose at least one value."),
        (condition("products", "all_of", "loan"), "values", "Choose among the values of this attribute."),
        (condition("wealth_tax", "any_of", "perhaps"), "values", "Choose yes or no."),
        (condition("wealth_tax", "any_of", ["true"]), "values", "Choose yes or no."),
        (condition("occupation", "contains", " – "), "values", "Give a text with at least one letter or digit."),
        (condition("occupation", "contains", 7), "values", "Give a text with at least one letter or digit."),
        (condition("occupation", "contains", "a\0"), "values", "This text has characters that cannot be searched for."),
        (condition("occupation", "contains", "a\ud800"), "values", "This text has characters that cannot be searched for."),
        (condition("occupation", "any_of", "a" * 201), "values", "Give at most 200 characters."),
        (condition("occupation", "any_of", *["a"] * 101), "values", "Give at most 100 values."),
        ({"attribute": "occupation", "test": "any_of", "values": "a"}, "values", "Give at most 100 values."),
        ({"match": "all", "items": []}, "items", "Add at least one condition."),
        ({"match": "all", "items": {}}, "items", "This is no group of conditions."),
        ({"match": "some", "items": [GOOD]}, "match", "Say how many of the conditions must be met."),
        ({"match": [], "items": [GOOD]}, "match", "Say how many of the conditions must be met."),
        ({"match": "at_least", "least": 2, "items": [GOOD]}, "least", "Give a whole number from 1 to 1."),
        ({"match": "at_least", "least": 0, "items": [GOOD]}, "least", "Give a whole number from 1 to 1."),
        ({"match": "at_least", "items": [GOOD]}, "least", "Give a whole number from 1 to 1."),
    ],
)
def test_a_fault_is_told_at_its_place(item, at, message):
    assert problems(GOOD, item) == [(f"1-{at}", message)]


def test_every_fault_is_told():
    inner = {"match": "any", "items": [condition("aum", "at_least", "x"), GOOD, condition("risk_attitude", "any_of")]}
    assert problems(condition("horoscope", "known"), inner) == [
        ("0-attribute", "The firm no longer has this attribute."),
        ("1-0-values", "Give a number."),
        ("1-2-values", "Choose at least one value."),
    ]


@pytest.mark.parametrize("data", [None, [], "all", 1, {}, {"match": "all"}, {"items": 3}])
def test_what_is_no_group_is_refused(data):
    with pytest.raises(ConditionsRefused) as refused:
        parse(data, catalogue=PLANS)
    assert refused.value.problems == [("items", "This is no group of conditions.")]


def nested(depth):
    group = {"match": "all", "items": [GOOD]}
    for _level in range(depth - 1):
        group = {"match": "all", "items": [group]}
    return group


def test_groups_are_nested_five_deep_and_no_deeper():
    parse(nested(5), catalogue=PLANS)
    assert [problems(*nested(depth)["items"]) for depth in (6, 500)] == [[("0-0-0-0-0-items", "Groups can be nested 5 deep, not more.")]] * 2


def test_fifty_conditions_are_read_and_no_more():
    parse({"match": "any", "items": [GOOD] * 25 + [{"match": "all", "items": [GOOD] * 25}]}, catalogue=PLANS)
    assert problems(*[GOOD] * 25, {"match": "all", "items": [GOOD] * 1000}, GOOD) == [("items", "At most 50 conditions are read together.")]


def test_values_are_read_once_each():
    read = parse({"match": "all", "items": [condition("risk_attitude", "any_of", "low", "low")]}, catalogue=PLANS)
    assert read.items == (Condition("risk_attitude", Test.ANY_OF, ("low",)),)
