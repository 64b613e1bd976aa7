"""A session remembers its firm, so that the next request can enter it before reading the user."""

import time
from typing import Any, cast

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from firms.models import User

FIRM_KEY = "firm_id"


@receiver(user_logged_in)
def remember_firm(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    request.session[FIRM_KEY] = user.firm_id


NOTED_KEY = "activity_noted_at"
NOTE_EVERY_SECONDS = 300


class ActivityMiddleware(UserSessionsMiddleware):
    """The list of open sessions knows when each was last used, to five minutes: writing it at every page would cost as much as the page."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = int(time.time())
        if request.user.is_authenticated and now - request.session.get(NOTED_KEY, 0) >= NOTE_EVERY_SECONDS:
            request.session[NOTED_KEY] = now
            return cast(HttpResponse, super().__call__(request))
        return cast(HttpResponse, self.get_response(request))
