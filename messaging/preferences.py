"""When and how each person is told: the hour of the digest, quiet hours, what comes by e-mail at once."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core import signing
from django.db import transaction

from firms.models import Firm, User
from firms.wall import acting_for
from messaging.models import Preferences

CHOSEN = ("digest_by_email", "digest_at", "on_days_off", "quiet_from", "quiet_until", "muted_kinds")


def preferences_of(user: User) -> Preferences:
    """A person's own, or the defaults, unsaved."""
    return Preferences.objects.filter(firm_id=user.firm_id, user=user).first() or Preferences(user=user)


@transaction.atomic
def set_preferences(*, by: User, **chosen: Any) -> None:
    """Say when and how one wants to be told; what is not said stays."""
    if unknown := chosen.keys() - set(CHOSEN):
        raise TypeError(f"no such preference: {', '.join(sorted(unknown))}")
    Preferences.objects.update_or_create(firm_id=by.firm_id, user=by, defaults=chosen)


def zone_of(user: User, firm: Firm) -> ZoneInfo:
    return ZoneInfo(user.time_zone or firm.time_zone)


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When a clock shows an hour on a day. An hour that the change of clocks leaves out is that much later; of two, it is the first."""
    return datetime.combine(day, at, tzinfo=zone)


def out_of_quiet_hours(moment: datetime, *, preferences: Preferences, zone: ZoneInfo) -> datetime:
    """The same moment, or the end of the quiet hours it falls in."""
    since, until = preferences.quiet_from, preferences.quiet_until
    if since is None or until is None or since == until:
        return moment
    local = moment.astimezone(zone)
    now = local.time()
    is_quiet = since <= now < until if since < until else now >= since or now < until
    if not is_quiet:
        return moment
    day = local.date() if now < until else local.date() + timedelta(days=1)
    return max(moment, moment_of(day, until, zone))


# --- Unsubscribing, from an e-mail and without signing in (RFC 8058) ---

_signer = signing.Signer(salt="messaging.unsubscribe")


def unsubscribe_key(user: User) -> str:
    """What the link in a person's digests carries: it names the person and can only have been written here."""
    return _signer.sign(f"{user.firm_id}.{user.pk}")


def find_subscriber(key: str) -> User | None:
    """Whose link this is; None when it is nobody's, or no longer anybody's."""
    try:
        firm_id, user_id = map(int, _signer.unsign(key).split("."))
    except (signing.BadSignature, ValueError):
        return None
    with acting_for(firm_id):
        return User.objects.select_related("firm").filter(firm_id=firm_id, pk=user_id).first()


def unsubscribe(user: User) -> None:
    """No more digests by e-mail, until the person asks for them again. A second time changes nothing."""
    with acting_for(user.firm_id):
        set_preferences(by=user, digest_by_email=False)


def preferences_by_user(firm: Firm) -> Mapping[int, Preferences]:
    return {row.user_id: row for row in Preferences.objects.filter(firm_id=firm.pk)}
