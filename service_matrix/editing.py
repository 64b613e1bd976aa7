"""Edits of a draft's grid: one cell, a column or a row copied onto another, undo and redo. Each is one line of the draft's journal."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction

from firms.models import User
from segmentation.models import Segment
from service_matrix.catalogue import REACTIVE
from service_matrix.journal import State, cell_state, fingerprint, last_edit_of, read_terms, record_edit
from service_matrix.models import DraftEdit, MatrixVersion, Promise, TouchpointType
from service_matrix.promises import PromiseTerms
from service_matrix.versions import DraftChanged, clear_promise, set_promise, take_draft


class CellChanged(Exception):
    """Someone else wrote this very cell since it was read: `now` is what it says, `edit` who wrote it and when, where that is known."""

    def __init__(self, *, now: Promise | None, edit: DraftEdit | None) -> None:
        super().__init__()
        self.now, self.edit = now, edit


class CellGone(Exception):
    """The cell's segment left the matrix meanwhile, or its touchpoint type is no longer in use, as `is_segment` says."""

    def __init__(self, *, is_segment: bool) -> None:
        super().__init__()
        self.is_segment = is_segment


class NothingToUndo(Exception):
    """The draft has no edit left to take back, or to do again."""


class SameTwice(Exception):
    """A column or a row cannot be copied onto itself, nor onto another scheme's."""


def promise_at(version: MatrixVersion, segment: Segment, touchpoint_type: TouchpointType) -> Promise | None:
    cells = Promise.objects.filter(firm_id=version.firm_id, version=version, segment=segment, touchpoint_type=touchpoint_type)
    return cells.select_related("own_channel").first()


@transaction.atomic
def write_cell(
    *, version: MatrixVersion, revision: int, seen: str, segment: Segment, touchpoint_type: TouchpointType, terms: PromiseTerms | None, by: User
) -> Promise | None:
    """Write one cell, or empty it without terms, as it was read at `revision` with the fingerprint `seen`.

    Other cells may have changed meanwhile. Raises CellChanged when this one did, CellGone when there is no such cell any more (what is promised of a
    type out of use may only be emptied), DraftChanged when the draft is gone, InvalidPromise.
    """
    held = _hold_draft(version, by=by)
    _hold_segments(held, segment)
    if terms is not None:
        _hold_types(held, {touchpoint_type.pk})
    if held.revision != revision:
        now = promise_at(held, segment, touchpoint_type)
        if fingerprint(now) != seen:
            raise CellChanged(now=now, edit=last_edit_of(held, segment_id=segment.pk, touchpoint_type_id=touchpoint_type.pk))
    cell: dict[str, Any] = {"version": held, "revision": held.revision, "segment": segment, "touchpoint_type": touchpoint_type}
    if terms is None:
        clear_promise(**cell, by=by)
        return None
    return set_promise(**cell, terms=terms, by=by)


@transaction.atomic
def write_cell_as_read(
    *, version: MatrixVersion, revision: int, segment: Segment, touchpoint_type: TouchpointType, terms: PromiseTerms, by: User
) -> Promise:
    """Write one cell of a draft that is still as it was read at `revision`, in every cell. Raises CellGone, DraftChanged, InvalidPromise."""
    held = _hold_draft(version, by=by)
    _hold_segments(held, segment)
    _hold_types(held, {touchpoint_type.pk})
    return set_promise(version=held, revision=revision, segment=segment, touchpoint_type=touchpoint_type, terms=terms, by=by)


def _hold_draft(version: MatrixVersion, *, by: User) -> MatrixVersion:
    """The draft, before anything of it is held, so that two edits never wait for one another. Raises DraftChanged when it is none any more."""
    held = MatrixVersion.objects.select_for_update().filter(firm_id=by.firm_id, pk=version.pk, status=MatrixVersion.Status.DRAFT).first()
    if held is None:
        raise DraftChanged
    return held


def _hold_segments(version: MatrixVersion, *segments: Segment) -> None:
    """Keep segments from being deleted until this edit is written. Raises CellGone."""
    held = Segment.objects.select_for_update(no_key=True).filter(
        firm_id=version.firm_id, scheme=version.scheme_id, pk__in=[each.pk for each in segments]
    )
    if len(held) < len(segments):
        raise CellGone(is_segment=True)


def _hold_types(version: MatrixVersion, types: Collection[int]) -> None:
    """The same of touchpoint types that something is to be promised of: they must be in use."""
    held = TouchpointType.objects.select_for_update(no_key=True).filter(firm_id=version.firm_id, pk__in=types, is_active=True)
    if len(held.order_by("pk")) < len(types):
        raise CellGone(is_segment=False)


@transaction.atomic
def copy_column(*, version: MatrixVersion, revision: int, source: Segment, target: Segment, by: User) -> None:
    """Promise one segment exactly what another is promised.

    Raises SameTwice, DraftChanged, or CellGone: also where that would promise of a type out of use what the segment is not promised yet.
    """
    if source.pk == target.pk or {source.scheme_id, target.scheme_id} != {version.scheme_id}:
        raise SameTwice
    _hold_draft(version, by=by)
    _hold_segments(version, source, target)
    both = Promise.objects.filter(firm_id=by.firm_id, version=version, segment__in=[source, target])
    at = {(promise.segment_id, promise.touchpoint_type_id): promise for promise in both}
    after = [_state(target.pk, kind, at.get((source.pk, kind))) for kind in sorted({kind for _segment, kind in at})]
    _rewrite(version=version, revision=revision, after=after, at=at, by=by)


