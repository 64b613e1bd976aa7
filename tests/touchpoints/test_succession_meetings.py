"""Booked meetings of clients who change adviser: counted beforehand, told to who was invited, and told again when the transfer is taken back."""

from datetime import UTC, date, datetime, timedelta

import pytest
import vobject
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.assigning import Assigned, Selection, assign_clients, undo_transfer
from clients.editing import change_adviser
from clients.importing.batches import receive_file, start_import
from clients.importing.merging import merge_clients
from clients.importing.undo import start_undo
from clients.models import Client, FollowUp, ImportBatch, ImportRow, MergeProposal, Person
from clients.moving import what_goes_along
from firms.jobs import run_job
from firms.models import Job, User
from firms.wall import enter_firm
from messaging.models import OutboxMessage
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint
from touchpoints.appointments import AppointmentDraft, cancel_appointment, set_appointment
from touchpoints.models import Appointment, Touchpoint

pytestmark = pytest.mark.usefixtures("monday")

TEN = datetime(2026, 12, 1, 15, tzinfo=UTC)  # ten o'clock in Montréal


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser", email="ana@alpha.test", language="en")


@pytest.fixture
def carl(alice: User) -> User:
    return make_user(name="Carl Cyr", role="adviser", email="carl@alpha.test", language="en")


@pytest.fixture
def elise(ana: User) -> Client:
    client = make_client(adviser=ana, name="Gagné, Élise", language="fr")
    Person.objects.filter(client=client).update(email="elise@client.test", first_name="Élise", last_name="Gagné")
    return client


def book(client: Client, by: User, *, at: datetime = TEN, invites_client: bool = True, colleagues: tuple[User, ...] = ()) -> Touchpoint:
    touchpoint = make_touchpoint(client=client, due_on=date(2026, 11, 30), channel="in_person", performer="adviser", window_days=60)
    draft = AppointmentDraft(starts_at=at, minutes=60, invites_client=invites_client, colleagues=colleagues)
    set_appointment(touchpoint=Touchpoint.objects.get(pk=touchpoint.pk), by=by, draft=draft)
    return touchpoint


def give(clients: list[Client], *, to: User, by: User) -> Assigned:
    chosen = Client.objects.filter(pk__in=[client.pk for client in clients])
    return assign_clients(clients=chosen, to=[to], by=by, mark=Selection.of(chosen).mark)


def told(since: int = 0) -> list[tuple[str, str, int, str, datetime]]:
    """(to, method, sequence, organiser, start) of each invitation written after the first `since` messages."""
    found = []
    for message in OutboxMessage.objects.order_by("pk")[since:]:
        calendar = vobject.readOne(message.calendar)
        event = calendar.vevent
        start = event.dtstart.value.astimezone(UTC)
        found.append((message.to, calendar.method.value, int(event.sequence.value), event.organizer.value.removeprefix("mailto:"), start))
    return sorted(found)


def uids() -> set[str]:
    return {vobject.readOne(message.calendar).vevent.uid.value for message in OutboxMessage.objects.all()}


def test_the_preview_counts_the_meetings_to_come_and_says_what_becomes_of_them(ana: User, elise: Client) -> None:
    book(elise, ana)
    book(elise, ana, at=TEN + timedelta(days=1), invites_client=False)
    cancelled = book(elise, ana, at=TEN + timedelta(days=2))
    cancel_appointment(appointment=cancelled.appointments.get(), by=ana)
    book(make_client(adviser=ana), ana, invites_client=False)
    past = book(elise, ana, at=TEN + timedelta(days=3))
    Appointment.objects.filter(touchpoint=past).update(starts_at=datetime(2026, 11, 20, 15, tzinfo=UTC))
    along = {going.label: going for going in what_goes_along(Client.objects.filter(pk=elise.pk))}
    going = along["Booked meetings to come"]
    assert (going.count, going.stays, going.note[:28]) == (2, False, "At the same day and hour. Wh")


def test_the_client_receives_the_same_meeting_from_the_new_adviser(ana: User, carl: User, alice: User, elise: Client) -> None:
    meeting = book(elise, ana)
    give([elise], to=carl, by=alice)
    assert told() == [
        ("elise@client.test", "REQUEST", 0, "ana@alpha.test", TEN),
        ("elise@client.test", "REQUEST", 1, "carl@alpha.test", TEN),
    ]
    assert uids() == {str(meeting.appointments.get().uid)}
    letter = OutboxMessage.objects.latest("pk")
    assert (letter.to_client, letter.subject.startswith("Modifié"), "Carl Cyr" in letter.text, "Ana Roy" in letter.text) == (True, True, True, False)


