"""What this room adds to the client list and the client's page (see clients/columns.py)."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from advisory_crm.template_tags import icon
from clients.columns import Column, ListFilter, Panel, Place, register_column, register_filter, register_panel
from clients.models import Client
from firms.middleware import FirmRequest
from firms.models import User
from segmentation.explaining import Explanation, explain_client
from segmentation.linting import plain
from segmentation.models import Assignment, Placement, SchemeVersion
from segmentation.queries import service_assignments, service_segments

NOT_PLACED = "none"


def segment_cells(request: FirmRequest, clients: Sequence[Client]) -> Mapping[int, str]:
    found = service_assignments(clients, firm_id=request.user.firm_id)
    return {pk: _chip(assignment) for pk, assignment in found.items()}


def _chip(assignment: Assignment) -> str:
    """What the `c-segment` component draws, for fifty rows at once: a template a row took a fifth of the page's time in a profile."""
    chip = format_html('<span class="segment segment-{}">{}</span>', assignment.segment.rank, assignment.segment.name)
    if assignment.source != Assignment.Source.OVERRIDE:
        return chip
    told = gettext("Placed by decision")
    return format_html('{} <span title="{}">{}<span class="visually-hidden">{}</span></span>', chip, told, icon("hand", 14), told)


def segment_texts(user: User, clients: Sequence[Client]) -> Mapping[int, str]:
    return {pk: assignment.segment.name for pk, assignment in service_assignments(clients, firm_id=user.firm_id).items()}


def build_segment_filter(user: User) -> Any:
    def narrow(clients: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        current = Assignment.objects.filter(firm_id=user.firm_id, scheme__is_service=True, ends_on=None, client_id=OuterRef("pk"))
        return clients.filter(~Exists(current)) if value == NOT_PLACED else clients.filter(Exists(current.filter(segment_id=value)))

    choices = [(str(segment.pk), segment.name) for segment in service_segments(user)]
    return django_filters.ChoiceFilter(
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


def _explanations(request: FirmRequest, client: Client) -> list[Explanation]:
    """Header and card of one page read them once."""
    cached: dict[int, list[Explanation]] = request.__dict__.setdefault("_explanations", {})
    if client.pk not in cached:
        cached[client.pk] = explain_client(client, firm=request.firm)
    return cached[client.pk]


def render_header(request: FirmRequest, client: Client) -> str:
    explanations = _explanations(request, client)
    return render_to_string("segmentation/_header.html", {"explanations": explanations}, request=request) if explanations else ""


def render_why(request: FirmRequest, client: Client) -> str:
    explanations = _explanations(request, client)
    return render_to_string("segmentation/_why.html", {"explanations": explanations, "client": client}, request=request) if explanations else ""


def register() -> None:
    register_column(Column(key="segment", label=_("Segment"), cells=segment_cells, texts=segment_texts, default=True))
    register_filter(ListFilter(key="segment", build=build_segment_filter))
    register_filter(ListFilter(key="placed", build=build_place_filter))
    register_panel(Panel(key="segment", place=Place.HEADER, render=render_header, order=10))
    register_panel(Panel(key="why", place=Place.OVERVIEW, render=render_why, order=20))
