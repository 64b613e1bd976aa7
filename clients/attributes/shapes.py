"""What an attribute is: its label, type and unit, how a statement reads it, how rows read it, how people see it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from django.db.models import Expression
from django.utils.translation import gettext, ngettext

from clients.models import AttributeGroup as Group
from clients.models import Client, Person
from firms import formats
from firms.models import Firm

# Several choices are a tuple, in the order in which the attribute lists them.
AttributeValue = Decimal | int | str | bool | date | tuple[str, ...] | None


class UnknownAttribute(KeyError):
    """No attribute of the catalogue has this key."""


class Type(Enum):
    NUMBER = "number"
    MONEY = "money"
    COUNT = "count"
    OUT_OF_TEN = "out_of_ten"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"
    YES_NO = "yes_no"


NUMERIC = frozenset({Type.NUMBER, Type.MONEY, Type.COUNT, Type.OUT_OF_TEN})


class Unit(Enum):
    NONE = ""
    CURRENCY = "currency"  # the firm's
    YEARS = "years"
    PERCENT = "percent"


@dataclass(frozen=True, kw_only=True)
class Attribute(ABC):
    """One thing known of a client. Empty text and no choice at all mean not known, and read as None everywhere."""

    key: str
    group: Group
    type: Type
    unit: Unit = Unit.NONE

    @property
    @abstractmethod
    def label(self) -> str:
        """In the active language, with a capital."""

    @property
    def definition(self) -> str:
        """What everyone in the firm understands by it, in the active language; empty where the label says it all."""
        return ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(stored value, label in the active language) of what may be chosen; empty for attributes without choices."""
        return []

    @property
    def every_choice(self) -> list[tuple[str, str]]:
        """The same with what is no longer offered: what a client may have, and a condition may ask for."""
        return self.choices

    @property
    def is_numeric(self) -> bool:
        return self.type in NUMERIC

    @property
    def is_writable(self) -> bool:
        """Whether a form or an import may set it."""
        return False

    @property
    def is_archived(self) -> bool:
        """No longer offered; what uses it goes on."""
        return False

    @property
    def is_counted(self) -> bool:
        """Whether it is read from other rows than the client's and its primary person's: referrals, amounts."""
        return False

    @property
    def is_scorable(self) -> bool:
        """Whether a criterion may weigh it: it describes a client and does not name one, and has one value to give points to.

        Several choices are for conditions. Nothing of a client's personality is in the catalogue, so none of it is scored.
        """
        return self.group not in {Group.IDENTITY, Group.CONTACT} and self.type not in {Type.DATE, Type.CHOICES}

    @abstractmethod
    def expression(self, *, on: date | None = None) -> Expression:
        """Read it in a statement over Client; `on` is the day that ages, tenures and the last 12 months are counted to, today by default.

        Several choices are a `text[]`, never an empty one.
        """

    @abstractmethod
    def value_of(self, client: Client, person: Person | None, *, on: date | None = None) -> AttributeValue:
        """The same from rows at hand; `person` is the client's primary person. What is counted reads the client's referrals
        and amounts: prefetch them where there are many clients."""

    def label_of(self, choice: str) -> str:
        """The label of a stored choice, one no longer offered too."""
        return dict(self.choices).get(choice, choice)

    def marked_label_of(self, choice: str) -> str:
        """The same, said to be archived where it is."""
        label = self.label_of(choice)
        return label if choice in dict(self.choices) else gettext("%(choice)s (archived)") % {"choice": label}

    def display(self, value: Any, *, firm: Firm) -> str:
        """As a reader of the active language sees it; empty when not known."""
        if value is None or value == "":
            return ""
        locale = formats.babel_locale(firm.region)
        if self.unit is Unit.YEARS:
            return ngettext("%(years)s year", "%(years)s years", formats.plural_of(value)) % {"years": value}
        if self.unit is Unit.PERCENT:
            return formats.percent(Decimal(value) / 100, locale=locale)
        match self.type:
            case Type.MONEY:
                return formats.money(value, currency=firm.currency, locale=locale)
            case Type.DATE:
                return formats.day(value, locale=locale)
            case Type.CHOICE:
                return self.label_of(str(value))
            case Type.CHOICES:
                return ", ".join(self.label_of(choice) for choice in cast(Iterable[str], value))
            case Type.YES_NO:
                return gettext("Yes") if value else gettext("No")
            case Type.OUT_OF_TEN:
                return f"{formats.number(value, locale=locale)}/10"
            case Type.NUMBER | Type.COUNT:
                return formats.number(value, locale=locale)
        return str(value)
