"""Capacity as planned: people by month, weeks over-committed; and what each segment cost and brought."""

from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from advisory_crm import charts
from clients.paging import address_with
from firms import formats
from firms.calendar import local_time
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from service_matrix.models import MatrixVersion
from service_matrix.money import ROLES
from service_matrix.queries import versions_of
from touchpoints.economics import Place, list_served, read_economics
from touchpoints.workload import Span, monthly_workload, over_committed_weeks, read_year, segment_months, start_of_part

PEOPLE_SHOWN = 25
WEEKS_SHOWN = 50


@firm_view(Permission.VIEW_CAPACITY)
@require_safe
def capacity_people(request: FirmRequest) -> HttpResponse:
    firm = request.user.firm
    today = local_time(firm).date()
    year = read_year(firm=firm, today=today)
    workload = monthly_workload(firm=firm, today=today, year=year)
    locale = formats.babel_locale(firm.region)
    # The fullest first; people without hours of their own stand where they would be if any work falls to them.
    people = sorted(workload.people, key=lambda load: (-(load.utilisation if load.utilisation is not None else load.committed), load.person.user_id))
    start = start_of_part(_start(request), total=len(people), most=PEOPLE_SHOWN)
    shown = people[start : start + PEOPLE_SHOWN]
    _months, by_segment = segment_months(firm=firm, today=today, year=year)
    labels = [format_date(first, "LLL yy" if first.month == 1 else "LLL", locale=locale) for first in workload.spans]
    context = {
        "months": labels,
        "segments": by_segment,
        "roles": [(role, spans) for role in ROLES if (spans := workload.of_role(role))],
        "nobodys_months": workload.nobodys,
        "month_totals": [sum((each.hours[place] for each in by_segment), Decimal(0)) for place in range(len(labels))],
        "people": shown,
        **_parts(request, start=start, total=len(people), most=PEOPLE_SHOWN),
        "nobodys": sum(workload.nobodys, Decimal(0)),
        "chart": charts.heat_grid(
            title=_("Share of each person’s hours that is committed, by month"),
            columns=labels,
            rows=[charts.HeatRow(load.person.name, [_cell(span, locale) for span in load.spans]) for load in shown],
            heading=_("Name"),
        )
        if shown
        else "",
    }
    return render(request, "touchpoints/capacity_people.html", context)


def _cell(span: Span, locale: Locale) -> charts.Part | None:
    """One month of a person; work without any hours to do it in is over-committed too."""
    if span.utilisation is None:
        return charts.Part("", 0, "!", "bad") if span.committed else None
    share = span.utilisation
    level: int | str = "bad" if span.is_over else 0 if not share else 1 if share < Decimal("0.5") else 2 if share < Decimal("0.8") else 3
    return charts.Part("", share, formats.percent(share, locale=locale), level)


@firm_view(Permission.VIEW_CAPACITY)
@require_safe
def capacity_weeks(request: FirmRequest) -> HttpResponse:
    firm = request.user.firm
    over = over_committed_weeks(firm=firm, today=local_time(firm).date(), start=_start(request), most=WEEKS_SHOWN)
    context = {"weeks": over.weeks, **_parts(request, start=over.start, total=over.total, most=WEEKS_SHOWN)}
    return render(request, "touchpoints/capacity_weeks.html", context)


def _start(request: FirmRequest) -> int:
    """Where the part of a list begins that the address asks for."""
    text = request.GET.get("from", "")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _parts(request: FirmRequest, *, start: int, total: int, most: int) -> dict[str, Any]:
    """Which part of a list is shown, and the addresses of those beside it."""
    return {
        "total": total,
        "first": start + 1,
        "last": min(start + most, total),
        "previous_url": address_with(request.GET, **{"from": str(start - most) if start > most else ""}) if start else "",
        "next_url": address_with(request.GET, **{"from": str(start + most)}) if start + most < total else "",
    }


def _version(request: FirmRequest) -> MatrixVersion | None:
    versions = versions_of(request.user).filter(scheme__is_service=True, status=MatrixVersion.Status.PUBLISHED)
    return versions.select_related("scheme").first()


def _versions_in_force(request: FirmRequest) -> tuple[MatrixVersion | None, list[MatrixVersion]]:
    """The published version, and those before it."""
    in_force = (MatrixVersion.Status.PUBLISHED, MatrixVersion.Status.RETIRED)
    versions = list(versions_of(request.user).filter(scheme__is_service=True, status__in=in_force).select_related("scheme"))
    published = next((each for each in versions if each.status == MatrixVersion.Status.PUBLISHED), None)
    return published, [each for each in versions if each is not published]


@firm_view(Permission.VIEW_CAPACITY)
@require_safe
def economics(request: FirmRequest) -> HttpResponse:
    version, former = _versions_in_force(request)
    if version is None:
        return render(request, "service_matrix/capacity_empty.html")
    firm = request.user.firm
    lines = read_economics(firm=firm, version=version, today=local_time(firm).date(), former=former)
    context = {"lines": lines, "version": version, "is_cost_unknown": any(line.each.cost is None for line in lines)}
    return render(request, "touchpoints/economics.html", context)


@firm_view(Permission.VIEW_CAPACITY)
@require_safe
def economics_served(request: FirmRequest, over: bool) -> HttpResponse:
    """Clients who received more than was promised, or less."""
    version = _version(request)
    if version is None:
        return render(request, "service_matrix/capacity_empty.html")
    today = local_time(request.user.firm).date()
    page = list_served(user=request.user, version=version, today=today, over=over, after=Place.parse(request.GET.get("after", "")))
    next_url = address_with(request.GET, after=str(page.following)) if page.following else ""
    return render(request, "touchpoints/economics_served.html", {"page": page, "next_url": next_url, "which": "over" if over else "under"})
