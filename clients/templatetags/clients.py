"""The icon of a channel: {{ interaction.channel|channel_icon }}. Where one is: {% here as page %}. And parts of the client's page of many small
components, drawn at once."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from advisory_crm.addresses import address_pattern
from advisory_crm.template_tags import fill_html
from clients.models import Channel, Client
from clients.overview import Known

register = template.Library()

_ICONS = {
    Channel.IN_PERSON: "users",
    Channel.PHONE: "phone",
    Channel.VIDEO: "video",
    Channel.EMAIL: "mail",
    Channel.SMS: "message-square",
    Channel.POST: "mailbox",
    Channel.PORTAL: "monitor",
    Channel.EVENT: "calendar-heart",
}


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any]) -> str:
    """The page its reader looks at, to come back to: of a fragment, the one that asked for it."""
    request = context["request"]
    asking = request.htmx.current_url_abs_path if getattr(request, "htmx", None) else None
    return str(asking or request.get_full_path())


@register.filter
def channel_icon(channel: str) -> str:
    return _ICONS[Channel(channel)]


# The tab's key, its page and its label.
_TABS = (
    ("overview", "client_detail", _("Overview")),
    ("segment", "client_segment", _("Segment")),
    ("year", "client_year", _("Service year")),
    ("interactions", "client_interactions", _("Interactions")),
    ("wealth", "client_wealth", _("Wealth")),
    ("referrals", "client_referrals", _("Referrals")),
    ("people", "client_people", _("Contacts")),
    ("history", "client_history", _("History")),
)
_CURRENT, _EMPTY = mark_safe(' aria-current="page"'), mark_safe("")


@register.simple_tag
def client_tabs(client: Client, current: str) -> SafeString:
    """The tabs of a client's file, as `c-tab` draws them."""
    tabs = (
        fill_html('<a href="{}"{}>{}</a>', address_pattern(url_name).format(client.pk), _CURRENT if key == current else _EMPTY, label)
        for key, url_name, label in _TABS
    )
    return mark_safe("\n".join(tabs))  # noqa: S308  each was escaped


@register.simple_tag
def known_list(known: Iterable[Known]) -> SafeString:
    """What is known of a client, as `c-definition` draws it."""
    pattern = '<div class="definition"><dt>{}</dt><dd>{}</dd></div>'
    return mark_safe("".join(fill_html(pattern, each.label, each.shown) for each in known))  # noqa: S308  each was escaped
