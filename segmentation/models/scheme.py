"""What a firm says: its schemes with their segments, and what each version of one asks: criteria, bands, cuts, and the regions of a plane."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clients.models import Channel
from firms.formats import in_language
from firms.models import User
from firms.wall import FirmModel


class Method(models.TextChoices):
    THRESHOLDS = "thresholds", _("Score thresholds")
    QUOTAS = "quotas", _("Quotas by rank")
    RULES = "rules", _("Rules per segment")
    PLANE = "plane", _("Two axes")


class Missing(models.TextChoices):
    """What a criterion without data does to the score."""

    ZERO = "zero", _("Counts as zero")
    REWEIGHT = "reweight", _("Left out, other weights scaled up")


class Winner(models.TextChoices):
    """What decides when a client's rank opens a segment whose floor the client does not reach."""

    FLOOR = "floor", _("The floor: the place stays empty")
    SHARE = "share", _("The share: it is filled, those who reach the floor first")


class Scale(models.TextChoices):
    """How the values of a criterion become points."""

    BANDS = "bands", _("By bands or values")
    LINEAR = "linear", _("Evenly between two values")
    PERCENTILE = "percentile", _("By rank in the book")


class Axis(models.IntegerChoices):
    """Which score a criterion counts towards. STATED weighs nothing: it gives an attribute that rules read its written definition."""

    STATED = 0, _("Read by the rules")
    FIRST = 1, _("First axis")
    SECOND = 2, _("Second axis")


class Initiative(models.TextChoices):
    """Who takes the first step with the clients of a segment."""

    ADVISER = "adviser", _("The adviser")
    CLIENT = "client", _("The client")


class Presence(models.TextChoices):
    REMOTE = "remote", _("At a distance")
    FACE_TO_FACE = "face_to_face", _("Face to face")


class Timing(models.TextChoices):
    SYNCHRONOUS = "synchronous", _("Talking at the same moment")
    ASYNCHRONOUS = "asynchronous", _("Each in their own time")


class Degree(models.TextChoices):
    """How much of something that is feminine in French: a frequency, pro-activity, reactivity."""

    LOW = "low", pgettext_lazy("degree", "Low")
    USUAL = "usual", pgettext_lazy("degree", "Usual")
    HIGH = "high", pgettext_lazy("degree", "High")


@pghistory.track(exclude=["placed_on", "score_ranges"])
class Scheme(FirmModel):
    """Segments and the versioned rules that place clients in them. One scheme of a firm drives the service matrix."""

    name_en = models.CharField(_("name (English)"), max_length=80)
    name_fr = models.CharField(_("name (French)"), max_length=80)
    # The preset it came from (segmentation/presets.py), empty when built by hand.
    preset = models.CharField(max_length=40, blank=True)
    is_service = models.BooleanField(_("drives the service matrix"), default=False)
    # Clients whose computed segment differs from theirs follow it every night; otherwise a person decides (drift).
    moves_by_itself = models.BooleanField(_("clients move by themselves"), default=False)
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


def _within_line(label: str) -> str:
    """A label as it stands in the middle of a line; abbreviations stay as they are."""
    return label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}"


@pghistory.track()
class Segment(FirmModel):
    """A service level. Rank 1 is served most. Segments outlive the versions of their scheme's rules."""

    # The fields that say how its clients like to be served.
    STYLE = ("initiative", "default_channel", "presence", "timing", "frequency", "proactivity", "reactivity")

    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, related_name="segments")
    rank = models.PositiveSmallIntegerField(_("rank"))
    name_en = models.CharField(_("name (English)"), max_length=60)
    name_fr = models.CharField(_("name (French)"), max_length=60)
    description_en = models.CharField(_("description (English)"), max_length=300, blank=True)
    description_fr = models.CharField(_("description (French)"), max_length=300, blank=True)
    # How its clients like to be served; empty says nothing. An overlay changes how a promise is kept, never what a client is worth.
    initiative = models.CharField(_("first step"), max_length=7, choices=Initiative.choices, blank=True)
    default_channel = models.CharField(_("default channel"), max_length=9, choices=Channel.choices, blank=True)
    presence = models.CharField(_("presence"), max_length=12, choices=Presence.choices, blank=True)
    timing = models.CharField(_("timing"), max_length=12, choices=Timing.choices, blank=True)
    frequency = models.CharField(_("frequency"), max_length=5, choices=Degree.choices, blank=True)
    proactivity = models.CharField(_("pro-activity"), max_length=5, choices=Degree.choices, blank=True)
    reactivity = models.CharField(_("reactivity"), max_length=5, choices=Degree.choices, blank=True)

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

    @property
    def style(self) -> str:
        """How its clients like to be served, in one line in the active language; empty where nothing is said."""
        worded = {
            "initiative": gettext("first step: %(choice)s"),
            "default_channel": gettext("default channel: %(choice)s"),
            "frequency": gettext("frequency: %(choice)s"),
            "proactivity": gettext("pro-activity: %(choice)s"),
            "reactivity": gettext("reactivity: %(choice)s"),
        }
        said = {name: _within_line(getattr(self, f"get_{name}_display")()) for name in self.STYLE if getattr(self, name)}
        line = " · ".join(worded.get(name, "%(choice)s") % {"choice": choice} for name, choice in said.items())
        return f"{line[:1].upper()}{line[1:]}"


