"""Where that puts each client: what the rules compute, what is in force and since when, and what a person decided."""

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from firms.models import User
from firms.wall import FirmModel
from segmentation.models.scheme import Scheme, SchemeVersion, Segment


class Placement(FirmModel):
    """What the published rules compute for a client today, whatever the client is assigned. One row a client and scheme."""

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    version = models.ForeignKey(SchemeVersion, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    segment = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    # Null where rules place without a score; the second axis' score is null everywhere but in a plane.
    score = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    score_y = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    # False: no rule catches the client, who is in the fallback segment.
    is_caught = models.BooleanField(default=True)
    # Each criterion's raw value and points: {"<criterion id>": [raw, points]}; null where data is missing.
    inputs = models.JSONField(default=dict)
    computed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "scheme", "client"), name="segmentation_placement_once"),)
        indexes = (models.Index(fields=("firm", "scheme", "client"), condition=Q(is_caught=False), name="segmentation_not_caught"),)

    def __str__(self) -> str:
        return f"{self.client}: {self.segment}"


@pghistory.track(pghistory.UpdateEvent("drift_decided", condition=pghistory.AnyChange("state")), pghistory.DeleteEvent("drift_over"))
class Drift(FirmModel):
    """A client whose computed segment differs from its own by more than the margin, and what a person says of it.

    Rows follow placements and assignments (drift.py): they come, change and go with them. One row a client and scheme.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To review")
        KEPT = "kept", _("Kept")
        SNOOZED = "snoozed", _("Snoozed")

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    assigned = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    computed = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    since = models.DateField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    # The day a snoozed one is back.
    until = models.DateField(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("since", "pk")
        constraints = (models.UniqueConstraint(fields=("firm", "scheme", "client"), name="segmentation_drift_once"),)
        indexes = (models.Index(fields=("firm", "scheme", "since", "id"), condition=Q(state="open"), name="segmentation_drift_open"),)

    def __str__(self) -> str:
        return f"{self.client}: {self.assigned} → {self.computed}"


# A period that began the same day is rewritten, so that none is empty: what it said before is kept. Rows that come, or only end, pay nothing.
@pghistory.track(
    pghistory.UpdateEvent("replaced", row=pghistory.Old, condition=pgtrigger.AnyChange("segment", "source", "reason", "expires_on", "by")),
    pghistory.DeleteEvent("removed"),
)
class Assignment(FirmModel):
    """A client's place in a scheme from one date to another, with its reasons. These rows are their own history."""

    class Source(models.TextChoices):
        COMPUTED = "computed", _("Computed")
        OVERRIDE = "override", _("Override")
        IMPORT = "import", _("Import")

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="assignments")
    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    segment = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    version = models.ForeignKey(SchemeVersion, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    # First day included, last day excluded; open while current.
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    score = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    score_y = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    inputs = models.JSONField(default=dict)
    # An override states its reason and the day it ends.
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-starts_on", "-pk")
        constraints = (
            ExclusionConstraint(
                name="segmentation_assignment_no_overlap",
                expressions=[
                    ("firm", RangeOperators.EQUAL),
                    ("scheme", RangeOperators.EQUAL),
                    ("client", RangeOperators.EQUAL),
                    (Func(F("starts_on"), F("ends_on"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=~Q(source="override") | (~Q(reason="") & Q(expires_on__isnull=False)), name="segmentation_override_reasoned"
            ),
        )
        indexes = (
            models.Index(fields=("firm", "scheme", "client"), condition=Q(ends_on=None), name="segmentation_current", include=["segment"]),
            models.Index(fields=("firm", "client"), name="segmentation_of_client"),
            # Few rows among many: which overrides run out next.
            models.Index(fields=("firm", "expires_on", "id"), condition=Q(source="override"), name="segmentation_override_ends"),
        )

    def __str__(self) -> str:
        return f"{self.client}: {self.segment}"


class Reassessment(FirmModel):
    """A person looked at a client's place in a scheme, and said what becomes of it. These rows are their own history."""

    class Outcome(models.TextChoices):
        KEPT = "kept", _("Kept as is")
        CHANGED = "changed", _("Moved to the computed segment")
        OVERRIDDEN = "overridden", _("Placed by decision")

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    # Where the client is from then on.
    segment = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    on = models.DateField(_("on"))
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-on", "-pk")
        indexes = (models.Index(fields=("firm", "scheme", "client", "on"), name="segmentation_reassessed"),)

    def __str__(self) -> str:
        return f"{self.client}: {self.get_outcome_display()}"


class SchemeReview(FirmModel):
    """The yearly review of a scheme: its four questions answered, with the figures as they were, by whom, and when the next is due."""

    class Answer(models.TextChoices):
        YES = "yes", _("Yes")
        PARTLY = "partly", _("Partly")
        NO = "no", _("No")
        UNKNOWN = "unknown", _("Not known yet")

    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    on = models.DateField(_("on"))
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    capacity = models.CharField(_("Does capacity equal commitments?"), max_length=7, choices=Answer.choices)
    accuracy = models.CharField(_("Is the segmentation still accurate?"), max_length=7, choices=Answer.choices)
    delivery = models.CharField(_("Is the service delivered consistently?"), max_length=7, choices=Answer.choices)
    needs = models.CharField(_("Are the clients’ needs met?"), max_length=7, choices=Answer.choices)
    conclusions = models.TextField(_("conclusions"))
    # {question: [[label, value]]} as its reader saw them that day, in that reader's language.
    figures = models.JSONField(default=dict)
    next_on = models.DateField(_("next review"))
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-on", "-pk")
        indexes = (models.Index(fields=("firm", "scheme", "on"), name="segmentation_reviewed"),)

    def __str__(self) -> str:
        return f"{self.scheme}: {self.on}"
