"""What is known of one client, group by group, for its page."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from clients.attributes import CATALOGUE, Attribute, Group, catalogue_of
from clients.models import Client, Person
from firms.models import Firm

# What decides the service first.
_GROUPS = (Group.ECONOMIC, Group.PRODUCTS, Group.RELATIONSHIP, Group.DEMOGRAPHIC, Group.PSYCHOGRAPHIC)


@dataclass(frozen=True)
class Known:
    attribute: Attribute
    label: str
    value: Any
    shown: str


@dataclass(frozen=True)
class Section:
    """A group: what is known, and the labels of what is not."""

    group: Group
    known: list[Known]
    unknown: str

    @property
    def title(self) -> str:
        return str(self.group.label)


_COUNTED = "counted_"


def with_counted(clients: QuerySet[Client], *, on: date) -> QuerySet[Client]:
    """The clients with what is counted from other rows to a day, in the same statement."""
    return clients.annotate(**{_COUNTED + found.key: found.expression(on=on) for found in CATALOGUE if found.is_counted})


def counted_value(client: Client, key: str) -> Any:
    """What `with_counted` read."""
    return getattr(client, _COUNTED + key)


def overview_of(client: Client, *, people: list[Person], firm: Firm) -> list[Section]:
    """Of a client read `with_counted`. One statement: the firm's own attributes."""
    catalogue = catalogue_of(firm.pk)
    primary = next((person for person in people if person.is_primary), None)
    sections = []
    for group in _GROUPS:
        members = [found for found in catalogue.values() if found.group is group]
        values = [(found, counted_value(client, found.key) if found.is_counted else found.value_of(client, primary)) for found in members]
        told = [Known(found, catalogue.labels[found.key], value, found.display(value, firm=firm)) for found, value in values]
        unknown = ", ".join(each.label for each in told if not each.shown)
        sections.append(Section(group, [each for each in told if each.shown], unknown))
    return sections
