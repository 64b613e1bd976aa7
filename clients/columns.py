"""Where higher rooms add to the client's pages, when their app is ready.

This room knows nothing of segments or touchpoints; they register a column of the list, a filter of the list, something to do
with all the clients listed, a panel of the client's page or a source of its history here, each read in a bounded number of statements.

    # segmentation/apps.py
    def ready(self) -> None:
        from segmentation import client_pages
        register_column(Column(key="segment", label=_("Segment"), cells=client_pages.segment_cells, default=True))
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from django.db.models import Model
from django_stubs_ext import StrPromise

from clients.models import Client
from firms.middleware import FirmRequest
from firms.models import Firm, User
from firms.permissions import Permission


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the client list. `cells` gives the HTML of each client by primary key, for a whole page at once."""

    key: str
    label: str | StrPromise
    cells: Callable[[FirmRequest, Sequence[Client]], Mapping[int, str]]
    # Plain text of the same for the exported list, by primary key.
    texts: Callable[[User, Sequence[Client]], Mapping[int, str]]
    # Shown until the reader chooses columns.
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class ListFilter:
    """A filter of the client list: `build` makes a django-filter filter over Client for a reader, such as a ChoiceFilter with a `method`."""

    key: str
    build: Callable[[User], Any]


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """Something to do with every client the list shows, page after page: a link in its menu of actions.

    `url_name` is a page that asks and confirms. It receives the list's own address (`?saved=3&q=roy`), and `clients.filters.asked_clients`
    gives it the same clients; `clients.assigning.Selection` notices when they are no longer those that were confirmed.
    """

    key: str
    label: str | StrPromise
    icon: str
    url_name: str
    permission: Permission


class Place(Enum):
    """Where a panel stands on the client's page."""

    HEADER = "header"  # beside the name: a chip, a line
    OVERVIEW = "overview"  # a card of the first tab
    SEGMENT = "segment"  # the tab of the segments: why and since when
    YEAR = "year"  # the tab of the service year


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A part of the client's page: `render` gives its HTML, empty for nothing."""

    key: str
    place: Place
    render: Callable[[FirmRequest, Client], str]
    # Lower comes first.
    order: int = 100


@dataclass(frozen=True)
class Line:
    """One value of a change, worded: what it was (empty for nothing) and what it became."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One entry of a client's history. In an `update` every line shows before and after; in a `decide` only where there is a before."""

    when: datetime
    # Empty for a program.
    who: str
    what: str
    action: Literal["insert", "update", "delete", "decide"]
    lines: list[Line] = field(default_factory=list)
    # What was done, in a word or two, and its icon, where the action does not say it all.
    said: str = ""
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class HistorySource:
    """Rows of another room that belong to a client's history: a pghistory event model with a `client_id` column."""

    event: type[Model]
    # What kind of thing changed, in the history's lines.
    label: str | StrPromise


@dataclass(frozen=True, kw_only=True)
class HistoryReader:
    """Another room's rows that are their own history, told by `read` in the active language, in a bounded number of statements.

    The client was let through by `visible_to` already. Everything is merged by time; what has the same time keeps its order, newest first.
    """

    key: str
    read: Callable[[Client, Firm], list[Change]]


_columns: dict[str, Column] = {}
_filters: dict[str, ListFilter] = {}
_bulk_actions: dict[str, BulkAction] = {}
_panels: dict[str, Panel] = {}
_histories: dict[type[Model] | str, HistorySource | HistoryReader] = {}


def register_column(column: Column) -> None:
    _columns[column.key] = column


def register_filter(list_filter: ListFilter) -> None:
    _filters[list_filter.key] = list_filter


def register_bulk_action(action: BulkAction) -> None:
    _bulk_actions[action.key] = action


def register_panel(panel: Panel) -> None:
    _panels[panel.key] = panel


def register_history(source: HistorySource | HistoryReader) -> None:
    _histories[source.event if isinstance(source, HistorySource) else source.key] = source


def registered_columns() -> tuple[Column, ...]:
    return tuple(_columns.values())


def registered_filters() -> tuple[ListFilter, ...]:
    return tuple(_filters.values())


def bulk_actions(user: User) -> list[BulkAction]:
    """Those this user may take."""
    return [action for action in _bulk_actions.values() if user.may(action.permission)]


def panels(place: Place) -> list[Panel]:
    return sorted((panel for panel in _panels.values() if panel.place is place), key=lambda panel: panel.order)


def history_sources() -> list[HistorySource]:
    return [source for source in _histories.values() if isinstance(source, HistorySource)]


def history_readers() -> list[HistoryReader]:
    return [source for source in _histories.values() if isinstance(source, HistoryReader)]
