"""Which work falls to one person on which day: what they do when nobody is away, less what is covered for them, and what they cover."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from clients.queries import standing_of
from firms.models import User
from firms.permissions import Role
from touchpoints.queries import PERFORMERS
from touchpoints.standing_in import Covers


@dataclass(frozen=True)
class Part:
    """One person's part of the work of some books, day by day. What several people may do is whole in the part of each of them."""

    person: int
    performers: Collection[str]
    # Whose part of which book this person does on some day at least: the own one, or that of a colleague covered.
    books: Mapping[int, Collection[int]]
    covers: Covers

    def has(self, *, adviser: int, performer: str, asked: int | None, day: date) -> bool:
        """Whether work that is due on a day is in it; `asked` is who was asked for it by name."""
        if asked is not None:
            return self._does_work_of(asked, day)
        return performer in self.performers and any(self._does_work_of(each, day) for each in self.books.get(adviser, ()))

    def _does_work_of(self, person: int, day: date) -> bool:
        return self.covers.does_work_of(person, day) == self.person


def part_of(user: User) -> Part:
    """Of an adviser or an assistant, today and as many days ahead as it is known who covers whom (`COVERS_AHEAD`)."""
    standing = standing_of(user)
    covers: dict[int, list[tuple[date, date, int]]] = defaultdict(list)
    for each in sorted(standing.ahead, key=lambda cover: cover.starts_on):
        covers[each.absent].append((each.starts_on, each.ends_on, each.covered_by))
    books: dict[int, list[int]] = defaultdict(list)
    for person in {user.pk, *covers}:
        for adviser in standing.supported.get(person, ()) if user.role == Role.ASSISTANT else [person]:
            books[adviser].append(person)
    return Part(user.pk, PERFORMERS[Role(user.role)], books, Covers(covers))
