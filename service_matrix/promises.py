"""What one promise says, and what it may not say."""

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _

from clients.models import Channel
from service_matrix.anchors import MOST_EVERY, Anchor, anchor_errors, days_of_interval, times_of_interval
from service_matrix.catalogue import BY_KEY
from service_matrix.models import Performer

DAYS_A_YEAR = 365
MINUTES_A_DAY = 1440
MOST_TIMES = 52
LONGEST_WINDOW = 183
LONGEST_LEAD = 183
HIGHEST_DIRECT_COST = 100_000


@dataclass(frozen=True)
class PromiseTerms:
    """How many times a year (or from `times` to `times_at_most`, or `every` so many weeks or months), by which channel, by whom, in how many minutes.

    `window_days`: how long after the due date it still counts. `lead_days`: how long before it the appointment is booked. `direct_cost`: what
    one occurrence costs besides time. `own_channel_id`: the firm's own channel, of which `channel` is the built-in one it counts as.
    `anchor` and what goes with it: how it falls in the year (anchors.py).
    """

    times: int
    channel: str
    performer: str
    minutes: int
    window_days: int
    times_at_most: int | None = None
    every: int | None = None
    every_unit: str = ""
    own_channel_id: int | None = None
    direct_cost: Decimal = Decimal(0)
    lead_days: int = 0
    anchor: str = Anchor.SPREAD.value
    anchor_month: int | None = None
    anchor_day: int | None = None
    anchor_event: str = ""
    anchor_days: int | None = None
    note: str = ""

    @property
    def interval_days(self) -> int:
        """Days until the next occurrence falls due, as close as it comes."""
        if self.every is not None and self.every_unit in MOST_EVERY:
            return days_of_interval(self.every, self.every_unit)
        return interval_days(self.times_at_most or self.times)


class Promised(Protocol):
    """A promise, as far as hours and money go. Times are no whole number where they are those of an average client (blending.py)."""

    @property
    def segment_id(self) -> int: ...
    @property
    def touchpoint_type_id(self) -> int: ...
    @property
    def times(self) -> int | Decimal: ...
    @property
    def times_at_most(self) -> int | Decimal | None: ...
    @property
    def minutes(self) -> int: ...
    @property
    def performer(self) -> str: ...
    @property
    def direct_cost(self) -> Decimal: ...


TERMS = tuple(field.name for field in fields(PromiseTerms))


def terms_of(promise: Any) -> PromiseTerms:
    """The terms of a stored promise, or of whatever carries them."""
    return PromiseTerms(**{term: getattr(promise, term) for term in TERMS})


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


def hang_as_usual(terms: PromiseTerms, *, type_key: str) -> PromiseTerms:
    """Spread terms of a shipped type as they usually fall in the year (catalogue.py); those of other types, or promised otherwise than once, stay
    spread.
    """
    if (shipped := BY_KEY.get(type_key)) is None:
        return terms
    hung = replace(terms, anchor=shipped.anchor.value, anchor_month=shipped.anchor_month)
    return terms if _anchor_errors(hung) else hung


def settle_terms(terms: PromiseTerms) -> PromiseTerms:
    """The same promise said in one way: an interval decides the times a year, what its anchor does not use is empty."""
    if terms.every is not None and 1 <= terms.every <= MOST_EVERY.get(terms.every_unit, 0):
        terms = replace(terms, times=times_of_interval(terms.every, terms.every_unit), times_at_most=None)
    return replace(
        terms,
        every_unit=terms.every_unit if terms.every is not None else "",
        anchor_month=terms.anchor_month if terms.anchor in {Anchor.MONTH, Anchor.DATE} else None,
        anchor_day=terms.anchor_day if terms.anchor == Anchor.DATE else None,
        anchor_event=terms.anchor_event if terms.anchor == Anchor.AFTER_EVENT else "",
        anchor_days=terms.anchor_days if terms.anchor == Anchor.AFTER_EVENT else None,
        note=terms.note.strip(),
    )


def check_promise(terms: PromiseTerms) -> None:
    """Raise InvalidPromise with every fault, in the active language."""
    errors = _frequency_errors(terms) | _effort_errors(terms)
    errors |= {field: error for field, error in _anchor_errors(terms).items() if field not in errors}
    if not errors and terms.window_days >= terms.interval_days:
        errors["window_days"] = _("The next occurrence falls due after %(days)s days: the window must be shorter.") % {"days": terms.interval_days}
    if errors:
        raise InvalidPromise(errors)


def check_said(terms: PromiseTerms) -> None:
    """The same of terms as someone said them: times beside an interval are refused, where settling would drop them unseen. Raises InvalidPromise."""
    is_said_twice = terms.every is not None and (terms.times or terms.times_at_most is not None)
    check_promise(terms if is_said_twice else settle_terms(terms))


def _frequency_errors(terms: PromiseTerms) -> dict[str, str]:
    if terms.every is not None:
        most = MOST_EVERY.get(terms.every_unit)
        if most is None:
            return {"every_unit": _("Weeks or months?")}
        if not 1 <= terms.every <= most:
            return {"every": _("An interval lasts from one week or month to a year.")}
        if terms.times != times_of_interval(terms.every, terms.every_unit) or terms.times_at_most is not None:
            return {"times": _("The interval says how many times a year: leave the times empty.")}
        return {}
    if terms.times < 1:
        return {"times": _("At least once a year. To promise nothing, empty the cell.")}
    if terms.times > MOST_TIMES:
        return {"times": _("At most 52 times a year: once a week.")}
    if terms.times_at_most is not None and terms.times_at_most < terms.times:
        return {"times_at_most": _("A range goes from the lower figure to the higher one.")}
    if terms.times_at_most is not None and terms.times_at_most > MOST_TIMES:
        return {"times_at_most": _("At most 52 times a year: once a week.")}
    return {}


def _effort_errors(terms: PromiseTerms) -> dict[str, str]:
    errors: dict[str, str] = {}
    if terms.minutes < 0:
        errors["minutes"] = _("Minutes cannot be negative.")
    elif terms.minutes > MINUTES_A_DAY:
        errors["minutes"] = _("There are 1,440 minutes in a day.")
    if terms.window_days < 0:
        errors["window_days"] = _("A window cannot be negative.")
    elif terms.window_days > LONGEST_WINDOW:
        errors["window_days"] = _("A window lasts 183 days at the most.")
    if not 0 <= terms.lead_days <= LONGEST_LEAD:
        errors["lead_days"] = _("Booking begins from 0 to 183 days ahead.")
    if not terms.direct_cost.is_finite() or not 0 <= terms.direct_cost <= HIGHEST_DIRECT_COST:
        errors["direct_cost"] = _("A direct cost lies between 0 and 100,000.")
    if terms.channel not in Channel.values:
        errors["channel"] = _("Unknown channel.")
    if terms.performer not in Performer.values:
        errors["performer"] = _("Unknown role.")
    return errors


def _anchor_errors(terms: PromiseTerms) -> dict[str, str]:
    return anchor_errors(
        anchor=terms.anchor,
        times=terms.times,
        times_at_most=terms.times_at_most,
        every=terms.every,
        month=terms.anchor_month,
        day=terms.anchor_day,
        event=terms.anchor_event,
        days=terms.anchor_days,
    )
