"""API tokens: shown once, kept as a hash, acting as their user and never as more."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from firms.keys import issue_key, read_key
from firms.models import ApiToken, User
from firms.wall import acting_for, enter_firm

READ, WRITE = "read", "write"
# A script may call many times a second; its token's row is written at most this often.
USE_NOTED_EVERY = timedelta(minutes=5)


@transaction.atomic
def create_token(*, by: User, name: str, scope: str, days: int) -> tuple[ApiToken, str]:
    """A token for oneself, with its text, which is not kept. `scope` is "read" or "write"."""
    if scope not in {READ, WRITE}:
        raise ValueError(scope)
    text, secret_hash = issue_key(by.firm_id)
    token = ApiToken.objects.create(user=by, name=name, scope=scope, secret_hash=secret_hash, expires_at=timezone.now() + timedelta(days=days))
    return token, text


def revoke_token(*, token: ApiToken, by: User) -> None:
    """End one's own token. Does nothing to a token that ended already."""
    ApiToken.objects.filter(pk=token.pk, user=by, revoked_at=None).update(revoked_at=Now())


@transaction.atomic
def authenticate_token(text: str) -> tuple[User, ApiToken] | None:
    """Who a token acts as. On success the rest of the transaction is inside that person's firm; otherwise nothing changed."""
    key = read_key(text)
    if key is None:
        return None
    firm_id, secret_hash = key
    with acting_for(firm_id):
        token = ApiToken.objects.filter(secret_hash=secret_hash, firm_id=firm_id, revoked_at=None, expires_at__gt=Now()).first()
        user = User.objects.select_related("firm").filter(pk=token.user_id, firm_id=firm_id, is_active=True).first() if token else None
        if token is None or user is None:
            return None
        stale = Q(last_used_at=None) | Q(last_used_at__lt=timezone.now() - USE_NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=Now())
    enter_firm(firm_id)
    return user, token
