"""A client's service calendar: shown and shared by who serves the client, read by the client at its secret address."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clients.models import Client
from clients.queries import visible_to
from firms.braking import is_too_often
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from service_matrix.grid import segments_of_scheme
from service_matrix.models import Promise
from service_matrix.queries import versions_of
from touchpoints import feeds, links
from touchpoints.icalendars import CONTENT_TYPE
from touchpoints.service_calendar import ServiceCalendar, calendar_document, promised_kinds, service_calendar, speaking_to

# A document takes a moment to make; nobody reads sixty a minute.
MOST_A_MINUTE = 60


def served_client(request: FirmRequest, pk: int) -> Client:
    """A client this reader may see, with what its documents say of firm and adviser; anyone else's is not found."""
    return get_object_or_404(visible_to(request.user).select_related("firm", "adviser"), pk=pk)


@firm_view(Permission.VIEW_CLIENTS)
@require_GET
def client_calendar(request: FirmRequest, pk: int) -> HttpResponse:
    """What the client sees, and the address at which."""
    return _show(request, served_client(request, pk))


def _show(request: FirmRequest, client: Client, **said: Any) -> HttpResponse:
    calendar = service_calendar(client)
    with speaking_to(client):
        seen = render_to_string("touchpoints/_service_calendar.html", {"calendar": calendar}, request)
    context = {"client": client, "calendar": calendar, "seen": seen, "link": links.open_link_of(client)}
    context["years"] = [request.local_date.year, request.local_date.year - 1]
    return render(request, "touchpoints/client_calendar.html", context | said)


@firm_view(Permission.VIEW_CLIENTS)
@require_GET
def client_calendar_pdf(request: FirmRequest, pk: int) -> HttpResponse:
    return _document(service_calendar(served_client(request, pk)))


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def client_calendar_share(request: FirmRequest, pk: int) -> HttpResponse:
    """The new address is in the answer itself, which is the only time it is shown."""
    client = served_client(request, pk)
    try:
        key = links.share_calendar(client=client, by=request.user)
    except links.ArchivedClient:
        messages.error(request, _("This file is archived: nothing is shared with its client."))
        return redirect("client_calendar", client.pk)
    return _show(request, client, new_address=settings.SITE_URL + reverse("shared_calendar", args=[key]))


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def client_calendar_stop(request: FirmRequest, pk: int) -> HttpResponse:
    client = served_client(request, pk)
    links.stop_sharing(client=client, by=request.user)
    messages.success(request, _("The address no longer shows anything."))
    return redirect("client_calendar", client.pk)


@firm_view(Permission.VIEW_MATRIX)
@require_GET
def matrix_calendar(request: FirmRequest, pk: int, segment_pk: int) -> HttpResponse:
    """What a client of a segment would be told under a version of the matrix, in the reader's language."""
    version = get_object_or_404(versions_of(request.user).select_related("scheme"), pk=pk)
    segments = segments_of_scheme(version)
    segment = next((each for each in segments if each.pk == segment_pk), None)
    if segment is None:
        raise Http404
    promises = Promise.objects.filter(firm_id=version.firm_id, version=version, segment=segment).select_related("touchpoint_type", "own_channel")
    context = {"version": version, "segments": segments, "segment": segment, "kinds": promised_kinds(promises, initiative=segment.initiative)}
    return render(request, "touchpoints/matrix_calendar.html", context)


def secret_page(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """A page read by whoever holds its key: found by no search engine, kept by no cache, told to no other site; gone when its link is closed."""

    @wraps(view)
    def guarded(request: HttpRequest, key: str) -> HttpResponse:
        if is_too_often(f"calendar:{hashlib.sha256(key.encode()).hexdigest()}", most=MOST_A_MINUTE):
            response = HttpResponse(status=429, headers={"Retry-After": "60"})
        else:
            try:
                response = view(request, key)
            except links.LinkClosed:
                response = render(request, "touchpoints/link_closed.html", status=404)
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return guarded


@firm_view(Permission.PUBLIC)
@require_GET
@secret_page
def shared_calendar(request: HttpRequest, key: str) -> HttpResponse:
    """The client's page, in the client's language."""
    with links.entered_by_client_link(key) as client:
        calendar = service_calendar(client)
    with speaking_to(client):
        feed = settings.SITE_URL + reverse("shared_calendar_feed", args=[key])
        subscribe = "webcal" + feed.removeprefix("https").removeprefix("http")
        context = {"calendar": calendar, "key": key, "feed": feed, "subscribe": subscribe, "today": timezone.localdate()}
        response = render(request, "touchpoints/shared_calendar.html", context)
        response.headers["Content-Language"] = calendar.language
        return response


@firm_view(Permission.PUBLIC)
@require_GET
@secret_page
def shared_calendar_pdf(request: HttpRequest, key: str) -> HttpResponse:
    with links.entered_by_client_link(key) as client:
        calendar = service_calendar(client)
    return _document(calendar)


@firm_view(Permission.PUBLIC)
@require_GET
@secret_page
def shared_calendar_feed(request: HttpRequest, key: str) -> HttpResponse:
    with links.entered_by_client_link(key) as client:
        calendar = service_calendar(client)
    return HttpResponse(feeds.client_feed(calendar), content_type=CONTENT_TYPE)


def _document(calendar: ServiceCalendar) -> HttpResponse:
    with speaking_to(calendar.client):
        name = _("service-calendar")
    return HttpResponse(
        calendar_document(calendar),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}-{calendar.first}.pdf"'},
    )
