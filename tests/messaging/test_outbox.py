import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone

from firms.models import Firm, User
from firms.wall import acting_for, enter_firm
from messaging import outbox
from messaging.models import OutboxMessage
from tests import factories
from tests.waiting import wait_until


def queue(firm: Firm, number: int = 1, **fields: Any) -> None:
    values = {
        "to": f"reader{number}@example.test",
        "subject": f"Éphéméride {number}",
        "text": "Bonjour.\n.\nÀ bientôt",
        "dedupe_key": f"key {number}",
    }
    outbox.queue_message(firm_id=firm.pk, **{**values, **fields})


def statuses() -> list[str]:
    return list(OutboxMessage.objects.values_list("status", flat=True))


def expire_leases() -> None:
    OutboxMessage.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_message_leaves_once_as_written(alice: User, mailbox) -> None:
    queue(alice.firm, html="<p>Bonjour</p>")
    assert (outbox.send_due(firm_id=alice.firm_id), outbox.send_due(firm_id=alice.firm_id)) == (1, 0)
    (received,) = mailbox.messages
    assert (received["To"], received["Subject"]) == ("reader1@example.test", "Éphéméride 1")
    assert received.get_body(("plain",)).get_content().splitlines() == ["Bonjour.", ".", "À bientôt"]
    assert received.get_body(("html",)).get_content().strip() == "<p>Bonjour</p>"
    assert statuses() == ["sent"]


def test_the_same_dedupe_key_queues_one_message(alice: User) -> None:
    queue(alice.firm)
    queue(alice.firm, text="Again")
    assert list(OutboxMessage.objects.values_list("text", flat=True)) == ["Bonjour.\n.\nÀ bientôt"]


def test_a_decision_rolled_back_sends_nothing(alice: User, mailbox) -> None:
    with transaction.atomic():
        queue(alice.firm)
        transaction.set_rollback(True)
    assert (outbox.send_due(firm_id=alice.firm_id), mailbox.messages) == (0, [])


def test_another_firms_messages_are_left_alone(alice: User, beta: Firm, mailbox) -> None:
    enter_firm(beta.pk)
    queue(beta)
    enter_firm(alice.firm_id)
    assert outbox.send_due(firm_id=alice.firm_id) == 0
    enter_firm(beta.pk)
    assert statuses() == ["waiting"]


def test_after_a_crash_a_colleagues_message_goes_again_and_a_clients_is_held(alice: User, mailbox) -> None:
    queue(alice.firm, 1)
    queue(alice.firm, 2, to_client=True)
    outbox.claim(firm_id=alice.firm_id)  # the sender dies here
    assert outbox.send_due(firm_id=alice.firm_id) == 0
    expire_leases()
    assert outbox.send_due(firm_id=alice.firm_id) == 1
    assert (statuses(), [message["To"] for message in mailbox.messages]) == (["sent", "held"], ["reader1@example.test"])


def test_a_held_message_goes_when_a_person_says_so_once(alice: User, mailbox) -> None:
    queue(alice.firm, to_client=True)
    outbox.claim(firm_id=alice.firm_id)
    expire_leases()
    outbox.send_due(firm_id=alice.firm_id)
    held = OutboxMessage.objects.get()
    outbox.resend_message(message=held, by=alice)
    with pytest.raises(outbox.NotHeld):
        outbox.resend_message(message=held, by=alice)
    assert (outbox.send_due(firm_id=alice.firm_id), statuses()) == (1, ["sent"])


def test_a_refused_message_waits_longer_each_time_and_fails_in_the_end(alice: User, mailbox) -> None:
    mailbox.refused.add("reader1@")
    queue(alice.firm, 1)
    queue(alice.firm, 2)
    assert (outbox.send_due(firm_id=alice.firm_id), statuses()) == (1, ["waiting", "sent"])
    message = OutboxMessage.objects.get(to="reader1@example.test")
    assert message.leased_until is not None
    assert timedelta(seconds=50) < message.leased_until - timezone.now() <= timedelta(minutes=1)
    for _attempt in range(outbox.MOST_ATTEMPTS):
        OutboxMessage.objects.filter(status="waiting").update(leased_until=None)
        outbox.send_due(firm_id=alice.firm_id)
    message.refresh_from_db()
    assert (message.status, message.attempts, "no such person" in message.error) == ("failed", outbox.MOST_ATTEMPTS, True)


def test_without_a_mail_server_everything_waits(alice: User, settings) -> None:
    settings.OUTBOX_EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    queue(alice.firm, 1)
    queue(alice.firm, 2)
    assert (outbox.send_due(firm_id=alice.firm_id), statuses()) == (0, ["waiting", "waiting"])


def test_whatever_sends_an_email_uses_the_outbox_of_the_current_firm(alice: User) -> None:
    EmailMessage("Subject", "Text", to=["a@example.test", "b@example.test"], headers={"X-Dedupe-Key": "once"}).send()
    EmailMessage("Subject", "Text", to=["a@example.test"], headers={"X-Dedupe-Key": "once"}).send()
    assert [(message.to, message.firm_id) for message in OutboxMessage.objects.all()] == [
        ("a@example.test", alice.firm_id),
        ("b@example.test", alice.firm_id),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_message_once(mailbox) -> None:
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        for number in range(30):
            queue(firm, number)

    def send() -> None:
        outbox.send_due(firm_id=firm.pk)
        connection.close()

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    with acting_for(firm.pk):
        assert statuses() == ["sent"] * 30
    assert sorted(message["To"] for message in mailbox.messages) == sorted(f"reader{number}@example.test" for number in range(30))


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_when_the_decision_commits(mailbox, worker) -> None:
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        queue(firm)
    wait_until(lambda: mailbox.messages)
    assert [message["To"] for message in mailbox.messages] == ["reader1@example.test"]
