"""A session remembers its firm, so that the next request can enter it before reading the user."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from firms.models import User

FIRM_KEY = "firm_id"


@receiver(user_logged_in)
def remember_firm(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    request.session[FIRM_KEY] = user.firm_id
