"""Django's e-mail backend of this product: whatever sends an e-mail, allauth included, queues it in the outbox of the current firm."""

import uuid
from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends import console
from django.core.mail.backends.base import BaseEmailBackend

from firms.wall import current_firm_id
from messaging.outbox import queue_message

# A sender that may decide the same e-mail twice says so in this header; it does not leave with the message.
DEDUPE_HEADER = "X-Dedupe-Key"
MOST_LINES_SHOWN = 12


class OutboxBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
            html = next((str(content) for content, kind in alternatives if kind == "text/html"), "")
            for address in message.recipients():
                key = message.extra_headers.get(DEDUPE_HEADER) or uuid.uuid4().hex
                queue_message(
                    firm_id=current_firm_id(),
                    to=address,
                    subject=str(message.subject),
                    text=str(message.body),
                    html=html,
                    dedupe_key=f"{key}:{address}",
                )
        return len(email_messages)


class ConsoleBackend(console.EmailBackend):
    """What a developer reads instead of an inbox: the text as it is, so that a link can be followed. Of long e-mails, the beginning."""

    def write_message(self, message: EmailMessage) -> None:
        lines = str(message.body).strip().splitlines()
        further = len(lines) - MOST_LINES_SHOWN
        shown = lines if further <= 0 else [*lines[:MOST_LINES_SHOWN], f"… {further} more lines"]
        head = f"E-mail to {', '.join(message.recipients())}: {message.subject}"
        self.stream.write("\n".join(["", head, *(f"  {line}".rstrip() for line in shown), ""]))