def test_an_adviser_who_was_invited_hands_the_place_to_the_successor(ana: User, carl: User, alice: User, elise: Client) -> None:
    book(elise, ana, colleagues=(ana,))
    give([elise], to=carl, by=alice)
    assert told(since=2) == [
        ("ana@alpha.test", "CANCEL", 1, "carl@alpha.test", TEN),
        ("carl@alpha.test", "REQUEST", 1, "carl@alpha.test", TEN),
        ("elise@client.test", "REQUEST", 1, "carl@alpha.test", TEN),
    ]


def test_nobody_is_written_to_of_a_meeting_without_guests_or_begun(ana: User, carl: User, alice: User, elise: Client, monday) -> None:
    book(elise, ana, invites_client=False)
    begun = book(elise, ana, at=datetime(2026, 11, 23, 16, tzinfo=UTC))
    monday.move_to("2026-11-23T16:01:00Z")
    give([elise], to=carl, by=alice)
    assert told(since=1) == []
    assert set(Appointment.objects.values_list("sequence", flat=True)) == {0}
    assert Touchpoint.objects.get(pk=begun.pk).adviser_id == carl.pk


def test_a_transfer_taken_back_gives_the_meeting_back_to_who_had_it(ana: User, carl: User, alice: User, elise: Client) -> None:
    meeting = book(elise, ana, colleagues=(ana, carl))
    before = meeting.appointments.get().guests
    moved = give([elise], to=carl, by=alice)
    assert [guest["email"] for guest in meeting.appointments.get().guests] == ["elise@client.test", "carl@alpha.test"]
    assert moved.transfer is not None
    count = OutboxMessage.objects.count()
    undo_transfer(transfer=moved.transfer, by=alice)
    assert meeting.appointments.get().guests == before
    assert told(since=count) == [
        ("ana@alpha.test", "REQUEST", 2, "ana@alpha.test", TEN),
        ("carl@alpha.test", "REQUEST", 2, "ana@alpha.test", TEN),
        ("elise@client.test", "REQUEST", 2, "ana@alpha.test", TEN),
    ]


def test_what_the_successor_changed_or_booked_since_goes_back_as_it_is_now(ana: User, carl: User, alice: User, elise: Client) -> None:
    meeting = book(elise, ana, colleagues=(ana,))
    moved = give([elise], to=carl, by=alice)
    later = AppointmentDraft(starts_at=TEN + timedelta(hours=2), minutes=30, invites_client=True)
    set_appointment(touchpoint=Touchpoint.objects.get(pk=meeting.pk), by=carl, draft=later)
    book(Client.objects.get(pk=elise.pk), carl, at=TEN + timedelta(days=3))
    assert moved.transfer is not None
    count = OutboxMessage.objects.count()
    undo_transfer(transfer=moved.transfer, by=alice)
    assert told(since=count) == [
        ("elise@client.test", "REQUEST", 1, "ana@alpha.test", TEN + timedelta(days=3)),
        ("elise@client.test", "REQUEST", 3, "ana@alpha.test", TEN + timedelta(hours=2)),
    ]


def test_one_client_given_to_another_adviser_takes_its_meetings_along_too(ana: User, carl: User, alice: User, elise: Client) -> None:
    book(elise, ana)
    change_adviser(client=elise, by=alice, adviser=carl)
    assert told(since=1) == [("elise@client.test", "REQUEST", 1, "carl@alpha.test", TEN)]


def test_as_many_statements_for_ten_meetings_as_for_one(ana: User, carl: User, alice: User) -> None:
    counts = []
    for number in (1, 10):
        clients = []
        for each in range(number):
            clients.append(make_client(adviser=ana, name=f"Roy {each}"))
            Person.objects.filter(client=clients[-1]).update(email=f"roy{number}-{each}@client.test")
            book(clients[-1], ana)
        with CaptureQueriesContext(connection) as captured:
            assert give(clients, to=carl, by=alice).moved == number
        counts.append(len(captured))
    assert counts[0] == counts[1]


def run(job: Job, by: User) -> None:
    run_job(firm_id=by.firm_id, job_id=job.pk)
    enter_firm(by.firm_id)


def import_adviser(name: str, *, by: User) -> ImportBatch:
    """A file that gives Élise to an adviser."""
    rows = f"Courriel;Prénom;Nom;Conseiller\nelise@client.test;Élise;Gagné;{name}\n"
    batch = receive_file(upload=ContentFile(rows.encode(), name="book.csv"), by=by)
    run(start_import(batch=batch, by=by), by)
    assert ImportRow.objects.get(batch=batch).outcome == "updated"
    return batch


