"""What happened with a client, written down."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from clients.models import Client, Interaction
from firms.models import User


@dataclass(frozen=True, kw_only=True)
class InteractionDraft:
    """What someone says of a meeting, a call or a message. Without a moment, it happened just now."""

    channel: str
    subject: str
    summary: str = ""
    happened_at: datetime | None = None


@transaction.atomic
def log_interaction(*, client: Client, by: User, draft: InteractionDraft) -> Interaction:
    """Add an interaction to the client's file."""
    return Interaction.objects.create(
        client=client,
        by=by,
        channel=draft.channel,
        subject=draft.subject,
        summary=draft.summary,
        happened_at=draft.happened_at or timezone.now(),
    )
