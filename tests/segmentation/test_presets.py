"""Schemes to start from: the figures of the practitioners, both languages, and nothing that stops their publication."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from clients.attributes import catalogue_of
from clients.models import Client
from segmentation.linting import lint
from segmentation.models import Segment
from segmentation.presets import PRESETS, UnknownPreset, create_from_preset, preset
from segmentation.publishing import publish_version
from segmentation.rules import load_rules
from tests import factories

D = Decimal


def placed(owner, key, books):
    """The segment of each of these clients, by the preset as it is shipped."""
    clients = []
    for fields in books:
        birth_date, occupation = fields.pop("birth_date", None), fields.pop("occupation", "")
        client = factories.make_client(adviser=owner, birth_date=birth_date, **fields)
        client.people.update(occupation=occupation)
        clients.append(client)
    publish_version(version=create_from_preset(preset(key)), by=owner)
    found = dict(Client.objects.values_list("pk", "assignments__segment__name_en"))
    return [found[client.pk] for client in clients]


@pytest.mark.parametrize("chosen", PRESETS, ids=lambda chosen: chosen.key)
def test_every_preset_is_whole_in_both_languages_and_nothing_stops_it(alice, chosen):
    draft = create_from_preset(chosen)
    catalogue = catalogue_of(alice.firm_id)
    rules = load_rules(draft, catalogue=catalogue)
    assert [problem for problem in lint(rules, catalogue=catalogue) if not problem.warning] == []
    texts = [chosen.name, chosen.summary, chosen.suits, *(segment.name for segment in chosen.segments)]
    texts += [segment.description for segment in chosen.segments] + [(rule.definition_en, rule.definition_fr) for rule in rules.criteria]
    assert all(english and french for english, french in texts)
    with translation.override("fr"):
        assert chosen.local_summary == chosen.summary[1]


def test_keys_are_told_apart_by_their_first_word_too():
    words = [chosen.key.partition("_")[0] for chosen in PRESETS]
    assert len({*words}) == len(words)
    assert preset("vip").key == "vip_gold_silver_bronze"
    with pytest.raises(UnknownPreset):
        preset("zodiac")


@pytest.mark.parametrize(
    ("wealth", "segment"),
    [("1000000.01", "VIP"), ("1000000", "Gold"), ("250000", "Gold"), ("249999.99", "Silver"), ("50000", "Silver"), ("49999.99", "Bronze")],
)
def test_levels_by_wealth_begin_where_they_say(alice, wealth, segment):
    assert placed(alice, "wealth", [{"net_worth": D(wealth)}]) == [segment]


def test_equivalent_potential_is_vip_without_the_wealth(alice):
    assert placed(alice, "wealth", [{"net_worth": D(10), "potential": 9}, {"potential": 8}]) == ["VIP", "Bronze"]


def test_nobody_is_vip_by_rank_alone_where_a_floor_decides(alice):
    books = [{"aum": D(2_000_000 - n), "net_worth": D(100), "potential": 5} for n in range(10)]
    books[3] |= {"net_worth": D(1_500_000)}
    # The first by rank does not reach the floor, so the one VIP place of ten stays empty.
    assert placed(alice, "top", books).count("VIP") == 0


def test_attributes_describe_the_client_each_level_is_made_for(alice):
    year = timezone.localdate().year
    physician = {"income": D(160_000), "occupation": "Médecin de famille", "risk_attitude": "moderate", "desired_relationship": "high"}
    books = [
        physician | {"birth_date": date(year - 50, 1, 1)},
        physician | {"birth_date": date(year - 70, 1, 1)},  # four of five
        {"income": D(120_000), "occupation": "Lawyer", "risk_attitude": "high"},
        {"income": D(101_000)},
        {},
    ]
    assert placed(alice, "abcd", books) == ["A", "A", "B", "C", "D"]


def test_the_strategy_table_is_shipped_with_its_faults_marked(alice):
    catalogue = catalogue_of(alice.firm_id)
    rules = load_rules(create_from_preset(preset("strategy")), catalogue=catalogue)
    with translation.override("en"):
        told = [problem.message for problem in lint(rules, catalogue=catalogue)]
    for fault in (
        "Assets under management: values between 199,000 and 200,000 are in no segment.",
        "Assets under management: values between 399,000 and 400,000 are in no segment.",
        "Assets under management: exactly 50,000 is in no segment.",
        "Referrals in 12 months: 4 is also in segment 2, which takes it first.",
        "Cost to serve over 12 months: values between 1,000 and 2,001 are in no segment.",
    ):
        assert fault in told


def test_growth_active_passive(alice):
    books = [{"potential": 7}, {"referrals_12_months": 2}, {"annual_revenue": D(1_250)}, {"aum": D(250_000), "potential": 6}, {"aum": D(1)}]
    assert placed(alice, "gap", books) == ["Growth", "Growth", "Active", "Active", "Passive"]
    assert Segment.objects.get(name_en="Passive").initiative == "client"


@pytest.mark.parametrize(
    ("fields", "segment", "initiative", "channel"),
    [
        ({"aum": D(2_000_000), "potential": 9}, "Partners", "adviser", "in_person"),
        ({"aum": D(2_000_000), "potential": 1}, "To keep", "adviser", "phone"),
        ({"aum": D(1_000), "potential": 9}, "To develop", "adviser", "video"),
        ({"aum": D(1_000), "potential": 1}, "To maintain", "client", "email"),
    ],
)
def test_value_and_potential_say_who_takes_the_first_step(alice, fields, segment, initiative, channel):
    assert placed(alice, "value", [fields]) == [segment]
    found = Segment.objects.get(name_en=segment)
    assert (found.initiative, found.default_channel) == (initiative, channel)


@pytest.mark.parametrize(
    ("power", "expects", "family"),
    [(9, 9, "Demanding partners"), (9, 2, "Time-poor"), (2, 9, "Solicitors"), (2, 2, "Trusting"), (5, 5, "Demanding partners")],
)
def test_relational_families(alice, power, expects, family):
    assert placed(alice, "relational", [{"power_balance": power, "expectations": expects}]) == [family]
