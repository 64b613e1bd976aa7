"""What no client can meet is found, and what some client could meet never is."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.conditions import Condition, Group, Match, Test, contradictions, matches
from tests.clients.conditions.books import DAYS, ON, PLANS, TEXTS, groups

D = Decimal


def all_of(*items):
    return Group(Match.ALL, 0, items)


def any_of(*items):
    return Group(Match.ANY, 0, items)


def at_least(least, *items):
    return Group(Match.AT_LEAST, least, items)


def ask(key, test, *values):
    return Condition(key, test, tuple(D(value) if isinstance(value, int) and not isinstance(value, bool) else value for value in values))


YOUNG, OLD, MIDDLE = ask("age", Test.LESS_THAN, 30), ask("age", Test.AT_LEAST, 40), ask("age", Test.BETWEEN, 30, 40)
RICH, POOR = ask("aum", Test.MORE_THAN, 400_000), ask("aum", Test.AT_MOST, 50_000)


def found(group):
    return [(one.at, one.conditions) for one in contradictions(group, catalogue=PLANS, on=ON)]


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (all_of(YOUNG, OLD), [("", (YOUNG, OLD))]),
        (all_of(RICH, YOUNG, OLD), [("", (YOUNG, OLD))]),
        (at_least(2, YOUNG, OLD), [("", (YOUNG, OLD))]),
        (at_least(2, YOUNG, MIDDLE, OLD), [("", (YOUNG, MIDDLE))]),
        (at_least(2, YOUNG, OLD, RICH), []),
        (any_of(YOUNG, OLD), []),
        # A branch that is dead is told, though the others live.
        (any_of(RICH, all_of(YOUNG, OLD)), [("1", (YOUNG, OLD))]),
        # Either branch excludes the rest of the group.
        (all_of(YOUNG, any_of(OLD, MIDDLE)), [("", ())]),
        (all_of(YOUNG, any_of(OLD, RICH)), []),
        (all_of(YOUNG, any_of(all_of(OLD, RICH), POOR)), []),
        (
            all_of(ask("age", Test.MORE_THAN, 40), ask("age", Test.LESS_THAN, 41)),
            [("", (ask("age", Test.MORE_THAN, 40), ask("age", Test.LESS_THAN, 41)))],
        ),
        (all_of(ask("aum", Test.MORE_THAN, 40), ask("aum", Test.LESS_THAN, 41)), []),
        (all_of(RICH, ask("aum", Test.EQUALS, 400_000)), [("", (RICH, ask("aum", Test.EQUALS, 400_000)))]),
        (all_of(RICH, ask("aum", Test.NOT_KNOWN)), [("", (RICH, ask("aum", Test.NOT_KNOWN)))]),
        (all_of(ask("potential", Test.MORE_THAN, 10)), [("0", (ask("potential", Test.MORE_THAN, 10),))]),
        (all_of(ask("aum", Test.BETWEEN, 5, 5)), [("0", (ask("aum", Test.BETWEEN, 5, 5),))]),
        (all_of(ask("aum", Test.THROUGH, 5, 5)), []),
        (at_least(3, RICH, YOUNG), [("", ())]),
        (
            all_of(ask("risk_attitude", Test.ANY_OF, "low"), ask("risk_attitude", Test.NONE_OF, "low", "high")),
            [("", (ask("risk_attitude", Test.ANY_OF, "low"), ask("risk_attitude", Test.NONE_OF, "low", "high")))],
        ),
        (
            all_of(*(ask("risk_attitude", Test.NONE_OF, level) for level in ("low", "moderate", "high"))),
            [("", tuple(ask("risk_attitude", Test.NONE_OF, level) for level in ("low", "moderate", "high")))],
        ),
        (
            all_of(ask("wealth_tax", Test.ANY_OF, True), ask("wealth_tax", Test.NONE_OF, True)),
            [("", (ask("wealth_tax", Test.ANY_OF, True), ask("wealth_tax", Test.NONE_OF, True)))],
        ),
        (all_of(ask("occupation", Test.ANY_OF, "Notaire"), ask("occupation", Test.CONTAINS, "TAIRE")), []),
        (
            all_of(ask("occupation", Test.ANY_OF, "Notaire"), ask("occupation", Test.CONTAINS, "médecin")),
            [("", (ask("occupation", Test.ANY_OF, "Notaire"), ask("occupation", Test.CONTAINS, "médecin")))],
        ),
        (all_of(ask("occupation", Test.CONTAINS, "a"), ask("occupation", Test.CONTAINS, "b"), ask("occupation", Test.NONE_OF, "a b")), []),
        (all_of(ask("products", Test.ALL_OF, "rrsp", "tfsa"), ask("products", Test.NONE_OF, "resp")), []),
        (
            all_of(ask("products", Test.ALL_OF, "rrsp", "tfsa"), ask("products", Test.NONE_OF, "tfsa")),
            [("", (ask("products", Test.ALL_OF, "rrsp", "tfsa"), ask("products", Test.NONE_OF, "tfsa")))],
        ),
        (
            all_of(ask("client_since", Test.LESS_THAN, date(2025, 1, 1)), Condition("client_since", Test.LAST_MONTHS, (12,))),
            [("", (ask("client_since", Test.LESS_THAN, date(2025, 1, 1)), Condition("client_since", Test.LAST_MONTHS, (12,))))],
        ),
        (all_of(Condition("next_review_on", Test.LAST_MONTHS, (1,)), Condition("next_review_on", Test.NEXT_DAYS, (1,))), []),
        (all_of(ask("horoscope", Test.KNOWN), ask("horoscope", Test.NOT_KNOWN)), []),
    ],
)
def test_what_cannot_be_met_is_told_at_the_smallest_item(group, expected):
    assert found(group) == expected


@st.composite
def values(draw):
    maybe = lambda one: st.none() | one  # noqa: E731
    return draw(
        st.fixed_dictionaries(
            {
                "aum": maybe(st.sampled_from([D(0), D(1), D("2.5"), D(30), D(45), D("49999.99"), D(50_000), D(70_000), D(100_000), D(200_000)])),
                "children": maybe(st.integers(0, 70)),
                "potential": maybe(st.integers(0, 10)),
                "age": maybe(st.integers(0, 70)),
                "client_since": maybe(DAYS),
                "risk_attitude": maybe(st.sampled_from(["low", "moderate", "high"])),
                "wealth_tax": maybe(st.booleans()),
                "occupation": maybe(TEXTS),
                "products": maybe(st.lists(st.sampled_from(["rrsp", "tfsa", "resp"]), min_size=1, unique=True).map(tuple)),
            }
        )
    )


KEYS = ("aum", "children", "potential", "age", "client_since", "risk_attitude", "wealth_tax", "occupation", "products")


@settings(max_examples=600, deadline=None)
@given(group=groups(keys=KEYS), client=values())
def test_a_group_that_some_client_meets_is_never_called_impossible(group, client):
    if matches(group, client, catalogue=PLANS, on=ON):
        assert "" not in [at for at, _conditions in found(group)]


@settings(max_examples=300, deadline=None)
@given(pair=st.tuples(groups(deepest=1, keys=("age",)), groups(deepest=1, keys=("age",))))
def test_over_one_attribute_every_contradiction_is_found(pair):
    """Ages are few: each one can be tried."""
    group = all_of(*pair)
    possible = any(matches(group, {"age": age}, catalogue=PLANS, on=ON) for age in [None, *range(130)])
    assert bool(found(group)) is not possible or any(at for at, _conditions in found(group))
