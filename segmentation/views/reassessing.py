"""The annual review of clients: one by one, and those whom nobody has looked at for twelve months."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.paging import Sort, client_page
from clients.queries import advisers_of, visible_to
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from firms.row_numbers import read_row_numbers
from segmentation.drift import ReasonMissing
from segmentation.history import history_of
from segmentation.inbox import describe_drifts
from segmentation.locking import firm_today
from segmentation.models import Assignment, Drift, Placement, Scheme, SchemeVersion
from segmentation.overriding import ExpiryRefused, NotPlaced
from segmentation.overriding import ReasonMissing as OverrideReasonMissing
from segmentation.queries import schemes_of
from segmentation.reassessing import (
    NothingToChange,
    due_for_reassessment,
    keep_as_is,
    progress_by_adviser,
    reassess_client,
    with_what_is_known,
)
from segmentation.review_forms import ReassessForm
from segmentation.views.shared import number_in


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def client_reassess(request: FirmRequest, client_pk: int, scheme_pk: int) -> HttpResponse:
    """Keep or change? With what speaks for each beside the question."""
    client = get_object_or_404(visible_to(request.user).select_related("adviser"), pk=client_pk)
    scheme = get_object_or_404(schemes_of(request.user), pk=scheme_pk)
    placement = Placement.objects.filter(firm_id=scheme.firm_id, client=client, scheme=scheme).select_related("segment").first()
    current = Assignment.objects.filter(firm_id=scheme.firm_id, client=client, scheme=scheme, ends_on=None).select_related("segment", "by").first()
    if placement is None or current is None:
        raise Http404
    differs = placement.segment_id != current.segment_id
    form = ReassessForm(
        request.POST or None,
        segments=scheme.segments.filter(firm_id=scheme.firm_id).order_by("rank"),
        current=current.segment,
        computed=placement.segment,
        today=firm_today(scheme.firm_id),
    )
    back = _back(request) or reverse("client_detail", args=[client.pk])
    if request.method == "POST" and form.is_valid():
        try:
            done = reassess_client(client=client, scheme=scheme, by=request.user, **form.decision())
        except (ReasonMissing, OverrideReasonMissing):
            form.add_error("note", _("Say why."))
        except ExpiryRefused:
            form.add_error("expires_on", _("Choose a day after today, within two years."))
        except NothingToChange:
            form.add_error("outcome", _("The client is in its computed segment already."))
        except NotPlaced:
            form.add_error(None, _("This client is not placed by this scheme."))
        else:
            said = _("%(client)s is reassessed: %(segment)s. The next review is in a year.")
            messages.success(request, said % {"client": client, "segment": done.segment.name})
            return redirect(back)
    drifts = Drift.objects.filter(firm_id=scheme.firm_id, client=client, scheme=scheme).select_related(
        "client__adviser", "scheme", "assigned", "computed"
    )
    context: dict[str, Any] = {
        "client": client,
        "scheme": scheme,
        "current": current,
        "placement": placement,
        "differs": differs,
        "form": form,
        "drift": next(iter(describe_drifts(list(drifts), firm=request.firm)), None),
        "history": next((found for found in history_of(client) if found.scheme == scheme), None),
        "back": back,
    }
    return render(request, "segmentation/reassess.html", context)


def _back(request: FirmRequest) -> str:
    """Where the reader came from, if it is of this product."""
    wanted = request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def _scheme(request: FirmRequest) -> Scheme | None:
    """The scheme asked for among the published ones, else the service scheme."""
    schemes = list(schemes_of(request.user).filter(versions__status=SchemeVersion.Status.PUBLISHED))
    wanted = number_in(request.GET, "scheme")
    return next((scheme for scheme in schemes if scheme.pk == wanted), None) or next(iter(schemes), None)


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def reassessment_list(request: FirmRequest) -> HttpResponse:
    """Who waits, how far each adviser is; those who do not drift can be kept as they are at once."""
    scheme, adviser = _scheme(request), number_in(request.GET, "adviser")
    context: dict[str, Any] = {"scheme": scheme, "adviser": adviser, "today": request.local_date}
    if scheme is not None:
        waiting = due_for_reassessment(request.user, scheme=scheme, today=request.local_date)
        if adviser:
            waiting = waiting.filter(adviser_id=adviser)
        page = client_page(waiting, sort=Sort(), address=request.GET, read=lambda clients: with_what_is_known(clients.defer(None), scheme=scheme))
        context |= {
            "page": page,
            "progress": progress_by_adviser(request.user, scheme=scheme, today=request.local_date),
            "schemes": list(schemes_of(request.user).filter(versions__status=SchemeVersion.Status.PUBLISHED)),
            "advisers": list(advisers_of(request.user)),
            "address": request.GET.urlencode(),
        }
    return render(request, "segmentation/reassessment_list.html", context)


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_POST
def reassessment_keep(request: FirmRequest) -> HttpResponse:
    scheme = _scheme(request)
    chosen = read_row_numbers(request.POST.getlist("client"))
    address = reverse("reassessment_list") + (f"?{request.GET.urlencode()}" if request.GET else "")
    if scheme is None or not chosen:
        messages.warning(request, _("Choose at least one client."))
        return redirect(address)
    kept = keep_as_is(clients=chosen, scheme=scheme, by=request.user)
    text = ngettext("%(number)d client is reassessed and stays.", "%(number)d clients are reassessed and stay.", kept.done) % {"number": kept.done}
    messages.success(request, text)
    if kept.passed:
        text = ngettext("%(number)d was left: it is to be looked at.", "%(number)d were left: they are to be looked at.", kept.passed)
        messages.info(request, text % {"number": kept.passed})
    query = {name: value for name in ("scheme", "adviser") if (value := request.GET.get(name))}
    return redirect(reverse("reassessment_list") + (f"?{urlencode(query)}" if query else ""))
