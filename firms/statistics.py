"""What the planner of PostgreSQL believes of a table, brought up to date in the middle of a transaction that filled it.

A table that grew within this transaction still counts as empty, or without the new firm's rows, until autovacuum comes by. Joins
over it are then planned for a handful of rows and read it once a row: publishing a first scheme for 5,000 clients took a minute
instead of a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections, migrations
from django.db.migrations.operations.base import Operation
from psycopg2 import sql

# Below so many rows any plan will do.
FEW = 1000


def refresh_statistics(table: str, *, written: int, first: bool) -> None:
    """Look at a table again after `written` rows, when the planner can know little of them: `first` says that they are a kind it has
    not seen, such as those of a new firm. Its role must have been allowed to (`allow_statistics`)."""
    if written < FEW:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = %s::regclass", [table])
        (believed,) = cursor.fetchone()
        if written > believed * (0.05 if first else 2):
            # As text: within a command or a request the history reads every statement, and knows no other kind.
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


@contextmanager
def joining_whole_books() -> Iterator[None]:
    """Statements that join the rows of a whole firm are planned without nested loops, which are right for a few rows only and
    are chosen for a firm that the statistics do not know yet: they took minutes where this takes a second. In a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        # An exception takes the setting back with its transaction or savepoint.
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def allow_statistics(*tables: str) -> Operation:
    """A migration's operation: let the application role refresh what is believed of these tables."""

    def grant(verb: str) -> Any:
        def run(apps: Any, schema_editor: Any) -> None:
            role = sql.Identifier(connections["default"].settings_dict["USER"])
            with schema_editor.connection.cursor() as cursor:
                for table in tables:
                    cursor.execute(sql.SQL(verb).format(sql.Identifier(table), role))

        return run

    return migrations.RunPython(grant("GRANT MAINTAIN ON {} TO {}"), grant("REVOKE MAINTAIN ON {} FROM {}"))
