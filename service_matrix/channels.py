"""Channels: what the built-in ones are for, and the firm's own beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from clients.models import Channel
from firms.models import User
from service_matrix.models import ChannelRole, FirmChannel

BUILT_IN_ROLES: dict[Channel, tuple[ChannelRole, ...]] = {
    Channel.IN_PERSON: (ChannelRole.RELATIONAL,),
    Channel.PHONE: (ChannelRole.URGENT, ChannelRole.RELATIONAL),
    Channel.VIDEO: (ChannelRole.REMOTE,),
    Channel.EMAIL: (ChannelRole.FORMAL,),
    Channel.SMS: (ChannelRole.REMINDERS, ChannelRole.URGENT),
    Channel.POST: (ChannelRole.OFFICIAL,),
    Channel.PORTAL: (ChannelRole.FORMAL, ChannelRole.OFFICIAL),
    Channel.EVENT: (ChannelRole.RELATIONAL,),
}


@dataclass(frozen=True)
class ChannelDraft:
    name_en: str
    name_fr: str
    counts_as: str
    roles: list[str]
    is_active: bool = True


def channels_of(user: User) -> QuerySet[FirmChannel]:
    return FirmChannel.objects.filter(firm_id=user.firm_id)


def channel_choices(own: Sequence[FirmChannel]) -> list[tuple[str, str]]:
    """Every channel a promise may name: a built-in value, or `own:<id>`."""
    return [(value, str(label)) for value, label in Channel.choices] + [(f"own:{each.pk}", each.name) for each in own]


@transaction.atomic
def save_channel(*, channel: FirmChannel | None, draft: ChannelDraft, by: User) -> FirmChannel:
    """Add a channel of the firm's own, or change one. What is planned already keeps the channel it counted as."""
    if channel is None:
        return FirmChannel.objects.create(firm_id=by.firm_id, **vars(draft))
    FirmChannel.objects.filter(firm_id=by.firm_id, pk=channel.pk).update(**vars(draft))
    channel.refresh_from_db()
    return channel
