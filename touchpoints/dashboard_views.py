"""The page everyone starts the day on."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from advisory_crm import charts
from firms import formats
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission, Role
from touchpoints import dashboard
from touchpoints.queue import count_sections
from touchpoints.rows import describe

GOOD_SHARE, FAIR_SHARE = 0.95, 0.8


@firm_view(Permission.VIEW_DASHBOARD)
@require_GET
def home(request: FirmRequest) -> HttpResponse:
    """Today, what is late, what is about to break, and what was said; for a new firm, what to do first."""
    user, today = request.user, request.local_date
    steps = dashboard.first_steps(request.firm) if user.role == Role.ADMIN else None
    context: dict[str, Any] = {"greeting": _greeting(), "today": today, "first_steps": steps, "steps": _steps(steps) if steps else []}
    if steps is None or steps.clients:
        context |= {
            "counts": count_sections(user=user, on=today),
            "next_rows": [describe(touchpoint, reader=user, on=today) for touchpoint in dashboard.next_touchpoints(user=user, on=today)],
            "breaking_rows": [describe(touchpoint, reader=user, on=today) for touchpoint in dashboard.breaking_promises(user=user, on=today)],
            "interactions": dashboard.recent_interactions(user=user),
            "drifts": dashboard.drift_to_review(user=user, on=today) if user.may(Permission.OVERRIDE_SEGMENT) else [],
            "birthdays": dashboard.coming_birthdays(user=user, on=today),
            "kept": (kept := dashboard.promises_kept(user=user, on=today)),
            "kept_ring": _draw_kept(request, kept),
            "load": (load := dashboard.coming_load(user=user, on=today)),
            "load_bars": _draw_load(request, load),
        }
    return render(request, "touchpoints/home.html", context)


def _greeting() -> str:
    hour = timezone.localtime().hour
    return _("Good morning") if hour < 12 else _("Good afternoon") if hour < 18 else _("Good evening")


def _draw_kept(request: FirmRequest, kept: dashboard.Kept) -> SafeString:
    share = kept.share
    text = "–" if share is None else formats.percent(share, locale=formats.babel_locale(request.firm.region))
    tone = "value" if share is None else "good" if share >= GOOD_SHARE else "warn" if share >= FAIR_SHARE else "bad"
    return charts.ring(title=_("Promises kept this quarter"), share=share, text=text, tone=tone)


def _draw_load(request: FirmRequest, load: list[dashboard.Week]) -> SafeString:
    locale = formats.babel_locale(request.firm.region)
    hours = {week.starts_on: week.minutes / 60 for week in load}
    texts = {week.starts_on: _("%(hours)s h") % {"hours": formats.number(round(week.minutes / 60), locale=locale)} for week in load}
    return charts.load_bars(title=_("Hours of touchpoints, week by week"), weeks=hours, texts=texts, locale=locale)


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
