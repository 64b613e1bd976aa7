"""What a firm defines itself: attributes of its own, filters it keeps."""

import pghistory
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from firms.formats import in_language
from firms.models import User
from firms.wall import FirmModel


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
