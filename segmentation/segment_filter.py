"""The client list narrowed by segments of any schemes: ?segments=<scheme>-<segment>&segments=<scheme>-none keeps who is in all of them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.datastructures import MultiValueDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from clients.models import Client
from firms.models import User
from segmentation.models import Assignment, Segment

NAME = "segments"
# More are not asked by any page; an address may ask anything.
MOST = 6
_ASKED = re.compile(r"(\d{1,9})-(?:(\d{1,9})|none)$", re.ASCII)


def in_segment(scheme_id: int, segment_id: int | None) -> str:
    """The value of the filter for the clients of one segment, or for those that the scheme does not place."""
    return f"{scheme_id}-{'none' if segment_id is None else segment_id}"


def _read(value: str) -> tuple[int, int | None] | None:
    found = _ASKED.match(value)
    if found is None:
        return None
    return int(found[1]), None if found[2] is None else int(found[2])


class SegmentsWidget(forms.Widget):
    """Nothing until a page asks for segments; then one menu for each scheme asked, to look at its other segments or at everyone."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        found = data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name) or []
        return [value for value in ([found] if isinstance(found, str) else found) if value]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        asked = [(text, found) for text in value or () if (found := _read(text)) is not None][:MOST]
        if not asked:
            return SafeString()
        segments = defaultdict(list)
        wanted = Segment.objects.filter(firm_id=self.user.firm_id, scheme__in={scheme_id for _text, (scheme_id, _segment) in asked})
        for segment in wanted.select_related("scheme").order_by("rank"):
            segments[segment.scheme_id].append(segment)
        first = (attrs or {}).get("id", f"id_{name}")
        menus = [
            self._menu(name, first if number == 0 else f"{first}_{number}", segments[scheme_id], text)
            for number, (text, (scheme_id, _segment)) in enumerate(asked)
            if segments[scheme_id]
        ]
        return format_html_join("", "{}", ((menu,) for menu in menus))

    def _menu(self, name: str, pk: str, segments: Sequence[Segment], chosen: str) -> SafeString:
        scheme = segments[0].scheme
        named = [(in_segment(scheme.pk, segment.pk), segment.name) for segment in segments]
        named.append((in_segment(scheme.pk, None), gettext("Not placed")))
        offered = [(value, gettext("%(scheme)s: %(segment)s") % {"scheme": scheme.name, "segment": segment}) for value, segment in named]
        options = [
            format_html('<option value="{}"{}>{}</option>', value, SafeString(" selected") if value == chosen else "", label)
            for value, label in [*offered, ("", gettext("Everyone"))]
        ]
        joined = format_html_join("", "{}", ((option,) for option in options))
        return format_html('<select name="{}" id="{}" aria-label="{}">{}</select>', name, pk, scheme.name, joined)


class SegmentsField(forms.Field):
    """Values as asked: what none of them can be read as is kept, so that it can hold nobody."""

    def to_python(self, value: Any) -> list[str]:
        return list(value or ())


class SegmentsFilter(django_filters.Filter):
    field_class = SegmentsField


def build_segments_filter(user: User) -> Any:
    def narrow(clients: QuerySet[Client], name: str, values: list[str]) -> QuerySet[Client]:
        if len(values) > MOST:
            return clients.none()
        for value in values:
            asked = _read(value)
            if asked is None:
                # A segment that is not there holds nobody.
                return clients.none()
            scheme_id, segment_id = asked
            current = Assignment.objects.filter(firm_id=user.firm_id, scheme_id=scheme_id, ends_on=None, client_id=OuterRef("pk"))
            clients = clients.filter(~Exists(current) if segment_id is None else Exists(current.filter(segment_id=segment_id)))
        return clients

    return SegmentsFilter(label=gettext("In the segments"), method=narrow, widget=SegmentsWidget(user), required=False)
