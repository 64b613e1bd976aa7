"""What this room adds to the client list and the client's page (see clients/columns.py)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import django_filters
from babel import Locale
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.defaultfilters import floatformat
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from advisory_crm import charts
from advisory_crm.template_tags import fill_html, icon
from clients.client_file import Block, Section, register_sections, table
from clients.columns import Column, HistoryReader, ListFilter, Panel, Place, register_column, register_filter, register_history, register_panel
from clients.filters import PlainChoiceFilter
from clients.models import Client
from firms import formats
from firms.middleware import FirmRequest
from firms.models import User
from firms.permissions import Permission
from segmentation.decisions import list_decisions
from segmentation.explaining import Explanation, explain_client
from segmentation.history import History, history_of
from segmentation.linting import plain
from segmentation.models import Assignment, Placement, SchemeVersion
from segmentation.queries import Placed, service_places, service_segments
from segmentation.segment_filter import NAME as SEGMENTS
from segmentation.segment_filter import build_segments_filter

NOT_PLACED = "none"


def segment_cells(request: FirmRequest, clients: Sequence[Client]) -> Mapping[int, str]:
    found = service_places(clients, firm_id=request.user.firm_id)
    drawn = {place: _chip(place) for place in set(found.values())}
    return {pk: drawn[place] for pk, place in found.items()}


def _chip(place: Placed) -> str:
    """What the `c-segment` component draws, for fifty rows at once: a template a row took a fifth of the page's time in a profile."""
    chip = fill_html('<span class="segment segment-{}">{}</span>', place.rank, place.segment)
    if not place.is_decided:
        return chip
    told = gettext("Placed by decision")
    return fill_html('{} <span title="{}">{}<span class="visually-hidden">{}</span></span>', chip, told, icon("hand", 14), told)


def segment_texts(user: User, clients: Sequence[Client]) -> Mapping[int, str]:
    return {pk: place.segment for pk, place in service_places(clients, firm_id=user.firm_id).items()}


