from decimal import Decimal

import pytest

from service_matrix.models import SegmentStrategy
from service_matrix.presets import PRESETS
from service_matrix.strategies import InvalidStrategy, StrategyDraft, set_strategy
from service_matrix.strategy_lines import STRATEGY_LINES
from service_matrix.versions import DraftExists, discard_draft, start_draft
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


def table() -> list[tuple[str, Decimal | None, Decimal | None, str, str]]:
    rows = SegmentStrategy.objects.order_by("segment__rank")
    return [(row.segment.name_en, row.revenue_from, row.revenue_to, row.activities_en, row.technology_fr) for row in rows.select_related("segment")]


def test_a_matrix_begun_from_the_strategy_table_brings_its_lines(alice):
    draft = start_draft(scheme=make_scheme("strategy_table"), by=alice, preset="strategy_table")
    tools = "CRM, analyse des besoins, outil de réseaux sociaux"
    written = [
        ("A", D(5001), None, "Lunch-and-learn, seminar, two review meetings, newsletter, calls and e-mails answered", tools),
        ("B", D(1251), D(5000), "Annual meeting, newsletter, seminar, calls and e-mails answered", tools),
        ("C", D(601), D(1250), "Newsletter, annual check-in call, calls and e-mails answered", "CRM"),
        ("D", D(0), D(600), "Newsletter, calls and e-mails answered", "CRM"),
    ]
    assert table() == written
    discard_draft(version=draft, revision=draft.revision, by=alice)
    start_draft(scheme=draft.scheme, by=alice, preset="strategy_table")
    assert table() == written


def test_what_the_firm_wrote_of_a_segment_is_left_as_it_is(alice):
    scheme = make_scheme("strategy_table")
    set_strategy(segment=segment_of(scheme, 1), draft=StrategyDraft(technology_fr="Tableur"), by=alice)
    # Written once, and emptied.
    set_strategy(segment=segment_of(scheme, 2), draft=StrategyDraft(), by=alice)
    start_draft(scheme=scheme, by=alice, preset="strategy_table")
    first, *others = table()
    assert first == ("A", None, None, "", "Tableur")
    assert [(name, least) for name, least, *_rest in others] == [("B", D(1251)), ("C", D(601)), ("D", D(0))]


def test_levels_beyond_those_of_the_table_and_other_matrices_get_no_line(alice):
    scheme = make_scheme("strategy_table", segments=5)
    draft = start_draft(scheme=scheme, by=alice, preset="aaa_aa_a")
    assert table() == []
    with pytest.raises(DraftExists):
        start_draft(scheme=scheme, by=alice, preset="strategy_table")
    assert table() == []
    discard_draft(version=draft, revision=draft.revision, by=alice)
    start_draft(scheme=scheme, by=alice, preset="strategy_table")
    assert [name for name, *_rest in table()] == ["Level 1", "Level 2", "Level 3", "Level 4"]


def test_every_ready_made_line_belongs_to_a_matrix_and_speaks_both_languages():
    for preset, lines in STRATEGY_LINES.items():
        assert len(lines) == PRESETS[preset].ranks
        for line in lines:
            assert all((line.activities_en, line.activities_fr, line.technology_en, line.technology_fr))
