"""The review inbox: clients whose segment is no longer the computed one, and what people decide of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from clients.queries import advisers_of
from firms.guard import FirmRequest, firm_view
from firms.paging import DayPlace
from firms.permissions import Permission
from firms.row_numbers import read_row_numbers
from segmentation.drift import Decided, NotUndoable, ReasonMissing, SnoozeRefused, accept_drift, keep_drift, reopen_drift, snooze_drift, undo_decision
from segmentation.inbox import describe_drifts, list_drift
from segmentation.models import Drift, SchemeVersion, Segment
from segmentation.views.shared import number_in

ROWS_A_PAGE = 50
STATES = {Drift.State.OPEN: gettext_lazy("To review"), Drift.State.SNOOZED: gettext_lazy("Snoozed"), Drift.State.KEPT: gettext_lazy("Kept")}
# Offered beside a free text; kept as words, in the language of who decides.
KEEP_REASONS = (
    gettext_lazy("The relationship calls for it"),
    gettext_lazy("A change to come will bring the client back"),
    gettext_lazy("The data is to be corrected"),
)


@dataclass(frozen=True)
class Filters:
    """What the address of the inbox says to show; every link and form of the page carries it on."""

    state: str = Drift.State.OPEN
    scheme: int | None = None
    adviser: int | None = None
    assigned: int | None = None
    computed: int | None = None

    @classmethod
    def of(cls, query: QueryDict) -> "Filters":
        state = query.get("state", "")
        numbers = {name: number_in(query, name) for name in ("scheme", "adviser", "assigned", "computed")}
        return cls(state if state in STATES else Drift.State.OPEN, **numbers)

    @property
    def is_narrow(self) -> bool:
        return any((self.scheme, self.adviser, self.assigned, self.computed))

    def address(self, name: str = "drift_list", **changes: Any) -> str:
        values = {name: getattr(self, name) for name in ("scheme", "adviser", "assigned", "computed")}
        values |= {"state": None if self.state == Drift.State.OPEN else self.state} | changes
        query = urlencode({key: value for key, value in values.items() if value})
        return reverse(name) + (f"?{query}" if query else "")

    def narrow(self, drifts: QuerySet[Drift]) -> QuerySet[Drift]:
        paths = {"scheme_id": self.scheme, "client__adviser_id": self.adviser, "assigned_id": self.assigned, "computed_id": self.computed}
        return drifts.filter(**{path: value for path, value in paths.items() if value})


def _listed(request: FirmRequest, filters: Filters) -> QuerySet[Drift]:
    return filters.narrow(list_drift(request.user, today=request.local_date, state=filters.state))


def _rows_context(request: FirmRequest, filters: Filters) -> dict[str, Any]:
    """One page of rows, and the address of the next."""
    listed = _listed(request, filters)
    if (place := DayPlace.parse(request.GET.get("after", ""))) is not None:
        listed = listed.filter(place.beyond("since"))
    drifts, more = list(listed[: ROWS_A_PAGE + 1]), ""
    if len(drifts) > ROWS_A_PAGE:
        drifts.pop()
        more = filters.address(after=str(DayPlace(drifts[-1].since, drifts[-1].pk)))
    return {"rows": describe_drifts(drifts, firm=request.firm), "more": more, "filters": filters, "today": request.local_date}


def _context(request: FirmRequest, filters: Filters, **said: Any) -> dict[str, Any]:
    segments = list(
        Segment.objects.filter(firm_id=request.user.firm_id, scheme__versions__status=SchemeVersion.Status.PUBLISHED)
        .select_related("scheme")
        .order_by("-scheme__is_service", "scheme_id", "rank")
    )
    schemes = list({segment.scheme_id: segment.scheme for segment in segments}.values())
    today = request.local_date
    return {
        **_rows_context(request, filters),
        "schemes": schemes,
        "segments": [segment for segment in segments if filters.scheme in {None, segment.scheme_id}],
        "advisers": list(advisers_of(request.user)),
        "states": [(state, label, filters.address(state="" if state == Drift.State.OPEN else state)) for state, label in STATES.items()],
        "keep_reasons": KEEP_REASONS,
        "snoozes": [
            (today + timedelta(days=30), _("In a month")),
            (today + timedelta(days=91), _("In three months")),
            (today + timedelta(days=182), _("In six months")),
        ],
        "tomorrow": today + timedelta(days=1),
        "decide_url": filters.address("drift_decide"),
        "undo_url": filters.address("drift_undo"),
        "chosen": set(),
        **said,
    }


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def drift_list(request: FirmRequest) -> HttpResponse:
    filters = Filters.of(request.GET)
    if request.htmx and "after" in request.GET:
        return render(request, "segmentation/_review_rows.html", _rows_context(request, filters))
    return _show(request, filters)


def _show(request: FirmRequest, filters: Filters, **said: Any) -> HttpResponse:
    template = "segmentation/_review.html" if request.htmx else "segmentation/review.html"
    return render(request, template, _context(request, filters, is_swapped=bool(request.htmx), **said))


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_POST
def drift_decide(request: FirmRequest) -> HttpResponse:
    """`do` is accept, keep, snooze or reopen; "accept:12" decides on one row whatever is chosen. `offered` is "keep:" or "snooze:" and with what."""
    filters, chosen = Filters.of(request.GET), read_row_numbers(request.POST.getlist("drift"))
    action, _sign, only = request.POST.get("do", "").partition(":")
    offered, _sign, what = request.POST.get("offered", "").partition(":")
    action = offered or action
    drifts = read_row_numbers([only]) if only and not offered else chosen
    if not drifts:
        return _answer(request, filters, refusal=_("Choose at least one client."))
    try:
        return _decide(request, filters, action, drifts, offered=what)
    except ReasonMissing:
        return _answer(request, filters, refusal=_("Say why these clients stay where they are."), chosen=set(drifts), opened="keep")
    except SnoozeRefused:
        return _answer(request, filters, refusal=_("Choose a day after today, within a year."), chosen=set(drifts), opened="snooze")


def _decide(request: FirmRequest, filters: Filters, action: str, drifts: Sequence[int], *, offered: str) -> HttpResponse:
    """`offered`: the reason or the day of the button that was pressed; otherwise they were typed."""
    by = request.user
    match action:
        case "accept":
            decided = accept_drift(drifts=drifts, by=by)
            said = ngettext("%(number)d client moved.", "%(number)d clients moved.", decided.done)
        case "keep":
            decided = keep_drift(drifts=drifts, reason=offered or request.POST.get("reason", ""), by=by)
            said = ngettext("%(number)d client stays.", "%(number)d clients stay.", decided.done)
        case "snooze":
            decided = snooze_drift(drifts=drifts, until=_day(offered or request.POST.get("until", "")), by=by)
            said = ngettext("%(number)d client will come back.", "%(number)d clients will come back.", decided.done)
        case "reopen":
            done = reopen_drift(drifts=drifts, by=by)
            text = ngettext("%(number)d client is to review again.", "%(number)d clients are to review again.", done) % {"number": done}
            return _answer(request, filters, said=text)
        case _:
            return _answer(request, filters)
    return _answer(request, filters, said=said % {"number": decided.done}, passed=_passed(decided), undoable=decided.clients)


def _passed(decided: Decided) -> str:
    if not decided.passed:
        return ""
    text = ngettext(
        "%(number)d was left: somebody decided first, or the rules now say something else.",
        "%(number)d were left: somebody decided first, or the rules now say something else.",
        decided.passed,
    )
    return text % {"number": decided.passed}


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_POST
def drift_undo(request: FirmRequest) -> HttpResponse:
    filters = Filters.of(request.GET)
    pairs = [read_row_numbers(text.split(":")) for text in request.POST.getlist("client")]
    clients = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
    try:
        undone = undo_decision(clients=clients, by=request.user)
    except NotUndoable:
        return _answer(request, filters, refusal=_("This can no longer be undone."))
    text = ngettext("%(number)d client is to review again.", "%(number)d clients are to review again.", undone)
    return _answer(request, filters, said=text % {"number": undone})


def _answer(request: FirmRequest, filters: Filters, **said: Any) -> HttpResponse:
    """The list again, with what was said; without htmx by way of its address, unless something is to be corrected."""
    if request.htmx or "chosen" in said:
        return _show(request, filters, **said)
    for name, level in (("refusal", messages.WARNING), ("said", messages.SUCCESS), ("passed", messages.INFO)):
        if said.get(name):
            messages.add_message(request, level, said[name])
    return redirect(filters.address())


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SnoozeRefused from None