def build_segment_filter(user: User) -> Any:
    def narrow(clients: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        current = Assignment.objects.filter(firm_id=user.firm_id, scheme__is_service=True, ends_on=None, client_id=OuterRef("pk"))
        return clients.filter(~Exists(current)) if value == NOT_PLACED else clients.filter(Exists(current.filter(segment_id=value)))

    choices = [(str(segment.pk), segment.name) for segment in service_segments(user)]
    return PlainChoiceFilter(
        label=gettext("Segment"), method=narrow, choices=[*choices, (NOT_PLACED, gettext("Not placed"))], empty_label=gettext("Every segment")
    )


# --- The clients of one place: in a part of a plane, or caught by no rule ---


def uncaught_by(scheme_id: int) -> str:
    """The value of the list's filter for the clients that no rule of a scheme catches."""
    return f"{scheme_id}-uncaught"


def place_in_plane(scheme_id: int, column: int, row: int) -> str:
    """The value of the list's filter for the clients in one cell of a scheme's plane."""
    return f"{scheme_id}-{column}-{row}"


_PLACE = re.compile(r"(\d{1,9})-(?:(uncaught)|(\d)-(\d))$")


def _asked_place(user: User, value: str) -> tuple[SchemeVersion, Q, str] | None:
    """The published version that a value of the filter names, its placements, and what they have in common in words."""
    found = _PLACE.match(value)
    if found is None:
        return None
    published = SchemeVersion.objects.filter(firm_id=user.firm_id, scheme_id=int(found[1]), status=SchemeVersion.Status.PUBLISHED)
    version = published.select_related("scheme").first()
    if version is None:
        return None
    if found[2]:
        return version, Q(is_caught=False), gettext("caught by no rule")
    within, words = Q(), []
    for name, cuts, field, part in (
        (version.x_name, version.x_cuts, "score", int(found[3])),
        (version.y_name, version.y_cuts, "score_y", int(found[4])),
    ):
        ends = [Decimal(0), *cuts, None]
        if part >= len(ends) - 1:
            return None
        within &= Q(**{f"{field}__gte": ends[part]})
        if ends[part + 1] is not None:
            within &= Q(**{f"{field}__lt": ends[part + 1]})
        words.append(f"{name} {plain(ends[part] or Decimal(0))}–{plain(ends[part + 1] or Decimal(100))}")
    return version, within, ", ".join(words)


class PlaceWidget(forms.Widget):
    """Nothing until a page of segmentation asks for a place; then what it asks for, and everyone."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        asked = _asked_place(self.user, value) if value else None
        if asked is None:
            return SafeString()
        version, _within, words = asked
        options = format_html_join("", '<option value="{}">{}</option>', [(value, f"{version.scheme.name}: {words}"), ("", gettext("Everyone"))])
        return format_html('<select name="{}" id="{}">{}</select>', name, (attrs or {}).get("id", f"id_{name}"), options)


def build_place_filter(user: User) -> Any:
    def narrow(clients: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        asked = _asked_place(user, value)
        if asked is None:
            # A place that is not there holds nobody.
            return clients.none()
        version, within, _words = asked
        placed = Placement.objects.filter(within, firm_id=user.firm_id, scheme_id=version.scheme_id, client_id=OuterRef("pk"))
        return clients.filter(Exists(placed))

    return django_filters.CharFilter(label=gettext("Placed"), method=narrow, widget=PlaceWidget(user), max_length=40)


def _told(request: FirmRequest, client: Client) -> tuple[list[History], list[Explanation]]:
    """The parts of one page read them once. The reasons, and what was before, show on the tab of the segments alone."""
    cached: dict[int, tuple[list[History], list[Explanation]]] = request.__dict__.setdefault("_segments_told", {})
    if client.pk not in cached:
        if request.resolver_match is not None and request.resolver_match.url_name == "client_segment":
            histories = history_of(client)
            assignments = {history.scheme.pk: history.current for history in histories if history.current is not None}
            cached[client.pk] = histories, explain_client(client, firm=request.firm, assignments=assignments)
        else:
            cached[client.pk] = [], explain_client(client, firm=request.firm, with_reasons=False)
    return cached[client.pk]


def _render(request: FirmRequest, client: Client, template: str) -> str:
    _histories, explanations = _told(request, client)
    return render_to_string(template, {"explanations": explanations, "client": client}, request=request) if explanations else ""


def render_header(request: FirmRequest, client: Client) -> str:
    return _render(request, client, "segmentation/_header.html")


def render_placed(request: FirmRequest, client: Client) -> str:
    """The client's segments in few words, and the way to the reasons."""
    return _render(request, client, "segmentation/_placed.html")


def render_why(request: FirmRequest, client: Client) -> str:
    return _render(request, client, "segmentation/_why.html")


def file_sections(reader: User, client: Client) -> list[Section]:
    """Why the client is served as it is, for the client file on paper."""
    return [Section(_title(explanation), list(_worded(explanation))) for explanation in explain_client(client, firm=reader.firm)]


def _title(explanation: Explanation) -> str:
    segment = (explanation.assignment or explanation.placement).segment
    return gettext("%(scheme)s: %(segment)s") % {"scheme": explanation.placement.scheme.name, "segment": segment.name}


def _worded(explanation: Explanation) -> Iterator[Block]:
    if explanation.is_overridden and explanation.assignment is not None:
        yield {"kind": "text", "text": gettext("Placed by decision: %(reason)s") % {"reason": explanation.assignment.reason}}
    headings = [gettext("Criterion"), gettext("Value"), gettext("Points"), gettext("Weight"), gettext("Contribution")]
    unknown = gettext("not known")
    for axis in explanation.axes:
        rows = [
            [
                line.label,
                line.value or unknown,
                "–" if line.points is None else floatformat(line.points, "-2"),
                f"{floatformat(line.weight, '-2')} %",
                floatformat(line.contribution, 2),
            ]
            for line in axis.lines
        ]
        yield {"kind": "heading", "text": gettext("%(axis)s: %(score)s out of 100") % {"axis": axis.name, "score": floatformat(axis.score, "-2")}}
        yield table(headings, rows, numeric=(2, 3, 4))
    for ask in explanation.asks:
        yield {"kind": "heading", "text": f"{ask.segment.name} – {gettext('met') if ask.is_met else gettext('not met')}"}
        yield {"kind": "list", "items": [f"{item.text} ({gettext('met') if item.is_met else gettext('not met')})" for item in ask.items]}
    for distance in (explanation.up, explanation.down):
        if distance is not None and distance.changes:
            told = gettext("To be in %(segment)s, one of these would do:") % {"segment": distance.segment.name}
            yield {"kind": "text", "text": told}
            yield {"kind": "list", "items": distance.changes}


def render_history(request: FirmRequest, client: Client) -> str:
    """Each scheme's segments over time, as a picture and as a table, and the way to reassess."""
    locale, today = formats.babel_locale(request.firm.region), request.local_date
    rows = []
    for history in _told(request, client)[0]:
        spans = [
            charts.Span(
                period.segment.name,
                period.starts_on,
                period.ends_on,
                min(period.segment.rank, 6),
                _in_words(period, locale=locale),
                is_marked=period.source == Assignment.Source.OVERRIDE,
            )
            for period in reversed(history.periods)
        ]
        chart = charts.timeline(title=history.scheme.name, spans=spans, first=spans[0].since, last=today, locale=locale)
        may_reassess = request.user.may(Permission.OVERRIDE_SEGMENT) and history.current is not None and client.archived_at is None
        rows.append({"history": history, "chart": chart, "may_reassess": may_reassess})
    return render_to_string("segmentation/_placement_history.html", {"rows": rows, "client": client}, request=request) if rows else ""


def _in_words(period: Assignment, *, locale: Locale) -> str:
    since = formats.day(period.starts_on, locale=locale)
    told = {"segment": period.segment.name, "since": since, "source": period.get_source_display()}
    if period.ends_on is None:
        return gettext("%(segment)s since %(since)s (%(source)s)") % told
    return gettext("%(segment)s from %(since)s to %(until)s (%(source)s)") % {**told, "until": formats.day(period.ends_on, locale=locale)}


def register() -> None:
    register_sections(file_sections, order=20)
    register_column(Column(key="segment", label=_("Segment"), cells=segment_cells, texts=segment_texts, default=True))
    register_filter(ListFilter(key="segment", build=build_segment_filter))
    register_filter(ListFilter(key="placed", build=build_place_filter))
    register_filter(ListFilter(key=SEGMENTS, build=build_segments_filter))
    register_panel(Panel(key="segment", place=Place.HEADER, render=render_header, order=10))
    register_panel(Panel(key="placed", place=Place.OVERVIEW, render=render_placed, order=20))
    register_panel(Panel(key="why", place=Place.SEGMENT, render=render_why, order=20))
    register_history(HistoryReader(key="segment", read=list_decisions))
    register_panel(Panel(key="placement_history", place=Place.SEGMENT, render=render_history, order=25))
