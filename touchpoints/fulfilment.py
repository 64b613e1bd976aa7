"""An interaction that somebody logged may be the touchpoint that was owed: nobody is reminded of what was done (docs/planning.md, Fulfilment)."""

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from babel import Locale
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.interactions import keep_interactions_when, when_logged
from clients.models import Channel, Client, Interaction
from clients.promised import NOTHING, register_promised
from firms import formats
from firms.background import request_planning
from firms.guard import FirmRequest
from firms.models import Firm, User
from firms.permissions import Permission
from service_matrix.models import TouchpointType
from touchpoints.models import OPEN, QueueAct, Status, Touchpoint
from touchpoints.queue import free_for
from touchpoints.refusals import CountsAlready, NotOwedThen
from touchpoints.undoing import last_act, note_act, state_of

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
    return Touchpoint.objects.filter(_around(client.pk, on, on), _is_free(by), firm_id=client.firm_id).order_by("due_on", "pk")


def may_have_been(*, interaction: Interaction, by: User) -> QuerySet[Touchpoint]:
    """What an interaction that counts for none may have been: in whose window its day is, still open and nobody else on it, or missed since."""
    on = _day_of(interaction, by.firm)
    owed = Touchpoint.objects.filter(_around(interaction.client_id, on, on), firm_id=by.firm_id)
    return owed.filter(_is_free(by) | Q(status=Status.MISSED)).order_by("due_on", "pk")


def _is_free(by: User) -> Q:
    return Q(free_for(by), status__in=OPEN)


def _around(client_id: int, first: date, last: date) -> Q:
    """A client's touchpoints whose window meets these days."""
    # The window is as long before the due date as after it: due − (end − due) ≤ last.
    return Q(client_id=client_id, window_ends_on__gte=first, due_on__lte=Value(last) + (F("window_ends_on") - F("due_on")))


def _day_of(interaction: Interaction, firm: Firm) -> date:
    return interaction.happened_at.astimezone(ZoneInfo(firm.time_zone)).date()


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
    on = _day_of(interaction, Firm.objects.get(pk=by.firm_id))
    matching = matching_touchpoints(client=client, channel=interaction.channel, on=on, by=by, touchpoint_type_id=touchpoint_type_id)
    touchpoint = matching.select_for_update(of=("self",)).first()
    if touchpoint is None:
        return None
    _deliver(touchpoint, interaction, by)
    return touchpoint


@transaction.atomic
def count_for(*, interaction: Interaction, touchpoint: Touchpoint, by: User) -> QueueAct:
    """Say afterwards which touchpoint an interaction was, one of `may_have_been`: done, with it as the evidence. Returns what undoes it.

    Raises CountsAlready when it counts for one, NotOwedThen when this is not to be chosen, or no longer; nothing is written then.
    """
    Client.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=interaction.client_id)
    # Of a client merged since, too: what was delivered stays with the client it was owed to.
    counted = Touchpoint.objects.filter(firm_id=by.firm_id, interaction=interaction).select_related("touchpoint_type").first()
    if counted is not None:
        raise CountsAlready(counted)
    held = may_have_been(interaction=interaction, by=by).filter(pk=touchpoint.pk).select_for_update(of=("self",)).first()
    if held is None:
        raise NotOwedThen(touchpoint)
    before = state_of(held)
    _deliver(held, interaction, by)
    return note_act(kind=QueueAct.Kind.FULFILLED, by=by, before={held.pk: before}, after=[held])


def last_count(user: User) -> QueueAct | None:
    """What the user did last, where it was to say which touchpoint an interaction was and may still be taken back."""
    last = last_act(user)
    return last if last is not None and last.kind == QueueAct.Kind.FULFILLED else None


def interaction_of(act: QueueAct) -> int:
    """Of which interaction an act of `count_for` said what it was."""
    return int(act.rows[0]["after"]["interaction_id"])


