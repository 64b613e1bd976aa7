"""How this room's notices read."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from firms import formats
from messaging.notices import notice_kind

COVER = "touchpoints_cover"
COVER_ENDED = "touchpoints_cover_ended"
DUE = "touchpoints_due"
LATE_FOR_ADVISER = "touchpoints_late_adviser"
LATE_FOR_ADMINISTRATORS = "touchpoints_late_admin"


def word_due(values: Mapping[str, Any]) -> str:
    """“2 touchpoints are due today, 3 late, 1 to book.”: the first in full, the others after it."""
    today, late, book = (values.get(name, 0) for name in ("today", "late", "book"))
    whole = (
        (today, ngettext("%(number)d touchpoint is due today", "%(number)d touchpoints are due today", today)),
        (late, ngettext("%(number)d touchpoint is late", "%(number)d touchpoints are late", late)),
        (book, ngettext("%(number)d touchpoint is to be booked", "%(number)d touchpoints are to be booked", book)),
    )
    after = (
        "",
        ngettext("%(number)d late", "%(number)d late", late),
        ngettext("%(number)d to book", "%(number)d to book", book),
    )
    told = [(number, words, short) for (number, words), short in zip(whole, after, strict=True) if number]
    said = [(short if place else words) % {"number": number} for place, (number, words, short) in enumerate(told)]
    return gettext("%(said)s.") % {"said": ", ".join(said)}


def word_late_for_adviser(values: Mapping[str, Any]) -> str:
    number, days = values["number"], values["days"]
    told = ngettext(
        "%(number)d touchpoint of your clients is late by %(days)d days or more.",
        "%(number)d touchpoints of your clients are late by %(days)d days or more.",
        number,
    )
    return told % {"number": number, "days": days}


def word_late_for_administrators(values: Mapping[str, Any]) -> str:
    number, days = values["number"], values["days"]
    told = ngettext(
        "%(number)d touchpoint of the firm is late by %(days)d days or more.",
        "%(number)d touchpoints of the firm are late by %(days)d days or more.",
        number,
    )
    return told % {"number": number, "days": days}


def _days(values: Mapping[str, Any]) -> dict[str, str]:
    locale = formats.babel_locale(values["region"])
    first, last = (formats.day(date.fromisoformat(values[name]), locale=locale) for name in ("starts_on", "ends_on"))
    return {"name": values["name"], "first": first, "last": last}


def word_cover(values: Mapping[str, Any]) -> str:
    if values["starts_on"] == values["ends_on"]:
        return gettext("You cover %(name)s on %(first)s: that work is in your queue on that day.") % _days(values)
    return gettext("You cover %(name)s from %(first)s to %(last)s: that work is in your queue on those days.") % _days(values)


def word_cover_ended(values: Mapping[str, Any]) -> str:
    if values["starts_on"] == values["ends_on"]:
        return gettext("You no longer cover %(name)s on %(first)s.") % _days(values)
    return gettext("You no longer cover %(name)s from %(first)s to %(last)s.") % _days(values)


notice_kind(COVER, icon="user-round-check", sentence=word_cover)
notice_kind(COVER_ENDED, icon="user-round-check", sentence=word_cover_ended)
# The digest says the same with names.
notice_kind(DUE, icon="list-checks", sentence=word_due, in_digest=False)
notice_kind(LATE_FOR_ADVISER, icon="clock-alert", sentence=word_late_for_adviser, at_once=_("When work in my book is late for long"), in_digest=False)
notice_kind(
    LATE_FOR_ADMINISTRATORS,
    icon="clock-alert",
    sentence=word_late_for_administrators,
    at_once=_("When work of the firm is late for long"),
    in_digest=False,
)
