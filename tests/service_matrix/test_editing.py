"""Edits of a draft's grid: cells written beside other people's, columns and rows copied, everything undone and done again."""

from types import SimpleNamespace
from typing import Any

import pytest

from service_matrix.editing import CellChanged, NothingToUndo, SameTwice, copy_column, copy_row, promise_at, redo_edit, undo_edit, write_cell
from service_matrix.grid_forms import NotAFrequency, read_frequency
from service_matrix.journal import fingerprint, read_terms, written_terms
from service_matrix.models import DraftEdit, MatrixVersion, Promise, TouchpointType
from service_matrix.versions import DraftChanged, publish_version, set_reactive_minutes
from tests import factories
from tests.service_matrix.rows import make_draft, segment_of, terms
from tests.service_matrix.test_versions import promises_of


@pytest.fixture
def grid(alice) -> SimpleNamespace:
    """The draft, its first two segments, two types; `revision` is that of the database."""
    draft = make_draft(by=alice)
    return SimpleNamespace(
        draft=draft,
        first=segment_of(draft.scheme, 1),
        second=segment_of(draft.scheme, 2),
        calls=TouchpointType.objects.get(key="check_in_call"),
        letters=TouchpointType.objects.get(key="newsletter"),
        by=alice,
    )


def revision(grid: SimpleNamespace) -> int:
    return MatrixVersion.objects.get(pk=grid.draft.pk).revision


def write(grid: SimpleNamespace, *, read: int, seen: str, wanted: Any = None, by: Any = None) -> Promise | None:
    return write_cell(
        version=grid.draft,
        revision=read,
        seen=seen,
        segment=grid.first,
        touchpoint_type=grid.calls,
        terms=wanted,
        by=by or grid.by,
    )


def test_two_people_in_different_cells_do_not_disturb_each_other(grid):
    seen = fingerprint(promise_at(grid.draft, grid.first, grid.calls))
    write_cell(version=grid.draft, revision=1, seen="empty", segment=grid.second, touchpoint_type=grid.letters, terms=terms(times=1), by=grid.by)
    write(grid, read=1, seen=seen, wanted=terms(times=9))
    assert promises_of(grid.draft)["check_in_call", 1]["times"] == 9


def test_two_people_in_the_same_cell_are_told_what_it_says_and_who_wrote_it(grid):
    bob = factories.make_user(name="Bob Côté", role="admin")
    seen = fingerprint(promise_at(grid.draft, grid.first, grid.calls))
    write(grid, read=1, seen=seen, wanted=terms(times=9), by=bob)
    for wanted in (terms(times=8), None):
        with pytest.raises(CellChanged) as changed:
            write(grid, read=1, seen=seen, wanted=wanted)
        assert changed.value.now is not None
        assert changed.value.edit is not None
        assert (changed.value.now.times, changed.value.edit.by) == (9, bob)
    assert promises_of(grid.draft)["check_in_call", 1]["times"] == 9


def test_a_cell_emptied_meanwhile_is_a_conflict_too(grid):
    seen = fingerprint(promise_at(grid.draft, grid.first, grid.calls))
    write(grid, read=1, seen=seen)
    with pytest.raises(CellChanged) as changed:
        write(grid, read=1, seen=seen, wanted=terms(times=8))
    assert changed.value.now is None


def test_a_cell_of_a_published_version_is_not_written(grid):
    seen = fingerprint(promise_at(grid.draft, grid.first, grid.calls))
    publish_version(version=grid.draft, revision=1, by=grid.by)
    with pytest.raises(DraftChanged):
        write(grid, read=1, seen=seen, wanted=terms())


def test_a_column_copied_is_that_column(grid):
    before = promises_of(grid.draft)
    copy_column(version=grid.draft, revision=1, source=grid.first, target=segment_of(grid.draft.scheme, 3), by=grid.by)
    after = promises_of(grid.draft)
    assert {key: cell for (key, rank), cell in after.items() if rank == 3} == {key: cell for (key, rank), cell in before.items() if rank == 1}
    assert {place: cell for place, cell in after.items() if place[1] != 3} == {place: cell for place, cell in before.items() if place[1] != 3}


def test_a_row_copied_is_that_row(grid):
    before = promises_of(grid.draft)
    copy_row(version=grid.draft, revision=1, source=grid.calls, target=grid.letters, by=grid.by)
    after = promises_of(grid.draft)
    for rank in (1, 2, 3):
        assert after["newsletter", rank] == before["check_in_call", rank]


