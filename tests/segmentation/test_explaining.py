"""What would lead to the next segment is told in the attribute's own unit, and is true when it is done."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import HealthCheck, assume, given, settings

from clients.conditions import Condition, Group, Match, Test
from clients.models import Client, Person
from segmentation.changing import Case, restored, single_changes
from segmentation.explaining import explain_client
from segmentation.models import Axis, Method, Placement, Scale
from segmentation.presets import create_from_preset, preset
from segmentation.publishing import publish_version
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, write_rules
from tests import factories
from tests.segmentation.rows import make_book, make_draft, make_scheme
from tests.segmentation.test_scoring import CATALOGUE, ON, place, random_book, random_rules

D = Decimal


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=random_rules(), book=random_book())
def test_a_change_that_is_told_would_do(alice, rules, book):
    """Each change of the first client, once made, leads where it said: by the statement that places whole books."""
    assume(rules.method != Method.QUOTAS)
    Person.objects.all().delete()
    Client.objects.all().delete()
    births = [row.get("birth_date") for row in book]
    clients = Client.objects.bulk_create(
        Client(adviser=alice, name=f"Client {n}", **{k: v for k, v in row.items() if k != "birth_date"}) for n, row in enumerate(book)
    )
    Person.objects.bulk_create(Person(client=c, is_primary=True, last_name="X", birth_date=b) for c, b in zip(clients, births, strict=True))
    placed = place(rules, alice.firm_id)
    assume(placed)
    client, first = Client.objects.get(pk=placed[0].client_id), placed[0]
    raw = {criterion.attribute: first.inputs[criterion.key][0] for criterion in rules.criteria}
    case = Case(
        rules=rules,
        catalogue=CATALOGUE,
        values={key: restored(value, CATALOGUE[key]) for key, value in raw.items()},
        points={key: None if points is None else D(points) for key, (_raw, points) in first.inputs.items()},
        score_ranges={},
        on=ON,
    )
    for target in {cut.segment_id for cut in rules.cuts} - {first.segment_id}:
        for change in single_changes(case, target=target):
            key = change.attribute.key
            before = getattr(client, key)
            Client.objects.filter(pk=client.pk).update(**{key: change.value})
            after = {row.client_id: row.segment_id for row in place(rules, alice.firm_id)}[client.pk]
            Client.objects.filter(pk=client.pk).update(**{key: before})
            assert after == target, (key, before, change.value)


def explanation_of(client, owner):
    (found,) = explain_client(client, firm=owner.firm)
    return found


def test_assets_that_are_lacking_are_told_in_money(alice):
    client = factories.make_client(adviser=alice, aum=D("462000"))
    publish_version(version=create_from_preset(preset("premium")), by=alice)
    found = explanation_of(client, alice)
    assert (found.placement.segment.name_en, found.up.segment.name_en, found.up.points) == ("Standard", "Premium", D(50))
    with translation.override("en"):
        changes = [explanation_of(client, alice).up.changes, explanation_of(client, alice).down.changes]
    assert changes == [["Assets under management: + $38,000.01 ($500,000.01)"], ["Assets under management: − $362,000.01 ($99,999.99)"]]


def linear(**fields):
    return CriterionRule(
        key="1",
        attribute="aum",
        weight=D(100),
        scale=Scale.LINEAR,
        zero_at=D(0),
        full_at=D(1_000_000),
        definition_en="x",
        definition_fr="x",
        **fields,
    )


def test_on_a_line_the_border_is_met_to_the_cent(alice):
    client = factories.make_client(adviser=alice, aum=D(250_000))
    publish_version(version=make_draft(criteria=(linear(),)), by=alice)
    found = explanation_of(client, alice)
    (change,) = single_changes_of(found, alice)
    # 40 points begin at 399,999.50: half a unit in the fourth decimal rounds up.
    assert (found.placement.score, found.up.points, change.by) == (D(25), D(15), D("149999.50"))


def single_changes_of(found, owner):
    from clients.attributes import catalogue_of
    from segmentation.explaining import _case_of
    from segmentation.rules import load_rules

    catalogue = catalogue_of(owner.firm_id)
    case = _case_of(found.placement, load_rules(found.placement.version), catalogue=catalogue, firm=owner.firm)
    return single_changes(case, target=found.up.segment.pk)


def make_ruled(owner, *, names=("Top", "Rest")):
    """Top: more than 400,000 of assets, and at least two of: potential from 7, risk moderate, 5 children or more."""
    scheme = make_scheme(names=names)
    top, rest = scheme.segments.order_by("rank")
    inner = Group(
        Match.AT_LEAST,
        2,
        (
            Condition("potential", Test.AT_LEAST, (D(7),)),
            Condition("risk_attitude", Test.ANY_OF, ("moderate",)),
            Condition("children", Test.AT_LEAST, (D(5),)),
        ),
    )
    group = Group(Match.ALL, 0, (Condition("aum", Test.MORE_THAN, (D(400_000),)), inner))
    draft = scheme.versions.create(number=1)
    stated = tuple(
        CriterionRule(key=key, attribute=key, weight=D(0), axis=Axis.STATED, definition_en="x", definition_fr="x")
        for key in ("aum", "potential", "risk_attitude", "children")
    )
    cuts = (CutRule(segment_id=top.pk, conditions=group), CutRule(segment_id=rest.pk))
    write_rules(version=draft, rules=Rules(method=Method.RULES, cuts=cuts, criteria=stated))
    return publish_version(version=draft, by=owner).version


@pytest.mark.parametrize(
    ("fields", "met", "changes"),
    [
        ({"aum": D(362_000), "potential": 8, "risk_attitude": "moderate"}, [False, True], ["Assets under management: + $38,000.01 ($400,000.01)"]),
        (
            {"aum": D(500_000), "potential": 5, "risk_attitude": "moderate", "children": 4},
            [True, False],
            ["Development potential (0–10): + 2/10 (7/10)", "Children: + 1 (5)"],
        ),
        # Two things are lacking: no single change would do.
        ({"aum": D(100), "potential": 1, "risk_attitude": "low", "children": 0}, [False, False], []),
    ],
)
def test_rules_say_what_is_met_and_which_single_change_would_do(alice, fields, met, changes):
    client = factories.make_client(adviser=alice, **fields)
    make_ruled(alice)
    with translation.override("en"):
        found = explanation_of(client, alice)
    assert found.placement.score is None
    assert ([item.is_met for item in found.asks[0].items], found.up.changes, found.up.points) == (met, changes, None)
    assert not Placement.objects.get(client=client).is_caught


def test_a_plane_says_how_far_the_next_segment_is_on_each_axis(alice):
    scheme = make_scheme(names=("Both", "One", "None"))
    both, one, none = scheme.segments.order_by("rank").values_list("pk", flat=True)

    def axis(key, attribute, number):
        bands = tuple(BandRule(lower=None if n == 0 else D(n), upper=D(n + 1) if n < 10 else None, points=D(10 * n)) for n in range(11))
        return CriterionRule(key=key, attribute=attribute, weight=D(100), axis=number, bands=bands, definition_en="x", definition_fr="x")

    plane = Plane(
        x_cuts=(D(50),),
        y_cuts=(D(60),),
        cells=((none, one), (one, both)),
        x_name_en="Value",
        x_name_fr="Valeur",
        y_name_en="Potential",
        y_name_fr="P",
    )
    draft = scheme.versions.create(number=1)
    rules = Rules(
        method=Method.PLANE,
        plane=plane,
        criteria=(axis("1", "potential", Axis.FIRST), axis("2", "prescription", Axis.SECOND)),
        cuts=tuple(CutRule(segment_id=pk) for pk in (both, one, none)),
    )
    write_rules(version=draft, rules=rules)
    publish_version(version=draft, by=alice)
    (client,) = make_book(alice, [7], prescription=3)
    from segmentation.tending import tend_schemes

    tend_schemes(firm_id=alice.firm_id)
    with translation.override("en"):
        found = explanation_of(client, alice)
    assert (found.placement.segment_id, [(axis.name, axis.score) for axis in found.axes]) == (one, [("Value", D(70)), ("Potential", D(30))])
    assert (found.up.segment.pk, found.up.points, found.up.points_y, found.up.changes) == (
        both,
        D(0),
        D(30),
        ["Influence as referrer (0–10): + 3/10 (6/10)"],
    )


def test_any_number_of_schemes_takes_as_many_statements(alice, django_assert_max_num_queries):
    client = factories.make_client(adviser=alice, aum=D(462_000), potential=5)
    publish_version(version=create_from_preset(preset("premium")), by=alice)
    for _number in range(3):
        publish_version(version=make_draft(make_scheme()), by=alice)
    make_ruled(alice)
    with django_assert_max_num_queries(6):
        assert len(explain_client(client, firm=alice.firm)) == 5


def test_rules_that_can_no_longer_be_read_leave_the_placement_without_its_reasons(alice):
    client = factories.make_client(adviser=alice, aum=D(1))
    version = make_ruled(alice)
    cut = version.cuts.get(segment__rank=1)
    cut.conditions["items"][0]["attribute"] = "own.gone"
    cut.save()
    found = explanation_of(client, alice)
    assert (found.lines, found.up, found.placement.segment.name_en) == ([], None, "Rest")
