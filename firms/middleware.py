"""One request: one transaction, one firm, one user, one language."""

import zoneinfo
from collections.abc import Callable
from datetime import date
from typing import Any

import pghistory
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from firms.formats import language_code
from firms.models import Firm, User
from firms.sessions import FIRM_KEY
from firms.wall import across_firms, enter_firm

GetResponse = Callable[[HttpRequest], HttpResponse]


class FirmRequest(HttpRequest):
    """A request of someone who signed in, as views receive it."""

    user: User
    firm: Firm
    htmx: Any
    # Today, where the user is.
    local_date: date


class FirmMiddleware:
    """Atomic request inside the user's firm. A view that raises leaves nothing written."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            firm_id = request.session.get(FIRM_KEY) if SESSION_KEY in request.session else None
            if firm_id is not None:
                enter_firm(firm_id)
            # The user and not Django's promise of one, through which each of a page's hundred looks would go.
            request.user = user = get_user(request)
            request.firm = user.firm if isinstance(user, User) else None  # type: ignore[attr-defined]
            if isinstance(user, AnonymousUser) and request.path.startswith("/account/"):
                with across_firms():
                    response = self.get_response(request)
            else:
                response = self.get_response(request)
            if getattr(request, "failed", False):
                transaction.set_rollback(True)
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        request.failed = True  # type: ignore[attr-defined]


class LanguageMiddleware:
    """The user's language and time zone; for a visitor, the browser's language."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User):
            language = language_code(user.language, region=user.firm.region)
            zone = user.time_zone or user.firm.time_zone
        else:
            language, zone = translation.get_language_from_request(request), "UTC"
        with translation.override(language), timezone.override(zoneinfo.ZoneInfo(zone)):
            request.LANGUAGE_CODE = language
            request.local_date = timezone.localdate()  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response


class HistoryMiddleware:
    """Every row remembered by the history says who changed it and where."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"} or not isinstance(request.user, User):
            return self.get_response(request)
        with pghistory.context(user=request.user.pk, path=request.path):
            return self.get_response(request)
