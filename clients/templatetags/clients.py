"""The icon of a channel: {{ interaction.channel|channel_icon }}."""

from django import template

from clients.models import Channel

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


@register.filter
def channel_icon(channel: str) -> str:
    return _ICONS[Channel(channel)]
