"""How a client is served otherwise than its segment says: by its relational profile, or by an exception of its own."""

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clients.models import Channel, Client
from firms.models import User
from firms.wall import FirmModel
from segmentation.models import Initiative, Segment
from service_matrix.models.matrix import FirmChannel, MatrixVersion, Performer, TouchpointType


class Spacing(models.TextChoices):
    """How the contacts of a profile lie in the year, whatever the segment says."""

    EVENLY = "evenly", _("Spread evenly over the year")
    REVIEW = "review", _("Once a year: in the month of the annual review")
    ROLLING = "rolling", _("Counted from the last contact")


# How far a profile may go whatever the administrator allows: one contact a month more or fewer.
MOST_CHANGE = 12

# The note of a rule that the profile's written appetites asked for: not in words, which would be in the language of who asked.
FROM_APPETITES = "#appetites"


@pghistory.track()
class ProfileRule(FirmModel):
    """How one relational profile changes promises, in one version of the matrix. What it leaves empty stays as the segment says.

    It applies to one touchpoint type, or to what is promised by one channel, or, without either, to every promise; where several
    say something of the same thing the narrowest counts.
    """

    version = models.ForeignKey(MatrixVersion, models.CASCADE, db_constraint=False, related_name="profile_rules")
    profile = models.ForeignKey(Segment, models.CASCADE, db_constraint=False, related_name="+")
    touchpoint_type = models.ForeignKey(TouchpointType, models.PROTECT, db_constraint=False, db_index=False, null=True, blank=True, related_name="+")
    of_channel = models.CharField(_("promised by"), max_length=9, choices=Channel.choices, blank=True, default="")
    channel = models.CharField(_("channel"), max_length=9, choices=Channel.choices, blank=True, default="")
    own_channel = models.ForeignKey(FirmChannel, models.PROTECT, db_constraint=False, db_index=False, null=True, blank=True, related_name="+")
    initiative = models.CharField(_("first step"), max_length=7, choices=Initiative.choices, blank=True, default="")
    spacing = models.CharField(_("spacing"), max_length=7, choices=Spacing.choices, blank=True, default="")
    # Times a year more or fewer, within the version's limits. None says nothing; 0 keeps what the segment says where a wider rule would not.
    times_change = models.SmallIntegerField(_("times a year more or fewer"), null=True, blank=True)
    note = models.CharField(_("why"), max_length=300, blank=True, default="")

    class Meta:
        ordering = ("version", "profile", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("firm", "version", "profile", "touchpoint_type", "of_channel"), nulls_distinct=False, name="service_matrix_profile_rule_once"
            ),
            models.CheckConstraint(condition=Q(touchpoint_type=None) | Q(of_channel=""), name="service_matrix_profile_rule_scope"),
            models.CheckConstraint(
                condition=~Q(channel="") | ~Q(initiative="") | ~Q(spacing="") | Q(times_change__isnull=False), name="service_matrix_profile_rule_says"
            ),
        )

    def __str__(self) -> str:
        return f"{self.profile}: {self.touchpoint_type or self.of_channel or '*'}"

    @property
    def channel_name(self) -> str:
        return self.own_channel.name if self.own_channel is not None else str(self.get_channel_display())

    @property
    def why(self) -> str:
        """What was written, or where the rule comes from in the active language."""
        return gettext("From the profile’s appetites.") if self.note == FROM_APPETITES else self.note


class PromiseException(FirmModel):
    """One promise to one client that differs, from one day to another, with its reason. What it leaves empty stays as it would be.

    These rows are their own history: one that ends early keeps the end that was decided in `expires_on`.
    """

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    touchpoint_type = models.ForeignKey(TouchpointType, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    is_nothing = models.BooleanField(_("nothing at all"), default=False)
    times = models.PositiveSmallIntegerField(_("times a year"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(52)])
    channel = models.CharField(_("channel"), max_length=9, choices=Channel.choices, blank=True, default="")
    own_channel = models.ForeignKey(FirmChannel, models.PROTECT, db_constraint=False, db_index=False, null=True, blank=True, related_name="+")
    performer = models.CharField(_("done by"), max_length=9, choices=Performer.choices, blank=True, default="")
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True, validators=[MaxValueValidator(1440)])
    reason = models.CharField(_("reason"), max_length=500)
    starts_on = models.DateField()
    # The first day it no longer holds: the day decided, or an earlier one when someone ended it.
    ends_on = models.DateField()
    expires_on = models.DateField(_("expires on"))
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    ended_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-starts_on", "-pk")
        constraints = (
            # One that ended on the day it began is an empty period, and meets none.
            ExclusionConstraint(
                name="service_matrix_exception_no_overlap",
                expressions=[
                    ("firm", RangeOperators.EQUAL),
                    ("client", RangeOperators.EQUAL),
                    ("touchpoint_type", RangeOperators.EQUAL),
                    (Func(F("starts_on"), F("ends_on"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="service_matrix_exception_reasoned"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on"), ends_on__lte=F("expires_on")), name="service_matrix_exception_period"),
            models.CheckConstraint(
                condition=Q(is_nothing=True, times=None, channel="", performer="", minutes=None)
                | Q(is_nothing=False) & (Q(times__gte=1, times__lte=52) | ~Q(channel="") | ~Q(performer="") | Q(minutes__lte=1440)),
                name="service_matrix_exception_says",
            ),
        )
        indexes = (
            models.Index(fields=("firm", "client"), name="service_matrix_exceptions_of"),
            models.Index(fields=("firm", "ends_on", "id"), name="service_matrix_exception_ends"),
        )

    def __str__(self) -> str:
        return f"{self.client}: {self.touchpoint_type}"

    @property
    def channel_name(self) -> str:
        return self.own_channel.name if self.own_channel is not None else str(self.get_channel_display())
