"""What happened with a client, written down."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, Interaction
from firms.models import User

# Clocks differ a little; a meeting of next week has not happened.
_AHEAD = timedelta(minutes=5)
# Before this, a moment is a slip of the finger; and before time zones it has no offset in whole minutes.
EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class InteractionDraft:
    """What someone says of a meeting, a call or a message. Without a moment, it happened just now."""

    channel: str
    subject: str
    summary: str = ""
    happened_at: datetime | None = None


Follower = Callable[[Interaction, User], None]
_followers: list[Follower] = []


def when_logged(follower: Follower) -> None:
    """Where a higher room says, when its app is ready, what follows from an interaction: called in the transaction that logs it."""
    if follower not in _followers:
        _followers.append(follower)


@transaction.atomic
def log_interaction(*, client: Client, by: User, draft: InteractionDraft, is_accounted_for: bool = False) -> Interaction:
    """Add an interaction to the client's file. Raises ValidationError when it is said to happen in the future
    or before anyone's time, or says nothing.

    `is_accounted_for`: the caller knows what it follows from (it completes a touchpoint); nobody else is asked (`when_logged`)."""
    interaction = Interaction(
        firm_id=client.firm_id,
        client=client,
        by=by,
        channel=draft.channel,
        subject=draft.subject,
        summary=draft.summary,
        happened_at=draft.happened_at or timezone.now(),
    )
    if interaction.happened_at > timezone.now() + _AHEAD:
        raise ValidationError({"happened_at": _("An interaction is logged after it happened.")})
    if interaction.happened_at < EARLIEST:
        raise ValidationError({"happened_at": _("This is too long ago: check the year.")})
    interaction.full_clean(exclude=["firm", "client", "by"])
    interaction.save()
    for follow in [] if is_accounted_for else _followers:
        follow(interaction, by)
    return interaction
