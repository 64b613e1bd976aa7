"""When people do not work: what capacity subtracts and the planner respects."""

from collections.abc import Callable
from copy import copy
from datetime import date, timedelta
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from firms.background import request_planning
from firms.calendar import local_time
from firms.models import Absence, Firm, User
from firms.permissions import Permission, Role
from firms.row_versions import check_removal, check_version

LONGEST_ABSENCE = timedelta(days=731)
# A day further ahead is a slip of the finger; so is one as long ago.
FURTHEST_AHEAD = FURTHEST_BACK = timedelta(days=5 * 366)


# Whoever covers a colleague, or no longer does, is told by the rooms that can tell: the absence, who covered it before and who does now.
CoverFollower = Callable[[Absence, User | None, User | None, User], None]
_followers: list[CoverFollower] = []


def when_cover_changes(follower: CoverFollower) -> None:
    """Called in the transaction that decides who covers an absence, with that and by whom, when a higher room's app is ready."""
    if follower not in _followers:
        _followers.append(follower)


def _follow(absence: Absence, before: User | None, now: User | None, *, by: User) -> None:
    for follow in _followers if before != now else ():
        follow(absence, before, now, by)


class AbsenceRefused(Exception):
    """The days make no sense; `str()` says why in the active language, `field` where."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def absences_of(user: User, *, since: date) -> QuerySet[Absence]:
    """A person's absences that end on a day or later, the next first."""
    return Absence.objects.filter(firm_id=user.firm_id, user=user, ends_on__gte=since).order_by("starts_on", "pk")


def absentees_of(user: User) -> QuerySet[User]:
    """Whose absences this person sees, notes and changes: their own; who manages users, everybody's."""
    people = User.objects.filter(firm_id=user.firm_id)
    return people if user.may(Permission.MANAGE_USERS) else people.filter(pk=user.pk)


def absences_visible_to(user: User) -> QuerySet[Absence]:
    """Of those this person sees the absences of, with their people."""
    absences = Absence.objects.filter(firm_id=user.firm_id).select_related("user", "covered_by")
    return absences if user.may(Permission.MANAGE_USERS) else absences.filter(user=user)


def covered_on(user: User, on: date) -> QuerySet[Absence]:
    """The absences that this person covers on a day."""
    return Absence.objects.filter(firm_id=user.firm_id, covered_by_id=user.pk, starts_on__lte=on, ends_on__gte=on)


def who_may_cover(user: User) -> QuerySet[User]:
    """Colleagues who do the same work: assistants for an assistant; advisers and administrators for those who lead clients."""
    roles = [Role.ASSISTANT] if user.role == Role.ASSISTANT else [Role.ADVISER, Role.ADMIN]
    return User.objects.filter(firm_id=user.firm_id, is_active=True, role__in=roles).exclude(pk=user.pk)


@transaction.atomic
def add_absence(*, user: User, starts_on: date, ends_on: date, by: User, note: str = "", covered_by: User | None = None) -> Absence:
    """Note that a person is away from one day to another, both included, and who covers. Who may note it for whom is the caller's to say.

    Raises AbsenceRefused: the end before the start, more than two years, or more than five years ahead or ago, days the person is away already, or
    nobody who may cover.
    """
    check_days(starts_on, ends_on, firm=by.firm)
    _put_in_line(user, by=by)
    _check_overlap(Absence.objects.filter(firm_id=by.firm_id, user=user), starts_on, ends_on)
    _check_cover(user, covered_by, starts_on, ends_on)
    absence = Absence.objects.create(user=user, starts_on=starts_on, ends_on=ends_on, note=note.strip(), covered_by=covered_by)
    _follow(absence, None, covered_by, by=by)
    request_planning(firm_id=by.firm_id)
    return absence


class AbsenceChange(TypedDict, total=False):
    """What is said anew of an absence; the rest stays."""

    starts_on: date
    ends_on: date
    note: str
    covered_by: User | None


