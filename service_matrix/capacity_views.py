"""The capacity page: a year of promises against the hours there are, today and in a scenario."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from advisory_crm import charts
from firms import formats
from firms.calendar import local_time
from firms.guard import FirmRequest, firm_view
from firms.models import Firm
from firms.permissions import Permission
from segmentation.models import Segment
from service_matrix.blending import blend_book, blend_promises
from service_matrix.books import read_books
from service_matrix.capacity import Basis, Capacity, RoleCapacity, Scenario, available_by_role, scenario_matrix, work_out_capacity, year_ahead
from service_matrix.capacity_forms import ScenarioForm, StrategyForm
from service_matrix.load import Matrix
from service_matrix.models import MatrixVersion, Performer, SegmentStrategy
from service_matrix.money import Book, fill_in_revenues, rates_of, read_serving
from service_matrix.queries import promises_of, read_current_versions, segments_with_strategies
from service_matrix.staffing import StaffEffect, read_clients_led, staff_effects
from service_matrix.strategies import InvalidStrategy, StrategyDraft, set_strategy

DRAFT, PUBLISHED = MatrixVersion.Status.DRAFT, MatrixVersion.Status.PUBLISHED


@firm_view(Permission.VIEW_CAPACITY)
@require_safe
def capacity(request: FirmRequest) -> HttpResponse:
    versions = read_current_versions(request.user)
    shown = versions.get(request.GET.get("version", PUBLISHED)) or versions.get(PUBLISHED) or versions.get(DRAFT)
    if shown is None:
        return render(request, "service_matrix/capacity_empty.html")
    firm = request.user.firm
    segments = segments_with_strategies(firm_id=firm.pk, scheme_id=shown.scheme_id)
    stated = {each.pk: strategy.expected_revenue if (strategy := getattr(each, "strategy", None)) else None for each in segments}
    promises = promises_of(shown)
    today_is = local_time(firm).date()
    calendar = year_ahead(firm, today_is)
    working = read_serving(firm, away=calendar)
    owed, book = blend_book(shown, promises, on=today_is)
    types = sorted({promise.touchpoint_type for promise in promises}, key=lambda each: each.pk)
    minutes = {kind.pk: {each.minutes for each in promises if each.touchpoint_type_id == kind.pk} for kind in types}
    about: dict[str, Any] = {
        "segments": segments,
        "types": types,
        "counts": book.clients,
        "working": working,
        "calendar": calendar,
        "minutes": minutes,
    }
    form = ScenarioForm(request.GET or None, **about)
    basis = Basis(
        segments=segments,
        matrix=Matrix(owed, shown.reactive_minutes, rates_of(firm, working), fill_in_revenues(stated, book)),
        working=working,
        available=available_by_role(working, calendar=calendar, absences=working.absences),
        calendar=calendar,
    )
    scenario = form.scenario()
    result = work_out_capacity(basis=basis, scenario=scenario)
    # A draft is a scenario by itself: today is what is published.
    published = versions.get(PUBLISHED) if shown.status == DRAFT else None
    today = _as_published(basis, published, book, today_is) if published is not None else basis
    is_scenario = form.is_changed or published is not None
    before = work_out_capacity(basis=today, scenario=ScenarioForm(**about).scenario()) if is_scenario else None
    former = before.roles if before else [None] * len(result.roles)
    context = {
        "result": result,
        "before": before,
        "lines": [(Performer(each.role).label, each, now, _drawing(each, result, firm)) for each, now in zip(result.roles, former, strict=True)],
        "staff": _staff(basis, scenario, shown) if scenario.staff else [],
        "form": form,
        "shown": shown,
        "is_draft": shown.status == DRAFT,
        "versions": versions,
        "nobody": not working.people,
    }
    return render(request, "service_matrix/_capacity.html" if request.htmx else "service_matrix/capacity.html", context)


def _as_published(basis: Basis, published: MatrixVersion, book: Book, on: date) -> Basis:
    """The same people and the same book, under the published matrix."""
    promises = blend_promises(published, promises_of(published), on=on, book=book)
    return replace(basis, matrix=replace(basis.matrix, promises=promises, reactive_minutes=published.reactive_minutes))


def _staff(basis: Basis, scenario: Scenario, version: MatrixVersion) -> list[StaffEffect]:
    return staff_effects(
        basis=basis,
        matrix=scenario_matrix(basis, scenario),
        changes=scenario.staff,
        led=read_clients_led(firm_id=version.firm_id, scheme_id=version.scheme_id),
        books=read_books(version.firm),
    )


def _drawing(role: RoleCapacity, result: Capacity, firm: Firm) -> SafeString:
    """Where the hours of a role go, segment by segment, and what is left."""
    locale = formats.babel_locale(firm.region)

    def part(label: str, hours: Decimal, fill: str | int) -> charts.Part:
        return charts.Part(label, hours, f"{formats.number(hours.quantize(Decimal(1)), locale=locale)} h", fill)

    parts = [part(each.segment.name, each.hours[role.role], min(each.segment.rank, 6)) for each in result.segments]
    if role.free > 0:
        parts.append(part(_("Free"), role.free, "neutral"))
    return charts.stacked_bar(title=_("Hours of the year ahead: %(role)s") % {"role": str(Performer(role.role).label).lower()}, parts=parts)


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def strategy_edit(request: FirmRequest, segment_pk: int) -> HttpResponse:
    segment = get_object_or_404(Segment, firm_id=request.user.firm_id, pk=segment_pk)
    strategy = SegmentStrategy.objects.filter(firm_id=request.user.firm_id, segment=segment).first() or SegmentStrategy(segment=segment)
    form = StrategyForm(request.POST or None, instance=strategy)
    if request.method == "POST" and form.is_valid():
        try:
            set_strategy(segment=segment, draft=StrategyDraft(**form.cleaned_data), by=request.user)
        except InvalidStrategy as refusal:
            for field, error in refusal.errors.items():
                form.add_error(field, error)
        else:
            messages.success(request, _("The strategy of %(segment)s is saved.") % {"segment": segment.name})
            return redirect("economics")
    return render(request, "service_matrix/strategy_edit.html", {"form": form, "segment": segment})
