"""What is known of one client, group by group, for its page."""

from dataclasses import dataclass
from typing import Any

from clients.attributes import Attribute, Catalogue, Group, catalogue_of
from clients.models import Client, Person
from firms.models import Firm

# What decides the service first.
_GROUPS = (Group.ECONOMIC, Group.PRODUCTS, Group.RELATIONSHIP, Group.DEMOGRAPHIC, Group.PSYCHOGRAPHIC)


@dataclass(frozen=True)
class Known:
    attribute: Attribute
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


def counted_values(client: Client, catalogue: Catalogue) -> dict[str, Any]:
    """What is counted from other rows, by key: one statement for all."""
    counted = {f"counted_{key}": found.expression() for key, found in catalogue.items() if found.is_counted}
    row = Client.objects.filter(firm_id=client.firm_id, pk=client.pk).values(**counted).get()
    return {name.removeprefix("counted_"): value for name, value in row.items()}


def overview_of(client: Client, *, people: list[Person], firm: Firm) -> list[Section]:
    """Two statements: the firm's own attributes, and what is counted."""
    catalogue = catalogue_of(firm.pk)
    counted = counted_values(client, catalogue)
    primary = next((person for person in people if person.is_primary), None)
    sections = []
    for group in _GROUPS:
        values = [
            (found, counted[key] if found.is_counted else found.value_of(client, primary)) for key, found in catalogue.items() if found.group is group
        ]
        known = [Known(found, value, shown) for found, value in values if (shown := found.display(value, firm=firm))]
        unknown = ", ".join(found.label for found, value in values if not found.display(value, firm=firm))
        sections.append(Section(group, known, unknown))
    return sections
