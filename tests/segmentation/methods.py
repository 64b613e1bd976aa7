"""One rich set of rules for each way of placing clients, and a book that they spread out."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from clients.conditions import Condition, Group, Match, Test
from clients.models import Client
from firms.models import User
from segmentation.models import Axis, Method, Scale, SchemeVersion
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, with_stated_criteria, write_rules
from tests.segmentation.rows import make_draft, make_scheme

D = Decimal
NAMES = ("Clients privilégiés de très longue date", "Gold", "Silver", "Bronze")


def make_clients(adviser: User, size: int = 300) -> list[Client]:
    """Unknown here and there; a few fortunes."""
    return Client.objects.bulk_create(
        Client(
            adviser=adviser,
            name=f"Client {number}",
            potential=None if number % 17 == 0 else (number * 7) % 11,
            relationship_quality=(number * 3) % 11,
            prescription=number % 11,
            satisfaction=(number * 5) % 11,
            children=number % 4,
            risk_attitude=("low", "moderate", "high", "")[number % 4],
            aum=None if number % 23 == 0 else D((number * 7_331) % 900_000 + (3_000_000 if number % 97 == 0 else 0)),
        )
        for number in range(size)
    )


def ranges(*ends: int) -> tuple[BandRule, ...]:
    """From no points to 100 in even steps."""
    edges = [None, *map(D, ends), None]
    return tuple(
        BandRule(lower=lower, upper=upper, points=D(round(100 * number / len(ends)))) for number, (lower, upper) in enumerate(pairwise(edges))
    )


def weighed(key: str, weight: int, **fields: Any) -> CriterionRule:
    said = {"definition_en": f"What the firm means by {key}.", "definition_fr": f"Ce que le cabinet entend par {key}."}
    return CriterionRule(key=key, attribute=key, weight=D(weight), **{**said, **fields})


ASSETS = weighed("aum", 40, bands=ranges(50_000, 250_000, 1_000_000))
POTENTIAL = weighed("potential", 25, scale=Scale.LINEAR, zero_at=D(2), full_at=D(9))
SATISFACTION = weighed("satisfaction", 15, scale=Scale.PERCENTILE)
RISK = weighed(
    "risk_attitude", 20, bands=tuple(BandRule(choice=value, points=D(points)) for value, points in (("low", 0), ("moderate", 50), ("high", 100)))
)

DARING = Group(Match.ALL, 0, (Condition("potential", Test.AT_LEAST, (D(8),)), Condition("risk_attitude", Test.NONE_OF, ("low",))))
RICH = Group(Match.ANY, 0, (Condition("aum", Test.AT_LEAST, (D(500_000),)), DARING))
MIDDLE = Group(
    Match.AT_LEAST,
    2,
    (
        Condition("aum", Test.BETWEEN, (D(100_000), D(500_000))),
        Condition("potential", Test.AT_LEAST, (D(5),)),
        Condition("children", Test.MORE_THAN, (D(1),)),
    ),
)
SOME = Group(Match.ALL, 0, (Condition("aum", Test.AT_LEAST, (D(20_000),)),))


def rules_of(method: str, segments: list[int]) -> Rules:
    """For four segments."""
    conditions = {Method.RULES: (RICH, MIDDLE, SOME, None), Method.QUOTAS: (RICH, None, None, None)}.get(Method(method), (None,) * 4)
    first, second, third, last = segments
    criteria: tuple[CriterionRule, ...] = (ASSETS, POTENTIAL, SATISFACTION, RISK)
    plane = None
    if method == Method.PLANE:
        on_second = (replace(POTENTIAL, weight=D(70), axis=Axis.SECOND), replace(RISK, weight=D(30), axis=Axis.SECOND))
        criteria = (replace(ASSETS, weight=D(60)), replace(SATISFACTION, weight=D(40)), *on_second)
        plane = Plane(
            x_cuts=(D(40), D(70)),
            y_cuts=(D(50),),
            cells=((last, third, second), (third, second, first)),
            x_name_en="Value",
            x_name_fr="Valeur",
            y_name_en="Potential",
            y_name_fr="Potentiel",
        )
    rules = Rules(
        method=method,
        margin=D(2),
        criteria=() if method == Method.RULES else criteria,
        cuts=tuple(
            CutRule(segment_id=segment, least_score=D(least), quota=D(quota), conditions=group)
            for segment, least, quota, group in zip(segments, (70, 50, 30, 0), (10, 30, 40, 20), conditions, strict=True)
        ),
        plane=plane,
    )
    rules = with_stated_criteria(rules)
    return replace(rules, criteria=tuple(weighed(c.attribute, 0, axis=c.axis) if c.axis == Axis.STATED else c for c in rules.criteria))


def make_draft_of(method: str) -> SchemeVersion:
    draft = make_draft(make_scheme(names=NAMES, name="Niveaux de service"))
    write_rules(version=draft, rules=rules_of(method, [segment.pk for segment in draft.scheme.segments.order_by("rank")]))
    return draft
