"""API tokens: shown once, kept as a hash, acting as their user and never as more."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from firms.keys import issue_key, read_key
from firms.models import ApiToken, User
from firms.wall import enter_firm

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
    alive = ApiToken.objects.filter(secret_hash=secret_hash, firm_id=firm_id, revoked_at=None, expires_at__gt=Now())
    # Inside the transaction of the decorator: when it is undone, so is the entry into the firm.
    enter_firm(firm_id)
    token = alive.filter(user__firm_id=firm_id, user__is_active=True).select_related("user__firm").first()
    if token is None:
        transaction.set_rollback(True)
        return None
    note_from = timezone.now() - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < note_from:
        ApiToken.objects.filter(pk=token.pk).exclude(last_used_at__gte=note_from).update(last_used_at=Now())
    return token.user, token
