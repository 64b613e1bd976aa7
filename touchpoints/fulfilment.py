"""An interaction that somebody logged may be the touchpoint that was owed: nobody is reminded of what was done (docs/planning.md, Fulfilment)."""

from datetime import date
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from clients.models import Channel, Client, Interaction
from firms.background import request_planning
from firms.models import Firm, User
from touchpoints.models import Status, Touchpoint
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
    # The window is as long before the due date as after it: due − (end − due) ≤ on.
    return Touchpoint.objects.filter(
        free_for(by),
        about,
        firm_id=client.firm_id,
        client=client,
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


def fulfil_what_was_logged(interaction: Interaction, by: User) -> None:
    """Whatever anyone logs, anywhere (registered with clients/interactions.py). Something may follow a meeting: the client is planned again."""
    if fulfil(interaction=interaction, by=by) is None:
        request_planning(firm_id=by.firm_id, client_id=interaction.client_id)
