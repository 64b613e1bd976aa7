"""A firm whose clients drift, for the pages that show it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from clients.models import Client
from firms.models import User
from segmentation.models import Assignment, Scheme, SchemeVersion
from segmentation.publishing import firm_today, publish_version
from segmentation.tending import tend_schemes
from tests.segmentation.rows import make_book, make_draft, make_scheme

BEGAN = date(2026, 3, 1)


def publish(by: User, scheme: Scheme | None = None, *, on: date = BEGAN, **rules: Any) -> Scheme:
    """A published scheme, in force for some time."""
    version = publish_version(version=make_draft(scheme or make_scheme(), **rules), by=by, on=on).version
    SchemeVersion.objects.filter(pk=version.pk).update(published_at=datetime(on.year, on.month, on.day, 12, tzinfo=UTC))
    return Scheme.objects.get(pk=version.scheme_id)


def by_night(by: User) -> None:
    """The night of today, where the firm works."""
    Scheme.objects.filter(placed_on__isnull=False).update(placed_on=firm_today(by.firm_id) - timedelta(days=1))
    tend_schemes(firm_id=by.firm_id)


def make_drifting(adviser: User, number: int, *, by: User, before: int | None = 5, after: int = 9, **fields: Any) -> list[Client]:
    """So many clients placed by one potential who now have another. Their scheme is published."""
    clients = make_book(adviser, [before] * number, **fields)
    by_night(by)
    # Placed long ago: what is accepted today begins a period of its own.
    Assignment.objects.filter(client__in=clients).update(starts_on=BEGAN)
    Client.objects.filter(pk__in=[client.pk for client in clients]).update(potential=after)
    by_night(by)
    return clients
