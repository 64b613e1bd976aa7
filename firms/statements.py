"""Statements that the ORM writes once: what a page asks is the same at every request, but for a few values.

Django takes several times as long to write a statement of a few joins as PostgreSQL takes to answer it. A kept statement is written
when a process first needs it; after that its values are put in their places and it runs.

    @kept_statement
    def _next_of(status: str) -> QuerySet[Touchpoint]:
        return Touchpoint.objects.filter(firm_id=given("firm"), client_id__in=given("clients"), status=status)

    _next_of("planned").rows(firm=user.firm_id, clients=[1, 2])

The arguments of the function are what changes the statement itself: it is written once for each set of them, so they are few. What
differs from one request to the next is `given`. Only the statement is kept, never what it read; the firm wall holds it like any other.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import count
from typing import Any, Generic, ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet, Value

from firms.models import User

Row = TypeVar("Row")
P = ParamSpec("P")
# Of one function: sets of arguments, such as roles or days.
MOST_KEPT = 128


class _Place:
    """Where a value goes among the parameters of a statement."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Given(Value):
    def as_sql(self, compiler: Any, connection: Any, *_unused: Any, **_also: Any) -> tuple[str, Any]:
        return "%s", [_Place(self.value)]


def given(name: str) -> Any:
    """Stands in a queryset for a value that each run gives, as the database takes it; after `__in`, for a list, and nothing is in an empty one."""
    return _Given(name)


def given_user(**traits: Any) -> User:
    """Stands in a queryset for the user who reads, given as `user` and `firm`: for functions that ask of a user `pk` and `firm_id`.

    `traits`, such as the role, are what changes the statement itself.
    """
    return User(pk=given("user"), firm_id=given("firm"), **traits)


