"""Touchpoint types, and what each segment is promised of them."""

from decimal import Decimal

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from clients.models import Channel
from firms.formats import in_language
from firms.models import User
from firms.wall import FirmModel
from segmentation.models import Scheme, Segment
from service_matrix.anchors import Anchor, Event, Unit, anchor_words, frequency_words


class Performer(models.TextChoices):
    """Who delivers a touchpoint."""

    ADVISER = "adviser", _("Adviser")
    ASSISTANT = "assistant", _("Assistant")
    EITHER = "either", _("Either")


def _direct_cost() -> "models.DecimalField[Decimal | int | str, Decimal]":
    return models.DecimalField(
        _("direct cost"), max_digits=8, decimal_places=2, default=0, db_default=0, validators=[MinValueValidator(0), MaxValueValidator(100_000)]
    )


def _revenue(label: StrPromise) -> "models.DecimalField[Decimal | int | str | None, Decimal | None]":
    return models.DecimalField(label, max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])


class ChannelRole(models.TextChoices):
    """What a channel is for."""

    FORMAL = "formal", _("Formal")
    URGENT = "urgent", _("Urgent")
    RELATIONAL = "relational", _("Relational")
    REMOTE = "remote", _("Remote meetings")
    REMINDERS = "reminders", _("Reminders")
    OFFICIAL = "official", _("Official documents")


@pghistory.track()
class FirmChannel(FirmModel):
    """A channel of the firm's own, beside the built-in ones: a messenger, a review platform."""

    name_en = models.CharField(_("name (English)"), max_length=40)
    name_fr = models.CharField(_("name (French)"), max_length=40)
    # What it is planned, logged and counted as.
    counts_as = models.CharField(_("counts as"), max_length=9, choices=Channel.choices)
    # Values of ChannelRole.
    roles = models.JSONField(_("used for"), default=list, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name_en

    @property
    def name(self) -> str:
        """In the active language."""
        return in_language(en=self.name_en, fr=self.name_fr)

    @property
    def role_labels(self) -> list[str]:
        return [str(ChannelRole(role).label) for role in self.roles]


@pghistory.track()
class TouchpointType(FirmModel):
    """ "Annual review", "check-in call", "birthday card"…, with the procedure that anyone can follow."""

    # The shipped type it came from (service_matrix/catalogue.py), empty when added by the firm.
    key = models.CharField(max_length=40, blank=True)
    name_en = models.CharField(_("name (English)"), max_length=80)
    name_fr = models.CharField(_("name (French)"), max_length=80)
    channel = models.CharField(_("channel"), max_length=9, choices=Channel.choices)
    performer = models.CharField(_("done by"), max_length=9, choices=Performer.choices)
    minutes = models.PositiveSmallIntegerField(_("minutes"), validators=[MaxValueValidator(1440)])
    # What one occurrence costs besides time: a card, a lunch, a seat.
    direct_cost = _direct_cost()
    # [{"en": …, "fr": …, "performer": …}]
    steps = models.JSONField(_("steps"), default=list, blank=True)
    # [{"en": …, "fr": …}]
    agenda = models.JSONField(_("agenda"), default=list, blank=True)
    # What is written to the client; the fields of catalogue.MERGE_FIELDS stand in braces.
    subject_en = models.CharField(_("subject (English)"), max_length=150, blank=True, default="")
    subject_fr = models.CharField(_("subject (French)"), max_length=150, blank=True, default="")
    message_en = models.TextField(_("message (English)"), max_length=4000, blank=True, default="")
    message_fr = models.TextField(_("message (French)"), max_length=4000, blank=True, default="")
    is_delegable = models.BooleanField(_("may be delegated"), default=True, db_default=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("firm", "key"), condition=~Q(key=""), name="service_matrix_type_key"),)

    def __str__(self) -> str:
        return self.name_en

    @property
    def name(self) -> str:
        """In the active language."""
        return in_language(en=self.name_en, fr=self.name_fr)

    @property
    def procedure(self) -> list[dict[str, str]]:
        """The steps in the active language: `text`, and who does it, in words."""
        return [{"text": in_language(en=step["en"], fr=step["fr"]), "performer": str(Performer(step["performer"]).label)} for step in self.steps]


