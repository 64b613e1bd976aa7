"""A small book to read through the API, and a way to call it."""

import json
from datetime import date
from typing import Any

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client
from firms.models import User
from firms.tokens import create_token
from segmentation.models import Assignment
from tests.factories import make_client
from tests.service_matrix.rows import make_scheme, segment_of
from tests.touchpoints.rows import make_touchpoint

API = "/api/v1/"


def fill_book(adviser: User, clients: int) -> list[Client]:
    """Clients, each with one of everything that a list shows."""
    scheme = make_scheme()
    made = []
    for _ in range(clients):
        client = make_client(adviser=adviser)
        log_interaction(client=client, by=adviser, draft=InteractionDraft(channel="phone", subject="News"))
        make_touchpoint(client=client, due_on=date(2100, 1, 4))
        Assignment.objects.create(client=client, scheme=scheme, segment=segment_of(scheme, 1), starts_on=date(2026, 1, 1), source="import")
        made.append(client)
    return made


class Caller:
    """A program with a key."""

    def __init__(self, user: User, *, scope: str = "write", **headers: str) -> None:
        self.token, self.key = create_token(by=user, name="Test", scope=scope, days=30)
        self.browser = Browser(headers={"Authorization": f"Bearer {self.key}", **headers})

    def get(self, path: str, **query: Any) -> Any:
        return self.browser.get(API + path, query)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return self.browser.generic(method, API + path, data=b"" if body is None else _json(body), content_type="application/json")

    def post(self, path: str, body: Any = None) -> Any:
        return self.send("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self.send("PATCH", path, body)


def _json(body: Any) -> bytes:
    return json.dumps(body, default=str).encode()


def count_statements(caller: Caller, path: str) -> int:
    """What a list costs, once everything that is kept in the process is there."""
    caller.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert caller.get(path).status_code == 200
    return len(captured)
