"""WHEN: the dated occurrences owed to each client, and what became of them."""

from datetime import date, datetime, timedelta
from uuid import uuid4

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Greatest, Now
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from clients.models import Channel, Client, Interaction
from firms.models import Job, User
from firms.wall import FirmModel
from segmentation.models import Segment
from service_matrix.models import Performer, TouchpointType


class Status(models.TextChoices):
    PLANNED = "planned", _("Planned")
    CLAIMED = "claimed", _("In progress")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Skipped")
    MISSED = "missed", _("Missed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (Status.PLANNED, Status.CLAIMED)
# What became of a promise that was not withdrawn.
CLOSED = (Status.DONE, Status.SKIPPED, Status.MISSED)
# The day from which an open touchpoint waits to be done: when it is due, or later when it was snoozed. PostgreSQL passes over what is NULL.
WAITS_FROM = Greatest("due_on", "snoozed_until", output_field=models.DateField())
# The day the window ends, said so that only what looks over a whole firm reads the index of it: a window never ends before the due date.
ENDS_ON = Greatest("due_on", "window_ends_on", output_field=models.DateField())


class Touchpoint(FirmModel):
    """One dated occurrence owed to one client.

    Natural key: client, type, service year, ordinal; above 1000 the ordinal is counted on whatever the year (docs/planning.md).
    The adviser is the client's, kept equal by the database
    (a composite key with ON UPDATE CASCADE), so that a queue is one index range and never shows a book after it moved.
    """

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="touchpoints")
    adviser = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    touchpoint_type = models.ForeignKey(TouchpointType, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    # The segment whose promise this is; its rank orders the queue.
    segment = models.ForeignKey(Segment, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    service_year = models.PositiveSmallIntegerField()
    ordinal = models.PositiveSmallIntegerField()
    due_on = models.DateField(_("due"))
    # Last day on which it still counts.
    window_ends_on = models.DateField(_("window ends"))
    # Days before the due date at which the appointment is booked.
    lead_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    channel = models.CharField(_("channel"), max_length=9, choices=Channel.choices)
    performer = models.CharField(_("done by"), max_length=9, choices=Performer.choices)
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.PLANNED)
    # A person moved, snoozed or reassigned it: the planner leaves it alone from then on.
    is_hand_set = models.BooleanField(default=False)
    # Moved by a person: the day the planner had chosen.
    moved_from = models.DateField(null=True, editable=False)
    # Snoozed: out of the queue until this day; the due date and the window do not move.
    snoozed_until = models.DateField(null=True, blank=True)
    claimed_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    # A person was asked to do it. Only someone of the book may be: the database forgets whom when that person, or the client, leaves it.
    assigned_to = models.ForeignKey(User, models.SET_NULL, db_constraint=False, db_index=False, null=True, blank=True, related_name="+")
    closed_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    # When it was done, skipped, missed or cancelled.
    closed_at = models.DateTimeField(null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    interaction = models.ForeignKey(Interaction, models.SET_NULL, db_constraint=False, db_index=False, null=True, related_name="+")
    # The interaction was logged for itself and delivered this (fulfilment.py): taking this back leaves it where it is.
    is_fulfilled = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("due_on", "pk")
        constraints = (
            models.UniqueConstraint(fields=("firm", "client", "touchpoint_type", "service_year", "ordinal"), name="touchpoints_touchpoint_once"),
            # What is counted from touch to touch, or hangs on an event, is one row whatever the year it falls in.
            models.UniqueConstraint(
                fields=("firm", "client", "touchpoint_type", "ordinal"), condition=Q(ordinal__gt=1000), name="touchpoints_counted_once"
            ),
            models.CheckConstraint(condition=Q(window_ends_on__gte=models.F("due_on")), name="touchpoints_window_order"),
        )
        indexes = (
            models.Index(fields=("firm", "adviser", "due_on"), condition=Q(status__in=["planned", "claimed"]), name="touchpoints_open_by_adviser"),
            # For who sees the whole firm. Its condition on an expression keeps it from statements that do not ask for that: just after a book
            # was planned, before PostgreSQL knows how it is spread, an adviser's queue would read the firm's.
            models.Index(
                "firm", WAITS_FROM, condition=Q(IsNull(WAITS_FROM, False), status__in=["planned", "claimed"]), name="touchpoints_open_by_day"
            ),
            # Likewise which promises of the whole firm break next.
            models.Index("firm", ENDS_ON, condition=Q(IsNull(ENDS_ON, False), status__in=["planned", "claimed"]), name="touchpoints_open_by_end"),
            models.Index(fields=("firm", "client", "due_on"), name="touchpoints_of_client"),
            # Whom the database has to forget.
            models.Index(
                fields=("firm", "assigned_to"), condition=Q(status__in=["planned", "claimed"]) & ~Q(assigned_to=None), name="touchpoints_assigned"
            ),
            # What an interaction delivered; and what to forget when it goes.
            models.Index(fields=("firm", "interaction"), condition=~Q(interaction=None), name="touchpoints_by_interaction"),
            # What became of a book's promises, without reading those to come: the promise-kept ratio.
            models.Index(
                fields=("firm", "adviser", "due_on"), condition=Q(status__in=["done", "skipped", "missed"]), name="touchpoints_closed_by_adviser"
            ),
            # And which were withdrawn: the service audit counts them beside it.
            models.Index(fields=("firm", "adviser", "due_on"), condition=Q(status="cancelled"), name="touchpoints_withdrawn_by_book"),
        )

    def __str__(self) -> str:
        return f"{self.touchpoint_type} · {self.client} · {self.due_on}"

    @property
    def book_from(self) -> date:
        """The day from which the appointment is to be booked."""
        return self.due_on - timedelta(days=self.lead_days)


class QueueAct(FirmModel):
    """What someone just did in the queue or the calendar, so that it can be taken back (undoing.py)."""

    class Kind(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        SKIPPED = "skipped", _("Skipped")
        SNOOZED = "snoozed", _("Snoozed")
        REASSIGNED = "reassigned", _("Reassigned")
        MOVED = "moved", _("Moved")
        FULFILLED = "fulfilled", _("Counted")

    by = models.ForeignKey(User, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # [{"id": touchpoint, "before": {field: value}, "after": {field: value}, "along": {what else it changed: what that was}}]
    rows = models.JSONField()
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("firm", "by", "-id"), name="touchpoints_act_last"),)

    def __str__(self) -> str:
        return f"{self.kind}: {len(self.rows)}"


class BookPosition(FirmModel):
    """A client's place in the sequence that levels its adviser's book. Given once: a new client never moves another's dates."""

    client = models.OneToOneField(Client, models.CASCADE, db_constraint=False, related_name="+")
    position = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.client_id}: {self.position}"


class CalendarLink(FirmModel):
    """A secret address at which a calendar is read without signing in: a client's service calendar, or the feed of someone who works here.

    Only the hash of the secret is kept (firms/keys.py): the address is shown once. A new one replaces the former.
    """

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, null=True, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, db_constraint=False, db_index=False, null=True, related_name="+")
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    revoked_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(client=None) ^ Q(user=None), name="touchpoints_calendarlink_one_owner"),
            models.UniqueConstraint(fields=("firm", "client"), condition=Q(revoked_at=None), name="touchpoints_calendarlink_of_client"),
            models.UniqueConstraint(fields=("firm", "user"), condition=Q(revoked_at=None), name="touchpoints_calendarlink_of_user"),
        )

    def __str__(self) -> str:
        return f"{self.client or self.user}"


