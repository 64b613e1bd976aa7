"""The builder takes conditions in, shows them as people write them, and gives back what was meant."""

from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import translation
from hypothesis import HealthCheck, given, settings

from clients.attributes import Type
from clients.conditions import Condition, ConditionsRefused, Group, Match, Test
from clients.conditions.building import Builder
from tests.clients.conditions.books import PLANS, groups

D = Decimal


def fields_of(editor):
    """What a browser would send of what the templates show."""
    sent = []

    def walk(node):
        if node.is_group:
            sent.extend([(f"{node.name}match", node.match), (f"{node.name}least", node.least)])
            for item in node.items:
                walk(item)
            return
        sent.extend([(f"{node.name}attribute", node.attribute), (f"{node.name}kind", node.kind), (f"{node.name}test", node.test)])
        if node.control == "texts":
            sent.append((f"{node.name}lines", "\r\n".join(node.values)))
        elif node.control == "choices":
            sent.extend((f"{node.name}values", value) for value, _label, chosen in node.choices if chosen)
        elif node.control:
            sent.extend((f"{node.name}values", value) for value in node.values)

    walk(editor)
    return sent


def in_order(item):
    """Boxes that are ticked are sent in the order of the choices."""
    if isinstance(item, Group):
        return Group(item.match, item.least, tuple(map(in_order, item.items)))
    source = PLANS[item.attribute]
    choices: list[Any] = [True, False] if source.type is Type.YES_NO else [value for value, _label in source.choices]
    return Condition(item.attribute, item.test, tuple(sorted(item.values, key=choices.index)) if choices else item.values)


def post(pairs):
    data = QueryDict(mutable=True)
    for name, value in pairs:
        data.appendlist(name, value)
    return data


def read(pairs, firm, language="en"):
    with translation.override(language):
        return Builder.read(post(pairs), prefix="rule", catalogue=PLANS, firm=firm)


@pytest.mark.parametrize(("language", "region"), [("en", "CA-QC"), ("fr-ca", "CA-QC"), ("fr", "FR"), ("en", "FR")])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(group=groups())
def test_a_form_sent_back_unchanged_says_the_same(alpha, language, region, group):
    alpha.region = region
    with translation.override(language):
        shown = Builder.of(group, prefix="rule", catalogue=PLANS, firm=alpha).editor(url="")
        again = Builder.read(post(fields_of(shown)), prefix="rule", catalogue=PLANS, firm=alpha)
        assert (again.group(), again.acted) == (in_order(group), False)


def aum(*values, test="between", extra=()):
    return [("rule-match", "all"), ("rule-0-attribute", "aum"), ("rule-0-kind", "figure"), ("rule-0-test", test),
            *(("rule-0-values", value) for value in values), *extra]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [("fr", "1 000 000,50", "1000000.50"), ("fr", "1\u202f000 $", "1000"), ("en", "$1,000.50", "1000.50"), ("en", "1000", "1000")],
)
def test_amounts_are_read_as_people_write_them(alpha, language, typed, meant):
    with translation.override(language):
        assert read(aum(typed, test="at_least"), alpha, language).group().items == (Condition("aum", Test.AT_LEAST, (D(meant),)),)


def test_what_cannot_be_read_comes_back_as_typed_with_its_fault_beside_it(alpha):
    builder = read(aum("lots", "2"), alpha)
    with pytest.raises(ConditionsRefused):
        builder.group()
    (condition,) = builder.editor(url="").items
    assert (condition.values, condition.problems) == (["lots", "2"], ["Give a number."])


def test_faults_of_groups_stand_at_the_group(alpha):
    builder = read([("rule-match", "at_least"), ("rule-least", "3"), ("rule-0-match", "any"), ("rule-1-match", "some")], alpha)
    with pytest.raises(ConditionsRefused):
        builder.group()
    outer = builder.editor(url="")
    assert (outer.problems, [item.problems for item in outer.items]) == (
        ["Give a whole number from 1 to 2."],
        [["Add at least one condition."], ["Say how many of the conditions must be met."]],
    )


def shape(builder):
    def of(node):
        return [of(item) for item in node.items] if node.is_group else node.attribute

    return of(builder.editor(url=""))


NESTED = [*aum("1", "2"), ("rule-1-match", "any"), ("rule-1-0-attribute", "age"), ("rule-1-1-attribute", "city")]


