"""What the client's page shows of this room: each promise and where it comes from; and exceptions in the client's history."""

from datetime import date

from django.template.loader import render_to_string
from django.utils.translation import gettext

from clients.columns import Change, HistoryReader, Line, Panel, Place, register_history, register_panel
from clients.models import Client
from firms import formats
from firms.guard import FirmRequest
from firms.models import Firm
from firms.permissions import Permission
from service_matrix.client_promises import resolve_client
from service_matrix.exceptions import exception_parts
from service_matrix.models import PromiseException

MOST_CHANGES = 200


def render_promises(request: FirmRequest, client: Client) -> str:
    if not request.user.may(Permission.VIEW_MATRIX):
        return ""
    resolved = resolve_client(client, on=request.local_date)
    may_except = request.user.may(Permission.OVERRIDE_SEGMENT) and client.archived_at is None
    context = {"resolved": resolved, "client": client, "may_except": may_except, "today": request.local_date}
    return render_to_string("service_matrix/_client_promises.html", context, request=request) if resolved is not None else ""


def list_exceptions(client: Client, firm: Firm) -> list[Change]:
    """One change an exception ever made, newest first. One statement."""
    locale = formats.babel_locale(firm.region)

    def day(value: date) -> str:
        return formats.day(value, locale=locale)

    rows = PromiseException.objects.filter(firm_id=client.firm_id, client=client).select_related("touchpoint_type", "own_channel", "by", "ended_by")
    changes = []
    for row in rows.order_by("-created_at", "-pk")[:MOST_CHANGES]:
        lines = [
            Line(row.touchpoint_type.name, "", ", ".join(exception_parts(row))),
            Line(gettext("Reason"), "", row.reason),
            Line(gettext("Decided until"), "", day(row.expires_on)),
        ]
        if row.ended_by is not None:
            lines.append(Line(gettext("Ended"), "", f"{day(row.ends_on)}, {row.ended_by.name}"))
        said = gettext("exception made")
        changes.append(Change(row.created_at, row.by.name or row.by.email, gettext("Promise"), "decide", lines, said, "hand"))
    return changes


def register() -> None:
    register_panel(Panel(key="promises", place=Place.YEAR, render=render_promises, order=150))
    register_history(HistoryReader(key="promise_exceptions", read=list_exceptions))
