"""When people do not work: what capacity subtracts and the planner respects."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from firms.background import request_planning
from firms.models import Absence, User

LONGEST_ABSENCE = timedelta(days=731)


class AbsenceRefused(Exception):
    """The days make no sense; `str()` says why in the active language, `field` where."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def absences_of(user: User, *, since: date) -> QuerySet[Absence]:
    """A person's absences that end on a day or later, the next first."""
    return Absence.objects.filter(firm_id=user.firm_id, user=user, ends_on__gte=since).order_by("starts_on", "pk")


@transaction.atomic
def add_absence(*, user: User, starts_on: date, ends_on: date, by: User, note: str = "") -> Absence:
    """Note that a person is away from one day to another, both included. Who may note it for whom is the caller's to say.

    Raises AbsenceRefused: the end before the start, more than two years, or days the person is away already.
    """
    if ends_on < starts_on:
        raise AbsenceRefused("ends_on", _("An absence ends on the day it starts or later."))
    if ends_on - starts_on >= LONGEST_ABSENCE:
        raise AbsenceRefused("ends_on", _("An absence lasts two years at the most."))
    # The person's row puts two that are added at once in line.
    User.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=user.pk)
    if Absence.objects.filter(firm_id=by.firm_id, user=user, starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise AbsenceRefused("starts_on", _("These days overlap another absence of the same person."))
    absence = Absence.objects.create(user=user, starts_on=starts_on, ends_on=ends_on, note=note.strip())
    request_planning(firm_id=by.firm_id)
    return absence


@transaction.atomic
def remove_absence(*, absence: Absence, by: User) -> None:
    """Remove an absence; one that is gone already stays gone."""
    if Absence.objects.filter(firm_id=by.firm_id, pk=absence.pk).delete()[0]:
        request_planning(firm_id=by.firm_id)
