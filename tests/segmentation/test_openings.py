"""How a client gets into each segment, in words that stand alone."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils import translation

from clients.attributes import catalogue_of
from clients.conditions import Condition, Group, Match, Test
from firms.models import Firm
from segmentation.models import Cut, Method, SchemeVersion
from segmentation.openings import read_openings, word_openings
from segmentation.presets import create_from_preset, preset
from segmentation.publishing import publish_version
from segmentation.rules import CutRule, Plane, Rules
from tests.segmentation.rows import make_draft

D = Decimal
RICH = Group(Match.ALL, 0, (Condition("aum", Test.MORE_THAN, (D(1_000_000),)),))
BY_RULES = Rules(method=Method.RULES, cuts=(CutRule(segment_id=1, conditions=RICH), CutRule(segment_id=2), CutRule(segment_id=3)))
NAMES = {"x_name_en": "Value", "x_name_fr": "Valeur", "y_name_en": "Warmth", "y_name_fr": "Chaleur"}


def words(rules: Rules, language: str = "en") -> list[str]:
    with translation.override(language):
        found = word_openings(rules, catalogue=catalogue_of(0), firm=Firm(pk=0, name="Alpha", region="CA-QC"))
    return [found[cut.segment_id] for cut in rules.cuts]


def plane(*cells: tuple[int, ...], x: tuple[int, ...] = (50,), y: tuple[int, ...] = (50,)) -> Rules:
    drawn = Plane(x_cuts=tuple(map(D, x)), y_cuts=tuple(map(D, y)), cells=cells, **NAMES)
    segments = sorted({segment for row in cells for segment in row})
    return Rules(method=Method.PLANE, cuts=tuple(CutRule(segment_id=segment) for segment in segments), plane=drawn)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (BY_RULES, ["Assets under management: more than $1,000,000", "", "Whoever no rule catches"]),
        # Those whom no rule catches go where a rule leads too.
        (replace(BY_RULES, fallback=1), ["Assets under management: more than $1,000,000 · whoever no rule catches", "", ""]),
        (Rules(cuts=(CutRule(segment_id=1, least_score=D("71.25")), CutRule(segment_id=2, least_score=D(0)))), ["From 71.25 points", "The rest"]),
        (
            Rules(method=Method.QUOTAS, cuts=(CutRule(segment_id=1, quota=D(10), conditions=RICH), CutRule(segment_id=2, quota=D(90)))),
            ["10% of the book; floor: Assets under management: more than $1,000,000", "90% of the book"],
        ),
        # Rows go from the lowest to the highest; the whole of an axis asks nothing of it.
        (plane((2, 2), (2, 1)), ["Value 50–100, Warmth 50–100", "Value 0–50, Warmth 50–100; Warmth 0–50"]),
        (plane((3, 1), (2, 1)), ["Value 50–100", "Value 0–50, Warmth 50–100", "Value 0–50, Warmth 0–50"]),
        (plane((1, 2, 1), (1, 2, 1), x=(25, 75)), ["Value 0–25; Value 75–100", "Value 25–75"]),
        (plane((1,), x=(), y=()), ["Any score"]),
    ],
)
def test_each_segments_way_in_is_said(rules, said):
    assert words(rules) == said


def test_it_is_said_in_french():
    assert words(plane((2, 2), (2, 1)), "fr-ca") == ["Valeur 50–100, Chaleur 50–100", "Valeur 0–50, Chaleur 50–100\u202f; Chaleur 0–50"]
    assert words(BY_RULES, "fr-ca")[2] == "Qui n’est retenu par aucune règle"


def test_only_what_is_published_is_said(alice, django_assert_num_queries):
    firm = Firm.objects.get(pk=alice.firm_id)
    draft = make_draft()
    assert read_openings(firm=firm, scheme_id=draft.scheme_id) == {}
    publish_version(version=draft, by=alice)
    segments = list(draft.scheme.segments.order_by("rank"))
    # The version, its criteria and its cuts; the attributes of the firm are asked for where conditions read one.
    with django_assert_num_queries(3):
        found = read_openings(firm=firm, scheme_id=draft.scheme_id)
    assert [found[segment.pk] for segment in segments] == ["From 70 points", "From 40 points", "The rest"]


def test_rules_that_ask_about_what_is_gone_say_nothing(alice):
    firm = Firm.objects.get(pk=alice.firm_id)
    version = create_from_preset(preset("strategy_table"))
    SchemeVersion.objects.filter(pk=version.pk).update(status="published")
    assert len(read_openings(firm=firm, scheme_id=version.scheme_id)) == 4
    gone = {"match": "all", "items": [{"attribute": "own.gone", "test": "known", "values": []}]}
    Cut.objects.filter(version=version, segment__rank=1).update(conditions=gone)
    assert read_openings(firm=firm, scheme_id=version.scheme_id) == {}
