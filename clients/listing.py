"""The columns of the client list and what stands in them: the catalogue's attributes, and what other rooms add."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from advisory_crm.addresses import address_pattern
from advisory_crm.template_tags import draw_avatar, fill_html
from clients.attributes import Attribute, AttributeValue, Catalogue, Type, is_built_in
from clients.columns import Column, registered_columns
from clients.models import Client, Status
from firms.guard import FirmRequest
from firms.templatetags.formats import UNKNOWN

# The name is always there, and leads to the client.
_NOT_OFFERED = frozenset({"name", "title", "first_name", "last_name"})
_DEFAULT = ("status", "adviser", "aum", "client_since")
_PREFIX = "shown_"
_TONES = {Status.CLIENT: "good", Status.PROSPECT: "info", Status.FORMER: "neutral"}


@dataclass(frozen=True)
class Heading:
    key: str
    label: str
    is_numeric: bool = False


def _name(client: Client) -> SafeString:
    address = address_pattern("client_detail").format(client.pk)
    archived = fill_html('<span class="badge badge-neutral">{}</span>', gettext("Archived")) if client.archived_at else ""
    return fill_html('<div class="row">{}<a href="{}">{}</a>{}</div>', draw_avatar(client.name), address, client.name, archived)


def _shown(found: Attribute) -> str:
    """What a column's value is called in the statement; the keys of the firm's own attributes hold a dot."""
    return _PREFIX + found.key.replace(".", "_")


def read_attributes(clients: QuerySet[Client], attributes: Iterable[Attribute], *, on: date | None = None) -> QuerySet[Client]:
    """The clients with the values of attributes, which `Columns.value` finds."""
    return clients.annotate(**{_shown(found): found.expression(on=on) for found in attributes})


def _worded(found: Attribute, value: Any, request: FirmRequest) -> str:
    shown = found.display(value, firm=request.firm)
    return fill_html('<span class="badge badge-{}">{}</span>', _TONES[Status(value)], shown) if found.key == "status" else shown


class Columns:
    """What a reader chose to see, in the catalogue's order, other rooms' columns first."""

    def __init__(self, chosen: Iterable[str], catalogue: Catalogue) -> None:
        keys, self._labels = set(chosen), catalogue.labels
        self._offered = {key: found for key, found in catalogue.items() if key not in _NOT_OFFERED}
        added = registered_columns()
        if not keys & (self._offered.keys() | {column.key for column in added}):
            keys = {*_DEFAULT, *(column.key for column in added if column.default)}
        self.added: list[Column] = [column for column in added if column.key in keys]
        self.attributes: list[Attribute] = [found for key, found in self._offered.items() if key in keys]

    @property
    def headings(self) -> list[Heading]:
        return [
            *(Heading(column.key, str(column.label)) for column in self.added),
            *(Heading(found.key, self._labels[found.key], found.is_numeric) for found in self.attributes),
        ]

    @property
    def offered(self) -> list[tuple[str, str, bool]]:
        """(key, label, whether it is shown), for the menu of columns."""
        shown = {*(column.key for column in self.added), *(found.key for found in self.attributes)}
        labels = [(column.key, str(column.label)) for column in registered_columns()] + [(key, self._labels[key]) for key in self._offered]
        return [(key, label, key in shown) for key, label in labels]

    def read(self, clients: QuerySet[Client]) -> QuerySet[Client]:
        """The clients with what the columns need, in the same statement."""
        return read_attributes(clients, self.attributes)

    @property
    def built_in(self) -> tuple[str, ...] | None:
        """The keys of the attributes, when none is the firm's own."""
        keys = tuple(found.key for found in self.attributes)
        return keys if all(map(is_built_in, keys)) else None

    def value(self, client: Client, found: Attribute) -> AttributeValue:
        value: AttributeValue = getattr(client, _shown(found))
        return value

    def rows(self, request: FirmRequest, clients: Sequence[Client]) -> SafeString:
        """The rows of a page, made here and not by a template: each of its variables in each of fifty rows would be looked up by name."""
        added = [column.cells(request, clients) for column in self.added]
        columns = [self._cells(request, clients, found) for found in self.attributes]
        rows = []
        for place, client in enumerate(clients):
            cells = [fill_html("<td>{}</td>", by_client.get(client.pk) or UNKNOWN) for by_client in added] + [column[place] for column in columns]
            rows.append(f'<tr><th scope="row">{_name(client)}</th>{"".join(cells)}</tr>')
        return mark_safe("\n".join(rows))  # noqa: S308  names and cells are drawn escaped

    def _cells(self, request: FirmRequest, clients: Sequence[Client], found: Attribute) -> list[SafeString]:
        """One column of a page; a value that several clients share, such as their adviser, is worded once."""
        kind = "num" if found.is_numeric else "nowrap" if found.type is Type.DATE else ""
        pattern = f'<td class="{kind}">{{}}</td>' if kind else "<td>{}</td>"
        drawn: dict[AttributeValue, SafeString] = {}
        cells = []
        for client in clients:
            value = self.value(client, found)
            if value not in drawn:
                drawn[value] = fill_html(pattern, _worded(found, value, request) or UNKNOWN)
            cells.append(drawn[value])
        return cells
