"""A segment's words, and the segment of one client."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clients.models import Client
from clients.queries import visible_to
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.forms import (
    OverrideForm,
    SegmentForm,
)
from segmentation.models import Assignment, Placement, Scheme, Segment
from segmentation.overriding import ExpiryRefused, NoOverride, NotPlaced, ReasonMissing, end_override, override_segment
from segmentation.publishing import (
    firm_today,
)
from segmentation.queries import schemes_of


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def segment_edit(request: FirmRequest, pk: int) -> HttpResponse:
    """A segment's name, description and how its clients like to be served; they show everywhere at once."""
    segment = get_object_or_404(Segment.objects.select_related("scheme"), firm_id=request.user.firm_id, pk=pk)
    names = ("name_en", "name_fr", "description_en", "description_fr", *Segment.STYLE)
    form = SegmentForm(request.POST or None, initial={name: getattr(segment, name) for name in names})
    if request.method == "POST" and form.is_valid():
        Segment.objects.filter(pk=segment.pk, firm_id=request.user.firm_id).update(**form.cleaned_data)
        messages.success(request, _("The segment is saved."))
        return redirect("scheme_detail", segment.scheme_id)
    return render(request, "segmentation/segment_edit.html", {"form": form, "segment": segment})


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def segment_override(request: FirmRequest, client_pk: int, scheme_pk: int) -> HttpResponse:
    client, scheme = _client_in_scheme(request, client_pk, scheme_pk)
    current = Assignment.objects.filter(firm_id=scheme.firm_id, client=client, scheme=scheme, ends_on=None).select_related("segment").first()
    form = OverrideForm(
        request.POST or None,
        segments=scheme.segments.filter(firm_id=scheme.firm_id).order_by("rank"),
        today=firm_today(scheme.firm_id),
        initial={"segment": current.segment_id if current else None},
    )
    if request.method == "POST" and form.is_valid():
        try:
            override_segment(client=client, by=request.user, **form.cleaned_data)
        except ReasonMissing:
            form.add_error("reason", _("Say why this client is served at another level."))
        except ExpiryRefused:
            form.add_error("expires_on", _("Choose a day after today, within two years."))
        except NotPlaced:
            form.add_error(None, _("This client is not placed by this scheme."))
        else:
            messages.success(request, _("%(client)s is now in %(segment)s.") % {"client": client, "segment": form.cleaned_data["segment"].name})
            return redirect("client_detail", client.pk)
    return render(request, "segmentation/override.html", {"form": form, "client": client, "scheme": scheme, "current": current})


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_POST
def segment_override_end(request: FirmRequest, client_pk: int, scheme_pk: int) -> HttpResponse:
    client, scheme = _client_in_scheme(request, client_pk, scheme_pk)
    try:
        assignment = end_override(client=client, scheme_id=scheme.pk, by=request.user)
        messages.success(request, _("%(client)s is back in %(segment)s.") % {"client": client, "segment": assignment.segment.name})
    except (NoOverride, NotPlaced):
        messages.info(request, _("There is no override to end."))
    return redirect("client_detail", client.pk)


def _client_in_scheme(request: FirmRequest, client_pk: int, scheme_pk: int) -> tuple[Client, Scheme]:
    client = get_object_or_404(visible_to(request.user), pk=client_pk)
    scheme = get_object_or_404(schemes_of(request.user), pk=scheme_pk)
    if not Placement.objects.filter(Q(client=client), firm_id=scheme.firm_id, scheme=scheme).exists():
        raise Http404
    return client, scheme
