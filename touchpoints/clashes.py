"""Before clients go to another adviser: where a meeting booked with one of them falls when the successor is away or meets somebody else."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client
from clients.moving import Clash, register_clashes
from firms import formats
from firms.models import Absence, Firm, User
from service_matrix.models import Performer
from touchpoints.appointments import meetings_to_come
from touchpoints.models import Appointment


def find_clashes(clients: QuerySet[Client], to: Mapping[int, User], firm: Firm) -> list[Clash]:
    """`to`: client → successor, of those who move. One statement, however many they are."""
    successors = {successor.pk: successor for successor in to.values()}
    moving, kept, away = _read(clients, to, successors, firm)
    found: list[Clash] = []
    for pk, successor in successors.items():
        theirs = [each for each in moving if to[each.touchpoint.client_id] == successor]
        found += _met(theirs, kept[pk], successor, firm)
        found += _missed(theirs, [each for each in away if each.user_id == pk], successor, firm)
    return found


def _read(
    clients: QuerySet[Client], to: Mapping[int, User], successors: Mapping[int, User], firm: Firm
) -> tuple[list[Appointment], dict[int, list[Appointment]], list[Absence]]:
    """The meetings that move, those that each successor has or is invited to, and when the successors are away."""
    theirs = Q(touchpoint__client__in=clients.order_by().values("pk")) | Q(touchpoint__adviser__in=successors)
    for successor in successors.values():
        theirs |= Q(guests__contains=[{"email": successor.email}])
    absences = Absence.objects.filter(firm_id=firm.pk, user__in=successors, ends_on__gte=timezone.localdate()).order_by("starts_on", "pk")
    shown = JSONObject(user_id="user_id", starts_on="starts_on", ends_on="ends_on")
    read = (
        meetings_to_come(firm_id=firm.pk).filter(theirs).select_related("touchpoint__client").annotate(away=ArraySubquery(absences.values(row=shown)))
    )
    moving: list[Appointment] = []
    kept: dict[int, list[Appointment]] = {pk: [] for pk in successors}
    rows: list[dict[str, Any]] = []
    for meeting in read.order_by("starts_at", "pk"):
        # The same for each.
        rows = meeting.away
        if meeting.touchpoint.client_id in to:
            if _is_advisers_own(meeting):
                moving.append(meeting)
            continue
        guests = {guest["email"] for guest in meeting.guests if not guest["is_client"]}
        for pk, successor in successors.items():
            if successor.email in guests or (meeting.touchpoint.adviser_id == pk and _is_advisers_own(meeting)):
                kept[pk].append(meeting)
    days = [Absence(user_id=row["user_id"], **{name: date.fromisoformat(row[name]) for name in ("starts_on", "ends_on")}) for row in rows]
    return moving, kept, days


def _is_advisers_own(meeting: Appointment) -> bool:
    """Whether the adviser of the book holds it: not an assistant, nor somebody who was asked by name."""
    touchpoint = meeting.touchpoint
    return touchpoint.performer != Performer.ASSISTANT and touchpoint.assigned_to_id in {None, touchpoint.adviser_id}


def _day(meeting: Appointment, firm: Firm) -> date:
    return meeting.starts_at.astimezone(ZoneInfo(firm.time_zone)).date()


def _met(theirs: Sequence[Appointment], kept: Sequence[Appointment], successor: User, firm: Firm) -> Iterator[Clash]:
    """Two meetings at once: with one the successor has, or two that come from different books."""
    locale = formats.babel_locale(firm.region)
    for number, meeting in enumerate(theirs):
        for other in (each for each in kept if overlap(meeting, each)):
            yield _clash(meeting, _hours(other, successor, _("%(name)s meets %(client)s then (%(start)s–%(end)s)."), locale))
        for other in (each for each in theirs[number + 1 :] if overlap(meeting, each)):
            said = _("%(name)s would also meet %(client)s then, who moves too (%(start)s–%(end)s).")
            yield _clash(meeting, _hours(other, successor, said, locale))


def overlap(one: Appointment, other: Appointment) -> bool:
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
