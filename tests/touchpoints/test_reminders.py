"""What a person is told about touchpoints: once a day, or once at all; at their own hour, in their own language."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import translation

from firms.models import Absence, Firm, Support, User
from firms.wall import acting_for, enter_firm
from messaging.digests import make_digests
from messaging.models import Digest, Notice, OutboxMessage
from messaging.notices import wording
from messaging.preferences import set_preferences
from service_matrix.models import MatrixVersion, Promise
from tests import factories
from tests.factories import make_user
from tests.touchpoints.rows import TODAY, make_segment, make_touchpoint, make_type
from touchpoints.appointments import AppointmentDraft, cancel_appointment, set_appointment
from touchpoints.models import Reminder, Touchpoint

# Monday 23 November 2026: 7:00 in Paris, 1:00 in Montréal.
SEVEN_IN_PARIS = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SEVEN_IN_MONTREAL = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
# Two days late, the promise ends in ten: late, and nothing more.
LATE: dict[str, Any] = {"due_on": TODAY - timedelta(days=2), "window_days": 12}


@pytest.fixture
def ana(alpha: Firm, alice: User) -> User:
    return make_user(name="Ana", role="adviser")


def tell(firm: Firm, now: datetime = SEVEN_IN_MONTREAL) -> int:
    return make_digests(firm_id=firm.pk, now=now)


def posted(kind: str = "touchpoints_due") -> list[tuple[str, dict[str, int]]]:
    return list(Notice.objects.filter(kind=kind).order_by("pk").values_list("user__name", "values"))


def mail_to(user: User) -> OutboxMessage:
    return OutboxMessage.objects.get(to=user.email)


def due(**numbers: int) -> dict[str, int]:
    return {"today": 0, "late": 0, "book": 0} | numbers


def test_each_person_is_told_in_their_own_morning_once_a_day(alpha: Firm, ana: User) -> None:
    paul = make_user(name="Paul", role="adviser", time_zone="Europe/Paris")
    for adviser in (ana, paul):
        make_touchpoint(adviser=adviser)
        make_touchpoint(adviser=adviser, **LATE)

    tell(alpha, SEVEN_IN_PARIS - timedelta(seconds=1))
    assert posted() == []
    tell(alpha, SEVEN_IN_PARIS)
    assert posted() == [("Paul", due(today=1, late=1))]
    tell(alpha, SEVEN_IN_MONTREAL - timedelta(seconds=1))
    assert len(posted()) == 1
    tell(alpha, SEVEN_IN_MONTREAL)
    tell(alpha, SEVEN_IN_MONTREAL + timedelta(hours=9))
    assert posted() == [("Paul", due(today=1, late=1)), ("Ana", due(today=1, late=1))]
    # Paul's Tuesday has begun; in Montréal it is still Monday night.
    tell(alpha, SEVEN_IN_PARIS + timedelta(days=1))
    assert posted()[2:] == [("Paul", due(late=2))]
    assert OutboxMessage.objects.count() == 3


def test_each_is_told_of_the_own_work_and_nobody_of_nothing(alpha: Firm, alice: User, ana: User) -> None:
    marie = make_user(name="Marie", role="assistant")
    idle = make_user(name="Idle", role="adviser")
    make_user(name="Watcher", role="compliance")
    Support.objects.create(assistant=marie, adviser=ana)
    for performer in ("adviser", "assistant", "either"):
        make_touchpoint(adviser=ana, performer=performer)
    make_touchpoint(adviser=ana, performer="adviser", snoozed_until=TODAY + timedelta(days=1))
    make_touchpoint(adviser=ana, performer="adviser", status="done")
    make_touchpoint(adviser=alice, performer="either", **LATE)

    tell(alpha)
    assert sorted(posted()) == [("Alice Roy", due(late=1)), ("Ana", due(today=2)), ("Marie", due(today=2))]
    assert not OutboxMessage.objects.filter(to=idle.email).exists()


@pytest.mark.parametrize("day", [date(2026, 11, 28), date(2026, 12, 25)], ids=["Saturday", "Christmas"])
def test_a_day_off_stays_quiet(alpha: Firm, ana: User, day: date) -> None:
    make_touchpoint(adviser=ana, window_days=90)
    assert tell(alpha, datetime(day.year, day.month, day.day, 15, tzinfo=UTC)) == 0


def test_who_is_away_is_left_in_peace(alpha: Firm, ana: User) -> None:
    make_touchpoint(adviser=ana)
    Absence.objects.create(user=ana, starts_on=TODAY - timedelta(days=3), ends_on=TODAY)
    tell(alpha)
    assert posted() == []
    tell(alpha, SEVEN_IN_MONTREAL + timedelta(days=1))
    assert posted() == [("Ana", due(late=1))]


def test_who_stands_in_is_told_of_the_absent_colleagues_work(alpha: Firm, ana: User) -> None:
    paul = make_user(name="Paul", role="adviser")
    make_touchpoint(adviser=ana)
    Absence.objects.create(user=ana, covered_by=paul, starts_on=TODAY, ends_on=TODAY)
    tell(alpha)
    assert posted() == [("Paul", due(today=1))]
    tell(alpha, SEVEN_IN_MONTREAL + timedelta(days=1))
    assert posted()[1:] == [("Ana", due(late=1))]


def test_what_was_asked_of_a_person_is_told_to_that_person(alpha: Firm, ana: User) -> None:
    marie, zoe = (make_user(name=name, role="assistant") for name in ("Marie", "Zoé"))
    for assistant in (marie, zoe):
        Support.objects.create(assistant=assistant, adviser=ana)
    make_touchpoint(adviser=ana, performer="either", assigned_to=zoe)
    tell(alpha)
    assert posted() == [("Zoé", due(today=1))]


def test_the_sentence_is_in_the_readers_language(alpha: Firm, ana: User) -> None:
    make_touchpoint(adviser=ana)
    for _ in range(2):
        make_touchpoint(adviser=ana, **LATE)
    tell(alpha)
    notice = Notice.objects.get()
    assert wording(notice) == "1 touchpoint is due today, 2 late."
    with translation.override("fr-ca"):
        assert wording(notice) == "1 point de contact à faire aujourd’hui, 2 en retard."


def test_only_the_own_firm_is_told(alpha: Firm, beta: Firm, ana: User) -> None:
    make_touchpoint(adviser=ana)
    tell(beta)
    enter_firm(alpha.pk)
    assert posted() == []


# --- Told once: to book, late for long ---


def promise(firm: Firm, *, lead_days: int, status: str = "published") -> None:
    segment = make_segment(firm_id=firm.pk)
    version = MatrixVersion.objects.create(scheme=segment.scheme, number=1, status=status)
    Promise.objects.create(
        version=version,
        segment=segment,
        touchpoint_type=make_type(firm_id=firm.pk),
        times=1,
        channel="phone",
        performer="adviser",
        minutes=30,
        window_days=30,
        lead_days=lead_days,
    )


def test_it_is_time_to_book_when_the_promises_lead_time_is_reached_once(alpha: Firm, ana: User) -> None:
    marie = make_user(name="Marie", role="assistant")
    Support.objects.create(assistant=marie, adviser=ana)
    promise(alpha, lead_days=21)
    reached = make_touchpoint(adviser=ana, due_on=TODAY + timedelta(days=21), performer="adviser", lead_days=21)
    make_touchpoint(adviser=ana, due_on=TODAY + timedelta(days=22), performer="adviser", lead_days=21)
    tell(alpha)
    # Whoever does it is told, and the assistant, who books for the whole book.
    assert sorted(posted()) == [("Ana", due(book=1)), ("Marie", due(book=1))]
    tell(alpha, SEVEN_IN_MONTREAL + timedelta(days=1))
    assert sorted(posted()) == sorted([("Ana", due(book=1)), ("Marie", due(book=1))] * 2)
    tell(alpha, SEVEN_IN_MONTREAL + timedelta(days=2))
    assert len(posted()) == 4
    assert Reminder.objects.filter(touchpoint=reached).count() == 2

    Touchpoint.objects.filter(pk=reached.pk).update(due_on=TODAY + timedelta(days=60), window_ends_on=TODAY + timedelta(days=80))
    tell(alpha, SEVEN_IN_MONTREAL + timedelta(days=42))
    # Moved to another day, it is announced again before that day.
    assert [name for name, values in posted() if values["book"]].count("Ana") == 3


def test_what_has_its_hour_is_booked_until_the_hour_is_called_off(alpha: Firm, ana: User) -> None:
    promise(alpha, lead_days=21)
    meeting = make_touchpoint(adviser=ana, due_on=TODAY + timedelta(days=14), performer="adviser", lead_days=21)
    with time_machine.travel(SEVEN_IN_MONTREAL):
        # Another day than the one it was due on: the reminder of that day was never given.
        hour = set_appointment(touchpoint=meeting, by=ana, draft=AppointmentDraft(starts_at=SEVEN_IN_MONTREAL + timedelta(days=15), minutes=60))
        tell(alpha)
        assert (posted(), Reminder.objects.count()) == ([], 0)
        cancel_appointment(appointment=hour, by=ana)
        tell(alpha, SEVEN_IN_MONTREAL + timedelta(days=1))
    assert posted() == [("Ana", due(book=1))]


def test_a_touchpoint_without_lead_time_is_not_to_be_booked_whatever_a_draft_says(alpha: Firm, ana: User) -> None:
    promise(alpha, lead_days=21, status="draft")
    make_touchpoint(adviser=ana, due_on=TODAY + timedelta(days=10))
    tell(alpha)
    assert posted() == []


def test_what_is_late_for_long_goes_to_the_adviser_then_to_the_administrators_once_each(alpha: Firm, alice: User, ana: User) -> None:
    bea = make_user(name="Béa", role="admin")
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY, window_days=60, performer="assistant")
    told: dict[date, list[str]] = {}
    for ahead in range(15):
        now = SEVEN_IN_MONTREAL + timedelta(days=ahead)
        before = set(Notice.objects.values_list("pk", flat=True))
        tell(alpha, now)
        kinds = Notice.objects.exclude(pk__in=before).filter(kind__startswith="touchpoints_late").order_by("user__name")
        if kinds:
            told[now.date()] = [f"{notice.user.name}: {notice.kind}" for notice in kinds]
    # Five days late on a Saturday, told on Monday; ten days late on a Thursday.
    assert told == {
        TODAY + timedelta(days=7): ["Ana: touchpoints_late_adviser"],
        TODAY + timedelta(days=10): ["Alice Roy: touchpoints_late_admin", "Béa: touchpoints_late_admin"],
    }
    assert set(Reminder.objects.values_list("touchpoint", "user")) == {(touchpoint.pk, user.pk) for user in (ana, alice, bea)}


@pytest.mark.parametrize("change", [{"status": "done"}, {"status": "skipped"}, {"snoozed_until": TODAY + timedelta(days=30)}])
def test_nobody_is_reminded_of_what_was_done_or_put_off(alpha: Firm, ana: User, change: dict[str, Any]) -> None:
    make_touchpoint(adviser=ana, due_on=TODAY - timedelta(days=12), window_days=60, **change)
    tell(alpha)
    assert Notice.objects.count() == 0


def test_a_firm_may_choose_when_it_is_told_or_never(alpha: Firm, alice: User, ana: User) -> None:
    Firm.objects.filter(pk=alpha.pk).update(tell_adviser_after=2, tell_administrators_after=None)
    make_touchpoint(adviser=ana, due_on=TODAY - timedelta(days=2), window_days=60, performer="assistant")
    make_touchpoint(adviser=ana, due_on=TODAY - timedelta(days=60), window_days=90, performer="assistant")
    tell(alpha)
    assert [(notice.user.name, wording(notice)) for notice in Notice.objects.all()] == [
        ("Ana", "2 touchpoints of your clients are late by 2 days or more.")
    ]


def test_what_is_late_for_long_is_mailed_at_once_to_who_has_no_digest(alpha: Firm, ana: User) -> None:
    paul = make_user(name="Paul", role="adviser")
    set_preferences(by=paul, digest_by_email=False)
    for adviser in (ana, paul):
        make_touchpoint(adviser=adviser, due_on=TODAY - timedelta(days=6), window_days=60)
    tell(alpha)
    wanted = Notice.objects.filter(kind="touchpoints_late_adviser").order_by("user__name")
    assert [(notice.user.name, notice.mail_at is not None) for notice in wanted] == [("Ana", False), ("Paul", True)]
    assert [message.to for message in OutboxMessage.objects.all()] == [ana.email]


# --- The e-mail ---


def test_the_digest_names_what_matters_in_the_readers_language(alpha: Firm, alice: User) -> None:
    zoe = make_user(name="Zoé", role="adviser", language="fr")
    promise(alpha, lead_days=30)
    book: dict[str, dict[str, Any]] = {
        "Lavoie & fils": {},
        "Roy": LATE,
        "Côté": {"due_on": TODAY - timedelta(days=3), "window_days": 5},
        "Hébert": {"due_on": TODAY + timedelta(days=30), "lead_days": 30},
    }
    for name, fields in book.items():
        make_touchpoint(client=factories.make_client(adviser=zoe, name=name), **fields)
    tell(alpha)
    mail = mail_to(zoe)
    assert mail.subject == "23 nov. 2026\u202f: 1 aujourd’hui, 1 en retard, 1 près d’être rompu, 1 à réserver"
    told = [line for line in mail.text.splitlines() if line.startswith("- ")]
    assert told == [
        "- Lavoie & fils – Appel de suivi",
        "- Roy – Appel de suivi · Prévu le 21 nov. 2026",
        "- Côté – Appel de suivi · Prévu le 20 nov. 2026\u202f; l’engagement prend fin le 25 nov. 2026",
        "- Hébert – Appel de suivi · Prévu le 23 déc. 2026",
    ]
    assert "Lavoie &amp; fils" in mail.html
    assert "Lavoie & fils" not in mail.html


def test_a_long_list_is_counted_rather_than_told(alpha: Firm, ana: User) -> None:
    for number in range(30):
        make_touchpoint(client=factories.make_client(adviser=ana, name=f"Client {number:02}"))
    tell(alpha)
    text = mail_to(ana).text
    assert text.count("- Client") == 8
    assert "and 22 more" in text


def test_the_riskiest_come_first(alpha: Firm, ana: User) -> None:
    for name, rank, window in (("Third", 2, 30), ("Second", 1, 30), ("First", 1, 12)):
        make_touchpoint(client=factories.make_client(adviser=ana, name=name), rank=rank, window_days=window)
    tell(alpha)
    assert [line[2:].split(" – ")[0] for line in mail_to(ana).text.splitlines() if line.startswith("- ")] == ["First", "Second", "Third"]


@pytest.mark.parametrize("people", [1, 30])
def test_the_same_statements_for_one_reader_and_thirty(alpha: Firm, alice: User, django_assert_num_queries, people: int) -> None:
    promise(alpha, lead_days=30)
    for number in range(people):
        adviser = make_user(name=f"Adviser {number}", role="adviser")
        far: dict[str, Any] = {"due_on": TODAY - timedelta(days=20), "window_days": 40}
        for fields in (far, LATE, {"due_on": TODAY}, {"due_on": TODAY + timedelta(days=20), "lead_days": 30}):
            make_touchpoint(adviser=adviser, **fields)
    with django_assert_num_queries(31):
        tell(alpha)
    assert OutboxMessage.objects.count() == people + 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_tell_each_person_once() -> None:
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        enter_firm(firm.pk)
        for number in range(10):
            make_touchpoint(adviser=make_user(name=f"Adviser {number}"))
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        tell(firm)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with acting_for(firm.pk):
        assert (Digest.objects.count(), len(posted()), OutboxMessage.objects.count()) == (10, 10, 10)


def test_what_was_asked_of_someone_away_is_told_to_who_covers_them(alpha: Firm, ana: User) -> None:
    marie, zoe = (make_user(name=name, role="assistant") for name in ("Marie", "Zoé"))
    Support.objects.create(assistant=marie, adviser=ana)
    make_touchpoint(adviser=ana, performer="assistant", assigned_to=marie)
    Absence.objects.create(user=marie, covered_by=zoe, starts_on=TODAY, ends_on=TODAY)
    tell(alpha)
    assert posted() == [("Zoé", due(today=1))]
