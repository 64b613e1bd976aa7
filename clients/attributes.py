"""The attribute catalogue: what is known of a client, each thing once.

Criteria, rules, filters, exports, import mapping and list columns all read it. An attribute lives on the client or on
the client's primary person; `expression` reads it in a statement over clients, `value_of` reads the same from rows at hand.
Empty text means not known, and is read as None in both.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from django.db import models
from django.db.models import Expression, F, OuterRef, Subquery, Value
from django.db.models.functions import NullIf
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from clients.models import Client, Person
from firms import formats
from firms.models import Firm

AttributeValue = Decimal | int | str | bool | date | None


class UnknownAttribute(KeyError):
    """No attribute of the catalogue has this key."""


class Group(models.TextChoices):
    IDENTITY = "identity", _("Identity")
    CONTACT = "contact", _("Contact details")
    DEMOGRAPHIC = "demographic", _("Demographic")
    PSYCHOGRAPHIC = "psychographic", _("Psychographic")
    ECONOMIC = "economic", _("Economic value")
    RELATIONSHIP = "relationship", _("Relationship")


class Type(Enum):
    NUMBER = "number"
    MONEY = "money"
    COUNT = "count"
    OUT_OF_TEN = "out_of_ten"
    DATE = "date"
    CHOICE = "choice"
    TEXT = "text"
    YES_NO = "yes_no"


NUMERIC = frozenset({Type.NUMBER, Type.MONEY, Type.COUNT, Type.OUT_OF_TEN})


class Unit(Enum):
    NONE = ""
    CURRENCY = "currency"  # the firm's
    YEARS = "years"
    PERCENT = "percent"


class Holder(Enum):
    """Whose field it is."""

    CLIENT = Client
    PERSON = Person  # the primary one


@dataclass(frozen=True, kw_only=True)
class Attribute:
    key: str
    group: Group
    type: Type
    holder: Holder
    # The field it is read from: its own, or for whole years the date they are counted from.
    field: str
    unit: Unit = Unit.NONE
    # Counted in whole years from `field`: readable, never written.
    in_years: bool = False
    own_label: StrPromise | None = None

    @property
    def label(self) -> str:
        """In the active language, with a capital."""
        if self.own_label is not None:
            return str(self.own_label)
        return str(capfirst(str(self.model_field.verbose_name)))

    @property
    def model_field(self) -> "models.Field[Any, Any]":
        return cast("models.Field[Any, Any]", self.holder.value._meta.get_field(self.field))

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(stored value, label in the active language)."""
        return [(str(value), str(label)) for value, label in self.model_field.flatchoices if value] if self.type is Type.CHOICE else []

    @property
    def is_numeric(self) -> bool:
        return self.type in NUMERIC

    @property
    def is_writable(self) -> bool:
        """Whether a form or an import may set it; the adviser is matched to a user, not written as text."""
        return not self.in_years and not self.model_field.is_relation

    @property
    def is_scorable(self) -> bool:
        """Whether a criterion may weigh it: it describes a client and does not name one."""
        return self.group not in {Group.IDENTITY, Group.CONTACT} and self.type is not Type.DATE

    def expression(self, *, on: date | None = None) -> Expression:
        """Read it in a statement over Client; `on` is the day ages and tenures are counted to, today by default."""
        path = f"{self.field}__name" if self.model_field.is_relation else self.field
        read: Expression = models.ExpressionWrapper(F(path), output_field=self.model_field)
        if self.in_years:
            read = WholeYears(F(path), on or timezone.localdate())
        elif self.type in {Type.TEXT, Type.CHOICE}:
            read = NullIf(F(path), Value(""), output_field=models.TextField())
        if self.holder is Holder.PERSON:
            primary = Person.objects.filter(firm_id=OuterRef("firm_id"), client_id=OuterRef("pk"), is_primary=True)
            return cast(Expression, Subquery(primary.values(read=read)[:1]))
        return read

    def value_of(self, client: Client, person: Person | None, *, on: date | None = None) -> AttributeValue:
        """The same from rows at hand; `person` is the client's primary person."""
        holder = client if self.holder is Holder.CLIENT else person
        found = getattr(holder, self.field) if holder is not None else None
        if found is None or found == "":
            return None
        if self.in_years:
            return whole_years(found, on or timezone.localdate())
        return str(found) if self.model_field.is_relation or self.type in {Type.TEXT, Type.CHOICE} else cast(AttributeValue, found)

    def display(self, value: AttributeValue, *, firm: Firm) -> str:
        """As a reader of the active language sees it; empty when not known."""
        if value is None or value == "":
            return ""
        locale = formats.babel_locale(firm.region)
        if self.unit is Unit.YEARS:
            return ngettext("%(years)s year", "%(years)s years", int(cast(int, value))) % {"years": value}
        if self.unit is Unit.PERCENT:
            return formats.percent(Decimal(cast(Decimal, value)) / 100, locale=locale)
        match self.type:
            case Type.MONEY:
                return formats.money(cast(Decimal, value), currency=firm.currency, locale=locale)
            case Type.DATE:
                return formats.day(cast(date, value), locale=locale)
            case Type.CHOICE:
                return dict(self.choices).get(str(value), str(value))
            case Type.YES_NO:
                return gettext("Yes") if value else gettext("No")
            case Type.OUT_OF_TEN:
                return f"{value}/10"
            case Type.NUMBER | Type.COUNT:
                return formats.number(cast(Decimal, value), locale=locale)
        return str(value)


