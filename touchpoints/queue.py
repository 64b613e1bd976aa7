"""The day's work: what to do first, and each touchpoint handled by one person, once.

Every change is made on rows that the database gives to one person at a time, while they still are free: two people can never do
the same touchpoint, and whoever comes second is told by whom and when. Nothing is written by a refusal. What was done to one or
to many can be taken back for a while (undoing.py).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy, pgettext_lazy

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Channel, Client, Interaction
from clients.readers import ReaderKind, values_of
from firms.background import request_planning
from firms.counting import count_at_most
from firms.models import User
from firms.permissions import Role
from firms.statements import given, kept_statement
from touchpoints.letters import letter_for
from touchpoints.models import OPEN, QueueAct, Status, Touchpoint
from touchpoints.queries import COUNT_LIMIT, awake, touchpoints_for, work_of, work_of_covered
from touchpoints.refusals import AlreadyHandled, NoLetter, NotSnoozable, NotTheirWork, QueueRefusal, ReasonMissing
from touchpoints.undoing import note_act, state_of

# A claim that its owner forgot frees the touchpoint again.
CLAIM_HOLDS = timedelta(minutes=30)
# The queue looks this many days ahead of today.
DAYS_AHEAD = 7
SUBJECT_LENGTH = Interaction.subject.field.max_length or 0


LATE, TODAY, WEEK = "late", "today", "week"
SECTIONS = {
    LATE: pgettext_lazy("touchpoints past their due date", "Late"),
    TODAY: gettext_lazy("Today"),
    WEEK: gettext_lazy("Next 7 days"),
}


def daily_queue(
    *, user: User, on: date, view: str | None = None, everyone: bool = False, adviser_id: int | None = None, covered_id: int | None = None
) -> QuerySet[Touchpoint]:
    """Open touchpoints this user may do, the promise most at risk first; those snoozed past `on` are left out.

    Views: `late` was due before `on`, `today` is due on it, `week` within the seven days after; none is all three in
    that order. Within each, promise risk decides: the highest segment first, because that is the relation the firm
    promised most to; in a segment the window that closes soonest, because after it the promise is broken; then the
    earliest due date; then the oldest row, so that the order is total and stable between two pages.

    `everyone` shows what others are to deliver too; `adviser_id` narrows to a book, `covered_id` to an absent colleague's work. Rows carry
    `section` (0 late, 1 today, 2 week) and `rank`.
    """
    touchpoints = _queued(user=user, on=on, everyone=everyone, adviser_id=adviser_id, covered_id=covered_id)
    if view is not None:
        touchpoints = touchpoints.filter(_in_section(view, on))
    return touchpoints.annotate(
        section=Case(When(due_on__lt=on, then=Value(0)), When(due_on=on, then=Value(1)), default=Value(2), output_field=IntegerField()),
        rank=F("segment__rank"),
    ).order_by(*PlaceInQueue.KEYS)


def _queued(*, user: User, on: date, everyone: bool, adviser_id: int | None, covered_id: int | None) -> QuerySet[Touchpoint]:
    """The rows of `daily_queue`, in no order."""
    touchpoints = awake(touchpoints_for(user, everyone=everyone), on).filter(due_on__lte=on + timedelta(days=DAYS_AHEAD))
    if covered_id is not None:
        touchpoints = touchpoints.filter(work_of_covered(user, covered_id))
    return touchpoints if adviser_id is None else touchpoints.filter(adviser_id=adviser_id)


def _in_section(view: str, on: date) -> Q:
    return {LATE: Q(due_on__lt=on), TODAY: Q(due_on=on), WEEK: Q(due_on__gt=on)}[view]


def count_sections(*, user: User, on: date, everyone: bool = False, adviser_id: int | None = None, covered_id: int | None = None) -> dict[str, int]:
    """How many are late, due today and due this week, in one statement; no list is counted past COUNT_LIMIT."""
    reader = ReaderKind.of(user, covered_id=covered_id)
    values = values_of(user) | {"adviser": adviser_id, "covered": covered_id}
    lists = {view: _section(reader, on, view, everyone, adviser_id is not None).with_values(**values) for view in SECTIONS}
    return count_at_most(COUNT_LIMIT, **lists)


@kept_statement
def _section(reader: ReaderKind, on: date, view: str, everyone: bool, is_of_one_book: bool) -> QuerySet[Any, Any]:
    queued = _queued(user=reader.stand_in(), on=on, everyone=everyone, **given_narrowing(reader, is_of_one_book))
    return queued.filter(_in_section(view, on)).order_by().values("pk")


def given_narrowing(reader: ReaderKind, is_of_one_book: bool) -> dict[str, Any]:
    """What a kept statement narrows the queue to."""
    return {"adviser_id": given("adviser") if is_of_one_book else None, "covered_id": given("covered") if reader.covered_role else None}


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

    @classmethod
    def given(cls) -> "PlaceInQueue":
        """For a kept statement; `values` gives what it stands for."""
        return cls(*map(given, cls.KEYS))

    def values(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in self.KEYS}

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


@dataclass(frozen=True)
class Handled:
    """What came of an act on several touchpoints: those changed, those left with why, and the act that undoes it (None: nothing was done)."""

    touchpoints: list[Touchpoint]
    left: list[QueueRefusal]
    act: QueueAct | None = None


@transaction.atomic
def claim_touchpoint(*, touchpoint: Touchpoint, by: User) -> None:
    """Say "I am on it": others see it and cannot close it for 30 minutes. Claiming again renews.

    Raises AlreadyHandled.
    """
    change_if(touchpoint, by, free_for(by), status=Status.CLAIMED, claimed_by=by, claimed_at=timezone.now())


@transaction.atomic
def release_touchpoint(*, touchpoint: Touchpoint, by: User) -> None:
    """Give a claimed touchpoint back to the queue. An administrator may release anybody's.

    Raises AlreadyHandled.
    """
    whose = Q() if by.role == Role.ADMIN else Q(claimed_by=by)
    change_if(touchpoint, by, Q(status=Status.PLANNED) | Q(status=Status.CLAIMED) & whose, status=Status.PLANNED, claimed_by=None, claimed_at=None)


@transaction.atomic
def complete_touchpoint(*, touchpoint: Touchpoint, by: User, draft: InteractionDraft) -> Interaction:
    """Record that a touchpoint was delivered, once, with the interaction that proves it.

    Raises AlreadyHandled when someone else finished, skipped or is working on it; nothing is written then.
    """
    return complete_with_act(touchpoint=touchpoint, by=by, draft=draft)[0]


def complete_with_act(*, touchpoint: Touchpoint, by: User, draft: InteractionDraft) -> tuple[Interaction, QueueAct]:
    """The same inside another decision's transaction, with the act that undoes it, which that decision may add to (undoing.note_along)."""
    handled = _complete([touchpoint.pk], by=by, draft_for=lambda _found: draft)
    (done,) = _only(handled, touchpoint)
    return cast(Interaction, done.interaction), cast(QueueAct, handled.act)


