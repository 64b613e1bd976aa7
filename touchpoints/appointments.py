"""The hour agreed for a meeting: set, moved, handed over with its client, cancelled, and told to whoever is invited (invitations.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Channel, Client, Person
from firms.models import User
from firms.wall import acting_for
from messaging.outbox import queue_messages
from touchpoints.invitations import Guest, invitations_of, tell
from touchpoints.models import Appointment, Status, Touchpoint
from touchpoints.placing import check_day, hold_for_another_day, hold_to_call_off, place_touchpoint
from touchpoints.refusals import QueueRefusal
from touchpoints.undoing import UNDO_WITHIN

# What an hour is agreed for.
MEETINGS = (Channel.IN_PERSON, Channel.PHONE, Channel.VIDEO)
_NOT_TYPED = ("firm", "touchpoint", "created_by", "cancelled_by")


@dataclass(frozen=True, kw_only=True)
class AppointmentDraft:
    starts_at: datetime
    minutes: int
    place: str = ""
    invites_client: bool = False
    colleagues: tuple[User, ...] = ()


class NotAMeeting(QueueRefusal):
    def __str__(self) -> str:
        return _("An hour is agreed for meetings, calls and video calls only.")


class HourPast(QueueRefusal):
    def __str__(self) -> str:
        return _("This hour is past.")


class NoAddress(QueueRefusal):
    """The client cannot be invited: no e-mail is known."""

    def __str__(self) -> str:
        return _("The client’s main contact has no e-mail address: add it, or do not invite the client.")


def appointment_of(touchpoint: Touchpoint) -> Appointment | None:
    """The one in force."""
    return _in_force(touchpoint).first()


def contact_of(client: Client) -> Person | None:
    """Who is invited for a client: the main contact, when an e-mail is known."""
    return Person.objects.filter(firm_id=client.firm_id, client=client, is_primary=True).exclude(email="").first()


@transaction.atomic
def set_appointment(*, touchpoint: Touchpoint, by: User, draft: AppointmentDraft) -> Appointment:
    """Agree an hour for a meeting, or change it: the touchpoint moves to its day, and who is invited is written to, who no longer is too.

    Saying again what is already so sends nothing. Raises NotAMeeting, HourPast, DayRefused, NoAddress, AlreadyHandled, AskedOfAnother; nothing
    is written then.
    """
    if touchpoint.channel not in MEETINGS:
        raise NotAMeeting(touchpoint)
    zone = ZoneInfo(by.firm.time_zone)
    if draft.starts_at <= timezone.now():
        raise HourPast(touchpoint)
    day = draft.starts_at.astimezone(zone).date()
    # Of two who agree hours at once, the second changes what the first did.
    held = hold_for_another_day(touchpoint, by=by)
    check_day(held, day=day, today=timezone.localdate(timezone=zone), firm=by.firm)
    # As it is now that the row is held: the client may just have gone to another adviser.
    held.client = Client.objects.select_related("adviser", "firm").get(firm_id=by.firm_id, pk=held.client_id)
    guests = _guests(held.client, draft)
    place_touchpoint(held, day=day)
    touchpoint.due_on, touchpoint.moved_from = held.due_on, held.moved_from
    told: dict[str, Any] = {"starts_at": draft.starts_at, "minutes": draft.minutes, "place": draft.place.strip(), "guests": guests}
    appointment = appointment_of(touchpoint)
    if appointment is None:
        appointment = Appointment(firm_id=by.firm_id, touchpoint=held, created_by=by, **told)
        appointment.full_clean(exclude=_NOT_TYPED)
        appointment.save()
        tell(appointment, guests)
        return appointment
    if all(getattr(appointment, name) == value for name, value in told.items()):
        return appointment
    _change_appointment(appointment, **told)
    return appointment


@transaction.atomic
def cancel_appointment(*, appointment: Appointment, by: User | None) -> bool:
    """Call an hour off and tell who was invited; what it was for is still owed, on its day. False when it was called off already.

    Nobody (`by`): nothing is owed any more. Raises AlreadyHandled when someone else is working on what it is for, AskedOfAnother.
    """
    if by is not None:
        # The touchpoint before its hour, as whoever moves it does.
        hold_to_call_off(appointment.touchpoint, by=by)
    appointment = Appointment.objects.select_for_update().select_related("touchpoint__client__adviser").get(pk=appointment.pk)
    if appointment.cancelled_at is not None:
        return False
    appointment.cancelled_at, appointment.cancelled_by = timezone.now(), by
    appointment.sequence += 1
    appointment.save(update_fields=["cancelled_at", "cancelled_by", "sequence"])
    tell(appointment, appointment.guests)
    return True


def follow(touchpoint: Touchpoint, *, by: User, to: date) -> None:
    """The appointment of a touchpoint that moved: at the same hour of the other day, whatever the clocks did between. The caller holds the row."""
    appointment = appointment_of(touchpoint)
    if appointment is not None:
        zone = ZoneInfo(by.firm.time_zone)
        hour = appointment.starts_at.astimezone(zone).time()
        _put_at(appointment, datetime.combine(to, hour, tzinfo=zone))


def return_to(touchpoint: Touchpoint, *, starts_at: datetime) -> None:
    """The appointment of a touchpoint whose move was taken back, at the hour it had. The caller holds the row. Raises HourPast."""
    appointment = appointment_of(touchpoint)
    if appointment is not None:
        _put_at(appointment, starts_at)


def _put_at(appointment: Appointment, starts_at: datetime) -> None:
    if starts_at <= timezone.now():
        raise HourPast(appointment.touchpoint)
    if starts_at != appointment.starts_at:
        _change_appointment(appointment, starts_at=starts_at)


def meetings_to_come(*, firm_id: int) -> QuerySet[Appointment]:
    """Agreed hours that have not begun, of what still is to be done or was done early."""
    to_come = Appointment.objects.filter(firm_id=firm_id, cancelled_at=None, starts_at__gt=timezone.now())
    return to_come.exclude(touchpoint__status__in=(Status.SKIPPED, Status.CANCELLED))


def hand_over_meetings(*, firm_id: int, left: Mapping[int, int], before: Mapping[int, Sequence[Guest]]) -> int:
    """Clients have gone to another adviser (`left`: client → the adviser they left), in the caller's transaction: the hours to come that
    somebody was invited to are theirs now. The invitation is sent again under its UID with the new organiser (RFC 5546, 3.2.2.4); an adviser who
    was invited hands the place to the other. `before`: appointment → whom it is to have instead, when a transfer is taken back.

    Returns how many. Four statements, however many they are.
    """
    theirs = meetings_to_come(firm_id=firm_id).filter(touchpoint__client__in=left).exclude(guests=[])
    related = ("touchpoint__client__adviser", "touchpoint__client__firm", "touchpoint__touchpoint_type")
    meetings = list(theirs.select_related(*related).select_for_update(of=("self",)).order_by("pk"))
    leavers = User.objects.filter(firm_id=firm_id).in_bulk({left[each.touchpoint.client_id] for each in meetings}) if meetings else {}
    messages = []
    for meeting in meetings:
        client, had = meeting.touchpoint.client, meeting.guests
        meeting.guests = list(before.get(meeting.pk) or _replaced(had, leavers[left[client.pk]], client.adviser))
        meeting.sequence, meeting.updated_at = meeting.sequence + 1, timezone.now()
        kept = {guest["email"] for guest in meeting.guests}
        messages += invitations_of(meeting, meeting.guests, is_handed_over=True)
        messages += invitations_of(meeting, [guest for guest in had if guest["email"] not in kept], is_dropped=True)
    Appointment.objects.bulk_update(meetings, ["guests", "sequence", "updated_at"], batch_size=500)
    queue_messages(messages)
    return len(meetings)


def _replaced(guests: Sequence[Guest], leaver: User, successor: User) -> list[Guest]:
    """The successor in the leaver's place, nobody twice."""
    found: dict[str, Guest] = {}
    for guest in guests:
        if guest["email"] == leaver.email and not guest["is_client"]:
            guest = guest_of(successor)
        found.setdefault(guest["email"], guest)
    return list(found.values())


