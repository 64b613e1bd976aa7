"""Attributes that are a field of the client or of its primary person, or whole years counted from one."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, cast

from django.db import models
from django.db.models import Expression, F, OuterRef, Subquery, Value
from django.db.models.functions import NullIf
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language
from django_stubs_ext import StrPromise

from clients.attributes.shapes import Attribute, AttributeValue, Type
from clients.models import Client, Person


class Holder(Enum):
    """Whose field it is."""

    CLIENT = Client
    PERSON = Person  # the primary one


# A page may ask for fifty labels, some of them several times.
@cache
def _label_of(field: "models.Field[Any, Any]", _language: str | None) -> str:
    return str(capfirst(str(field.verbose_name)))


@dataclass(frozen=True, kw_only=True)
class FieldAttribute(Attribute):
    holder: Holder
    # The field it is read from: its own, or for whole years the date they are counted from.
    field: str
    # Counted in whole years from `field`: readable, never written.
    in_years: bool = False
    own_label: StrPromise | None = None
    said: StrPromise | None = None

    @property
    def label(self) -> str:
        if self.own_label is not None:
            return str(self.own_label)
        return _label_of(self.model_field, get_language())

    @property
    def definition(self) -> str:
        return str(self.said or "")

    @property
    def model_field(self) -> "models.Field[Any, Any]":
        return cast("models.Field[Any, Any]", self.holder.value._meta.get_field(self.field))

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in self.model_field.flatchoices if value] if self.type is Type.CHOICE else []

    @property
    def is_writable(self) -> bool:
        """The adviser is matched to a user, not written as text."""
        return not self.in_years and not self.model_field.is_relation

    def expression(self, *, on: date | None = None) -> Expression:
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
        holder = client if self.holder is Holder.CLIENT else person
        found = getattr(holder, self.field) if holder is not None else None
        if found is None or found == "":
            return None
        if self.in_years:
            return whole_years(found, on or timezone.localdate())
        return str(found) if self.model_field.is_relation or self.type in {Type.TEXT, Type.CHOICE} else cast(AttributeValue, found)


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
