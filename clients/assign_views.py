"""Giving a book or a part of it to one successor or several: choose, look at what moves and what stays, confirm, take back within a day."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from clients.assigning import (
    KIND,
    Assigned,
    Books,
    SelectionChanged,
    TransferClosed,
    assign_clients,
    undo_transfer,
    undoable_transfers,
)
from clients.filters import asked_filters
from clients.models import Client, Transfer
from clients.moving import clashes_of, what_goes_along
from clients.paging import address_with
from clients.queries import advisers_of
from firms import formats
from firms.guard import FirmRequest, firm_view
from firms.models import Job, User
from firms.permissions import Permission
from firms.row_numbers import read_row_numbers

# A list this short is shown name by name, to choose from by hand.
MOST_BY_HAND = 300
# Clashes of booked meetings named in the preview.
MOST_CLASHES = 20


class AssignForm(forms.Form):
    # Not "adviser": the list's own address may filter by that.
    to = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Moved to"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Several: the clients are shared out evenly, by number and by assets."),
    )
    # The successors and the mark of the clients that were shown; empty until they have been.
    mark = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, advisers: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.advisers = advisers
        self.fields["to"].choices = [(adviser.pk, str(adviser)) for adviser in advisers]  # type: ignore[attr-defined]

    @property
    def successors(self) -> list[User]:
        return [adviser for adviser in self.advisers if adviser.pk in self.cleaned_data["to"]]


@firm_view(Permission.ASSIGN_CLIENTS)
def assign_adviser(request: FirmRequest) -> HttpResponse:
    """GET: whom the list holds. POST with successors: who would move. POST with the mark of what was shown for them: they move."""
    filters = asked_filters(request)
    listed = filters.qs
    clients = _picked(request, listed)
    form = AssignForm(request.POST or None, advisers=list(advisers_of(request.user)))
    context: dict[str, Any] = {
        "form": form,
        "saved": filters.chosen,
        "address": address_with(request.GET),
        "is_filtered": any(request.GET.get(name) for name in filters.filters),
    }
    books: Books | None = None
    if request.method == "POST" and form.is_valid():
        successors = form.successors
        shown_for, _colon, mark = form.cleaned_data["mark"].partition(":")
        keys = ",".join(str(successor.pk) for successor in successors)
        if mark and shown_for == keys:
            try:
                return _done(request, assign_clients(clients=clients, to=successors, by=request.user, mark=mark))
            except SelectionChanged:
                context["has_changed"] = True
        books = Books.of(clients)
        context |= _preview(request, books, clients, successors) | {"mark": f"{keys}:{books.selection.mark}"}
    books = books or Books.of(clients)
    context |= {"books": books.by_adviser, "count": len(books.rows), "by_hand": _by_hand(request, listed, books)}
    if "gets" not in context:
        context["transfers"] = list(undoable_transfers(request.user).annotate(number=Count("clients"))[:5])
    return render(request, "clients/assign.html", context)


def _picked(request: FirmRequest, listed: QuerySet[Client]) -> QuerySet[Client]:
    """Those of the list that were left ticked, once it was shown name by name."""
    if "by_hand" not in request.POST:
        return listed
    return listed.filter(pk__in=read_row_numbers(request.POST.getlist("picked")))


def _by_hand(request: FirmRequest, listed: QuerySet[Client], books: Books) -> list[tuple[Client, bool]]:
    """A short list, name by name, with who is chosen; nothing of a long one."""
    if "by_hand" not in request.POST and len(books.rows) > MOST_BY_HAND:
        return []
    named = listed.select_related("adviser").only("firm", "name", "adviser__name").order_by("sort_name", "pk")
    found = list(named[: MOST_BY_HAND + 1])
    chosen = {pk for pk, _adviser_id, _name in books.rows}
    return [(client, client.pk in chosen) for client in found] if len(found) <= MOST_BY_HAND else []


def _preview(request: FirmRequest, books: Books, clients: QuerySet[Client], successors: list[User]) -> dict[str, Any]:
    """Who gets how many, what goes along, and what of it the successors cannot keep as it is."""
    leaving = books.leaving(successors)
    gets = [(successor, len(leaving[successor.pk])) for successor in successors]
    gone = clients if len(successors) > 1 else clients.exclude(adviser=successors[0])
    clashes = clashes_of(gone, {pk: successor for successor in successors for pk in leaving[successor.pk]}, firm=request.firm)
    return {
        "gets": gets,
        "moving": sum(number for _successor, number in gets),
        "along": what_goes_along(gone),
        "clashes": clashes[:MOST_CLASHES],
        "more_clashes": max(len(clashes) - MOST_CLASHES, 0),
    }


def _done(request: FirmRequest, assigned: Assigned) -> HttpResponse:
    if assigned.job is not None:
        return redirect("assign_progress", assigned.job.pk)
    if assigned.transfer is None:
        messages.info(request, _("Nobody had to move."))
        return redirect("client_list")
    messages.success(request, _moved_words(request, assigned.moved))
    return redirect("transfer_detail", assigned.transfer.pk)


def _moved_words(request: FirmRequest, number: int) -> str:
    shown = formats.number(number, locale=formats.babel_locale(request.firm.region))
    return ngettext("%(number)s client has moved.", "%(number)s clients have moved.", number) % {"number": shown}


@firm_view(Permission.ASSIGN_CLIENTS)
def assign_progress(request: FirmRequest, pk: int) -> HttpResponse:
    """The progress of a large move, and what came of it."""
    job = get_object_or_404(Job, firm_id=request.user.firm_id, kind=KIND, pk=pk)
    transfer = Transfer.objects.filter(firm_id=request.user.firm_id, pk=job.parameters.get("transfer")).first()
    context = {"job": job, "transfer": transfer, "moved": job.counts.get("moved", 0)}
    return render(request, "clients/_assigning.html" if request.htmx else "clients/assigning.html", context)


@firm_view(Permission.ASSIGN_CLIENTS)
def transfer_detail(request: FirmRequest, pk: int) -> HttpResponse:
    """What moved from whom to whom, and the way back while there is one."""
    transfer = get_object_or_404(Transfer.objects.select_related("by"), firm_id=request.user.firm_id, pk=pk)
    pairs = transfer.clients.order_by().values_list("from_adviser__name", "to_adviser__name").annotate(number=Count("pk")).order_by("-number")
    context = {"transfer": transfer, "pairs": list(pairs), "may_undo": undoable_transfers(request.user).filter(pk=pk).exists()}
    return render(request, "clients/transfer.html", context)


@firm_view(Permission.ASSIGN_CLIENTS)
@require_POST
def transfer_undo(request: FirmRequest, pk: int) -> HttpResponse:
    transfer = get_object_or_404(Transfer, firm_id=request.user.firm_id, pk=pk)
    try:
        back = undo_transfer(transfer=transfer, by=request.user)
    except TransferClosed as refusal:
        messages.warning(request, str(refusal))
        return redirect("transfer_detail", pk)
    if back.job is not None:
        messages.success(request, _("The clients are going back: the work goes on behind this page."))
        return redirect("transfer_detail", pk)
    words = ngettext("%(number)s client is back.", "%(number)s clients are back.", back.returned) % {"number": back.returned}
    if back.moved_since:
        words += " " + ngettext(
            "%(number)s moved again since and stays.", "%(number)s moved again since and stay.", back.moved_since
        ) % {"number": back.moved_since}  # fmt: skip
    messages.success(request, words)
    return redirect("transfer_detail", pk)
