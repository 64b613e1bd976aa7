"""What leaves the building: an e-mail is a row, written in the transaction that decided it and sent after.

A sender claims one row at a time for the length of a lease (SKIP LOCKED, so many may work at once), sends it outside any transaction and
marks it sent. A sender that died, perhaps after the message left, is known by its database session, which ended with it, or by its lease,
which ran out: a colleague gets the message again, under the same Message-ID, a client's is held for a person to decide. So is a client's
message after which the mail server fell silent.
"""

import logging
import re
import smtplib
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils import timezone

from firms.background import enqueue
from firms.models import User
from firms.wall import acting_for
from messaging.models import OutboxMessage
from messaging.trouble import tell_of_held

logger = logging.getLogger(__name__)

Status = OutboxMessage.Status
SEND_TASK = "messaging.tasks.send_outbox"
# Of one message. A mail server is asked a dozen things at most to take one, and given EMAIL_TIMEOUT seconds for each answer.
LEASE = timedelta(minutes=5)
QUESTIONS = 12
# A sender holds an advisory lock of this class and its own session's number: PostgreSQL lets go of it when the process dies. The session may
# also be cut under a sender that lives, so a message without a session is left alone for as long as sending one usually takes.
SENDER_LOCK = 0x4F55_5442
GRACE = timedelta(seconds=15)
# What a sender knows of a message it keeps trying to write down for so long, when its session is cut.
REMEMBERED_SECONDS = 60
# After this many seconds a sender takes no further message: what is left goes with the next tick, far from the task's time limit.
LONGEST_RUN = 300
# A refused message waits 1, 2, 4… minutes before the next attempt, and fails after the last: about two hours in all.
MOST_ATTEMPTS = 8
LONGEST_SUBJECT = 300
# Spaces and whatever ends a line; spaces that hold two words together are left.
_BREAKS = re.compile(r"[ \t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# A person has to decide what becomes of these.
UNDECIDED = (Status.HELD, Status.FAILED)


def queue_message(
    *, firm_id: int, to: str, subject: str, text: str, dedupe_key: str, html: str = "", calendar: str = "", to_client: bool = False
) -> None:
    """Decide that an e-mail leaves if this transaction commits. The same dedupe key a second time does nothing.

    A subject is one line, whatever the names in it hold. `calendar` is an invitation that goes with it (RFC 5546).
    """
    message = OutboxMessage(
        firm_id=firm_id, to=to, subject=one_line(subject), text=text, html=html, calendar=calendar, to_client=to_client, dedupe_key=dedupe_key
    )
    queue_messages([message])


def queue_messages(messages: Sequence[OutboxMessage]) -> None:
    """Several e-mails of one firm, decided together: one statement and one hint. Their subjects are one line each."""
    if messages:
        OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)
        enqueue(SEND_TASK, firm_id=messages[0].firm_id)


def one_line(subject: str) -> str:
    """A subject that fits an e-mail's header, whatever the names in it hold."""
    return _BREAKS.sub(" ", subject).strip()[:LONGEST_SUBJECT]


def send_due(*, firm_id: int) -> int:
    """Send what waits in one firm, each message outside any transaction. Returns how many left.

    Where the mail server cannot be reached, one message notes it and the others wait for the next tick.
    """
    sent, began = 0, time.monotonic()
    release_lost(firm_id=firm_id)
    server = get_connection(settings.OUTBOX_EMAIL_BACKEND)
    try:
        while time.monotonic() - began < LONGEST_RUN and (message := claim(firm_id=firm_id)):
            try:
                # Open already, it stays open for the next.
                server.open()
            except Exception as error:
                _note_failure(message, error, may_have_left=False)
                break
            sent += _send(message, server)
    finally:
        server.close()
        _let_go()
    return sent


def _send(message: OutboxMessage, server: BaseEmailBackend) -> bool:
    try:
        _compose(message, server).send()
    except Exception as error:
        # What it said no to did not leave; after a silence it may have.
        _note_failure(message, error, may_have_left=not isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused | ValueError))
        # Whatever state the conversation is in, the next message begins a new one.
        server.close()
        return False
    # The attempt is the claim: nobody else tried since, even if the lease ran out meanwhile.
    _mark(message, from_status=(Status.SENDING, Status.WAITING, Status.HELD), status=Status.SENT, sent_at=timezone.now(), leased_until=None, error="")
    return True


def _compose(message: OutboxMessage, server: BaseEmailBackend) -> EmailMultiAlternatives:
    # The same identifier on every attempt, so that a mail server can tell a repetition.
    headers = {**message.headers, "Message-ID": f"<{message.firm_id}.{message.pk}@{urlsplit(settings.SITE_URL).hostname}>"}
    mail = EmailMultiAlternatives(message.subject, message.text, settings.DEFAULT_FROM_EMAIL, [message.to], connection=server, headers=headers)
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    if message.calendar:
        _add_calendar(mail, message.calendar)
    return mail


def _add_calendar(mail: EmailMultiAlternatives, calendar: str) -> None:
    """An invitation as mail programs know it (RFC 6047): another form of the message itself; for a provider that takes none, a file."""
    method = re.search(r"^METHOD:(\w+)", calendar, re.MULTILINE)
    kind = f"text/calendar; method={method[1] if method else 'PUBLISH'}"
    if settings.OUTBOX_EMAIL_BACKEND.startswith("anymail"):
        mail.attach("invitation.ics", calendar, kind)
    else:
        mail.attach_alternative(calendar, kind)


