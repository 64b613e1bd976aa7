"""The columns of the client list and what stands in them: the catalogue's attributes, and what other rooms add."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from advisory_crm.template_tags import draw_avatar
from clients.attributes import Attribute, AttributeValue, Catalogue
from clients.columns import Column, registered_columns
from clients.models import Client, Status
from firms.guard import FirmRequest
from firms.templatetags.formats import UNKNOWN

# The name is always there, and leads to the client.
_NOT_OFFERED = frozenset({"name", "title", "first_name", "last_name"})
_DEFAULT = ("status", "adviser", "aum", "client_since")
_PREFIX = "shown_"
_NUMERIC = mark_safe(' class="num"')
_TONES = {Status.CLIENT: "good", Status.PROSPECT: "info", Status.FORMER: "neutral"}


@dataclass(frozen=True)
class Heading:
    key: str
    label: str
    is_numeric: bool = False


def _name(client: Client) -> SafeString:
    address = reverse("client_detail", args=[client.pk])
    archived = format_html('<span class="badge badge-neutral">{}</span>', gettext("Archived")) if client.archived_at else ""
    return format_html('<div class="row">{}<a href="{}">{}</a>{}</div>', draw_avatar(client.name), address, client.name, archived)


def _shown(found: Attribute) -> str:
    """What a column's value is called in the statement; the keys of the firm's own attributes hold a dot."""
    return _PREFIX + found.key.replace(".", "_")


@dataclass(frozen=True)
class Row:
    """One client as HTML, made here and not by a template: components in each of fifty rows were a sixth of the page's function calls."""

    client: Client
    name: SafeString
    cells: SafeString


class Columns:
    """What a reader chose to see, in the catalogue's order, other rooms' columns first."""

    def __init__(self, chosen: Iterable[str], catalogue: Catalogue) -> None:
        keys = set(chosen)
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
            *(Heading(found.key, found.label, found.is_numeric) for found in self.attributes),
        ]

    @property
    def offered(self) -> list[tuple[str, str, bool]]:
        """(key, label, whether it is shown), for the menu of columns."""
        shown = {heading.key for heading in self.headings}
        labels = [(column.key, str(column.label)) for column in registered_columns()] + [(key, found.label) for key, found in self._offered.items()]
        return [(key, label, key in shown) for key, label in labels]

    def read(self, clients: QuerySet[Client]) -> QuerySet[Client]:
        """The clients with what the columns need, in the same statement."""
        return clients.annotate(**{_shown(found): found.expression() for found in self.attributes})

    def value(self, client: Client, found: Attribute) -> AttributeValue:
        value: AttributeValue = getattr(client, _shown(found))
        return value

    def rows(self, request: FirmRequest, clients: Sequence[Client]) -> list[Row]:
        added = [column.cells(request, clients) for column in self.added]
        return [
            Row(
                client,
                _name(client),
                format_html_join(
                    "",
                    "<td{}>{}</td>",
                    [
                        *(("", by_client.get(client.pk) or UNKNOWN) for by_client in added),
                        *((_NUMERIC if found.is_numeric else "", self._cell(request, client, found) or UNKNOWN) for found in self.attributes),
                    ],
                ),
            )
            for client in clients
        ]

    def _cell(self, request: FirmRequest, client: Client, found: Attribute) -> str:
        value: Any = self.value(client, found)
        shown = found.display(value, firm=request.firm)
        if found.key == "status":
            return format_html('<span class="badge badge-{}">{}</span>', _TONES[Status(value)], shown)
        return shown
