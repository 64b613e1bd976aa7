"""Giving every client of the list to one adviser: choose, look, confirm."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from clients.assigning import KIND, Assigned, Selection, SelectionChanged, assign_clients, books_of
from clients.filters import asked_filters
from clients.paging import address_with
from clients.queries import advisers_of
from firms import formats
from firms.guard import FirmRequest, firm_view
from firms.models import Job, User
from firms.permissions import Permission


class AssignForm(forms.Form):
    # Not "adviser": the list's own address may filter by that.
    to = forms.ModelChoiceField(label=gettext_lazy("New adviser"), queryset=User.objects.none())
    # The adviser and the mark of the clients that were shown; empty until they have been.
    mark = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = advisers_of(user)  # type: ignore[attr-defined]


@firm_view(Permission.ASSIGN_CLIENTS)
def assign_adviser(request: FirmRequest) -> HttpResponse:
    """GET: whom the list holds. POST with an adviser: who would move. POST with the mark of what was shown for that adviser: they move."""
    filters = asked_filters(request)
    clients = filters.qs
    form = AssignForm(request.POST or None, user=request.user)
    context: dict[str, Any] = {
        "form": form,
        "saved": filters.chosen,
        "address": address_with(request.GET),
        "is_filtered": any(request.GET.get(name) for name in filters.filters),
    }
    if request.method == "POST" and form.is_valid():
        adviser = form.cleaned_data["to"]
        shown_for, _colon, mark = form.cleaned_data["mark"].partition(":")
        if mark and shown_for == str(adviser.pk):
            try:
                return _done(request, assign_clients(clients=clients, adviser=adviser, by=request.user, mark=mark), adviser)
            except SelectionChanged:
                context["has_changed"] = True
        context |= {"adviser": adviser, "mark": f"{adviser.pk}:{Selection.of(clients).mark}"}
    books = books_of(clients)
    moving = [(name, number) for name, pk, number in books if "adviser" in context and pk != context["adviser"].pk]
    context |= {"books": books, "count": sum(number for _name, _pk, number in books), "moving": sum(number for _name, number in moving)}
    return render(request, "clients/assign.html", context)


def _done(request: FirmRequest, assigned: Assigned, adviser: User) -> HttpResponse:
    if assigned.job is not None:
        return redirect("assign_progress", assigned.job.pk)
    number = formats.number(assigned.moved, locale=formats.babel_locale(request.firm.region))
    words = ngettext("%(number)s client is now %(name)s’s.", "%(number)s clients are now %(name)s’s.", assigned.moved)
    messages.success(request, words % {"number": number, "name": adviser})
    return redirect(reverse("client_list") + address_with(request.GET))


@firm_view(Permission.ASSIGN_CLIENTS)
def assign_progress(request: FirmRequest, pk: int) -> HttpResponse:
    """The progress of a large move, and what came of it."""
    job = get_object_or_404(Job, firm_id=request.user.firm_id, kind=KIND, pk=pk)
    adviser = User.objects.filter(firm_id=request.user.firm_id, pk=job.parameters["adviser"]).first()
    context = {"job": job, "adviser": adviser, "moved": job.counts.get("moved", 0)}
    return render(request, "clients/_assigning.html" if request.htmx else "clients/assigning.html", context)
