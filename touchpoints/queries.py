"""Reads of the touchpoint room."""

from datetime import date

from django.db.models import Q, QuerySet

from clients.queries import book_adviser_ids
from firms.models import Support, User
from firms.permissions import Role
from service_matrix.models import Performer
from touchpoints.models import OPEN, Touchpoint

# Who is expected to deliver what; administrators and compliance look at everything.
PERFORMERS = {
    Role.ADVISER: (Performer.ADVISER, Performer.EITHER),
    Role.ASSISTANT: (Performer.ASSISTANT, Performer.EITHER),
}


def touchpoints_visible_to(user: User) -> QuerySet[Touchpoint]:
    """Touchpoints of the clients this user may see."""
    touchpoints = Touchpoint.objects.filter(firm_id=user.firm_id)
    advisers = book_adviser_ids(user)
    return touchpoints if advisers is None else touchpoints.filter(adviser_id__in=advisers)


def touchpoints_for(user: User, *, everyone: bool = False) -> QuerySet[Touchpoint]:
    """Touchpoints this user is expected to deliver: an adviser's own book, an assistant's supported books, as their role.

    `everyone` widens to whatever the user may see, whoever is to deliver it.
    """
    role = Role(user.role)
    if everyone or role not in PERFORMERS:
        return touchpoints_visible_to(user)
    touchpoints = touchpoints_visible_to(user)
    if user.sees_whole_firm:
        # Being allowed to see the firm does not make the firm one's work.
        advisers = [user.pk] if role == Role.ADVISER else list(Support.objects.filter(assistant=user).values_list("adviser_id", flat=True))
        if advisers:
            touchpoints = touchpoints.filter(adviser_id__in=advisers)
    return touchpoints.filter(performer__in=PERFORMERS[role])


def awake(touchpoints: QuerySet[Touchpoint], on: date) -> QuerySet[Touchpoint]:
    """Open and not snoozed past a day."""
    return touchpoints.filter(status__in=OPEN).filter(Q(snoozed_until=None) | Q(snoozed_until__lte=on))
