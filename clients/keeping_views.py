"""Why a client is kept: the deal-breaker flag, the answer it asks for, and the list of those flagged."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients import keeping
from clients.models import Keeping
from clients.pages import add_errors, client_of
from clients.paging import Sort, client_page
from clients.queries import book_adviser_ids, visible_to
from clients.record_forms import DealBreakerForm, ReasonForm, named
from clients.searching import matching
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission

SUGGESTIONS = 8


@firm_view(Permission.VIEW_CLIENTS)
def deal_breaker_list(request: FirmRequest) -> HttpResponse:
    """Those flagged, with what is said of them and why they are kept."""
    clients = keeping.deal_breakers(visible_to(request.user).filter(archived_at=None))
    if unanswered := request.GET.get("answer") == "none":
        clients = keeping.unanswered(clients)
    whole = ("adviser", "keeping__related_client", "keeping__by")
    read = client_page(clients, sort=Sort(), address=request.GET, read=lambda shown: shown.defer(None).select_related(*whole))
    book = book_adviser_ids(request.user)
    related = {client.pk: client.keeping.related_client for client in read.rows}
    shown = {pk: other for pk, other in related.items() if other and (book is None or other.adviser_id in book)}
    rows = [(client, shown.get(client.pk)) for client in read.rows]
    return render(request, "clients/deal_breakers.html", {"page": read, "rows": rows, "unanswered": unanswered})


@firm_view(Permission.EDIT_CLIENTS)
def deal_breaker_flag(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    said = keeping.keeping_of(client)
    form = DealBreakerForm(request.POST or None, initial={"note": said.deal_breaker_note if said else ""})
    if request.method == "POST" and form.is_valid():
        kept = keeping.flag_deal_breaker(client=client, by=request.user, note=form.cleaned_data["note"])
        if kept.reason:
            messages.success(request, _("%(name)s is flagged.") % {"name": client})
            return redirect("client_detail", pk)
        messages.success(request, _("%(name)s is flagged. Say now why this client is kept.") % {"name": client})
        return redirect("reason_edit", pk)
    return render(request, "clients/deal_breaker_form.html", {"form": form, "client": client, "keeping": said})


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def deal_breaker_lift(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    if keeping.lift_deal_breaker(client=client, by=request.user):
        messages.success(request, _("%(name)s is no longer flagged.") % {"name": client})
    return redirect("client_detail", pk)


@firm_view(Permission.EDIT_CLIENTS)
def reason_edit(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    said = keeping.keeping_of(client)
    form = ReasonForm(request.POST or None, user=request.user, instance=said or Keeping())
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            keeping.record_reason(
                client=client, by=request.user, reason=values["reason"], note=values["reason_note"], related_client=values["related_client"]
            )
        except ValidationError as error:
            add_errors(error, form)
        else:
            messages.success(request, _("The reason for keeping %(name)s is recorded.") % {"name": client})
            return redirect("client_detail", pk)
    return render(request, "clients/reason_form.html", {"form": form, "client": client, "keeping": said})


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def reason_withdraw(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    if keeping.withdraw_reason(client=client, by=request.user):
        messages.success(request, _("The reason for keeping %(name)s is withdrawn.") % {"name": client})
    return redirect("client_detail", pk)


@firm_view(Permission.VIEW_CLIENTS)
def client_options(request: FirmRequest) -> HttpResponse:
    """Clients whose name answers what is typed in a field, as options of its list."""
    text = request.GET.get(request.GET.get("field", ""), "").strip()
    clients = matching(visible_to(request.user).filter(archived_at=None), text, by=request.user).order_by("sort_name", "pk")
    found = clients[:SUGGESTIONS] if text else []
    return render(request, "clients/_options.html", {"options": [(named(client), client.city) for client in found]})
