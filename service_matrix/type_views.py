"""The pages of touchpoint types: what the firm may promise, and how each is done."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from service_matrix.forms import AgendaFormSet, StepFormSet, TouchpointTypeForm, lines_of
from service_matrix.letters import MERGE_FIELDS
from service_matrix.models import TouchpointType
from service_matrix.queries import touchpoint_types_of
from service_matrix.touchpoint_types import TypeDraft, add_type, change_type
from service_matrix.versions import ensure_catalogue


@firm_view(Permission.VIEW_MATRIX)
@require_safe
def touchpoint_type_list(request: FirmRequest) -> HttpResponse:
    return render(request, "service_matrix/type_list.html", {"types": touchpoint_types_of(request.user)})


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def touchpoint_type_restore(request: FirmRequest) -> HttpResponse:
    ensure_catalogue(by=request.user)
    messages.success(request, _("Every shipped touchpoint type is in the list."))
    return redirect("touchpoint_type_list")


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def touchpoint_type_create(request: FirmRequest) -> HttpResponse:
    return _edit_type(request, TouchpointType())


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def touchpoint_type_edit(request: FirmRequest, pk: int) -> HttpResponse:
    return _edit_type(request, get_object_or_404(touchpoint_types_of(request.user), pk=pk))


def _edit_type(request: FirmRequest, touchpoint_type: TouchpointType) -> HttpResponse:
    is_new = touchpoint_type.pk is None
    form = TouchpointTypeForm(request.POST or None, instance=touchpoint_type)
    steps = StepFormSet(request.POST or None, initial=touchpoint_type.steps, prefix="steps")
    agenda = AgendaFormSet(request.POST or None, initial=touchpoint_type.agenda, prefix="agenda")
    if request.method == "POST" and form.is_valid() and steps.is_valid() and agenda.is_valid():
        draft = TypeDraft(**form.cleaned_data, steps=lines_of(steps), agenda=lines_of(agenda))
        saved = add_type(draft=draft, by=request.user) if is_new else change_type(touchpoint_type=touchpoint_type, draft=draft, by=request.user)
        messages.success(request, _("“%(type)s” is saved.") % {"type": saved.name})
        return redirect("touchpoint_type_list")
    context = {"form": form, "steps": steps, "agenda": agenda, "touchpoint_type": touchpoint_type, "is_new": is_new, "merge_fields": MERGE_FIELDS}
    return render(request, "service_matrix/type_edit.html", context)
