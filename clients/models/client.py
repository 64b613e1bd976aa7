"""Clients, the people in them, and the words they are found by."""

from datetime import date
from decimal import Decimal

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Lower, Now
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from firms.models import User
from firms.wall import FirmModel


class Kind(models.TextChoices):
    INDIVIDUAL = "individual", _("Individual")
    HOUSEHOLD = "household", _("Couple or family")
    COMPANY = "company", _("Company")


class Status(models.TextChoices):
    CLIENT = "client", _("Client")
    PROSPECT = "prospect", _("Prospect")
    FORMER = "former", _("Former client")


class MaritalStatus(models.TextChoices):
    SINGLE = "single", _("Single")
    MARRIED = "married", _("Married")
    CIVIL_UNION = "civil_union", _("Civil union")
    COMMON_LAW = "common_law", _("Common-law partner")
    DIVORCED = "divorced", _("Divorced or separated")
    WIDOWED = "widowed", _("Widowed")


class RiskAttitude(models.TextChoices):
    LOW = "low", _("Low")
    MODERATE = "moderate", _("Moderate")
    HIGH = "high", _("High")


class Relationship(models.TextChoices):
    LIGHT = "light", _("Light")
    MODERATE = "moderate", _("Moderate")
    HIGH = "high", _("High")


class DecisionStyle(models.TextChoices):
    """How the client decides: alone, asking, with somebody, or leaving it to the adviser."""

    AUTONOMOUS = "autonomous", _("Decides alone")
    VALIDATING = "validating", _("Wants to check and understand")
    SHARED = "shared", _("Decides with someone close")
    DELEGATING = "delegating", _("Delegates")


class Channel(models.TextChoices):
    IN_PERSON = "in_person", _("In person")
    PHONE = "phone", _("Phone")
    VIDEO = "video", _("Video")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    POST = "post", _("Post")
    PORTAL = "portal", _("Client portal")
    EVENT = "event", _("Event")


class Plain(models.Func):
    """Without accents, case or punctuation: how names are sorted and words are found."""

    function = "clients_plain"
    arity = 1
    output_field = models.TextField()


KNOWN_AUM = Coalesce("aum", Value(Decimal(-1)), output_field=models.DecimalField(max_digits=14, decimal_places=2))
KNOWN_SINCE = Coalesce("client_since", Value(date.min), output_field=models.DateField())


def _money(label: StrPromise) -> "models.DecimalField[Decimal | int | str | None, Decimal | None]":
    return models.DecimalField(label, max_digits=14, decimal_places=2, null=True, blank=True)


def _out_of_ten(label: StrPromise) -> "models.PositiveSmallIntegerField[int | None, int | None]":
    return models.PositiveSmallIntegerField(label, null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(10)])


