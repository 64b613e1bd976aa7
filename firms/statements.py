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

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, ParamSpec, TypeVar, cast

from django.db import connections
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


class Statement(Generic[Row]):
    """A statement as the ORM wrote it, with places for the values of each run."""

    def __init__(self, rows: QuerySet[Any, Row]) -> None:
        self._rows = rows
        # Where nothing can be found, a statement that finds nothing.
        self._compiler = rows.query.get_compiler(rows.db, elide_empty=False)
        sql, self._parameters = self._compiler.as_sql()
        self._parts = sql.split("%s")
        if len(self._parts) != len(self._parameters) + 1:
            raise ValueError(f"a percent sign stands where no value does: {sql}")

    def with_values(self, **values: Any) -> "Asked[Row]":
        return Asked(self, values)

    def rows(self, **values: Any) -> list[Row]:
        """What the queryset would have read."""
        written = self.written(values)
        rows = self._rows.all()
        # The statement is the process's; a connection is its thread's.
        compiler = copy(self._compiler)
        compiler.connection = connections[rows.db]
        compiler.as_sql = lambda *_unused, **_also: written
        rows.query.get_compiler = lambda *_unused, **_also: compiler  # type: ignore[method-assign]
        return list(rows)

    def row(self, **values: Any) -> Row | None:
        """The first of them."""
        return next(iter(self.rows(**values)), None)

    def written(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The statement and its parameters, for a cursor."""
        sql, parameters = [self._parts[0]], []
        for parameter, part in zip(self._parameters, self._parts[1:], strict=True):
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


@dataclass(frozen=True)
class Asked(Generic[Row]):
    """A statement and the values of one run, to be read or to stand within another statement."""

    statement: Statement[Row]
    values: Mapping[str, Any] = field(default_factory=dict)

    def written(self) -> tuple[str, list[Any]]:
        return self.statement.written(self.values)


def kept_statement(write: Callable[P, QuerySet[Any, Row]]) -> Callable[P, Statement[Row]]:
    """The statement that a function's queryset stands for, written once for each set of arguments."""

    @lru_cache(maxsize=MOST_KEPT)
    def kept(*args: P.args, **kwargs: P.kwargs) -> Statement[Row]:
        return Statement(write(*args, **kwargs))

    return cast(Callable[P, Statement[Row]], kept)
