"""The hour agreed for a meeting: set, moved, cancelled, and told to whoever is invited.

Invitations are e-mails of the outbox that carry a calendar message (RFC 5546): REQUEST for a new or changed hour, CANCEL when it is called off.
They are written with the decision, once for each number of the appointment's sequence and each reader.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clients.models import Channel, Client, Person
from firms import formats
from firms.models import User
from firms.wall import acting_for
from messaging.outbox import queue_message
from touchpoints.icalendars import Attendee, Occasion, write_invitation
from touchpoints.models import Appointment, Status, Touchpoint
from touchpoints.placing import check_day, hold_for_another_day, place_touchpoint
from touchpoints.refusals import QueueRefusal
from touchpoints.service_calendar import HOW
from touchpoints.undoing import UNDO_WITHIN

# What an hour is agreed for.
MEETINGS = (Channel.IN_PERSON, Channel.PHONE, Channel.VIDEO)
_NOT_TYPED = ("firm", "touchpoint", "created_by", "cancelled_by")


class Guest(TypedDict):
    """As kept in `Appointment.guests`."""

    email: str
    name: str
    is_client: bool
    language: str


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
    guests = _guests(touchpoint.client, draft)
    place_touchpoint(held, day=day)
    touchpoint.due_on, touchpoint.moved_from = held.due_on, held.moved_from
    told: dict[str, Any] = {"starts_at": draft.starts_at, "minutes": draft.minutes, "place": draft.place.strip(), "guests": guests}
    appointment = appointment_of(touchpoint)
    if appointment is None:
        appointment = Appointment(firm_id=by.firm_id, touchpoint=touchpoint, created_by=by, **told)
        appointment.full_clean(exclude=_NOT_TYPED)
        appointment.save()
        _tell(appointment, guests)
        return appointment
    if all(getattr(appointment, name) == value for name, value in told.items()):
        return appointment
    _change_appointment(appointment, **told)
    return appointment


@transaction.atomic
def cancel_appointment(*, appointment: Appointment, by: User | None) -> bool:
    """Call an hour off and tell who was invited; what it was for is still owed, on its day. False when it was called off already."""
    appointment = Appointment.objects.select_for_update().select_related("touchpoint__client__adviser").get(pk=appointment.pk)
    if appointment.cancelled_at is not None:
        return False
    appointment.cancelled_at, appointment.cancelled_by = timezone.now(), by
    appointment.sequence += 1
    appointment.save(update_fields=["cancelled_at", "cancelled_by", "sequence"])
    _tell(appointment, appointment.guests)
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
        guests.setdefault(colleague.email, Guest(email=colleague.email, name=colleague.name, is_client=False, language=colleague.language))
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
    _tell(appointment, appointment.guests)
    _tell(appointment, dropped, is_dropped=True)


def _tell(appointment: Appointment, guests: list[Guest], *, is_dropped: bool = False) -> None:
    client = appointment.touchpoint.client
    for guest in guests:
        language = formats.language_code(guest["language"], region=client.firm.region)
        with translation.override(language), timezone.override(ZoneInfo(client.firm.time_zone)):
            _write_to(guest, appointment, is_cancelled=is_dropped or appointment.cancelled_at is not None)


def _write_to(guest: Guest, appointment: Appointment, *, is_cancelled: bool) -> None:
    client = appointment.touchpoint.client
    occasion = describe(appointment, guest=guest, is_cancelled=is_cancelled)
    locale = formats.babel_locale(client.firm.region)
    starts_at = timezone.localtime(appointment.starts_at)
    words = {
        "what": occasion.title,
        "day": formats.day(starts_at.date(), locale=locale, style="full"),
        "hour": formats.clock(starts_at, locale=locale),
        "place": appointment.place,
    }
    if is_cancelled:
        subject, first = _("Cancelled: %(what)s, %(day)s at %(hour)s"), _("This appointment is cancelled.")
    elif appointment.sequence:
        subject, first = _("Changed: %(what)s, %(day)s at %(hour)s"), _("This appointment has changed.")
    else:
        subject, first = _("Invitation: %(what)s, %(day)s at %(hour)s"), _("You are invited to this appointment.")
    lines = [
        first,
        "",
        words["what"],
        _("%(day)s at %(hour)s") % words,
        appointment.place,
        occasion.description,
        "",
        client.adviser.name,
        client.firm.name,
    ]
    queue_message(
        firm_id=appointment.firm_id,
        to=guest["email"],
        subject=subject % words,
        text="\n".join(line for place, line in enumerate(lines) if line or place in {1, 6}),
        calendar=write_invitation(occasion, time_zone=client.firm.time_zone),
        dedupe_key=f"appointment:{appointment.uid}:{appointment.sequence}:{guest['email']}",
        to_client=guest["is_client"],
    )


def describe(appointment: Appointment, *, guest: Guest, is_cancelled: bool) -> Occasion:
    """The event as one guest reads it, in the active language: the client sees the firm's name, colleagues the client's."""
    touchpoint = appointment.touchpoint
    client = touchpoint.client
    with_whom = client.firm.name if guest["is_client"] else client.name
    organiser = Attendee(client.adviser.email, client.adviser.name)
    return Occasion(
        uid=str(appointment.uid),
        sequence=appointment.sequence,
        starts=appointment.starts_at,
        ends=appointment.ends_at,
        title=f"{touchpoint.touchpoint_type.name} · {with_whom}",
        description=_("With %(name)s, %(how)s.") % {"name": client.adviser.name, "how": HOW[Channel(touchpoint.channel)]},
        place=appointment.place,
        is_cancelled=is_cancelled,
        organiser=organiser,
        attendees=tuple(
            Attendee(other["email"], other["name"], is_accepted=other["email"] == organiser.email)
            for other in (appointment.guests if guest in appointment.guests else [guest])
        ),
    )
