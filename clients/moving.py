"""What goes along when clients change adviser, and what stays: each room says so of its own rows, for the preview and for undo.

# touchpoints/apps.py
register_companion(Companion(key="touchpoints", label=_("Open touchpoints"), rows=…))
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from clients.models import Client, FollowUp
from firms.counting import count_at_most
from firms.models import Firm, User
from firms.statements import Statement

COUNTED_TO = 100_000


@dataclass(frozen=True, kw_only=True)
class Companion:
    """Rows that belong to clients. `rows` are those of some clients, in no order; they are counted for the preview.

    Where moving changes more than the database puts back by itself, `remember` says what each client's rows were before the move (client →
    anything JSON holds), and `restore` puts them back where nobody changed them since; it is given what was remembered of the clients who
    went back, and from whom (client → adviser) they come back to whom. `follow` is called once clients have gone either way, with the adviser each
    left and, on the way back, what was remembered: to tell whom it concerns. `note` says in a sentence what happens.
    """

    key: str
    label: str | StrPromise
    rows: Callable[[QuerySet[Client]], QuerySet[Any]]
    stays: bool = False
    note: str | StrPromise = ""
    remember: Callable[[int, Collection[int]], Mapping[int, Any]] | None = None
    restore: "Callable[[int, Mapping[int, Any], Mapping[int, Return]], None] | None" = None
    follow: Callable[[int, Mapping[int, int], Mapping[int, Any]], None] | None = None


@dataclass(frozen=True)
class Return:
    """A client who goes back: the adviser it leaves, and the one it had."""

    leaves: int
    had: int


@dataclass(frozen=True)
class Going:
    label: str
    count: int
    stays: bool
    note: str = ""


@dataclass(frozen=True)
class Clash:
    """What a client brings along and the successor cannot keep as it is, in a sentence: said beforehand, and hindering nobody."""

    at: datetime
    client_id: int
    client: str
    words: str


# Of some clients, each of whom is to go to an adviser (client → adviser), the clashes there would be.
Clashes = Callable[[QuerySet[Client], Mapping[int, User], Firm], list[Clash]]

_companions: dict[str, Companion] = {}
_clashes: list[Clashes] = []


def register_companion(companion: Companion) -> None:
    _companions[companion.key] = companion


def register_clashes(clashes: Clashes) -> None:
    """Called when a higher room's app is ready."""
    _clashes.append(clashes)


def clashes_of(clients: QuerySet[Client], to: Mapping[int, User], *, firm: Firm) -> list[Clash]:
    """What each successor should know beforehand, in order of time."""
    return sorted((clash for clashes in _clashes for clash in clashes(clients, to, firm)), key=lambda clash: (clash.at, clash.client_id))


def companions() -> list[Companion]:
    return list(_companions.values())


def what_goes_along(clients: QuerySet[Client]) -> list[Going]:
    """How many rows of each kind move with these clients, or stay as they are; none is counted past a limit. One statement."""
    lists = {companion.key: Statement(companion.rows(clients).order_by().values("pk")).with_values() for companion in companions()}
    counts = count_at_most(COUNTED_TO, **lists) if lists else {}
    return [
        Going(str(companion.label), counts[companion.key], companion.stays, str(companion.note))
        for companion in companions()
        if counts[companion.key]
    ]


def what_they_were(firm_id: int, client_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What there is to put back of clients about to move: client → {companion's key: what it remembers}, as JSON holds it."""
    found: dict[int, dict[str, Any]] = {pk: {} for pk in client_ids}
    for companion in companions() if found else ():
        for pk, was in (companion.remember(firm_id, client_ids) if companion.remember else {}).items():
            found[pk][companion.key] = was
    return found


def give_back(firm_id: int, were: Mapping[int, Mapping[str, Any]], returns: Mapping[int, Return]) -> None:
    """Clients have gone back to whom they had, in this transaction: so does what went along, as it was (`what_they_were`) where nobody changed
    it since."""
    remembered = {each.key: {pk: were[pk][each.key] for pk in returns if each.key in were.get(pk, {})} for each in companions()}
    for companion in companions():
        if companion.restore and (before := remembered[companion.key]):
            companion.restore(firm_id, before, returns)
    follow(firm_id, {pk: back.leaves for pk, back in returns.items()}, remembered)


def follow(firm_id: int, left: Mapping[int, int], before: Mapping[str, Mapping[int, Any]] | None = None) -> None:
    """Clients have gone to another book, in this transaction: what belongs to them follows. `left`: client → the adviser they left; `before`:
    what each companion remembered, when they go back."""
    for companion in companions():
        if companion.follow and left:
            companion.follow(firm_id, left, (before or {}).get(companion.key, {}))


def _advisers_follow_ups(clients: QuerySet[Client]) -> QuerySet[Any]:
    return FollowUp.objects.filter(client__in=clients.order_by().values("pk"), done_at=None, assignee=F("client__adviser"))


def _others_follow_ups(clients: QuerySet[Client]) -> QuerySet[Any]:
    return FollowUp.objects.filter(client__in=clients.order_by().values("pk"), done_at=None).exclude(assignee=F("client__adviser"))


def _remember_follow_ups(firm_id: int, client_ids: Collection[int]) -> Mapping[int, Any]:
    rows = FollowUp.objects.filter(firm_id=firm_id, client__in=client_ids, done_at=None, assignee=F("client__adviser"))
    found: dict[int, list[int]] = {}
    for client_id, pk in rows.order_by("pk").values_list("client_id", "pk"):
        found.setdefault(client_id, []).append(pk)
    return found


def _restore_follow_ups(firm_id: int, before: Mapping[int, Any], returns: Mapping[int, Return]) -> None:
    by_pair: dict[tuple[int, int], list[int]] = {}
    for client_id, pks in before.items():
        back = returns[client_id]
        by_pair.setdefault((back.leaves, back.had), []).extend(pks)
    for (leaves, had), pks in by_pair.items():
        FollowUp.objects.filter(firm_id=firm_id, pk__in=pks, done_at=None, assignee_id=leaves).update(assignee_id=had)


def register() -> None:
    register_companion(
        Companion(
            key="follow_ups", label=_("Follow-ups of the adviser"), rows=_advisers_follow_ups, remember=_remember_follow_ups,
            restore=_restore_follow_ups,
        )
    )  # fmt: skip
    register_companion(Companion(key="others_follow_ups", label=_("Follow-ups of others"), rows=_others_follow_ups, stays=True))
