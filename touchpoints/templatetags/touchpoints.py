"""How touchpoints look, wherever they are shown."""

from django import template

from clients.models import Channel
from touchpoints.models import Status

register = template.Library()

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
def channel_icon(channel: str) -> str:
    return _CHANNEL_ICONS[Channel(channel)]


@register.filter
def status_icon(status: str) -> str:
    return _STATUS_ICONS[Status(status)]


@register.filter
def status_tone(status: str) -> str:
    return _STATUS_TONES.get(Status(status), "neutral")