@transaction.atomic
def copy_row(*, version: MatrixVersion, revision: int, source: TouchpointType, target: TouchpointType, by: User) -> None:
    """Promise one touchpoint type exactly as another is promised, to every segment. Raises SameTwice, CellGone, or DraftChanged."""
    if source.pk == target.pk or REACTIVE in {source.key, target.key}:
        raise SameTwice
    _hold_draft(version, by=by)
    both = Promise.objects.filter(firm_id=by.firm_id, version=version, touchpoint_type__in=[source, target])
    at = {(promise.segment_id, promise.touchpoint_type_id): promise for promise in both}
    after = [_state(segment, target.pk, at.get((segment, source.pk))) for segment in sorted({segment for segment, _kind in at})]
    _rewrite(version=version, revision=revision, after=after, at=at, by=by)


@transaction.atomic
def fill_column(*, version: MatrixVersion, revision: int, target: Segment, promises: dict[int, PromiseTerms], by: User) -> None:
    """Promise a segment these terms, by touchpoint type, and nothing else.

    Raises SameTwice for another scheme's segment, CellGone, or DraftChanged.
    """
    if target.scheme_id != version.scheme_id:
        raise SameTwice
    _hold_draft(version, by=by)
    _hold_segments(version, target)
    mine = Promise.objects.filter(firm_id=by.firm_id, version=version, segment=target)
    at = {(promise.segment_id, promise.touchpoint_type_id): promise for promise in mine}
    kinds = sorted({*promises, *(kind for _segment, kind in at)})
    after = [cell_state(segment_id=target.pk, touchpoint_type_id=kind, promise=promises.get(kind)) for kind in kinds]
    _rewrite(version=version, revision=revision, after=after, at=at, by=by)


def _state(segment: int, kind: int, promise: Promise | None) -> State:
    return cell_state(segment_id=segment, touchpoint_type_id=kind, promise=promise)


def _rewrite(*, version: MatrixVersion, revision: int, after: Sequence[State], at: dict[tuple[int, int], Promise], by: User) -> None:
    """Give cells other terms, as one edit; what already says the same stays. Raises DraftChanged, and CellGone where a type is out of use."""
    before = [_state(state["segment"], state["type"], at.get((state["segment"], state["type"]))) for state in after]
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old["terms"] != new["terms"]]
    take_draft(version=version, revision=revision, by=by)
    _hold_types(version, {new["type"] for _old, new in changed if new["terms"] is not None})
    if changed:
        record_edit(version=version, by=by, before=[old for old, _new in changed], after=[new for _old, new in changed])
        _put(version, [new for _old, new in changed], by=by)


def _put(version: MatrixVersion, states: Sequence[State], *, by: User) -> None:
    """Make cells say what they are to say. A segment or a type that is gone meanwhile is left out."""
    there = Segment.objects.select_for_update(no_key=True).filter(firm_id=by.firm_id, scheme_id=version.scheme_id)
    segments = set(there.order_by("pk").values_list("pk", flat=True))
    types = set(TouchpointType.objects.filter(firm_id=by.firm_id).values_list("pk", flat=True))
    cells = [state for state in states if "type" in state and state["segment"] in segments and state["type"] in types]
    rows = Promise.objects.filter(firm_id=by.firm_id, version=version)
    for state in cells:
        place = {"segment_id": state["segment"], "touchpoint_type_id": state["type"]}
        if state["terms"] is None:
            rows.filter(**place).delete()
        else:
            Promise.objects.update_or_create(firm_id=by.firm_id, version=version, **place, defaults=vars(read_terms(state["terms"])))
    for state in states:
        if "reactive_minutes" in state:
            MatrixVersion.objects.filter(firm_id=by.firm_id, pk=version.pk).update(reactive_minutes=state["reactive_minutes"])


@transaction.atomic
def undo_edit(*, version: MatrixVersion, revision: int, by: User) -> DraftEdit:
    """Take the draft's last edit back, whoever made it, as read at `revision`. Raises NothingToUndo, or DraftChanged."""
    take_draft(version=version, revision=revision, by=by)
    edit = DraftEdit.objects.filter(firm_id=by.firm_id, version=version, is_undone=False).order_by("-pk").first()
    if edit is None:
        raise NothingToUndo
    _put(version, edit.before, by=by)
    DraftEdit.objects.filter(firm_id=by.firm_id, pk=edit.pk).update(is_undone=True)
    return edit


@transaction.atomic
def redo_edit(*, version: MatrixVersion, revision: int, by: User) -> DraftEdit:
    """Do again what was last undone, as read at `revision`. Raises NothingToUndo, or DraftChanged."""
    take_draft(version=version, revision=revision, by=by)
    edit = DraftEdit.objects.filter(firm_id=by.firm_id, version=version, is_undone=True).order_by("pk").first()
    if edit is None:
        raise NothingToUndo
    _put(version, edit.after, by=by)
    DraftEdit.objects.filter(firm_id=by.firm_id, pk=edit.pk).update(is_undone=False)
    return edit
