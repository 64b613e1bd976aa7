"""Moving many clients to one adviser's book at once: what the list shows, previewed, confirmed, and moved set by set.

What is confirmed is a `Selection`: its mark changes with any client that joins or leaves the list, so nobody moves clients that were not
counted before their eyes. From there on the clients are named one by one: a job that is killed resumes with the same ones.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pghistory
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.columns import BulkAction, register_bulk_action
from clients.editing import NotAnAdviser, check_adviser
from clients.models import Client
from clients.queries import NotInYourBook, Refused, visible_to
from firms.background import request_planning
from firms.formats import language_code
from firms.jobs import JobRefused, job_kind, start_job
from firms.models import Job, User
from firms.permissions import Permission

KIND = "assign_clients"
# More than these are moved in the background, so many at a step.
AT_ONCE = 500
STEP = 2000


class SelectionChanged(Refused):
    """Other clients are listed than those that were confirmed; `now` is what there is to confirm."""

    def __init__(self, now: "Selection") -> None:
        super().__init__(now)
        self.now = now


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
class Assigned:
    """How many were moved, or the job that is moving them."""

    moved: int
    job: Job | None = None


def books_of(clients: QuerySet[Client]) -> list[tuple[str, int, int]]:
    """(adviser, their number, clients) for every book the clients are in, the largest first."""
    books = clients.order_by().values_list("adviser__name", "adviser_id").annotate(clients=Count("pk"))
    return list(books.order_by("-clients", "adviser__name", "adviser_id"))


@transaction.atomic
def assign_clients(*, clients: QuerySet[Client], adviser: User, by: User, mark: str) -> Assigned:
    """Move the clients to an adviser's book, at once or, when they are many, as a job.

    `mark` is that of the Selection this user confirmed. Raises SelectionChanged, NotAnAdviser, NotInYourBook.
    """
    check_adviser(adviser, by=by)
    selection = Selection.of(clients)
    if selection.mark != mark:
        raise SelectionChanged(selection)
    if len(selection.ids) > AT_ONCE:
        parameters = {"adviser": adviser.pk, "clients": selection.ids}
        return Assigned(0, start_job(kind=KIND, parameters=parameters, by=by, total=len(selection.ids)))
    moved = _move(selection.ids, adviser=adviser, by=by)
    if moved:
        request_planning(firm_id=by.firm_id)
    return Assigned(moved)


def _move(ids: Sequence[int], *, adviser: User, by: User) -> int:
    """One statement: the history's triggers remember each client, and touchpoints follow by the database."""
    return visible_to(by).filter(pk__in=ids).exclude(adviser=adviser).update(adviser=adviser, updated_at=timezone.now())


@job_kind(KIND)
def assign_step(job: Job) -> bool:
    """Move the next clients of a job."""
    by, adviser = job.created_by, User.objects.filter(firm_id=job.firm_id, pk=job.parameters["adviser"]).first()
    start = job.cursor.get("next", 0)
    ids = job.parameters["clients"][start : start + STEP]
    if by is None or adviser is None or not by.may(Permission.ASSIGN_CLIENTS):
        raise JobRefused
    try:
        check_adviser(adviser, by=by)
    except (NotAnAdviser, NotInYourBook):
        with translation.override(language_code(by.language, region=by.firm.region)):
            raise JobRefused(_("%(name)s no longer leads clients: the rest was not moved.") % {"name": adviser}) from None
    with pghistory.context(user=by.pk, job=job.pk):
        moved = _move(ids, adviser=adviser, by=by)
    if moved:
        request_planning(firm_id=job.firm_id)
    job.counts["moved"] = job.counts.get("moved", 0) + moved
    job.done = start + len(ids)
    job.cursor = {"next": job.done}
    return job.done < job.total


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
