"""Reads of the touchpoint room."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import IntegerField, Q, QuerySet, Subquery

from clients.models import Interaction, Person
from clients.queries import book_adviser_ids
from firms.models import Firm, Support, User
from firms.permissions import Role
from service_matrix.models import Performer
from touchpoints.models import OPEN, Touchpoint

COUNT_LIMIT = 1000

# Who is expected to deliver what; administrators and compliance look at everything.
PERFORMERS = {
    Role.ADVISER: (Performer.ADVISER, Performer.EITHER),
    Role.ASSISTANT: (Performer.ASSISTANT, Performer.EITHER),
}


def touchpoints_visible_to(user: User) -> QuerySet[Touchpoint]:
    """Touchpoints of the clients this user may see."""
    touchpoints = Touchpoint.objects.filter(firm_id=user.firm_id)
    advisers = working_books(user) if user.role == Role.ASSISTANT and not user.sees_whole_firm else book_adviser_ids(user)
    return touchpoints if advisers is None else touchpoints.filter(adviser_id__in=advisers)


def working_books(user: User) -> list[int] | None:
    """The advisers whose books are this user's work; None for the whole firm.

    Being allowed to see the whole firm does not make it one's work: an adviser keeps the own book, an assistant the supported ones.
    """
    if user.role == Role.ADVISER:
        return [user.pk]
    if user.role != Role.ASSISTANT:
        return book_adviser_ids(user)
    # Asked once a request: the user's object lives no longer, and several parts of a page ask.
    known: list[int] | None = user.__dict__.get("_supported_books")
    if known is None:
        known = user.__dict__["_supported_books"] = list(Support.objects.filter(assistant=user).values_list("adviser_id", flat=True))
    return None if user.sees_whole_firm and not known else known


def in_books(user: User, client: str) -> Q:
    """Rows whose client is in the reader's working books; `client` is the path to it."""
    books = working_books(user)
    return Q() if books is None else Q((f"{client}__adviser_id__in", books))


def touchpoints_in_books(user: User) -> QuerySet[Touchpoint]:
    """Everyone's touchpoints in the books this user works for."""
    touchpoints = Touchpoint.objects.filter(firm_id=user.firm_id)
    books = working_books(user)
    return touchpoints if books is None else touchpoints.filter(adviser_id__in=books)


def touchpoints_for(user: User, *, everyone: bool = False) -> QuerySet[Touchpoint]:
    """Touchpoints this user is expected to deliver: in the books worked for, as the role.

    `everyone` widens to whatever the user may see, whoever is to deliver it.
    """
    role = Role(user.role)
    if everyone or role not in PERFORMERS:
        return touchpoints_visible_to(user)
    return touchpoints_in_books(user).filter(performer__in=PERFORMERS[role])


def for_lists(touchpoints: QuerySet[Touchpoint]) -> QuerySet[Touchpoint]:
    """With what a line of a list shows."""
    return touchpoints.select_related("client", "adviser", "touchpoint_type", "segment", "claimed_by")


def awake(touchpoints: QuerySet[Touchpoint], on: date) -> QuerySet[Touchpoint]:
    """Open and not snoozed past a day."""
    return touchpoints.filter(status__in=OPEN).filter(Q(snoozed_until=None) | Q(snoozed_until__lte=on))


@dataclass(frozen=True)
class ClientContext:
    """What someone about to call wants to have read."""

    contact: Person | None
    interactions: list[Interaction]
    upcoming: list[Touchpoint]


def client_context(touchpoint: Touchpoint) -> ClientContext:
    """Whom to reach, what was said last, what else is planned for the client. Three statements."""
    client_id, firm_id = touchpoint.client_id, touchpoint.firm_id
    return ClientContext(
        contact=Person.objects.filter(firm_id=firm_id, client_id=client_id).first(),
        interactions=list(Interaction.objects.filter(firm_id=firm_id, client_id=client_id).select_related("by")[:3]),
        upcoming=list(
            Touchpoint.objects.filter(firm_id=firm_id, client_id=client_id, status__in=OPEN, due_on__gte=touchpoint.due_on)
            .exclude(pk=touchpoint.pk)
            .select_related("touchpoint_type")[:3]
        ),
    )


class _AtMost(Subquery):
    """How many rows a query gives, counted no further than it is sliced."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def count_at_most(user: User, lists: Mapping[str, QuerySet[Any]], *, most: int = COUNT_LIMIT) -> dict[str, int]:
    """Count several lists in one statement, each no further than `most`: nobody reads more, and it stays cheap."""
    counts = {name: _AtMost(rows.order_by().values("pk")[:most]) for name, rows in lists.items()}
    row = Firm.objects.filter(pk=user.firm_id).values_list(*counts.values()).get()
    return dict(zip(counts, row, strict=True))


def clients_handled(firm_id: int, client_ids: list[int]) -> set[int]:
    """Of these clients, those with a touchpoint that a person claimed, moved, finished or skipped: undoing an import keeps them."""
    touched = Q(is_hand_set=True) | Q(claimed_by__isnull=False) | Q(closed_by__isnull=False)
    return set(Touchpoint.objects.filter(touched, firm_id=firm_id, client_id__in=client_ids).values_list("client_id", flat=True))
