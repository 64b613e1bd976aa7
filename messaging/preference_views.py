"""How one wants to be told, and leaving the digests from an e-mail, without signing in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from firms.formats import language_code
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from messaging.forms import PreferencesForm
from messaging.preferences import find_subscriber, preferences_of, set_preferences
from messaging.preferences import unsubscribe as unsubscribe_user


@firm_view(Permission.SIGNED_IN)
def preferences(request: FirmRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=preferences_of(request.user))
    if request.method == "POST" and form.is_valid():
        set_preferences(by=request.user, **form.chosen())
        messages.success(request, _("Your preferences are saved."))
        return redirect("preferences")
    return render(request, "messaging/preferences.html", {"form": form})


# The mail program that posts here has no cookie of ours; the key in the address is what lets it.
@csrf_exempt
@firm_view(Permission.PUBLIC)
def unsubscribe(request: HttpRequest, key: str) -> HttpResponse:
    """RFC 8058. Opened, it asks, and changes nothing: link scanners open everything. Posted, by the button or by a mail program, it is done."""
    reader = find_subscriber(key)
    if reader is None:
        return render(request, "messaging/unsubscribe_unknown.html", status=404)
    with translation.override(language_code(reader.language, region=reader.firm.region)):
        if request.method == "POST":
            unsubscribe_user(reader)
        return render(request, "messaging/unsubscribe.html", {"reader": reader, "is_done": request.method == "POST"})
