"""Attributes that a firm defines: what may be stored of each, and how it reads. Nothing else writes or reads `Client.own`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Expression
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from clients.attributes.shapes import Attribute, AttributeValue, Type
from clients.models import Client, Person
from firms.formats import in_language

PREFIX = "own."
LONGEST_TEXT = 500
# Figures are kept to 1/10 000, money to the cent.
_PLACES = {Type.NUMBER: 4, Type.MONEY: 2}
_MOST = Decimal(10) ** 12


@dataclass(frozen=True)
class Choice:
    value: str
    en: str
    fr: str
    # No longer offered: clients who have it keep it.
    archived: bool = False

    @property
    def label(self) -> str:
        return in_language(en=self.en, fr=self.fr)


class _Choices(ArrayField):  # type: ignore[type-arg]
    """A `text[]` that reads as a tuple."""

    def from_db_value(self, value: list[str] | None, *_unused: Any) -> tuple[str, ...] | None:
        return None if value is None else tuple(value)


class _Held(models.Func):
    """The choices of a JSON array as a `text[]`, in their order; NULL where there is no array."""

    template = "(SELECT array_agg(choice ORDER BY place) FROM jsonb_array_elements_text(%(expressions)s) WITH ORDINALITY AS held (choice, place))"
    output_field = _Choices(models.TextField())


@dataclass(frozen=True, kw_only=True)
class OwnAttribute(Attribute):
    slug: str
    label_en: str
    label_fr: str
    definition_en: str = ""
    definition_fr: str = ""
    all_choices: tuple[Choice, ...] = ()
    archived: bool = False

    _FIELDS: ClassVar[dict[Type, models.Field[Any, Any]]] = {
        Type.NUMBER: models.DecimalField(max_digits=16, decimal_places=4),
        Type.MONEY: models.DecimalField(max_digits=14, decimal_places=2),
        Type.DATE: models.DateField(),
        Type.YES_NO: models.BooleanField(),
    }

    @property
    def label(self) -> str:
        return in_language(en=self.label_en, fr=self.label_fr)

    @property
    def definition(self) -> str:
        return in_language(en=self.definition_en, fr=self.definition_fr)

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(choice.value, choice.label) for choice in self.all_choices if not choice.archived]

    @property
    def every_choice(self) -> list[tuple[str, str]]:
        return [(choice.value, choice.label) for choice in self.all_choices]

    @property
    def is_writable(self) -> bool:
        return not self.archived

    @property
    def is_archived(self) -> bool:
        return self.archived

    def label_of(self, choice: str) -> str:
        return next((found.label for found in self.all_choices if found.value == choice), choice)

    def expression(self, *, on: date | None = None) -> Expression:
        if self.type is Type.CHOICES:
            return _Held(KeyTransform(self.slug, "own"))
        text = KeyTextTransform(self.slug, "own")
        return Cast(text, self._FIELDS[self.type]) if self.type in self._FIELDS else text

    def value_of(self, client: Client, person: Person | None, *, on: date | None = None) -> AttributeValue:
        return self.read(client.own.get(self.slug))

    def read(self, stored: Any) -> AttributeValue:
        """A value as `clean` stored it."""
        if stored is None:
            return None
        match self.type:
            case Type.NUMBER | Type.MONEY:
                return Decimal(stored)
            case Type.DATE:
                return date.fromisoformat(stored)
            case Type.CHOICES:
                return tuple(stored)
        return stored  # type: ignore[no-any-return]

    def clean(self, value: Any, *, kept: Any = None) -> Any:
        """What to store for a value as Python has it, or as JSON would; None for none. `kept` is what is stored now: a choice
        no longer offered may stay. Raises ValidationError, in words."""
        if value is None or value == "" or (self.type is Type.CHOICES and not value):
            return None
        match self.type:
            case Type.NUMBER | Type.MONEY:
                return self._clean_figure(value)
            case Type.DATE:
                return self._clean_date(value)
            case Type.YES_NO:
                if not isinstance(value, bool):
                    raise ValidationError(_("Answer yes or no."))
                return value
            case Type.CHOICE:
                return self._clean_choices([value], kept=[kept])[0]
            case Type.CHOICES:
                if isinstance(value, str) or not isinstance(value, Iterable):
                    raise ValidationError(_("Give a list of choices."))
                return self._clean_choices(list(value), kept=kept or ())
        if not isinstance(value, str):
            raise ValidationError(_("Write a text."))
        if len(value) > LONGEST_TEXT or "\0" in value:
            raise ValidationError(_("At most %(most)s characters.") % {"most": LONGEST_TEXT})
        return value.strip() or None

    def _clean_figure(self, value: Any) -> str:
        try:
            if isinstance(value, bool | float):
                value = str(value)
            figure = round(Decimal(value), _PLACES[self.type])
        except (ArithmeticError, TypeError, ValueError):
            raise ValidationError(_("Enter a number.")) from None
        if not figure.is_finite() or abs(figure) >= _MOST:
            raise ValidationError(_("This figure is too large."))
        # 12.50 and 12.5 are stored alike, so that a comparison of what was and what is tells the truth. No figure is minus nothing.
        return format(figure.normalize() + 0, "f")

    @staticmethod
    def _clean_date(value: Any) -> str:
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError(_("Enter a date.")) from None
        return day.isoformat()[:10]

    def _clean_choices(self, values: list[Any], *, kept: Iterable[Any]) -> list[str]:
        """In the order in which the attribute lists them, each once."""
        allowed = {choice.value for choice in self.all_choices if not choice.archived} | set(kept)
        if any(not isinstance(value, str) or value not in allowed for value in values):
            raise ValidationError(_("Choose among the values offered."))
        return [choice.value for choice in self.all_choices if choice.value in values]
