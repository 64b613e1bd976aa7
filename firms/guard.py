"""Every route declares what it asks for. An undeclared route is a failing test."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django_htmx.http import HttpResponseClientRedirect

from firms.middleware import FirmRequest
from firms.models import User
from firms.permissions import Permission

P = ParamSpec("P")


def firm_view(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Any, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Declare a view's permission: a visitor is sent to sign in, a role that may not gets 403."""

    # The guard is typed by hand: `wraps` hides that it is an ordinary view.
    def declare(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if permission is not Permission.PUBLIC:
                if not isinstance(request.user, User):
                    return send_to_sign_in(request)
                if permission is not Permission.SIGNED_IN and not request.user.may(permission):
                    raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], guarded)

    return declare


def send_to_sign_in(request: HttpRequest) -> HttpResponse:
    """The whole page goes to the sign-in, also when only a fragment was asked for."""
    if getattr(request, "htmx", False):
        current = request.htmx.current_url_abs_path or settings.LOGIN_REDIRECT_URL  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(redirect_to_login(current).url)
    return redirect_to_login(request.get_full_path())


__all__ = ["FirmRequest", "firm_view"]
