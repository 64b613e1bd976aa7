"""Who signs in: found by e-mail across firms, then held inside one."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet
from django.http import HttpRequest

from firms.models import User
from firms.statements import given, kept_statement
from firms.wall import across_firms, enter_firm


@kept_statement
def _with_firm() -> QuerySet[User]:
    return User.objects.select_related("firm").filter(pk=given("user")).order_by()


class FirmBackend(AuthenticationBackend):
    """allauth's backend (e-mail and password, rate-limited), opening the wall's door for the look-up alone."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        with across_firms():
            user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            enter_firm(user.firm_id)
        return user

    def get_user(self, user_id: int) -> User | None:
        user = _with_firm().row(user=user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
