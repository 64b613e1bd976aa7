"""Several counts in one statement, none further than anyone reads; and the counts that the frame of every page shows."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from firms.models import User
from firms.statements import Asked


def count_at_most(limit: int, **lists: Asked[Any]) -> dict[str, int]:
    """Count several lists in one statement, each no further than `limit`.

    A list is read in its order: give it none, or one that an index has.
    """
    counts, parameters = [], []
    for asked in lists.values():
        sql, values = asked.written()
        counts.append(f"(SELECT count(*) FROM ({sql} LIMIT {limit:d}) AS counted)")
        parameters += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", parameters)
        return dict(zip(lists, cursor.fetchone(), strict=True))


# The frame counts no further: "99+".
FRAME_COUNTED_TO = 100
_frame_counts: dict[str, Callable[[User], Asked[Any] | None]] = {}


def register_frame_count(name: str, ask: Callable[[User], Asked[Any] | None]) -> None:
    """A count that the frame shows under this name: the rows that wait for a user, None for who has nothing to do with them.

    Every page asks: a kept statement of keys alone.
    """
    _frame_counts[name] = ask


def frame_count_names() -> list[str]:
    return list(_frame_counts)


def count_for_frame(user: object) -> dict[str, int]:
    """What every room has waiting for a user, by name, in one statement."""
    if not isinstance(user, User):
        return {}
    lists = {name: asked for name, ask in _frame_counts.items() if (asked := ask(user)) is not None}
    return count_at_most(FRAME_COUNTED_TO, **lists) if lists else {}
