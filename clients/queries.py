"""Reads of the client room. `visible_to` is the one place that says who sees which client."""

from django.db.models import Q, QuerySet

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


def advisers_of(user: User) -> QuerySet[User]:
    """Active people who may lead clients and whose books this user works in."""
    advisers = User.objects.filter(firm_id=user.firm_id, is_active=True, role__in=(Role.ADVISER, Role.ADMIN))
    book = book_adviser_ids(user)
    return advisers if book is None else advisers.filter(pk__in=book)


def saved_filters_of(user: User) -> QuerySet[SavedFilter]:
    """The filters a user may use: the own ones and those shared with the firm. Another's private filter does not exist."""
    return SavedFilter.objects.filter(Q(owner=user) | Q(is_shared=True), firm_id=user.firm_id).select_related("owner")
