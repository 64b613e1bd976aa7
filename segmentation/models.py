"""WHO gets which level of service: schemes, their versions and criteria, and the placement of each client."""

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from firms.formats import in_language
from firms.models import User
from firms.wall import FirmModel


class Method(models.TextChoices):
    THRESHOLDS = "thresholds", _("Score thresholds")
    QUOTAS = "quotas", _("Quotas by rank")


class Missing(models.TextChoices):
    """What a criterion without data does to the score."""

    ZERO = "zero", _("Counts as zero")
    REWEIGHT = "reweight", _("Left out, other weights scaled up")


@pghistory.track(exclude=["placed_on", "score_ranges"])
class Scheme(FirmModel):
    """Segments and the versioned rules that place clients in them. One scheme of a firm drives the service matrix."""

    name_en = models.CharField(_("name (English)"), max_length=80)
    name_fr = models.CharField(_("name (French)"), max_length=80)
    # The preset it came from (segmentation/presets.py), empty when built by hand.
    preset = models.CharField(max_length=40, blank=True)
    is_service = models.BooleanField(_("drives the service matrix"), default=False)
    # The firm's local day of the last complete computation: what a tick compares with today.
    placed_on = models.DateField(null=True, editable=False)
    # {"<segment id>": [lowest, highest score]} of that computation, as text: how far a client is from the next segment.
    score_ranges = models.JSONField(default=dict, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-is_service", "pk")
        constraints = (models.UniqueConstraint(fields=("firm",), condition=Q(is_service=True), name="segmentation_one_service_scheme"),)

    def __str__(self) -> str:
        return self.name_en

    @property
    def name(self) -> str:
        """In the active language."""
        return in_language(en=self.name_en, fr=self.name_fr)


@pghistory.track()
class Segment(FirmModel):
    """A service level. Rank 1 is served most. Segments outlive the versions of their scheme's rules."""

    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, related_name="segments")
    rank = models.PositiveSmallIntegerField(_("rank"))
    name_en = models.CharField(_("name (English)"), max_length=60)
    name_fr = models.CharField(_("name (French)"), max_length=60)
    description_en = models.CharField(_("description (English)"), max_length=300, blank=True)
    description_fr = models.CharField(_("description (French)"), max_length=300, blank=True)

    class Meta:
        ordering = ("scheme", "rank")
        constraints = (
            models.UniqueConstraint(fields=("firm", "scheme", "rank"), name="segmentation_segment_rank", deferrable=models.Deferrable.DEFERRED),
        )

    def __str__(self) -> str:
        return self.name_en

    @property
    def name(self) -> str:
        """In the active language."""
        return in_language(en=self.name_en, fr=self.name_fr)

    @property
    def description(self) -> str:
        """In the active language."""
        return in_language(en=self.description_en, fr=self.description_fr)


@pghistory.track()
class SchemeVersion(FirmModel):
    """The rules of a scheme at one time. A published version never changes again."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    method = models.CharField(_("placement"), max_length=10, choices=Method.choices, default=Method.THRESHOLDS)
    missing = models.CharField(_("missing data"), max_length=8, choices=Missing.choices, default=Missing.ZERO)
    # Raised at every edit: two people editing the same draft never overwrite each other silently.
    revision = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, null=True, related_name="+", editable=False)
    effective_on = models.DateField(null=True, editable=False)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        ordering = ("scheme", "-number")
        constraints = (
            models.UniqueConstraint(fields=("firm", "scheme", "number"), name="segmentation_version_number"),
            models.UniqueConstraint(fields=("firm", "scheme"), condition=Q(status="published"), name="segmentation_one_published"),
            models.UniqueConstraint(fields=("firm", "scheme"), condition=Q(status="draft"), name="segmentation_one_draft"),
        )

    def __str__(self) -> str:
        return f"{self.scheme} {self.number}"


@pghistory.track()
class Cut(FirmModel):
    """Where one segment begins in one version: a least score, or a share of the ranked book."""

    version = models.ForeignKey(SchemeVersion, models.CASCADE, db_constraint=False, related_name="cuts")
    segment = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, related_name="+")
    # 0–100; the lowest segment, the fallback, has 0.
    least_score = models.DecimalField(
        _("from score"), max_digits=7, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    # Percent of the book; a version's quotas sum to 100.
    quota = models.DecimalField(
        _("share of the book (%)"), max_digits=7, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "version", "segment"), name="segmentation_cut_once"),)

    def __str__(self) -> str:
        return f"{self.segment}: {self.least_score or self.quota}"


@pghistory.track()
class Criterion(FirmModel):
    """One attribute, how much it counts, and a definition every team member can read."""

    version = models.ForeignKey(SchemeVersion, models.CASCADE, db_constraint=False, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    # A key of clients/attributes.py.
    attribute = models.CharField(_("attribute"), max_length=60)
    # Percent; a version's weights sum to 100.
    weight = models.DecimalField(_("weight (%)"), max_digits=6, decimal_places=2, validators=[MinValueValidator(0), MaxValueValidator(100)])
    definition_en = models.TextField(_("definition (English)"), blank=True)
    definition_fr = models.TextField(_("definition (French)"), blank=True)

    class Meta:
        ordering = ("version", "position", "pk")
        constraints = (models.UniqueConstraint(fields=("firm", "version", "attribute"), name="segmentation_criterion_once"),)

    def __str__(self) -> str:
        return self.attribute

    @property
    def definition(self) -> str:
        """In the active language."""
        return in_language(en=self.definition_en, fr=self.definition_fr)


@pghistory.track()
class Band(FirmModel):
    """Values of a criterion that earn the same points: from `lower` (included) to `upper` (excluded), or one choice."""

    criterion = models.ForeignKey(Criterion, models.CASCADE, db_constraint=False, related_name="bands")
    lower = models.DecimalField(_("from"), max_digits=16, decimal_places=4, null=True, blank=True)
    upper = models.DecimalField(_("below"), max_digits=16, decimal_places=4, null=True, blank=True)
    choice = models.CharField(_("value"), max_length=60, blank=True)
    # 0–100
    points = models.DecimalField(_("points"), max_digits=7, decimal_places=4, validators=[MinValueValidator(0), MaxValueValidator(100)])

    class Meta:
        ordering = ("criterion", "lower", "pk")

    def __str__(self) -> str:
        return f"{self.lower} – {self.upper}: {self.points}"


class Placement(FirmModel):
    """What the published rules compute for a client today, whatever the client is assigned. One row a client and scheme."""

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    version = models.ForeignKey(SchemeVersion, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    segment = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    score = models.DecimalField(max_digits=9, decimal_places=4)
    # Each criterion's raw value and points: {"<criterion id>": [raw, points]}; null where data is missing.
    inputs = models.JSONField(default=dict)
    computed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "scheme", "client"), name="segmentation_placement_once"),)

    def __str__(self) -> str:
        return f"{self.client}: {self.segment}"


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
        )

    def __str__(self) -> str:
        return f"{self.client}: {self.segment}"