def promise(client: Client, assignee: User, text: str) -> FollowUp:
    return FollowUp.objects.create(client=client, text=text, due_on=date(2026, 12, 1), assignee=assignee, by=assignee)


def asked() -> list[tuple[str, str]]:
    return list(FollowUp.objects.order_by("text").values_list("text", "assignee__name"))


def test_an_import_that_gives_a_client_to_another_adviser_takes_everything_along(ana: User, carl: User, alice: User, elise: Client) -> None:
    meeting = book(elise, ana, colleagues=(ana,))
    requested = make_touchpoint(client=elise, due_on=date(2026, 12, 4), assigned_to=ana)
    promise(elise, ana, "Send the report")
    promise(elise, alice, "Stays with Alice")
    before = meeting.appointments.get().guests
    batch = import_adviser("Carl Cyr", by=alice)
    assert asked() == [("Send the report", "Carl Cyr"), ("Stays with Alice", "Alice Roy")]
    assert told(since=2) == [
        ("ana@alpha.test", "CANCEL", 1, "carl@alpha.test", TEN),
        ("carl@alpha.test", "REQUEST", 1, "carl@alpha.test", TEN),
        ("elise@client.test", "REQUEST", 1, "carl@alpha.test", TEN),
    ]
    done = promise(elise, carl, "Carl's own")
    count = OutboxMessage.objects.count()

    run(start_undo(batch=batch, by=alice), alice)

    assert Client.objects.get(pk=elise.pk).adviser == ana
    assert asked() == [("Carl's own", "Carl Cyr"), ("Send the report", "Ana Roy"), ("Stays with Alice", "Alice Roy")]
    assert done.assignee == carl
    assert meeting.appointments.get().guests == before
    assert [(to, method, sequence) for to, method, sequence, _organiser, _start in told(since=count)] == [
        ("ana@alpha.test", "REQUEST", 2),
        ("carl@alpha.test", "CANCEL", 2),
        ("elise@client.test", "REQUEST", 2),
    ]
    assert Touchpoint.objects.get(pk=requested.pk).assigned_to == ana


def test_an_import_that_leaves_the_adviser_hands_nothing_over(ana: User, alice: User, elise: Client) -> None:
    book(elise, ana)
    promise(elise, ana, "Send the report")
    batch = receive_file(
        upload=ContentFile("Courriel;Prénom;Nom;Ville;Conseiller\nelise@client.test;Élise;Gagné;Laval;Ana Roy\n".encode(), name="book.csv"), by=alice
    )
    run(start_import(batch=batch, by=alice), alice)
    run(start_undo(batch=batch, by=alice), alice)
    assert (asked(), told(since=1)) == ([("Send the report", "Ana Roy")], [])


def test_what_was_done_or_given_to_someone_since_the_import_stays_so(ana: User, carl: User, alice: User, elise: Client) -> None:
    promise(elise, ana, "Done")
    promise(elise, ana, "Given on")
    promise(elise, ana, "Open")
    batch = import_adviser("Carl Cyr", by=alice)
    FollowUp.objects.filter(text="Done").update(done_at=TEN, done_by=carl)
    FollowUp.objects.filter(text="Given on").update(assignee=alice)
    run(start_undo(batch=batch, by=alice), alice)
    assert asked() == [("Done", "Carl Cyr"), ("Given on", "Alice Roy"), ("Open", "Ana Roy")]


def test_two_clients_merged_under_the_seconds_adviser_take_everything_along(ana: User, carl: User, alice: User, elise: Client) -> None:
    book(elise, ana)
    other = make_client(adviser=carl, name="Gagné, Marc")
    promise(elise, ana, "Of the first")
    promise(other, carl, "Of the second")
    first, second = sorted((elise, other), key=lambda client: client.pk)
    proposal = MergeProposal.objects.create(first=first, second=second, reason="spouse")
    merge_clients(proposal=proposal, name="Gagné", choices={"adviser": "second", "language": "first"}, by=alice)
    assert asked() == [("Of the first", "Carl Cyr"), ("Of the second", "Carl Cyr")]
    assert told(since=1) == [("elise@client.test", "REQUEST", 1, "carl@alpha.test", TEN)]


def test_two_clients_merged_under_the_firsts_adviser_send_no_invitation(ana: User, carl: User, alice: User, elise: Client) -> None:
    book(elise, ana)
    other = make_client(adviser=carl, name="Gagné, Marc")
    promise(other, carl, "Of the second")
    proposal = MergeProposal.objects.create(first=elise, second=other, reason="spouse")
    merge_clients(proposal=proposal, name="Gagné", choices={"adviser": "first", "language": "first"}, by=alice)
    assert (asked(), told(since=1)) == ([("Of the second", "Ana Roy")], [])
