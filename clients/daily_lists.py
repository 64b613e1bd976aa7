"""The client list as it is opened all day, by kept statements: everyone, or those a search finds, from the first page on.

What else narrows or leads on is written at each request (filters.py, paging.py); both show the same.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from clients.attributes import attribute
from clients.listing import read_attributes
from clients.models import Client
from clients.paging import MOST_COUNTED, Page, Sort, counted_keys, first_page, keys_and_count, page_keys, shown_clients
from clients.queries import sees_all_books, visible_to
from clients.readers import ReaderKind, values_of
from clients.searching import having_words, is_gathered, search_terms
from firms.counting import count_at_most
from firms.models import User
from firms.statements import given, kept_statement


def everyone_page(user: User, *, sort: Sort, columns: tuple[str, ...], address: QueryDict) -> Page:
    """The first page of all the clients whom this user sees. `columns` are keys of built-in attributes."""
    reader, values = ReaderKind.of(user), values_of(user)
    found = _everyone(reader, sort, columns, timezone.localdate()).rows(**values)
    count = count_at_most(MOST_COUNTED + 1, clients=_all_keys(reader).with_values(**values))["clients"]
    return first_page(found, address=address, count=count)


def found_page(user: User, text: str, *, sort: Sort, columns: tuple[str, ...], address: QueryDict) -> Page | None:
    """The first page of those a search finds; None of a question whose answers are not found all at once."""
    if sees_all_books(user) and not is_gathered(text):
        return None
    words = {_word(number): term for number, term in enumerate(search_terms(text))}
    keys, count = keys_and_count(_found(ReaderKind.of(user), sort, len(words)).rows(**values_of(user), **words))
    found = _shown(sort, columns, timezone.localdate()).rows(keys=keys) if keys else []
    return first_page(found, address=address, count=count)


def _word(number: int) -> str:
    return f"word_{number}"


@kept_statement
def _everyone(reader: ReaderKind, sort: Sort, columns: tuple[str, ...], on: date) -> QuerySet[Client]:
    """On a day, to which years are counted."""
    return _read(columns, on)(shown_clients(page_keys(_current(reader), sort=sort), sort=sort))


@kept_statement
def _all_keys(reader: ReaderKind) -> QuerySet[Client, Any]:
    return _current(reader).order_by().values("pk")


@kept_statement
def _found(reader: ReaderKind, sort: Sort, words: int) -> QuerySet[Client, tuple[int, int]]:
    terms = [given(_word(number)) for number in range(words)]
    return counted_keys(having_words(_current(reader), terms, gathered=sees_all_books(reader.stand_in())), sort=sort)


@kept_statement
def _shown(sort: Sort, columns: tuple[str, ...], on: date) -> QuerySet[Client]:
    return _read(columns, on)(shown_clients(given("keys"), sort=sort))


def _current(reader: ReaderKind) -> QuerySet[Client]:
    return visible_to(reader.stand_in()).filter(archived_at=None)


def _read(columns: tuple[str, ...], on: date) -> Callable[[QuerySet[Client]], QuerySet[Client]]:
    return lambda clients: read_attributes(clients, [attribute(key) for key in columns], on=on)
