"""Before clients go to another adviser: where a meeting booked with one of them falls when the successor is away or meets somebody else."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from clients.models import Client
from clients.moving import Clash, register_clashes
from firms import formats
from firms.models import Absence, Firm, User
from service_matrix.models import Performer
from touchpoints.appointments import meetings_to_come
from touchpoints.models import Appointment

# No appointment is longer.
LONGEST = timedelta(minutes=1440)


def find_clashes(clients: QuerySet[Client], to: Mapping[int, User], firm: Firm) -> list[Clash]:
    """`to`: client → successor, of those who move. Three statements at most, however many they are."""
    booked = _advisers_own(meetings_to_come(firm_id=firm.pk)).filter(touchpoint__client__in=clients.order_by().values("pk"))
    moving = [each for each in booked.select_related("touchpoint__client") if each.touchpoint.client_id in to]
    if not moving:
        return []
    successors = {to[each.touchpoint.client_id].pk: to[each.touchpoint.client_id] for each in moving}
    kept = _kept(moving, successors, firm_id=firm.pk)
    away = _away(moving, successors, firm)
    found: list[Clash] = []
    for successor in successors.values():
        theirs = [each for each in moving if to[each.touchpoint.client_id] == successor]
        found += _met(theirs, kept[successor.pk], successor, firm)
        found += _missed(theirs, away[successor.pk], successor, firm)
    return found


def _advisers_own(meetings: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """Those that the adviser of the book holds: not an assistant, nor somebody who was asked by name."""
    held = Q(touchpoint__assigned_to=None) | Q(touchpoint__assigned_to=F("touchpoint__adviser"))
    return meetings.exclude(touchpoint__performer=Performer.ASSISTANT).filter(held).order_by("starts_at", "pk")


def _kept(moving: Sequence[Appointment], successors: Mapping[int, User], *, firm_id: int) -> dict[int, list[Appointment]]:
    """What the successors have at about these hours: their own meetings, and those they are invited to."""
    around = meetings_to_come(firm_id=firm_id).filter(
        starts_at__gt=min(each.starts_at for each in moving) - LONGEST, starts_at__lt=max(each.ends_at for each in moving)
    )
    own = set(_advisers_own(around).filter(touchpoint__adviser__in=successors).values_list("pk", flat=True))
    invited = Q()
    for successor in successors.values():
        invited |= Q(guests__contains=[{"email": successor.email}])
    theirs = around.filter(Q(pk__in=own) | invited).exclude(pk__in=[each.pk for each in moving]).select_related("touchpoint__client")
    kept: dict[int, list[Appointment]] = {pk: [] for pk in successors}
    for meeting in theirs.order_by("starts_at", "pk"):
        guests = {guest["email"] for guest in meeting.guests if not guest["is_client"]}
        for pk, successor in successors.items():
            if successor.email in guests or (meeting.pk in own and meeting.touchpoint.adviser_id == pk):
                kept[pk].append(meeting)
    return kept


def _away(moving: Sequence[Appointment], successors: Mapping[int, User], firm: Firm) -> dict[int, list[Absence]]:
    days = [_day(each, firm) for each in moving]
    found: dict[int, list[Absence]] = {pk: [] for pk in successors}
    absences = Absence.objects.filter(firm_id=firm.pk, user__in=successors, starts_on__lte=max(days), ends_on__gte=min(days))
    for absence in absences.order_by("starts_on", "pk"):
        found[absence.user_id].append(absence)
    return found


def _day(meeting: Appointment, firm: Firm) -> date:
    return meeting.starts_at.astimezone(ZoneInfo(firm.time_zone)).date()


def _met(theirs: Sequence[Appointment], kept: Sequence[Appointment], successor: User, firm: Firm) -> Iterator[Clash]:
    """Two meetings at once: with one the successor has, or two that come from different books."""
    locale = formats.babel_locale(firm.region)
    for number, meeting in enumerate(theirs):
        for other in (each for each in kept if _overlap(meeting, each)):
            yield _clash(meeting, _hours(other, successor, _("%(name)s meets %(client)s then (%(start)s–%(end)s)."), locale))
        for other in (each for each in theirs[number + 1 :] if _overlap(meeting, each)):
            said = _("%(name)s would also meet %(client)s then, who moves too (%(start)s–%(end)s).")
            yield _clash(meeting, _hours(other, successor, said, locale))


def _overlap(one: Appointment, other: Appointment) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _hours(other: Appointment, successor: User, said: str, locale: Locale) -> str:
    start, end = (formats.clock(moment, locale=locale) for moment in (other.starts_at, other.ends_at))
    return said % {"name": successor, "client": other.touchpoint.client.name, "start": start, "end": end}


def _missed(theirs: Sequence[Appointment], away: Sequence[Absence], successor: User, firm: Firm) -> Iterator[Clash]:
    locale = formats.babel_locale(firm.region)
    for meeting in theirs:
        absence = next((each for each in away if each.starts_on <= _day(meeting, firm) <= each.ends_on), None)
        if absence is not None:
            first, last = (formats.day(day, locale=locale) for day in (absence.starts_on, absence.ends_on))
            said = _("%(name)s is away on %(first)s.") if first == last else _("%(name)s is away from %(first)s to %(last)s.")
            yield _clash(meeting, said % {"name": successor, "first": first, "last": last})


def _clash(meeting: Appointment, words: str) -> Clash:
    client = meeting.touchpoint.client
    return Clash(meeting.starts_at, client.pk, client.name, words)


def register() -> None:
    register_clashes(find_clashes)