@pghistory.track()
class MatrixVersion(FirmModel):
    """The promises of the service scheme at one time. A published version never changes again."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        # Decided, and in force from its effective date on.
        SCHEDULED = "scheduled", _("Scheduled")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, related_name="matrices")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    # Raised at every edit: two people editing the same draft never overwrite each other silently.
    revision = models.PositiveIntegerField(default=1)
    effective_on = models.DateField(null=True, editable=False)
    # Minutes a client and year for answering calls and e-mails: the same courtesy for every segment, counted in capacity, never planned.
    reactive_minutes = models.PositiveSmallIntegerField(_("minutes of answering"), default=0, db_default=0, validators=[MaxValueValidator(6000)])
    # Whose segments are the relational profiles that change promises (ProfileRule), and by how many times a year they may at the most.
    overlay = models.ForeignKey(Scheme, models.SET_NULL, db_constraint=False, db_index=False, null=True, blank=True, related_name="+")
    fewest_change = models.SmallIntegerField(_("at most fewer"), default=0, db_default=0)
    most_change = models.SmallIntegerField(_("at most more"), default=0, db_default=0)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("scheme", "-number")
        constraints = (
            models.UniqueConstraint(fields=("firm", "scheme", "number"), name="service_matrix_version_number"),
            models.UniqueConstraint(fields=("firm", "scheme"), condition=Q(status="published"), name="service_matrix_one_published"),
            models.UniqueConstraint(fields=("firm", "scheme"), condition=Q(status="draft"), name="service_matrix_one_draft"),
            models.UniqueConstraint(fields=("firm", "scheme"), condition=Q(status="scheduled"), name="service_matrix_one_scheduled"),
            models.CheckConstraint(condition=Q(fewest_change__range=(-12, 0), most_change__range=(0, 12)), name="service_matrix_change_limits"),
        )

    def __str__(self) -> str:
        return f"{self.scheme} {self.number}"


@pghistory.track()
class Promise(FirmModel):
    """What one segment is promised of one touchpoint type."""

    version = models.ForeignKey(MatrixVersion, models.CASCADE, db_constraint=False, related_name="promises")
    segment = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, related_name="+")
    touchpoint_type = models.ForeignKey(TouchpointType, models.PROTECT, db_constraint=False, related_name="+")
    # Times a year. A range (3–4) plans its lower figure; the upper is what may be delivered before it counts as too much.
    times = models.PositiveSmallIntegerField(_("times a year"), validators=[MinValueValidator(1), MaxValueValidator(52)])
    times_at_most = models.PositiveSmallIntegerField(_("at most"), null=True, blank=True, validators=[MaxValueValidator(52)])
    # Every so many weeks or months instead: `times` is then how many whole intervals a year holds.
    every = models.PositiveSmallIntegerField(_("every"), null=True, blank=True)
    every_unit = models.CharField(_("unit"), max_length=6, choices=Unit.choices, blank=True, default="")
    channel = models.CharField(_("channel"), max_length=9, choices=Channel.choices)
    own_channel = models.ForeignKey(FirmChannel, models.PROTECT, db_constraint=False, db_index=False, null=True, blank=True, related_name="+")
    performer = models.CharField(_("done by"), max_length=9, choices=Performer.choices)
    minutes = models.PositiveSmallIntegerField(_("minutes"), validators=[MaxValueValidator(1440)])
    direct_cost = _direct_cost()
    # Days after the due date during which it still counts.
    window_days = models.PositiveSmallIntegerField(_("window (days)"), validators=[MaxValueValidator(183)])
    # Days before the due date at which the appointment is booked.
    lead_days = models.PositiveSmallIntegerField(_("booked ahead (days)"), default=0, db_default=0, validators=[MaxValueValidator(183)])
    # How it falls in the year (anchors.py, docs/planning.md).
    anchor = models.CharField(_("when in the year"), max_length=11, choices=Anchor.choices, default=Anchor.SPREAD, db_default=Anchor.SPREAD.value)
    anchor_month = models.PositiveSmallIntegerField(_("month"), null=True, blank=True)
    anchor_day = models.PositiveSmallIntegerField(_("day"), null=True, blank=True)
    anchor_event = models.CharField(_("event"), max_length=15, choices=Event.choices, blank=True, default="")
    anchor_days = models.PositiveSmallIntegerField(_("days after it"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True, default="")

    class Meta:
        ordering = ("version", "touchpoint_type", "segment")
        constraints = (
            models.UniqueConstraint(fields=("firm", "version", "segment", "touchpoint_type"), name="service_matrix_promise_once"),
            models.CheckConstraint(condition=Q(times__gte=1, times__lte=52), name="service_matrix_promise_times"),
            models.CheckConstraint(condition=Q(times_at_most=None) | Q(times_at_most__gte=F("times")), name="service_matrix_promise_range"),
            models.CheckConstraint(condition=Q(minutes__lte=1440), name="service_matrix_promise_minutes"),
        )

    def __str__(self) -> str:
        return f"{self.times} × {self.touchpoint_type}"

    @property
    def frequency(self) -> str:
        """“3–4 ×”, “every 6 weeks”."""
        return frequency_words(times=self.times, times_at_most=self.times_at_most, every=self.every, every_unit=self.every_unit)

    @property
    def falls(self) -> str:
        """“in March”; nothing for what is spread evenly."""
        return anchor_words(anchor=self.anchor, month=self.anchor_month, day=self.anchor_day, event=self.anchor_event, days=self.anchor_days)

    @property
    def channel_name(self) -> str:
        # Not get_channel_display, which translates every channel to find one: a grid asks some hundred times.
        return self.own_channel.name if self.own_channel is not None else str(Channel(self.channel).label)

    @property
    def performer_name(self) -> str:
        return str(Performer(self.performer).label)

    @property
    def words(self) -> str:
        """“4 × Phone · 30 min”; an interval is set off: “every 6 weeks · Phone · 30 min”."""
        return f"{self.frequency} {'· ' if self.every else ''}{self.channel_name} · {self.minutes} min"

    @property
    def aside(self) -> str:
        """Who does it, and when in the year where it is not spread: “Adviser · in March”."""
        return f"{self.performer_name} · {falls}" if (falls := self.falls) else self.performer_name


def middle_of(least: Decimal | None, most: Decimal | None) -> Decimal | None:
    """The figure that a range stands for: its middle, or the lower end of an open one."""
    return least if least is None or most is None else (least + most) / 2


@pghistory.track()
class SegmentStrategy(FirmModel):
    """What a firm expects of a segment and serves it with: the strategy table's words and figures."""

    segment = models.OneToOneField(Segment, models.CASCADE, db_constraint=False, related_name="strategy")
    # Yearly revenue expected of one client; without an upper end the range is open.
    revenue_from = _revenue(_("revenue a client, from"))
    revenue_to = _revenue(_("to"))
    activities_en = models.CharField(_("activities (English)"), max_length=300, blank=True)
    activities_fr = models.CharField(_("activities (French)"), max_length=300, blank=True)
    technology_en = models.CharField(_("technology (English)"), max_length=200, blank=True)
    technology_fr = models.CharField(_("technology (French)"), max_length=200, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(revenue_to=None) | Q(revenue_to__gte=F("revenue_from")), name="service_matrix_revenue_range"),
        )

    def __str__(self) -> str:
        return f"{self.segment}: {self.revenue_from} – {self.revenue_to}"

    @property
    def expected_revenue(self) -> Decimal | None:
        """Of one client and year."""
        return middle_of(self.revenue_from, self.revenue_to)

    @property
    def activities(self) -> str:
        return in_language(en=self.activities_en, fr=self.activities_fr)

    @property
    def technology(self) -> str:
        return in_language(en=self.technology_en, fr=self.technology_fr)
