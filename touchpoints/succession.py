"""What of this room goes along when clients change adviser: open touchpoints by the database, whom it had asked (for undo), and the meetings
booked, whose guests are told who takes over."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from clients.moving import Companion, Return, register_companion
from touchpoints.appointments import hand_over_meetings, meetings_to_come
from touchpoints.models import OPEN, Appointment, Status, Touchpoint


def _open(clients: QuerySet[Client]) -> QuerySet[Any]:
    return Touchpoint.objects.filter(client__in=clients.order_by().values("pk"), status__in=OPEN)


def _asked(clients: QuerySet[Client]) -> QuerySet[Any]:
    return _open(clients).exclude(assigned_to=None)


def _claimed(clients: QuerySet[Client]) -> QuerySet[Any]:
    return _open(clients).filter(status=Status.CLAIMED, claimed_by=F("adviser"))


def _closed(clients: QuerySet[Client]) -> QuerySet[Any]:
    return Touchpoint.objects.filter(client__in=clients.order_by().values("pk"), status__in=(Status.DONE, Status.SKIPPED, Status.MISSED))


def _remember_asked(firm_id: int, client_ids: Collection[int]) -> Mapping[int, Any]:
    """Whom each open touchpoint was asked of."""
    found: dict[int, dict[str, int]] = {}
    asked = Touchpoint.objects.filter(firm_id=firm_id, client__in=client_ids, status__in=OPEN).exclude(assigned_to=None)
    for client_id, pk, person in asked.values_list("client_id", "pk", "assigned_to_id"):
        found.setdefault(client_id, {})[str(pk)] = person
    return found


def _restore_asked(firm_id: int, before: Mapping[int, Any], returns: Mapping[int, Return]) -> None:
    """Ask again whom the database had forgotten; what someone reassigned since stays."""
    by_person: dict[tuple[int, int], list[int]] = {}
    for client_id, asked in before.items():
        for pk, person in asked.items():
            by_person.setdefault((person, returns[client_id].had), []).append(int(pk))
    for (person, had), pks in by_person.items():
        # On the way back the database gave the adviser's own back by itself.
        left = Touchpoint.objects.filter(firm_id=firm_id, pk__in=pks, status__in=OPEN, assigned_to=None, adviser_id=had)
        left.update(assigned_to=person)


def _meetings(clients: QuerySet[Client]) -> QuerySet[Any]:
    # Within the firm by the wall; the touchpoints' own index finds those of the clients.
    return Appointment.objects.filter(
        cancelled_at=None, starts_at__gt=timezone.now(), touchpoint__client__in=clients.order_by().values("pk"), touchpoint__status__in=OPEN
    )


def _remember_meetings(firm_id: int, client_ids: Collection[int]) -> Mapping[int, Any]:
    """Who was invited to each meeting to come, and by which number of its sequence."""
    found: dict[int, dict[str, Any]] = {}
    invited = meetings_to_come(firm_id=firm_id).filter(touchpoint__client__in=client_ids).exclude(guests=[])
    for client_id, pk, sequence, guests in invited.values_list("touchpoint__client_id", "pk", "sequence", "guests"):
        found.setdefault(client_id, {})[str(pk)] = {"sequence": sequence, "guests": guests}
    return found


def _follow_meetings(firm_id: int, left: Mapping[int, int], before: Mapping[int, Any]) -> None:
    """Where nobody changed a meeting since it was handed over, it gets back exactly the guests it had."""
    noted = {int(pk): was for meetings in before.values() for pk, was in meetings.items()}
    now = dict(Appointment.objects.filter(firm_id=firm_id, pk__in=noted).values_list("pk", "sequence")) if noted else {}
    as_left = {pk: was["guests"] for pk, was in noted.items() if now.get(pk) == was["sequence"] + 1}
    hand_over_meetings(firm_id=firm_id, left=left, before=as_left)


def register() -> None:
    register_companion(Companion(key="touchpoints", label=_("Open touchpoints"), rows=_open))
    register_companion(Companion(key="asked", label=_("Touchpoints asked of someone"), rows=_asked, remember=_remember_asked, restore=_restore_asked))
    register_companion(Companion(key="claimed", label=_("Touchpoints the adviser has in hand, given back to the queue"), rows=_claimed))
    register_companion(
        Companion(
            key="meetings",
            label=_("Booked meetings to come"),
            note=_("At the same day and hour. Whoever was invited receives the invitation again, from the new adviser."),
            rows=_meetings,
            remember=_remember_meetings,
            follow=_follow_meetings,
        )
    )
    register_companion(Companion(key="closed", label=_("Touchpoints done, skipped or missed"), rows=_closed, stays=True))
