"""What whoever is invited to a meeting reads: e-mails of the outbox that carry a calendar message (RFC 5546), REQUEST for a new, changed or
handed-over hour, CANCEL when it is called off.

They are written with the decision, once for each number of the appointment's sequence and each reader.
"""

from collections.abc import Iterable
from typing import TypedDict
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clients.models import Channel
from firms import formats
from messaging.models import OutboxMessage
from messaging.outbox import one_line, queue_messages
from touchpoints.icalendars import Attendee, Occasion, write_invitation
from touchpoints.models import Appointment
from touchpoints.ways import HOW


class Guest(TypedDict):
    """As kept in `Appointment.guests`."""

    email: str
    name: str
    is_client: bool
    language: str


def tell(appointment: Appointment, guests: Iterable[Guest], *, is_dropped: bool = False) -> None:
    """Write to guests what the appointment is now. `is_dropped`: they are no longer invited."""
    queue_messages(invitations_of(appointment, guests, is_dropped=is_dropped))


def invitations_of(
    appointment: Appointment, guests: Iterable[Guest], *, is_dropped: bool = False, is_handed_over: bool = False
) -> list[OutboxMessage]:
    """The same, to be queued with others. `is_handed_over`: another adviser receives them; day and hour stay."""
    client, written = appointment.touchpoint.client, []
    for guest in guests:
        language = formats.language_code(guest["language"], region=client.firm.region)
        with translation.override(language), timezone.override(ZoneInfo(client.firm.time_zone)):
            is_cancelled = is_dropped or appointment.cancelled_at is not None
            written.append(_message(guest, appointment, is_cancelled=is_cancelled, is_handed_over=is_handed_over))
    return written


def _message(guest: Guest, appointment: Appointment, *, is_cancelled: bool, is_handed_over: bool) -> OutboxMessage:
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
    elif is_handed_over:
        subject = _("Changed: %(what)s, %(day)s at %(hour)s")
        first = _("%(name)s now takes care of this appointment; the day and the hour stay the same.") % {"name": client.adviser.name}
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
    return OutboxMessage(
        firm_id=appointment.firm_id,
        to=guest["email"],
        subject=one_line(subject % words),
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
