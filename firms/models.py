"""Who works here: firms, people, roles, and the long jobs they start."""

import unicodedata
from decimal import Decimal
from typing import ClassVar

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from firms.letterhead import HOUSE_COLOUR, validate_address, validate_colour
from firms.permissions import Permission, Role, permits
from firms.wall import CurrentFirm, FirmModel


class Region(models.TextChoices):
    """Where a firm works: decides holidays, currency and formats."""

    QUEBEC = "CA-QC", _("Québec")
    FRANCE = "FR", _("France")


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    FRENCH = "fr", _("French")


def validate_one_line(text: str) -> None:
    """Names go where a line break ends what is read: an e-mail's subject, a calendar's title."""
    if any(unicodedata.category(mark) in {"Cc", "Zl", "Zp"} for mark in text):
        raise ValidationError(_("Write this on one line."))


class Firm(models.Model):
    name = models.CharField(_("name"), max_length=120, validators=[validate_one_line])
    region = models.CharField(_("region"), max_length=5, choices=Region.choices)
    time_zone = models.CharField(_("time zone"), max_length=60)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices)
    # ISO weekday numbers, Monday = 1.
    working_days = models.JSONField(_("working days"), default=list)
    # Of the work that either role may do, the share that assistants do: how hours are counted by role.
    assistant_percent = models.PositiveSmallIntegerField(
        _("share of “either” work done by assistants (%)"), default=50, db_default=50, validators=[MaxValueValidator(100)]
    )
    # What clients receive carries them.
    colour = models.CharField(
        _("colour"),
        max_length=7,
        default=HOUSE_COLOUR,
        db_default=HOUSE_COLOUR,
        validators=[validate_colour],
        help_text=_("Of what clients receive."),
    )
    address = models.TextField(
        _("address"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        validators=[validate_address],
        help_text=_("As it stands on what clients receive: street, city, telephone."),
    )
    # Days after which a late touchpoint is the adviser's to know, then the administrators'. Empty: never.
    tell_adviser_after = models.PositiveSmallIntegerField(
        null=True, blank=True, default=5, db_default=5, validators=[MinValueValidator(1), MaxValueValidator(183)]
    )
    tell_administrators_after = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=10,
        db_default=10,
        validators=[MinValueValidator(1), MaxValueValidator(183)],
    )
    # The firm's local date of the last complete nightly run: what a tick compares with today.
    planned_on = models.DateField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def currency(self) -> str:
        """ISO 4217 code."""
        return "CAD" if self.region == Region.QUEBEC else "EUR"


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


@pghistory.track(exclude=["password", "last_login"])
class User(AbstractBaseUser):
    """A person who works in one firm. E-mail is the login, unique across firms."""

    firm = models.ForeignKey(Firm, models.PROTECT, db_default=CurrentFirm(), db_constraint=False, db_index=False, editable=False, related_name="+")
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120, validators=[validate_one_line])
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices, default=Language.ENGLISH)
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True, help_text=_("Empty: the firm's own."))
    # An adviser sees the own book, an assistant those of the advisers supported, unless the firm opens all to them.
    sees_whole_firm = models.BooleanField(_("sees every client of the firm"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    supports = models.ManyToManyField("self", through="Support", symmetrical=False, related_name="supported_by")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(Lower("email"), name="firms_user_email"),)

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_awaited(self) -> bool:
        """There from the start, as a firm's first administrator is, and not let in yet: nothing is e-mailed but the invitation."""
        return self.last_login is None and not self.has_usable_password()

    def may(self, permission: Permission) -> bool:
        return self.is_active and permits(self.role, permission)

    def get_full_name(self) -> str:
        return self.name


class Support(FirmModel):
    """An assistant works for an adviser."""

    assistant = models.ForeignKey(User, models.CASCADE, db_constraint=False, related_name="+")
    adviser = models.ForeignKey(User, models.CASCADE, db_constraint=False, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("firm", "assistant", "adviser"), name="firms_support_once"),
            models.CheckConstraint(condition=~Q(assistant=F("adviser")), name="firms_support_other"),
        )

    def __str__(self) -> str:
        return f"{self.assistant} → {self.adviser}"


