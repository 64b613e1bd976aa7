"""What a draft remembers of its edits, and columns kept under a name."""

import pghistory
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from firms.models import User
from firms.wall import FirmModel
from service_matrix.models.matrix import MatrixVersion


class DraftEdit(FirmModel):
    """One edit of a draft's cells, with what they said before and after: what undo and redo go by. Gone once the draft is published.

    `before` and `after`: [{"segment": id, "type": id, "terms": {…} or null}], and {"reactive_minutes": n} among them.
    """

    version = models.ForeignKey(MatrixVersion, models.CASCADE, db_constraint=False, db_index=False, related_name="edits")
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)
    before = models.JSONField()
    after = models.JSONField()
    is_undone = models.BooleanField(default=False)

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=("firm", "version", "id"), name="service_matrix_edits_of"),)

    def __str__(self) -> str:
        return f"{self.version}: {len(self.after)}"


@pghistory.track()
class StrategyTemplate(FirmModel):
    """A segment's column under a name: its promises and its line of the strategy table, to be applied to any segment."""

    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True, default="")
    # [{"type": id, "terms": {…}}]
    promises = models.JSONField()
    # The fields of SegmentStrategy that were filled in.
    strategy = models.JSONField(default=dict)
    # Where it was taken from, in words of that day.
    origin = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("firm", "name"), name="service_matrix_template_name"),)

    def __str__(self) -> str:
        return self.name
