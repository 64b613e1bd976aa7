"""One's own calendar in another program: its secret address, and what that shows."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from firms.formats import language_code
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from touchpoints import feeds, links
from touchpoints.icalendars import CONTENT_TYPE
from touchpoints.service_calendar_views import secret_page


@firm_view(Permission.VIEW_QUEUE)
def own_feed(request: FirmRequest) -> HttpResponse:
    """GET: whether there is an address. POST: a new one, which is in the answer itself and shown this once."""
    address = ""
    if request.method == "POST":
        address = settings.SITE_URL + reverse("person_feed", args=[links.open_feed(by=request.user)])
    return render(request, "touchpoints/own_feed.html", {"link": links.open_link_of(request.user), "new_address": address})


@firm_view(Permission.VIEW_QUEUE)
@require_POST
def own_feed_close(request: FirmRequest) -> HttpResponse:
    links.close_feed(by=request.user)
    messages.success(request, _("The address no longer shows anything."))
    return redirect("own_feed")


@firm_view(Permission.PUBLIC)
@require_GET
@secret_page
def person_feed(request: HttpRequest, key: str) -> HttpResponse:
    with links.entered_by_feed(key) as user, translation.override(language_code(user.language, region=user.firm.region)):
        content = feeds.person_feed(user, on=timezone.localdate())
    return HttpResponse(content, content_type=CONTENT_TYPE)
