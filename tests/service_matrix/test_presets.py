import pytest

from segmentation.presets import PRESETS as SCHEMES
from service_matrix.catalogue import BY_KEY, CATALOGUE
from service_matrix.models import Performer
from service_matrix.presets import PRESETS, preset_for
from service_matrix.promises import check_promise, hang_as_usual, settle_terms
from service_matrix.versions import publish_version, start_draft
from service_matrix.warnings import warnings_about
from tests.service_matrix.rows import make_scheme, terms


def times_of(preset: str, type_key: str) -> list[int | tuple[int, int]]:
    row = PRESETS[preset].rows[type_key]
    return [0 if cell is None else (cell.times, cell.times_at_most) if cell.times_at_most else cell.times for cell in row]


def test_premium_standard_acquisition_says_what_the_practitioners_say():
    preset = "premium_standard_acquisition"
    assert {key: times_of(preset, key) for key in PRESETS[preset].rows} == {
        "review_meeting": [(3, 4), 2, 1],
        "check_in_call": [12, 4, 2],
        "reporting": [4, 2, 1],
    }


def test_aaa_aa_a_says_what_the_practitioners_say():
    assert times_of("aaa_aa_a", "check_in_call") == [4, 2]
    assert times_of("aaa_aa_a", "planning_meeting") == [2]
    assert times_of("aaa_aa_a", "annual_review") == [0, 1, 1]


def test_every_shipped_type_has_a_key_of_its_own_and_a_procedure_in_both_languages():
    assert len(BY_KEY) == len(CATALOGUE)
    assert [each.key for each in CATALOGUE if not (each.en and each.fr and len(each.steps) >= 2)] == []
    assert [(each.key, step) for each in CATALOGUE for step in each.steps if not (step.en and step.fr and step.performer in Performer)] == []


@pytest.mark.parametrize("preset", PRESETS)
def test_every_promise_of_a_preset_makes_sense(preset):
    for row in PRESETS[preset].rows.values():
        for cell in row:
            if cell is not None:
                check_promise(cell)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_raises_no_warning_and_publishes(alice, preset):
    draft = start_draft(scheme=make_scheme(preset), by=alice, preset=preset)
    assert warnings_about(draft) == []
    assert publish_version(version=draft, revision=1, by=alice).status == "published"


def test_every_shipped_scheme_but_the_overlay_has_a_matrix_made_for_it():
    made = {preset.key: preset_for(preset.key) for preset in SCHEMES}
    assert [key for key, matrix in made.items() if matrix is None] == ["relational_profiles"]
    assert [preset.key for preset in SCHEMES if (matrix := made[preset.key]) is not None and matrix.ranks > len(preset.segments)] == []


def test_the_strategy_table_says_what_the_practitioners_say():
    preset = "strategy_table"
    assert {key: times_of(preset, key) for key in PRESETS[preset].rows} == {
        "review_meeting": [2],
        "annual_review": [0, 1],
        "check_in_call": [1, 1, 1],
        "newsletter": [4, 4, 4, 4],
        "training_seminar": [1, 1],
        "lunch_and_learn": [1],
    }


def test_greetings_and_the_tax_list_fall_when_they_are_usually_sent():
    found: dict[str, set[tuple[str, int | None]]] = {}
    spread = set()
    for preset in PRESETS.values():
        for key, row in preset.rows.items():
            places = {(cell.anchor, cell.anchor_month) for cell in row if cell is not None}
            if places == {("spread", None)}:
                spread.add((preset.key, key))
            else:
                found.setdefault(key, set()).update(places)
    assert found == {"birthday_greeting": {("birthday", None)}, "season_greetings": {("month", 12)}, "year_end_tax_checklist": {("month", 11)}}
    # Under AAA/AA/A one month cannot hold them (docs/planning.md, Levelling).
    assert {place for place in spread if place[1] in found} == {("aaa_aa_a", "year_end_tax_checklist"), ("aaa_aa_a", "season_greetings")}


@pytest.mark.parametrize(("times", "place"), [(1, ("birthday", None)), (2, ("spread", None))])
def test_what_comes_once_a_year_hangs_on_its_day_and_more_often_is_spread(times, place):
    hung = hang_as_usual(terms(times=times), type_key="birthday_greeting")
    check_promise(hung)
    assert (hung.anchor, hung.anchor_month) == place


@pytest.mark.parametrize("promised", [terms(times=1, times_at_most=2), settle_terms(terms(every=12, every_unit="months", window_days=9))])
def test_a_range_or_an_interval_is_spread(promised):
    assert hang_as_usual(promised, type_key="season_greetings") == promised


def test_types_of_the_firms_own_are_spread():
    assert hang_as_usual(terms(times=1), type_key="") == terms(times=1)
