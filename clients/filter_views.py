"""Saved filters: the list of them, the page where one is built, and the builder's own answers while it is being built."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients import saved_filters
from clients.attributes import Catalogue, catalogue_of
from clients.conditions import ConditionsRefused, contradictions, describe, explain, expression
from clients.conditions.building import Builder
from clients.models import SavedFilter
from clients.paging import MOST_COUNTED
from clients.queries import saved_filters_of, visible_to
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from firms.row_versions import VersionField

PREFIX = "conditions"


class FilterForm(forms.ModelForm[SavedFilter]):
    version = VersionField()

    class Meta:
        model = SavedFilter
        fields = ("name", "is_shared")

    def _post_clean(self) -> None:
        """Validated by the domain function, which every writer goes through."""


def _filter(request: FirmRequest, pk: int) -> SavedFilter:
    return get_object_or_404(saved_filters_of(request.user), pk=pk)


@firm_view(Permission.VIEW_CLIENTS)
def filter_list(request: FirmRequest) -> HttpResponse:
    catalogue = catalogue_of(request.firm.pk)
    rows = [
        {"saved": saved, "may_change": saved_filters.may_change(saved, by=request.user), **_worded(request, saved, catalogue)}
        for saved in saved_filters_of(request.user)
    ]
    return render(request, "clients/filter_list.html", {"rows": rows})


def _worded(request: FirmRequest, saved: SavedFilter, catalogue: Catalogue) -> dict[str, Any]:
    try:
        return {"words": describe(saved_filters.conditions_of(saved, catalogue=catalogue), catalogue=catalogue, firm=request.firm)}
    except ConditionsRefused as refusal:
        return {"refusals": list(dict.fromkeys(message for _at, message in refusal.problems))}


@firm_view(Permission.VIEW_CLIENTS)
def filter_create(request: FirmRequest) -> HttpResponse:
    return _edit(request, None)


@firm_view(Permission.VIEW_CLIENTS)
def filter_edit(request: FirmRequest, pk: int) -> HttpResponse:
    saved = _filter(request, pk)
    if not saved_filters.may_change(saved, by=request.user):
        raise PermissionDenied
    return _edit(request, saved)


def _edit(request: FirmRequest, saved: SavedFilter | None) -> HttpResponse:
    catalogue = catalogue_of(request.firm.pk)
    if request.method == "POST":
        form = FilterForm(request.POST, instance=saved)
        builder = Builder.read(request.POST, prefix=PREFIX, catalogue=catalogue, firm=request.firm)
        if not builder.acted and (kept := _keep(request, form, builder, saved)):
            messages.success(request, _("The filter “%(name)s” is saved.") % {"name": kept})
            return redirect(f"{reverse('client_list')}?saved={kept.pk}")
    else:
        form = FilterForm(instance=saved, initial={"version": saved.version} if saved else {})
        builder = Builder.of(saved.conditions if saved else None, prefix=PREFIX, catalogue=catalogue, firm=request.firm)
        if saved:
            # What is no longer understood is marked from the start.
            _group_or_none(builder)
    return render(request, "clients/filter_form.html", {"form": form, "saved": saved, **_shown(builder)})


def _group_or_none(builder: Builder) -> Any:
    try:
        return builder.group()
    except ConditionsRefused:
        return None


def _keep(request: FirmRequest, form: FilterForm, builder: Builder, saved: SavedFilter | None) -> SavedFilter | None:
    """Save what was sent; None, with the faults beside their fields, when it cannot be."""
    conditions = _group_or_none(builder)
    if not form.is_valid() or conditions is None:
        return None
    values = {"name": form.cleaned_data["name"], "is_shared": form.cleaned_data["is_shared"], "conditions": conditions}
    try:
        if saved is None:
            return saved_filters.save_filter(by=request.user, **values)
        read = SavedFilter.objects.get(pk=saved.pk)
        return saved_filters.change_filter(saved=read, by=request.user, version=form.cleaned_data["version"], **values)
    except ValidationError as error:
        form.add_error(None, error)
    except saved_filters.FilterChangedMeanwhile:
        form.add_error(None, _("Someone saved this filter meanwhile. Open it again to see the changes, then make yours."))
    return None


def _shown(builder: Builder) -> dict[str, Any]:
    """What the builder's templates read."""
    return {"builder": builder, "group": builder.editor(url=reverse("condition_builder", args=[builder.prefix]))}


@firm_view(Permission.VIEW_CLIENTS)
@require_POST
def filter_delete(request: FirmRequest, pk: int) -> HttpResponse:
    saved = _filter(request, pk)
    try:
        saved_filters.delete_filter(saved=saved, by=request.user)
    except saved_filters.NotYourFilter:
        raise PermissionDenied from None
    messages.success(request, _("The filter “%(name)s” is deleted.") % {"name": saved})
    return redirect("filter_list")


@firm_view(Permission.VIEW_CLIENTS)
@require_POST
def condition_builder(request: FirmRequest, prefix: str) -> HttpResponse:
    """The builder again, after a change of its shape. Reads the form that holds it and writes nothing."""
    builder = Builder.read(request.POST, prefix=prefix, catalogue=catalogue_of(request.firm.pk), firm=request.firm)
    response = render(request, "clients/_conditions.html", _shown(builder))
    response.headers["HX-Trigger"] = "conditions-changed"
    return response


@firm_view(Permission.VIEW_CLIENTS)
@require_POST
def condition_count(request: FirmRequest, prefix: str) -> HttpResponse:
    """How many of the user's clients meet what the form says so far, in numbers and words."""
    catalogue = catalogue_of(request.firm.pk)
    builder = Builder.read(request.POST, prefix=prefix, catalogue=catalogue, firm=request.firm)
    group = _group_or_none(builder)
    context: dict[str, Any] = {"is_complete": group is not None, "most_counted": MOST_COUNTED}
    if group is not None:
        clients = visible_to(request.user).filter(archived_at=None)
        met = clients.filter(expression(group, catalogue=catalogue, on=request.local_date))
        against = contradictions(group, catalogue=catalogue, on=request.local_date)
        context |= {
            "count": met.order_by()[: MOST_COUNTED + 1].count(),
            "words": describe(group, catalogue=catalogue, firm=request.firm),
            "contradictions": [explain(one, catalogue=catalogue, firm=request.firm) for one in against],
        }
    return render(request, "clients/_condition_count.html", context)
