"""The lines of the queue as HTML, made here and not by a template: of fifty lines, templates took half of the page's time."""

from functools import lru_cache
from html import escape

from babel import Locale
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from advisory_crm.template_tags import fill_html, icon
from clients.models import Channel
from firms import formats
from touchpoints.models import Status
from touchpoints.rows import Row

_CHANNEL_ICONS = {
    Channel.IN_PERSON: "handshake",
    Channel.PHONE: "phone",
    Channel.VIDEO: "video",
    Channel.EMAIL: "mail",
    Channel.SMS: "message-square",
    Channel.POST: "stamp",
    Channel.PORTAL: "globe",
    Channel.EVENT: "calendar-heart",
}
_CURRENT = ' aria-current="true"'


def channel_icon(channel: str) -> str:
    return _CHANNEL_ICONS[Channel(channel)]


def draw_row(row: Row, *, locale: Locale, chosen_id: int | None) -> SafeString:
    """One touchpoint of the list, which opens beside it."""
    item, language = row.touchpoint, get_language()
    choose, minutes = _line_words(language)
    client, segment = item.client.name, item.segment
    segment_name = segment.name
    url, choose = escape(row.url), escape(choose % {"client": client})
    why = _why(_lateness(row), segment_name, segment.rank, row.days_left, language)
    chosen = _CURRENT if item.pk == chosen_id else ""
    return mark_safe(  # noqa: S308  each part was escaped
        f'<li class="queue-row" id="touchpoint-{item.pk}">'
        f'<input type="checkbox" class="queue-choose" form="queue-bulk" name="chosen" value="{item.pk}" aria-label="{choose}">'
        f'<a href="{url}" hx-get="{url}" hx-target="#queue-panel" hx-push-url="true" data-why="{escape(why)}"{chosen}>'
        f'<span class="queue-who"><strong>{escape(client)}</strong><span class="segment segment-{segment.rank}">{escape(segment_name)}</span></span>'
        f'<span class="queue-what">{icon(channel_icon(item.channel), 15)}{escape(item.touchpoint_type.name)}'
        f'<span class="muted"> · {escape(" · ".join([minutes % {"minutes": item.minutes}, *row.way.words]))}</span></span>'
        f'<span class="queue-when">{draw_when(row, locale=locale)}</span></a></li>'
    )


@lru_cache
def _line_words(_language: str | None) -> tuple[str, str]:
    """What each line says, in the active language."""
    return gettext("Choose %(client)s"), gettext("%(minutes)s min")


def why_here(row: Row) -> str:
    """Where a touchpoint stands in the order of the queue, and by what (docs/queue.md)."""
    segment = row.touchpoint.segment
    return _why(_lateness(row), segment.name, segment.rank, row.days_left, get_language())


def _lateness(row: Row) -> int:
    """1 for late, 0 for today, -1 for what is still to come."""
    return (row.days_late > 0) - (row.days_late < 0)


@lru_cache(maxsize=2000)
def _why(lateness: int, segment: str, rank: int, days_left: int, _language: str | None) -> str:
    section = gettext("late first") if lateness > 0 else gettext("due today") if lateness == 0 else gettext("due within 7 days")
    left = (
        ngettext("promise holds %(days)s more day", "promise holds %(days)s more days", days_left)
        if days_left > 0
        else gettext("promise ends today")
        if days_left == 0
        else gettext("promise broken")
    )
    told = {"section": section, "segment": segment, "rank": rank, "left": left % {"days": days_left} if days_left > 0 else left}
    return gettext("Its place: %(section)s, then segment %(segment)s (rank %(rank)s), then %(left)s.") % told


def draw_when(row: Row, *, locale: Locale, is_dated: bool = False) -> SafeString:
    """Who is on it, how late it is, and how long the promise still holds. `is_dated`: its day and whom it was asked of are said elsewhere."""
    parts, language = [], get_language()
    if row.claimed_by:
        parts.append(fill_html('<span class="badge badge-info">{}{}</span>', icon("hand", 13), row.claimed_by.name))
    elif row.touchpoint.status == Status.CLAIMED:
        parts.append(fill_html('<span class="badge badge-good">{}{}</span>', icon("hand", 13), gettext("Yours")))
    elif row.touchpoint.assigned_to and not is_dated:
        parts.append(fill_html('<span class="badge badge-neutral">{}{}</span>', icon("user-round-check", 13), row.touchpoint.assigned_to.name))
    if row.days_late > 0:
        parts.append(_draw_late(row.days_late, language))
    elif row.days_late < 0 and not is_dated:
        parts.append(fill_html("<span>{}</span>", formats.day(row.touchpoint.due_on, locale=locale)))
    if row.days_left < 0:
        parts.append(fill_html('<span class="badge badge-bad">{}</span>', gettext("Promise broken")))
    elif row.days_left == 0:
        parts.append(fill_html('<span class="badge badge-bad">{}</span>', gettext("Last day")))
    elif row.is_nearly_broken:
        parts.append(_draw_left(row.days_left, language))
    return mark_safe("\n".join(parts))  # noqa: S308  each part was escaped


# Many lines of a queue say the same number of days; the language is there to be remembered by.
@lru_cache(maxsize=1000)
def _draw_late(days: int, _language: str | None) -> SafeString:
    return fill_html('<span class="queue-late">{}</span>', ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days})


@lru_cache(maxsize=100)
def _draw_left(days: int, _language: str | None) -> SafeString:
    return fill_html('<span class="badge badge-warn">{}</span>', ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days})
