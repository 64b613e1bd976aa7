"""Two schemes crossed, as a table that leads to the clients of each cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.crossing import Tally, cross_schemes, published_schemes
from segmentation.forms import CrossForm
from segmentation.models import Scheme, Segment
from segmentation.segment_filter import NAME, in_segment

# Cells are shaded in this many steps; the fullest has the last.
SHADES = 4


@dataclass(frozen=True, kw_only=True)
class Cell:
    tally: Tally
    # Of all the clients in the table, between 0 and 1.
    share: Decimal
    # 0 to SHADES; totals have none.
    shade: int | None
    # The client list with the same clients; empty where there are none.
    address: str


@dataclass(frozen=True, kw_only=True)
class Line:
    # None for whoever the scheme of the rows does not place.
    segment: Segment | None
    cells: list[Cell]
    total: Cell


@dataclass(frozen=True, kw_only=True)
class Crossing:
    rows: Scheme
    columns: Scheme
    # The segments across; None for whoever that scheme does not place.
    across: list[Segment | None]
    lines: list[Line]
    totals: list[Cell]
    total: Tally


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_cross(request: FirmRequest) -> HttpResponse:
    schemes = list(published_schemes(request.user))
    form = CrossForm(request.GET, schemes=schemes)
    context: dict[str, Any] = {"form": form, "can_cross": len(schemes) > 1}
    if len(schemes) > 1 and form.is_valid():
        by_id = {scheme.pk: scheme for scheme in schemes}
        context["crossing"] = _cross(request, by_id[form.cleaned_data["rows"]], by_id[form.cleaned_data["columns"]])
    return render(request, "segmentation/scheme_cross.html", context)


def _cross(request: FirmRequest, rows: Scheme, columns: Scheme) -> Crossing:
    tallies = cross_schemes(rows=rows, columns=columns, user=request.user)
    segments = Segment.objects.filter(firm_id=request.user.firm_id, scheme__in=[rows, columns]).order_by("rank")
    of_scheme = {pk: [segment for segment in segments if segment.scheme_id == pk] for pk in (rows.pk, columns.pk)}
    down = _named(of_scheme[rows.pk], {row for row, _column in tallies})
    across = _named(of_scheme[columns.pk], {column for _row, column in tallies})
    total = sum(tallies.values(), Tally())
    fullest = max((tally.clients for tally in tallies.values()), default=0)

    def cell(tally: Tally, *asked: str, is_total: bool = False) -> Cell:
        address = f"{reverse('client_list')}?{urlencode([(NAME, value) for value in asked])}"
        shade = None if is_total else -(-SHADES * tally.clients // (fullest or 1))
        share = Decimal(tally.clients) / (total.clients or 1)
        return Cell(tally=tally, share=share, shade=shade, address=address if tally.clients else "")

    def summed(place: int, segment_id: int | None) -> Tally:
        return sum((tally for pair, tally in tallies.items() if pair[place] == segment_id), Tally())

    lines = []
    for row in down:
        in_row = in_segment(rows.pk, _key(row))
        cells = [cell(tallies.get((_key(row), _key(column)), Tally()), in_row, in_segment(columns.pk, _key(column))) for column in across]
        lines.append(Line(segment=row, cells=cells, total=cell(summed(0, _key(row)), in_row, is_total=True)))
    totals = [cell(summed(1, _key(column)), in_segment(columns.pk, _key(column)), is_total=True) for column in across]
    return Crossing(rows=rows, columns=columns, across=across, lines=lines, totals=totals, total=total)


def _named(segments: Sequence[Segment], found: set[int | None]) -> list[Segment | None]:
    """The segments by rank, and a place for those in none where there are any."""
    return [*segments, *([None] if None in found else [])]


def _key(segment: Segment | None) -> int | None:
    return None if segment is None else segment.pk
