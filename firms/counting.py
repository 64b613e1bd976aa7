"""Several counts in one statement, none further than anyone reads; and the counts that the frame of every page shows."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db import connection

from firms.models import User
from firms.statements import MOST_KEPT, Asked, Text, join_texts


def count_at_most(limit: int, **lists: Asked[Any]) -> dict[str, int]:
    """Count several lists in one statement, each no further than `limit`.

    A list is read in its order: give it none, or one that an index has.
    """
    texts = tuple((name, asked.statement.text) for name, asked in lists.items())
    values = {f"{name}.{key}": value for name, asked in lists.items() for key, value in asked.values.items()}
    if all(asked.statement.is_kept for asked in lists.values()):
        sql, parameters = _kept_counts(limit, texts).prepared(values, connection)
    else:
        sql, parameters = _counts(limit, texts).written(values)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return dict(zip(lists, cursor.fetchone(), strict=True))


def _counts(limit: int, texts: tuple[tuple[str, Text], ...]) -> Text:
    ends = f" LIMIT {limit:d}) AS counted)"
    return join_texts("SELECT (SELECT count(*) FROM (", dict(texts), between=f"{ends}, (SELECT count(*) FROM (", after=ends)


_kept_counts = lru_cache(maxsize=MOST_KEPT)(_counts)


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
