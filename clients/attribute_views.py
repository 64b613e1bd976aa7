"""What the firm knows of its clients: every attribute with its definition, and the firm's own to add, change and archive."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients import defining
from clients.attribute_forms import AttributeForm, ChoiceForm, choice_formset, choices_of
from clients.attributes import PRODUCTS, by_group, catalogue_of
from clients.attributes.own import PREFIX
from clients.models import AttributeDefinition
from clients.pages import add_errors
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission

PAGE = require_http_methods(["GET", "HEAD", "POST"])


def _definition(request: FirmRequest, pk: int) -> AttributeDefinition:
    """An attribute of the firm; the list of products has a page of its own."""
    return get_object_or_404(AttributeDefinition.objects.filter(firm_id=request.user.firm_id).exclude(slug=PRODUCTS), pk=pk)


@firm_view(Permission.VIEW_CLIENTS)
@require_safe
def attribute_list(request: FirmRequest) -> HttpResponse:
    definitions = AttributeDefinition.objects.filter(firm_id=request.user.firm_id).exclude(slug=PRODUCTS)
    catalogue = catalogue_of(request.user.firm_id)
    # Those that need words, then those whose label says it all; the firm's own are told of already.
    shipped = [found for key, found in catalogue.items() if not key.startswith(PREFIX)]
    groups = [
        (group, [found for found in members if found.definition], [found for found in members if not found.definition])
        for group, members in by_group(shipped)
    ]
    context = {"definitions": definitions, "groups": groups, "products": catalogue[PRODUCTS].choices}
    return render(request, "clients/attributes.html", context)


@firm_view(Permission.MANAGE_FIRM)
@PAGE
def attribute_create(request: FirmRequest) -> HttpResponse:
    form, choices = AttributeForm(request.POST or None), choice_formset([], data=request.POST or None, extra=6)
    if request.method == "POST" and form.is_valid() and choices.is_valid():
        try:
            made = defining.define_attribute(draft=form.draft(choices), by=request.user)
        except ValidationError as error:
            add_errors(error, form)
        else:
            messages.success(request, _("“%(name)s” is in the client’s file, the list, imports and exports.") % {"name": made})
            return redirect("attribute_list")
    return _form(request, form, choices)


@firm_view(Permission.MANAGE_FIRM)
@PAGE
def attribute_edit(request: FirmRequest, pk: int) -> HttpResponse:
    definition = _definition(request, pk)
    form = AttributeForm(request.POST or None, instance=definition)
    choices = choice_formset(
        definition.choices, data=(request.POST or None) if form.asks_choices else {"choices-TOTAL_FORMS": 0, "choices-INITIAL_FORMS": 0}
    )
    if request.method == "POST" and form.is_valid() and choices.is_valid():
        try:
            defining.change_attribute(definition=definition, draft=form.draft(choices), by=request.user)
        except ValidationError as error:
            add_errors(error, form)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": definition})
            return redirect("attribute_list")
    return _form(request, form, choices, definition=definition, uses=defining.uses_of(request.user.firm_id, PREFIX + definition.slug))


def _form(request: FirmRequest, form: AttributeForm, choices: BaseFormSet[ChoiceForm], **context: Any) -> HttpResponse:
    return render(request, "clients/attribute_form.html", {"form": form, "choices": choices, **context})


@firm_view(Permission.MANAGE_FIRM)
@PAGE
def products_edit(request: FirmRequest) -> HttpResponse:
    held = catalogue_of(request.user.firm_id).own[PRODUCTS]
    choices = choice_formset([vars(choice) for choice in held.all_choices], data=request.POST or None, extra=5)
    refusal = ""
    if request.method == "POST" and choices.is_valid():
        try:
            defining.change_products(choices=choices_of(choices), by=request.user)
        except ValidationError as error:
            refusal = " ".join(error.messages)
        else:
            messages.success(request, _("The list of products is saved."))
            return redirect("attribute_list")
    return render(request, "clients/products_form.html", {"choices": choices, "refusal": refusal})


@firm_view(Permission.MANAGE_FIRM)
@require_POST
def attribute_archive(request: FirmRequest, pk: int) -> HttpResponse:
    definition = _definition(request, pk)
    if defining.archive_attribute(definition=definition, by=request.user):
        messages.success(request, _("“%(name)s” is no longer offered. Its values stay.") % {"name": definition})
    return redirect("attribute_list")


@firm_view(Permission.MANAGE_FIRM)
@require_POST
def attribute_restore(request: FirmRequest, pk: int) -> HttpResponse:
    definition = _definition(request, pk)
    if defining.restore_attribute(definition=definition, by=request.user):
        messages.success(request, _("“%(name)s” is offered again.") % {"name": definition})
    return redirect("attribute_list")


@firm_view(Permission.MANAGE_FIRM)
@require_POST
def attribute_delete(request: FirmRequest, pk: int) -> HttpResponse:
    definition = _definition(request, pk)
    try:
        defining.delete_attribute(definition=definition, by=request.user)
    except defining.AttributeInUse as refusal:
        used = ", ".join(refusal.uses)
        messages.error(request, _("“%(name)s” is used by %(uses)s: archive it instead.") % {"name": definition, "uses": used})
    else:
        messages.success(request, _("“%(name)s” is deleted.") % {"name": definition})
    return redirect("attribute_list")