def guest_of(colleague: User) -> Guest:
    return Guest(email=colleague.email, name=colleague.name, is_client=False, language=colleague.language)


def withdraw_stale(*, firm_id: int) -> int:
    """Call off hours to come whose touchpoint was skipped or is no longer promised, once that can no longer be undone. Returns how many."""
    withdrawn = 0
    while True:
        with acting_for(firm_id):
            stale = Appointment.objects.filter(
                firm_id=firm_id,
                cancelled_at=None,
                starts_at__gt=timezone.now(),
                touchpoint__status__in=(Status.SKIPPED, Status.CANCELLED),
                touchpoint__closed_at__lte=timezone.now() - UNDO_WITHIN,
            )
            appointment = stale.select_for_update(skip_locked=True, of=("self",)).first()
            if appointment is None:
                return withdrawn
            withdrawn += cancel_appointment(appointment=appointment, by=None)


def _in_force(touchpoint: Touchpoint) -> QuerySet[Appointment]:
    return Appointment.objects.filter(firm_id=touchpoint.firm_id, touchpoint=touchpoint, cancelled_at=None).select_related(
        "touchpoint__client__adviser", "touchpoint__client__firm", "touchpoint__touchpoint_type"
    )


def _guests(client: Client, draft: AppointmentDraft) -> list[Guest]:
    """Who is invited: the client first, nobody twice. Raises NoAddress."""
    guests: dict[str, Guest] = {}
    if draft.invites_client:
        contact = contact_of(client)
        if contact is None:
            raise NoAddress(client)
        guests[contact.email] = Guest(email=contact.email, name=str(contact) or client.name, is_client=True, language=client.language)
    for colleague in sorted(draft.colleagues, key=lambda user: user.pk):
        guests.setdefault(colleague.email, guest_of(colleague))
    return list(guests.values())


def _change_appointment(appointment: Appointment, **told: Any) -> None:
    """Write and tell: the guests of before who are no longer invited read that it is cancelled."""
    kept = {guest["email"] for guest in told.get("guests", appointment.guests)}
    dropped = [guest for guest in appointment.guests if guest["email"] not in kept]
    for name, value in told.items():
        setattr(appointment, name, value)
    appointment.sequence += 1
    appointment.updated_at = timezone.now()
    appointment.full_clean(exclude=_NOT_TYPED, validate_unique=False, validate_constraints=False)
    appointment.save(update_fields=[*told, "sequence", "updated_at"])
    tell(appointment, appointment.guests)
    tell(appointment, dropped, is_dropped=True)
