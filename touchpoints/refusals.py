"""Why touchpoints are left as they are: `str()` of each is a sentence for the reader, in the active language."""

from datetime import date, datetime

from django.utils.translation import gettext

from firms import formats
from firms.models import Firm, User
from touchpoints.models import Status, Touchpoint


class QueueRefusal(Exception):
    """Nothing was written. `touchpoint`: which one, where it is about one."""

    touchpoint: Touchpoint


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
            Status.CLAIMED: gettext("%(name)s has been working on this touchpoint (since %(moment)s)."),
            Status.DONE: gettext("%(name)s already completed this touchpoint (%(moment)s)."),
            Status.SKIPPED: gettext("%(name)s already skipped this touchpoint (%(moment)s)."),
        }.get(self.status, gettext("%(name)s already closed this touchpoint (%(moment)s)."))
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


class NotTheirWork(QueueRefusal):
    """The person does not work for this book, or the touchpoint is not delegated to the role."""

    def __init__(self, touchpoint: Touchpoint, to: User) -> None:
        self.touchpoint, self.to = touchpoint, to
        super().__init__(touchpoint.pk, to.pk)

    def __str__(self) -> str:
        return gettext("%(name)s does not do this touchpoint: it is for the people of the client’s book.") % {"name": self.to.name}


class AskedOfAnother(QueueRefusal):
    """A colleague was asked to do it by name: which day it falls on is for that person and the client's adviser to say."""

    def __init__(self, touchpoint: Touchpoint) -> None:
        self.touchpoint = touchpoint
        super().__init__(touchpoint.pk)

    def __str__(self) -> str:
        asked = self.touchpoint.assigned_to
        return gettext("%(name)s was asked to do this touchpoint: they choose its day, or the client’s adviser does.") % {"name": asked}


class MovedMeanwhile(QueueRefusal):
    """Someone put it on another day since it was looked at."""

    def __init__(self, touchpoint: Touchpoint, firm: Firm) -> None:
        self.touchpoint, self.firm = touchpoint, firm
        super().__init__(touchpoint.pk)

    def __str__(self) -> str:
        day = formats.day(self.touchpoint.due_on, locale=formats.babel_locale(self.firm.region))
        return gettext("Someone moved this touchpoint to %(day)s meanwhile: look again before you move it.") % {"day": day}


class CountsAlready(QueueRefusal):
    """The interaction counts for a touchpoint (`touchpoint`)."""

    def __init__(self, touchpoint: Touchpoint) -> None:
        self.touchpoint = touchpoint
        super().__init__(touchpoint.pk)

    def __str__(self) -> str:
        return gettext("Someone said so already: it counts for “%(touchpoint)s”.") % {"touchpoint": self.touchpoint.touchpoint_type.name}


class NotOwedThen(QueueRefusal):
    """An interaction cannot have been this one: its window does not hold the day, or someone handled it or is on it."""

    def __init__(self, touchpoint: Touchpoint) -> None:
        self.touchpoint = touchpoint
        super().__init__(touchpoint.pk)

    def __str__(self) -> str:
        return gettext("This touchpoint can no longer be chosen: someone handled it since, or is working on it.")


class NoLetter(QueueRefusal):
    """Nothing says what was written: each of these is completed by itself."""

    def __init__(self, touchpoint: Touchpoint) -> None:
        self.touchpoint = touchpoint
        super().__init__(touchpoint.pk)

    def __str__(self) -> str:
        return gettext("Only e-mails are completed together: open this one to write what was said.")


class NotUndoable(QueueRefusal):
    def __str__(self) -> str:
        return gettext("It is too late to undo this.")


class ChangedSince(QueueRefusal):
    """Someone acted on all of these touchpoints after what is to be undone."""

    def __str__(self) -> str:
        return gettext("Someone acted on this since: nothing was undone.")
