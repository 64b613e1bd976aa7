"""Who reads, for statements that are kept: readers of one kind share a statement, with their own keys and books put in."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from clients.queries import served_advisers
from firms.models import User
from firms.permissions import Role
from firms.statements import given, given_user


@dataclass(frozen=True)
class ReaderKind:
    """All of a reader that changes what is asked."""

    role: str
    sees_whole_firm: bool
    # Someone's book is the reader's work.
    serves: bool

    @classmethod
    def of(cls, user: User) -> "ReaderKind":
        return cls(user.role, user.sees_whole_firm, bool(_books_of(user)))

    def stand_in(self) -> User:
        """For `visible_to` and all that take a user; `values_of` gives what it stands for."""
        user = given_user(role=self.role, sees_whole_firm=self.sees_whole_firm)
        user.__dict__["_served_advisers"] = (timezone.localdate(), given("books") if self.serves else [])
        return user


def values_of(user: User) -> dict[str, Any]:
    """What is put in the places of a stand-in."""
    return {"firm": user.firm_id, "user": user.pk, "books": _books_of(user)}


def _books_of(user: User) -> list[int]:
    """Nobody else is kept to books: no statement for them."""
    return served_advisers(user) if user.role in {Role.ADVISER, Role.ASSISTANT} else []
