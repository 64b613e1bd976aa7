"""The links of the rail and of the bar at the bottom: {% rail_links section.links "rail-link" %}."""

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from advisory_crm.template_tags import fill_html, icon
from firms.navigation import Link

register = template.Library()
# A count is never counted further (see the context processors).
COUNTED_TO = 100
_EMPTY = mark_safe("")
_CURRENT = mark_safe(' aria-current="page"')
_HIDDEN = mark_safe(" hidden")


@register.simple_tag(takes_context=True)
def rail_links(context: dict[str, Any], links: list[Link], kind: str) -> SafeString:
    return mark_safe("".join(_draw_link(link, kind, context) for link in links))  # noqa: S308  each part was escaped


def _draw_link(link: Link, kind: str, context: dict[str, Any]) -> SafeString:
    return fill_html(
        '<a class="{}" href="{}"{}>{}<span>{}</span>{}</a>\n',
        kind,
        link.url,
        _CURRENT if link.is_current else _EMPTY,
        icon(link.icon, 18),
        link.label,
        _draw_count(context[link.count]()) if link.count else _EMPTY,
    )


def _draw_count(number: int) -> SafeString:
    return fill_html(
        '<span class="count queue-due"{}>{}<span class="visually-hidden"> {}</span></span>',
        _EMPTY if number else _HIDDEN,
        f"{COUNTED_TO - 1}+" if number == COUNTED_TO else number,
        gettext("due today"),
    )
