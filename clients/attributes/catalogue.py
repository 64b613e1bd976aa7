"""The catalogue of one firm: the built-in attributes and the firm's own."""

from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from functools import cache, cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import get_language

from clients.attributes.built_in import CATALOGUE
from clients.attributes.own import PREFIX, Choice, OwnAttribute
from clients.attributes.products import PRODUCTS, SHIPPED, products_attribute
from clients.attributes.shapes import Attribute, Type, Unit, UnknownAttribute
from clients.models import AttributeDefinition
from clients.models import AttributeGroup as Group
from firms.models import Firm
from firms.statements import given, kept_statement

_BUILT_IN = {found.key: found for found in CATALOGUE}
# What an attribute is made of.
_READ = ("slug", "group", "type", "label_en", "label_fr", "definition_en", "definition_fr", "choices", "archived_at")


@kept_statement
def _definitions() -> QuerySet[Firm, tuple[Any, ...]]:
    """The firm's region and the attributes that it defined."""
    definitions = AttributeDefinition.objects.filter(firm_id=OuterRef("pk")).order_by("pk")
    read = ArraySubquery(definitions.values(json=JSONObject(**{name: name for name in _READ})))
    return Firm.objects.filter(pk=given("firm")).order_by().values_list("region", read)


class Catalogue(Mapping[str, Attribute]):
    """What one firm knows of a client, by key, in the order people read it.

    Archived attributes are found by their key, for what still uses them, and not listed. The firm's own attributes are read
    once, when first needed: one statement, none for who asks for built-in ones alone.
    """

    def __init__(self, firm_id: int) -> None:
        self._firm_id = firm_id

    @cached_property
    def own(self) -> dict[str, OwnAttribute]:
        """The firm's own attributes by key, archived ones and the products held included."""
        ((region, rows),) = _definitions().rows(firm=self._firm_id)
        own = {found.key: found for found in map(_defined, rows)}
        own.setdefault(PRODUCTS, products_attribute(SHIPPED[region]))
        return own

    @cached_property
    def _listed(self) -> dict[str, Attribute]:
        keys = (*_BUILT_IN, *(key for key in self.own if key != PRODUCTS))
        return {key: found for key in keys if not (found := self[key]).is_archived}

    @cached_property
    def labels(self) -> dict[str, str]:
        """What each listed attribute is called, by key, in the active language: a catalogue lives no longer than a page."""
        built_in = _built_in_labels(get_language())
        return {key: built_in.get(key) or found.label for key, found in self._listed.items()}

    def __getitem__(self, key: str) -> Attribute:
        found = self.own.get(key) if key.startswith(PREFIX) or key == PRODUCTS else _BUILT_IN.get(key)
        if found is None:
            raise UnknownAttribute(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    # A page goes through all of it several times.
    def items(self) -> ItemsView[str, Attribute]:
        return self._listed.items()

    def values(self) -> ValuesView[Attribute]:
        return self._listed.values()


# A page has fifty of them.
@cache
def _built_in_labels(_language: str | None) -> dict[str, str]:
    return {key: found.label for key, found in _BUILT_IN.items()}


def _defined(row: dict[str, Any]) -> OwnAttribute:
    if row["slug"] == PRODUCTS:
        return products_attribute(tuple(Choice(**choice) for choice in row["choices"]))
    return OwnAttribute(
        key=PREFIX + row["slug"],
        slug=row["slug"],
        group=Group(row["group"]),
        type=Type(row["type"]),
        unit=Unit.CURRENCY if row["type"] == Type.MONEY.value else Unit.NONE,
        label_en=row["label_en"],
        label_fr=row["label_fr"],
        definition_en=row["definition_en"],
        definition_fr=row["definition_fr"],
        all_choices=tuple(Choice(**choice) for choice in row["choices"]),
        archived=row["archived_at"] is not None,
    )


def catalogue_of(firm_id: int) -> Catalogue:
    """The catalogue of a firm. Ask once a page: what it read of the firm stays in it."""
    return Catalogue(firm_id)


def attribute(key: str) -> Attribute:
    """A built-in attribute."""
    try:
        return _BUILT_IN[key]
    except KeyError:
        raise UnknownAttribute(key) from None


def is_built_in(key: str) -> bool:
    """Whether every firm has it and reads it alike."""
    return key in _BUILT_IN and key != PRODUCTS


def by_group(attributes: Iterable[Attribute] = CATALOGUE) -> Iterator[tuple[Group, list[Attribute]]]:
    """Groups that hold any of the attributes, in order: for menus of fields."""
    attributes = list(attributes)
    for group in Group:
        found = [candidate for candidate in attributes if candidate.group is group]
        if found:
            yield group, found
