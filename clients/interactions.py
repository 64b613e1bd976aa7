"""What happened with a client, written down."""

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


@transaction.atomic
def log_interaction(*, client: Client, by: User, draft: InteractionDraft) -> Interaction:
    """Add an interaction to the client's file. Raises ValidationError when it is said to happen in the future
    or before anyone's time, or says nothing."""
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
    return interaction
