"""What changed between two versions is said in words, each thing once, in both languages; what is the same is not said."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from clients.attributes import catalogue_of
from clients.conditions import Condition, Group, Match, Test
from firms.models import Firm
from segmentation.differences import describe_differences
from segmentation.models import Axis, Method, Missing, Scale, Segment, Winner
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules

D = Decimal
SEGMENTS = [Segment(pk=pk, rank=pk, name_en=name, name_fr=f"{name} (fr)") for pk, name in ((1, "Top"), (2, "Rest"))]


def criterion(attribute="aum", weight=60, **fields):
    bands = (BandRule(upper=D(50_000), points=D(10)), BandRule(lower=D(50_000), points=D(90)))
    return CriterionRule(key=attribute, attribute=attribute, weight=D(weight), bands=fields.pop("bands", bands), **fields)


BASE = Rules(
    criteria=(criterion(), criterion("risk_attitude", 40, bands=(BandRule(choice="high", points=D(100)),))),
    cuts=(CutRule(segment_id=1, least_score=D(70)), CutRule(segment_id=2, least_score=D(0))),
)


def differences(before, after):
    firm = Firm(pk=0, name="Alpha", region="CA-QC")
    found = describe_differences(before, after, catalogue=catalogue_of(0), firm=firm, segments=SEGMENTS)
    return [(each.what, each.before, each.after) for each in found]


def with_criterion(**fields):
    return replace(BASE, criteria=(replace(BASE.criteria[0], **fields), BASE.criteria[1]))


def with_cut(**fields):
    return replace(BASE, cuts=(replace(BASE.cuts[0], **fields), BASE.cuts[1]))


RICH = Group(Match.ALL, 0, (Condition("aum", Test.MORE_THAN, (D(1_000_000),)),))
WEIGHED = "“Assets under management”"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (BASE, []),
        (replace(BASE, missing=Missing.REWEIGHT), [("When data is missing", "Counts as zero", "Left out, other weights scaled up")]),
        (replace(BASE, margin=D("2.5")), [("Margin, in points", "0", "2.5")]),
        (with_criterion(weight=D("62.5")), [(f"{WEIGHED}: weight", "60%", "62.5%")]),
        (with_criterion(definition_en="What is entrusted."), [(f"{WEIGHED}: definition", "", "What is entrusted.")]),
        (
            with_criterion(bands=(BandRule(upper=D(50_000), points=D(10)), BandRule(lower=D(50_000), points=D("92.5")))),
            [(f"{WEIGHED}: points", "below $50,000: 10; from $50,000: 90", "below $50,000: 10; from $50,000: 92.5")],
        ),
        (
            with_criterion(scale=Scale.LINEAR, zero_at=D(0), full_at=D(2_000_000)),
            [(f"{WEIGHED}: points", "below $50,000: 10; from $50,000: 90", "0 at $0, 100 at $2,000,000")],
        ),
        (
            with_criterion(scale=Scale.PERCENTILE, descending=True),
            [(f"{WEIGHED}: points", "below $50,000: 10; from $50,000: 90", "By rank in the book, the lowest first")],
        ),
        (replace(BASE, criteria=BASE.criteria[:1]), [("Criterion “Attitude to risk”", "counts for 40%", "")]),
        (replace(BASE, criteria=(*BASE.criteria, criterion("potential", 5))), [("Criterion “Development potential (0–10)”", "", "counts for 5%")]),
        (with_cut(least_score=D("71.25")), [("Segment “Top”", "from 70 points", "from 71.25 points")]),
        (
            replace(BASE, method=Method.RULES, cuts=(CutRule(segment_id=1, conditions=RICH), CutRule(segment_id=2))),
            [
                ("How clients are placed", "Score thresholds", "Rules per segment"),
                ("Segment “Top”", "from 70 points", "Assets under management: more than $1,000,000"),
                ("Segment “Rest”", "the rest", "whoever no rule catches"),
            ],
        ),
    ],
)
def test_what_changed(after, said):
    assert differences(BASE, after) == said


def test_choices_are_said_by_their_labels():
    after = replace(BASE, criteria=(BASE.criteria[0], replace(BASE.criteria[1], bands=(BandRule(choice="low", points=D(50)),))))
    assert differences(BASE, after) == [("“Attitude to risk”: points", "High: 100", "Low: 50")]


def test_floors_and_who_wins():
    shares = replace(BASE, method=Method.QUOTAS, cuts=(CutRule(segment_id=1, quota=D(10)), CutRule(segment_id=2, quota=D(90))))
    floored = replace(shares, winner=Winner.SHARE, cuts=(replace(shares.cuts[0], conditions=RICH), shares.cuts[1]))
    assert differences(shares, floored) == [
        ("When floor and share disagree", str(Winner.FLOOR.label), str(Winner.SHARE.label)),
        ("Segment “Top”", "10% of the book", "10% of the book; floor: Assets under management: more than $1,000,000"),
    ]


def test_planes_cell_by_cell_or_whole():
    def divided(**fields: Any) -> Rules:
        names = {"x_name_en": "Value", "x_name_fr": "Valeur", "y_name_en": "Bond", "y_name_fr": "Lien"}
        return replace(BASE, method=Method.PLANE, plane=Plane(**{"x_cuts": (D(50),), "cells": ((2, 1),), **names, **fields}))

    moved, cut = divided(cells=((1, 1),), x_name_en="Worth"), divided(x_cuts=(D(30), D(60)), cells=((2, 2, 1),))
    assert differences(divided(), moved) == [("First axis", "Value", "Worth"), ("Cell 1 of row 1", "Rest", "Top")]
    assert differences(divided(), cut) == [("Borders of the first axis", "50", "30, 60"), ("Cells of the plane", "Rest, Top", "Rest, Rest, Top")]


def test_a_definition_read_by_a_condition_alone_is_compared_too():
    stated = criterion("potential", 0, axis=Axis.STATED, bands=(), definition_en="What may come.")
    rules = replace(BASE, method=Method.RULES, criteria=(stated,), cuts=(CutRule(segment_id=1, conditions=RICH), CutRule(segment_id=2)))
    other = replace(rules, criteria=(replace(stated, definition_en="What will come."),))
    assert differences(rules, other) == [("“Development potential (0–10)”: definition", "What may come.", "What will come.")]


def test_in_french():
    with translation.override("fr-ca"):
        said = differences(BASE, with_cut(least_score=D("71.25")))
        assert [(what.replace("\u202f", " ").replace("\xa0", " "), after) for what, _before, after in said] == [
            ("Segment « Top (fr) »", "à partir de 71,25 points")
        ]
