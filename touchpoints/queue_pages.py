"""What the pages of the queue show: the list by section, the touchpoint beside it, and the answers to what is done with them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisory_crm.addresses import address, address_pattern
from clients.context import context_of
from clients.follow_ups import MOST_SHOWN, follow_ups_to_do
from clients.queries import Covered, standing_of, team_of
from clients.readers import ReaderKind, values_of
from firms.calendar import working_day_from
from firms.formats import in_language
from firms.guard import FirmRequest
from firms.permissions import Permission
from firms.row_numbers import read_row_number
from firms.statements import given, kept_statement
from service_matrix.models import Performer
from touchpoints.annual_review import ask_keep_or_change
from touchpoints.drawing import why_here
from touchpoints.forms import LogForm, ReassignForm, ReviewLogForm, SkipForm, SnoozeForm
from touchpoints.hours import hour_of, with_hour
from touchpoints.letters import letter_for
from touchpoints.models import OPEN, Status, Touchpoint
from touchpoints.queries import books_offered, coming_of, touchpoints_visible_to, who_may_do, with_coming, with_related
from touchpoints.queue import CLAIM_HOLDS, SECTIONS, PlaceInQueue, count_sections, daily_queue, given_narrowing, is_claimed_by_other
from touchpoints.rows import Row, describe
from touchpoints.undoing import UNDO_WITHIN, last_act
from touchpoints.ways import AS_PLANNED, ways_to_do

ROWS_A_PAGE = 50
# Offered beside a free text; kept as words, in the language of who skipped.
SKIP_REASONS = (
    gettext_lazy("The client cannot be reached"),
    gettext_lazy("The client does not want it"),
    gettext_lazy("Already discussed on another occasion"),
)
# Days from today after which a snooze is proposed to end, on the next working day.
SNOOZE_DAYS = ((1, gettext_lazy("Next working day")), (3, gettext_lazy("In 3 days")), (7, gettext_lazy("Next week")))


@dataclass(frozen=True)
class Filters:
    """What the address of the queue says to show; every link and form of the page carries it on."""

    view: str | None = None
    everyone: bool = False
    adviser_id: int | None = None
    # An absent colleague whom the reader covers.
    covered_id: int | None = None

    @classmethod
    def of(cls, query: QueryDict) -> "Filters":
        view = query.get("view")
        return cls(
            view if view in SECTIONS else None,
            query.get("everyone") == "1",
            read_row_number(query.get("adviser", "")),
            read_row_number(query.get("covers", "")),
        )

    @property
    def narrowed(self) -> dict[str, Any]:
        """What a section is narrowed to, as queue.py takes it."""
        return {"everyone": self.everyone, "adviser_id": self.adviser_id, "covered_id": self.covered_id}

    def address(self, touchpoint: Touchpoint | None = None, *, name: str = "queue_touchpoint", **changes: Any) -> str:
        query = self._query(**changes) if changes else self._own_query
        return (address_pattern(name).format(touchpoint.pk) if touchpoint else address("queue")) + query

    def act_address(self, name: str) -> str:
        """Of what is done with the list."""
        return address(name) + self._own_query

    @cached_property
    def _own_query(self) -> str:
        """What every line carries on."""
        return self._query()

    def _query(self, **changes: Any) -> str:
        values = {"view": self.view, "everyone": "1" if self.everyone else None, "adviser": self.adviser_id, "covers": self.covered_id} | changes
        query = urlencode({key: value for key, value in values.items() if value is not None})
        return f"?{query}" if query else ""


@dataclass
class Section:
    key: str
    rows: list[Row] = field(default_factory=list)
    # Of the whole section, however much of it this page shows.
    count: int | None = None

    @property
    def label(self) -> str:
        return str(SECTIONS[self.key])


def _rows(touchpoints: Collection[Touchpoint], *, request: FirmRequest, filters: Filters) -> list[Row]:
    today = request.local_date
    ways = ways_to_do(touchpoints, firm_id=request.user.firm_id, on=today)
    return [describe(each, reader=request.user, on=today, url=filters.address(each), way=ways.get(each.pk, AS_PLANNED)) for each in touchpoints]


def _listed(request: FirmRequest, filters: Filters) -> QuerySet[Touchpoint]:
    return daily_queue(user=request.user, on=request.local_date, view=filters.view, **filters.narrowed)


def list_context(request: FirmRequest, filters: Filters) -> dict[str, Any]:
    """One page of rows by section, and the address of the next page."""
    place = PlaceInQueue.parse(request.GET.get("after", ""))
    reader = ReaderKind.of(request.user, covered_id=filters.covered_id)
    page = _page(reader, request.local_date, filters.view, filters.everyone, filters.adviser_id is not None, place is not None)
    values = values_of(request.user) | {"adviser": filters.adviser_id, "covered": filters.covered_id} | (place.values() if place else {})
    touchpoints = sorted(page.rows(**values), key=lambda found: PlaceInQueue.of(found, on=request.local_date))
    more = None
    if len(touchpoints) > ROWS_A_PAGE:
        touchpoints.pop()
        more = filters.address(after=str(PlaceInQueue.of(touchpoints[-1], on=request.local_date)))
    sections: list[Section] = []
    for row in _rows(touchpoints, request=request, filters=filters):
        key = PlaceInQueue.of(row.touchpoint, on=request.local_date).view
        if not sections or sections[-1].key != key:
            sections.append(Section(key))
        sections[-1].rows.append(row)
    return {"sections": sections, "more": more, "continued": place.view if place else None, "filters": filters, "today": request.local_date}


@kept_statement
def _page(reader: ReaderKind, on: date, view: str | None, everyone: bool, is_of_one_book: bool, is_continued: bool) -> QuerySet[Touchpoint]:
    """The page's rows are found first, and what a line shows is joined to them alone: a whole firm's queue may hold a hundred thousand."""
    listed = daily_queue(user=reader.stand_in(), on=on, view=view, everyone=everyone, **given_narrowing(reader, is_of_one_book))
    if is_continued:
        listed = listed.filter(PlaceInQueue.given().beyond())
    shown = Touchpoint.objects.filter(pk__in=listed.values("pk")[: ROWS_A_PAGE + 1]).order_by()
    return shown.select_related("client", "touchpoint_type", "segment", "claimed_by", "assigned_to").only(*_LINE)


# What drawing.draw_row shows, and what the order of the queue goes by.
_LINE = (
    "firm", "due_on", "window_ends_on", "channel", "minutes", "status", "claimed_at", "client__name", "segment__rank", "segment__name_en",
    "segment__name_fr", "touchpoint_type__name_en", "touchpoint_type__name_fr", "claimed_by__name", "assigned_to__name",
)  # fmt: skip


def counts_context(request: FirmRequest, filters: Filters) -> dict[str, Any]:
    counts = count_sections(user=request.user, on=request.local_date, **filters.narrowed)
    tabs = [{"key": None, "label": _("All"), "count": sum(counts.values()), "url": filters.address(view=None)}]
    addresses = {
        "counts_url": filters.act_address("queue_counts"),
        "undo_url": filters.act_address("queue_undo"),
        "bulk_url": filters.act_address("queue_bulk"),
    }
    tabs += [{"key": key, "label": str(label), "count": counts[key], "url": filters.address(view=key)} for key, label in SECTIONS.items()]
    return {"counts": counts, "tabs": tabs, **addresses}


def panel_context(request: FirmRequest, filters: Filters, touchpoint: Touchpoint, row: Row | None = None, /, **forms_: forms.Form) -> dict[str, Any]:
    """The open touchpoint: whom to reach, what to do, the forms to say what was done. `row`: its line, where the list shows it."""
    today = request.local_date
    asked = ask_keep_or_change(touchpoint, reader=request.user)
    blocked = is_claimed_by_other(touchpoint, user=request.user)
    is_open = touchpoint.status in OPEN
    can_act = is_open and not blocked and request.user.may(Permission.WORK_QUEUE)
    people = [each for each in who_may_do(touchpoint, asks=request.user) if each.pk != touchpoint.assigned_to_id] if can_act else []
    letter = letter_for(touchpoint, on=today, firm=request.firm)
    known = context_of(touchpoint.client)
    (row,) = [row] if row is not None else _rows([touchpoint], request=request, filters=filters)
    return {
        "touchpoint": touchpoint,
        "why": why_here(row),
        "open_row": row,
        "known": known,
        "coming": coming_of(touchpoint),
        "hour": hour_of(touchpoint),
        "letter": letter,
        "mailto": letter.mailto(known.contact.email) if letter and known.contact and known.contact.email else "",
        "steps": [_step(step) for step in touchpoint.touchpoint_type.steps],
        "skip_reasons": [str(reason) for reason in SKIP_REASONS],
        "is_open": is_open,
        "is_mine": touchpoint.status == Status.CLAIMED and touchpoint.claimed_by_id == request.user.pk,
        "is_blocked": blocked,
        "claim_ends_at": touchpoint.claimed_at + CLAIM_HOLDS if touchpoint.claimed_at else None,
        "snoozes": snoozes_from(request, today, until=touchpoint.window_ends_on),
        "people": people,
        "urls": {
            name: filters.address(touchpoint, name=f"touchpoint_{name}")
            for name in ("complete", "snooze", "skip", "reassign", "claim", "release", "not_this")
        },
        "log_form": ReviewLogForm(touchpoint=touchpoint, by=request.user, asked=asked) if asked else LogForm(touchpoint=touchpoint, by=request.user),
        "asked": asked,
        "snooze_form": SnoozeForm(touchpoint=touchpoint),
        "skip_form": SkipForm(touchpoint=touchpoint),
        "reassign_form": ReassignForm(people=people),
        "back": filters.address(),
        "filters": filters,
        "today": today,
    } | forms_


def snoozes_from(request: FirmRequest, today: date, *, until: date | None = None) -> list[tuple[date, str]]:
    """Working days to come back on, each once, with what it is called; none after `until`."""
    found: dict[date, str] = {}
    for days, label in SNOOZE_DAYS:
        found.setdefault(working_day_from(request.firm, today + timedelta(days=days)), str(label))
    return [(day, label) for day, label in found.items() if until is None or day <= until]


def _step(step: dict[str, str]) -> dict[str, str]:
    performer = step.get("performer", "")
    return {
        "text": in_language(en=step["en"], fr=step["fr"]),
        "performer": str(Performer(performer).label) if performer in {Performer.ADVISER, Performer.ASSISTANT} else "",
    }


def show_page(
    request: FirmRequest, touchpoint: Touchpoint | None, template: str = "touchpoints/queue.html", extra: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The list with a touchpoint beside it; without one, the first of the list lies ready on a wide screen."""
    filters = Filters.of(request.GET)
    context = list_context(request, filters) | counts_context(request, filters) | {"is_chosen": touchpoint is not None}
    for section in context["sections"]:
        section.count = context["counts"][section.key]
    first = context["sections"][0].rows[0].touchpoint if context["sections"] else None
    # Of the list's rows only what a line shows was read.
    if (shown := touchpoint or (get_touchpoint(request, first.pk) if first else None)) is not None:
        listed = next((row for section in context["sections"] for row in section.rows if row.touchpoint.pk == shown.pk), None)
        context |= panel_context(request, filters, shown, listed)
    follow_ups = follow_ups_to_do(user=request.user, on=request.local_date)
    context |= {
        "advisers": books_offered(request.user),
        "follow_ups": follow_ups[:MOST_SHOWN],
        "more_follow_ups": len(follow_ups) > MOST_SHOWN,
        "bulk_snoozes": snoozes_from(request, request.local_date),
        "bulk_people": [(each.pk, each.name) for each in team_of(request.user)],
        "all_skip_reasons": [str(reason) for reason in SKIP_REASONS],
        "covers": _covers(request, filters),
        **undo_context(request),
    }
    return render(request, template, context | dict(extra or {}))


