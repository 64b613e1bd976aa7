"""The page everyone starts the day on."""

from datetime import date
from typing import Any

from babel.dates import format_date
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from advisory_crm import charts
from firms import formats
from firms.calendar import local_time
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission, Role
from touchpoints import dashboard
from touchpoints.audit_words import share_words
from touchpoints.fates import Counts
from touchpoints.gaps import find_gaps
from touchpoints.queries import working_books
from touchpoints.queue import count_sections
from touchpoints.rows import describe

MOST_GAPS = 5


@firm_view(Permission.VIEW_DASHBOARD)
@require_GET
def home(request: FirmRequest) -> HttpResponse:
    """Today, what is late, what is about to break, and what was said; for a new firm, what to do first."""
    user, today = request.user, request.local_date
    steps = dashboard.first_steps(request.firm) if user.role == Role.ADMIN else None
    context: dict[str, Any] = {"greeting": _greeting(), "today": today, "first_steps": steps, "steps": _steps(steps) if steps else []}
    if steps is None or steps.clients:
        agenda = dashboard.read_agenda(user=user, on=today)
        context |= {
            "counts": count_sections(user=user, on=today),
            "next_rows": [describe(touchpoint, reader=user, on=today) for touchpoint in agenda.next],
            "meetings": [(meeting, describe(meeting.touchpoint, reader=user, on=today)) for meeting in agenda.meetings],
            "breaking_rows": [describe(touchpoint, reader=user, on=today) for touchpoint in agenda.breaking],
            "drifts": dashboard.drift_to_review(user=user, on=today) if user.may(Permission.OVERRIDE_SEGMENT) else [],
            "birthdays": dashboard.coming_birthdays(user=user, on=today),
            # A firm of a hundred thousand clients takes a second to add up: the page does not wait for it.
            "is_whole_firm": (is_whole_firm := working_books(user) is None),
        }
        if not is_whole_firm:
            context |= _gaps(request) | _figures(request)
    return render(request, "touchpoints/home.html", context)


@firm_view(Permission.VIEW_DASHBOARD)
@require_GET
def home_gaps(request: FirmRequest) -> HttpResponse:
    """The card of silent gaps, for who looks at a whole firm."""
    return render(request, "touchpoints/_home_gaps.html", _gaps(request))


@firm_view(Permission.VIEW_DASHBOARD)
@require_GET
def home_figures(request: FirmRequest) -> HttpResponse:
    """Promises kept, the load to come and the days it falls on, for who looks at a whole firm."""
    return render(request, "touchpoints/_home_figures.html", _figures(request))


@firm_view(Permission.VIEW_DASHBOARD)
@require_GET
def home_said(request: FirmRequest) -> HttpResponse:
    """What was last said, which the page does not wait for."""
    return render(request, "touchpoints/_home_said.html", {"interactions": dashboard.last_said(user=request.user)})


def _gaps(request: FirmRequest) -> dict[str, Any]:
    books = working_books(request.user)
    return {"gaps": find_gaps(user=request.user, on=local_time(request.firm).date(), books=books, most=MOST_GAPS)}


def _figures(request: FirmRequest) -> dict[str, Any]:
    user, today = request.user, request.local_date
    kept, ahead = dashboard.promises_kept(user=user, on=today), dashboard.read_ahead(user=user, on=today)
    return {
        "kept": kept.quarter,
        "kept_ring": _draw_kept(request, kept.quarter),
        "kept_trend": _draw_trend(request, kept),
        "load_bars": _draw_load(request, ahead.load),
        "due_map": _draw_due(request, ahead.due) if ahead.due else "",
    }


def _greeting() -> str:
    hour = timezone.localtime().hour
    return _("Good morning") if hour < 12 else _("Good afternoon") if hour < 18 else _("Good evening")


def _draw_kept(request: FirmRequest, kept: Counts) -> SafeString:
    text = share_words(kept, locale=formats.babel_locale(request.firm.region))
    return charts.ring(title=_("Promises kept this quarter"), share=kept.share, text=text, tone=kept.tone)


def _draw_trend(request: FirmRequest, kept: dashboard.Kept) -> SafeString:
    """Of the months in which something was kept or broken; nothing while there is one at the most."""
    locale = formats.babel_locale(request.firm.region)
    known = [(month, counts) for month, counts in kept.months.items() if counts.share is not None]
    told = ", ".join(f"{format_date(month, 'LLLL', locale=locale)}: {share_words(counts, locale=locale)}" for month, counts in known)
    values = [counts.share or 0 for _month, counts in known]
    return charts.sparkline(title=_("Promises kept, month by month"), values=values, description=told) if len(known) > 1 else SafeString()


def _draw_load(request: FirmRequest, load: list[dashboard.Week]) -> SafeString:
    locale = formats.babel_locale(request.firm.region)
    hours = {week.starts_on: week.minutes / 60 for week in load}
    texts = {week.starts_on: _("%(hours)s h") % {"hours": formats.number(round(week.minutes / 60), locale=locale)} for week in load}
    return charts.load_bars(title=_("Hours of touchpoints, week by week"), weeks=hours, texts=texts, locale=locale)


def _draw_due(request: FirmRequest, due: dict[date, int]) -> SafeString:
    """Each day leads to its day in the calendar."""
    first, last = dashboard.mapped_days(request.local_date)
    calendar = reverse("calendar")
    return charts.calendar_heat_map(
        title=_("Touchpoints due, day by day"),
        counts=due,
        first=first,
        last=last,
        today=request.local_date,
        locale=formats.babel_locale(request.firm.region),
        headings=(_("Day"), _("Touchpoints")),
        addresses={day: f"{calendar}?view=week&day={day.isoformat()}" for day in due},
    )


def _steps(done: dashboard.FirstSteps) -> list[dict[str, Any]]:
    """The first four things a firm does, each with its state and where to do it."""
    steps = [
        ("user_list", done.people, _("Invite your advisers and assistants"), _("Each gets an e-mail and sees only the books they work for.")),
        (
            "import_list",
            done.clients,
            _("Import your clients"),
            _("A spreadsheet is enough: you see every line before anything is written, and one click takes it back."),
        ),
        ("scheme_list", done.segmentation, _("Choose a segmentation"), _("Start from a proven model, see where each client falls, then publish.")),
        (
            "matrix",
            done.matrix,
            _("Choose a service matrix"),
            _("What each segment is promised: how often, by whom, on which channel. The year plans itself from it."),
        ),
    ]
    current = next((name for name, is_done, *_rest in steps if not is_done), None)
    return [
        {"url": _address(name), "state": "done" if is_done else "current" if name == current else "todo", "title": title, "text": text}
        for name, is_done, title, text in steps
    ]


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
