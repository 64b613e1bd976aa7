"""What the edits of a draft did to its cells, so that the last ones can be undone and done again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from firms.models import User
from service_matrix.models import DraftEdit, MatrixVersion, Promise
from service_matrix.promises import TERMS, PromiseTerms

# {"segment": id, "type": id, "terms": {…} or None}, or {"reactive_minutes": n}
State = dict[str, Any]


def written_terms(carrier: Any) -> dict[str, Any]:
    """Terms as they are kept in JSON."""
    return {term: str(value) if isinstance(value := getattr(carrier, term), Decimal) else value for term in TERMS}


def read_terms(written: Mapping[str, Any]) -> PromiseTerms:
    """Terms from JSON; what a later version of the product knows and this one does not is left out."""
    known = {term: written[term] for term in TERMS if term in written}
    return PromiseTerms(**known | {"direct_cost": Decimal(str(written.get("direct_cost", "0")))})


def cell_state(*, segment_id: int, touchpoint_type_id: int, promise: Promise | PromiseTerms | None) -> State:
    return {"segment": segment_id, "type": touchpoint_type_id, "terms": written_terms(promise) if promise is not None else None}


def fingerprint(promise: Promise | None) -> str:
    """What a cell said, in a few characters: equal only for equal terms."""
    if promise is None:
        return "empty"
    terms = written_terms(promise) | {"direct_cost": f"{promise.direct_cost:.2f}"}
    return sha256(dumps(terms, sort_keys=True, default=str).encode()).hexdigest()[:16]


def record_edit(*, version: MatrixVersion, by: User, before: Iterable[State], after: Iterable[State]) -> None:
    """Remember an edit. What was undone before it can no longer be done again."""
    DraftEdit.objects.filter(firm_id=by.firm_id, version=version, is_undone=True).delete()
    DraftEdit.objects.create(version=version, by=by, before=list(before), after=list(after))


@dataclass(frozen=True)
class LastEdit:
    """Who edited a draft last, and when: what undo would take back."""

    by: str
    at: datetime


def with_last_edit(versions: QuerySet[MatrixVersion]) -> QuerySet[MatrixVersion]:
    """Versions that know what undo and redo would do, for `last_edit_of_draft`: read with them, not after them."""
    edits = DraftEdit.objects.filter(firm_id=OuterRef("firm_id"), version=OuterRef("pk")).order_by("-pk")
    done = edits.filter(is_undone=False)
    return versions.annotate(
        last_edit_by=Subquery(done.values("by__name")[:1]),
        last_edit_at=Subquery(done.values("at")[:1]),
        is_redoable=Exists(edits.filter(is_undone=True)),
    )


def last_edit_of_draft(version: MatrixVersion) -> tuple[LastEdit | None, bool]:
    """The edit that undo would take back, and whether redo would do one again. No statement where the version was read with both."""
    read = version if hasattr(version, "last_edit_at") else with_last_edit(MatrixVersion.objects.filter(firm_id=version.firm_id)).get(pk=version.pk)
    by, at, is_redoable = (getattr(read, name) for name in ("last_edit_by", "last_edit_at", "is_redoable"))
    return (LastEdit(by, at) if at is not None else None), is_redoable


def last_edit_of(version: MatrixVersion, *, segment_id: int, touchpoint_type_id: int) -> DraftEdit | None:
    """Who wrote a cell last."""
    place = [{"segment": segment_id, "type": touchpoint_type_id}]
    found = DraftEdit.objects.filter(firm_id=version.firm_id, version=version, is_undone=False, after__contains=place)
    return found.select_related("by").order_by("-pk").first()
