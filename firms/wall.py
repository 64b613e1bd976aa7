"""The firm wall: PostgreSQL row-level security keeps every business row inside its firm.

The current firm is a transaction-local setting. With no firm set, no row is read and none is written.
`firm_wall` gives the migration operations that raise the wall around a table.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, migrations, models, transaction
from django.db.migrations.operations.base import Operation
from django.db.models import Func

SETTING = "app.firm_id"
# Opened only to recognise who signs in and to list firms for a tick; read-only, and only for firms, users and requests for planning.
DOOR = "app.across_firms"
CURRENT_FIRM_SQL = f"nullif(current_setting('{SETTING}', true), '')::bigint"


class CurrentFirm(Func):
    """The firm of this transaction, as a database default."""

    template = CURRENT_FIRM_SQL
    arity = 0
    output_field = models.BigIntegerField()
    # The setting is stable within a statement, so PostgreSQL accepts it as a column default.
    allowed_default = True


class FirmModel(models.Model):
    """A business row: it belongs to one firm, filled in by the database from the transaction's setting."""

    firm = models.ForeignKey(
        "firms.Firm", models.PROTECT, db_default=CurrentFirm(), db_constraint=False, db_index=False, editable=False, related_name="+"
    )

    class Meta:
        abstract = True


def enter_firm(firm_id: int) -> None:
    """Put the rest of this transaction inside a firm. Must run inside a transaction."""
    _set_locally(SETTING, str(firm_id))


def current_firm_id() -> int:
    """The firm of this transaction."""
    firm_id = _read_setting(SETTING)
    if not firm_id:
        raise transaction.TransactionManagementError("no firm is entered")
    return int(firm_id)


def leave_firm() -> None:
    _set_locally(SETTING, "")


def _set_locally(name: str, value: str) -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{name} is transaction-local: open a transaction first")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def _read_setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [name])
        (value,) = cursor.fetchone()
    return str(value)


@contextmanager
def acting_for(firm_id: int) -> Iterator[None]:
    """One transaction inside a firm, for tasks, commands and scripts. Nested, it restores the firm outside."""
    with transaction.atomic():
        before = _read_setting(SETTING)
        enter_firm(firm_id)
        yield
        # On an exception PostgreSQL rolls the setting back with the savepoint.
        _set_locally(SETTING, before)


@contextmanager
def across_firms() -> Iterator[None]:
    """Read firms, users and requests for planning of every firm: to sign someone in, to accept an invitation, to tick. Nothing else opens."""
    with transaction.atomic():
        before = _read_setting(DOOR)
        _set_locally(DOOR, "on")
        yield
        _set_locally(DOOR, before)


def firm_wall(
    table: str, references: dict[str, str] | None = None, *, door: bool = False, firm_column: str = "firm_id", referenced: bool = True
) -> list[Operation]:
    """Operations that put `table` behind the wall.

    `references` maps each foreign-key column to the firm table it points at; the key becomes composite, so a row can
    never point into another firm. `referenced` adds the (firm_id, id) key that other tables' composite keys need;
    history tables go without and hold no keys.
    `door` lets `across_firms` read the table.
    """
    statements = [
        (f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
        (f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY", f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
        (
            f"CREATE POLICY firm_wall ON {table} USING ({firm_column} = (SELECT {CURRENT_FIRM_SQL})) "
            f"WITH CHECK ({firm_column} = (SELECT {CURRENT_FIRM_SQL}))",
            f"DROP POLICY firm_wall ON {table}",
        ),
    ]
    if door:
        statements.append(
            (
                f"CREATE POLICY door ON {table} FOR SELECT USING ((SELECT current_setting('{DOOR}', true)) = 'on')",
                f"DROP POLICY door ON {table}",
            )
        )
    if referenced and firm_column != "id":
        statements.append(
            (f"ALTER TABLE {table} ADD CONSTRAINT {table}_in_firm UNIQUE (firm_id, id)", f"ALTER TABLE {table} DROP CONSTRAINT {table}_in_firm")
        )
    for column, target in (references or {}).items():
        name = f"{table}_{column}_wall"
        statements.append(
            (
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (firm_id, {column}) "
                f"REFERENCES {target} (firm_id, id) DEFERRABLE INITIALLY IMMEDIATE",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
        )
    if not references and referenced and firm_column != "id":
        name = f"{table}_firm_wall"
        statements.append(
            (
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (firm_id) REFERENCES firms_firm (id) DEFERRABLE INITIALLY IMMEDIATE",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
        )
    return [migrations.RunSQL(forwards, backwards) for forwards, backwards in statements]
