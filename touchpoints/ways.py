"""How touchpoints reach their clients, beyond the channel they count as: by a channel of the firm's own, and at whose call.

The promise in force says both (`client_promises.ways_of_clients`). What is planned by another channel than is promised today keeps its own, and once
an hour is agreed nobody's call is waited for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Channel
from segmentation.models import Initiative
from service_matrix.client_promises import Way, ways_of_clients
from service_matrix.wording import initiative_words
from touchpoints.models import Appointment, Touchpoint

HOW = {
    Channel.IN_PERSON: gettext_lazy("in person"),
    Channel.PHONE: gettext_lazy("by phone"),
    Channel.VIDEO: gettext_lazy("by video"),
    Channel.EMAIL: gettext_lazy("by e-mail"),
    Channel.SMS: gettext_lazy("by SMS"),
    Channel.POST: gettext_lazy("by post"),
    Channel.PORTAL: gettext_lazy("on the client portal"),
    Channel.EVENT: gettext_lazy("at an event"),
}
# What somebody has to take the first step to; a letter comes by itself.
CONVERSATIONS = frozenset({Channel.IN_PERSON, Channel.PHONE, Channel.VIDEO})


# --- To the client ---


def say_way(channel: str, *, own: str) -> str:
    """“by SMS”, or the firm's own channel by its name."""
    return _("via %(channel)s") % {"channel": own} if own else str(HOW[Channel(channel)])


def say_how(way: str, *, is_at_call: bool) -> str:
    return _("%(how)s, at your call") % {"how": way} if is_at_call else way


def own_channel_of(promised: Way | None, *, channel: str) -> str:
    """The firm's own channel that something by a channel goes by; empty where the promise names none, or is by another channel."""
    return promised.own_channel if promised is not None and promised.channel == channel else ""


def comes_at_call(channel: str, *, initiative: str) -> bool:
    return initiative == Initiative.CLIENT and channel in CONVERSATIONS


# --- To who works here ---


@dataclass(frozen=True)
class WorkWay:
    """What a line of work says of how a touchpoint goes: the firm's own channel by its name, and that the first step is the client's."""

    own_channel: str = ""
    is_at_call: bool = False

    @property
    def first_step(self) -> str:
        return _("first step: %(who)s") % {"who": initiative_words(Initiative.CLIENT)} if self.is_at_call else ""

    @property
    def words(self) -> list[str]:
        """What is to be said beside the channel's icon: often nothing."""
        return [words for words in (self.own_channel, self.first_step) if words]


AS_PLANNED = WorkWay()


def ways_to_do(touchpoints: Collection[Touchpoint], *, firm_id: int, on: date) -> dict[int, WorkWay]:
    """By touchpoint, where there is anything to say. Three statements at the most, whatever their number; one for a firm that says nothing of it."""
    promised = ways_of_clients({each.client_id for each in touchpoints}, firm_id=firm_id, on=on)
    found = {}
    for each in touchpoints:
        way = promised.get(each.client_id, {}).get(each.touchpoint_type_id)
        if way is not None:
            said = WorkWay(own_channel_of(way, channel=each.channel), comes_at_call(each.channel, initiative=way.initiative))
            if said != AS_PLANNED:
                found[each.pk] = said
    waiting = [pk for pk, said in found.items() if said.is_at_call]
    if waiting:
        agreed = Appointment.objects.filter(firm_id=firm_id, cancelled_at=None, touchpoint__in=waiting)
        for pk in agreed.values_list("touchpoint_id", flat=True):
            found[pk] = WorkWay(found[pk].own_channel)
    return found
