"""Calendars as other programs read them: RFC 5545, and RFC 5546 for invitations.

The `icalendar` library writes lines, escapes and folds; tests read them with another.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, vCalAddress, vText

PRODUCT = "-//Advisory CRM//Calendars//EN"
# How often a subscriber should look again.
REFRESH = timedelta(hours=6)
CONTENT_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Attendee:
    email: str
    name: str
    # Answers are expected of who has not accepted already.
    is_accepted: bool = False


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """One event: whole days from `starts` to before `ends`, or an hour to another."""

    uid: str
    starts: date | datetime
    ends: date | datetime
    title: str
    description: str = ""
    place: str = ""
    url: str = ""
    sequence: int = 0
    is_cancelled: bool = False
    # What the person's time is not taken by.
    is_free: bool = False
    organiser: Attendee | None = None
    attendees: tuple[Attendee, ...] = ()


def uid_of(kind: str, pk: int) -> str:
    """The same for the same row, everywhere and always."""
    return f"{kind}-{pk}@{urlsplit(settings.SITE_URL).hostname}"


def write_feed(occasions: Iterable[Occasion], *, name: str, time_zone: str) -> bytes:
    """A calendar to subscribe to."""
    calendar = _begin()
    calendar.add("name", name)
    # The name and the refreshing as programs knew them before RFC 7986.
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", time_zone)
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    return _finish(calendar, occasions, time_zone=time_zone)


def write_invitation(occasion: Occasion, *, time_zone: str) -> str:
    """A message of RFC 5546 about one occasion: REQUEST, or CANCEL when it is cancelled."""
    calendar = _begin()
    calendar.add("method", "CANCEL" if occasion.is_cancelled else "REQUEST")
    return _finish(calendar, [occasion], time_zone=time_zone).decode()


def _begin() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _finish(calendar: Calendar, occasions: Iterable[Occasion], *, time_zone: str) -> bytes:
    zone, stamp = ZoneInfo(time_zone), timezone.now()
    hours: list[date] = []
    for occasion in occasions:
        calendar.add_component(_event(occasion, zone=zone, stamp=stamp))
        if isinstance(occasion.starts, datetime):
            hours.append(occasion.starts.date())
    if hours:
        # The rules of the zone, for the years that are spoken of.
        calendar.add_missing_timezones(first_date=date(min(hours).year - 1, 1, 1), last_date=date(max(hours).year + 2, 1, 1))
    return bytes(calendar.to_ical())


def _event(occasion: Occasion, *, zone: ZoneInfo, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", occasion.uid)
    event.add("dtstamp", stamp)
    event.add("sequence", occasion.sequence)
    event.add("dtstart", _in_zone(occasion.starts, zone))
    event.add("dtend", _in_zone(occasion.ends, zone))
    event.add("summary", occasion.title)
    if occasion.description:
        event.add("description", occasion.description)
    if occasion.place:
        event.add("location", occasion.place)
    if occasion.url:
        event.add("url", occasion.url)
    event.add("status", "CANCELLED" if occasion.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if occasion.is_free else "OPAQUE")
    if occasion.organiser is not None:
        event.add("organizer", _address(occasion.organiser), encode=False)
    for attendee in occasion.attendees:
        address = _address(attendee)
        address.params["cutype"] = vText("INDIVIDUAL")
        address.params["role"] = vText("REQ-PARTICIPANT")
        address.params["partstat"] = vText("ACCEPTED" if attendee.is_accepted else "NEEDS-ACTION")
        address.params["rsvp"] = vText("FALSE" if attendee.is_accepted else "TRUE")
        event.add("attendee", address, encode=False)
    return event


def _in_zone(when: date | datetime, zone: ZoneInfo) -> date | datetime:
    return when.astimezone(zone) if isinstance(when, datetime) else when


def _address(attendee: Attendee) -> vCalAddress:
    address = vCalAddress(f"mailto:{attendee.email}")
    # A parameter's value holds no double quote (RFC 5545, 3.2).
    address.params["cn"] = vText(attendee.name.replace('"', "’"))
    return address