class WholeYears(models.Func):
    """Anniversaries passed since a date column, on a day; never negative, and unknown when the date is."""

    # On dates without hours, so no time zone moves a birthday. `greatest` alone would turn an unknown date into 0.
    template = "extract(year from age(greatest(%(on)s::timestamp, %(since)s), %(since)s))::int"
    output_field = models.IntegerField()

    def __init__(self, since: F, on: date, **extra: Any) -> None:
        super().__init__(since, **extra)
        self.on = on

    def as_sql(self, compiler: Any, connection: Any, *_unused: Any, **extra: Any) -> tuple[str, Any]:
        since, parameters = compiler.compile(self.get_source_expressions()[0])
        return self.template % {"on": "%s", "since": since}, (self.on, *parameters, *parameters)


def whole_years(since: date, on: date) -> int:
    """Anniversaries passed since a date, on a day; never negative. Someone born on 29 February grows older on 1 March."""
    return max(on.year - since.year - ((on.month, on.day) < (since.month, since.day)), 0)


def _client(key: str, group: Group, type: Type, *, field: str = "", **details: Any) -> Attribute:
    return Attribute(key=key, group=group, type=type, holder=Holder.CLIENT, field=field or key, **details)


def _person(key: str, group: Group, type: Type, *, field: str = "", **details: Any) -> Attribute:
    return Attribute(key=key, group=group, type=type, holder=Holder.PERSON, field=field or key, **details)


def _money(key: str, group: Group) -> Attribute:
    return _client(key, group, Type.MONEY, unit=Unit.CURRENCY)


# In the order people read them.
CATALOGUE: tuple[Attribute, ...] = (
    _client("name", Group.IDENTITY, Type.TEXT),
    _client("kind", Group.IDENTITY, Type.CHOICE),
    _client("status", Group.IDENTITY, Type.CHOICE),
    _client("external_reference", Group.IDENTITY, Type.TEXT),
    _client("adviser", Group.IDENTITY, Type.TEXT),
    _person("title", Group.IDENTITY, Type.TEXT),
    _person("first_name", Group.IDENTITY, Type.TEXT),
    _person("last_name", Group.IDENTITY, Type.TEXT),
    _person("email", Group.CONTACT, Type.TEXT),
    _person("phone", Group.CONTACT, Type.TEXT),
    _client("language", Group.CONTACT, Type.CHOICE),
    _client("preferred_channel", Group.PSYCHOGRAPHIC, Type.CHOICE),
    _person("birth_date", Group.DEMOGRAPHIC, Type.DATE),
    _person("age", Group.DEMOGRAPHIC, Type.NUMBER, field="birth_date", unit=Unit.YEARS, in_years=True, own_label=_("Age")),
    _person("occupation", Group.DEMOGRAPHIC, Type.TEXT),
    _client("city", Group.DEMOGRAPHIC, Type.TEXT),
    _client("postal_code", Group.DEMOGRAPHIC, Type.TEXT),
    _client("province", Group.DEMOGRAPHIC, Type.TEXT),
    _client("marital_status", Group.DEMOGRAPHIC, Type.CHOICE),
    _client("matrimonial_regime", Group.DEMOGRAPHIC, Type.TEXT),
    _client("children", Group.DEMOGRAPHIC, Type.COUNT),
    _money("income", Group.DEMOGRAPHIC),
    _money("net_worth", Group.DEMOGRAPHIC),
    _client("marginal_tax_rate", Group.DEMOGRAPHIC, Type.NUMBER, unit=Unit.PERCENT),
    _client("wealth_tax", Group.DEMOGRAPHIC, Type.YES_NO),
    _client("risk_attitude", Group.PSYCHOGRAPHIC, Type.CHOICE),
    _client("desired_relationship", Group.PSYCHOGRAPHIC, Type.CHOICE),
    _money("aum", Group.ECONOMIC),
    _money("annual_revenue", Group.ECONOMIC),
    _client("referrals_12_months", Group.ECONOMIC, Type.COUNT),
    _client("potential", Group.RELATIONSHIP, Type.OUT_OF_TEN),
    _client("relationship_quality", Group.RELATIONSHIP, Type.OUT_OF_TEN),
    _client("prescription", Group.RELATIONSHIP, Type.OUT_OF_TEN),
    _client("client_since", Group.RELATIONSHIP, Type.DATE),
    _client("tenure", Group.RELATIONSHIP, Type.NUMBER, field="client_since", unit=Unit.YEARS, in_years=True, own_label=_("Tenure")),
    _client("next_review_on", Group.RELATIONSHIP, Type.DATE),
)

_BY_KEY = {found.key: found for found in CATALOGUE}


class Catalogue(Mapping[str, Attribute]):
    """What one firm knows of a client, by key, in the order people read it."""

    def __init__(self, attributes: Iterable[Attribute]) -> None:
        self._by_key = {found.key: found for found in attributes}

    def __getitem__(self, key: str) -> Attribute:
        try:
            return self._by_key[key]
        except KeyError:
            raise UnknownAttribute(key) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)


def catalogue_of(firm_id: int) -> Catalogue:
    """The catalogue of a firm."""
    return Catalogue(CATALOGUE)


def attribute(key: str) -> Attribute:
    try:
        return _BY_KEY[key]
    except KeyError:
        raise UnknownAttribute(key) from None


def by_group(attributes: tuple[Attribute, ...] = CATALOGUE) -> Iterator[tuple[Group, list[Attribute]]]:
    """Groups that hold any of the attributes, in order: for menus of fields."""
    for group in Group:
        found = [candidate for candidate in attributes if candidate.group is group]
        if found:
            yield group, found
