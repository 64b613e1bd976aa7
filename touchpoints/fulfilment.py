"""An interaction that somebody logged may be the touchpoint that was owed: nobody is reminded of what was done (docs/planning.md, Fulfilment)."""

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.interactions import when_logged
from clients.models import Channel, Client, Interaction
from clients.promised import NOTHING, register_promised
from firms import formats
from firms.background import request_planning
from firms.guard import FirmRequest
from firms.models import Firm, User
from firms.permissions import Permission
from service_matrix.models import TouchpointType
from touchpoints.models import OPEN, Status, Touchpoint
from touchpoints.queue import free_for

# What an interaction delivers without being told: someone was talked to. A message may be anything, so it delivers what it is said to deliver.
TALKING: dict[str, tuple[Channel, ...]] = {
    Channel.PHONE: (Channel.PHONE,),
    Channel.IN_PERSON: (Channel.IN_PERSON, Channel.VIDEO),
    Channel.VIDEO: (Channel.IN_PERSON, Channel.VIDEO),
}


def matching_touchpoints(*, client: Client, channel: str, on: date, by: User, touchpoint_type_id: int | None = None) -> QuerySet[Touchpoint]:
    """The open touchpoints of a client that a contact on a day delivers, the one due first before others: of the type given, or by its channel.

    Those somebody else is on are left to them.
    """
    about = Q(channel__in=TALKING.get(channel, ())) if touchpoint_type_id is None else Q(touchpoint_type_id=touchpoint_type_id)
    return in_window(client=client, on=on, by=by).filter(about)


def in_window(*, client: Client, on: date, by: User) -> QuerySet[Touchpoint]:
    """The open touchpoints of a client in whose window a day is, and that nobody else is on; the one due first before others."""
    # The window is as long before the due date as after it: due − (end − due) ≤ on.
    return Touchpoint.objects.filter(
        free_for(by),
        firm_id=client.firm_id,
        client=client,
        status__in=OPEN,
        window_ends_on__gte=on,
        due_on__lte=Value(on) + (F("window_ends_on") - F("due_on")),
    ).order_by("due_on", "pk")


@transaction.atomic
def fulfil(*, interaction: Interaction, by: User, touchpoint_type_id: int | None = None) -> Touchpoint | None:
    """Mark done the open touchpoint that an interaction delivered, with it as the evidence, and have its client planned again. Returns it.

    `touchpoint_type_id` when the person said what it was about. None, and nothing written, when nothing matches or this interaction
    delivered one already.
    """
    # The client first, as whoever completes, moves or merges does: of two who log at once, the second sees what the first fulfilled.
    client = Client.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=interaction.client_id)
    if Touchpoint.objects.filter(firm_id=by.firm_id, client=client, interaction=interaction).exists():
        return None
    on = interaction.happened_at.astimezone(ZoneInfo(Firm.objects.get(pk=by.firm_id).time_zone)).date()
    matching = matching_touchpoints(client=client, channel=interaction.channel, on=on, by=by, touchpoint_type_id=touchpoint_type_id)
    touchpoint = matching.select_for_update(of=("self",)).first()
    if touchpoint is None:
        return None
    touchpoint.status, touchpoint.interaction, touchpoint.closed_by, touchpoint.closed_at = Status.DONE, interaction, by, timezone.now()
    touchpoint.claimed_by, touchpoint.claimed_at, touchpoint.is_fulfilled = None, None, True
    touchpoint.save(update_fields=["status", "interaction", "closed_by", "closed_at", "claimed_by", "claimed_at", "is_fulfilled"])
    request_planning(firm_id=by.firm_id, client_id=client.pk)
    return touchpoint


@transaction.atomic
def take_back_fulfilment(*, touchpoint: Touchpoint, by: User) -> bool:
    """It was not this one: the touchpoint is owed again, and the interaction stays in the file. False when no interaction fulfilled it."""
    fulfilled = Touchpoint.objects.filter(firm_id=by.firm_id, pk=touchpoint.pk, status=Status.DONE, is_fulfilled=True)
    if not fulfilled.update(status=Status.PLANNED, interaction=None, closed_by=None, closed_at=None, is_fulfilled=False):
        return False
    request_planning(firm_id=by.firm_id, client_id=touchpoint.client_id)
    return True


def fulfil_what_was_logged(interaction: Interaction, by: User, about: str = "") -> None:
    """Whatever anyone logs, anywhere (registered with clients/interactions.py). Something may follow a meeting: the client is planned again.

    `about` is the number of the touchpoint type it was, when the writer said so, or NOTHING.
    """
    if about and about != NOTHING and not (about.isdecimal() and len(about) < 19):
        raise ValidationError({"about": _("No touchpoint is called that.")})
    done = None if about == NOTHING else fulfil(interaction=interaction, by=by, touchpoint_type_id=int(about) if about else None)
    if done is None:
        request_planning(firm_id=by.firm_id, client_id=interaction.client_id)


def kinds_offered(client: Client | None, user: User) -> list[tuple[str, str]]:
    """What an interaction logged today may have been (registered with clients/promised.py): of a client the touchpoints in whose window the day
    is, the first of each type; before one is chosen, the firm's types."""
    locale = formats.babel_locale(user.firm.region)
    if client is None:
        in_use = TouchpointType.objects.filter(firm_id=user.firm_id, is_active=True)
        return sorted(((str(kind.pk), kind.name) for kind in in_use), key=lambda choice: choice[1].casefold())
    on = timezone.localdate(timezone=ZoneInfo(user.firm.time_zone))
    owed: dict[str, str] = {}
    for touchpoint in in_window(client=client, on=on, by=user).select_related("touchpoint_type"):
        told = {"touchpoint": touchpoint.touchpoint_type.name, "day": formats.day(touchpoint.due_on, locale=locale)}
        owed.setdefault(str(touchpoint.touchpoint_type_id), _("%(touchpoint)s, due %(day)s") % told)
    return list(owed.items())


def render_delivered(request: FirmRequest, interactions: Sequence[Interaction]) -> Mapping[int, str]:
    """Which touchpoint each interaction was, and the way to say that it was not. One statement."""
    if not interactions:
        return {}
    done = Touchpoint.objects.filter(firm_id=request.user.firm_id, interaction__in=[each.pk for each in interactions], status=Status.DONE)
    may_take_back, may_open = request.user.may(Permission.WORK_QUEUE), request.user.may(Permission.VIEW_QUEUE)
    shown = {"firm": request.firm, "may_open": may_open, "next": reverse("client_interactions", args=[interactions[0].client_id])}
    return {
        touchpoint.interaction_id: render_to_string(
            "touchpoints/_delivered.html", shown | {"touchpoint": touchpoint, "may_take_back": touchpoint.is_fulfilled and may_take_back}, request
        )
        for touchpoint in done.select_related("touchpoint_type")
        if touchpoint.interaction_id is not None
    }


def register() -> None:
    when_logged(fulfil_what_was_logged)
    register_promised(choices=kinds_offered, notes=render_delivered)
