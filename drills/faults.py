"""Catching a task in the middle: a table is locked, the task comes to wait for it, and what happens to it then happens half-way through."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from django.db import connection

from drills.scene import database_url, wait_until


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Nobody else reads or writes a table meanwhile. On a session of its own, so that this process can go on reading the others."""
    from django.db import connections

    session = psycopg2.connect(database_url(str(connections["default"].settings_dict["NAME"])))
    try:
        with session.cursor() as cursor:
            cursor.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
        yield
    finally:
        session.close()


def sessions_waiting_for(table: str) -> list[int]:
    """The sessions that a lock holds up at this table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks WHERE relation = %s::regclass AND NOT granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [table],
        )
        return [pid for (pid,) in cursor.fetchall()]


def wait_for_sessions(table: str, *, seconds: float = 120) -> list[int]:
    """Until a task stands half-way, at this table."""
    wait_until(lambda: sessions_waiting_for(table), seconds=seconds, what=f"a task comes to {table}", every=0.05)
    return sessions_waiting_for(table)


def cut(session: int) -> None:
    """End a session of PostgreSQL under the process that uses it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [session])
