"""The calendar: a month or a week of touchpoints, each of which may be put on another day; and one of them, with its day and its hour."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from firms import formats
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission, Role
from firms.row_numbers import read_row_number
from touchpoints.appointments import MEETINGS, HourPast, NoAddress, appointment_of, cancel_appointment, set_appointment
from touchpoints.calendar import add_months
from touchpoints.models import OPEN, Touchpoint
from touchpoints.month import MOST_IN_MONTH, MOST_IN_WEEK, Choice, calendar_days, first_weekday, week_of, weeks_of_month
from touchpoints.moving import move_touchpoint
from touchpoints.placing import DayRefused
from touchpoints.planning_forms import AppointmentForm, MoveForm
from touchpoints.queries import books_offered, days_chosen_by, touchpoints_visible_to, with_related
from touchpoints.queue import is_claimed_by_other
from touchpoints.refusals import NotUndoable, QueueRefusal
from touchpoints.undoing import UNDO_WITHIN, last_move, undo_act

MONTH, WEEK = "month", "week"
# What the calendar goes back and ahead to.
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True)
class Asked:
    """What the address of the calendar says to show."""

    view: str
    day: date
    choice: Choice

    @classmethod
    def of(cls, query: QueryDict, *, today: date) -> "Asked":
        adviser = query.get("adviser", "")
        try:
            day = date.fromisoformat(query.get("day", ""))
        except ValueError:
            day = today
        return cls(
            view=WEEK if query.get("view") == WEEK else MONTH,
            day=day if EARLIEST <= day < LATEST else today,
            choice=Choice(query.get("everyone") == "1", read_row_number(adviser)),
        )

    def query(self, **changes: Any) -> str:
        values = {
            "view": self.view if self.view == WEEK else None,
            "day": self.day.isoformat(),
            "everyone": "1" if self.choice.everyone else None,
            "adviser": self.choice.adviser_id,
        } | changes
        return "?" + urlencode({key: value for key, value in values.items() if value is not None})


def _days(asked: Asked, *, first: int) -> list[list[date]]:
    return [week_of(asked.day, first=first)] if asked.view == WEEK else weeks_of_month(asked.day, first=first)


def _neighbours(asked: Asked) -> tuple[str, str]:
    """The addresses of the month or week before, and after."""
    if asked.view == WEEK:
        near = (asked.day - timedelta(weeks=1), asked.day + timedelta(weeks=1))
    else:
        month = asked.day.replace(day=1)
        near = (add_months(month, -1), add_months(month, 1))
    return asked.query(day=near[0].isoformat()), asked.query(day=near[1].isoformat())


def _calendar_context(request: FirmRequest, asked: Asked) -> dict[str, Any]:
    locale = formats.babel_locale(request.firm.region)
    weeks = _days(asked, first=first_weekday(locale))
    most = MOST_IN_WEEK if asked.view == WEEK else MOST_IN_MONTH
    days = calendar_days(user=request.user, days=[day for week in weeks for day in week], most=most, choice=asked.choice)
    previous, following = _neighbours(asked)
    if asked.view == WEEK:
        title = _("Week from %(first)s to %(last)s") % {
            "first": formats.day_of_month(weeks[0][0], locale=locale), "last": formats.day(weeks[0][-1], locale=locale, style="long"),
        }  # fmt: skip
    else:
        title = formats.month(asked.day, locale=locale)
    return {
        "asked": asked, "title": title, "today": request.local_date, "previous": previous, "following": following, "query": asked.query(),
        "weekdays": [formats.weekday(day, locale=locale) for day in weeks[0]],
        "weeks": [[(days[day], asked.view == WEEK or day.month == asked.day.month, asked.query(view=WEEK, day=day.isoformat())) for day in week]
                  for week in weeks],
        "to_today": asked.query(day=request.local_date.isoformat()),
        "to_month": asked.query(view=None), "to_week": asked.query(view=WEEK),
        "move": (move := last_move(request.user) if request.user.may(Permission.WORK_QUEUE) else None),
        "undo_until": move.created_at + UNDO_WITHIN if move else None,
        "advisers": books_offered(request.user), "may_widen": request.user.role in {Role.ADVISER, Role.ASSISTANT},
    }  # fmt: skip


@firm_view(Permission.VIEW_QUEUE)
@require_GET
def calendar(request: FirmRequest) -> HttpResponse:
    """A month or a week of what this reader is to deliver, or may see."""
    asked = Asked.of(request.GET, today=request.local_date)
    template = "touchpoints/_calendar.html" if request.htmx and not request.htmx.boosted else "touchpoints/calendar.html"
    return render(request, template, _calendar_context(request, asked))


def _get_touchpoint(request: FirmRequest, touchpoint_id: int) -> Touchpoint:
    found = with_related(touchpoints_visible_to(request.user)).select_related("client__adviser", "client__firm")
    return get_object_or_404(found, pk=touchpoint_id)


@firm_view(Permission.VIEW_QUEUE)
@require_GET
def touchpoint_day(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    """One touchpoint of the calendar: another day, and for a meeting an hour."""
    return _show(request, _get_touchpoint(request, touchpoint_id))


def _show(request: FirmRequest, touchpoint: Touchpoint, **forms: Any) -> HttpResponse:
    appointment = appointment_of(touchpoint)
    works, is_claimed = request.user.may(Permission.WORK_QUEUE), is_claimed_by_other(touchpoint, user=request.user)
    chooses = works and days_chosen_by(request.user)(touchpoint)
    is_open = touchpoint.status in OPEN and not is_claimed
    context = {
        "touchpoint": touchpoint,
        # Whom the frame's dialog begins with.
        "client": touchpoint.client,
        "appointment": appointment,
        "may_change": is_open and chooses,
        "may_call_off": chooses and not is_claimed,
        "is_anothers": is_open and works and not chooses,
        "is_meeting": touchpoint.channel in MEETINGS,
        "move_form": MoveForm(touchpoint=touchpoint),
        "appointment_form": AppointmentForm(touchpoint=touchpoint, appointment=appointment, by=request.user),
        "back": reverse("calendar") + Asked.of(request.GET, today=request.local_date).query(),
        "query": Asked.of(request.GET, today=request.local_date).query(),
    }
    return render(request, "touchpoints/touchpoint_day.html", context | forms)


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_move(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    """To another day, from its page or dragged there: the calendar again, with what was done or why not."""
    touchpoint = _get_touchpoint(request, touchpoint_id)
    form = MoveForm(request.POST, touchpoint=touchpoint)
    if not form.is_valid():
        return _show(request, touchpoint, move_form=form)
    day = form.cleaned_data["to"]
    locale = formats.babel_locale(request.firm.region)
    said = _("%(touchpoint)s with %(client)s is now on %(day)s.") % {
        "touchpoint": touchpoint.touchpoint_type.name, "client": touchpoint.client.name, "day": formats.day(day, locale=locale),
    }  # fmt: skip
    seen_on = form.cleaned_data["seen_on"]
    refusal = _refusal(lambda: move_touchpoint(touchpoint=touchpoint, by=request.user, to=day, on=request.local_date, seen_on=seen_on))
    asked = Asked.of(request.GET, today=request.local_date)
    if request.htmx:
        context = _calendar_context(request, asked) | {"said": said if refusal is None else "", "refusal": refusal, "moved": touchpoint.pk}
        return render(request, "touchpoints/_calendar.html", context)
    if refusal is not None:
        form.add_error("to", str(refusal))
        return _show(request, _get_touchpoint(request, touchpoint_id), move_form=form)
    messages.success(request, said)
    return redirect(reverse("calendar") + asked.query(day=day.isoformat()))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def calendar_undo(request: FirmRequest) -> HttpResponse:
    """The move one just made, taken back: the calendar again, with where the touchpoint is."""
    asked = Asked.of(request.GET, today=request.local_date)
    refusal, said, ids = None, "", [0]
    try:
        move = last_move(request.user)
        if move is None:
            raise NotUndoable
        undone = undo_act(act=move, by=request.user)
        ids, said = undone.touchpoint_ids, _("The touchpoint is back on its day.")
    except QueueRefusal as refused:
        refusal = refused
    if request.htmx:
        context = _calendar_context(request, asked) | {"said": said, "refusal": refusal, "moved": ids[0]}
        return render(request, "touchpoints/_calendar.html", context)
    messages.add_message(request, messages.WARNING if refusal else messages.SUCCESS, str(refusal or said))
    return redirect(reverse("calendar") + asked.query())


# Which field of an hour each refusal is about.
_REFUSED: dict[type[QueueRefusal], str] = {HourPast: "hour", DayRefused: "day", NoAddress: "invites_client"}


@firm_view(Permission.WORK_QUEUE)
@require_POST
def appointment_set(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    touchpoint = _get_touchpoint(request, touchpoint_id)
    form = AppointmentForm(request.POST, touchpoint=touchpoint, appointment=appointment_of(touchpoint), by=request.user)
    if not form.is_valid():
        return _show(request, touchpoint, appointment_form=form)
    draft = form.draft()
    refusal = _refusal(lambda: set_appointment(touchpoint=touchpoint, by=request.user, draft=draft))
    if refusal is not None:
        beside = next((field for kind, field in _REFUSED.items() if isinstance(refusal, kind)), None)
        form.add_error(beside, str(refusal))
        return _show(request, _get_touchpoint(request, touchpoint_id), appointment_form=form)
    invited = draft.invites_client or draft.colleagues
    messages.success(request, _("The hour is set; the invitations are on their way.") if invited else _("The hour is set."))
    return _back_to(request, touchpoint)


@firm_view(Permission.WORK_QUEUE)
@require_POST
def appointment_cancel(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    touchpoint = _get_touchpoint(request, touchpoint_id)
    appointment = appointment_of(touchpoint)
    try:
        if appointment is not None and cancel_appointment(appointment=appointment, by=request.user):
            messages.success(request, _("The appointment is cancelled; who was invited is told."))
    except QueueRefusal as refusal:
        messages.warning(request, str(refusal))
    return _back_to(request, touchpoint)


def _back_to(request: FirmRequest, touchpoint: Touchpoint) -> HttpResponse:
    return redirect(reverse("touchpoint_day", args=[touchpoint.pk]) + Asked.of(request.GET, today=request.local_date).query())


def _refusal(act: Callable[[], object]) -> QueueRefusal | None:
    try:
        act()
    except QueueRefusal as refusal:
        return refusal
    return None
