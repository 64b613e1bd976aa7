"""Taking back what one just did in the queue or the calendar: what each touchpoint was before, kept for as long as it may be asked for.

An act is taken back touchpoint by touchpoint, where it still is as the act left it: what someone did since stays.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from clients.interactions import withdraw_interactions
from clients.models import Client
from firms.background import request_planning
from firms.models import User
from firms.statements import given, kept_statement
from touchpoints.models import QueueAct, Touchpoint
from touchpoints.refusals import ChangedSince, NotUndoable

UNDO_WITHIN = timedelta(minutes=30)
# What acting changes; compared as JSON writes it.
FIELDS = (
    "status", "claimed_by_id", "claimed_at", "closed_by_id", "closed_at", "reason", "interaction_id", "snoozed_until", "is_hand_set",
    "assigned_to_id", "due_on", "moved_from", "is_fulfilled",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Along:
    """What acts also change beside the touchpoint's row. What it was is noted with the act, as JSON.

    `is_as_left`: whether it still is as the act left it; where it is not, the touchpoint stays too.
    `take_back` puts it back, or says in words why it stays.
    """

    is_as_left: Callable[[Touchpoint, Any], bool] = lambda _touchpoint, _noted: True
    take_back: Callable[[Touchpoint, Any, User], str]


_along: dict[str, Along] = {}


def takes_along(key: str, along: Along) -> None:
    """Said by the modules whose acts change more, when the app is ready."""
    _along[key] = along


def state_of(touchpoint: Touchpoint) -> dict[str, Any]:
    values = {name: getattr(touchpoint, name) for name in FIELDS}
    return {name: value if isinstance(value, (str, int, bool, type(None))) else _as_text(value) for name, value in values.items()}


def _as_text(value: Any) -> str:
    """To the microsecond, as PostgreSQL keeps it."""
    return str(value.isoformat())


def note_act(
    *, kind: str, by: User, before: Mapping[int, Mapping[str, Any]], after: Sequence[Touchpoint], along: Mapping[str, Any] | None = None
) -> QueueAct:
    """Remember what touchpoints were (`before`, by key) and what an act made of them, in the transaction of the act; `along`: what else it
    changed, of an act on one."""
    QueueAct.objects.filter(firm_id=by.firm_id, by=by, created_at__lt=timezone.now() - 2 * UNDO_WITHIN).delete()
    rows = [{"id": touchpoint.pk, "before": before[touchpoint.pk], "after": state_of(touchpoint), "along": dict(along or {})} for touchpoint in after]
    return QueueAct.objects.create(firm_id=by.firm_id, kind=kind, by=by, rows=rows, created_at=timezone.now())


def note_along(act: QueueAct, *, key: str, noted: Any) -> None:
    """Add to an act on one touchpoint, in its transaction, what else was decided with it."""
    act.rows[0]["along"][key] = noted
    act.save(update_fields=["rows"])


def last_act(user: User) -> QueueAct | None:
    """What the user did last and may still take back."""
    last = _last_of().row(firm=user.firm_id, user=user.pk)
    return last if last is not None and last.undone_at is None and last.created_at > timezone.now() - UNDO_WITHIN else None


def last_move(user: User) -> QueueAct | None:
    """The same, where what the user did last was to move a touchpoint: the calendar offers that alone."""
    last = last_act(user)
    return last if last is not None and last.kind == QueueAct.Kind.MOVED else None


@kept_statement
def _last_of() -> QuerySet[QueueAct]:
    return QueueAct.objects.filter(firm_id=given("firm"), by_id=given("user")).order_by("-pk")[:1]


@dataclass(frozen=True)
class Undone:
    touchpoint_ids: list[int]
    # Left as someone has made them since.
    changed_since: int
    # What came with the act and stays, in words.
    stays: list[str] = field(default_factory=list)


@transaction.atomic
def undo_act(*, act: QueueAct, by: User) -> Undone:
    """Put back what the act changed and nobody changed since, and take back the interactions it logged.

    Raises NotUndoable for another's act, after 30 minutes, or the second time; ChangedSince when nothing is left as the act made it; and for
    a moved appointment HourPast.
    """
    mine = QueueAct.objects.select_for_update().filter(firm_id=by.firm_id, pk=act.pk, by=by, undone_at=None)
    kept = mine.filter(created_at__gt=timezone.now() - UNDO_WITHIN).first()
    if kept is None:
        raise NotUndoable
    ids = [row["id"] for row in kept.rows]
    # The clients before their touchpoints, as whoever completes, moves or reassesses does.
    whose = Touchpoint.objects.filter(firm_id=by.firm_id, pk__in=ids).values("client_id")
    list(Client.objects.select_for_update(no_key=True).only("pk").filter(firm_id=by.firm_id, pk__in=whose).order_by("pk"))
    found = {touchpoint.pk: touchpoint for touchpoint in _lock(ids, by)}
    same = [row for row in kept.rows if row["id"] in found and _is_as_left(found[row["id"]], row)]
    if not same:
        raise ChangedSince
    # An interaction logged for itself stays, whatever it was said to be.
    logged = [
        row["after"]["interaction_id"]
        for row in same
        if row["after"]["interaction_id"] != row["before"]["interaction_id"] and not row["after"].get("is_fulfilled")
    ]
    _restore([(found[row["id"]], row["before"]) for row in same])
    if logged:
        withdraw_interactions(ids=logged, by=by)
    stays = [_along[key].take_back(found[row["id"]], noted, by) for row in same for key, noted in row.get("along", {}).items()]
    QueueAct.objects.filter(pk=kept.pk).update(undone_at=timezone.now())
    # What followed from it does no longer.
    concerned = {found[row["id"]].client_id for row in same}
    request_planning(firm_id=by.firm_id, client_id=concerned.pop() if len(concerned) == 1 else None)
    return Undone([row["id"] for row in same], len(kept.rows) - len(same), [words for words in stays if words])


def _is_as_left(touchpoint: Touchpoint, row: Mapping[str, Any]) -> bool:
    now = state_of(touchpoint)
    if any(now[name] != value for name, value in row["after"].items()):
        return False
    return all(_along[key].is_as_left(touchpoint, noted) for key, noted in row.get("along", {}).items())


def _lock(ids: Collection[int], by: User) -> list[Touchpoint]:
    return list(Touchpoint.objects.select_for_update().filter(firm_id=by.firm_id, pk__in=ids).order_by("pk"))


def _restore(rows: Sequence[tuple[Touchpoint, Mapping[str, Any]]]) -> None:
    names = [name.removesuffix("_id") for name in FIELDS]
    for touchpoint, before in rows:
        for name, value in before.items():
            column = Touchpoint._meta.get_field(name.removesuffix("_id"))
            setattr(touchpoint, name, value if column.is_relation else column.to_python(value))  # type: ignore[union-attr]
    Touchpoint.objects.bulk_update([touchpoint for touchpoint, _before in rows], names, batch_size=500)