@transaction.atomic
def complete_emails(*, ids: Collection[int], by: User) -> Handled:
    """Record that e-mails were sent, each as its touchpoint type words it for its client. What is no e-mail, or has no letter, is left."""
    today = timezone.localdate()

    def check(touchpoint: Touchpoint) -> QueueRefusal | None:
        return None if touchpoint.channel == Channel.EMAIL and letter_for(touchpoint, on=today, firm=by.firm) else NoLetter(touchpoint)

    def draft_for(touchpoint: Touchpoint) -> InteractionDraft:
        letter = letter_for(touchpoint, on=today, firm=by.firm)
        subject, message = (letter.subject, letter.message) if letter else ("", "")
        # Names can make a subject longer than a file keeps.
        kept = Truncator(subject or touchpoint.touchpoint_type.name).chars(SUBJECT_LENGTH)
        return InteractionDraft(channel=Channel.EMAIL, subject=kept, summary=message)

    return _complete(ids, by=by, draft_for=draft_for, check=check)


@transaction.atomic
def skip_touchpoint(*, touchpoint: Touchpoint, by: User, reason: str) -> None:
    """Decide not to deliver it. The reason is kept for the service audit.

    Raises ReasonMissing, AlreadyHandled.
    """
    _only(skip_touchpoints(ids=[touchpoint.pk], by=by, reason=reason), touchpoint)