@pghistory.track()
class SchemeVersion(FirmModel):
    """The rules of a scheme at one time. A published version never changes again."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    scheme = models.ForeignKey(Scheme, models.CASCADE, db_constraint=False, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    method = models.CharField(_("placement"), max_length=10, choices=Method.choices, default=Method.THRESHOLDS)
    missing = models.CharField(_("missing data"), max_length=8, choices=Missing.choices, default=Missing.ZERO)
    # Points by which a client may lie outside its segment and stay there: nobody flaps between two segments.
    margin = models.DecimalField(
        _("margin (points)"), max_digits=7, decimal_places=4, default=0, validators=[MinValueValidator(0), MaxValueValidator(50)]
    )
    # Quotas with floors: which of the two decides.
    winner = models.CharField(_("when the two disagree"), max_length=5, choices=Winner.choices, default=Winner.FLOOR)
    # Rules: where a client goes whom no rule catches; empty is the last segment.
    fallback = models.ForeignKey(Segment, models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+")
    # Two axes: the inner borders of the plane, rising, in points; `regions` says whose each cell is.
    x_cuts = ArrayField(models.DecimalField(max_digits=7, decimal_places=4), default=list, blank=True)
    y_cuts = ArrayField(models.DecimalField(max_digits=7, decimal_places=4), default=list, blank=True)
    x_name_en = models.CharField(_("first axis (English)"), max_length=40, blank=True)
    x_name_fr = models.CharField(_("first axis (French)"), max_length=40, blank=True)
    y_name_en = models.CharField(_("second axis (English)"), max_length=40, blank=True)
    y_name_fr = models.CharField(_("second axis (French)"), max_length=40, blank=True)
    # Colleagues who may read segmentation may read this draft's what-if.
    is_shared = models.BooleanField(default=False, editable=False)
    # Raised at every edit: two people editing the same draft never overwrite each other silently.
    revision = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, null=True, related_name="+", editable=False)
    effective_on = models.DateField(null=True, editable=False)
    note = models.CharField(_("note"), max_length=300, blank=True)
    # When the person of `published_by` decided, and what the page then showed them (simulation.py); null where no page was shown.
    decided_at = models.DateTimeField(null=True, editable=False)
    simulation = models.JSONField(null=True, editable=False)

    class Meta:
        ordering = ("scheme", "-number")
        constraints = (
            models.UniqueConstraint(fields=("firm", "scheme", "number"), name="segmentation_version_number"),
            models.UniqueConstraint(fields=("firm", "scheme"), condition=Q(status="published"), name="segmentation_one_published"),
            models.UniqueConstraint(fields=("firm", "scheme"), condition=Q(status="draft"), name="segmentation_one_draft"),
            models.UniqueConstraint(fields=("firm", "scheme"), condition=Q(status="scheduled"), name="segmentation_one_scheduled"),
        )

    def __str__(self) -> str:
        return f"{self.scheme} {self.number}"

    @property
    def x_name(self) -> str:
        """In the active language."""
        return in_language(en=self.x_name_en, fr=self.x_name_fr)

    @property
    def y_name(self) -> str:
        """In the active language."""
        return in_language(en=self.y_name_en, fr=self.y_name_fr)


@pghistory.track()
class Cut(FirmModel):
    """What opens one segment in one version: a least score, a share of the ranked book, or conditions."""

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
    # A rule, or the floor of a quota: a group as clients/conditions.py writes it; null asks nothing.
    conditions = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "version", "segment"), name="segmentation_cut_once"),)

    def __str__(self) -> str:
        return f"{self.segment}: {self.least_score or self.quota}"


@pghistory.track()
class Region(FirmModel):
    """One cell of a plane of two axes: the column-th part of the first axis and the row-th of the second, from 0, rising."""

    version = models.ForeignKey(SchemeVersion, models.CASCADE, db_constraint=False, related_name="regions")
    segment = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, related_name="+")
    column = models.PositiveSmallIntegerField()
    row = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("version", "row", "column")
        constraints = (models.UniqueConstraint(fields=("firm", "version", "column", "row"), name="segmentation_region_once"),)

    def __str__(self) -> str:
        return f"{self.column}, {self.row}: {self.segment}"


@pghistory.track()
class Criterion(FirmModel):
    """One attribute, how much it counts, and a definition every team member can read."""

    version = models.ForeignKey(SchemeVersion, models.CASCADE, db_constraint=False, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    axis = models.PositiveSmallIntegerField(_("axis"), choices=Axis.choices, default=Axis.FIRST)
    # A key of clients/attributes.py.
    attribute = models.CharField(_("attribute"), max_length=60)
    scale = models.CharField(_("points"), max_length=10, choices=Scale.choices, default=Scale.BANDS)
    # Linear: the values that earn 0 and 100 points; the first may be the greater.
    zero_at = models.DecimalField(_("0 points at"), max_digits=16, decimal_places=4, null=True, blank=True)
    full_at = models.DecimalField(_("100 points at"), max_digits=16, decimal_places=4, null=True, blank=True)
    # Percentile: the least value earns most.
    descending = models.BooleanField(_("the lower, the better"), default=False)
    # Percent; the weights of an axis sum to 100.
    weight = models.DecimalField(_("weight (%)"), max_digits=6, decimal_places=2, validators=[MinValueValidator(0), MaxValueValidator(100)])
    definition_en = models.TextField(_("definition (English)"), blank=True)
    definition_fr = models.TextField(_("definition (French)"), blank=True)

    class Meta:
        ordering = ("version", "position", "pk")
        constraints = (models.UniqueConstraint(fields=("firm", "version", "axis", "attribute"), name="segmentation_criterion_once"),)

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
