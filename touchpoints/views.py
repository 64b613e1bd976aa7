"""The queue: the list, one touchpoint beside it, and what is done with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from firms.formats import in_language
from firms.guard import FirmRequest, firm_view
from firms.models import User
from firms.permissions import Permission, Role
from service_matrix.models import Performer
from touchpoints.annual_review import Answer, KeepOrChange, KeptWithoutReason, ask_keep_or_change, complete_review
from touchpoints.forms import LogForm, ReviewLogForm, SkipForm, SnoozeForm
from touchpoints.models import OPEN, Status, Touchpoint
from touchpoints.queries import client_context, for_lists, touchpoints_visible_to, with_related, working_books
from touchpoints.queue import (
    CLAIM_HOLDS,
    SECTIONS,
    PlaceInQueue,
    QueueRefusal,
    claim_touchpoint,
    complete_touchpoint,
    count_sections,
    daily_queue,
    is_claimed_by_other,
    release_touchpoint,
    reopen_touchpoint,
    skip_touchpoint,
    snooze_touchpoint,
)
from touchpoints.rows import Row, describe

F = TypeVar("F", bound=forms.Form)

ROWS_A_PAGE = 50  # Offered beside a free text; kept as words, in the language of who skipped.
SKIP_REASONS = (
    gettext_lazy("The client cannot be reached"),
    gettext_lazy("The client does not want it"),
    gettext_lazy("Already discussed on another occasion"),
)


@dataclass(frozen=True)
class Filters:
    """What the address of the queue says to show; every link and form of the page carries it on."""

    view: str | None = None
    everyone: bool = False
    adviser_id: int | None = None

    @classmethod
    def of(cls, query: QueryDict) -> "Filters":
        adviser = query.get("adviser", "")
        view = query.get("view")
        return cls(
            view if view in SECTIONS else None, query.get("everyone") == "1", int(adviser) if adviser.isdecimal() and len(adviser) < 19 else None
        )

    def address(self, touchpoint: Touchpoint | None = None, *, name: str = "queue_touchpoint", **changes: Any) -> str:
        values = {"view": self.view, "everyone": "1" if self.everyone else None, "adviser": self.adviser_id} | changes
        query = urlencode({key: value for key, value in values.items() if value is not None})
        return (reverse(name, args=[touchpoint.pk]) if touchpoint else reverse("queue")) + (f"?{query}" if query else "")


@dataclass
class Section:
    key: str
    rows: list[Row] = field(default_factory=list)
    # Of the whole section, however much of it this page shows.
    count: int | None = None

    @property
    def label(self) -> str:
        return str(SECTIONS[self.key])


def _row(touchpoint: Touchpoint, *, request: FirmRequest, filters: Filters) -> Row:
    return describe(touchpoint, reader=request.user, on=request.local_date, url=filters.address(touchpoint))


def _listed(request: FirmRequest, filters: Filters) -> QuerySet[Touchpoint]:
    return daily_queue(user=request.user, on=request.local_date, view=filters.view, everyone=filters.everyone, adviser_id=filters.adviser_id)


def _list_context(request: FirmRequest, filters: Filters) -> dict[str, Any]:
    """One page of rows by section, and the address of the next page."""
    listed = _listed(request, filters)
    place = PlaceInQueue.parse(request.GET.get("after", ""))
    if place is not None:
        listed = listed.filter(place.beyond())
    # The page's rows are found first, and what a line shows is joined to them alone: a whole firm's queue may hold a hundred thousand.
    keys = listed.values("pk")[: ROWS_A_PAGE + 1]
    touchpoints = sorted(
        for_lists(Touchpoint.objects.filter(pk__in=keys)).order_by(), key=lambda found: PlaceInQueue.of(found, on=request.local_date)
    )
    more = None
    if len(touchpoints) > ROWS_A_PAGE:
        touchpoints.pop()
        more = filters.address(after=str(PlaceInQueue.of(touchpoints[-1], on=request.local_date)))
    sections: list[Section] = []
    for touchpoint in touchpoints:
        key = PlaceInQueue.of(touchpoint, on=request.local_date).view
        if not sections or sections[-1].key != key:
            sections.append(Section(key))
        sections[-1].rows.append(_row(touchpoint, request=request, filters=filters))
    return {"sections": sections, "more": more, "continued": place.view if place else None, "filters": filters, "today": request.local_date}


def _counts_context(request: FirmRequest, filters: Filters) -> dict[str, Any]:
    counts = count_sections(user=request.user, on=request.local_date, everyone=filters.everyone, adviser_id=filters.adviser_id)
    tabs = [{"key": None, "label": _("All"), "count": sum(counts.values()), "url": filters.address(view=None)}]
    tabs += [{"key": key, "label": str(label), "count": counts[key], "url": filters.address(view=key)} for key, label in SECTIONS.items()]
    return {"counts": counts, "tabs": tabs}


def _panel_context(request: FirmRequest, filters: Filters, touchpoint: Touchpoint, **forms_: forms.Form) -> dict[str, Any]:
    """The open touchpoint: whom to reach, what to do, the forms to say what was done."""
    today = request.local_date
    asked = ask_keep_or_change(touchpoint, reader=request.user)
    blocked = is_claimed_by_other(touchpoint, user=request.user)
    is_open = touchpoint.status in OPEN
    later = [today + timedelta(days=days) for days in (1, 3, 7)]
    return {
        "touchpoint": touchpoint,
        "open_row": _row(touchpoint, request=request, filters=filters),
        "context": client_context(touchpoint),
        "steps": [_step(step) for step in touchpoint.touchpoint_type.steps],
        "skip_reasons": [str(reason) for reason in SKIP_REASONS],
        "is_open": is_open,
        "is_mine": touchpoint.status == Status.CLAIMED and touchpoint.claimed_by_id == request.user.pk,
        "is_blocked": blocked,
        "claim_ends_at": touchpoint.claimed_at + CLAIM_HOLDS if touchpoint.claimed_at else None,
        "snoozes": [day for day in later if day <= touchpoint.window_ends_on],
        "urls": {
            name: filters.address(touchpoint, name=f"touchpoint_{name}") for name in ("complete", "snooze", "skip", "claim", "release", "reopen")
        },
        "log_form": ReviewLogForm(touchpoint=touchpoint, asked=asked) if asked else LogForm(touchpoint=touchpoint),
        "asked": asked,
        "snooze_form": SnoozeForm(touchpoint=touchpoint),
        "skip_form": SkipForm(touchpoint=touchpoint),
        "back": filters.address(),
        "filters": filters,
        "today": today,
    } | forms_


def _step(step: dict[str, str]) -> dict[str, str]:
    performer = step.get("performer", "")
    return {
        "text": in_language(en=step["en"], fr=step["fr"]),
        "performer": str(Performer(performer).label) if performer in {Performer.ADVISER, Performer.ASSISTANT} else "",
    }


def _advisers(user: User) -> list[tuple[int, str]]:
    """Whose books this user may choose from, with their names; none when there is no choice."""
    if user.role == Role.ADVISER:
        return []
    books = working_books(user)
    advisers = User.objects.filter(firm_id=user.firm_id, is_active=True)
    chosen = advisers.filter(role__in=(Role.ADVISER, Role.ADMIN)) if books is None else advisers.filter(pk__in=books)
    return list(chosen.values_list("pk", "name"))


def _page(request: FirmRequest, touchpoint: Touchpoint | None, template: str = "touchpoints/queue.html", **extra: Any) -> HttpResponse:
    """The list with a touchpoint beside it; without one, the first of the list lies ready on a wide screen."""
    filters = Filters.of(request.GET)
    context = _list_context(request, filters) | _counts_context(request, filters) | {"is_chosen": touchpoint is not None}
    for section in context["sections"]:
        section.count = context["counts"][section.key]
    first = context["sections"][0].rows[0].touchpoint if context["sections"] else None
    if (shown := touchpoint or first) is not None:
        context |= _panel_context(request, filters, shown)
    return render(request, template, context | {"advisers": _advisers(request.user)} | extra)


@firm_view(Permission.VIEW_QUEUE)
@require_GET
def queue(request: FirmRequest) -> HttpResponse:
    """What this user should do first."""
    if request.htmx and "after" in request.GET:
        return render(request, "touchpoints/_rows.html", _list_context(request, Filters.of(request.GET)))
    return _page(request, None)


def _get_touchpoint(request: FirmRequest, touchpoint_id: int) -> Touchpoint:
    return get_object_or_404(with_related(touchpoints_visible_to(request.user)).select_related("closed_by"), pk=touchpoint_id)


@firm_view(Permission.VIEW_QUEUE)
@require_GET
def queue_touchpoint(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    """One touchpoint, beside the list or alone in its panel."""
    touchpoint = _get_touchpoint(request, touchpoint_id)
    if request.htmx:
        return render(request, "touchpoints/_panel.html", _panel_context(request, Filters.of(request.GET), touchpoint) | {"is_swapped": True})
    return _page(request, touchpoint)


def _show_again(request: FirmRequest, touchpoint: Touchpoint, **said: Any) -> HttpResponse:
    """The same touchpoint after something changed or was refused: its panel and its row."""
    touchpoint = _get_touchpoint(request, touchpoint.pk)
    filters = Filters.of(request.GET)
    forms_: dict[str, Any] = {name: form for name, form in said.items() if isinstance(form, forms.Form)}
    if not request.htmx:
        if forms_:
            return _page(request, touchpoint, **forms_)
        if refusal := said.get("refusal"):
            messages.warning(request, refusal)
        return redirect(filters.address(touchpoint))
    context = _panel_context(request, filters, touchpoint, **forms_) | _counts_context(request, filters) | said
    context |= {"row": context["open_row"], "gone": touchpoint if touchpoint.status not in OPEN else None, "is_swapped": True}
    return render(request, "touchpoints/_answer.html", context)


def _move_on(request: FirmRequest, touchpoint: Touchpoint, following: Touchpoint | None, said: str) -> HttpResponse:
    """The next touchpoint of the list, and how to undo what was done with the last."""
    filters = Filters.of(request.GET)
    if not request.htmx:
        messages.success(request, said)
        return redirect(filters.address(following))
    context: dict[str, Any] = {"said": said, "gone": touchpoint, "undo": filters.address(touchpoint, name="touchpoint_reopen"), "is_swapped": True}
    context |= _counts_context(request, filters) | {"filters": filters, "back": filters.address()}
    if following is not None:
        context |= _panel_context(request, filters, following)
    response = render(request, "touchpoints/_answer.html", context)
    response["HX-Push-Url"] = filters.address(following)
    return response


def _following(request: FirmRequest, touchpoint: Touchpoint) -> Touchpoint | None:
    """What comes after a touchpoint in the list its reader looks at; at the end of it, what is left from the top."""
    listed = for_lists(_listed(request, Filters.of(request.GET)).exclude(pk=touchpoint.pk))
    place = PlaceInQueue.of(touchpoint, on=request.local_date)
    after: Touchpoint | None = listed.filter(place.beyond()).first()
    return after or listed.first()


def _close(
    request: FirmRequest, touchpoint: Touchpoint, make_form: Callable[..., F], act: Callable[[Touchpoint, F], object], *, name: str, said: str
) -> HttpResponse:
    """What complete, snooze and skip share: a form that says how, an act that may be refused, and the next touchpoint of the list."""
    form = make_form(request.POST, touchpoint=touchpoint)
    if not form.is_valid():
        return _show_again(request, touchpoint, **{name: form})
    try:
        act(touchpoint, form)
    except QueueRefusal as refusal:
        return _show_again(request, touchpoint, refusal=str(refusal))
    return _move_on(request, touchpoint, _following(request, touchpoint), said % _names(touchpoint))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_complete(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    touchpoint = _get_touchpoint(request, touchpoint_id)
    if (asked := ask_keep_or_change(touchpoint, reader=request.user)) is not None:
        return _complete_review(request, touchpoint, asked)

    def act(touchpoint: Touchpoint, form: LogForm) -> None:
        complete_touchpoint(touchpoint=touchpoint, by=request.user, draft=form.draft())

    return _close(request, touchpoint, LogForm, act, name="log_form", said=_("Done: %(touchpoint)s with %(client)s."))


def _complete_review(request: FirmRequest, touchpoint: Touchpoint, asked: KeepOrChange) -> HttpResponse:
    """An annual review, with what becomes of the client's segment; "change" leads to the page that changes it, and back."""
    form = ReviewLogForm(request.POST, touchpoint=touchpoint, asked=asked)
    if not form.is_valid():
        return _show_again(request, touchpoint, log_form=form)
    answer, reason = form.cleaned_data["answer"], form.cleaned_data.get("reason", "")
    try:
        complete_review(touchpoint=touchpoint, by=request.user, draft=form.draft(), answer=answer, reason=reason)
    except KeptWithoutReason as refusal:
        form.add_error("reason", str(refusal))
        return _show_again(request, touchpoint, log_form=form)
    except QueueRefusal as refusal:
        return _show_again(request, touchpoint, refusal=str(refusal))
    following = _following(request, touchpoint)
    if answer == Answer.CHANGE:
        back = urlencode({"next": Filters.of(request.GET).address(following)})
        page = f"{reverse('client_reassess', args=[touchpoint.client_id, asked.assignment.scheme_id])}?{back}"
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
    return _move_on(request, touchpoint, following, _("Done: %(touchpoint)s with %(client)s.") % _names(touchpoint))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_snooze(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    def act(touchpoint: Touchpoint, form: SnoozeForm) -> None:
        snooze_touchpoint(touchpoint=touchpoint, by=request.user, until=form.cleaned_data["until"], on=request.local_date)

    return _close(
        request, _get_touchpoint(request, touchpoint_id), SnoozeForm, act, name="snooze_form", said=_("Snoozed: %(touchpoint)s with %(client)s.")
    )


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_skip(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    def act(touchpoint: Touchpoint, form: SkipForm) -> None:
        skip_touchpoint(touchpoint=touchpoint, by=request.user, reason=form.cleaned_data["reason"])

    return _close(
        request, _get_touchpoint(request, touchpoint_id), SkipForm, act, name="skip_form", said=_("Skipped: %(touchpoint)s with %(client)s.")
    )


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_claim(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    touchpoint = _get_touchpoint(request, touchpoint_id)
    return _change(request, touchpoint, lambda: claim_touchpoint(touchpoint=touchpoint, by=request.user))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_release(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    touchpoint = _get_touchpoint(request, touchpoint_id)
    return _change(request, touchpoint, lambda: release_touchpoint(touchpoint=touchpoint, by=request.user))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_reopen(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    """Undo: back in the list, where it was."""
    touchpoint = _get_touchpoint(request, touchpoint_id)
    try:
        reopen_touchpoint(touchpoint=touchpoint, by=request.user)
    except QueueRefusal as refusal:
        return _show_again(request, touchpoint, refusal=str(refusal))
    if not request.htmx:
        return redirect(Filters.of(request.GET).address(touchpoint))
    response = _page(request, _get_touchpoint(request, touchpoint.pk), "touchpoints/_queue.html", is_swapped=True)
    response["HX-Push-Url"] = Filters.of(request.GET).address(touchpoint)
    response["HX-Retarget"] = "#queue"
    response["HX-Reswap"] = "outerHTML"
    return response


def _change(request: FirmRequest, touchpoint: Touchpoint, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except QueueRefusal as refusal:
        return _show_again(request, touchpoint, refusal=str(refusal))
    return _show_again(request, touchpoint)


def _names(touchpoint: Touchpoint) -> dict[str, str]:
    return {"touchpoint": touchpoint.touchpoint_type.name, "client": touchpoint.client.name}
