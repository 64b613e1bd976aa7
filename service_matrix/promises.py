"""What one promise says, and what it may not say."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from clients.models import Channel
from service_matrix.models import Performer

DAYS_A_YEAR = 365
MINUTES_A_DAY = 1440
MOST_TIMES = 52
LONGEST_WINDOW = 183


@dataclass(frozen=True)
class PromiseTerms:
    """How many times a year (or from `times` to `times_at_most`), by which channel, by whom, in how many minutes.

    `window_days`: how long after the due date it still counts.
    """

    times: int
    channel: str
    performer: str
    minutes: int
    window_days: int
    times_at_most: int | None = None


class InvalidPromise(Exception):
    """The terms make no sense: `errors` says why in words, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {error}" for field, error in errors.items()))
        self.errors = errors


def interval_days(times: int) -> int:
    """Days between two occurrences spread evenly over a year."""
    return DAYS_A_YEAR // times


def usual_window(times: int) -> int:
    """The window proposed for so many times a year: half the interval, a month at the most."""
    return min(30, interval_days(times) // 2)


def check_promise(terms: PromiseTerms) -> None:
    """Raise InvalidPromise with every fault, in the active language."""
    errors: dict[str, str] = {}
    if terms.times < 1:
        errors["times"] = _("At least once a year. To promise nothing, empty the cell.")
    elif terms.times > MOST_TIMES:
        errors["times"] = _("At most 52 times a year: once a week.")
    elif terms.times_at_most is not None and terms.times_at_most < terms.times:
        errors["times_at_most"] = _("A range goes from the lower figure to the higher one.")
    elif terms.times_at_most is not None and terms.times_at_most > MOST_TIMES:
        errors["times_at_most"] = _("At most 52 times a year: once a week.")
    if terms.minutes < 0:
        errors["minutes"] = _("Minutes cannot be negative.")
    elif terms.minutes > MINUTES_A_DAY:
        errors["minutes"] = _("There are 1,440 minutes in a day.")
    if terms.window_days < 0:
        errors["window_days"] = _("A window cannot be negative.")
    elif terms.window_days > LONGEST_WINDOW:
        errors["window_days"] = _("A window lasts 183 days at the most.")
    elif not errors and terms.window_days >= interval_days(terms.times_at_most or terms.times):
        errors["window_days"] = _("The next occurrence falls due after %(days)s days: the window must be shorter.") % {
            "days": interval_days(terms.times_at_most or terms.times)
        }
    if terms.channel not in Channel.values:
        errors["channel"] = _("Unknown channel.")
    if terms.performer not in Performer.values:
        errors["performer"] = _("Unknown role.")
    if errors:
        raise InvalidPromise(errors)


class Promised(Protocol):
    """A promise of one segment, as far as the hours it asks for go."""

    segment_id: int
    times: int
    minutes: int
    performer: str


@dataclass(frozen=True)
class Load:
    """Hours a year that one segment asks for, by who does the work (Performer values; all keys present)."""

    per_client: dict[str, Decimal]
    clients: int

    @property
    def hours_per_client(self) -> Decimal:
        return sum(self.per_client.values(), Decimal(0))

    @property
    def hours(self) -> Decimal:
        return self.hours_per_client * self.clients

    @property
    def by_performer(self) -> dict[str, Decimal]:
        return {performer: hours * self.clients for performer, hours in self.per_client.items()}


def yearly_load(*, promises: Iterable[Promised], clients: dict[int, int]) -> dict[int, Load]:
    """Hours by segment, for the segments that `clients` counts. A range asks for its lower figure, which is what is planned."""
    minutes: dict[tuple[int, str], int] = {}
    for promise in promises:
        key = (promise.segment_id, promise.performer)
        minutes[key] = minutes.get(key, 0) + promise.times * promise.minutes
    return {
        segment_id: Load(
            per_client={performer: Decimal(minutes.get((segment_id, performer), 0)) / 60 for performer in Performer.values}, clients=count
        )
        for segment_id, count in clients.items()
    }