@transaction.atomic
def skip_touchpoints(*, ids: Collection[int], by: User, reason: str) -> Handled:
    """Decide not to deliver several, for one reason. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    closed: dict[str, Any] = {"closed_by": by, "closed_at": timezone.now(), "claimed_by": None, "claimed_at": None}
    return _handle(ids, by, QueueAct.Kind.SKIPPED, status=Status.SKIPPED, reason=reason.strip(), **closed)


@transaction.atomic
def snooze_touchpoint(*, touchpoint: Touchpoint, by: User, until: date, on: date | None = None) -> None:
    """Out of the queue until a day, at most the last that still counts. The due date and the window do not move.

    `on` is today for the user. Raises NotSnoozable, AlreadyHandled.
    """
    _only(snooze_touchpoints(ids=[touchpoint.pk], by=by, until=until, on=on), touchpoint)


@transaction.atomic
def snooze_touchpoints(*, ids: Collection[int], by: User, until: date, on: date | None = None) -> Handled:
    """Several out of the queue until a day; those whose window ends before it are left."""
    today = on or timezone.localdate()

    def check(touchpoint: Touchpoint) -> QueueRefusal | None:
        return None if today < until <= touchpoint.window_ends_on else NotSnoozable(touchpoint, until, by.firm)

    hidden: dict[str, Any] = {"snoozed_until": until, "is_hand_set": True, "claimed_by": None, "claimed_at": None}
    return _handle(ids, by, QueueAct.Kind.SNOOZED, check, status=Status.PLANNED, **hidden)


@transaction.atomic
def reassign_touchpoint(*, touchpoint: Touchpoint, by: User, to: User | None) -> None:
    """Ask someone of the client's book to do it, or nobody in particular. Raises NotTheirWork, AlreadyHandled."""
    _only(reassign_touchpoints(ids=[touchpoint.pk], by=by, to=to), touchpoint)


@transaction.atomic
def reassign_touchpoints(*, ids: Collection[int], by: User, to: User | None) -> Handled:
    """Ask someone to do several; those of a book the person does not work for are left. The planner leaves alone what was reassigned."""
    does = work_of(to) if to is not None else None

    def check(touchpoint: Touchpoint) -> QueueRefusal | None:
        return None if to is None or does is None or does(touchpoint) else NotTheirWork(touchpoint, to)

    given: dict[str, Any] = {"assigned_to": to, "is_hand_set": True, "claimed_by": None, "claimed_at": None}
    return _handle(ids, by, QueueAct.Kind.REASSIGNED, check, status=Status.PLANNED, **given)


def free_for(by: User) -> Q:
    """Open, and nobody else's claim holds."""
    lapsed = Q(claimed_at__lte=timezone.now() - CLAIM_HOLDS)
    return Q(status=Status.PLANNED) | Q(status=Status.CLAIMED) & (Q(claimed_by=by) | lapsed)


def change_if(touchpoint: Touchpoint, by: User, free: Q, **values: Any) -> None:
    """One UPDATE of an open touchpoint while `free` holds of it; the caller's object follows. Raises AlreadyHandled."""
    mine = Touchpoint.objects.filter(firm_id=by.firm_id, pk=touchpoint.pk)
    if not mine.filter(free, status__in=OPEN).update(**values):
        raise AlreadyHandled(mine.select_related("claimed_by__firm", "closed_by__firm").get())
    for name, value in values.items():
        setattr(touchpoint, name, value)


