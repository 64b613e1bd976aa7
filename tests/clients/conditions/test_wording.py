"""A rule in words, as the reader writes amounts, days and lists."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import translation

from clients.conditions import Condition, Group, Match, Test, contradictions, describe, explain
from tests.clients.conditions.books import ON, PLANS

D = Decimal


def words(key, test, *values, firm, language="en"):
    with translation.override(language):
        return describe(Group(Match.ALL, 0, (Condition(key, test, values),)), catalogue=PLANS, firm=firm)


@pytest.mark.parametrize(
    ("key", "test", "values", "expected"),
    [
        ("aum", Test.MORE_THAN, [D(400_000)], "assets under management: more than $400,000"),
        ("aum", Test.AT_MOST, [D("1000.50")], "assets under management: $1,000.50 or less"),
        ("aum", Test.BETWEEN, [D(1), D(2)], "assets under management: from $1 to less than $2"),
        ("marginal_tax_rate", Test.EQUALS, [D("47.46")], "marginal tax rate (%): exactly 47.46%"),
        ("age", Test.THROUGH, [D(40), D(60)], "age: from 40 years up to and including 60 years"),
        ("potential", Test.AT_LEAST, [D(7)], "development potential (0–10): 7/10 or more"),
        ("children", Test.LESS_THAN, [D(1000)], "children: less than 1,000"),
        ("client_since", Test.MORE_THAN, [date(2020, 1, 31)], "client since: after Jan 31, 2020"),
        ("next_review_on", Test.LAST_MONTHS, [12], "next review: within the last 12 months"),
        ("next_review_on", Test.LAST_MONTHS, [1], "next review: within the last month"),
        ("next_review_on", Test.NEXT_DAYS, [0], "next review: today"),
        ("marital_status", Test.ANY_OF, ["married", "civil_union", "single"], "marital status: married, civil union or single"),
        ("marital_status", Test.NONE_OF, ["married", "single"], "marital status: other than married or single"),
        ("wealth_tax", Test.ANY_OF, [True], "pays wealth tax: yes"),
        ("occupation", Test.CONTAINS, ["Notary"], "occupation: contains “Notary”"),
        ("products", Test.ALL_OF, ["rrsp", "tfsa"], "products: RRSP and TFSA"),
        ("products", Test.NONE_OF, ["rrsp", "tfsa"], "products: none of RRSP or TFSA"),
        ("income", Test.NOT_KNOWN, [], "annual income: no known value"),
        ("horoscope", Test.KNOWN, [], "horoscope (no longer an attribute of the firm)"),
    ],
)
def test_each_test_has_its_words(alpha, key, test, values, expected):
    assert words(key, test, *values, firm=alpha) == expected


RULE = Group(
    Match.ALL,
    0,
    (
        Condition("aum", Test.MORE_THAN, (D(1_000_000),)),
        Group(Match.ANY, 0, (Condition("occupation", Test.ANY_OF, ("médecin", "avocat")), Condition("age", Test.LESS_THAN, (D(60),)))),
        Group(
            Match.AT_LEAST,
            2,
            (
                Condition("potential", Test.AT_LEAST, (D(7),)),
                Condition("wealth_tax", Test.ANY_OF, (True,)),
                Condition("children", Test.EQUALS, (D(0),)),
            ),
        ),
    ),
)


def test_groups_are_joined_by_their_words(alpha):
    with translation.override("en"):
        assert describe(RULE, catalogue=PLANS, firm=alpha) == (
            "assets under management: more than $1,000,000, and (occupation: “médecin” or “avocat”, or age: less than 60 years), and "
            "(at least 2 of these 3: development potential (0–10): 7/10 or more; pays wealth tax: yes; children: exactly 0)"
        )


def test_a_contradiction_is_explained(alpha):
    young_and_old = Group(Match.ALL, 0, (Condition("age", Test.LESS_THAN, (D(30),)), Condition("age", Test.AT_LEAST, (D(40),))))
    with translation.override("en"):
        assert [explain(found, catalogue=PLANS, firm=alpha) for found in contradictions(young_and_old, catalogue=PLANS, on=ON)] == [
            "No client can meet these conditions together: age: less than 30 years; age: 40 years or more."
        ]


def test_french_reads_as_french(alpha):
    with translation.override("fr-ca"):
        sentence = describe(RULE, catalogue=PLANS, firm=alpha)
    assert sentence.replace("\u202f", "_").replace("\xa0", "_") == (
        "actif géré_: plus de 1_000_000_$, et (profession_: «_médecin_» ou «_avocat_», ou âge_: moins de 60 ans), "
        "et (au moins 2 de ces 3 conditions_: potentiel de développement (0–10)_: 7/10 ou plus_; "
        "assujetti à l’impôt sur la fortune_: oui_; enfants_: exactement 0)"
    )
