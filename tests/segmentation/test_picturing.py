"""The pictures count the real book: everyone once, in the right part."""

from decimal import Decimal

import pytest

from clients.attributes import catalogue_of
from clients.models import Client
from segmentation import picturing
from segmentation.models import Method
from segmentation.picturing import Asked, count_uncaught, placed_by, placed_in, spread_in_plane, spread_scores, spread_values
from segmentation.publishing import firm_today, publish_version
from segmentation.rules import Plane, load_rules
from tests import factories
from tests.segmentation.methods import make_clients, make_draft_of
from tests.segmentation.rows import make_book, make_draft

D = Decimal


def spread(alice, *asked):
    catalogue = catalogue_of(alice.firm_id)
    return spread_values([Asked(catalogue[key], marks) for key, marks in asked], firm_id=alice.firm_id, on=firm_today(alice.firm_id))


def placed(draft):
    catalogue = catalogue_of(draft.firm_id)
    return placed_by(load_rules(draft, catalogue=catalogue), firm_id=draft.firm_id, on=firm_today(draft.firm_id), catalogue=catalogue)


def test_whole_values_are_a_part_each(alice):
    make_book(alice, [0, 3, 3, 10, None])
    (potential,) = spread(alice, ("potential", ()))
    assert (potential.ends, potential.counts, potential.unknown) == ([D(n) for n in range(12)], [1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1], 1)


def test_choices_are_counted_by_value(alice):
    for value in ("low", "low", "high", ""):
        factories.make_client(adviser=alice, risk_attitude=value)
    (risk,) = spread(alice, ("risk_attitude", ()))
    assert (risk.by_choice, risk.unknown, risk.ends) == ({"low": 2, "high": 1}, 1, [])


def test_yes_and_no_are_counted_too(alice):
    for value in (True, False, False, None):
        factories.make_client(adviser=alice, wealth_tax=value)
    (tax,) = spread(alice, ("wealth_tax", ()))
    assert (tax.by_choice, tax.unknown) == ({"true": 1, "false": 2}, 1)


def test_amounts_lie_in_parts_of_a_round_width_and_everyone_is_in_one(alice):
    for number in range(100):
        factories.make_client(adviser=alice, aum=D(number * 1_000))
    factories.make_client(adviser=alice, aum=D(900_000_000))
    (aum,) = spread(alice, ("aum", ()))
    widths = {upper - lower for lower, upper in zip(aum.ends, aum.ends[1:], strict=False)}
    # One fortune does not flatten the picture: it lies in the last part.
    assert (widths, aum.ends[0], aum.ends[-1]) == ({D(5_000)}, 0, 100_000)
    assert aum.counts == [*[5] * 19, 6]


def test_the_picture_reaches_the_ends_of_the_bands(alice):
    factories.make_client(adviser=alice, aum=D(10_000))
    (aum,) = spread(alice, ("aum", (D(0), D(1_000_000))))
    assert (aum.ends[0], aum.ends[-1] >= 1_000_000, len(aum.counts) <= picturing.PARTS) == (0, True, True)


@pytest.mark.parametrize("key", ["aum", "potential", "risk_attitude"])
def test_an_empty_book_has_no_picture(alice, key):
    (found,) = spread(alice, (key, ()))
    assert (sum(found.counts), found.by_choice, found.unknown) == (0, {}, 0)


def test_nothing_asked_asks_nothing(alice, django_assert_num_queries):
    today = firm_today(alice.firm_id)
    with django_assert_num_queries(0):
        assert spread_values([], firm_id=alice.firm_id, on=today) == []


def test_figures_under_nothing_lie_in_a_part_too(alice):
    for revenue, cost in ((0, 30_000), (1_000, 0), (5_000, 4_000)):
        factories.make_client(adviser=alice, annual_revenue=D(revenue), annual_cost=D(cost))
    (profit,) = spread(alice, ("profit", ()))
    assert (sum(profit.counts), profit.counts[0], profit.ends[0] <= -30_000 < profit.ends[1]) == (3, 1, True)


def test_many_attributes_take_two_statements(alice, django_assert_num_queries):
    make_book(alice, [1, 2])
    catalogue = catalogue_of(alice.firm_id)
    asked = [Asked(catalogue[key]) for key in ("aum", "potential", "risk_attitude", "age", "profit", "wealth_tax", "cost_ratio")]
    today = firm_today(alice.firm_id)
    with django_assert_num_queries(2):
        spread_values(asked, firm_id=alice.firm_id, on=today)


def test_scores_are_counted_by_segment(alice):
    make_book(alice, [10, 7, 7, 0])
    draft = make_draft()
    top, _middle, rest = draft.scheme.segments.order_by("rank")
    found = [(part.part, part.segment_id, part.clients) for part in spread_scores(placed(draft))]
    assert found == [(0, rest.pk, 1), (17, top.pk, 2), (24, top.pk, 1)]


def test_a_border_of_the_plane_belongs_to_the_part_above(alice):
    make_book(alice, [5], relationship_quality=5)
    make_book(alice, [4], relationship_quality=10)
    draft = make_draft(method=Method.PLANE)
    plane = load_rules(draft).plane or Plane()
    assert dict(spread_in_plane(placed(draft), plane).cells) == {(1, 1): 1, (0, 1): 1}


def test_the_plane_counts_as_the_placements_do(alice):
    make_clients(alice)
    draft = make_draft_of(Method.PLANE)
    plane = load_rules(draft).plane or Plane()
    typed = spread_in_plane(placed(draft), plane)
    scheme = publish_version(version=draft, by=alice).version.scheme
    stored = spread_in_plane(placed_in(scheme), plane)
    assert (typed, sum(stored.cells.values())) == (stored, Client.objects.count())


def test_who_is_caught_by_no_rule_is_counted(alice):
    make_clients(alice)
    draft = make_draft_of(Method.RULES)
    uncaught = count_uncaught(placed(draft))
    scheme = publish_version(version=draft, by=alice).version.scheme
    assert uncaught == count_uncaught(placed_in(scheme)) > 0
