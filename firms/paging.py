"""Lists by day, a page at a time, by where the last page ended: the thousandth page costs what the first does."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q


@dataclass(frozen=True)
class DayPlace:
    """Where a row stands in a list ordered by a day, then by its number; as text “2026-03-01_42”."""

    day: date
    pk: int

    @classmethod
    def parse(cls, text: str) -> "DayPlace | None":
        day, _sign, number = text.partition("_")
        try:
            return cls(date.fromisoformat(day), int(number))
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.day.isoformat()}_{self.pk}"

    def beyond(self, field: str) -> Q:
        """What comes after this place in the order of a field of days."""
        return Q((f"{field}__gte", self.day)) & ~Q((field, self.day), pk__lte=self.pk)
