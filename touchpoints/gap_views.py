"""Silent gaps and promises about to break: who is silent, who soon will be, what ends soon, and one click to act."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients.queries import advisers_listed, book_adviser_ids
from firms.calendar import local_time
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from firms.row_numbers import read_row_number
from touchpoints.gaps import SILENT, SOON_DAYS, Place, WindowPlace, closing_windows, find_gaps, with_actions
from touchpoints.queries import working_books
from touchpoints.rows import describe


def _books(request: FirmRequest) -> tuple[list[int] | None, str]:
    """The books asked for in the address, and that address: one adviser's, everything the reader sees, or without either the books worked for."""
    visible = book_adviser_ids(request.user)
    text = request.GET.get("adviser", "")
    if text == "all":
        return visible, "all"
    chosen = read_row_number(text)
    if chosen is not None:
        return ([chosen] if visible is None or chosen in visible else []), text
    return working_books(request.user), ""


def _context(request: FirmRequest, adviser: str, tab: str) -> dict[str, Any]:
    advisers = list(advisers_listed(request.user).values_list("pk", "name"))

    def address(name: str) -> str:
        return reverse(name) + (f"?{urlencode({'adviser': adviser})}" if adviser else "")

    names = {"gap_list": _("Silent"), "gap_soon": _("Silent soon"), "gap_windows": _("Promises about to break")}
    return {
        "advisers": [("all", _("Everyone I may see")), *advisers] if len(advisers) > 1 else [],
        "adviser": adviser,
        "tab": tab,
        "tabs": [(label, address(name), name == tab) for name, label in names.items()],
        "soon_days": SOON_DAYS,
    }


def _next_url(request: FirmRequest, following: object) -> str:
    query = request.GET.copy()
    query["after"] = str(following)
    return f"?{query.urlencode()}" if following else ""


@firm_view(Permission.VIEW_QUEUE)
@require_safe
def gap_list(request: FirmRequest, view: str) -> HttpResponse:
    """Clients who are silent, or soon will be, the promise most at risk first."""
    books, adviser = _books(request)
    today = local_time(request.firm).date()
    page = find_gaps(user=request.user, on=today, books=books, view=view, after=Place.parse(request.GET.get("after", "")))
    context = {"page": page, "gaps": with_actions(page.rows, user=request.user), "view": view, "next_url": _next_url(request, page.following)}
    return render(request, "touchpoints/gaps.html", _context(request, adviser, "gap_list" if view == SILENT else "gap_soon") | context)


@firm_view(Permission.VIEW_QUEUE)
@require_safe
def gap_windows(request: FirmRequest) -> HttpResponse:
    """Touchpoints whose window ends soon, and with it the promise."""
    books, adviser = _books(request)
    today = request.local_date
    page = closing_windows(user=request.user, on=today, books=books, after=WindowPlace.parse(request.GET.get("after", "")))
    context = {
        "rows": [describe(touchpoint, reader=request.user, on=today) for touchpoint in page.rows],
        "next_url": _next_url(request, page.following),
    }
    return render(request, "touchpoints/gap_windows.html", _context(request, adviser, "gap_windows") | context)