@pghistory.track(exclude=["sort_name", "updated_at"])
class Client(FirmModel):
    """The unit that is served and segmented: a person, a couple or family, or a company.

    Money is in the firm's currency. Scores out of ten are the adviser's judgement. Empty means not known.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.INDIVIDUAL)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.CLIENT)
    name = models.CharField(_("name"), max_length=200)
    # Written by the database, compared byte by byte: É sorts with E, and no server's collation matters.
    sort_name = models.GeneratedField(expression=Plain("name"), output_field=models.TextField(db_collation="C"), db_persist=True)
    external_reference = models.CharField(_("reference"), max_length=80, blank=True)
    adviser = models.ForeignKey(User, models.PROTECT, db_constraint=False, related_name="+", verbose_name=_("adviser"))
    language = models.CharField(_("language"), max_length=2, choices=[("en", _("English")), ("fr", _("French"))], default="fr")

    city = models.CharField(_("city"), max_length=120, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    province = models.CharField(_("province or region"), max_length=60, blank=True)

    marital_status = models.CharField(_("marital status"), max_length=12, choices=MaritalStatus.choices, blank=True)
    matrimonial_regime = models.CharField(_("matrimonial regime"), max_length=80, blank=True)
    children = models.PositiveSmallIntegerField(_("children"), null=True, blank=True)
    income = _money(_("annual income"))
    net_worth = _money(_("net worth"))
    marginal_tax_rate = models.DecimalField(_("marginal tax rate (%)"), max_digits=5, decimal_places=2, null=True, blank=True)
    wealth_tax = models.BooleanField(_("pays wealth tax"), null=True, blank=True)

    aum = _money(_("assets under management"))
    annual_revenue = _money(_("revenue over 12 months"))
    annual_cost = _money(_("cost to serve over 12 months"))
    annual_renewals = models.PositiveSmallIntegerField(_("annual renewals"), null=True, blank=True)
    # As told by a spreadsheet or a person; the referrals recorded one by one replace it (attributes/counted.py).
    referrals_12_months = models.PositiveSmallIntegerField(_("referrals in 12 months"), null=True, blank=True)
    risk_attitude = models.CharField(_("attitude to risk"), max_length=8, choices=RiskAttitude.choices, blank=True)
    desired_relationship = models.CharField(_("desired level of relationship"), max_length=8, choices=Relationship.choices, blank=True)
    preferred_channel = models.CharField(_("preferred channel"), max_length=9, choices=Channel.choices, blank=True)
    decision_style = models.CharField(_("decision-making style"), max_length=10, choices=DecisionStyle.choices, blank=True, db_default="")
    potential = _out_of_ten(_("development potential (0–10)"))
    relationship_quality = _out_of_ten(_("quality of relationship (0–10)"))
    prescription = _out_of_ten(_("influence as referrer (0–10)"))
    satisfaction = _out_of_ten(_("satisfaction (0–10)"))
    power_balance = _out_of_ten(_("perceived balance of power with the firm (0–10)"))
    expectations = _out_of_ten(_("level of expectations (0–10)"))
    client_since = models.DateField(_("client since"), null=True, blank=True)
    next_review_on = models.DateField(_("next review"), null=True, blank=True)
    personal_context = models.TextField(_("personal context"), blank=True, help_text=_("Family, life events, conversations under way."))
    notes = models.TextField(_("notes"), blank=True)
    # Values of the attributes that the firm defines, by slug, as attributes/own.py writes and reads them.
    own = models.JSONField(_("attributes of the firm’s own"), default=dict, db_default=Value({}, models.JSONField()), blank=True, editable=False)

    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("sort_name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("firm", "external_reference"),
                condition=~Q(external_reference=""),
                name="clients_client_reference",
                violation_error_message=_("Another client has this reference."),
            ),
            # Touchpoints carry their client's adviser and follow it through this key.
            models.UniqueConstraint(fields=("firm", "id", "adviser"), name="clients_client_adviser"),
            models.CheckConstraint(condition=Q(aum__gte=0), name="clients_client_aum", violation_error_message=_("Assets cannot be negative.")),
        )
        indexes = (
            models.Index(fields=("firm", "sort_name", "id"), condition=Q(archived_at=None), name="clients_client_names"),
            models.Index(fields=("firm", "adviser", "sort_name", "id"), condition=Q(archived_at=None), name="clients_client_book"),
            # The list's other orders: what is not known counts as least (queries.ORDERS).
            models.Index("firm", KNOWN_AUM, "id", condition=Q(archived_at=None), name="clients_client_by_aum"),
            models.Index("firm", KNOWN_SINCE, "id", condition=Q(archived_at=None), name="clients_client_by_since"),
        )

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), exclude=["updated_at"])
class Person(FirmModel):
    """Someone in a client: exactly one of them is the primary contact."""

    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, related_name="people")
    is_primary = models.BooleanField(_("primary contact"), default=False)
    title = models.CharField(_("title"), max_length=20, blank=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    occupation = models.CharField(_("occupation"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-is_primary", "pk")
        constraints = (
            models.UniqueConstraint(fields=("firm", "client"), condition=Q(is_primary=True), name="clients_person_one_primary"),
            # An address is one whatever its capitals: kept in small letters, it is found by an index that the wall lets be used.
            models.CheckConstraint(condition=Q(email=Lower("email")), name="clients_person_email_lower"),
        )
        indexes = (
            models.Index(fields=("firm", "client"), name="clients_person_client"),
            # By which an import finds whom a row is about.
            models.Index(fields=("firm", "email"), condition=~Q(email=""), name="clients_person_email"),
            models.Index(fields=("firm", "birth_date"), condition=Q(birth_date__isnull=False), name="clients_person_born"),
        )

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class SearchWord(FirmModel):
    """A word by which a client is found: of its name, its people, their e-mail and telephone, its reference or city.

    Triggers keep these rows (migrations/0003_search.py); nothing else writes them. The words are plain, so a search is a
    comparison that PostgreSQL trusts under the wall, and uses the index for.
    """

    pk = models.CompositePrimaryKey("firm", "client_id", "word")
    client_id = models.BigIntegerField()
    word = models.TextField(db_collation="C")

    class Meta:
        indexes = (models.Index(fields=("firm", "word", "client_id"), name="clients_searchword_found"),)

    def __str__(self) -> str:
        return self.word
