"""Reads of the touchpoint room."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from clients.models import Interaction, Person
from clients.queries import book_adviser_ids
from firms.models import Support, User
from firms.permissions import Role
from service_matrix.models import Performer
from touchpoints.models import OPEN, WAITS_FROM, Touchpoint

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


# What lines show of what a touchpoint belongs to: whole rows of it would be four times as many columns.
_SHOWN = (
    "client__firm", "client__name", "client__personal_context", "adviser__name", "claimed_by__name", "segment__rank", "segment__name_en",
    "segment__name_fr", "touchpoint_type__name_en", "touchpoint_type__name_fr", "touchpoint_type__steps",
    "touchpoint_type__key",
)  # fmt: skip


def with_related(touchpoints: QuerySet[Touchpoint]) -> QuerySet[Touchpoint]:
    """With what a touchpoint belongs to."""
    return touchpoints.select_related("client", "adviser", "touchpoint_type", "segment", "claimed_by")


def for_lists(touchpoints: QuerySet[Touchpoint]) -> QuerySet[Touchpoint]:
    """With what a line of a list shows."""
    return with_related(touchpoints).only(*(field.name for field in Touchpoint._meta.concrete_fields), *_SHOWN)


def awake(touchpoints: QuerySet[Touchpoint], on: date) -> QuerySet[Touchpoint]:
    """Open and not snoozed past a day."""
    return touchpoints.filter(status__in=OPEN).filter(Q(snoozed_until=None) | Q(snoozed_until__lte=on))


def waiting_for(user: User, on: date) -> QuerySet[Touchpoint]:
    """What a user is expected to deliver by a day, late ones included; to be counted up to a limit.

    Of the whole firm in the order of an index, which is then read to the limit and no further; of a few books each is an index range.
    """
    expected = touchpoints_for(user)
    if working_books(user) is None:
        return expected.filter(status__in=OPEN).alias(waits_from=WAITS_FROM).filter(waits_from__lte=on).order_by("waits_from")
    return awake(expected, on).filter(due_on__lte=on).order_by()


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
            .select_related("touchpoint_type")
            .only("due_on", "channel", "touchpoint_type__name_en", "touchpoint_type__name_fr")[:3]
        ),
    )


def clients_handled(firm_id: int, client_ids: list[int]) -> set[int]:
    """Of these clients, those with a touchpoint that a person claimed, moved, finished or skipped: undoing an import keeps them."""
    touched = Q(is_hand_set=True) | Q(claimed_by__isnull=False) | Q(closed_by__isnull=False)
    return set(Touchpoint.objects.filter(touched, firm_id=firm_id, client_id__in=client_ids).values_list("client_id", flat=True))
