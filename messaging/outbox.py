"""What leaves the building: an e-mail is a row, written in the transaction that decided it and sent after.

A sender claims rows for a while (SKIP LOCKED, so many may work at once), sends outside any transaction and marks them sent. A claim that
ran out means that a sender died, perhaps after the message left: a colleague gets it again, a client's is held for a person to decide.
"""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from firms.background import enqueue
from firms.models import User
from firms.wall import acting_for
from messaging.models import OutboxMessage

logger = logging.getLogger(__name__)

SEND_TASK = "messaging.tasks.send_outbox"
LEASE = timedelta(minutes=5)
# A refused message waits 1, 2, 4… minutes before the next attempt, and fails after the last: about two hours in all.
MOST_ATTEMPTS = 8
BATCH = 10


class NotHeld(Exception):
    """The message is not held or failed (any more): there is nothing to decide."""


def queue_message(*, firm_id: int, to: str, subject: str, text: str, dedupe_key: str, html: str = "", to_client: bool = False) -> None:
    """Decide that an e-mail leaves if this transaction commits. The same dedupe key a second time does nothing."""
    message = OutboxMessage(firm_id=firm_id, to=to, subject=subject, text=text, html=html, to_client=to_client, dedupe_key=dedupe_key)
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    enqueue(SEND_TASK, firm_id=firm_id)


def send_due(*, firm_id: int) -> int:
    """Send what waits in one firm, each message outside any transaction. Returns how many left."""
    sent = 0
    release_lost(firm_id=firm_id)
    while batch := claim(firm_id=firm_id):
        connection = get_connection(settings.OUTBOX_EMAIL_BACKEND)
        for message in batch:
            try:
                # Open already, it stays open for the next.
                connection.open()
                _compose(message, connection).send()
            except Exception as error:
                _note_failure(message, error)
            else:
                _mark(message, status=OutboxMessage.Status.SENT, sent_at=timezone.now(), leased_until=None, error="")
                sent += 1
        connection.close()
    return sent


def _compose(message: OutboxMessage, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    # The same identifier on every attempt, so that a mail server can tell a repetition.
    headers = {"Message-ID": f"<{message.firm_id}.{message.pk}@{urlsplit(settings.SITE_URL).hostname}>"}
    mail = EmailMultiAlternatives(message.subject, message.text, settings.DEFAULT_FROM_EMAIL, [message.to], connection=connection, headers=headers)
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def claim(*, firm_id: int) -> list[OutboxMessage]:
    """Take messages for the length of a lease; nobody else gets them meanwhile."""
    with acting_for(firm_id):
        due = OutboxMessage.objects.filter(Q(leased_until=None) | Q(leased_until__lt=Now()), firm_id=firm_id, status=OutboxMessage.Status.WAITING)
        batch = list(due.select_for_update(skip_locked=True)[:BATCH])
        OutboxMessage.objects.filter(pk__in=[message.pk for message in batch]).update(
            status=OutboxMessage.Status.SENDING, leased_until=timezone.now() + LEASE, attempts=F("attempts") + 1
        )
        for message in batch:
            message.attempts += 1
        return batch


def release_lost(*, firm_id: int) -> None:
    """Messages whose sender died: nobody knows whether they left."""
    with acting_for(firm_id):
        lost = OutboxMessage.objects.filter(firm_id=firm_id, status=OutboxMessage.Status.SENDING, leased_until__lt=Now())
        lost.filter(to_client=True).update(status=OutboxMessage.Status.HELD, leased_until=None)
        lost.filter(to_client=False).update(status=OutboxMessage.Status.WAITING, leased_until=None)


def _note_failure(message: OutboxMessage, error: Exception) -> None:
    """The mail server said no or was not there, so the message did not leave; after a silence it may have."""
    logger.warning("message_refused", exc_info=error, extra={"message_id": message.pk, "attempts": message.attempts})
    if message.to_client and isinstance(error, TimeoutError):
        _mark(message, status=OutboxMessage.Status.HELD, error=str(error), leased_until=None)
    elif message.attempts >= MOST_ATTEMPTS:
        _mark(message, status=OutboxMessage.Status.FAILED, error=str(error), leased_until=None)
    else:
        later = timezone.now() + timedelta(minutes=2 ** (message.attempts - 1))
        _mark(message, status=OutboxMessage.Status.WAITING, error=str(error), leased_until=later)


def _mark(message: OutboxMessage, **fields: object) -> None:
    with acting_for(message.firm_id):
        OutboxMessage.objects.filter(pk=message.pk, status=OutboxMessage.Status.SENDING).update(**fields)


@transaction.atomic
def resend_message(*, message: OutboxMessage, by: User) -> None:
    """A person decides that a held or failed message goes again.

    Raises NotHeld when a colleague decided first.
    """
    waits_for_a_person = [OutboxMessage.Status.HELD, OutboxMessage.Status.FAILED]
    messages = OutboxMessage.objects.filter(pk=message.pk, firm_id=by.firm_id, status__in=waits_for_a_person)
    if not messages.update(status=OutboxMessage.Status.WAITING, attempts=0, leased_until=None):
        raise NotHeld(message)
    enqueue(SEND_TASK, firm_id=by.firm_id)
