"""Calendars to subscribe to: a client's service calendar, and the work of one who works here."""

from datetime import date, timedelta

from babel import Locale
from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, When
from django.urls import reverse
from django.utils.translation import gettext as _

from clients.queries import standing_of
from firms import formats
from firms.absences import absences_of
from firms.models import User
from touchpoints.icalendars import Occasion, uid_of, write_feed
from touchpoints.models import OPEN, Appointment, Status, Touchpoint
from touchpoints.queries import for_lists, touchpoints_for, working_books
from touchpoints.service_calendar import ServiceCalendar, speaking_to
from touchpoints.ways import AS_PLANNED, WorkWay, ways_to_do

DAYS_BEHIND, DAYS_AHEAD = 60, 366
# A feed longer than this is read by no calendar: the nearest are in it.
MOST = 2000


def client_feed(calendar: ServiceCalendar) -> bytes:
    """What a client's own calendar shows: agreed hours, and days around which something comes."""
    with speaking_to(calendar.client):
        occasions = []
        for entry in calendar.entries:
            about = [_("%(what)s, %(how)s, with %(who)s.") % {"what": entry.what, "how": entry.how, "who": entry.who}]
            if entry.appointment is None:
                about.append(_("The day is approximate."))
            about.append(calendar.courtesy)
            occasions.append(
                _occasion(
                    entry.touchpoint_id,
                    day=entry.day,
                    appointment=entry.appointment,
                    title=f"{entry.what} · {calendar.firm.name}",
                    description="\n".join(about),
                )
            )
        name = _("Your service calendar, %(firm)s") % {"firm": calendar.firm.name}
        return write_feed(occasions, name=name, time_zone=calendar.firm.time_zone)


def person_feed(user: User, *, on: date) -> bytes:
    """What this person is expected to deliver, agreed hours and own absences. `user` with its firm; in the active language."""
    horizon = (on - timedelta(days=DAYS_BEHIND), on + timedelta(days=DAYS_AHEAD))
    mine = _own_work(user).filter(Q(status__in=OPEN) | Q(status=Status.DONE), due_on__range=horizon)
    # What is to come before what was, the nearest of both first; a calendar then shows them by day.
    to_come = Case(When(due_on__gte=on, then=F("due_on"))).asc(nulls_last=True)
    found = sorted(for_lists(mine).order_by(to_come, "-due_on", "pk")[:MOST], key=lambda each: (each.due_on, each.pk))
    agreed = {
        appointment.touchpoint_id: appointment
        for appointment in Appointment.objects.filter(firm_id=user.firm_id, cancelled_at=None, touchpoint__in=[each.pk for each in found])
    }
    locale = formats.babel_locale(user.firm.region)
    ways = ways_to_do(found, firm_id=user.firm_id, on=on)
    occasions = [_work(each, agreed.get(each.pk), locale, ways.get(each.pk, AS_PLANNED)) for each in found]
    occasions += [
        Occasion(
            uid=uid_of("absence", absence.pk),
            starts=absence.starts_on,
            ends=absence.ends_on + timedelta(days=1),
            title=_("Away: %(note)s") % {"note": absence.note} if absence.note else _("Away"),
        )
        for absence in absences_of(user, since=horizon[0])
    ]
    name = _("Touchpoints of %(name)s") % {"name": user.name}
    return write_feed(occasions, name=name, time_zone=user.time_zone or user.firm.time_zone)


def _own_work(user: User) -> QuerySet[Touchpoint]:
    """What a person is to deliver. Of who looks at the whole firm: of the own clients, of those covered, and what was asked of them by name."""
    mine = touchpoints_for(user)
    if working_books(user) is not None:
        return mine
    persons = standing_of(user).acts_for
    return mine.filter(Q(adviser__in=persons) | Q(assigned_to__in=persons))


def _work(touchpoint: Touchpoint, appointment: Appointment | None, locale: Locale, way: WorkWay) -> Occasion:
    done = "✓ " if touchpoint.status == Status.DONE else ""
    how = [
        way.own_channel or touchpoint.get_channel_display(),
        _("%(minutes)s min") % {"minutes": touchpoint.minutes},
        "" if done else way.first_step,
    ]
    about = [
        " · ".join(filter(None, how)),
        _("Counts until %(day)s.") % {"day": formats.day(touchpoint.window_ends_on, locale=locale)},
    ]
    return _occasion(
        touchpoint.pk,
        day=touchpoint.due_on,
        appointment=appointment,
        title=f"{done}{touchpoint.touchpoint_type.name} · {touchpoint.client.name}",
        description="\n".join(about),
        url=settings.SITE_URL + reverse("queue_touchpoint", args=[touchpoint.pk]),
    )


def _occasion(touchpoint_id: int, *, day: date, appointment: Appointment | None, title: str, description: str, url: str = "") -> Occasion:
    if appointment is None:
        uid = uid_of("touchpoint", touchpoint_id)
        return Occasion(uid=uid, starts=day, ends=day + timedelta(days=1), title=title, description=description, url=url, is_free=True)
    # Under the invitation's own UID: whoever has both sees one event.
    return Occasion(
        uid=str(appointment.uid),
        sequence=appointment.sequence,
        starts=appointment.starts_at,
        ends=appointment.ends_at,
        title=title,
        description=description,
        place=appointment.place,
        url=url,
    )
