"""Reads of the client room. `visible_to` is the one place that says who sees which client."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from clients.models import Client, SavedFilter
from firms.models import Support, User
from firms.permissions import Role


def book_adviser_ids(user: User) -> list[int] | None:
    """The advisers whose books a user sees; None for the whole firm."""
    if user.sees_whole_firm or user.role in {Role.ADMIN, Role.COMPLIANCE}:
        return None
    if user.role == Role.ADVISER:
        return [user.pk]
    return list(Support.objects.filter(assistant=user).values_list("adviser_id", flat=True))


def visible_to(user: User) -> QuerySet[Client]:
    """Clients of the user's firm that this user may see: the own book, the supported advisers', or all."""
    clients = Client.objects.filter(firm_id=user.firm_id)
    advisers = book_adviser_ids(user)
    return clients if advisers is None else clients.filter(adviser_id__in=advisers)


def sees(user: User, client: Client) -> bool:
    """Whether a client at hand is one that `visible_to` holds."""
    book = book_adviser_ids(user)
    return client.firm_id == user.firm_id and (book is None or client.adviser_id in book)


class Refused(Exception):
    """Something asked of a client's file that cannot be; nothing was written."""


class NotInYourBook(Refused):
    """The client, or the adviser it would go to, is outside the books this user works in."""


def check_book(client: Client, *, by: User) -> None:
    """Raises NotInYourBook."""
    if not visible_to(by).filter(pk=client.pk).exists():
        raise NotInYourBook(client)


LEADERS = (Role.ADVISER, Role.ADMIN)


def leads_clients(user: User) -> bool:
    """Whether someone's book has a person to look after it: active, and in a role that leads clients."""
    return user.is_active and user.role in LEADERS


def unled(clients: QuerySet[Client]) -> QuerySet[Client]:
    """Those whose adviser was disabled or does something else now: found from the few who left, not by looking at every client."""
    return clients.filter(adviser__in=User.objects.exclude(is_active=True, role__in=LEADERS))


def advisers_of(user: User) -> QuerySet[User]:
    """Active people who may lead clients and whose books this user works in."""
    return _in_books_of(user, User.objects.filter(firm_id=user.firm_id, is_active=True, role__in=LEADERS))


def advisers_listed(user: User) -> QuerySet[User]:
    """Those, and whoever no longer leads clients but still is the adviser of some."""
    left_behind = Exists(Client.objects.filter(firm_id=user.firm_id, adviser=OuterRef("pk"), archived_at=None))
    return _in_books_of(user, User.objects.filter(Q(is_active=True, role__in=LEADERS) | left_behind, firm_id=user.firm_id))


def _in_books_of(user: User, advisers: QuerySet[User]) -> QuerySet[User]:
    book = book_adviser_ids(user)
    return advisers if book is None else advisers.filter(pk__in=book)


def saved_filters_of(user: User) -> QuerySet[SavedFilter]:
    """The filters a user may use: the own ones and those shared with the firm. Another's private filter does not exist."""
    return SavedFilter.objects.filter(Q(owner=user) | Q(is_shared=True), firm_id=user.firm_id).select_related("owner")
