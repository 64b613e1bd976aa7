"""Strategy templates: a segment's column kept under a name, and put into the draft."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.models import Segment
from service_matrix.editing import CellGone, SameTwice
from service_matrix.grid_views import to_draft
from service_matrix.models import MatrixVersion, Promise, TouchpointType
from service_matrix.queries import drafts_of, versions_of
from service_matrix.strategy_templates import (
    InvalidTemplate,
    apply_template,
    delete_template,
    save_template,
    template_terms,
    templates_of,
    types_left_out,
)
from service_matrix.versions import DraftChanged

CURRENT = [MatrixVersion.Status.DRAFT, MatrixVersion.Status.PUBLISHED]


class TemplateForm(forms.Form):
    """Which column is kept: of the draft where there is one, else of the published version."""

    segment = forms.TypedChoiceField(label=gettext_lazy("Segment"), coerce=int)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    description = forms.CharField(label=gettext_lazy("Description"), max_length=300, required=False)


class ApplyForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    segment = forms.TypedChoiceField(label=gettext_lazy("Onto the segment"), coerce=int)
    with_strategy = forms.BooleanField(label=gettext_lazy("With the revenue, activities and technology of the strategy table"), required=False)


def _choose(form: forms.Form, segments: list[Segment]) -> None:
    form.fields["segment"].choices = [(segment.pk, segment.name) for segment in segments]  # type: ignore[attr-defined]


def _version(request: FirmRequest) -> MatrixVersion | None:
    current = versions_of(request.user).filter(scheme__is_service=True, status__in=CURRENT).select_related("scheme")
    versions = {version.status: version for version in current}
    return versions.get("draft") or versions.get("published")


def _segments(version: MatrixVersion | None) -> list[Segment]:
    return list(Segment.objects.filter(firm_id=version.firm_id, scheme=version.scheme_id).order_by("rank")) if version is not None else []


@firm_view(Permission.VIEW_MATRIX)
@require_safe
def template_list(request: FirmRequest) -> HttpResponse:
    return render(request, "service_matrix/template_list.html", {"templates": templates_of(request.user), "version": _version(request)})


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def template_create(request: FirmRequest) -> HttpResponse:
    version = _version(request)
    segments = _segments(version)
    form = TemplateForm(request.POST or None, initial={"segment": request.GET.get("segment")})
    _choose(form, segments)
    if version is not None and request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        segment = next(each for each in segments if each.pk == said["segment"])
        try:
            save_template(version=version, segment=segment, name=said["name"], description=said["description"], by=request.user)
        except InvalidTemplate as refusal:
            for field, error in refusal.errors.items():
                form.add_error(field, error)
        else:
            messages.success(request, _("The template is saved."))
            return redirect("template_list")
    return render(request, "service_matrix/template_create.html", {"form": form, "version": version})


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def template_apply(request: FirmRequest, pk: int) -> HttpResponse:
    """What a template says, and onto which segment of the draft it goes."""
    template = get_object_or_404(templates_of(request.user), pk=pk)
    draft = drafts_of(request.user).filter(scheme__is_service=True).select_related("scheme").first()
    segments = _segments(draft)
    form = ApplyForm(request.POST or None, initial={"revision": draft.revision if draft is not None else 0, "with_strategy": bool(template.strategy)})
    _choose(form, segments)
    if draft is not None and request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        segment = next(each for each in segments if each.pk == said["segment"])
        try:
            apply_template(
                template=template,
                version=draft,
                revision=said["revision"],
                segment=segment,
                with_strategy=said["with_strategy"],
                by=request.user,
            )
        except (DraftChanged, CellGone, SameTwice):
            messages.error(request, _("The draft changed since this page was shown. Look at it again before saving."))
            return redirect("template_apply", template.pk)
        if said["with_strategy"] and template.strategy:
            words = _(
                "%(segment)s is now promised what the template says: that can be undone. Its line of the strategy table changed at once, and undo "
                "does not bring the former one back."
            )
        else:
            words = _("%(segment)s is now promised what the template says. It can be undone.")
        messages.success(request, words % {"segment": segment.name})
        return to_draft()
    terms = template_terms(template)
    kinds = TouchpointType.objects.filter(firm_id=request.user.firm_id, pk__in=terms).order_by("pk")
    lines = [(kind, Promise(**{**vars(terms[kind.pk]), "own_channel_id": None}).words) for kind in kinds]
    context = {"template": template, "draft": draft, "form": form, "lines": lines, "left_out": types_left_out(template)}
    return render(request, "service_matrix/template_apply.html", context)


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def template_delete(request: FirmRequest, pk: int) -> HttpResponse:
    template = get_object_or_404(templates_of(request.user), pk=pk)
    delete_template(template=template, by=request.user)
    messages.success(request, _("The template “%(name)s” is deleted. What it was applied to stays.") % {"name": template.name})
    return redirect("template_list")
