"""What is recorded of a client over time: referrals, dated amounts, why it is kept."""

import pghistory
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from clients.models.client import Client
from firms.models import User
from firms.wall import FirmModel


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Referral(FirmModel):
    """Someone whom a client introduced to the firm, and what came of it."""

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="referrals", verbose_name=_("referred by"))
    name = models.CharField(_("whom"), max_length=200)
    # The file of the person introduced, once there is one.
    referred = models.ForeignKey(Client, models.SET_NULL, db_constraint=False, db_index=False, null=True, blank=True, related_name="referred_by")
    made_on = models.DateField(_("introduced on"))
    led_to_meeting = models.BooleanField(_("led to a meeting"), default=False)
    converted = models.BooleanField(_("became a client"), default=False)
    quality = models.PositiveSmallIntegerField(
        _("quality (0–10)"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(10)],
        help_text=_("How well the person fits what the firm looks for."),
    )
    note = models.TextField(_("note"), blank=True)
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-made_on", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(quality__lte=10), name="clients_referral_quality"),
            models.CheckConstraint(condition=~Q(referred=F("client")), name="clients_referral_other"),
        )
        indexes = (
            models.Index(fields=("firm", "client", "made_on"), name="clients_referral_made"),
            models.Index(fields=("firm", "referred"), condition=~Q(referred=None), name="clients_referral_of"),
        )

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class LifeEvent(FirmModel):
    """Something that happens in a client's life, on a day: what whoever meets the client should know, and what a promise may follow."""

    class Kind(models.TextChoices):
        BIRTH = "birth", _("Birth or adoption")
        UNION = "union", _("Marriage or union")
        SEPARATION = "separation", _("Separation")
        DEATH = "death", _("Death in the family")
        STUDIES = "studies", _("Studies")
        WORK = "work", _("Change of work")
        BUSINESS = "business", _("Business started, bought or sold")
        HOME = "home", _("Home bought or sold, or a move")
        INHERITANCE = "inheritance", _("Inheritance or gift")
        RETIREMENT = "retirement", _("Retirement")
        HEALTH = "health", _("Health")
        OTHER = "other", _("Another event")

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="life_events")
    on = models.DateField(_("day"))
    kind = models.CharField(_("what"), max_length=11, choices=Kind.choices)
    words = models.CharField(_("in your words"), max_length=300, blank=True)
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+", verbose_name=_("noted by"))
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-on", "-pk")
        indexes = (models.Index(fields=("firm", "client", "-on"), name="clients_lifeevent_of"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.words}" if self.words else str(self.get_kind_display())


class AmountKind(models.TextChoices):
    AUM = "aum", _("Assets under management")
    REVENUE = "revenue", _("Revenue")
    COST = "cost", _("Cost to serve")
    NET_INFLOW = "net_inflow", _("Net inflow")


# A row says itself when it came and from where: only what becomes of it is remembered beside it.
@pghistory.track(pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Amount(FirmModel):
    """Money of a client, dated: assets on a day, or what came in or was spent from one day to another, both included.

    What they add up to today is kept on the client (`amounts.py`), for lists and scoring.
    """

    class Source(models.TextChoices):
        ENTERED = "entered", _("Entered")
        FILE = "file", _("Client file")  # the figure in the client's form
        IMPORT = "import", _("Import")
        MERGE = "merge", _("Merged households")
        API = "api", _("Program")

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="amounts")
    kind = models.CharField(_("kind"), max_length=10, choices=AmountKind.choices)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    source = models.CharField(_("source"), max_length=7, choices=Source.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    # The import that told it, so that undoing takes it back.
    batch_id = models.BigIntegerField(null=True, editable=False)
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-ends_on", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="clients_amount_order"),
            models.CheckConstraint(condition=~Q(kind="aum") | Q(ends_on=F("starts_on")), name="clients_amount_aum_day"),
            models.CheckConstraint(condition=Q(kind="net_inflow") | Q(amount__gte=0), name="clients_amount_positive"),
        )
        # Holds what net inflow is counted from, so that scoring a book does not visit the rows.
        indexes = (models.Index(fields=("firm", "client", "kind", "ends_on"), include=("starts_on", "amount"), name="clients_amount_told"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}"


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Keeping(FirmModel):
    """Why a client is kept: the question that a deal-breaker asks, and that a client who brings little asks too.

    Personality is never scored. What makes a client hard to serve is said here, and somebody answers for keeping the client.
    """

    class Reason(models.TextChoices):
        RELATIVE = "relative", _("Relative of an important client")
        REFERRER = "referrer", _("Refers others")
        FUTURE = "future", _("Assets or projects to come")
        LOYALTY = "loyalty", _("Long-standing relationship")
        OTHER = "other", _("Another reason")

    client = models.OneToOneField(Client, models.CASCADE, db_constraint=False, related_name="keeping")
    is_deal_breaker = models.BooleanField(_("deal-breaker"), default=False)
    deal_breaker_note = models.TextField(_("what makes it hard"), blank=True)
    flagged_on = models.DateField(_("flagged on"), null=True, blank=True)
    reason = models.CharField(_("why keep this client?"), max_length=8, choices=Reason.choices, blank=True)
    reason_note = models.TextField(_("in your words"), blank=True)
    related_client = models.ForeignKey(
        Client,
        models.SET_NULL,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="keeps",
        verbose_name=_("important client related to"),
    )
    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(related_client=F("client")), name="clients_keeping_other"),)
        indexes = (
            models.Index(fields=("firm", "client"), condition=Q(is_deal_breaker=True), name="clients_keeping_flagged"),
            models.Index(fields=("firm", "related_client"), condition=~Q(related_client=None), name="clients_keeping_related"),
        )

    def __str__(self) -> str:
        return str(self.client)