Check = Callable[[Touchpoint], QueueRefusal | None]


def _handle(ids: Collection[int], by: User, kind: str, check: Check | None = None, **values: Any) -> Handled:
    taken, left = _take(ids, by, check)
    before = {touchpoint.pk: state_of(touchpoint) for touchpoint in taken}
    _write(taken, values)
    return Handled(taken, left, note_act(kind=kind, by=by, before=before, after=taken) if taken else None)


def _complete(ids: Collection[int], *, by: User, draft_for: Callable[[Touchpoint], InteractionDraft], check: Check | None = None) -> Handled:
    # The clients first, as whoever moves, merges or removes one holds it before its touchpoints: who comes second waits, and nobody for ever.
    whose = Touchpoint.objects.filter(firm_id=by.firm_id, pk__in=ids).values("client_id")
    clients = {found.pk: found for found in Client.objects.select_for_update(no_key=True).filter(firm_id=by.firm_id, pk__in=whose).order_by("pk")}
    taken, left = _take(ids, by, check)
    before = {touchpoint.pk: state_of(touchpoint) for touchpoint in taken}
    _write(taken, {"status": Status.DONE, "closed_by": by, "closed_at": timezone.now(), "claimed_by": None, "claimed_at": None})
    for touchpoint in taken:
        # The client as it is now that it is held.
        client = clients[touchpoint.client_id]
        touchpoint.interaction = log_interaction(client=client, by=by, draft=draft_for(touchpoint), is_accounted_for=True)
    Touchpoint.objects.bulk_update(taken, ["interaction"], batch_size=500)
    if taken:
        # What is due so long after the last touch, or after a meeting, follows these.
        request_planning(firm_id=by.firm_id, client_id=taken[0].client_id if len(clients) == 1 else None)
    return Handled(taken, left, note_act(kind=QueueAct.Kind.COMPLETED, by=by, before=before, after=taken) if taken else None)


def _take(ids: Collection[int], by: User, check: Check | None) -> tuple[list[Touchpoint], list[QueueRefusal]]:
    """Hold the touchpoints that are free for this user, in the order of their keys; of the others, why not.

    PostgreSQL looks at the condition again after it waited for whoever held a row, so of two people only the first has it.
    """
    mine = Touchpoint.objects.filter(firm_id=by.firm_id, pk__in=ids)
    related = ("client", "adviser", "touchpoint_type", "segment")
    free = mine.filter(free_for(by), status__in=OPEN).order_by("pk").select_related(*related).select_for_update(of=("self",))
    taken, left = [], []
    for touchpoint in free:
        refusal = check(touchpoint) if check else None
        taken.append(touchpoint) if refusal is None else left.append(refusal)
    if len(taken) + len(left) < len(ids):
        known = {touchpoint.pk for touchpoint in taken} | {refusal.touchpoint.pk for refusal in left}
        others = mine.exclude(pk__in=known).order_by("pk").select_related("claimed_by__firm", "closed_by__firm", "client", "touchpoint_type")
        left += [AlreadyHandled(other) for other in others]
    return taken, left


def _write(touchpoints: Collection[Touchpoint], values: Mapping[str, Any]) -> None:
    Touchpoint.objects.filter(pk__in=[touchpoint.pk for touchpoint in touchpoints]).update(**values)
    for touchpoint in touchpoints:
        for name, value in values.items():
            setattr(touchpoint, name, value)


def _only(handled: Handled, touchpoint: Touchpoint) -> list[Touchpoint]:
    """Of an act on one: the caller's object follows, or the refusal is raised."""
    if handled.left:
        raise handled.left[0]
    if not handled.touchpoints:
        raise Touchpoint.DoesNotExist
    for done in handled.touchpoints:
        for field in Touchpoint._meta.concrete_fields:
            setattr(touchpoint, field.attname, getattr(done, field.attname))
        touchpoint.interaction = done.interaction
    return handled.touchpoints
