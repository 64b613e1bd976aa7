"""A touchpoint as a list shows it to one reader on one day."""

from dataclasses import dataclass
from datetime import date

from firms.models import User
from touchpoints.models import Touchpoint
from touchpoints.queue import is_claimed_by_other
from touchpoints.ways import AS_PLANNED, WorkWay

# A promise whose window closes within this many days is shown as about to break.
NEARLY_BROKEN_DAYS = 7


@dataclass(frozen=True)
class Row:
    touchpoint: Touchpoint
    # Negative while the day is still to come.
    days_late: int
    # Of the window; negative when the promise is broken.
    days_left: int
    # Someone else who is on it.
    claimed_by: User | None
    url: str = ""
    way: WorkWay = AS_PLANNED

    @property
    def is_nearly_broken(self) -> bool:
        return self.days_left <= NEARLY_BROKEN_DAYS


def describe(touchpoint: Touchpoint, *, reader: User, on: date, url: str = "", way: WorkWay = AS_PLANNED) -> Row:
    return Row(
        touchpoint,
        days_late=(on - touchpoint.due_on).days,
        days_left=(touchpoint.window_ends_on - on).days,
        claimed_by=touchpoint.claimed_by if is_claimed_by_other(touchpoint, user=reader) else None,
        url=url,
        way=way,
    )