class Text:
    """SQL in parts, with a parameter between each two: a constant, or a place for a value of each run."""

    def __init__(self, parts: Sequence[str], parameters: Sequence[Any]) -> None:
        if len(parts) != len(parameters) + 1:
            raise ValueError(f"a percent sign stands where no value does: {'%s'.join(parts)}")
        self.parts, self.parameters = parts, parameters
        self._names = [parameter.name for parameter in parameters if isinstance(parameter, _Place)]
        # What PostgreSQL calls it, by the types of its values.
        self._called: dict[tuple[str, ...], str] = {}

    def written(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The statement and its parameters, for a cursor."""
        sql, parameters = [self.parts[0]], []
        for parameter, part in zip(self.parameters, self.parts[1:], strict=True):
            place = "%s"
            if not isinstance(parameter, _Place):
                parameters.append(parameter)
            elif isinstance(several := values[parameter.name], list):
                place = f"({', '.join(['%s'] * len(several)) or 'NULL'})"
                parameters += several
            else:
                parameters.append(values[parameter.name])
            sql += (place, part)
        return "".join(sql), parameters

    def prepared(self, values: Mapping[str, Any], connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """The same by the name under which this connection knows it: PostgreSQL reads it once a connection, and plans it a few times.

        Behind a pooler that hands connections on between transactions there is no such name, and settings say so.
        """
        if not settings.PREPARED_STATEMENTS:
            return self.written(values)
        given_values = [values[name] for name in self._names]
        types = tuple(_type_of(value) for value in given_values)
        name = self._called.get(types)
        if name is None:
            name = self._called.setdefault(types, f"kept_{next(_numbers)}")
        connection.ensure_connection()
        known = _known.setdefault(connection.connection, set())
        if name not in known:
            # Past Django's cursor: no page asks for it, and none counts it.
            with connection.connection.cursor() as cursor:
                cursor.execute(self._preparation(name, types, given_values, cursor))
            known.add(name)
        return f"EXECUTE {name}" + (f" ({', '.join(['%s'] * len(types))})" if types else ""), given_values

    def _preparation(self, name: str, types: Sequence[str], given_values: Sequence[Any], cursor: Any) -> str:
        sql, number = [self.parts[0].replace("%%", "%")], 0
        for parameter, part in zip(self.parameters, self.parts[1:], strict=True):
            after = part.replace("%%", "%")
            if not isinstance(parameter, _Place):
                sql.append(cursor.mogrify("%s", [parameter]).decode())
            else:
                several = isinstance(given_values[number], list)
                number += 1
                if several:
                    # As many as there are, in one value.
                    sql[-1] = f"{sql[-1].removesuffix(_AMONG)} = ANY "
                sql.append(f"(${number})" if several else f"${number}")
            sql.append(after)
        declared = f" ({', '.join(types)})" if types else ""
        return f"PREPARE {name}{declared} AS {''.join(sql)}"


_AMONG = " IN "
_numbers = count(1)
# The statements that each connection of this process knows by name.
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def _type_of(value: Any) -> str:
    """The type that the value has as a literal; PostgreSQL finds out those of the others, as it does with literals."""
    match value:
        case bool():
            return "boolean"
        # As PostgreSQL reads a number: one that no column of its kind can hold is compared all the same.
        case int():
            return "integer" if abs(value) < 2**31 else "bigint" if abs(value) < 2**63 else "numeric"
        case datetime():
            return "timestamptz"
        case date():
            return "date"
        case Decimal():
            return "numeric"
    return "unknown"


class Statement(Generic[Row]):
    """A statement as the ORM wrote it, with places for the values of each run."""

    def __init__(self, rows: QuerySet[Any, Row], *, is_kept: bool = False) -> None:
        self._rows, self.is_kept = rows, is_kept
        # Where nothing can be found, a statement that finds nothing.
        self._compiler = rows.query.get_compiler(rows.db, elide_empty=False)
        sql, parameters = self._compiler.as_sql()
        self.text = Text(sql.split("%s"), parameters)
        # What its columns go through on their way to Python: asked of each column at every run, it cost as much as twenty rows.
        columns = [column for column, *_rest in self._compiler.select[: self._compiler.col_count]]
        self._converters, self._has_composite = self._compiler.get_converters(columns), self._compiler.has_composite_fields(columns)

    def with_values(self, **values: Any) -> "Asked[Row]":
        return Asked(self, values)

    def rows(self, **values: Any) -> list[Row]:
        """What the queryset would have read."""
        connection = connections[self._rows.db]
        called = self.text.prepared(values, connection) if self.is_kept else self.text.written(values)
        rows = self._rows.all()
        # The statement is the process's; a connection is its thread's.
        compiler = copy(self._compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_unused, **_also: called
        compiler.get_converters = lambda _columns: self._converters
        compiler.has_composite_fields = lambda _columns: self._has_composite
        rows.query.get_compiler = lambda *_unused, **_also: compiler  # type: ignore[method-assign]
        return list(rows)

    def row(self, **values: Any) -> Row | None:
        """The first of them."""
        return next(iter(self.rows(**values)), None)


@dataclass(frozen=True)
class Asked(Generic[Row]):
    """A statement and the values of one run, to be read or to stand within another statement."""

    statement: Statement[Row]
    values: Mapping[str, Any] = field(default_factory=dict)


def join_texts(before: str, pieces: Mapping[str, Text], *, between: str, after: str) -> Text:
    """Several in one. Their places are called by the piece's name, a dot and their own; a piece's name is no part of the text."""
    parts, parameters = [before], []
    for number, (name, piece) in enumerate(pieces.items()):
        first, *rest = piece.parts
        parts[-1] += (between if number else "") + first
        parts += rest
        parameters += [_Place(f"{name}.{each.name}") if isinstance(each, _Place) else each for each in piece.parameters]
    parts[-1] += after
    return Text(parts, parameters)


def kept_statement(write: Callable[P, QuerySet[Any, Row]]) -> Callable[P, Statement[Row]]:
    """The statement that a function's queryset stands for, written once for each set of arguments."""

    @lru_cache(maxsize=MOST_KEPT)
    def kept(*args: P.args, **kwargs: P.kwargs) -> Statement[Row]:
        return Statement(write(*args, **kwargs), is_kept=True)

    return cast(Callable[P, Statement[Row]], kept)