def _deliver(touchpoint: Touchpoint, interaction: Interaction, by: User) -> None:
    touchpoint.status, touchpoint.interaction, touchpoint.closed_by, touchpoint.closed_at = Status.DONE, interaction, by, timezone.now()
    touchpoint.claimed_by, touchpoint.claimed_at, touchpoint.is_fulfilled = None, None, True
    touchpoint.save(update_fields=["status", "interaction", "closed_by", "closed_at", "claimed_by", "claimed_at", "is_fulfilled"])
    request_planning(firm_id=by.firm_id, client_id=touchpoint.client_id)


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
        owed.setdefault(str(touchpoint.touchpoint_type_id), in_words(touchpoint, locale=locale))
    return list(owed.items())


def in_words(touchpoint: Touchpoint, *, locale: Locale) -> str:
    """As a choice names it."""
    told = {"touchpoint": touchpoint.touchpoint_type.name, "day": formats.day(touchpoint.due_on, locale=locale)}
    return _("%(touchpoint)s, due %(day)s") % told


def render_delivered(request: FirmRequest, interactions: Sequence[Interaction], *, asks: bool) -> Mapping[int, str]:
    """Which touchpoint each interaction was, and the way to say that it was not; where it was none, and one was owed then, the way to say which
    (`asks`). Two statements at most."""
    if not interactions:
        return {}
    works, may_open = request.user.may(Permission.WORK_QUEUE), request.user.may(Permission.VIEW_QUEUE)
    shown = {"firm": request.firm, "may_open": may_open, "next": reverse("client_interactions", args=[interactions[0].client_id])}
    told = last_count(request.user) if works and asks else None
    just_told = interaction_of(told) if told else None
    notes: dict[int, str] = {}
    windows: list[tuple[date, date]] = []
    for touchpoint in _delivered_or_owed(interactions, request.user, with_owed=works and asks):
        if touchpoint.status != Status.DONE or touchpoint.interaction_id is None:
            windows.append((touchpoint.due_on, touchpoint.window_ends_on))
            continue
        may = {"may_take_back": touchpoint.is_fulfilled and works, "may_undo": touchpoint.interaction_id == just_told}
        notes[touchpoint.interaction_id] = render_to_string("touchpoints/_delivered.html", shown | may | {"touchpoint": touchpoint}, request)
    for each in interactions:
        day = _day_of(each, request.firm)
        if each.pk not in notes and any(due_on - (ends_on - due_on) <= day <= ends_on for due_on, ends_on in windows):
            notes[each.pk] = render_to_string("touchpoints/_undelivered.html", {"interaction_id": each.pk})
    return notes


def _delivered_or_owed(interactions: Sequence[Interaction], user: User, *, with_owed: bool) -> QuerySet[Touchpoint]:
    """What interactions of one client delivered, and `with_owed` what any of them may have been (`may_have_been`), in one statement."""
    told = Q(interaction__in=[each.pk for each in interactions], status=Status.DONE)
    if with_owed:
        days = [_day_of(each, user.firm) for each in interactions]
        told |= _around(interactions[0].client_id, min(days), max(days)) & (_is_free(user) | Q(status=Status.MISSED))
    return Touchpoint.objects.filter(told, firm_id=user.firm_id).select_related("touchpoint_type").order_by("due_on", "pk")


def why_it_stays(interaction: Interaction) -> str:
    """Why an interaction cannot be removed: it is what proves a touchpoint (registered with clients/interactions.py)."""
    counted = Touchpoint.objects.filter(firm_id=interaction.firm_id, interaction=interaction)
    touchpoint = counted.select_related("touchpoint_type").first()
    if touchpoint is None:
        return ""
    if touchpoint.is_fulfilled:
        return _("It counts for “%(touchpoint)s”: say first that it was not this one.") % {"touchpoint": touchpoint.touchpoint_type.name}
    return _("It proves “%(touchpoint)s”, completed in the queue: undo that there, or correct what was said.") % {
        "touchpoint": touchpoint.touchpoint_type.name
    }


def register() -> None:
    when_logged(fulfil_what_was_logged)
    keep_interactions_when(why_it_stays)
    register_promised(choices=kinds_offered, notes=render_delivered)
