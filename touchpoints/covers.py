"""Covering an absent colleague: whoever is to is told, and told when they no longer are (registered with firms/absences.py); and what they would
take over is said beforehand (registered with firms/cover_previews.py)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from firms import formats
from firms.absences import when_cover_changes
from firms.calendar import local_time
from firms.cover_previews import CoverPreview, preview_covers_with
from firms.models import Absence, Firm, Support, User
from firms.permissions import Role
from messaging.notices import post_notice
from touchpoints.appointments import meetings_to_come
from touchpoints.clashes import overlap
from touchpoints.models import OPEN, Appointment, Touchpoint
from touchpoints.notices import COVER, COVER_ENDED
from touchpoints.queries import PERFORMERS

# Clashes named one by one; the others are counted.
MOST_CLASHES = 8


def tell_of_cover(absence: Absence, before: User | None, now: User | None, by: User) -> None:
    """Nobody is told of what they decided themselves, nor of days that are over."""
    if absence.ends_on < local_time(by.firm).date():
        return
    values = {
        "name": absence.user.name,
        "starts_on": absence.starts_on.isoformat(),
        "ends_on": absence.ends_on.isoformat(),
        "region": by.firm.region,
    }
    # Each decision is told, also one that returns to what was.
    key = f"cover:{absence.pk}:{timezone.now().isoformat()}"
    if now is not None and now != by:
        post_notice(user=now, kind=COVER, values=values, dedupe_key=f"{key}:{now.pk}", url=reverse("queue"))
    if before is not None and before != by:
        post_notice(user=before, kind=COVER_ENDED, values=values, dedupe_key=f"{key}:{before.pk}:ended", url=reverse("queue"))


def say_what_comes(absence: Absence, preview: CoverPreview) -> None:
    """How much of the absent person's work falls on these days that is not the cover's already, and which meetings meet one of the cover's own.

    Whose client the cover meets is not said: the absent person may not see that client. Three statements.
    """
    theirs = _work_of(absence.user).exclude(pk__in=_work_of(preview.covered_by).values("pk"))
    owed = theirs.filter(status__in=OPEN, due_on__range=(absence.starts_on, absence.ends_on)).count()
    meetings = list(_meetings(absence).filter(touchpoint__in=theirs.values("pk")).select_related("touchpoint__client"))
    due = ngettext("%(number)s open touchpoint is due on these days.", "%(number)s open touchpoints are due on these days.", owed)
    agreed = ngettext("%(number)s meeting is agreed on these days.", "%(number)s meetings are agreed on these days.", len(meetings))
    preview.brings.extend([_counted(due, owed, absence.user.firm), _counted(agreed, len(meetings), absence.user.firm)])
    clashes = _clashes(absence, meetings, preview.covered_by)
    preview.clashes.extend(clashes[:MOST_CLASHES])
    if (more := len(clashes) - MOST_CLASHES) > 0:
        preview.clashes.append(_counted(ngettext("And %(number)s more.", "And %(number)s more.", more), more, absence.user.firm))


def _counted(words: str, number: int, firm: Firm) -> str:
    return words % {"number": formats.number(number, locale=formats.babel_locale(firm.region))}


def _work_of(person: User) -> QuerySet[Touchpoint]:
    """What a person is to deliver all year, not as a stand-in; of an administrator, in the own book."""
    supported = Support.objects.filter(firm_id=person.firm_id, assistant=person).values("adviser_id")
    books = Q(adviser__in=supported) if person.role == Role.ASSISTANT else Q(adviser=person)
    performers = PERFORMERS.get(Role(person.role), PERFORMERS[Role.ADVISER])
    own = Q(assigned_to=person) | books & Q(assigned_to=None, performer__in=performers)
    return Touchpoint.objects.filter(own, firm_id=person.firm_id)


def _meetings(absence: Absence) -> QuerySet[Appointment]:
    """Agreed hours to come that begin on these days, by the firm's clock."""
    zone = ZoneInfo(absence.user.firm.time_zone)
    first = datetime.combine(absence.starts_on, time.min, tzinfo=zone)
    end = datetime.combine(absence.ends_on + timedelta(days=1), time.min, tzinfo=zone)
    return meetings_to_come(firm_id=absence.firm_id).filter(starts_at__gte=first, starts_at__lt=end).order_by("starts_at", "pk")


def _clashes(absence: Absence, meetings: Sequence[Appointment], cover: User) -> list[str]:
    """Each meeting at the hour of one that the cover holds or is invited to."""
    own = Q(touchpoint__in=_work_of(cover).values("pk")) | Q(guests__contains=[{"email": cover.email}])
    kept = list(_meetings(absence).filter(own).exclude(pk__in=[meeting.pk for meeting in meetings]))
    locale = formats.babel_locale(absence.user.firm.region)
    zone = ZoneInfo(absence.user.firm.time_zone)
    said = []
    for meeting in meetings:
        for other in (each for each in kept if overlap(meeting, each)):
            start, end = (formats.clock(moment, locale=locale) for moment in (other.starts_at, other.ends_at))
            told = {
                "day": formats.day(meeting.starts_at.astimezone(zone).date(), locale=locale),
                "client": meeting.touchpoint.client.name,
                "name": cover,
                "start": start,
                "end": end,
            }
            said.append(_("%(day)s, %(client)s: %(name)s has another meeting then (%(start)s–%(end)s).") % told)
    return said


def register() -> None:
    when_cover_changes(tell_of_cover)
    preview_covers_with(say_what_comes)
