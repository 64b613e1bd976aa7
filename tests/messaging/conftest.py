from collections.abc import Iterator

import pytest

from tests.messaging.smtp import Mailbox, running_mail_server


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    """A real mail server that the outbox sends through."""
    with running_mail_server() as server:
        settings.OUTBOX_EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
