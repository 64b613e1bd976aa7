"""Several counts in one statement, none further than anyone reads; and the counts that the frame of every page shows."""

from collections.abc import Callable
from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery

from firms.models import Firm, User


class _AtMost(Subquery):
    """How many rows a query gives, counted no further than it is sliced."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def count_at_most(limit: int, *, firm_id: int, **rows: QuerySet[Any]) -> dict[str, int]:
    """Count several lists of a firm in one statement, each no further than `limit`.

    A list is read in its order: give it none, or one that an index has.
    """
    counts = {name: _AtMost(found.values("pk")[:limit]) for name, found in rows.items()}
    return dict(zip(counts, Firm.objects.filter(pk=firm_id).values_list(*counts.values()).get(), strict=True))


# The frame counts no further: "99+".
FRAME_COUNTED_TO = 100
_frame_counts: dict[str, Callable[[User], QuerySet[Any] | None]] = {}


def register_frame_count(name: str, rows: Callable[[User], QuerySet[Any] | None]) -> None:
    """A count that the frame shows under this name: the rows that wait for a user, None for who has nothing to do with them."""
    _frame_counts[name] = rows


def frame_count_names() -> list[str]:
    return list(_frame_counts)


def count_for_frame(user: object) -> dict[str, int]:
    """What every room has waiting for a user, by name, in one statement."""
    if not isinstance(user, User):
        return {}
    rows = {name: found for name, ask in _frame_counts.items() if (found := ask(user)) is not None}
    return count_at_most(FRAME_COUNTED_TO, firm_id=user.firm_id, **rows) if rows else {}
