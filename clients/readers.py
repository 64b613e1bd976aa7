"""Who reads, for statements that are kept: readers of one kind share a statement, with their own keys and books put in."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from clients.queries import Covered, Standing, standing_of
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
    # Of the absent colleague whose work alone is asked for.
    covered_role: str = ""

    @classmethod
    def of(cls, user: User, *, covered_id: int | None = None) -> "ReaderKind":
        covers = standing_of(user).covers if covered_id is not None else []
        covered_role = next((each.role for each in covers if each.pk == covered_id), "")
        return cls(user.role, user.sees_whole_firm, bool(_standing(user).advisers), covered_role)

    def stand_in(self) -> User:
        """For `visible_to` and all that take a user; `values_of` gives what it stands for."""
        user = given_user(role=self.role, sees_whole_firm=self.sees_whole_firm)
        today = timezone.localdate()
        covers = [Covered(given("covered"), "", self.covered_role, today)] if self.covered_role else []
        user.__dict__["_standing"] = (today, Standing(given("books") if self.serves else [], covers, given("acts_for")))
        return user


def values_of(user: User) -> dict[str, Any]:
    """What is put in the places of a stand-in."""
    standing = _standing(user)
    return {"firm": user.firm_id, "user": user.pk, "books": standing.advisers, "acts_for": standing.acts_for}


def _standing(user: User) -> Standing:
    """Nobody else is kept to books: no statement for them."""
    return standing_of(user) if user.role in {Role.ADVISER, Role.ASSISTANT} else Standing([], [], [user.pk])
