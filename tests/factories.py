"""Rows for tests. Every function writes into the firm of the current transaction."""

from datetime import date
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password

from clients.models import Client, Person
from firms.models import Firm, User
from firms.onboarding import create_firm

_numbers = count(1)
PASSWORD = "correct horse battery"


@cache
def _hashed_password() -> str:
    """Hashing is slow on purpose: once is enough."""
    return make_password(PASSWORD)


def make_firm(*, name: str, region: str = "CA-QC") -> Firm:
    return create_firm(name=name, region=region)


def make_user(*, email: str | None = None, name: str = "Charlie Côté", role: str = "adviser", **fields: Any) -> User:
    return User.objects.create(email=email or f"user{next(_numbers)}@example.test", name=name, role=role, password=_hashed_password(), **fields)


def make_client(*, adviser: User, name: str | None = None, people: bool = True, birth_date: date | None = None, **fields: Any) -> Client:
    number = next(_numbers)
    client = Client.objects.create(adviser=adviser, name=name or f"Client {number}", **fields)
    if people:
        Person.objects.create(client=client, is_primary=True, last_name=client.name, birth_date=birth_date, email=f"client{number}@example.test")
    return client


def populate(firm: Firm) -> None:
    """Give a firm one person of each role and two clients: what must never be seen from elsewhere."""
    users = {
        role: make_user(email=f"{role}-{firm.pk}@firm.test", name=f"Bob {role}", role=role)
        for role in ("admin", "adviser", "assistant", "compliance")
    }
    for number in range(2):
        make_client(adviser=users["adviser"], name=f"Secret {firm.name} {number}", aum=1_000_000, status="client")