def _covers(request: FirmRequest, filters: Filters) -> list[tuple[Covered, bool, str]]:
    """Whom the reader covers; whether the list shows that colleague's work alone; the address that shows it, or everything again."""
    covers = standing_of(request.user).covers if request.user.may(Permission.WORK_QUEUE) else []
    return [(each, each.pk == filters.covered_id, filters.address(covers=None if each.pk == filters.covered_id else each.pk)) for each in covers]


def undo_context(request: FirmRequest) -> dict[str, Any]:
    """The last act, as long as it may be undone."""
    act = last_act(request.user) if request.user.may(Permission.WORK_QUEUE) else None
    return {"act": act, "undo_until": act.created_at + UNDO_WITHIN} if act else {}


def get_touchpoint(request: FirmRequest, touchpoint_id: int) -> Touchpoint:
    touchpoint = _touchpoint(ReaderKind.of(request.user)).row(**values_of(request.user), touchpoint=touchpoint_id)
    if touchpoint is None:
        raise Http404
    return touchpoint


@kept_statement
def _touchpoint(reader: ReaderKind) -> QuerySet[Touchpoint]:
    mine = touchpoints_visible_to(reader.stand_in()).filter(pk=given("touchpoint"))
    return with_hour(with_coming(with_related(mine))).select_related("closed_by", "interaction")


