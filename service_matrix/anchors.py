"""How a promise falls in the year: how often, from what, as data with its rules and its words."""

from django.db import models
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from firms.formats import in_language

# In a year that is not a leap year: a date promised every year must exist every year.
DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LONGEST_AFTER = 366


class Unit(models.TextChoices):
    """What an interval counts in."""

    WEEKS = "weeks", gettext_lazy("weeks")
    MONTHS = "months", gettext_lazy("months")


MOST_EVERY = {Unit.WEEKS.value: 52, Unit.MONTHS.value: 12}


class Anchor(models.TextChoices):
    """What the dates of a promise hang on."""

    SPREAD = "spread", gettext_lazy("Spread evenly over the year")
    MONTH = "month", gettext_lazy("In a fixed month")
    DATE = "date", gettext_lazy("On a fixed date")
    BIRTHDAY = "birthday", gettext_lazy("On the client’s birthday")
    CLIENT_ANNIVERSARY = "anniversary", gettext_lazy("On the day they became a client")
    REVIEW_MONTH = "review", gettext_lazy("In the month of the annual review")
    AFTER_EVENT = "event", gettext_lazy("Some days after an event")


class Event(models.TextChoices):
    """What a promise may follow."""

    BECAME_CLIENT = "became_client", gettext_lazy("becoming a client")
    REVIEW_DONE = "review_done", gettext_lazy("the annual review")
    MEETING_HELD = "meeting_held", gettext_lazy("a meeting")
    LIFE_EVENT = "life_event", gettext_lazy("a life event")
    SEGMENT_CHANGED = "segment_changed", gettext_lazy("a change of segment")


# These come once a year by themselves.
YEARLY = frozenset({Anchor.MONTH, Anchor.DATE, Anchor.BIRTHDAY, Anchor.CLIENT_ANNIVERSARY, Anchor.REVIEW_MONTH})


def times_of_interval(every: int, unit: str) -> int:
    """How many whole intervals a year holds: what is planned and counted of “every n weeks or months”."""
    return 12 // every if unit == Unit.MONTHS else 52 // every


def days_of_interval(every: int, unit: str) -> int:
    return every * 365 // 12 if unit == Unit.MONTHS else every * 7


def frequency_words(*, times: int, times_at_most: int | None, every: int | None, every_unit: str) -> str:
    """“3–4 ×”, “every 6 weeks”."""
    if every is not None and every_unit == Unit.WEEKS:
        return ngettext("every week", "every %(count)s weeks", every) % {"count": every}
    if every is not None:
        return ngettext("every month", "every %(count)s months", every) % {"count": every}
    return f"{times}–{times_at_most} ×" if times_at_most else f"{times} ×"


def anchor_words(*, anchor: str, month: int | None, day: int | None, event: str, days: int | None) -> str:
    """“in March”, “on 15 December”, “10 days after a meeting”; nothing for what is spread evenly."""
    if anchor == Anchor.MONTH and month:
        return _("in %(month)s") % {"month": MONTHS[month]}
    if anchor == Anchor.DATE and month and day:
        first = in_language(en="1", fr="1er")
        return _("on %(day)s %(month)s") % {"day": first if day == 1 else day, "month": MONTHS[month]}
    if anchor == Anchor.AFTER_EVENT and event and days is not None:
        words = {"count": days, "event": Event(event).label}
        return ngettext("%(count)s day after %(event)s", "%(count)s days after %(event)s", days) % words
    return {
        Anchor.BIRTHDAY.value: _("on the birthday"),
        Anchor.CLIENT_ANNIVERSARY.value: _("on the client anniversary"),
        Anchor.REVIEW_MONTH.value: _("in the annual-review month"),
    }.get(anchor, "")


def anchor_errors(
    *, anchor: str, times: int, times_at_most: int | None, every: int | None, month: int | None, day: int | None, event: str, days: int | None
) -> dict[str, str]:
    """What is wrong with how a promise falls in the year, by field, in the active language."""
    errors: dict[str, str] = {}
    if anchor not in Anchor.values:
        return {"anchor": _("Unknown way of falling in the year.")}
    if every is not None and anchor != Anchor.SPREAD:
        errors["anchor"] = _("An interval is spread over the year: it cannot hang on a date or an event too.")
    elif anchor in YEARLY and (times != 1 or times_at_most not in {None, 1}):
        errors["times"] = _("This comes once a year: promise it once, or spread it over the year.")
    if anchor in {Anchor.MONTH, Anchor.DATE} and not (month and 1 <= month <= 12):
        errors["anchor_month"] = _("Choose a month.")
    elif anchor == Anchor.DATE and month and not (day and 1 <= day <= DAYS_IN_MONTH[month - 1]):
        errors["anchor_day"] = _("Choose a day that this month has every year.")
    if anchor == Anchor.AFTER_EVENT:
        if event not in Event.values:
            errors["anchor_event"] = _("Choose the event it follows.")
        if days is None or not 0 <= days <= LONGEST_AFTER:
            errors["anchor_days"] = _("Say how many days after the event: 366 at the most.")
    return errors
