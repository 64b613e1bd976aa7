"""What the client's page and the client list show of this room: "when do I next hear from you?", and the year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet
from django.template.loader import render_to_string

from advisory_crm.template_tags import fill_html
from clients.models import Client
from firms import formats
from firms.guard import FirmRequest
from firms.models import User
from firms.permissions import Permission
from firms.statements import given, kept_statement
from touchpoints.hours import with_hour
from touchpoints.models import OPEN, Status, Touchpoint
from touchpoints.queries import for_lists


def next_touchpoints(firm_id: int, clients: Sequence[Client]) -> dict[int, Touchpoint]:
    """The next open touchpoint of each client, in one statement."""
    found = _next().rows(firm=firm_id, clients=[client.pk for client in clients])
    return {touchpoint.client_id: touchpoint for touchpoint in found}


def _next_open() -> QuerySet[Touchpoint]:
    found = Touchpoint.objects.filter(firm_id=given("firm"), client__in=given("clients"), status__in=OPEN)
    return found.order_by("client_id", "due_on", "pk").distinct("client_id")


@kept_statement
def _next() -> QuerySet[Touchpoint]:
    found = _next_open().select_related("touchpoint_type")
    return found.only("client", "due_on", "channel", "touchpoint_type__name_en", "touchpoint_type__name_fr")


def _told_next(firm_id: int, clients: Sequence[Client]) -> dict[int, tuple[date, str]]:
    """The day and the name of each client's next touchpoint, as lists tell them."""
    rows = _next_told(formats.in_language(en="name_en", fr="name_fr")).rows(firm=firm_id, clients=[client.pk for client in clients])
    return {client_id: (due_on, name) for client_id, due_on, name in rows}


@kept_statement
def _next_told(name: str) -> QuerySet[Touchpoint, tuple[int, date, str]]:
    return _next_open().values_list("client_id", "due_on", f"touchpoint_type__{name}")


def next_cells(request: FirmRequest, clients: Sequence[Client]) -> Mapping[int, str]:
    pattern, locale = '<span class="nowrap">{}</span> <span class="muted">{}</span>', formats.babel_locale(request.firm.region)
    told = _told_next(request.user.firm_id, clients)
    days = {due_on: formats.day(due_on, locale=locale) for due_on, _name in told.values()}
    return {client_id: fill_html(pattern, days[due_on], name) for client_id, (due_on, name) in told.items()}


def next_texts(user: User, clients: Sequence[Client]) -> Mapping[int, str]:
    return {client_id: f"{due_on.isoformat()} {name}" for client_id, (due_on, name) in _told_next(user.firm_id, clients).items()}


def render_next(request: FirmRequest, client: Client) -> str:
    """The next touchpoint beside the client's name."""
    touchpoint = next_touchpoints(request.user.firm_id, [client]).get(client.pk)
    may_open = request.user.may(Permission.VIEW_QUEUE)
    context = {"touchpoint": touchpoint, "firm": request.firm, "today": request.local_date, "may_open": may_open}
    return render_to_string("touchpoints/_next.html", context) if touchpoint else ""


@dataclass
class TypeCounts:
    """One promise of the year and what became of it."""

    name: str
    channel: str
    promised: int = 0
    done: int = 0
    skipped: int = 0
    missed: int = 0
    to_come: int = 0


@dataclass
class ServiceYear:
    year: int
    years: list[int]
    next: Touchpoint | None = None
    touchpoints: list[Touchpoint] = field(default_factory=list)
    types: list[TypeCounts] = field(default_factory=list)


def service_year(*, client: Client, year: int) -> ServiceYear | None:
    """A client's year: what was planned, done, skipped and missed, without what is promised no longer. None when nothing ever was.

    The next touchpoint is the client's next of all, whatever the year shown.
    """
    mine = Touchpoint.objects.filter(firm_id=client.firm_id, client=client).exclude(status=Status.CANCELLED)
    years = list(mine.order_by("service_year").values_list("service_year", flat=True).distinct())
    if not years:
        return None
    shown = ServiceYear(year, years)
    shown.next = with_hour(for_lists(mine)).filter(status__in=OPEN).order_by("due_on", "pk").first()
    shown.touchpoints = list(with_hour(for_lists(mine)).filter(service_year=year).select_related("closed_by", "interaction").order_by("due_on", "pk"))
    counts: dict[int, TypeCounts] = {}
    for touchpoint in shown.touchpoints:
        kind = touchpoint.touchpoint_type
        count = counts.setdefault(kind.pk, TypeCounts(kind.name, touchpoint.channel))
        count.promised += 1
        name = touchpoint.status if touchpoint.status in {"done", "skipped", "missed"} else "to_come"
        setattr(count, name, getattr(count, name) + 1)
    shown.types = [counts[key] for key in sorted(counts)]
    return shown


def render_year(request: FirmRequest, client: Client) -> str:
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and len(asked) == 4 else request.local_date.year
    shown = service_year(client=client, year=year)
    context = {"year": shown, "client": client, "firm": request.firm, "today": request.local_date}
    return render_to_string("touchpoints/_service_year.html", context, request) if shown else ""
