"""Whoever is to cover an absent colleague is told, and told when they no longer are (registered with firms/absences.py)."""

from django.urls import reverse
from django.utils import timezone

from firms.calendar import local_time
from firms.models import Absence, User
from messaging.notices import post_notice
from touchpoints.notices import COVER, COVER_ENDED


def tell_of_cover(absence: Absence, before: User | None, now: User | None, by: User) -> None:
    """Nobody is told of what they decided themselves, nor of days that are over."""
    if absence.ends_on < local_time(by.firm).date():
        return
    values = {
        "name": absence.user.name,
        "starts_on": absence.starts_on.isoformat(),
        "ends_on": absence.ends_on.isoformat(),
        "region": by.firm.region,
    }
    # Each decision is told, also one that returns to what was.
    key = f"cover:{absence.pk}:{timezone.now().isoformat()}"
    if now is not None and now != by:
        post_notice(user=now, kind=COVER, values=values, dedupe_key=f"{key}:{now.pk}", url=reverse("queue"))
    if before is not None and before != by:
        post_notice(user=before, kind=COVER_ENDED, values=values, dedupe_key=f"{key}:{before.pk}:ended")
