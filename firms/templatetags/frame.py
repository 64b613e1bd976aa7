"""The links of the rail and of the bar at the bottom, drawn here because every page has thirty: {% rail_links section.links "rail-link" %}."""

from collections.abc import Callable

from django import template
from django.template.context import RequestContext
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from advisory_crm.template_tags import fill_html, icon
from firms.counting import FRAME_COUNTED_TO
from firms.navigation import Link

register = template.Library()
_EMPTY = mark_safe("")
_CURRENT = mark_safe(' aria-current="page"')
_HIDDEN = mark_safe(" hidden")
# What a count says, and the class by which answers to what people do replace it: such a count is there, hidden, also when it is nothing.
_COUNTS: dict[str, tuple[StrPromise, str]] = {
    "queue_count": (_("due today"), " queue-due"),
    "undecided_messages": (_("to decide"), ""),
    "work_aside": (_("to decide"), ""),
    "drift_count": (_("to review"), " drift-count"),
}


# What a link looks like before its count, by language, kind, address and whether it is the page shown.
_drawn: dict[tuple[str | None, str, str, bool], str] = {}


@register.simple_tag(takes_context=True)
def rail_links(context: RequestContext, links: list[Link], kind: str) -> SafeString:
    language, drawn = get_language(), []
    for link in links:
        key = (language, kind, link.url, link.is_current)
        if (html := _drawn.get(key)) is None:
            html = _drawn[key] = _draw_link(link, kind)
        drawn.append(f"{html}{_draw_count(link.count, context[link.count])}</a>" if link.count else f"{html}</a>")
    return mark_safe("\n".join(drawn))  # noqa: S308  each was escaped


def _draw_link(link: Link, kind: str) -> str:
    current = _CURRENT if link.is_current else _EMPTY
    return fill_html('<a class="{}" href="{}"{}>{}<span>{}</span>', kind, link.url, current, icon(link.icon, 18), link.label)


def _draw_count(name: str, count: Callable[[], int]) -> SafeString:
    number, (words, replaced) = count(), _COUNTS[name]
    if not number and not replaced:
        return _EMPTY
    shown = f"{FRAME_COUNTED_TO - 1}+" if number == FRAME_COUNTED_TO else number
    hidden = _EMPTY if number else _HIDDEN
    return fill_html('<span class="count{}"{}>{}<span class="visually-hidden"> {}</span></span>', replaced, hidden, shown, words)
