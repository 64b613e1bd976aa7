"""The hour of a meeting and its invitations: sent, changed, called off; each read by a parser that did not write it."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
import vobject
from django.db import connection, transaction

from clients.models import Client, Person
from firms.models import Firm, User
from firms.wall import acting_for
from messaging import outbox
from messaging.models import OutboxMessage
from tests.factories import make_client, make_firm, make_user
from tests.messaging.conftest import mailbox
from tests.touchpoints.caldav_server import running_caldav
from tests.touchpoints.conftest import forget_zones
from tests.touchpoints.rows import make_touchpoint
from touchpoints.appointments import (
    AppointmentDraft,
    HourPast,
    NoAddress,
    NotAMeeting,
    appointment_of,
    cancel_appointment,
    set_appointment,
    withdraw_stale,
)
from touchpoints.models import Appointment, Status, Touchpoint
from touchpoints.moving import move_touchpoint
from touchpoints.placing import DayRefused
from touchpoints.queries import with_related
from touchpoints.queue import skip_touchpoint
from touchpoints.refusals import AlreadyHandled

pytestmark = pytest.mark.usefixtures("monday")

__all__ = ["mailbox"]

TODAY = date(2026, 11, 23)
TEN = datetime(2026, 12, 1, 15, tzinfo=UTC)  # ten o'clock in Montréal


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser", email="ana@alpha.test", language="en")


@pytest.fixture
def meeting(ana: User) -> Touchpoint:
    client = make_client(adviser=ana, name="Gagné, Élise", language="fr")
    Person.objects.filter(client=client).update(email="elise@client.test", first_name="Élise", last_name="Gagné")
    return fresh(make_touchpoint(client=client, due_on=date(2026, 11, 30), channel="in_person", performer="adviser", window_days=120))


def fresh(touchpoint: Touchpoint) -> Touchpoint:
    return with_related(Touchpoint.objects.all()).select_related("client__firm").get(pk=touchpoint.pk)


def draft(starts_at: datetime = TEN, **changes: object) -> AppointmentDraft:
    values: dict[str, object] = {"starts_at": starts_at, "minutes": 60, "place": "12, rue Saint-Paul; Montréal", "invites_client": True}
    return AppointmentDraft(**(values | changes))  # type: ignore[arg-type]


def sent() -> list[tuple[str, str, str, int, datetime]]:
    """(to, subject, method, sequence, start) of every invitation queued, in order."""
    told = []
    for message in OutboxMessage.objects.order_by("pk"):
        forget_zones()
        calendar = vobject.readOne(message.calendar)
        assert calendar.validate(raiseException=True)
        event = calendar.vevent
        told.append((message.to, message.subject, calendar.method.value, int(event.sequence.value), event.dtstart.value.astimezone(UTC)))
    return told


def events() -> list[vobject.base.Component]:
    return [vobject.readOne(message.calendar).vevent for message in OutboxMessage.objects.order_by("pk")]


def test_who_is_invited_receives_the_hour_in_their_language(ana: User, meeting: Touchpoint) -> None:
    appointment = set_appointment(touchpoint=meeting, by=ana, draft=draft(colleagues=(ana,)))
    assert [(to, " ".join(subject.split()), *rest) for to, subject, *rest in sent()] == [
        ("elise@client.test", "Invitation : Appel de suivi · Alpha Conseil, mardi 1er décembre 2026 à 10 h 00", "REQUEST", 0, TEN),
        ("ana@alpha.test", "Invitation: Check-in call · Gagné, Élise, Tuesday, December 1, 2026 at 10:00 a.m.", "REQUEST", 0, TEN),
    ]
    clients, anas = events()
    assert {clients.uid.value, anas.uid.value} == {str(appointment.uid)}
    assert (clients.summary.value, clients.location.value) == ("Appel de suivi · Alpha Conseil", "12, rue Saint-Paul; Montréal")
    assert clients.dtend.value - clients.dtstart.value == timedelta(hours=1)
    assert clients.organizer.value == "mailto:ana@alpha.test"
    assert [(each.value, each.params["PARTSTAT"], each.params["RSVP"]) for each in clients.attendee_list] == [
        ("mailto:elise@client.test", ["NEEDS-ACTION"], ["TRUE"]),
        ("mailto:ana@alpha.test", ["ACCEPTED"], ["FALSE"]),
    ]
    assert list(OutboxMessage.objects.order_by("pk").values_list("to_client", flat=True)) == [True, False]


def test_the_touchpoint_is_on_the_day_of_its_hour_and_stays_there(ana: User, meeting: Touchpoint) -> None:
    set_appointment(touchpoint=meeting, by=ana, draft=draft(datetime(2026, 12, 3, 4, tzinfo=UTC)))  # the evening before, in Montréal
    row = fresh(meeting)
    assert (row.due_on, row.moved_from, row.is_hand_set) == (date(2026, 12, 2), date(2026, 11, 30), True)


def test_a_change_raises_the_sequence_under_the_same_uid(ana: User, meeting: Touchpoint) -> None:
    first = set_appointment(touchpoint=meeting, by=ana, draft=draft())
    second = set_appointment(touchpoint=fresh(meeting), by=ana, draft=draft(TEN + timedelta(hours=1)))
    assert (second.pk, second.uid) == (first.pk, first.uid)
    assert [each[2:] for each in sent()] == [("REQUEST", 0, TEN), ("REQUEST", 1, TEN + timedelta(hours=1))]


def test_saying_again_what_is_so_sends_nothing(ana: User, meeting: Touchpoint) -> None:
    set_appointment(touchpoint=meeting, by=ana, draft=draft())
    set_appointment(touchpoint=fresh(meeting), by=ana, draft=draft())
    assert len(sent()) == 1


def test_who_is_no_longer_invited_reads_that_it_is_cancelled(ana: User, meeting: Touchpoint) -> None:
    set_appointment(touchpoint=meeting, by=ana, draft=draft(colleagues=(ana,)))
    set_appointment(touchpoint=fresh(meeting), by=ana, draft=draft(invites_client=False, colleagues=(ana,)))
    assert [(each[0], each[2], each[3]) for each in sent()[2:]] == [("ana@alpha.test", "REQUEST", 1), ("elise@client.test", "CANCEL", 1)]
    assert events()[-1].status.value == "CANCELLED"


def test_cancelling_tells_everyone_once_and_what_was_promised_is_still_owed(ana: User, meeting: Touchpoint) -> None:
    appointment = set_appointment(touchpoint=meeting, by=ana, draft=draft())
    assert [cancel_appointment(appointment=appointment, by=ana), cancel_appointment(appointment=appointment, by=ana)] == [True, False]
    assert [each[2:4] for each in sent()] == [("REQUEST", 0), ("CANCEL", 1)]
    assert (fresh(meeting).status, appointment_of(meeting)) == (Status.PLANNED, None)
    again = set_appointment(touchpoint=fresh(meeting), by=ana, draft=draft())
    assert again.uid != appointment.uid


def test_moving_the_touchpoint_moves_the_hour_across_the_change_of_clocks(ana: User, meeting: Touchpoint) -> None:
    set_appointment(touchpoint=meeting, by=ana, draft=draft())
    move_touchpoint(touchpoint=fresh(meeting), by=ana, to=date(2027, 3, 15), on=TODAY)
    assert sent()[-1][2:] == ("REQUEST", 1, datetime(2027, 3, 15, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "asked", "refusal"),
    [
        ({"channel": "email"}, {}, NotAMeeting),
        ({}, {"starts_at": datetime(2026, 11, 23, 14, 59, tzinfo=UTC)}, HourPast),
        ({}, {"starts_at": datetime(2027, 6, 1, 14, tzinfo=UTC)}, DayRefused),
        ({"status": "done"}, {}, AlreadyHandled),
    ],
)
def test_what_is_refused_writes_and_sends_nothing(ana: User, meeting: Touchpoint, changes, asked, refusal) -> None:
    Touchpoint.objects.filter(pk=meeting.pk).update(**changes)
    before = Touchpoint.objects.filter(pk=meeting.pk).values().get()
    with pytest.raises(refusal):
        set_appointment(touchpoint=fresh(meeting), by=ana, draft=draft(**asked))
    assert Touchpoint.objects.filter(pk=meeting.pk).values().get() == before
    assert (Appointment.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_a_client_without_an_address_cannot_be_invited(ana: User, meeting: Touchpoint) -> None:
    Person.objects.filter(client=meeting.client_id).update(email="")
    with pytest.raises(NoAddress):
        set_appointment(touchpoint=meeting, by=ana, draft=draft())
    set_appointment(touchpoint=fresh(meeting), by=ana, draft=draft(invites_client=False))
    assert (Appointment.objects.count(), OutboxMessage.objects.count()) == (1, 0)


def test_an_hour_whose_touchpoint_was_skipped_is_called_off_once_that_cannot_be_undone(ana: User, meeting: Touchpoint) -> None:
    set_appointment(touchpoint=meeting, by=ana, draft=draft())
    skip_touchpoint(touchpoint=fresh(meeting), by=ana, reason="Away")
    assert withdraw_stale(firm_id=ana.firm_id) == 0
    with time_machine.travel("2026-11-23T15:31:00Z", tick=False):
        assert (withdraw_stale(firm_id=ana.firm_id), withdraw_stale(firm_id=ana.firm_id)) == (1, 0)
    assert [each[2:4] for each in sent()] == [("REQUEST", 0), ("CANCEL", 1)]


def test_an_archived_clients_hours_are_called_off(ana: User, meeting: Touchpoint) -> None:
    set_appointment(touchpoint=meeting, by=ana, draft=draft())
    Touchpoint.objects.filter(pk=meeting.pk).update(status="cancelled", closed_at=datetime(2026, 11, 23, 14, tzinfo=UTC))
    assert withdraw_stale(firm_id=ana.firm_id) == 1


def test_the_invitation_leaves_as_a_calendar_message(ana: User, meeting: Touchpoint, mailbox) -> None:
    set_appointment(touchpoint=meeting, by=ana, draft=draft())
    assert outbox.send_due(firm_id=ana.firm_id) == 1
    (received,) = mailbox.messages
    parts = {part.get_content_type(): part for part in received.walk()}
    assert parts["text/calendar"].get_param("method") == "REQUEST"
    assert vobject.readOne(parts["text/calendar"].get_content()).vevent.location.value == "12, rue Saint-Paul; Montréal"
    assert "12, rue Saint-Paul" in parts["text/plain"].get_content()


def test_a_caldav_server_keeps_the_invitation_follows_its_change_and_drops_what_is_cancelled(ana: User, meeting: Touchpoint, tmp_path: Path) -> None:
    set_appointment(touchpoint=meeting, by=ana, draft=draft())
    set_appointment(touchpoint=fresh(meeting), by=ana, draft=draft(TEN + timedelta(days=2)))
    request, change = [accepted(message.calendar) for message in OutboxMessage.objects.order_by("pk")]
    with running_caldav(tmp_path) as server:
        calendar = server.principal().make_calendar(name="Élise")
        first = calendar.save_event(request)
        # Put by hand: this client's own way of saving would count a change more.
        server.put(str(first.url), change, {"Content-Type": "text/calendar; charset=utf-8"})
        (kept,) = calendar.events()
        event = kept.vobject_instance.vevent
        assert (event.dtstart.value.astimezone(UTC), event.sequence.value) == (TEN + timedelta(days=2), "1")
        assert calendar.search(start=TEN, end=TEN + timedelta(hours=1), event=True) == []
        uid = event.uid.value
        cancel_appointment(appointment=appointment_of(meeting), by=ana)  # type: ignore[arg-type]
        called_off = vobject.readOne(OutboxMessage.objects.latest("pk").calendar)
        assert (called_off.method.value, called_off.vevent.uid.value) == ("CANCEL", uid)
        calendar.event_by_uid(called_off.vevent.uid.value).delete()
        assert calendar.events() == []


def accepted(message: str) -> str:
    """As a mail program puts it in the reader's calendar: what is kept there says no method (RFC 4791, 4.1)."""
    return "".join(line for line in message.splitlines(keepends=True) if not line.startswith("METHOD:"))


def test_two_who_set_an_hour_at_once_leave_one_appointment(transactional_db: None) -> None:
    with transaction.atomic():
        firm: Firm = make_firm(name="Alpha Conseil")
    with acting_for(firm.pk):
        ana = make_user(name="Ana Roy")
        client: Client = make_client(adviser=ana)
        meeting = make_touchpoint(client=client, due_on=date(2026, 11, 30), channel="video")
    barrier = threading.Barrier(2)

    def set_at(hour: int) -> None:
        with acting_for(firm.pk):
            touchpoint = fresh(meeting)
            barrier.wait()
            set_appointment(touchpoint=touchpoint, by=User.objects.select_related("firm").get(pk=ana.pk), draft=draft(TEN + timedelta(hours=hour)))
        connection.close()

    threads = [threading.Thread(target=set_at, args=[hour]) for hour in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with acting_for(firm.pk):
        (appointment,) = Appointment.objects.all()
        assert (appointment.sequence, OutboxMessage.objects.count()) == (1, 2)
