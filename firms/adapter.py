"""How allauth fits a product with a firm wall, where people are invited and never sign themselves up."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from firms.formats import language_code
from firms.models import User
from firms.wall import acting_for, enter_firm


class AccountAdapter(DefaultAccountAdapter):
    """A visitor's request reads users across firms; from the moment it concerns one user, it goes on inside that user's firm."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This e-mail and password do not go together."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This code is not right. Codes change every thirty seconds: try the next one."),
        "incorrect_password": _("This password is not right."),
        "too_many_login_attempts": _("Too many attempts. Wait a few minutes, then try again."),
        "rate_limited": _("Too many attempts. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        enter_firm(user.firm_id)
        super().login(request, user)

    def set_password(self, user: User, password: str) -> None:
        enter_firm(user.firm_id)
        user.set_password(password)
        # No other column: allauth's own writes the whole row as it was read, and would undo what an administrator changed meanwhile.
        user.save(update_fields=["password"])

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """In the request's language, also when the request is over already."""
        with translation.override(request.LANGUAGE_CODE):
            super().add_message(request, *args, **kwargs)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """On the product's own address, whatever host the request claims."""
        path: str = urlsplit(super().get_reset_password_from_key_url(key)).path
        return settings.SITE_URL + path

    def send_notification_mail(self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None) -> None:
        super().send_notification_mail(template_prefix, user, {**(context or {}), "user": user}, email or user.email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Into the outbox of the reader's firm, in the reader's language; some mails leave when the request is over already."""
        reader: User = context["user"]
        with acting_for(reader.firm_id), translation.override(language_code(reader.language, region=reader.firm.region)):
            self.render_mail(template_prefix, email, {"email": email, **context}).send()
