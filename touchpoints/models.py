"""WHEN: the dated occurrences owed to each client, and what became of them."""

from datetime import date, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Greatest, Now
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from clients.models import Channel, Client, Interaction
from firms.models import User
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
# The day from which an open touchpoint waits to be done: when it is due, or later when it was snoozed. PostgreSQL passes over what is NULL.
WAITS_FROM = Greatest("due_on", "snoozed_until", output_field=models.DateField())


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
    # Snoozed: out of the queue until this day; the due date and the window do not move.
    snoozed_until = models.DateField(null=True, blank=True)
    claimed_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    # When it was done, skipped, missed or cancelled.
    closed_at = models.DateTimeField(null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    interaction = models.ForeignKey(Interaction, models.SET_NULL, db_constraint=False, db_index=False, null=True, related_name="+")
    # The interaction was logged for itself and delivered this (fulfilment.py): undoing this leaves it where it is.
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
            models.Index(fields=("firm", "client", "due_on"), name="touchpoints_of_client"),
            # What became of a book's promises, without reading those to come: the promise-kept ratio.
            models.Index(
                fields=("firm", "adviser", "due_on"), condition=Q(status__in=["done", "skipped", "missed"]), name="touchpoints_closed_by_adviser"
            ),
        )

    def __str__(self) -> str:
        return f"{self.touchpoint_type} · {self.client} · {self.due_on}"

    @property
    def book_from(self) -> date:
        """The day from which the appointment is to be booked."""
        return self.due_on - timedelta(days=self.lead_days)


class BookPosition(FirmModel):
    """A client's place in the sequence that levels its adviser's book. Given once: a new client never moves another's dates."""

    client = models.OneToOneField(Client, models.CASCADE, db_constraint=False, related_name="+")
    position = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.client_id}: {self.position}"
