"""How touchpoints look, wherever they are shown."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from firms.formats import babel_locale
from touchpoints import drawing
from touchpoints.fates import Fate
from touchpoints.hours import hour_of
from touchpoints.models import Status, Touchpoint
from touchpoints.rows import Row

register = template.Library()
register.filter("channel_icon", drawing.channel_icon)
register.filter("hour_of", hour_of)

_STATUS_TONES = {Status.CLAIMED: "info", Status.DONE: "good", Status.SKIPPED: "neutral", Status.MISSED: "bad"}
_STATUS_ICONS = {
    Status.PLANNED: "calendar",
    Status.CLAIMED: "hand",
    Status.DONE: "check",
    Status.SKIPPED: "skip-forward",
    Status.MISSED: "x",
    Status.CANCELLED: "ban",
}


@register.filter
def status_icon(status: str) -> str:
    return _STATUS_ICONS[Status(status)]


@register.filter
def status_tone(status: str) -> str:
    return _STATUS_TONES.get(Status(status), "neutral")


_FATE_TONES = {Fate.ON_TIME: "good", Fate.LATE: "warn", Fate.MISSED: "bad", Fate.OPEN: "info"}


@register.filter
def fate_tone(fate: str) -> str:
    return _FATE_TONES.get(Fate(fate), "neutral")


@register.filter
def fate_label(fate: str) -> str:
    return str(Fate(fate).label)


@register.simple_tag(takes_context=True)
def queue_row(context: dict[str, Any], row: Row, chosen: Touchpoint | None) -> SafeString:
    """A line of the queue; the chosen touchpoint is the one open beside it."""
    return drawing.draw_row(row, locale=babel_locale(context["firm"].region), chosen_id=chosen.pk if chosen else None)


@register.simple_tag(takes_context=True)
def when(context: dict[str, Any], row: Row, *, is_dated: bool = False) -> SafeString:
    return drawing.draw_when(row, locale=babel_locale(context["firm"].region), is_dated=is_dated)
