"""What the dashboard costs an adviser of a thousand clients, with something in every card: no more statements than on a small book."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bench import books
from clients.models import Client
from firms.models import User
from segmentation.models import Drift, Segment
from touchpoints.models import OPEN, Appointment, Touchpoint
from touchpoints.planning import reconcile

CLIENTS = 1000
MOST_STATEMENTS = 15
CARDS = ("next_rows", "meetings", "breaking_rows", "drifts", "birthdays", "kept_ring", "load_bars", "due_map")


@pytest.fixture
def adviser(db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """Leads a book that is placed, promised and planned, with a year behind it."""
    monkeypatch.setattr(books, "CLIENTS_PER_ADVISER", CLIENTS)
    firm = books.make_book(clients=CLIENTS)
    zone = ZoneInfo(firm.time_zone)
    today = timezone.localdate(timezone=zone)
    scheme = books.place_clients(firm=firm, since=today - timedelta(days=400))
    books.hang_promises(scheme=scheme, before=today)
    reconcile(firm_id=firm.pk, start=today - timedelta(days=30))
    adviser = User.objects.get(role="adviser")
    meeting = Touchpoint.objects.filter(status__in=OPEN, channel="in_person", due_on__range=(today + timedelta(days=1), today + timedelta(days=30)))[
        0
    ]
    Appointment.objects.create(touchpoint=meeting, starts_at=datetime.combine(meeting.due_on, time(10), zone), minutes=60, created_by=adviser)
    first, second, *_lower = Segment.objects.filter(scheme=scheme).order_by("rank")
    Drift.objects.bulk_create(
        Drift(client=client, scheme=scheme, assigned=first, computed=second, since=today) for client in Client.objects.order_by("pk")[:10]
    )
    return adviser


def test_fifteen_statements_whatever_the_dashboard_shows_of_a_thousand_clients(client: Browser, adviser: User) -> None:
    client.force_login(adviser)
    client.get(reverse("home"))
    with CaptureQueriesContext(connection) as captured:
        page = client.get(reverse("home"))
    assert {name: bool(page.context[name]) for name in CARDS} == dict.fromkeys(CARDS, True)
    assert page.context["gaps"].rows
    assert any(meeting.hour for meeting, _row in page.context["meetings"])
    statements = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