@pytest.mark.parametrize(
    ("act", "expected", "added"),
    [
        ("add:", ["aum", ["age", "city"], ""], "2"),
        ("add:1", ["aum", ["age", "city", ""]], "1-2"),
        ("group:1", ["aum", ["age", "city", [""]]], "1-2-0"),
        ("remove:0", [["age", "city"]], ""),
        ("remove:1", ["aum"], ""),
        ("remove:1-0", ["aum", ["city"]], ""),
        ("remove:1-9", ["aum", ["age", "city"]], ""),
        ("remove:9-9", ["aum", ["age", "city"]], ""),
        ("remove:", ["aum", ["age", "city"]], ""),
        ("add:0", ["aum", ["age", "city"]], ""),
        ("remove:0-0", ["aum", ["age", "city"]], ""),
        ("explode", ["aum", ["age", "city"]], ""),
    ],
)
def test_buttons_change_the_shape(alpha, act, expected, added):
    builder = read([*NESTED, ("rule-act", act)], alpha)
    assert (shape(builder), builder.added, builder.acted) == (expected, added, True)


def changed(alpha, *pairs):
    (condition,) = read([("rule-match", "all"), *(("rule-0-" + name, value) for name, value in pairs)], alpha).editor(url="").items
    return (condition.test, condition.control, condition.values)


def test_another_attribute_keeps_what_suits_it(alpha):
    assert changed(alpha, ("attribute", "income"), ("kind", "figure"), ("test", "more_than"), ("values", "5")) == ("more_than", "figure", ["5"])
    assert changed(alpha, ("attribute", "city"), ("kind", "figure"), ("test", "more_than"), ("values", "5")) == ("contains", "text", [""])
    assert changed(alpha, ("attribute", "client_since"), ("kind", "figure"), ("test", "more_than"), ("values", "5")) == ("more_than", "day", [""])
    assert changed(alpha, ("attribute", "risk_attitude"), ("kind", "choice"), ("test", "any_of"), ("values", "married"), ("values", "low")) == (
        "any_of",
        "choices",
        ["low"],
    )


def test_another_test_asks_for_as_many_values_as_it_needs(alpha):
    assert changed(alpha, ("attribute", "aum"), ("kind", "figure"), ("test", "between"), ("values", "5")) == ("between", "figure", ["5", ""])
    assert changed(alpha, ("attribute", "aum"), ("kind", "figure"), ("test", "equals"), ("values", "5"), ("values", "6")) == (
        "equals",
        "figure",
        ["5"],
    )
    assert changed(alpha, ("attribute", "aum"), ("kind", "figure"), ("test", "known"), ("values", "5")) == ("known", "", [])
    assert changed(alpha, ("attribute", "aum")) == ("at_least", "figure", [""])


def test_an_attribute_that_is_gone_is_shown_and_refused(alpha):
    stored = {"match": "all", "items": [{"attribute": "horoscope", "test": "any_of", "values": ["leo"]}]}
    builder = Builder.of(stored, prefix="rule", catalogue=PLANS, firm=alpha)
    with pytest.raises(ConditionsRefused):
        builder.group()
    condition: Any = builder.editor(url="").items[0]
    assert (condition.attribute, condition.is_gone, condition.problems) == ("horoscope", True, ["The firm no longer has this attribute."])
    assert builder.json() == stored


def test_it_begins_with_one_empty_condition(alpha):
    assert shape(Builder.of(None, prefix="rule", catalogue=PLANS, firm=alpha)) == [""]


def test_groups_nest_as_deep_as_they_are_read(alpha):
    group = Group(Match.ALL, 0, (Condition("aum", Test.KNOWN),))
    for _level in range(4):
        group = Group(Match.ALL, 0, (group,))
    node: Any = Builder.of(group, prefix="rule", catalogue=PLANS, firm=alpha).editor(url="")
    may_nest = []
    while node.is_group:
        may_nest.append(node.may_nest)
        node = node.items[0]
    assert may_nest == [True, True, True, True, False]


def test_a_hostile_form_is_read_no_further_than_what_is_refused(alpha):
    pairs = [("rule-match", "all"), *((f"rule-{number}-attribute", "aum") for number in range(500))]
    deep = "rule-"
    for _level in range(40):
        deep += "0-"
        pairs.append((f"{deep}match", "all"))
    with pytest.raises(ConditionsRefused):
        read(pairs, alpha).group()
