"""The channels page: what each is for, and the firm's own."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from service_matrix.channels import BUILT_IN_ROLES, ChannelDraft, channels_of, save_channel
from service_matrix.forms import ChannelForm
from service_matrix.models import FirmChannel


@firm_view(Permission.VIEW_MATRIX)
@require_safe
def channel_list(request: FirmRequest) -> HttpResponse:
    return render(request, "service_matrix/channel_list.html", {"built_in": BUILT_IN_ROLES.items(), "own": channels_of(request.user)})


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def channel_create(request: FirmRequest) -> HttpResponse:
    return _edit_channel(request, None)


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def channel_edit(request: FirmRequest, pk: int) -> HttpResponse:
    return _edit_channel(request, get_object_or_404(channels_of(request.user), pk=pk))


def _edit_channel(request: FirmRequest, channel: FirmChannel | None) -> HttpResponse:
    form = ChannelForm(request.POST or None, instance=channel)
    if request.method == "POST" and form.is_valid():
        saved = save_channel(channel=channel, draft=ChannelDraft(**form.cleaned_data), by=request.user)
        messages.success(request, _("“%(channel)s” is saved.") % {"channel": saved.name})
        return redirect("channel_list")
    return render(request, "service_matrix/channel_edit.html", {"form": form, "channel": channel})