def show_again(request: FirmRequest, touchpoint: Touchpoint, *, refusal: str = "", faulty: Mapping[str, forms.Form] | None = None) -> HttpResponse:
    """The same touchpoint after something changed or was refused: its panel and its row. `faulty`: a form that was not accepted, by name."""
    forms_ = faulty or {}
    touchpoint = get_touchpoint(request, touchpoint.pk)
    filters = Filters.of(request.GET)
    if not request.htmx:
        if forms_:
            return show_page(request, touchpoint, extra=forms_)
        if refusal:
            messages.warning(request, refusal)
        return redirect(filters.address(touchpoint))
    context = panel_context(request, filters, touchpoint, **forms_) | counts_context(request, filters) | {"refusal": refusal}
    context |= {"row": context["open_row"], "gone": [touchpoint.pk] if touchpoint.status not in OPEN else [], "is_swapped": True}
    return render(request, "touchpoints/_answer.html", context | undo_context(request))


def move_on(request: FirmRequest, touchpoint: Touchpoint, following: Touchpoint | None, said: str) -> HttpResponse:
    """The next touchpoint of the list, and how to undo what was done with the last."""
    filters = Filters.of(request.GET)
    if not request.htmx:
        messages.success(request, said)
        return redirect(filters.address(following))
    context: dict[str, Any] = {"said": said, "gone": [touchpoint.pk], "is_swapped": True, "filters": filters, "back": filters.address()}
    context |= counts_context(request, filters) | undo_context(request)
    if following is not None:
        context |= panel_context(request, filters, following)
    response = render(request, "touchpoints/_answer.html", context)
    response["HX-Push-Url"] = filters.address(following)
    return response


def following_in_list(request: FirmRequest, touchpoint: Touchpoint) -> Touchpoint | None:
    """What comes after a touchpoint in the list its reader looks at; at the end of it, what is left from the top."""
    listed = _listed(request, Filters.of(request.GET)).exclude(pk=touchpoint.pk).values_list("pk", flat=True)
    place = PlaceInQueue.of(touchpoint, on=request.local_date)
    found = listed.filter(place.beyond()).first() or listed.first()
    return get_touchpoint(request, found) if found else None


def show_list_again(request: FirmRequest, touchpoint: Touchpoint | None, **said: Any) -> HttpResponse:
    """The whole list as it is now, in place of the one shown: after many of its rows changed."""
    filters = Filters.of(request.GET)
    response = show_page(request, touchpoint, "touchpoints/_queue.html", {"is_swapped": touchpoint is not None} | said)
    response["HX-Push-Url"] = filters.address(touchpoint)
    response["HX-Retarget"] = "#queue"
    response["HX-Reswap"] = "outerHTML"
    return response


def names_of(touchpoint: Touchpoint) -> Mapping[str, str]:
    return {"touchpoint": touchpoint.touchpoint_type.name, "client": touchpoint.client.name}
