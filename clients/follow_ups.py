"""What was promised to a client in an exchange, until someone has done it.

Done and taken back are conditional writes: whoever comes second is told who was first.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from clients.models import Client, FollowUp, Interaction
from clients.queries import Refused, check_book, people_of_book, visible_to
from clients.readers import ReaderKind, values_of
from firms import formats
from firms.models import Support, User
from firms.permissions import Role
from firms.row_versions import check_removal, check_version
from firms.statements import given, kept_statement

# Shown beside the queue: due by so many days from now.
DAYS_AHEAD = 7
MOST_SHOWN = 8
# A date further away, or longer past, is a slip of the finger.
FURTHEST = timedelta(days=3 * 366)


@dataclass(frozen=True, kw_only=True)
class FollowUpDraft:
    """What is to be done, by which day, by whom; without an assignee, by whoever writes it down."""

    text: str
    due_on: date
    assignee: User | None = None


class FollowUpHandled(Refused):
    """Someone did it, took it away or took it back first: `str()` says so in the active language."""

    def __init__(self, follow_up: FollowUp | None) -> None:
        super().__init__(follow_up)
        self.follow_up = follow_up

    def __str__(self) -> str:
        found = self.follow_up
        if found is None:
            return _("This follow-up is gone.")
        if found.done_at is None or found.done_by is None:
            return _("This follow-up is open again.")
        when = formats.moment(found.done_at, locale=formats.babel_locale(found.done_by.firm.region))
        return _("%(name)s already did this (%(moment)s).") % {"name": found.done_by, "moment": when}


def follow_ups_visible_to(user: User) -> QuerySet[FollowUp]:
    """Follow-ups of the clients this user sees."""
    return FollowUp.objects.filter(firm_id=user.firm_id, client__in=visible_to(user).filter(archived_at=None))


def follow_ups_to_do(*, user: User, on: date) -> list[FollowUp]:
    """Open ones that are this user's to do, late or due within seven days, the earliest first: one more than MOST_SHOWN, which tells that there are
    more."""
    return _to_do(ReaderKind.of(user)).rows(**values_of(user), until=on + timedelta(days=DAYS_AHEAD))


@kept_statement
def _to_do(reader: ReaderKind) -> QuerySet[FollowUp]:
    mine = _of(reader.stand_in(), given("acts_for"), until=given("until"))
    return mine.select_related("client", "assignee").order_by("due_on", "pk")[: MOST_SHOWN + 1]


class Whose(models.TextChoices):
    MINE = "mine", pgettext_lazy("follow-ups", "Yours")
    EVERYONE = "everyone", gettext_lazy("Everyone’s")
    NOBODY = "nobody", gettext_lazy("Nobody’s")


def open_follow_ups(*, user: User, whose: str) -> QuerySet[FollowUp]:
    """Open ones of the clients this user sees, the earliest first: those that are this user's to do, everyone's, or those left behind."""
    seen = follow_ups_visible_to(user).filter(done_at=None)
    if whose == Whose.MINE:
        seen = _of(user, values_of(user)["acts_for"])
    elif whose == Whose.NOBODY:
        seen = seen.filter(left_behind())
    return seen.select_related("client", "assignee").order_by("due_on", "pk")


def _of(user: User, acts_for: Any, *, until: Any = None) -> QuerySet[FollowUp]:
    """What the people someone acts for (the user, and absent colleagues covered) were asked, and what was left behind in the books they lead.

    A union and not an OR: each side is found by an index of its own.
    """
    seen = follow_ups_visible_to(user).filter(done_at=None)
    if until is not None:
        seen = seen.filter(due_on__lte=until)
    asked, left = seen.filter(assignee_id__in=acts_for), seen.filter(left_behind(), client__adviser_id__in=acts_for)
    return FollowUp.objects.filter(firm_id=user.firm_id, pk__in=asked.order_by().values("pk").union(left.order_by().values("pk"), all=True))


def left_behind() -> Q:
    """Asked of someone who no longer sees the client: who is disabled, or whose books the client is not, or no longer, in."""
    supports = Support.objects.filter(firm_id=OuterRef("firm_id"), assistant_id=OuterRef("assignee_id"), adviser_id=OuterRef("client__adviser_id"))
    everywhere = Q(assignee__sees_whole_firm=True) | Q(assignee__role__in=(Role.ADMIN, Role.COMPLIANCE))
    return Q(assignee__is_active=False) | ~(everywhere | Q(assignee=F("client__adviser")) | Q(Exists(supports)))


def may_be_asked(client: Client, *, by: User) -> QuerySet[User]:
    """Who may be given a follow-up of this client: the people of its book, and whoever asks."""
    return people_of_book(client.adviser_id, firm_id=client.firm_id) | User.objects.filter(pk=by.pk, firm_id=by.firm_id, is_active=True)


@transaction.atomic
def add_follow_up(*, client: Client, by: User, draft: FollowUpDraft, interaction: Interaction | None = None) -> FollowUp:
    """Promise something to a client. Raises NotInYourBook, ValidationError."""
    check_book(client, by=by)
    return _add(client, by, draft, interaction)


def add_follow_ups(*, client: Client, by: User, drafts: Collection[FollowUpDraft], interaction: Interaction) -> list[FollowUp]:
    """Those agreed in an exchange, in the transaction that logs it. Raises ValidationError under `follow_ups`."""
    try:
        return [_add(client, by, draft, interaction) for draft in drafts]
    except ValidationError as error:
        raise ValidationError({"follow_ups": error.messages}) from None


def _add(client: Client, by: User, draft: FollowUpDraft, interaction: Interaction | None) -> FollowUp:
    assignee = draft.assignee or by
    follow_up = FollowUp(
        firm_id=client.firm_id, client=client, interaction=interaction, text=draft.text.strip(), due_on=draft.due_on, assignee=assignee, by=by
    )
    _validate(follow_up, client, by=by)
    follow_up.save()
    return follow_up


@transaction.atomic
def change_follow_up(*, follow_up: FollowUp, by: User, version: str, draft: FollowUpDraft) -> FollowUp:
    """Word it anew, move its day, or give it to someone else, as it was read at `version`.

    Raises FollowUpHandled once it is done, RowChanged, NotInYourBook, ValidationError.
    """
    check_book(follow_up.client, by=by)
    kept = _hold_open(follow_up)
    asked_before = kept.assignee_id
    said = {"text": draft.text.strip(), "due_on": draft.due_on, "assignee": draft.assignee or kept.assignee}
    check_version(kept, version=version, said=said, firm=by.firm)
    for name, value in said.items():
        setattr(kept, name, value)
    _validate(kept, kept.client, by=by, kept_assignee_id=asked_before)
    kept.save()
    return kept


@transaction.atomic
def finish_follow_up(*, follow_up: FollowUp, by: User) -> None:
    """Say that it is done. Raises FollowUpHandled, NotInYourBook."""
    check_book(follow_up.client, by=by)
    now = timezone.now()
    if not FollowUp.objects.filter(firm_id=by.firm_id, pk=follow_up.pk, done_at=None).update(done_at=now, done_by=by):
        raise FollowUpHandled(_as_it_is(follow_up))
    follow_up.done_at, follow_up.done_by = now, by


@transaction.atomic
def reopen_follow_up(*, follow_up: FollowUp, by: User) -> None:
    """Say that it is not done after all. Raises FollowUpHandled, NotInYourBook."""
    check_book(follow_up.client, by=by)
    if not FollowUp.objects.filter(firm_id=by.firm_id, pk=follow_up.pk).exclude(done_at=None).update(done_at=None, done_by=None):
        raise FollowUpHandled(_as_it_is(follow_up))
    follow_up.done_at = follow_up.done_by = None


@transaction.atomic
def remove_follow_up(*, follow_up: FollowUp, by: User, version: str) -> None:
    """Take an open one away, as it was read at `version`; the history keeps it. Raises FollowUpHandled, RowChanged, NotInYourBook."""
    check_book(follow_up.client, by=by)
    kept = _hold_open(follow_up)
    check_removal(kept, version=version, told_by=FollowUpDraft.__dataclass_fields__, firm=by.firm)
    kept.delete()


def _hold_open(follow_up: FollowUp) -> FollowUp:
    """It as it is now, held until the transaction ends. Raises FollowUpHandled once it is done or gone."""
    rows = FollowUp.objects.select_for_update().filter(firm_id=follow_up.firm_id, pk=follow_up.pk, done_at=None)
    kept = rows.select_related("client").first()
    if kept is None:
        raise FollowUpHandled(_as_it_is(follow_up))
    return kept


def hand_over_follow_ups(*, client_ids: Collection[int], to: User) -> int:
    """What the present adviser of these clients still had to do for them becomes another's: before the clients themselves move.

    What assistants were asked stays with them, until someone says otherwise. One statement.
    """
    theirs = FollowUp.objects.filter(firm_id=to.firm_id, client__in=client_ids, done_at=None, assignee=F("client__adviser"))
    return FollowUp.objects.filter(pk__in=theirs.exclude(assignee=to).values("pk")).update(assignee=to)


def fault_of_day(due_on: date) -> str:
    """Why nothing can be due on a day, in the active language; empty when it can."""
    if due_on > timezone.localdate() + FURTHEST:
        return _("This is too far away: check the year.")
    return _("This is too long ago: check the year.") if due_on < timezone.localdate() - FURTHEST else ""


def _validate(follow_up: FollowUp, client: Client, *, by: User, kept_assignee_id: int | None = None) -> None:
    faults: dict[str, str] = {}
    if words := fault_of_day(follow_up.due_on):
        faults["due_on"] = words
    # Who has it already may keep it, whatever became of the book.
    if follow_up.assignee_id != kept_assignee_id and not may_be_asked(client, by=by).filter(pk=follow_up.assignee_id).exists():
        faults["assignee"] = _("%(name)s does not work for this client.") % {"name": follow_up.assignee}
    if faults:
        raise ValidationError(faults)
    follow_up.full_clean(exclude=["firm", "client", "interaction", "assignee", "by", "done_by"])


def _as_it_is(follow_up: FollowUp) -> FollowUp | None:
    return FollowUp.objects.filter(firm_id=follow_up.firm_id, pk=follow_up.pk).select_related("done_by__firm").first()
