"""Who is served: clients, the people in them, what was said with them, and where they came from."""

from datetime import date
from decimal import Decimal

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Lower, Now
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from firms.formats import in_language
from firms.models import Job, User
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


class AttributeGroup(models.TextChoices):
    """How the catalogue of attributes is cut."""

    IDENTITY = "identity", _("Identity")
    CONTACT = "contact", _("Contact details")
    DEMOGRAPHIC = "demographic", _("Demographic")
    PSYCHOGRAPHIC = "psychographic", _("Psychographic")
    ECONOMIC = "economic", _("Economic value")
    PRODUCTS = "products", _("Products and services")
    RELATIONSHIP = "relationship", _("Relationship")


class OwnType(models.TextChoices):
    """What an attribute that a firm defines may hold."""

    NUMBER = "number", _("Number")
    MONEY = "money", _("Money")
    DATE = "date", _("Date")
    CHOICE = "choice", _("One choice")
    CHOICES = "choices", _("Several choices")
    YES_NO = "yes_no", _("Yes or no")
    TEXT = "text", _("Text")


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


class ValueShown(models.TextChoices):
    """What a client got out of an exchange: the year-end page shows it back."""

    PLANNING = "planning", _("Planning progress")
    DECISION = "decision", _("Decision taken")
    WIN = "win", _("Win")
    MILESTONE = "milestone", _("Milestone reached")
    OBSERVATION = "observation", _("Observation")


@pghistory.track()
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


class SavedFilter(FirmModel):
    """Conditions over the attribute catalogue under a name: the clients one works with again and again."""

    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(User, models.PROTECT, db_constraint=False, related_name="+", verbose_name=_("owner"))
    # Shared: everyone in the firm uses it, on the clients they see. Private: to anyone but its owner it does not exist.
    is_shared = models.BooleanField(_("shared with the firm"), default=False)
    # As clients.conditions writes them.
    conditions = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name", "pk")
        constraints = (models.UniqueConstraint(fields=("firm", "owner", "name"), name="clients_filter_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> str:
        """Changes whenever the filter is saved."""
        return str(self.updated_at.isoformat())


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


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class AttributeDefinition(FirmModel):
    """An attribute that the firm defines: values are in `Client.own` under its slug.

    Slug and type never change: they say how what is stored reads. The one with the slug "products" is the list of products
    clients may hold, shipped (attributes/products.py) until the firm edits it.
    """

    slug = models.SlugField(max_length=40)
    group = models.CharField(_("group"), max_length=13, choices=AttributeGroup.choices)
    type = models.CharField(_("type"), max_length=7, choices=OwnType.choices)
    label_en = models.CharField(_("label (English)"), max_length=80)
    label_fr = models.CharField(_("label (French)"), max_length=80)
    definition_en = models.TextField(_("definition (English)"), help_text=_("What everyone in the firm understands by it."))
    definition_fr = models.TextField(_("definition (French)"))
    # [{"value": slug, "en": label, "fr": label, "archived": whether it is no longer offered}], in the order people read them.
    choices = models.JSONField(default=list, blank=True)
    archived_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("firm", "slug"), name="clients_attribute_once"),)

    def __str__(self) -> str:
        return in_language(en=self.label_en, fr=self.label_fr)

    @property
    def definition(self) -> str:
        return in_language(en=self.definition_en, fr=self.definition_fr)


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


class Transfer(FirmModel):
    """Clients who went from one book to another in one action, so that it can be taken back."""

    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, db_constraint=False, db_index=False, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.created_at}: {self.by}"


class TransferredClient(FirmModel):
    """One client of a transfer: from whom to whom, and what its companions were (moving.py), for undo."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, db_constraint=False, db_index=False, related_name="clients")
    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    from_adviser = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    to_adviser = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    # {companion's key: what it needs to be put back}
    before = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "transfer", "client"), name="clients_transferred_once"),)
        indexes = (models.Index(fields=("firm", "client"), name="clients_transferred_of"),)

    def __str__(self) -> str:
        return f"{self.client}: {self.from_adviser} → {self.to_adviser}"
