"""What a firm did for a client in a year, with what each exchange was worth: the year-end document.

Like the service calendar it speaks to the client: what was delivered, when, how and by whom, and the value recorded in the words meant to be shown
back. Subjects and summaries of interactions are the firm's own notes and never in it. How it came is worded as in the calendar (ways.py), by what
was promised when it fell due: the matrix in force then, not today's.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from babel import Locale
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from advisory_crm.documents import render_pdf
from clients.models import Channel, Client, Interaction
from firms import formats
from firms.models import Firm
from service_matrix.catalogue import REACTIVE
from service_matrix.client_promises import Way, ways_then
from touchpoints.models import Appointment, Status, Touchpoint
from touchpoints.service_calendar import Kind, count_kind, letterhead, speaking_to
from touchpoints.ways import comes_at_call, own_channel_of, say_how, say_way


@dataclass(frozen=True)
class Delivery:
    """One thing done: what, on which day, how, by whom, and its value in words, if any was recorded."""

    on: date
    day: str
    what: str
    how: str
    who: str
    value: str = ""


@dataclass(frozen=True)
class YearReview:
    client: Client
    firm: Firm
    language: str
    year: int
    adviser: str
    kinds: list[Kind] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


def year_review(client: Client, *, year: int) -> YearReview:
    """A calendar year of the firm's clock, in the client's language: `client` with its firm and adviser. Four statements at the most, and one
    more for each matrix that came into force within the year.

    Touchpoints delivered, on the day they happened; and whatever else happened of which a value was recorded.
    """
    zone = ZoneInfo(client.firm.time_zone)
    begins, ends = (datetime(each, 1, 1, tzinfo=zone) for each in (year, year + 1))
    with speaking_to(client):
        delivered = Touchpoint.objects.filter(
            Q(interaction__happened_at__gte=begins, interaction__happened_at__lt=ends)
            | Q(interaction=None, closed_at__gte=begins, closed_at__lt=ends),
            firm_id=client.firm_id,
            client=client,
            status=Status.DONE,
        ).exclude(touchpoint_type__key=REACTIVE)
        agreed = Appointment.objects.filter(firm_id=client.firm_id, touchpoint=OuterRef("pk"), cancelled_at=None)
        done = list(delivered.select_related("touchpoint_type", "interaction__by", "closed_by").annotate(is_agreed=Exists(agreed)))
        promised = ways_then(client, first=date(year, 1, 1), last=min(timezone.localdate(), date(year, 12, 31)))
        told = [_Told(touchpoint, _promised_then(touchpoint, promised)) for touchpoint in done]
        others = Interaction.objects.filter(firm_id=client.firm_id, client=client, happened_at__gte=begins, happened_at__lt=ends)
        others = others.exclude(pk__in=[each.interaction_id for each in done if each.interaction_id]).select_related("by")
        locale = formats.babel_locale(client.firm.region)
        found = [_delivered(each, locale) for each in told]
        found += [_happened(interaction, locale) for interaction in others if value_words(interaction)]
        return YearReview(
            client=client,
            firm=client.firm,
            language=(translation.get_language() or "en")[:2],
            year=year,
            adviser=client.adviser.name,
            kinds=_count(told),
            deliveries=sorted(found, key=lambda delivery: (delivery.on, delivery.what)),
        )


def value_words(interaction: Interaction | None) -> str:
    """“Decision taken: the mortgage is renewed at 4 %”; nothing where no value was recorded."""
    if interaction is None or not interaction.value:
        return ""
    kind, words = interaction.get_value_display(), interaction.value_note
    return _("%(kind)s: %(words)s") % {"kind": kind, "words": words} if words else kind


def _promised_then(touchpoint: Touchpoint, promised: list[tuple[date, dict[int, Way]]]) -> Way | None:
    """What was in force when it fell due; the earliest of the year for whatever was due before."""
    in_force = [ways for since, ways in promised if since <= touchpoint.due_on] + [ways for _since, ways in promised[-1:]]
    return in_force[0].get(touchpoint.touchpoint_type_id) if in_force else None


class _Told:
    """A touchpoint delivered, and how it came: as the interaction says, whatever was promised."""

    def __init__(self, touchpoint: Touchpoint, promised: Way | None) -> None:
        self.touchpoint = touchpoint
        self.channel = touchpoint.interaction.channel if touchpoint.interaction is not None else touchpoint.channel
        self.way = say_way(self.channel, own=own_channel_of(promised, channel=self.channel))
        is_agreed: bool = touchpoint.is_agreed  # type: ignore[attr-defined]
        self.is_at_call = promised is not None and comes_at_call(self.channel, initiative=promised.initiative) and not is_agreed


def _delivered(told: _Told, locale: Locale) -> Delivery:
    touchpoint, interaction = told.touchpoint, told.touchpoint.interaction
    # What is done without an interaction was found by the moment it was closed at.
    moment = interaction.happened_at if interaction is not None else cast(datetime, touchpoint.closed_at)
    by = interaction.by if interaction is not None else touchpoint.closed_by
    return _delivery(
        moment,
        locale=locale,
        what=touchpoint.touchpoint_type.name,
        how=say_how(told.way, is_at_call=told.is_at_call),
        who=by.name if by else "",
        value=value_words(interaction),
    )


def _happened(interaction: Interaction, locale: Locale) -> Delivery:
    return _delivery(
        interaction.happened_at,
        locale=locale,
        what=_("Conversation"),
        how=say_way(interaction.channel, own=""),
        who=interaction.by.name,
        value=value_words(interaction),
    )


def _delivery(moment: datetime, *, locale: Locale, what: str, how: str, who: str, value: str) -> Delivery:
    on = timezone.localtime(moment).date()
    return Delivery(on=on, day=formats.day_of_month(on, locale=locale), what=what, how=how, who=who, value=value)


def _count(told: list[_Told]) -> list[Kind]:
    """How often each thing was done, the most personal first."""
    channels = list(Channel.values)
    alike: dict[tuple[int, str, str], list[_Told]] = defaultdict(list)
    for each in told:
        alike[channels.index(each.channel), each.touchpoint.touchpoint_type.name, each.way].append(each)
    return [
        count_kind(what, times=len(mine), way=way, is_at_call=any(each.is_at_call for each in mine))
        for (_place, what, way), mine in sorted(alike.items())
    ]


def review_document(review: YearReview) -> bytes:
    """On paper: a PDF in the client's language and the firm's colour."""
    with speaking_to(review.client):
        return render_pdf(
            "year_review",
            letterhead(review.firm, language=review.language)
            | {
                "title": _("What we did for you in %(year)s") % {"year": review.year},
                "client": review.client.name,
                "adviser": _("Your adviser: %(name)s") % {"name": review.adviser},
                "kinds_title": _("The year in short"),
                "kinds": [[kind.what, kind.times, kind.how] for kind in review.kinds],
                "kind_headings": [_("What"), _("How often"), _("How")],
                "deliveries_title": _("Day by day"),
                "deliveries": [
                    {"row": [each.day, each.what, ", ".join(filter(None, (each.how, each.who)))], "value": each.value} for each in review.deliveries
                ],
                "headings": [_("When"), _("What"), _("How")],
                "nothing": _("Nothing was recorded this year."),
                "thanks": _("Thank you for your trust."),
            },
        )