class Appointment(FirmModel):
    """The hour agreed for a meeting, and who was invited to it.

    `uid` and `sequence` are those of the invitations sent (RFC 5545, RFC 5546): one UID from the first invitation to the cancellation, a number
    that rises with each of them. One set again after it was cancelled is another appointment.
    """

    touchpoint = models.ForeignKey(Touchpoint, models.CASCADE, db_constraint=False, db_index=False, related_name="appointments")
    uid = models.UUIDField(default=uuid4, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    starts_at = models.DateTimeField(_("starts"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), validators=[MinValueValidator(1), MaxValueValidator(1440)])
    place = models.CharField(_("place or link"), max_length=200, blank=True)
    # Who has the invitation of `sequence`: [{"email": …, "name": …, "is_client": …, "language": …}]. Who leaves the list is told so.
    guests = models.JSONField(default=list, blank=True, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    # Nobody, when what it was for is no longer owed.
    cancelled_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("starts_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=("firm", "touchpoint"), condition=Q(cancelled_at=None), name="touchpoints_appointment_once"),
            models.UniqueConstraint(fields=("firm", "uid"), name="touchpoints_appointment_uid"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="touchpoints_appointment_minutes"),
        )
        indexes = (models.Index(fields=("firm", "starts_at"), condition=Q(cancelled_at=None), name="touchpoints_appointment_coming"),)

    def __str__(self) -> str:
        return f"{self.touchpoint_id}: {self.starts_at}"

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


class DocumentBatch(FirmModel):
    """Documents of many clients, made by a job and taken away as one file by who asked for them; kept a week (documents.py)."""

    class Kind(models.TextChoices):
        CALENDAR = "calendar", _("Service calendars")
        YEAR = "year", _("What we did for you")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    # Of the second kind: the calendar year looked back on.
    year = models.PositiveSmallIntegerField(null=True)
    job = models.ForeignKey(Job, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    created_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-pk",)
        constraints = (models.CheckConstraint(condition=~Q(kind="year") | Q(year__isnull=False), name="touchpoints_batch_year"),)
        indexes = (models.Index(fields=("firm", "created_by", "-id"), name="touchpoints_batch_mine"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class BatchDocument(FirmModel):
    """One client's document of a batch."""

    batch = models.ForeignKey(DocumentBatch, models.CASCADE, db_constraint=False, db_index=False, related_name="documents")
    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    content = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "batch", "client"), name="touchpoints_batchdocument_once"),)

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.client_id}"


class Reminder(FirmModel):
    """A person was told of something about a touchpoint, once: that it is time to book it, or that it is late for longer than the firm lets pass.

    The day it was due is part of the key: what a person moved to another day is told of again.
    """

    class Kind(models.TextChoices):
        BOOK = "book", _("To book")
        LATE_FOR_ADVISER = "adviser", _("Late, told to the adviser")
        LATE_FOR_ADMINISTRATORS = "admin", _("Late, told to the administrators")

    touchpoint = models.ForeignKey(Touchpoint, models.CASCADE, db_constraint=False, db_index=False, related_name="reminders")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    user = models.ForeignKey(User, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    due_on = models.DateField()
    told_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "touchpoint", "kind", "user", "due_on"), name="touchpoints_reminder_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.touchpoint_id} {self.user_id}"
