"""On which days somebody does an absent colleague's work, for whatever adds work up (docs/capacity.md)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from firms.models import Absence, Firm
from service_matrix.books import Books

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Covers:
    """By absent person, in order: the first and last day away, and who covers. Who covers does so even where they are away too, as in the queue."""

    of: Mapping[int, list[tuple[date, date, int]]]

    def __bool__(self) -> bool:
        return bool(self.of)

    def does_work_of(self, person: int, day: date) -> int:
        """Who does a person's work on a day."""
        return next((cover for starts_on, ends_on, cover in self.of.get(person, ()) if starts_on <= day <= ends_on), person)

    def divide(self, person: int, first: date, last: date) -> list[tuple[int, Decimal]]:
        """Who does a person's work between two days, both included, and what share of the days."""
        if person not in self.of:
            return [(person, Decimal(1))]
        found, day = [], first
        for starts_on, ends_on, cover in self.of[person]:
            begins, ends = max(starts_on, day), min(ends_on, last)
            if begins <= ends:
                found += [(person, (begins - day).days), (cover, (ends - begins).days + 1)]
                day = ends + DAY
        whole = (last - first).days + 1
        return [(who, Decimal(days) / whole) for who, days in [*found, (person, (last - day).days + 1)] if days]

    def covered_by(self, people: Collection[int]) -> set[int]:
        """The absent colleagues whom any of these people covers."""
        return {absent for absent, covers in self.of.items() if any(cover in people for _starts_on, _ends_on, cover in covers)}

    def turns(self, books: Books) -> tuple[list[int], list[date]]:
        """The days from which an adviser's book, or what was asked of a person, may fall to others than the day before: whose, and the day."""
        found = {(absent, day) for absent, covers in self.of.items() for day in _turns(covers)}
        for adviser, helpers in books.assistants.items():
            found.update((adviser, day) for helper in helpers for day in _turns(self.of.get(helper, ())))
        return [whose for whose, _day in found], [day for _whose, day in found]


def _turns(covers: Collection[tuple[date, date, int]]) -> list[date]:
    return [day for starts_on, ends_on, _cover in covers for day in (starts_on, ends_on + DAY)]


def read_covers(firm: Firm, *, first: date, last: date) -> Covers:
    """Those of the absences that meet two days. One statement."""
    away = Absence.objects.filter(firm_id=firm.pk, covered_by__isnull=False, starts_on__lte=last, ends_on__gte=first)
    found: dict[int, list[tuple[date, date, int]]] = defaultdict(list)
    for absent, starts_on, ends_on, cover in away.order_by("starts_on", "pk").values_list("user_id", "starts_on", "ends_on", "covered_by_id"):
        if cover is not None:
            found[absent].append((starts_on, ends_on, cover))
    return Covers(dict(found))
