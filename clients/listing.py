"""The columns of the client list and what stands in them: the catalogue's attributes, and what other rooms add."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.html import format_html

from clients.attributes import CATALOGUE, Attribute, AttributeValue
from clients.columns import Column, registered_columns
from clients.models import Client, Status
from firms.guard import FirmRequest

# The name is always there, and leads to the client.
_OFFERED = {found.key: found for found in CATALOGUE if found.key not in {"name", "title", "first_name", "last_name"}}
_DEFAULT = ("status", "adviser", "aum", "client_since")
_PREFIX = "shown_"
_TONES = {Status.CLIENT: "good", Status.PROSPECT: "info", Status.FORMER: "neutral"}


@dataclass(frozen=True)
class Heading:
    key: str
    label: str
    is_numeric: bool = False


@dataclass(frozen=True)
class Row:
    client: Client
    cells: list[tuple[Heading, str]]


class Columns:
    """What a reader chose to see, in the catalogue's order, other rooms' columns first."""

    def __init__(self, chosen: Iterable[str]) -> None:
        keys = set(chosen)
        added = registered_columns()
        if not keys & (_OFFERED.keys() | {column.key for column in added}):
            keys = {*_DEFAULT, *(column.key for column in added if column.default)}
        self.added: list[Column] = [column for column in added if column.key in keys]
        self.attributes: list[Attribute] = [found for key, found in _OFFERED.items() if key in keys]

    @property
    def headings(self) -> list[Heading]:
        return [
            *(Heading(column.key, str(column.label)) for column in self.added),
            *(Heading(found.key, found.label, found.is_numeric) for found in self.attributes),
        ]

    @property
    def offered(self) -> list[tuple[str, str, bool]]:
        """(key, label, whether it is shown), for the menu of columns."""
        shown = {heading.key for heading in self.headings}
        labels = [(column.key, str(column.label)) for column in registered_columns()] + [(key, found.label) for key, found in _OFFERED.items()]
        return [(key, label, key in shown) for key, label in labels]

    def read(self, clients: QuerySet[Client]) -> QuerySet[Client]:
        """The clients with what the columns need, in the same statement."""
        return clients.annotate(**{_PREFIX + found.key: found.expression() for found in self.attributes})

    def value(self, client: Client, found: Attribute) -> AttributeValue:
        value: AttributeValue = getattr(client, _PREFIX + found.key)
        return value

    def rows(self, request: FirmRequest, clients: Sequence[Client]) -> list[Row]:
        cells = [(Heading(column.key, str(column.label)), column.cells(request, clients)) for column in self.added]
        headings = [(found, Heading(found.key, found.label, found.is_numeric)) for found in self.attributes]
        return [
            Row(
                client,
                [
                    *((heading, by_client.get(client.pk, "")) for heading, by_client in cells),
                    *((heading, self._cell(request, client, found)) for found, heading in headings),
                ],
            )
            for client in clients
        ]

    def _cell(self, request: FirmRequest, client: Client, found: Attribute) -> str:
        value: Any = self.value(client, found)
        shown = found.display(value, firm=request.firm)
        if found.key == "status":
            return format_html('<span class="badge badge-{}">{}</span>', _TONES[Status(value)], shown)
        return shown
