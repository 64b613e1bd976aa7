"""Moving a book or a part of it to one or several successors: what the list shows, previewed, confirmed, moved set by set, and taken back.

What is confirmed is a `Selection`: its mark changes with any client that joins or leaves the list, so nobody moves clients that were not
counted before their eyes. From there on the clients are named one by one: a job that is killed resumes with the same ones.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pghistory
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.columns import BulkAction, register_bulk_action
from clients.editing import NotAnAdviser, check_adviser
from clients.follow_ups import hand_over_follow_ups
from clients.models import KNOWN_AUM, Client, Transfer, TransferredClient
from clients.moving import Return, follow, give_back, what_they_were
from clients.queries import NotInYourBook, Refused, visible_to
from firms.background import request_planning
from firms.formats import language_code
from firms.jobs import JobRefused, job_kind, start_job
from firms.models import Job, User
from firms.permissions import Permission

KIND, UNDO_KIND = "assign_clients", "undo_transfer"
# More than these are moved in the background, so many at a step.
AT_ONCE = 500
STEP = 2000
UNDO_WITHIN = timedelta(days=1)


class SelectionChanged(Refused):
    """Other clients are listed than those that were confirmed; `now` is what there is to confirm."""

    def __init__(self, now: "Selection") -> None:
        super().__init__(now)
        self.now = now


class TransferClosed(Refused):
    """It was taken back already, is being moved still, or a day has passed."""

    def __str__(self) -> str:
        return _("This transfer can no longer be taken back.")


@dataclass(frozen=True)
class Selection:
    """Clients as they were listed."""

    ids: tuple[int, ...]

    @classmethod
    def of(cls, clients: QuerySet[Client]) -> "Selection":
        return cls(tuple(clients.order_by("pk").values_list("pk", flat=True)))

    @property
    def mark(self) -> str:
        return hashlib.sha256(",".join(map(str, self.ids)).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Books:
    """Clients as they were listed, with whose they are: what a transfer of them is worked out from. One statement."""

    # (client, adviser, the adviser's name), those with the most assets first.
    rows: tuple[tuple[int, int, str], ...]

    @classmethod
    def of(cls, clients: QuerySet[Client]) -> "Books":
        return cls(tuple(clients.order_by(KNOWN_AUM.desc(), "pk").values_list("pk", "adviser_id", "adviser__name")))

    @property
    def selection(self) -> Selection:
        return Selection(tuple(sorted(pk for pk, _adviser_id, _name in self.rows)))

    @property
    def by_adviser(self) -> list[tuple[str, int, int]]:
        """(adviser, their number, clients) for every book the clients are in, the largest first."""
        numbers = Counter((name, adviser_id) for _pk, adviser_id, name in self.rows)
        return sorted(((name, pk, number) for (name, pk), number in numbers.items()), key=lambda book: (-book[2], book[0], book[1]))

    def deal(self, to: Sequence[User]) -> dict[int, list[int]]:
        """Who gets whom: by successor, the clients' keys. Of several successors each gets as many and, near enough, as much: those with the
        most assets are dealt first, forth and back. The same every time, so that the preview says what happens."""
        hands: dict[int, list[int]] = {successor.pk: [] for successor in to}
        order = list(hands)
        for number, (client_id, _adviser_id, _name) in enumerate(self.rows):
            turn, place = divmod(number, len(order))
            hands[order[place] if turn % 2 == 0 else order[-1 - place]].append(client_id)
        return hands

    def leaving(self, to: Sequence[User]) -> dict[int, list[int]]:
        """Of those, who is not there already."""
        present = {pk: adviser_id for pk, adviser_id, _name in self.rows}
        return {successor: [pk for pk in ids if present[pk] != successor] for successor, ids in self.deal(to).items()}


@dataclass(frozen=True)
class Assigned:
    """How many were moved, or the job that is moving them; and the transfer that takes it back, where anybody moved."""

    moved: int
    job: Job | None = None
    transfer: Transfer | None = None


@transaction.atomic
def assign_clients(*, clients: QuerySet[Client], to: Sequence[User], by: User, mark: str) -> Assigned:
    """Move the clients to one adviser's book or deal them to several, at once or, when they are many, as a job.

    `mark` is that of the Selection this user confirmed. Raises SelectionChanged, NotAnAdviser, NotInYourBook.
    """
    for successor in to:
        check_adviser(successor, by=by)
    books = Books.of(clients)
    if books.selection.mark != mark:
        raise SelectionChanged(books.selection)
    transfer = Transfer.objects.create(by=by)
    pairs = [(client_id, pk) for pk, ids in books.deal(to).items() for client_id in ids]
    if len(pairs) > AT_ONCE:
        job = start_job(kind=KIND, parameters={"transfer": transfer.pk, "pairs": pairs}, by=by, total=len(pairs))
        transfer.job = job
        transfer.save(update_fields=["job"])
        return Assigned(0, job, transfer)
    moved = _move(pairs, transfer=transfer, by=by)
    if not moved:
        transfer.delete()
        return Assigned(0)
    request_planning(firm_id=by.firm_id)
    return Assigned(moved, transfer=transfer)


def _move(pairs: Sequence[tuple[int, int]], *, transfer: Transfer, by: User) -> int:
    """The clients whom this user still sees and who are not there already. A few statements for each successor: the history's triggers
    remember each client, touchpoints follow by the database, and what companions were is kept for undo."""
    wanted = dict(pairs)
    held = visible_to(by).filter(pk__in=wanted).select_for_update(no_key=False).order_by("pk").values_list("pk", "adviser_id")
    leaving = {pk: adviser_id for pk, adviser_id in held if adviser_id != wanted[pk]}
    if not leaving:
        return 0
    were = what_they_were(by.firm_id, leaving)
    rows = [
        TransferredClient(
            transfer=transfer,
            client_id=pk,
            from_adviser_id=adviser_id,
            to_adviser_id=wanted[pk],
            before=were[pk],
        )
        for pk, adviser_id in leaving.items()
    ]
    TransferredClient.objects.bulk_create(rows, batch_size=STEP)
    for successor in User.objects.filter(firm_id=by.firm_id, pk__in={wanted[pk] for pk in leaving}):
        ids = [pk for pk in leaving if wanted[pk] == successor.pk]
        hand_over_follow_ups(client_ids=ids, to=successor)
        Client.objects.filter(firm_id=by.firm_id, pk__in=ids).update(adviser=successor, updated_at=timezone.now())
    follow(by.firm_id, leaving)
    return len(leaving)


@job_kind(KIND, label=gettext_lazy("Transfer of clients"))
def assign_step(job: Job) -> bool:
    """Move the next clients of a job."""
    by, pairs = job.created_by, job.parameters["pairs"]
    start = job.cursor.get("next", 0)
    part = [(client_id, pk) for client_id, pk in pairs[start : start + STEP]]
    if by is None or not by.may(Permission.ASSIGN_CLIENTS):
        raise JobRefused
    for successor in User.objects.filter(firm_id=job.firm_id, pk__in={pk for _client, pk in part}):
        try:
            check_adviser(successor, by=by)
        except (NotAnAdviser, NotInYourBook):
            with translation.override(language_code(by.language, region=by.firm.region)):
                raise JobRefused(_("%(name)s no longer leads clients: the rest was not moved.") % {"name": successor}) from None
    with pghistory.context(user=by.pk, job=job.pk):
        moved = _move(part, transfer=Transfer.objects.get(firm_id=job.firm_id, pk=job.parameters["transfer"]), by=by)
    if moved:
        request_planning(firm_id=job.firm_id)
    job.counts["moved"] = job.counts.get("moved", 0) + moved
    job.done = start + len(part)
    job.cursor = {"next": job.done}
    return job.done < job.total


def undoable_transfers(user: User) -> QuerySet[Transfer]:
    """Transfers of this user's own, or for administrators anybody's, that may still be taken back, the newest first."""
    recent = Transfer.objects.filter(firm_id=user.firm_id, undone_at=None, created_at__gt=timezone.now() - UNDO_WITHIN)
    settled = recent.exclude(job__status__in=[Job.Status.QUEUED, Job.Status.RUNNING])
    return settled.select_related("by") if user.may(Permission.ASSIGN_CLIENTS) else settled.none()


@dataclass(frozen=True)
class TakenBack:
    returned: int
    # Clients whom someone moved again since, or who are in nobody's sight.
    moved_since: int
    job: Job | None = None


@transaction.atomic
def undo_transfer(*, transfer: Transfer, by: User) -> TakenBack:
    """Give back exactly who moved, unless somebody moved them since, with what went along; many of them as a job. Raises TransferClosed."""
    kept = undoable_transfers(by).filter(pk=transfer.pk)
    if not kept.exists() or not Transfer.objects.filter(firm_id=by.firm_id, pk=transfer.pk, undone_at=None).update(undone_at=timezone.now()):
        raise TransferClosed(transfer)
    total = TransferredClient.objects.filter(firm_id=by.firm_id, transfer=transfer).count()
    if total > AT_ONCE:
        return TakenBack(0, 0, start_job(kind=UNDO_KIND, parameters={"transfer": transfer.pk}, by=by, total=total))
    counts, _last = _give_back(transfer.pk, after=0, by=by)
    request_planning(firm_id=by.firm_id)
    return TakenBack(counts["returned"], counts["moved_since"])


def _give_back(transfer_id: int, *, after: int, by: User) -> tuple[Counter[str], int | None]:
    """The next clients of a transfer, set by set; how many, and the last of them."""
    moved = TransferredClient.objects.filter(firm_id=by.firm_id, transfer_id=transfer_id, pk__gt=after).order_by("pk")
    rows = {row.client_id: row for row in moved[:STEP]}
    if not rows:
        return Counter(), None
    held = visible_to(by).filter(pk__in=rows).select_for_update(no_key=False).order_by("pk").values_list("pk", "adviser_id")
    returns = {pk: Return(adviser_id, rows[pk].from_adviser_id) for pk, adviser_id in held if adviser_id == rows[pk].to_adviser_id}
    for had in sorted({back.had for back in returns.values()}):
        ids = [pk for pk, back in returns.items() if back.had == had]
        Client.objects.filter(firm_id=by.firm_id, pk__in=ids).update(adviser_id=had, updated_at=timezone.now())
    give_back(by.firm_id, {pk: rows[pk].before for pk in returns}, returns)
    return Counter(returned=len(returns), moved_since=len(rows) - len(returns)), max(row.pk for row in rows.values())


@job_kind(UNDO_KIND, label=gettext_lazy("Transfer taken back"))
def undo_step(job: Job) -> bool:
    by = job.created_by
    if by is None or not by.may(Permission.ASSIGN_CLIENTS):
        raise JobRefused
    counts, last = _give_back(job.parameters["transfer"], after=job.cursor.get("after", 0), by=by)
    job.counts = Counter(job.counts) + counts
    if last is None:
        request_planning(firm_id=job.firm_id)
        return False
    job.cursor = {"after": last}
    job.done += sum(counts.values())
    return True


def register() -> None:
    register_bulk_action(
        BulkAction(
            key="adviser",
            label=gettext_lazy("Change the adviser"),
            icon="user-round-cog",
            url_name="assign_adviser",
            permission=Permission.ASSIGN_CLIENTS,
        )
    )
