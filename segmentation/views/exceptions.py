"""Clients placed by decision: why, until when, and what it costs."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from clients.queries import advisers_of
from firms.guard import FirmRequest, firm_view
from firms.paging import DayPlace
from firms.permissions import Permission
from segmentation.exceptions import cost_of_overrides, describe_overrides, overrides_in_force
from segmentation.queries import schemes_of
from segmentation.views.shared import number_in

ROWS_A_PAGE = 50


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def override_list(request: FirmRequest) -> HttpResponse:
    chosen = {"scheme": number_in(request.GET, "scheme"), "adviser": number_in(request.GET, "adviser")}
    overrides = overrides_in_force(request.user)
    if chosen["scheme"]:
        overrides = overrides.filter(scheme_id=chosen["scheme"])
    if chosen["adviser"]:
        overrides = overrides.filter(client__adviser_id=chosen["adviser"])
    page = overrides.select_related("client__adviser", "scheme", "segment", "by")
    if (place := DayPlace.parse(request.GET.get("after", ""))) is not None:
        page = page.filter(place.beyond("expires_on"))
    rows, more = list(page[: ROWS_A_PAGE + 1]), ""
    if len(rows) > ROWS_A_PAGE:
        rows.pop()
        last = rows[-1]
        values: dict[str, int | str] = {key: value for key, value in chosen.items() if value}
        if last.expires_on is not None:
            more = f"{reverse('override_list')}?{urlencode({**values, 'after': str(DayPlace(last.expires_on, last.pk))})}"
    context = {
        "rows": describe_overrides(rows, user=request.user, today=request.local_date),
        "cost": cost_of_overrides(overrides, firm_id=request.user.firm_id),
        "more": more,
        "chosen": chosen,
        "schemes": list(schemes_of(request.user)),
        "advisers": list(advisers_of(request.user)),
    }
    return render(request, "segmentation/override_list.html", context)
