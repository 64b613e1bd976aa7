"""What became of a promise: the one definition that the service audit, the dashboard and the yearly review count by (docs/service-audit.md)."""

from dataclasses import astuple, dataclass
from datetime import date
from typing import TypedDict
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import TruncDate
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import WithAnnotations

from clients.models import Channel, Interaction
from firms.models import Firm
from touchpoints.models import OPEN, Status, Touchpoint

# Where people meet or talk; the other channels send something.
MEETING_CHANNELS = (Channel.IN_PERSON, Channel.PHONE, Channel.VIDEO, Channel.EVENT)
# Of promises kept: what deserves green, and what amber.
GOOD_SHARE, FAIR_SHARE = 0.95, 0.8


class Fate(models.TextChoices):
    ON_TIME = "on_time", _("Delivered on time")
    LATE = "late", _("Delivered late")
    SKIPPED = "skipped", _("Skipped")
    MISSED = "missed", _("Missed")
    OPEN = "open", _("Still open")
    WITHDRAWN = "withdrawn", _("No longer promised")


# What was promised and what became of it; what was withdrawn was not promised any more.
PROMISED = (Fate.ON_TIME, Fate.LATE, Fate.SKIPPED, Fate.MISSED, Fate.OPEN)


@dataclass(frozen=True)
class Counts:
    """Touchpoints by their fate."""

    on_time: int = 0
    late: int = 0
    skipped: int = 0
    missed: int = 0
    open: int = 0
    withdrawn: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    @property
    def promised(self) -> int:
        return self.on_time + self.late + self.skipped + self.missed + self.open

    @property
    def delivered(self) -> int:
        return self.on_time + self.late

    @property
    def decided(self) -> int:
        """Those that were kept or broken. A skip is a decision with a reason, counted apart."""
        return self.on_time + self.late + self.missed

    @property
    def share(self) -> float | None:
        """The promise-kept ratio, between 0 and 1; None while nothing was kept or broken."""
        return self.on_time / self.decided if self.decided else None

    @property
    def tone(self) -> str:
        return tone_of(self.share)


def tone_of(share: float | None) -> str:
    return "value" if share is None else "good" if share >= GOOD_SHARE else "warn" if share >= FAIR_SHARE else "bad"


def fate_of(*, firm: Firm, today: date) -> Case:
    """The fate of each touchpoint on a day, as an expression: days are those of the firm's time zone.

    What is open after its window is missed, whether or not a night has marked it. What was done is on time when the window still held on the day
    it was closed, or on the day its interaction happened: interactions are looked up only for what was closed later.
    """
    zone = ZoneInfo(firm.time_zone)
    happened = Interaction.objects.filter(firm_id=OuterRef("firm_id"), pk=OuterRef("interaction_id"))
    happened_on = Subquery(happened.values(day=TruncDate("happened_at", tzinfo=zone)), output_field=models.DateField())
    done = Q(status=Status.DONE)
    return Case(
        When(done & Q(LessThanOrEqual(TruncDate("closed_at", tzinfo=zone), F("window_ends_on"))), then=Value(Fate.ON_TIME.value)),
        When(done & Q(LessThanOrEqual(happened_on, F("window_ends_on"))), then=Value(Fate.ON_TIME.value)),
        When(done, then=Value(Fate.LATE.value)),
        When(status=Status.SKIPPED, then=Value(Fate.SKIPPED.value)),
        When(Q(status=Status.MISSED) | Q(status__in=OPEN, window_ends_on__lt=today), then=Value(Fate.MISSED.value)),
        When(status__in=OPEN, then=Value(Fate.OPEN.value)),
        default=Value(Fate.WITHDRAWN.value),
        output_field=CharField(),
    )


class Fated(TypedDict):
    fate: str


def with_fate(touchpoints: QuerySet[Touchpoint], *, firm: Firm, today: date) -> "QuerySet[WithAnnotations[Touchpoint, Fated]]":
    """Touchpoints that carry their `fate`."""
    return touchpoints.annotate(fate=fate_of(firm=firm, today=today))
