"""Where clients came from: imports, row by row, and the households they propose to merge."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from clients.models.client import Client
from firms.models import Job, User
from firms.wall import FirmModel


class SavedMapping(FirmModel):
    """How a firm mapped a spreadsheet's headings last time."""

    # SHA-256 of the normalised headings, in order.
    signature = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "signature"), name="clients_mapping_once"),)

    def __str__(self) -> str:
        return self.signature[:8]


class ImportBatch(FirmModel):
    """One spreadsheet brought in: the file as received, how it was read, what became of it."""

    class State(models.TextChoices):
        PREVIEW = "preview", _("Preview")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Failed")

    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    # Recognised per file and shown: encoding, delimiter, decimal mark, date order, sheet…
    dialect = models.JSONField(default=dict)
    # heading → attribute key; adviser name → user id; defaults
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PREVIEW)
    counts = models.JSONField(default=dict)
    job = models.ForeignKey(Job, models.SET_NULL, db_constraint=False, null=True, related_name="+")
    created_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.file_name

    @property
    def not_imported(self) -> int:
        """Rows rejected or repeated."""
        return int(self.counts.get("rejected", 0)) + int(self.counts.get("repeated", 0))


class ImportRow(FirmModel):
    """What became of one row, with what undo needs."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        UNCHANGED = "unchanged", _("Unchanged")
        REPEATED = "repeated", _("Repeated")
        REJECTED = "rejected", _("Rejected")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, db_constraint=False, related_name="rows")
    # The line in the spreadsheet, headings being line 1.
    number = models.PositiveIntegerField()
    cells = ArrayField(models.TextField())
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    # [{"column": heading, "problem": key, "value": text}]: worded when read, in the reader's language.
    problems = models.JSONField(default=list)
    client_id = models.BigIntegerField(null=True)
    # Field values before the import touched them, for undo.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("firm", "batch", "number"), name="clients_importrow_once"),)

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"


class MergeProposal(FirmModel):
    """Two clients that look like one household: a person decides, nothing merges by itself."""

    class Decision(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        MERGED = "merged", _("Merged")
        KEPT_APART = "kept_apart", _("Kept apart")

    first = models.ForeignKey(Client, models.CASCADE, db_constraint=False, related_name="+")
    second = models.ForeignKey(Client, models.CASCADE, db_constraint=False, related_name="+")
    reason = models.CharField(max_length=20)
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.WAITING)
    decided_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("firm", "first", "second"), name="clients_merge_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="clients_merge_order"),
        )

    def __str__(self) -> str:
        return f"{self.first} + {self.second}"
