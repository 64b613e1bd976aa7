"""The links of the rail and of the bar at the bottom: {% rail_links section.links "rail-link" %}."""

from django import template
from django.template.base import Template
from django.template.context import RequestContext
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from advisory_crm.template_tags import fill_html, icon
from firms.navigation import Link

register = template.Library()
_EMPTY = mark_safe("")
_CURRENT = mark_safe(' aria-current="page"')


def _rail_link() -> Template:
    return get_template("_rail_link.html").template  # type: ignore[attr-defined,no-any-return]


@register.simple_tag(takes_context=True)
def rail_links(context: RequestContext, links: list[Link], kind: str) -> SafeString:
    return mark_safe("\n".join(_draw_link(context, link, kind) for link in links))  # noqa: S308  each was escaped


def _draw_link(context: RequestContext, link: Link, kind: str) -> SafeString:
    """A link with a count is a template of its own; the many without are drawn here."""
    if link.count:
        with context.push(link=link, kind=kind):
            return _rail_link().render(context)
    current = _CURRENT if link.is_current else _EMPTY
    return fill_html('<a class="{}" href="{}"{}>{}<span>{}</span></a>', kind, link.url, current, icon(link.icon, 18), link.label)
