"""The tabs of a client's wealth and referrals, and what is written there."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients import amounts, referrals
from clients.attributes import PRODUCTS, attribute, catalogue_of
from clients.models import Amount, Referral
from clients.overview import counted_value
from clients.pages import add_errors, client_of, show_tab
from clients.queries import book_adviser_ids, visible_to
from clients.record_forms import AmountForm, ReferralForm
from clients.wealth import amounts_of, figures_of, period_of
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from firms.row_versions import RowChanged, version_of

# Rows of a tab; the search of the page is the browser's.
SHOWN = 100


@firm_view(Permission.VIEW_CLIENTS)
def client_wealth(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    found = amounts_of(client)
    products = catalogue_of(client.firm_id)[PRODUCTS]
    held = products.value_of(client, None)
    return show_tab(
        request, client, "wealth", figures=figures_of(client, found, firm=request.firm, on=request.local_date),
        amounts=[(amount, period_of(amount, request.firm)) for amount in found[:SHOWN]], more=len(found) > SHOWN,
        products=[products.label_of(value) for value in held] if isinstance(held, tuple) else [],
    )  # fmt: skip


def _amount(request: FirmRequest, pk: int) -> Amount:
    found = Amount.objects.filter(firm_id=request.user.firm_id, client__in=visible_to(request.user))
    return get_object_or_404(found.select_related("client"), pk=pk)


@firm_view(Permission.EDIT_CLIENTS)
def amount_create(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    form = AmountForm(request.POST or None, initial={"ends_on": request.local_date})
    if request.method == "POST" and form.is_valid():
        try:
            amounts.record_amount(client=client, by=request.user, draft=form.draft())
        except ValidationError as error:
            add_errors(error, form)
        else:
            messages.success(request, _("The amount is recorded."))
            return redirect("client_wealth", pk)
    return render(request, "clients/amount_form.html", {"form": form, "client": client})


@firm_view(Permission.EDIT_CLIENTS)
def amount_edit(request: FirmRequest, pk: int) -> HttpResponse:
    amount = _amount(request, pk)
    form = AmountForm(request.POST or None, instance=amount, initial={"version": version_of(amount)})
    if request.method == "POST" and form.is_valid():
        try:
            amounts.change_amount(amount=_amount(request, pk), by=request.user, version=form.cleaned_data["version"], draft=form.draft())
        except ValidationError as error:
            add_errors(error, form)
        except RowChanged as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The amount is saved."))
            return redirect("client_wealth", amount.client_id)
    return render(request, "clients/amount_form.html", {"form": form, "client": amount.client, "amount": amount})


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def amount_remove(request: FirmRequest, pk: int) -> HttpResponse:
    amount = _amount(request, pk)
    _remove(request, partial(amounts.remove_amount, amount=amount), said=_("The amount is removed."))
    return redirect("client_wealth", amount.client_id)


@firm_view(Permission.VIEW_CLIENTS)
def client_referrals(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk, counted=True)
    keys = ("referrals_12_months", "referral_meetings_12_months", "referrals_converted_12_months", "referral_quality_12_months")
    counted = [(attribute(key), counted_value(client, key)) for key in keys]
    book = book_adviser_ids(request.user)
    recorded = list(client.referrals.select_related("referred")[:SHOWN])
    return show_tab(
        request, client, "referrals",
        figures=[(found.label, found.display(value, firm=request.firm) or "–") for found, value in counted],
        # A file of a book that the reader does not see is not linked to.
        referrals=[(each, each.referred is not None and (book is None or each.referred.adviser_id in book)) for each in recorded],
        introduced_by=list(client.referred_by.filter(client__in=visible_to(request.user)).select_related("client")[:SHOWN]),
    )  # fmt: skip


def _referral(request: FirmRequest, pk: int) -> Referral:
    found = Referral.objects.filter(firm_id=request.user.firm_id, client__in=visible_to(request.user))
    return get_object_or_404(found.select_related("client", "referred"), pk=pk)


@firm_view(Permission.EDIT_CLIENTS)
def referral_create(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    form = ReferralForm(request.POST or None, user=request.user, initial={"made_on": request.local_date})
    if request.method == "POST" and form.is_valid():
        try:
            referrals.record_referral(client=client, by=request.user, draft=form.draft())
        except ValidationError as error:
            add_errors(error, form)
        else:
            messages.success(request, _("The referral is recorded."))
            return redirect("client_referrals", pk)
    return render(request, "clients/referral_form.html", {"form": form, "client": client})


@firm_view(Permission.EDIT_CLIENTS)
def referral_edit(request: FirmRequest, pk: int) -> HttpResponse:
    referral = _referral(request, pk)
    form = ReferralForm(request.POST or None, user=request.user, instance=referral, initial={"version": version_of(referral)})
    if request.method == "POST" and form.is_valid():
        try:
            referrals.change_referral(referral=_referral(request, pk), by=request.user, version=form.cleaned_data["version"], draft=form.draft())
        except ValidationError as error:
            add_errors(error, form)
        except RowChanged as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The referral is saved."))
            return redirect("client_referrals", referral.client_id)
    return render(request, "clients/referral_form.html", {"form": form, "client": referral.client, "referral": referral})


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def referral_remove(request: FirmRequest, pk: int) -> HttpResponse:
    referral = _referral(request, pk)
    _remove(request, partial(referrals.remove_referral, referral=referral), said=_("The referral is removed."))
    return redirect("client_referrals", referral.client_id)


def _remove(request: FirmRequest, remove: Callable[..., None], *, said: str) -> None:
    """Remove a row as it was read, and say so, or why it is still there."""
    try:
        remove(by=request.user, version=request.POST.get("version", ""))
    except RowChanged as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, said)
