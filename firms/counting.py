"""Several counts in one statement, none further than anyone reads."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery

from firms.models import Firm


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
