"""The SQL of a whole book equals the plain Python of one client; quotas, ties, rounding and missing data are what the rules say."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.attributes import catalogue_of
from clients.conditions import Condition, Group, Match, Test
from clients.models import Client, Person
from segmentation import reference, scoring
from segmentation.models import Axis, Method, Missing, Scale, Winner
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, choices_of, with_stated_criteria
from tests import factories

D = Decimal
ON = date(2026, 3, 1)


CATALOGUE = catalogue_of(0)


def place(rules: Rules, firm_id: int) -> list[reference.Placed]:
    statement = scoring.compile_rules(rules, firm_id=firm_id, on=ON)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT client_id, segment_id, score, score_y, is_caught, (SELECT jsonb_object_agg(key, value) FROM jsonb_each(inputs))
            FROM ({statement.sql}) x""",
            statement.parameters,
        )
        rows = cursor.fetchall()
    return sorted(
        (
            reference.Placed(client_id=c, segment_id=s, score=score, score_y=score_y, is_caught=caught, inputs=plain(inputs))
            for c, s, score, score_y, caught, inputs in rows
        ),
        key=lambda placed: placed.client_id,
    )


def plain(inputs: Any) -> dict[str, list[Any]]:
    """Figures as decimals of equal notation, whichever side they come from."""
    loaded = json.loads(inputs, parse_float=D, parse_int=D) if isinstance(inputs, str) else inputs or {}
    return {
        key: [D(str(v)).normalize() if isinstance(v, int | float | D) and not isinstance(v, bool) else v for v in pair]
        for key, pair in loaded.items()
    }


def by_hand(rules: Rules, firm_id: int) -> list[reference.Placed]:
    book = []
    for client in scoring.book_of(firm_id):
        person = Person.objects.filter(client=client, is_primary=True).first()
        values = {key: CATALOGUE[key].value_of(client, person, on=ON) for key in {*SCORED, *CONDITIONED}}
        book.append(reference.BookEntry(client_id=client.pk, aum=client.aum, values=values))
    placed = reference.place_book(rules, book, catalogue=CATALOGUE, on=ON)
    return sorted((replace(p, inputs=plain(p.inputs)) for p in placed), key=lambda placed: placed.client_id)


def out_of(places: int, most: int):
    return st.decimals(min_value=0, max_value=most, places=places, allow_nan=False, allow_infinity=False)


@st.composite
def criteria(draw, number: int, key: str, axis: int) -> CriterionRule:
    source = CATALOGUE[key]
    scale, bands = Scale.BANDS, tuple[BandRule, ...]()
    if choices_of(source):
        chosen = draw(st.lists(st.sampled_from([value for value, _ in choices_of(source)]), unique=True, max_size=3))
        bands = tuple(BandRule(choice=value, points=draw(out_of(4, 100))) for value in chosen)
    else:
        scale = draw(st.sampled_from(Scale.values))
        # Ends drawn freely: gaps and overlaps too, which the linter refuses but the engine must still read one way.
        ends = st.none() | st.sampled_from([D(0), D(3), D(5), D("1000.5"), D(50_000), D(100_000)])
        bands = tuple(BandRule(lower=draw(ends), upper=draw(ends), points=draw(out_of(4, 100))) for _ in range(draw(st.integers(0, 4))))
    figure = st.sampled_from([D(0), D(3), D("7.3333"), D(50_000), D("99999.99")])
    return CriterionRule(
        key=str(number),
        attribute=key,
        weight=draw(out_of(2, 100)),
        axis=axis,
        scale=scale,
        bands=bands,
        zero_at=draw(figure),
        full_at=draw(figure),
        descending=draw(st.booleans()),
    )


SCORED = ("aum", "potential", "relationship_quality", "risk_attitude", "wealth_tax", "age", "net_worth")
CONDITIONED = ("aum", "potential", "risk_attitude", "wealth_tax", "age")


