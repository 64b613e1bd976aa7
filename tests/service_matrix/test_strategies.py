from decimal import Decimal

import pytest

from service_matrix.models import SegmentStrategy
from service_matrix.strategies import InvalidStrategy, StrategyDraft, set_strategy
from tests.service_matrix.rows import make_scheme, segment_of

D = Decimal


def test_a_strategy_is_written_and_written_again(alice):
    segment = segment_of(make_scheme(), 1)
    set_strategy(segment=segment, draft=StrategyDraft(D(5001), None, "Lunch", "Repas", "CRM", "CRM"), by=alice)
    set_strategy(segment=segment, draft=StrategyDraft(D(1251), D(5000)), by=alice)
    strategy = SegmentStrategy.objects.get()
    assert (strategy.expected_revenue, strategy.activities_fr) == (D("3125.5"), "")


@pytest.mark.parametrize(
    ("draft", "errors"),
    [
        (StrategyDraft(None, D(10)), {"revenue_from": "A range needs its lower end."}),
        (StrategyDraft(D(-1), D(-2)), {"revenue_from": "Revenue cannot be negative.", "revenue_to": "Revenue cannot be negative."}),
        (StrategyDraft(D(11), D(10)), {"revenue_to": "A range goes from the lower figure to the higher one."}),
    ],
)
def test_a_range_the_wrong_way_round_is_refused_in_words(alice, draft, errors):
    with pytest.raises(InvalidStrategy) as refusal:
        set_strategy(segment=segment_of(make_scheme(), 1), draft=draft, by=alice)
    assert refusal.value.errors == errors
    assert not SegmentStrategy.objects.exists()


def test_the_page_says_a_fault_beside_the_field(client, alice):
    client.force_login(alice)
    segment = segment_of(make_scheme(), 1)
    response = client.post(f"/capacity/strategy/{segment.pk}/", {"revenue_from": "600", "revenue_to": "0"})
    assert response.context["form"].errors == {"revenue_to": ["A range goes from the lower figure to the higher one."]}
    response = client.post(f"/capacity/strategy/{segment.pk}/", {"revenue_from": "-1"})
    assert list(response.context["form"].errors) == ["revenue_from"]
    assert client.post(f"/capacity/strategy/{segment.pk}/", {"revenue_from": "0", "revenue_to": "600"})["Location"] == "/capacity/economics/"
