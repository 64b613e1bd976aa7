"""Django's e-mail backend of this product: whatever sends an e-mail, allauth included, queues it in the outbox of the current firm."""

import uuid
from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from firms.wall import current_firm_id
from messaging.outbox import queue_message

# A sender that may decide the same e-mail twice says so in this header; it does not leave with the message.
DEDUPE_HEADER = "X-Dedupe-Key"


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