@st.composite
def conditions(draw) -> Condition:
    key = draw(st.sampled_from(CONDITIONED))
    if choices_of(CATALOGUE[key]):
        values = (True, False) if key == "wealth_tax" else ("low", "moderate", "high")
        test = draw(st.sampled_from([Test.ANY_OF, Test.NONE_OF, Test.KNOWN, Test.NOT_KNOWN]))
        return Condition(key, test, (draw(st.sampled_from(values)),) if test in {Test.ANY_OF, Test.NONE_OF} else ())
    figure = st.sampled_from([D(0), D(3), D(7), D("49999.99"), D(50_000)]) if key == "aum" else st.integers(0, 60).map(D)
    test = draw(st.sampled_from([Test.AT_LEAST, Test.MORE_THAN, Test.LESS_THAN, Test.AT_MOST, Test.EQUALS, Test.NOT_KNOWN]))
    return Condition(key, test, () if test is Test.NOT_KNOWN else (draw(figure),))


@st.composite
def groups(draw) -> Group:
    items = draw(st.lists(conditions() | st.builds(lambda one: Group(Match.ANY, 0, (one,)), conditions()), min_size=1, max_size=3))
    match = draw(st.sampled_from(Match))
    return Group(match, draw(st.integers(1, len(items))) if match is Match.AT_LEAST else 0, tuple(items))


@st.composite
def planes(draw, segments: int) -> Plane:
    borders = st.lists(out_of(4, 100), max_size=2, unique=True).map(lambda cuts: tuple(sorted(cuts)))
    x_cuts, y_cuts = draw(borders), draw(borders)
    segment = st.integers(100, 99 + segments)
    return Plane(x_cuts=x_cuts, y_cuts=y_cuts, cells=tuple(tuple(draw(segment) for _ in range(len(x_cuts) + 1)) for _ in range(len(y_cuts) + 1)))


@st.composite
def random_rules(draw) -> Rules:
    keys = draw(st.lists(st.sampled_from(SCORED), unique=True, min_size=1, max_size=5))
    size = draw(st.integers(1, 4))
    cuts = tuple(
        CutRule(segment_id=100 + n, least_score=draw(out_of(4, 100)), quota=draw(out_of(4, 60)), conditions=draw(st.none() | groups()))
        for n in range(size)
    )
    rules = Rules(
        method=draw(st.sampled_from(Method.values)),
        missing=draw(st.sampled_from(Missing.values)),
        winner=draw(st.sampled_from(Winner.values)),
        fallback=draw(st.none() | st.integers(100, 99 + size)),
        criteria=tuple(draw(criteria(number, key, draw(st.sampled_from([Axis.FIRST, Axis.SECOND])))) for number, key in enumerate(keys)),
        plane=draw(planes(size)),
        cuts=cuts,
    )
    return with_stated_criteria(rules)


@st.composite
def random_book(draw):
    amount = st.none() | st.sampled_from([D(0), D("1000.50"), D("49999.99"), D(50_000), D(100_000)])
    ten = st.none() | st.integers(0, 10)
    row = st.fixed_dictionaries(
        {
            "aum": amount,
            "net_worth": amount,
            "potential": ten,
            "relationship_quality": ten,
            "risk_attitude": st.sampled_from(["", "low", "high"]),
            "wealth_tax": st.none() | st.booleans(),
            "status": st.sampled_from(["client", "client", "prospect", "former"]),
            "birth_date": st.none() | st.sampled_from([date(1960, 2, 29), date(1986, 3, 1), date(1986, 3, 2), date(2026, 2, 1)]),
        }
    )
    return draw(st.lists(row, min_size=1, max_size=12))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=random_rules(), book=random_book())
def test_sql_places_a_random_book_as_plain_python_does(alice, rules, book):
    Person.objects.all().delete()
    Client.objects.all().delete()
    births = [row.pop("birth_date") for row in (dict(r) for r in book)]
    rows = [{k: v for k, v in row.items() if k != "birth_date"} for row in book]
    clients = Client.objects.bulk_create(Client(adviser=alice, name=f"Client {n}", **row) for n, row in enumerate(rows))
    Person.objects.bulk_create(
        Person(client=client, is_primary=True, last_name="X", birth_date=birth) for client, birth in zip(clients, births, strict=True)
    )
    assert place(rules, alice.firm_id) == by_hand(rules, alice.firm_id)


