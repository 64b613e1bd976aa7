"""A scheme over time: how many clients in each segment month by month, and who was in which on a day."""

import csv
import io
from datetime import date

from babel.numbers import get_decimal_symbol
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from advisory_crm import charts
from clients.exporting import harmless
from clients.paging import PAGE_SIZE
from firms.formats import babel_locale
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.history import counts_over_time, members_on, month_starts
from segmentation.models import Scheme, Segment
from segmentation.queries import schemes_of
from segmentation.views.shared import number_in, segments_of


def _asked(request: FirmRequest, scheme: Scheme) -> tuple[date, list[Segment], Segment | None]:
    """The day and the segment in the address; today and every segment otherwise. Days to come are today."""
    try:
        on = min(date.fromisoformat(request.GET.get("on", "")), request.local_date)
    except ValueError:
        on = request.local_date
    segments, wanted = segments_of(scheme), number_in(request.GET, "segment")
    return on, segments, next((segment for segment in segments if segment.pk == wanted), None)


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_history(request: FirmRequest, pk: int) -> HttpResponse:
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    on, segments, segment = _asked(request, scheme)
    days = month_starts(request.local_date)
    counts = counts_over_time(request.user, scheme=scheme, days=days)
    layers = [
        charts.Layer(each.name, counts.get(each.pk, [0] * len(days)), min(each.rank, 6))
        for each in reversed(segments)
        if each.pk in counts or any(counts.values())
    ]
    locale = babel_locale(request.firm.region)
    members = members_on(request.user, scheme=scheme, on=on, segment_id=segment.pk if segment else None)
    after_name, _sign, after_pk = request.GET.get("after", "").rpartition("_")
    if after_pk.isdecimal() and "\0" not in after_name:
        members = members.filter(client__sort_name__gte=after_name).exclude(client__sort_name=after_name, client_id__lte=int(after_pk[:18]))
    rows, more = list(members[: PAGE_SIZE + 1]), ""
    if len(rows) > PAGE_SIZE:
        rows.pop()
        query = request.GET.copy()
        query["after"] = f"{rows[-1].client.sort_name}_{rows[-1].client_id}"
        more = f"?{query.urlencode()}"
    address = request.GET.copy()
    address.pop("after", None)
    context = {
        "scheme": scheme,
        "segments": segments,
        "segment": segment,
        "on": on,
        "today": request.local_date,
        "rows": rows,
        "more": more,
        "address": address.urlencode(),
        "chart": charts.stacked_area(title=_("Clients in each segment"), days=days, layers=layers, locale=locale) if counts else "",
    }
    return render(request, "segmentation/scheme_history.html", context)


@firm_view(Permission.EXPORT_CLIENTS)
@require_safe
def scheme_history_export(request: FirmRequest, pk: int) -> FileResponse:
    """Who was in the scheme, or in one segment, on a day: every page of it, for a spreadsheet."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    on, _segments, segment = _asked(request, scheme)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if get_decimal_symbol(babel_locale(request.firm.region)) == "," else ",")
    writer.writerow([_("Client"), _("Adviser"), _("Segment"), _("Since"), _("Until"), _("Source"), _("Reason"), _("By")])
    for row in members_on(request.user, scheme=scheme, on=on, segment_id=segment.pk if segment else None).iterator(chunk_size=2000):
        writer.writerow(
            [
                harmless(row.client.name),
                harmless(row.client.adviser.name),
                harmless(row.segment.name),
                row.starts_on.isoformat(),
                row.ends_on.isoformat() if row.ends_on else "",
                row.get_source_display(),
                harmless(row.reason),
                harmless(row.by.name) if row.by else "",
            ]
        )
    file = io.BytesIO(text.getvalue().encode("utf-8-sig"))
    return FileResponse(file, as_attachment=True, filename=f"{_('segments')}-{on.isoformat()}.csv", content_type="text/csv; charset=utf-8")