def claim(*, firm_id: int) -> OutboxMessage | None:
    """Take the message that waits longest for the length of a lease; nobody else gets it meanwhile."""
    with acting_for(firm_id):
        due = OutboxMessage.objects.filter(Q(leased_until=None) | Q(leased_until__lt=Now()), firm_id=firm_id, status=Status.WAITING)
        message = due.select_for_update(skip_locked=True).first()
        if message is not None:
            message.attempts += 1
            OutboxMessage.objects.filter(pk=message.pk).update(
                status=Status.SENDING, leased_until=timezone.now() + LEASE, attempts=message.attempts, sender=_hold()
            )
        return message


def _hold() -> int:
    """Hold this session's lock, once more; returns its number. It is the session's and not the transaction's: it outlives the claim."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_advisory_lock(%s, pg_backend_pid())", [SENDER_LOCK])
        return int(cursor.fetchone()[0])


def _let_go() -> None:
    """Nothing else here holds a lock of the session. One that was cut holds none."""
    with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")


_SENDER_LIVES = """
    EXISTS (
        SELECT FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND l.classid = %s::oid AND l.objid = messaging_outboxmessage.sender::oid
    )
"""


def _sender_lives() -> RawSQL:
    return RawSQL(_SENDER_LIVES, [SENDER_LOCK], BooleanField())  # noqa: S611  nothing in it comes from outside


def release_lost(*, firm_id: int) -> None:
    """Messages whose sender died: nobody knows whether they left. One under which sender after sender dies is held, whoever reads it."""
    dead = Q(leased_until__lt=timezone.now() + LEASE - GRACE, sender__isnull=False) & ~Q(_sender_lives())
    with acting_for(firm_id):
        lost = OutboxMessage.objects.filter(Q(leased_until__lt=Now()) | dead, firm_id=firm_id, status=Status.SENDING)
        held = list(lost.filter(Q(to_client=True) | Q(attempts__gte=MOST_ATTEMPTS)).select_for_update().defer("text", "html"))
        OutboxMessage.objects.filter(pk__in=[message.pk for message in held]).update(status=Status.HELD, error="", leased_until=None)
        tell_of_held(held)
        lost.update(status=Status.WAITING, leased_until=None)


def _note_failure(message: OutboxMessage, error: Exception, *, may_have_left: bool) -> None:
    logger.warning("message_refused", exc_info=error, extra={"message_id": message.pk, "attempts": message.attempts})
    told, sending = _in_words(error), (Status.SENDING,)
    if message.to_client and may_have_left:
        _mark(message, from_status=sending, status=Status.HELD, error=told, leased_until=None)
        with acting_for(message.firm_id):
            tell_of_held([message])
    elif message.attempts >= MOST_ATTEMPTS or isinstance(error, ValueError):
        # What cannot even be written as an e-mail will not be better in a minute.
        _mark(message, from_status=sending, status=Status.FAILED, error=told, leased_until=None)
    else:
        later = timezone.now() + timedelta(minutes=2 ** (message.attempts - 1))
        _mark(message, from_status=sending, status=Status.WAITING, error=told, leased_until=later)


def _in_words(error: Exception) -> str:
    """What the mail server answered, as it said it."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()))
            return f"{code} {said.decode(errors='replace')}"
        case smtplib.SMTPResponseException():
            answer = error.smtp_error
            return f"{error.smtp_code} {answer.decode(errors='replace') if isinstance(answer, bytes) else answer}"
    return str(error)


def _mark(message: OutboxMessage, *, from_status: tuple[Status, ...], **fields: Any) -> None:
    """Write down what became of a message. Nobody else knows it, so a session that is cut is no reason to give up."""
    deadline = time.monotonic() + REMEMBERED_SECONDS
    while True:
        try:
            with acting_for(message.firm_id):
                OutboxMessage.objects.filter(pk=message.pk, status__in=from_status, attempts=message.attempts).update(**fields)
            return
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(0.2)


# --- What a person decides ---


def undecided_messages(user: User) -> QuerySet[OutboxMessage]:
    """Held and failed messages of the user's firm, the newest first."""
    return OutboxMessage.objects.filter(firm_id=user.firm_id, status__in=UNDECIDED).order_by("-pk")


@transaction.atomic
def resend_messages(*, messages: QuerySet[OutboxMessage], by: User) -> int:
    """Send held or failed messages again. Returns how many: fewer than chosen when a colleague decided first."""
    resent = _decide(messages, by=by, status=Status.WAITING, attempts=0, leased_until=None)
    if resent:
        enqueue(SEND_TASK, firm_id=by.firm_id)
    return resent


@transaction.atomic
def discard_messages(*, messages: QuerySet[OutboxMessage], by: User) -> int:
    """Never send these held or failed messages. Returns how many: fewer than chosen when a colleague decided first."""
    return _decide(messages, by=by, status=Status.DISCARDED)


def _decide(messages: QuerySet[OutboxMessage], *, by: User, **fields: object) -> int:
    undecided = messages.filter(firm_id=by.firm_id, status__in=UNDECIDED)
    return undecided.order_by().update(decided_by=by, decided_at=Now(), **fields)