class Invitation(FirmModel):
    """An e-mailed way in: used once, within its days. Only the hash of the secret is kept."""

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120, validators=[validate_one_line])
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    language = models.CharField(_("language"), max_length=2, choices=Language.choices)
    supports = models.JSONField(default=list)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    # Empty for a firm's first administrator, invited by the command that created the firm.
    invited_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.email

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class ApiToken(FirmModel):
    """A key for the API: hashed, scoped, expiring. It acts as its user, never as more."""

    user = models.ForeignKey(User, models.CASCADE, db_constraint=False, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    # "read" or "write"
    scope = models.CharField(_("scope"), max_length=5)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.name


def _weekly_hours() -> "models.DecimalField[Decimal | int | str | None, Decimal | None]":
    return models.DecimalField(
        _("hours a week"), max_digits=4, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(80)]
    )


def _hourly_cost() -> "models.DecimalField[Decimal | int | str | None, Decimal | None]":
    return models.DecimalField(
        _("cost of an hour"), max_digits=7, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(10_000)]
    )


@pghistory.track()
class RoleTerms(FirmModel):
    """What a week and an hour of a role are, for those of the role who have no terms of their own. Money in the firm's currency."""

    role = models.CharField(_("role"), max_length=12, choices=[(Role.ADVISER, Role.ADVISER.label), (Role.ASSISTANT, Role.ASSISTANT.label)])
    weekly_hours = _weekly_hours()
    hourly_cost = _hourly_cost()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "role"), name="firms_roleterms_once"),)

    def __str__(self) -> str:
        return f"{self.role}: {self.weekly_hours} h, {self.hourly_cost}"


@pghistory.track()
class PersonTerms(FirmModel):
    """A person's own week and cost of an hour; what is empty is as the role's."""

    user = models.OneToOneField(User, models.CASCADE, db_constraint=False, related_name="terms")
    weekly_hours = _weekly_hours()
    hourly_cost = _hourly_cost()

    def __str__(self) -> str:
        return f"{self.user}: {self.weekly_hours} h, {self.hourly_cost}"


class Absence(FirmModel):
    """Days a person does not work, first and last included."""

    user = models.ForeignKey(User, models.CASCADE, db_constraint=False, related_name="absences")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    # Sees and works the absent person's books on these days, as that person would.
    covered_by = models.ForeignKey(
        User, models.SET_NULL, db_constraint=False, db_index=False, null=True, blank=True, related_name="+", verbose_name=_("covered by")
    )

    class Meta:
        ordering = ("starts_on",)
        constraints = (
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="firms_absence_order"),
            models.CheckConstraint(condition=~Q(covered_by=F("user")), name="firms_absence_other"),
        )
        indexes = (models.Index(fields=("firm", "covered_by", "ends_on"), condition=~Q(covered_by=None), name="firms_absence_covered"),)

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_on} – {self.ends_on}"


class Job(FirmModel):
    """Long work with progress: an import, a publication, an export. See firms/jobs.py."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    # What the work needs to start, and where it stands: written in the same transaction as the work itself.
    parameters = models.JSONField(default=dict)
    cursor = models.JSONField(default=dict)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def percent(self) -> int:
        return 100 if self.status == self.Status.DONE else (100 * self.done // self.total if self.total else 0)


class FailedTask(FirmModel):
    """A task of this firm that failed since it last succeeded: how often, and from when on it is set aside (firms/failures.py)."""

    task = models.CharField(max_length=120)
    # Those beside the firm, as one text.
    arguments = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    failed_at = models.DateTimeField()
    set_aside_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-failed_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("firm", "task", "arguments"), name="firms_failedtask_once"),)

    def __str__(self) -> str:
        return f"{self.task} {self.arguments}"


class PlanningRequest(FirmModel):
    """Something changed what should be planned.

    Rows are only added, so that nobody who changes a client waits for a colleague; a run removes exactly those it saw when it began.
    """

    requested_at = models.DateTimeField(db_default=Now(), editable=False)
    # Only this client changed; a number, because clients are above this room. Null is anything in the firm.
    client_id = models.BigIntegerField(null=True, editable=False)

    def __str__(self) -> str:
        return str(self.requested_at)


class Heartbeat(models.Model):
    """When beat and workers last gave a sign of life, for /health/. It belongs to no firm."""

    name = models.CharField(max_length=20, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