def simple(*, method=Method.QUOTAS, missing=Missing.ZERO, quotas=(10, 30, 40, 20), least=(75, 50, 25, 0)) -> Rules:
    return Rules(
        method=method,
        missing=missing,
        criteria=(
            CriterionRule(
                key="1",
                attribute="potential",
                weight=D(60),
                bands=tuple(BandRule(lower=D(n), upper=D(n + 1) if n < 10 else None, points=D(10 * n)) for n in range(11)),
            ),
            CriterionRule(
                key="2",
                attribute="prescription",
                weight=D(40),
                bands=(BandRule(upper=D(5), points=D("33.3333")), BandRule(lower=D(5), points=D(100))),
            ),
        ),
        cuts=tuple(CutRule(segment_id=n + 1, quota=D(q), least_score=D(s)) for n, (q, s) in enumerate(zip(quotas, least, strict=True))),
    )


@pytest.mark.parametrize(("size", "expected"), [(1040, [104, 312, 416, 208]), (7, [1, 2, 3, 1]), (1, [1, 0, 0, 0]), (3, [1, 1, 1, 0])])
def test_quotas_round_the_cumulated_share_up(size, expected):
    ranked = [reference.BookEntry(client_id=number, aum=None, values={}) for number in range(size)]
    segments = reference.segments_by_quota(simple(), ranked, catalogue=CATALOGUE, on=ON)
    assert [segments.count(n) for n in (1, 2, 3, 4)] == expected


def test_ties_go_to_larger_assets_then_to_the_older_client(alice):
    rules = simple(quotas=(25, 25, 25, 25))
    aums = [None, D(10), D(20), D(20)]
    clients = [factories.make_client(adviser=alice, potential=5, prescription=5, aum=aum) for aum in aums]
    placed = {row.client_id: row.segment_id for row in place(rules, alice.firm_id)}
    assert [placed[client.pk] for client in clients] == [4, 3, 1, 2]


@pytest.mark.parametrize(("missing", "score"), [(Missing.ZERO, D("13.3333")), (Missing.REWEIGHT, D("33.3333"))])
def test_missing_data_counts_as_zero_or_is_left_out(alice, missing, score):
    client = factories.make_client(adviser=alice, prescription=0)
    placed = place(simple(method=Method.THRESHOLDS, missing=missing), alice.firm_id)
    assert [(p.client_id, p.score, p.inputs) for p in placed] == [(client.pk, score, {"1": [None, None], "2": [D(0), D("33.3333")]})]


def test_a_client_without_any_data_scores_nothing_and_falls_in_the_last_segment(alice):
    factories.make_client(adviser=alice)
    placed = place(simple(method=Method.THRESHOLDS, missing=Missing.REWEIGHT), alice.firm_id)
    assert [(p.score, p.segment_id) for p in placed] == [(D(0), 4)]


def test_scores_round_half_up_at_the_fourth_decimal(alice):
    factories.make_client(adviser=alice, potential=1)
    rules = Rules(
        criteria=(
            CriterionRule(key="1", attribute="potential", weight=D(50), bands=(BandRule(points=D("0.0001")),)),
            CriterionRule(key="2", attribute="prescription", weight=D(50), bands=()),
        ),
        cuts=(CutRule(segment_id=1),),
    )
    assert [p.score for p in place(rules, alice.firm_id)] == [D("0.0001")]


def test_former_and_archived_clients_are_not_placed(alice):
    kept = [factories.make_client(adviser=alice, status=status) for status in ("client", "prospect")]
    factories.make_client(adviser=alice, status="former")
    factories.make_client(adviser=alice, archived_at="2026-01-01T00:00Z")
    assert [p.client_id for p in place(simple(), alice.firm_id)] == [client.pk for client in kept]
