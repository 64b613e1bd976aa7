import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone

from firms import membership
from firms.models import Firm, User
from firms.wall import acting_for, enter_firm
from messaging import outbox
from messaging.models import Notice, OutboxMessage
from messaging.trouble import word_held
from tests import factories
from tests.messaging.stalling import StallingServer, running_stalling_server
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
    for _message in range(2):
        outbox.claim(firm_id=alice.firm_id)  # the senders die here
    assert outbox.send_due(firm_id=alice.firm_id) == 0
    expire_leases()
    assert outbox.send_due(firm_id=alice.firm_id) == 1
    assert (statuses(), [message["To"] for message in mailbox.messages]) == (["sent", "held"], ["reader1@example.test"])


def test_administrators_are_told_whose_e_mails_are_held(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_ATTEMPTS", 1)
    told: list[str] = []
    for to_clients in ([True], [True, True], [False], [True, False]):
        for number, to_client in enumerate(to_clients):
            queue(alice.firm, 10 * len(told) + number, to_client=to_client)
            outbox.claim(firm_id=alice.firm_id)
        expire_leases()
        outbox.release_lost(firm_id=alice.firm_id)
        told.append(word_held(Notice.objects.latest("pk").values))
    assert told == [
        "1 e-mail to a client may not have arrived: decide whether it leaves again.",
        "2 e-mails to clients may not have arrived: decide whether they leave again.",
        "1 e-mail may not have arrived: decide whether it leaves again.",
        "2 e-mails may not have arrived: decide whether they leave again.",
    ]


def hold(firm: Firm, *numbers: int) -> None:
    """Messages to clients whose sender died."""
    for number in numbers:
        queue(firm, number, to_client=True)
        outbox.claim(firm_id=firm.pk)
    expire_leases()
    outbox.release_lost(firm_id=firm.pk)


def test_held_messages_go_when_a_person_says_so_once(alice: User, mailbox) -> None:
    hold(alice.firm, 1, 2)
    undecided = outbox.undecided_messages(alice)
    assert [outbox.resend_messages(messages=undecided, by=alice), outbox.resend_messages(messages=undecided, by=alice)] == [2, 0]
    assert (outbox.send_due(firm_id=alice.firm_id), statuses()) == (2, ["sent", "sent"])
    assert {message.decided_by for message in OutboxMessage.objects.all()} == {alice}


def test_a_discarded_message_never_leaves(alice: User, mailbox) -> None:
    hold(alice.firm, 1, 2)
    first = outbox.undecided_messages(alice).filter(to="reader1@example.test")
    assert [outbox.discard_messages(messages=first, by=alice), outbox.resend_messages(messages=first, by=alice)] == [1, 0]
    assert outbox.resend_messages(messages=OutboxMessage.objects.all(), by=alice) == 1
    assert (outbox.send_due(firm_id=alice.firm_id), statuses()) == (1, ["discarded", "sent"])


def test_only_what_is_held_or_failed_is_decided_about(alice: User) -> None:
    queue(alice.firm)
    before = list(OutboxMessage.objects.values())
    assert outbox.discard_messages(messages=OutboxMessage.objects.all(), by=alice) == 0
    assert outbox.resend_messages(messages=OutboxMessage.objects.all(), by=alice) == 0
    assert list(OutboxMessage.objects.values()) == before


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


def test_a_sender_that_comes_late_says_what_happened_and_disturbs_nobody(alice: User) -> None:
    """Its lease ran out while it was sending: what it knows still counts, unless someone tried or decided since."""
    queue(alice.firm, 1, to_client=True)
    late = outbox.claim(firm_id=alice.firm_id)
    assert late is not None
    expire_leases()
    outbox.release_lost(firm_id=alice.firm_id)
    outbox._note_failure(late, TimeoutError(), may_have_left=True)
    assert statuses() == ["held"]
    outbox.resend_messages(messages=outbox.undecided_messages(alice), by=alice)
    again = outbox.claim(firm_id=alice.firm_id)
    assert again is not None
    outbox.claim(firm_id=alice.firm_id)
    expire_leases()
    outbox.release_lost(firm_id=alice.firm_id)
    assert statuses() == ["held"]


def test_a_lease_outlives_the_longest_conversation_with_a_mail_server() -> None:
    assert outbox.LEASE.total_seconds() > outbox.QUESTIONS * settings.EMAIL_TIMEOUT
    assert outbox.LONGEST_RUN + outbox.LEASE.total_seconds() < settings.CELERY_TASK_SOFT_TIME_LIMIT


@pytest.fixture
def stalling(settings) -> Iterator[StallingServer]:
    with running_stalling_server() as server:
        settings.OUTBOX_EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.2
        yield server


def test_a_client_message_after_which_the_server_fell_silent_is_held_and_a_colleagues_waits(alice: User, stalling: StallingServer) -> None:
    queue(alice.firm, 1, to_client=True)
    queue(alice.firm, 2)
    assert (outbox.send_due(firm_id=alice.firm_id), statuses(), len(stalling.taken)) == (0, ["held", "waiting"], 2)
    assert "timed out" in OutboxMessage.objects.get(to_client=True).error


def test_a_server_silent_from_the_start_took_nothing_and_is_asked_once(alice: User, stalling: StallingServer) -> None:
    stalling.silent_after = "CONNECT"
    for number in range(10):
        queue(alice.firm, number, to_client=True)
    assert (outbox.send_due(firm_id=alice.firm_id), stalling.conversations) == (0, 1)
    assert (statuses(), sorted(OutboxMessage.objects.values_list("attempts", flat=True))) == (["waiting"] * 10, [0] * 9 + [1])


@pytest.mark.django_db(transaction=True)
def test_each_message_is_claimed_when_its_turn_comes(stalling: StallingServer) -> None:
    """Eight messages take a stalling server eight times what one takes: were they claimed together, the last leases would run out first."""
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        for number in range(8):
            queue(firm, number)
    over, claimed_at_once = threading.Event(), []

    def tick() -> None:
        while not over.wait(0.05):
            outbox.release_lost(firm_id=firm.pk)
            with acting_for(firm.pk):
                claimed_at_once.append(OutboxMessage.objects.filter(status="sending").count())
        connection.close()

    ticking = threading.Thread(target=tick)
    ticking.start()
    outbox.send_due(firm_id=firm.pk)
    over.set()
    ticking.join()
    with acting_for(firm.pk):
        assert list(OutboxMessage.objects.values_list("attempts", flat=True)) == [1] * 8
    assert (len(stalling.taken), max(claimed_at_once)) == (8, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("to_client", "then"), [(True, "held"), (False, "waiting")])
def test_a_sender_whose_session_ended_is_not_waited_for(to_client: bool, then: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lease has minutes to run; PostgreSQL knows that it is gone."""
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        queue(firm, to_client=to_client)

    def claim_and_die() -> None:
        outbox.claim(firm_id=firm.pk)
        dead.wait()
        connection.close()

    dead = threading.Event()
    sender = threading.Thread(target=claim_and_die)
    sender.start()

    def status() -> str:
        with acting_for(firm.pk):
            return OutboxMessage.objects.get().status

    wait_until(lambda: status() == "sending")
    monkeypatch.setattr(outbox, "GRACE", timedelta(0))
    outbox.release_lost(firm_id=firm.pk)
    assert status() == "sending"
    monkeypatch.setattr(outbox, "GRACE", timedelta(minutes=1))
    dead.set()
    sender.join()
    outbox.release_lost(firm_id=firm.pk)
    assert status() == "sending"
    monkeypatch.setattr(outbox, "GRACE", timedelta(0))

    def is_released() -> bool:
        outbox.release_lost(firm_id=firm.pk)
        return status() == then

    wait_until(is_released)


@pytest.mark.django_db(transaction=True)
def test_what_a_sender_knows_survives_its_session(mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut between the mail server's answer and writing it down, it writes it down all the same: the message does not leave again."""
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        queue(firm)
    compose = outbox._compose

    def cut_then_compose(*arguments: Any) -> Any:
        connection.connection.close()
        return compose(*arguments)

    monkeypatch.setattr(outbox, "_compose", cut_then_compose)
    assert outbox.send_due(firm_id=firm.pk) == 1
    with acting_for(firm.pk):
        assert statuses() == ["sent"]
    assert len(mailbox.messages) == 1


def test_a_subject_is_one_line_whatever_the_names_in_it_hold(alice: User, mailbox) -> None:
    Firm.objects.filter(pk=alice.firm_id).update(name="Alpha\r\nBcc: spy@example.test")
    alice.firm.refresh_from_db()
    membership.invite(firm=alice.firm, by=alice, email="zoe@example.test", name="Zoé", role="adviser", language="en")
    assert outbox.send_due(firm_id=alice.firm_id) == 1
    (received,) = mailbox.messages
    assert (received["Subject"], received["Bcc"], received["To"]) == ("Alpha Bcc: spy@example.test invites you to its CRM", None, "zoe@example.test")


def test_a_message_that_cannot_be_written_fails_at_once_and_is_listed(alice: User, mailbox) -> None:
    queue(alice.firm, 1)
    queue(alice.firm, 2)
    OutboxMessage.objects.filter(to="reader1@example.test").update(subject="Two\nlines")
    assert (outbox.send_due(firm_id=alice.firm_id), statuses()) == (1, ["failed", "sent"])
    assert [message.to for message in outbox.undecided_messages(alice)] == ["reader1@example.test"]


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
