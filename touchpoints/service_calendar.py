"""What a client will receive, when and how: the client's own page, its document and what its feed is made of.

Worded in the client's language and in the firm's time zone (`speaking_to`), in the firm's name, and never with a word that was not meant for the
client: no segment, no reason, no note.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisory_crm.documents import render_pdf
from clients.models import Channel, Client
from firms import formats
from firms.models import Firm, Region
from service_matrix.anchors import Anchor
from service_matrix.catalogue import REACTIVE
from service_matrix.client_promises import Way, ways_of
from service_matrix.models import Performer, Promise
from touchpoints.calendar import add_months
from touchpoints.models import OPEN, Appointment, Touchpoint
from touchpoints.ways import comes_at_call, own_channel_of, say_how, say_way

MONTHS_AHEAD = 12
# What would be no attention if it were announced, or cannot be: nobody knows when a life event comes.
UNANNOUNCED = frozenset({"birthday_greeting", "season_greetings", "life_event_contact", REACTIVE})


@dataclass(frozen=True)
class Entry:
    """One thing to come. `when` is worded: a day and hour once agreed, else about which day."""

    touchpoint_id: int
    what: str
    day: date
    when: str
    channel: str
    # “by phone”, or, where the client takes the first step and no hour is agreed, “by phone, at your call”.
    how: str
    who: str
    # How it comes without regard to the first step, and whether that is the client's.
    way: str
    is_at_call: bool = False
    # Once an hour is agreed.
    appointment: Appointment | None = None
    # Said of about that day: not of an hour agreed, nor of what is late.
    is_around: bool = False


@dataclass(frozen=True)
class Month:
    name: str
    entries: list[Entry]


@dataclass(frozen=True)
class Kind:
    """How often something comes in these months."""

    what: str
    times: str
    how: str


@dataclass(frozen=True)
class ServiceCalendar:
    client: Client
    firm: Firm
    language: str
    first: date
    last: date
    # “from 3 March 2026 to 2 March 2027”
    period: str
    adviser: str
    courtesy: str
    kinds: list[Kind] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)

    @property
    def entries(self) -> list[Entry]:
        return [entry for month in self.months for entry in month.entries]


@contextmanager
def speaking_to(client: Client) -> Iterator[None]:
    """The client's language and the firm's time zone."""
    firm = client.firm
    with translation.override(formats.language_code(client.language, region=firm.region)), timezone.override(ZoneInfo(firm.time_zone)):
        yield


def announced(touchpoints: QuerySet[Touchpoint]) -> QuerySet[Touchpoint]:
    """Those that a client is told of beforehand."""
    return touchpoints.exclude(touchpoint_type__key__in=UNANNOUNCED)


def service_calendar(client: Client) -> ServiceCalendar:
    """The client's next twelve months, in the client's language: `client` with its firm and adviser. Four statements at the most.

    What is late but still counts comes first, without the day that has passed.
    """
    with speaking_to(client):
        first = timezone.localdate()
        last = add_months(first, MONTHS_AHEAD)
        coming = announced(Touchpoint.objects.filter(firm_id=client.firm_id, client=client, status__in=OPEN)).filter(
            window_ends_on__gte=first, due_on__lt=last
        )
        coming = coming.select_related("touchpoint_type").prefetch_related(
            Prefetch("appointments", Appointment.objects.filter(firm_id=client.firm_id, cancelled_at=None), to_attr="agreed")
        )
        ways = ways_of(client, on=first)
        entries = sorted((_entry(each, client=client, today=first, ways=ways) for each in coming.order_by("due_on", "pk")), key=_order)
        locale = formats.babel_locale(client.firm.region)
        months = [
            Month(formats.month(date(*month, 1), locale=locale), list(group))
            for month, group in groupby(entries, key=lambda entry: (entry.day.year, entry.day.month))
        ]
        words = {name: formats.day(day, locale=locale, style="long") for name, day in (("first", first), ("last", last))}
        return ServiceCalendar(
            client=client,
            firm=client.firm,
            language=(translation.get_language() or "en")[:2],
            first=first,
            last=last,
            period=_("from %(first)s to %(last)s") % words,
            adviser=client.adviser.name,
            courtesy=courtesy(),
            kinds=_count(entries),
            months=months,
        )


def _entry(touchpoint: Touchpoint, *, client: Client, today: date, ways: Mapping[int, Way]) -> Entry:
    locale = formats.babel_locale(client.firm.region)
    agreed: list[Appointment] = touchpoint.agreed  # type: ignore[attr-defined]
    appointment = agreed[0] if agreed else None
    day = max(touchpoint.due_on, touchpoint.snoozed_until or touchpoint.due_on)
    if appointment is not None:
        day = timezone.localtime(appointment.starts_at).date()
        words = {"day": formats.day_of_month(day, locale=locale), "hour": formats.clock(appointment.starts_at, locale=locale)}
        when = _("%(day)s at %(hour)s") % words
    elif day <= today:
        when = _("in the coming days")
    else:
        when = _("around %(day)s") % {"day": formats.day_of_month(day, locale=locale)}
    promised = ways.get(touchpoint.touchpoint_type_id)
    way = say_way(touchpoint.channel, own=own_channel_of(promised, channel=touchpoint.channel))
    waits = comes_at_call(touchpoint.channel, initiative=promised.initiative if promised is not None else "")
    return Entry(
        touchpoint_id=touchpoint.pk,
        what=touchpoint.touchpoint_type.name,
        day=max(day, today),
        when=when,
        channel=touchpoint.channel,
        how=say_how(way, is_at_call=waits and appointment is None),
        who=client.adviser.name if touchpoint.performer == Performer.ADVISER else _("our team"),
        way=way,
        is_at_call=waits,
        appointment=appointment,
        is_around=appointment is None and day > today,
    )


def _order(entry: Entry) -> tuple[date, datetime, int]:
    starts_at = entry.appointment.starts_at if entry.appointment else datetime.max.replace(tzinfo=ZoneInfo("UTC"))
    return entry.day, starts_at, entry.touchpoint_id


def _count(entries: list[Entry]) -> list[Kind]:
    """What comes how many times, what comes most personally first."""
    channels = list(Channel.values)
    ordered = sorted(entries, key=lambda entry: (channels.index(entry.channel), entry.what, entry.way))
    kinds = []
    for (what, way), group in groupby(ordered, key=lambda entry: (entry.what, entry.way)):
        alike = list(group)
        kinds.append(count_kind(what, times=len(alike), way=way, is_at_call=any(entry.is_at_call for entry in alike)))
    return kinds


def count_kind(what: str, *, times: int, way: str, is_at_call: bool) -> Kind:
    return Kind(what, ngettext("once", "%(number)s times", times) % {"number": times}, say_how(way, is_at_call=is_at_call))


def promised_kinds(promises: Iterable[Promise], *, initiative: str) -> list[Kind]:
    """What a client would be told that these promises bring in a year, in the active language; `initiative` is that of their segment.

    Promises come with their types and own channels. As often as is planned: a range by its lower figure. What follows an event is not told ahead.
    """
    channels = list(Channel.values)
    told = [each for each in promises if each.touchpoint_type.key not in UNANNOUNCED and each.anchor != Anchor.AFTER_EVENT]
    return [
        count_kind(
            promise.touchpoint_type.name,
            times=promise.times,
            way=say_way(promise.channel, own=promise.own_channel.name if promise.own_channel is not None else ""),
            is_at_call=comes_at_call(promise.channel, initiative=initiative),
        )
        for promise in sorted(told, key=lambda promise: (channels.index(promise.channel), promise.touchpoint_type.name))
    ]


def calendar_document(calendar: ServiceCalendar) -> bytes:
    """The calendar on paper: one page in the client's language and the firm's colour, set the closer the more there is."""
    with speaking_to(calendar.client):
        return render_pdf(
            "service_calendar",
            letterhead(calendar.firm, language=calendar.language)
            | {
                "title": _("Your service calendar"),
                "client": calendar.client.name,
                "subtitle": calendar.period,
                "adviser": _("Your adviser: %(name)s") % {"name": calendar.adviser},
                "kinds_title": _("What you will receive"),
                "kinds": [[kind.what, kind.times, kind.how] for kind in calendar.kinds],
                "months_title": _("Month by month"),
                "months": [
                    {
                        "name": month.name,
                        "entries": [[entry.when, entry.what, entry.how, entry.who] for entry in month.entries],
                        "folded": _fold(month.entries, adviser=calendar.adviser),
                    }
                    for month in calendar.months
                ],
                "headings": [_("Month"), _("When"), _("What"), _("How"), _("With whom")],
                "folded_headings": [_("When"), _("What")],
                "kind_headings": [_("What"), _("How often"), _("How")],
                "nothing": _("Nothing is planned yet."),
                "note": calendar.courtesy,
            },
        )


def _fold(entries: Iterable[Entry], *, adviser: str) -> list[list[str]]:
    """A month's entries where there is little room, below the month's name: those of one kind on one line, as “around 3, 10, 17”.

    Who does it is said of what the adviser, whom the document names, does not do.
    """
    alike: dict[tuple[object, ...], list[Entry]] = {}
    for entry in entries:
        alike.setdefault((entry.what, entry.how, entry.who) if entry.is_around else (entry.touchpoint_id,), []).append(entry)
    return [
        [
            mine[0].when if len(mine) == 1 else _("around %(days)s") % {"days": ", ".join(_day_alone(entry.day) for entry in mine)},
            mine[0].what,
            mine[0].how if mine[0].who == adviser else f"{mine[0].how} · {mine[0].who}",
        ]
        for mine in alike.values()
    ]


def _day_alone(day: date) -> str:
    return formats.in_language(en="1", fr="1er") if day.day == 1 else str(day.day)


def courtesy() -> str:
    """Same courtesy for everyone: what is planned is only what the firm does of itself."""
    return _("Dates may move a little. Your calls and messages are always welcome, at any time of the year.")


def letterhead(firm: Firm, *, language: str) -> dict[str, object]:
    """What every document to a client carries."""
    return {
        "language": language,
        "region": "CA" if firm.region == Region.QUEBEC else "FR",
        "author": firm.name,
        "colour": firm.colour,
        "address": firm.address.splitlines(),
        "footer": firm.name,
    }