def test_nothing_is_copied_onto_itself_nor_as_it_was_not_read(grid):
    before = promises_of(grid.draft)
    with pytest.raises(SameTwice):
        copy_column(version=grid.draft, revision=1, source=grid.first, target=grid.first, by=grid.by)
    with pytest.raises(SameTwice):
        copy_row(version=grid.draft, revision=1, source=grid.calls, target=grid.calls, by=grid.by)
    with pytest.raises(DraftChanged):
        copy_column(version=grid.draft, revision=7, source=grid.first, target=grid.second, by=grid.by)
    assert (promises_of(grid.draft), DraftEdit.objects.count()) == (before, 0)


def test_every_edit_is_undone_in_turn_and_done_again(grid):
    steps = [promises_of(grid.draft)]
    seen = fingerprint(promise_at(grid.draft, grid.first, grid.calls))
    write(grid, read=1, seen=seen, wanted=terms(times=5, note="as agreed"))
    steps.append(promises_of(grid.draft))
    copy_column(version=grid.draft, revision=revision(grid), source=grid.first, target=grid.second, by=grid.by)
    steps.append(promises_of(grid.draft))
    write(grid, read=revision(grid), seen="")
    steps.append(promises_of(grid.draft))
    assert len({str(step) for step in steps}) == 4
    for step in steps[-2::-1]:
        undo_edit(version=grid.draft, revision=revision(grid), by=grid.by)
        assert promises_of(grid.draft) == step
    with pytest.raises(NothingToUndo):
        undo_edit(version=grid.draft, revision=revision(grid), by=grid.by)
    for step in steps[1:]:
        redo_edit(version=grid.draft, revision=revision(grid), by=grid.by)
        assert promises_of(grid.draft) == step
    with pytest.raises(NothingToUndo):
        redo_edit(version=grid.draft, revision=revision(grid), by=grid.by)


def test_minutes_of_answering_are_undone_too(grid):
    set_reactive_minutes(version=grid.draft, revision=1, minutes=240, by=grid.by)
    undo_edit(version=grid.draft, revision=2, by=grid.by)
    assert MatrixVersion.objects.get(pk=grid.draft.pk).reactive_minutes == 60


def test_what_was_undone_is_gone_after_another_edit(grid):
    write(grid, read=1, seen="", wanted=terms(times=5))
    undo_edit(version=grid.draft, revision=2, by=grid.by)
    write(grid, read=3, seen="", wanted=terms(times=6))
    with pytest.raises(NothingToUndo):
        redo_edit(version=grid.draft, revision=revision(grid), by=grid.by)


def test_undo_is_refused_as_it_was_not_read(grid):
    write(grid, read=1, seen="", wanted=terms(times=5))
    with pytest.raises(DraftChanged):
        undo_edit(version=grid.draft, revision=1, by=grid.by)
    assert promises_of(grid.draft)["check_in_call", 1]["times"] == 5


def test_a_segment_that_is_gone_is_left_out_of_an_undo(grid):
    third = segment_of(grid.draft.scheme, 3)
    copy_column(version=grid.draft, revision=1, source=grid.first, target=third, by=grid.by)
    third.delete()
    undo_edit(version=grid.draft, revision=2, by=grid.by)
    assert {rank for _key, rank in promises_of(grid.draft)} == {1, 2}


def test_a_published_version_remembers_no_edits(grid):
    write(grid, read=1, seen="", wanted=terms(times=5))
    publish_version(version=grid.draft, revision=2, by=grid.by)
    assert not DraftEdit.objects.exists()


def test_terms_kept_in_writing_are_read_back_as_they_were(grid):
    for promise in Promise.objects.filter(version=grid.draft):
        assert vars(read_terms(written_terms(promise))) == {name: getattr(promise, name) for name in written_terms(promise)}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("4", (4, None, None, "")),
        (" 3-4 ", (3, 4, None, "")),
        ("3–4 ×", (3, 4, None, "")),
        ("-2", (-2, None, None, "")),
        ("every 6 weeks", (0, None, 6, "weeks")),
        ("toutes les 6 semaines", (0, None, 6, "weeks")),
        ("tous les 3 mois", (0, None, 3, "months")),
        ("6w", (0, None, 6, "weeks")),
        ("3 months", (0, None, 3, "months")),
    ],
)
def test_a_frequency_is_typed_as_one_says_it(text, read):
    assert read_frequency(text) == read


@pytest.mark.parametrize("text", ["often", "4.5", "1e9", "3-4-5", "9999999999", "every Tuesday"])
def test_what_is_no_frequency_is_said_so(text):
    with pytest.raises(NotAFrequency):
        read_frequency(text)