@transaction.atomic
def change_absence(*, absence: Absence, by: User, version: str, **said: Unpack[AbsenceChange]) -> Absence:
    """Move an absence, as it was read at `version`, to other days, change its note or who covers. Who covers is told of other days, as of
    another decision.

    Raises AbsenceRefused as add_absence does, and when someone removed it meanwhile; RowChanged.
    """
    _put_in_line(absence.user, by=by)
    held = _hold(absence, by=by)
    if held is None:
        raise AbsenceRefused("starts_on", _("This absence was removed meanwhile."))
    changed = copy(held)
    for name, value in said.items():
        setattr(changed, name, value)
    changed.note = changed.note.strip()
    check_version(held, version=version, said={name: getattr(changed, name) for name in said}, firm=by.firm)
    is_moved = (changed.starts_on, changed.ends_on) != (held.starts_on, held.ends_on)
    is_handed_over = changed.covered_by != held.covered_by
    if is_moved:
        check_days(changed.starts_on, changed.ends_on, firm=by.firm)
        others = Absence.objects.filter(firm_id=by.firm_id, user=held.user).exclude(pk=held.pk)
        _check_overlap(others, changed.starts_on, changed.ends_on)
    if is_moved or is_handed_over:
        _check_cover(held.user, changed.covered_by, changed.starts_on, changed.ends_on)
    changed.save(update_fields=["starts_on", "ends_on", "note", "covered_by"])
    if is_moved or is_handed_over:
        _follow(changed, None, changed.covered_by, by=by)
    if is_handed_over:
        # Of the days that were.
        _follow(held, held.covered_by, None, by=by)
    if is_moved:
        request_planning(firm_id=by.firm_id)
    return changed


@transaction.atomic
def set_cover(*, absence: Absence, covered_by: User | None, by: User, version: str) -> None:
    """Say who covers an absence, as it was read at `version`, or nobody. Raises AbsenceRefused, also when it was removed meanwhile; RowChanged."""
    # Held, so that of two who decide at once each tells whom the other had chosen.
    held = _hold(absence, by=by)
    if held is None:
        raise AbsenceRefused("covered_by", _("This absence was removed meanwhile."))
    check_version(held, version=version, said={"covered_by": covered_by}, firm=by.firm)
    _check_cover(held.user, covered_by, held.starts_on, held.ends_on)
    Absence.objects.filter(firm_id=by.firm_id, pk=absence.pk).update(covered_by=covered_by)
    absence.covered_by = covered_by
    _follow(absence, held.covered_by, covered_by, by=by)


def check_days(starts_on: date, ends_on: date, *, firm: Firm) -> None:
    """Raises AbsenceRefused."""
    if ends_on < starts_on:
        raise AbsenceRefused("ends_on", _("An absence ends on the day it starts or later."))
    if ends_on - starts_on >= LONGEST_ABSENCE:
        raise AbsenceRefused("ends_on", _("An absence lasts two years at the most."))
    if starts_on > local_time(firm).date() + FURTHEST_AHEAD:
        raise AbsenceRefused("starts_on", _("This is more than five years ahead: check the year."))
    if starts_on < local_time(firm).date() - FURTHEST_BACK:
        raise AbsenceRefused("starts_on", _("This is too long ago: check the year."))


def _put_in_line(user: User, *, by: User) -> None:
    """The person's row puts two who write the same person's absences at once in line."""
    User.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=user.pk)


def _check_overlap(others: QuerySet[Absence], starts_on: date, ends_on: date) -> None:
    if others.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise AbsenceRefused("starts_on", _("These days overlap another absence of the same person."))


def _hold(absence: Absence, *, by: User) -> Absence | None:
    """The row as it is now, held until the transaction ends; None when someone removed it."""
    return Absence.objects.select_for_update(of=("self",)).select_related("user", "covered_by").filter(firm_id=by.firm_id, pk=absence.pk).first()


def _check_cover(user: User, covered_by: User | None, starts_on: date, ends_on: date) -> None:
    if covered_by is None:
        return
    if not who_may_cover(user).filter(pk=covered_by.pk).exists():
        raise AbsenceRefused("covered_by", _("%(name)s cannot cover this absence.") % {"name": covered_by})
    away = Absence.objects.filter(firm_id=user.firm_id, user=covered_by, starts_on__lte=ends_on, ends_on__gte=starts_on)
    if away.filter(starts_on__lte=starts_on, ends_on__gte=ends_on).exists():
        raise AbsenceRefused("covered_by", _("%(name)s is away on all these days too.") % {"name": covered_by})


@transaction.atomic
def remove_absence(*, absence: Absence, by: User, version: str) -> None:
    """Remove an absence, as it was read at `version`; one that is gone already stays gone. Raises RowChanged."""
    held = _hold(absence, by=by)
    if held is not None:
        check_removal(held, version=version, told_by=AbsenceChange.__annotations__, firm=by.firm)
        _follow(held, held.covered_by, None, by=by)
        held.delete()
        request_planning(firm_id=by.firm_id)
