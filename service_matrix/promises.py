"""What one promise says, and what it may not say."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from clients.models import Channel
from service_matrix.models import Performer

DAYS_A_YEAR = 365
MINUTES_A_DAY = 1440
MOST_TIMES = 52
LONGEST_WINDOW = 183
HIGHEST_DIRECT_COST = 100_000


@dataclass(frozen=True)
class PromiseTerms:
    """How many times a year (or from `times` to `times_at_most`), by which channel, by whom, in how many minutes.

    `window_days`: how long after the due date it still counts. `direct_cost`: what one occurrence costs besides time.
    """

    times: int
    channel: str
    performer: str
    minutes: int
    window_days: int
    times_at_most: int | None = None
    direct_cost: Decimal = Decimal(0)


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
    if not terms.direct_cost.is_finite() or not 0 <= terms.direct_cost <= HIGHEST_DIRECT_COST:
        errors["direct_cost"] = _("A direct cost lies between 0 and 100,000.")
    if terms.channel not in Channel.values:
        errors["channel"] = _("Unknown channel.")
    if terms.performer not in Performer.values:
        errors["performer"] = _("Unknown role.")
    if errors:
        raise InvalidPromise(errors)
