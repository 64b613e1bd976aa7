"""The day's work: what to do first, and each touchpoint handled by one person, once.

Every change is one conditional UPDATE, so two people can never do the same touchpoint: the database settles who was
first, and the other is told by whom and when. Nothing is written by a refusal.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client, Interaction
from firms import formats
from firms.background import request_planning
from firms.counting import count_at_most
from firms.models import Firm, User
from firms.permissions import Role
from touchpoints.models import OPEN, Status, Touchpoint
from touchpoints.queries import COUNT_LIMIT, awake, touchpoints_for

# A claim that its owner forgot frees the touchpoint again.
CLAIM_HOLDS = timedelta(minutes=30)
UNDO_WITHIN = timedelta(minutes=30)
# The queue looks this many days ahead of today.
DAYS_AHEAD = 7

LATE, TODAY, WEEK = "late", "today", "week"
SECTIONS = {
    LATE: pgettext_lazy("touchpoints past their due date", "Late"),
    TODAY: gettext_lazy("Today"),
    WEEK: gettext_lazy("Next 7 days"),
}


class QueueRefusal(Exception):
    """Why a touchpoint was left as it was: `str()` is a sentence for the reader, in the active language."""


class AlreadyHandled(QueueRefusal):
    """Someone else was first: `status` says what became of it, `by` and `at` who and when (nobody when the planner did)."""

    def __init__(self, touchpoint: Touchpoint) -> None:
        self.touchpoint = touchpoint
        self.status = Status(touchpoint.status)
        claimed = self.status == Status.CLAIMED
        self.by: User | None = touchpoint.claimed_by if claimed else touchpoint.closed_by
        self.at: datetime | None = touchpoint.claimed_at if claimed else touchpoint.closed_at
        super().__init__(touchpoint.pk)

    def __str__(self) -> str:
        if self.by is None or self.at is None:
            return gettext("This touchpoint is no longer in the queue.")
        sentence = {
            Status.CLAIMED: gettext("%(name)s has been working on this touchpoint since %(moment)s."),
            Status.DONE: gettext("%(name)s already completed this touchpoint on %(moment)s."),
            Status.SKIPPED: gettext("%(name)s already skipped this touchpoint on %(moment)s."),
        }.get(self.status, gettext("%(name)s already closed this touchpoint on %(moment)s."))
        moment = formats.moment(self.at, locale=formats.babel_locale(self.by.firm.region))
        return sentence % {"name": self.by.name, "moment": moment}


class NotSnoozable(QueueRefusal):
    """The day is not after today, or after the last day that still counts."""

    def __init__(self, touchpoint: Touchpoint, until: date, firm: Firm) -> None:
        self.touchpoint, self.until, self.firm = touchpoint, until, firm
        super().__init__(touchpoint.pk, until)

    def __str__(self) -> str:
        if self.touchpoint.window_ends_on < self.until:
            last = formats.day(self.touchpoint.window_ends_on, locale=formats.babel_locale(self.firm.region))
            return gettext("The promise ends on %(day)s: choose that day at the latest, or skip it with a reason.") % {"day": last}
        return gettext("Choose a day after today.")


class ReasonMissing(QueueRefusal):
    def __str__(self) -> str:
        return gettext("Say why this touchpoint is skipped.")


class NotReopenable(QueueRefusal):
    def __str__(self) -> str:
        return gettext("It is too late to undo this.")


def daily_queue(*, user: User, on: date, view: str | None = None, everyone: bool = False, adviser_id: int | None = None) -> QuerySet[Touchpoint]:
    """Open touchpoints this user may do, the promise most at risk first; those snoozed past `on` are left out.

    Views: `late` was due before `on`, `today` is due on it, `week` within the seven days after; none is all three in
    that order. Within each, promise risk decides: the highest segment first, because that is the relation the firm
    promised most to; in a segment the window that closes soonest, because after it the promise is broken; then the
    earliest due date; then the oldest row, so that the order is total and stable between two pages.

    `everyone` shows what others are to deliver too. Rows carry `section` (0 late, 1 today, 2 week) and `rank`.
    """
    touchpoints = _queued(user=user, on=on, everyone=everyone, adviser_id=adviser_id)
    if view is not None:
        touchpoints = touchpoints.filter(_in_section(view, on))
    return touchpoints.annotate(
        section=Case(When(due_on__lt=on, then=Value(0)), When(due_on=on, then=Value(1)), default=Value(2), output_field=IntegerField()),
        rank=F("segment__rank"),
    ).order_by(*PlaceInQueue.KEYS)


def _queued(*, user: User, on: date, everyone: bool, adviser_id: int | None) -> QuerySet[Touchpoint]:
    """The rows of `daily_queue`, in no order."""
    touchpoints = awake(touchpoints_for(user, everyone=everyone), on).filter(due_on__lte=on + timedelta(days=DAYS_AHEAD))
    return touchpoints if adviser_id is None else touchpoints.filter(adviser_id=adviser_id)


def _in_section(view: str, on: date) -> Q:
    return {LATE: Q(due_on__lt=on), TODAY: Q(due_on=on), WEEK: Q(due_on__gt=on)}[view]


def count_sections(*, user: User, on: date, everyone: bool = False, adviser_id: int | None = None) -> dict[str, int]:
    """How many are late, due today and due this week, in one statement; no list is counted past COUNT_LIMIT."""
    queued = _queued(user=user, on=on, everyone=everyone, adviser_id=adviser_id)
    lists = {view: queued.filter(_in_section(view, on)) for view in SECTIONS}
    return count_at_most(COUNT_LIMIT, firm_id=user.firm_id, **lists)


@dataclass(frozen=True, order=True)
class PlaceInQueue:
    """Where a touchpoint stands in the order of `daily_queue`: what a page of a long queue continues from."""

    KEYS = ("section", "rank", "window_ends_on", "due_on", "pk")

    section: int
    rank: int
    window_ends_on: date
    due_on: date
    pk: int

    @classmethod
    def of(cls, touchpoint: Touchpoint, *, on: date) -> "PlaceInQueue":
        section = 0 if touchpoint.due_on < on else 1 if touchpoint.due_on == on else 2
        return cls(section, touchpoint.segment.rank, touchpoint.window_ends_on, touchpoint.due_on, touchpoint.pk)

    @classmethod
    def parse(cls, text: str) -> "PlaceInQueue | None":
        try:
            section, rank, window_ends_on, due_on, pk = text.split("_")
            place = cls(int(section), int(rank), date.fromisoformat(window_ends_on), date.fromisoformat(due_on), int(pk))
        except ValueError:
            return None
        return place if 0 <= place.section < len(SECTIONS) else None

    @property
    def view(self) -> str:
        return list(SECTIONS)[self.section]

    def __str__(self) -> str:
        return "_".join(str(getattr(self, key)) for key in self.KEYS)

    def beyond(self) -> Q:
        """What comes after this place."""
        condition, same = Q(), Q()
        for key in self.KEYS:
            condition |= same & Q((f"{key}__gt", getattr(self, key)))
            same &= Q((key, getattr(self, key)))
        return condition


def is_claimed_by_other(touchpoint: Touchpoint, *, user: User, now: datetime | None = None) -> bool:
    """Someone else is on it, and has not let the claim lapse."""
    claimed_at = touchpoint.claimed_at
    return (
        touchpoint.status == Status.CLAIMED
        and touchpoint.claimed_by_id != user.pk
        and claimed_at is not None
        and claimed_at > (now or timezone.now()) - CLAIM_HOLDS
    )


@transaction.atomic
def claim_touchpoint(*, touchpoint: Touchpoint, by: User) -> None:
    """Say "I am on it": others see it and cannot close it for 30 minutes. Claiming again renews.

    Raises AlreadyHandled.
    """
    _change(touchpoint, by, status=Status.CLAIMED, claimed_by=by, claimed_at=timezone.now())


@transaction.atomic
def release_touchpoint(*, touchpoint: Touchpoint, by: User) -> None:
    """Give a claimed touchpoint back to the queue. An administrator may release anybody's.

    Raises AlreadyHandled.
    """
    whose = Q() if by.role == Role.ADMIN else Q(claimed_by=by)
    _change(touchpoint, by, Q(status=Status.PLANNED) | Q(status=Status.CLAIMED) & whose, status=Status.PLANNED, claimed_by=None, claimed_at=None)


@transaction.atomic
def complete_touchpoint(*, touchpoint: Touchpoint, by: User, draft: InteractionDraft) -> Interaction:
    """Record that a touchpoint was delivered, once, with the interaction that proves it.

    Raises AlreadyHandled when someone else finished, skipped or is working on it; nothing is written then.
    """
    # The client first, as whoever moves, merges or removes one holds it before its touchpoints: who comes second waits, and nobody for ever.
    client = Client.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=touchpoint.client_id)
    _change(touchpoint, by, status=Status.DONE, closed_by=by, closed_at=timezone.now(), claimed_by=None, claimed_at=None)
    interaction = log_interaction(client=client, by=by, draft=draft, is_accounted_for=True)
    Touchpoint.objects.filter(pk=touchpoint.pk).update(interaction=interaction)
    # What is due so long after the last touch, or after a meeting, follows this one.
    request_planning(firm_id=by.firm_id, client_id=client.pk)
    touchpoint.interaction = interaction
    return interaction


@transaction.atomic
def skip_touchpoint(*, touchpoint: Touchpoint, by: User, reason: str) -> None:
    """Decide not to deliver it. The reason is kept for the service audit.

    Raises ReasonMissing, AlreadyHandled.
    """
    if not reason.strip():
        raise ReasonMissing
    _change(touchpoint, by, status=Status.SKIPPED, reason=reason.strip(), closed_by=by, closed_at=timezone.now(), claimed_by=None, claimed_at=None)


@transaction.atomic
def snooze_touchpoint(*, touchpoint: Touchpoint, by: User, until: date, on: date | None = None) -> None:
    """Out of the queue until a day, at most the last that still counts. The due date and the window do not move.

    `on` is today for the user. Raises NotSnoozable, AlreadyHandled.
    """
    if not (on or timezone.localdate()) < until <= touchpoint.window_ends_on:
        raise NotSnoozable(touchpoint, until, by.firm)
    _change(touchpoint, by, status=Status.PLANNED, snoozed_until=until, is_hand_set=True, claimed_by=None, claimed_at=None)


@transaction.atomic
def reopen_touchpoint(*, touchpoint: Touchpoint, by: User) -> None:
    """Undo one's own completion or skip of the last 30 minutes, with the interaction it logged; or anyone's snooze, at any time.

    An interaction that was logged for itself and fulfilled it stays. The planner looks after it again, as before anyone touched it.

    Raises NotReopenable.
    """
    mine = Q(status__in=(Status.DONE, Status.SKIPPED), closed_by=by, closed_at__gt=timezone.now() - UNDO_WITHIN)
    snoozed = Q(status=Status.PLANNED, snoozed_until__isnull=False)
    closed = Touchpoint.objects.select_for_update().filter(firm_id=by.firm_id, pk=touchpoint.pk).filter(mine | snoozed).first()
    if closed is None:
        raise NotReopenable
    Touchpoint.objects.filter(pk=closed.pk).update(
        status=Status.PLANNED, reason="", closed_by=None, closed_at=None, interaction=None, is_fulfilled=False, snoozed_until=None, is_hand_set=False
    )
    request_planning(firm_id=by.firm_id, client_id=closed.client_id)
    if closed.interaction_id is not None and not closed.is_fulfilled:
        Interaction.objects.filter(pk=closed.interaction_id).delete()
    touchpoint.refresh_from_db()


def _change(touchpoint: Touchpoint, by: User, free: Q | None = None, **values: Any) -> None:
    """Write if the touchpoint is open and nobody else's claim holds; the caller's object follows."""
    if free is None:
        lapsed = Q(claimed_at__lte=timezone.now() - CLAIM_HOLDS)
        free = Q(status=Status.PLANNED) | Q(status=Status.CLAIMED) & (Q(claimed_by=by) | lapsed)
    mine = Touchpoint.objects.filter(firm_id=by.firm_id, pk=touchpoint.pk)
    if not mine.filter(free, status__in=OPEN).update(**values):
        raise AlreadyHandled(mine.select_related("claimed_by__firm", "closed_by__firm").get())
    for name, value in values.items():
        setattr(touchpoint, name, value)
