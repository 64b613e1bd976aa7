"""Choosing the language: kept on the user, and in a cookie for who is not signed in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from firms.guard import firm_view
from firms.models import Language, User
from firms.permissions import Permission


@firm_view(Permission.PUBLIC)
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language and go back to the page it was switched on."""
    wanted, back = request.POST.get("language"), request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if safe else "/")
    if wanted in Language.values:
        if isinstance(request.user, User):
            request.user.language = wanted
            request.user.save(update_fields=["language"])
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=365 * 86400, httponly=True, samesite="Lax", secure=request.is_secure())
    return response
