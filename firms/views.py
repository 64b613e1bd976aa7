"""Pages about oneself, colleagues and the firm."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from firms.forms import ProfileForm
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission


@firm_view(Permission.SIGNED_IN)
def profile(request: FirmRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    return render(request, "firms/profile.html", {"form": form})
