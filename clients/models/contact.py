"""What was said with clients, and what was promised in it."""

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from clients.models.client import Channel, Client
from firms.models import User
from firms.wall import FirmModel


class ValueShown(models.TextChoices):
    """What a client got out of an exchange: the year-end page shows it back."""

    PLANNING = "planning", _("Planning progress")
    DECISION = "decision", _("Decision taken")
    WIN = "win", _("Win")
    MILESTONE = "milestone", _("Milestone reached")
    OBSERVATION = "observation", _("Observation")


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Interaction(FirmModel):
    """Something that happened with a client: a meeting, a call, an e-mail."""

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, related_name="interactions")
    happened_at = models.DateTimeField(_("when"))
    channel = models.CharField(_("channel"), max_length=9, choices=Channel.choices)
    subject = models.CharField(_("subject"), max_length=200)
    summary = models.TextField(_("summary"), blank=True)
    # What it was worth to the client, of which kind and in words; empty when nothing is said.
    value = models.CharField(_("value shown"), max_length=11, choices=ValueShown.choices, blank=True, default="", db_default="")
    value_note = models.CharField(_("in the client’s words or yours"), max_length=300, blank=True, default="", db_default="")
    # No check of the database beside the validators: adding one would read the whole table under its lock.
    satisfaction = models.SmallIntegerField(_("satisfaction (0–10)"), null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(10)])
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-happened_at", "-pk")
        indexes = (
            models.Index(fields=("firm", "client", "-happened_at"), name="clients_interaction_recent"),
            # The latest of several books, for dashboards.
            models.Index(fields=("firm", "-happened_at", "-id"), name="clients_interaction_latest"),
            # Whom someone last spoke with, and how: what the form to log the next one proposes.
            models.Index(fields=("firm", "by", "-id"), name="clients_interaction_by"),
        )

    def __str__(self) -> str:
        return self.subject


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class FollowUp(FirmModel):
    """Something promised to a client in an exchange, to be done by someone by a day."""

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="follow_ups")
    # Where it was agreed; none when someone thought of it alone.
    interaction = models.ForeignKey(
        Interaction, models.SET_NULL, db_constraint=False, db_index=False, null=True, blank=True, related_name="follow_ups"
    )
    text = models.CharField(_("what to do"), max_length=300)
    due_on = models.DateField(_("by"))
    assignee = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+", verbose_name=_("who"))
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("due_on", "pk")
        constraints = (models.CheckConstraint(condition=Q(done_at=None) | ~Q(done_by=None), name="clients_followup_who"),)
        indexes = (
            models.Index(fields=("firm", "assignee", "due_on"), condition=Q(done_at=None), name="clients_followup_to_do"),
            models.Index(fields=("firm", "client", "due_on"), name="clients_followup_of"),
            models.Index(fields=("firm", "interaction"), condition=~Q(interaction=None), name="clients_followup_from"),
        )

    def __str__(self) -> str:
        return self.text
