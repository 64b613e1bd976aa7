"""The client list a page at a time, by where the last page ended: the thousandth page costs what the first does."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.db.models import Count, Expression, F, QuerySet, Window
from django.http import QueryDict

from clients.models import KNOWN_AUM, KNOWN_SINCE, Client
from firms.row_numbers import read_row_number

PAGE_SIZE = 50
# Counting further than this would cost more than the page itself.
MOST_COUNTED = 1000
_MORE_THAN_ANY = Decimal(10) ** 15


@dataclass(frozen=True)
class Order:
    """An order of the list, over an indexed expression that is never null."""

    position: Expression | F
    read: Callable[[str], Any]


def _read_name(text: str) -> str:
    # What no stored name holds, the database refuses to compare with.
    if "\0" in text:
        raise ValueError(text)
    text.encode()
    return text


def _read_amount(text: str) -> Decimal:
    amount = Decimal(text)
    if not amount.is_finite() or abs(amount) >= _MORE_THAN_ANY:
        raise ValueError(text)
    return amount


ORDERS = {
    "name": Order(F("sort_name"), _read_name),
    "aum": Order(KNOWN_AUM, _read_amount),
    "client_since": Order(KNOWN_SINCE, date.fromisoformat),
}


@dataclass(frozen=True)
class Sort:
    key: str = "name"
    descending: bool = False

    @classmethod
    def read(cls, text: str) -> "Sort":
        """From the address: `aum`, `-aum`; anything else is by name."""
        key = text.removeprefix("-")
        return cls(key, text.startswith("-")) if key in ORDERS else cls()

    def __str__(self) -> str:
        return f"-{self.key}" if self.descending else self.key


@dataclass(frozen=True)
class Page:
    rows: Sequence[Client]
    previous_url: str
    next_url: str
    # Of the whole list, where finding the page told it.
    count: int | None


def client_page(
    clients: QuerySet[Client],
    *,
    sort: Sort,
    address: QueryDict,
    read: Callable[[QuerySet[Client]], QuerySet[Client]] = lambda clients: clients,
    gathered: bool = False,
) -> Page:
    """The page that `after` or `before` in the address asks for; one that cannot be read is the first.

    `read` adds what the rows show. It is joined to the page's rows alone, so that PostgreSQL finds the page by its index first.
    `gathered`: the clients are all found before the first is shown, as a search's answers are, and are counted on the way.
    """
    after, before = (_read_mark(address.get(name, ""), ORDERS[sort.key]) for name in ("after", "before"))
    mark, backwards = (before, True) if before else (after, False)
    down = sort.descending != backwards
    clients = clients.annotate(position=ORDERS[sort.key].position)
    if mark:
        position, key = mark
        # Written so that the index is entered at the mark.
        if down:
            clients = clients.filter(position__lte=position).exclude(position=position, pk__gte=key)
        else:
            clients = clients.filter(position__gte=position).exclude(position=position, pk__lte=key)
    keys: QuerySet[Any] | list[int] = page_keys(clients, sort=sort, backwards=backwards)
    count = None
    if gathered and not mark:
        keys, count = keys_and_count(counted_keys(clients, sort=sort))
    found = list(read(shown_clients(keys, sort=sort, backwards=backwards)))
    more, rows = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    if not mark and not more:
        count = len(rows)
    has_previous = more if backwards else bool(mark)
    has_next = bool(mark) if backwards else more
    return Page(
        rows,
        _url(address, "before", rows[0]) if rows and has_previous else "",
        _url(address, "after", rows[-1]) if rows and has_next else "",
        count,
    )


def first_page(found: Sequence[Client], *, address: QueryDict, count: int | None) -> Page:
    """Of clients shown in their order, of which one more than a page was read."""
    rows = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE
    return Page(rows, "", _url(address, "after", rows[-1]) if more else "", count if more else len(rows))


def _in_order(clients: QuerySet[Client], sort: Sort, *, backwards: bool = False) -> QuerySet[Client]:
    clients = clients.annotate(position=ORDERS[sort.key].position)
    return clients.order_by(*(("-position", "-pk") if sort.descending != backwards else ("position", "pk")))


def page_keys(clients: QuerySet[Client], *, sort: Sort, backwards: bool = False) -> QuerySet[Client, Any]:
    """A page's and one more."""
    return _in_order(clients, sort, backwards=backwards).values("pk")[: PAGE_SIZE + 1]


def counted_keys(clients: QuerySet[Client], *, sort: Sort) -> QuerySet[Client, tuple[int, int]]:
    """The same for the first page, each with the number of all."""
    counted: QuerySet[Client, tuple[int, int]] = _in_order(clients, sort).annotate(total=Window(Count("*"))).values_list("pk", "total")
    return counted[: PAGE_SIZE + 1]


def keys_and_count(counted: Iterable[tuple[int, int]]) -> tuple[list[int], int]:
    rows = list(counted)
    return [key for key, _total in rows], rows[0][1] if rows else 0


def shown_clients(keys: Any, *, sort: Sort, backwards: bool = False) -> QuerySet[Client]:
    """The clients with these keys, in order: what rows show of them is to be added to this, and so is joined to the page's clients alone."""
    return _in_order(Client.objects.filter(pk__in=keys).only("firm", "adviser", "name", "archived_at"), sort, backwards=backwards)


def address_with(address: QueryDict, **changes: str) -> str:
    """The same page with other values in its address; an empty one is left out. A new order starts at the first page."""
    query = address.copy()
    for name in ("after", "before", *changes):
        query.pop(name, None)
    for name, value in changes.items():
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


Position = TypeVar("Position")


def write_place(position: date, pk: int) -> str:
    """Where a list by day or moment goes on, for its address."""
    return f"{position.isoformat()}_{pk}"


def read_place(text: str, read: Callable[[str], Position]) -> tuple[Position, int] | None:
    """What `write_place` wrote; None of anything else. `read` raises ValueError."""
    position, _underscore, number = text.partition("_")
    try:
        pk = read_row_number(number)
        return (read(position), pk) if pk is not None else None
    except ValueError:
        return None


def _url(address: QueryDict, name: str, row: Client) -> str:
    position = row.position  # type: ignore[attr-defined]
    mark = json.dumps([str(position), row.pk]).encode()
    return address_with(address, **{name: base64.urlsafe_b64encode(mark).decode().rstrip("=")})


def _read_mark(text: str, order: Order) -> tuple[Any, int] | None:
    if not text:
        return None
    try:
        position, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return order.read(str(position)), int(key)
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, InvalidOperation):
        return None
