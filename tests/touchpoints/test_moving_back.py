"""A touchpoint moved in the calendar: whose it is to move, who comes second, and the move taken back with its appointment."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connections
from django.test import Client as Browser
from django.urls import reverse

from clients.interactions import InteractionDraft
from clients.models import Person
from firms.models import Absence, Support, User
from firms.wall import acting_for
from messaging.models import OutboxMessage
from tests.factories import make_client, make_firm, make_user
from tests.touchpoints.rows import make_touchpoint
from touchpoints.appointments import AppointmentDraft, HourPast, cancel_appointment, set_appointment
from touchpoints.models import QueueAct, Touchpoint
from touchpoints.month import Choice, calendar_days
from touchpoints.moving import move_touchpoint
from touchpoints.queue import claim_touchpoint, complete_touchpoint, reassign_touchpoint
from touchpoints.refusals import AlreadyHandled, AskedOfAnother, ChangedSince, MovedMeanwhile, NotUndoable
from touchpoints.undoing import UNDO_WITHIN, last_act, undo_act

pytestmark = pytest.mark.usefixtures("monday")

TODAY = date(2026, 11, 23)
THURSDAY = date(2026, 11, 26)


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser", email="ana@alpha.test")


@pytest.fixture
def marie(ana: User) -> User:
    return make_assistant("Marie Côté", ana)


def make_assistant(name: str, adviser: User) -> User:
    assistant = make_user(name=name, role="assistant")
    Support.objects.create(assistant=assistant, adviser=adviser)
    return assistant


def row(touchpoint: Touchpoint) -> Touchpoint:
    return Touchpoint.objects.get(pk=touchpoint.pk)


def day_and_origin(touchpoint: Touchpoint) -> tuple[date, date | None, bool]:
    now = row(touchpoint)
    return now.due_on, now.moved_from, now.is_hand_set


# --- Whose it is to move ---


def test_who_was_asked_the_adviser_and_an_administrator_move_what_is_asked_of_someone_and_another_assistant_does_not(
    ana: User, marie: User, alice: User
) -> None:
    theo = make_assistant("Théo Morin", ana)
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    reassign_touchpoint(touchpoint=touchpoint, by=ana, to=marie)
    with pytest.raises(AskedOfAnother) as refusal:
        move_touchpoint(touchpoint=row(touchpoint), by=theo, to=THURSDAY)
    assert "Marie Côté was asked" in str(refusal.value)
    assert (day_and_origin(touchpoint), last_act(theo)) == ((TODAY, None, True), None)
    for number, person in enumerate([marie, ana, alice]):
        move_touchpoint(touchpoint=row(touchpoint), by=person, to=THURSDAY + timedelta(days=number))
    assert day_and_origin(touchpoint) == (THURSDAY + timedelta(days=2), TODAY, True)


def test_whoever_covers_the_person_asked_moves_it_meanwhile(ana: User, marie: User) -> None:
    theo = make_assistant("Théo Morin", ana)
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY, assigned_to=marie)
    Absence.objects.create(user=marie, starts_on=TODAY, ends_on=TODAY, covered_by=theo)
    move_touchpoint(touchpoint=touchpoint, by=theo, to=THURSDAY)
    assert row(touchpoint).due_on == THURSDAY
    with time_machine.travel("2026-11-24T15:00:00Z"), pytest.raises(AskedOfAnother):
        move_touchpoint(touchpoint=row(touchpoint), by=User.objects.get(pk=theo.pk), to=TODAY + timedelta(days=4))


def test_the_calendar_lets_one_drag_what_one_may_move_and_nothing_else(ana: User, marie: User) -> None:
    theo = make_assistant("Théo Morin", ana)
    mine, free, claimed, theirs = (make_touchpoint(adviser=ana, due_on=TODAY) for _ in range(4))
    Touchpoint.objects.filter(pk=mine.pk).update(assigned_to=theo)
    Touchpoint.objects.filter(pk=theirs.pk).update(assigned_to=marie)
    claim_touchpoint(touchpoint=claimed, by=ana)
    day = calendar_days(user=theo, days=[TODAY], most=10, choice=Choice(everyone=True))[TODAY]
    assert [item.touchpoint.pk for item in day.items if item.is_movable] == [mine.pk, free.pk]
    browser = Browser()
    browser.force_login(theo)
    page = browser.get(reverse("touchpoint_day", args=[theirs.pk])).content.decode()
    assert "Asked of Marie Côté, who chooses its day." in page
    assert "Move to this day" not in page


# --- Two people at once ---


def test_who_drags_what_a_colleague_moved_meanwhile_is_told_where_it_is(ana: User, marie: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    move_touchpoint(touchpoint=row(touchpoint), by=marie, to=THURSDAY, seen_on=TODAY)
    with pytest.raises(MovedMeanwhile) as refusal:
        move_touchpoint(touchpoint=touchpoint, by=ana, to=TODAY + timedelta(days=1), seen_on=TODAY)
    assert "Nov 26, 2026" in str(refusal.value)
    assert (row(touchpoint).due_on, last_act(ana)) == (THURSDAY, None)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_two_who_move_each_of_forty_at_once_one_does_and_the_other_is_told() -> None:
    firm = make_firm(name="Course")
    with acting_for(firm.pk):
        people = [make_user(name=name, role="admin") for name in ("Ana", "Marie")]
        client = make_client(adviser=people[0])
        touchpoints = [make_touchpoint(client=client, due_on=TODAY) for _ in range(40)]
    start = threading.Barrier(2)
    came: dict[str, list[str]] = {}

    def work(user: User, to: date) -> None:
        came[user.name] = []
        for touchpoint in touchpoints:
            start.wait()
            try:
                with acting_for(firm.pk):
                    move_touchpoint(touchpoint=touchpoint, by=user, to=to, seen_on=TODAY)
                came[user.name].append("moved")
            except MovedMeanwhile:
                came[user.name].append("told")
        connections.close_all()

    threads = [threading.Thread(target=work, args=(user, THURSDAY + timedelta(days=number))) for number, user in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sorted(pair) for pair in zip(came["Ana"], came["Marie"], strict=True)] == [["moved", "told"]] * 40
    with acting_for(firm.pk):
        days = dict(Touchpoint.objects.values_list("pk", "due_on"))
        assert [days[each.pk] for each in touchpoints] == [THURSDAY if said == "moved" else THURSDAY + timedelta(days=1) for said in came["Ana"]]
        assert QueueAct.objects.count() == 40


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_one_who_moves_and_one_who_completes_at_once_none_is_lost() -> None:
    firm = make_firm(name="Course")
    with acting_for(firm.pk):
        ana, marie = (make_user(name=name, role="admin") for name in ("Ana", "Marie"))
        client = make_client(adviser=ana)
        touchpoints = [make_touchpoint(client=client, due_on=TODAY) for _ in range(20)]
    start = threading.Barrier(2)
    moved: set[int] = set()
    told: list[str] = []

    def move() -> None:
        for touchpoint in touchpoints:
            start.wait()
            try:
                with acting_for(firm.pk):
                    move_touchpoint(touchpoint=touchpoint, by=ana, to=THURSDAY)
                moved.add(touchpoint.pk)
            except AlreadyHandled as refusal:
                told.append(str(refusal).split(" this ")[0])
        connections.close_all()

    def complete() -> None:
        for touchpoint in touchpoints:
            start.wait()
            with acting_for(firm.pk):
                complete_touchpoint(touchpoint=touchpoint, by=marie, draft=InteractionDraft(channel="phone", subject="Call"))
        connections.close_all()

    threads = [threading.Thread(target=move), threading.Thread(target=complete)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["Marie already completed"] * (20 - len(moved))
    with acting_for(firm.pk):
        assert set(Touchpoint.objects.filter(due_on=THURSDAY).values_list("pk", flat=True)) == moved
        assert Touchpoint.objects.filter(status="done", closed_by=marie).count() == 20


# --- Taken back ---


def test_a_move_is_taken_back_to_what_the_touchpoint_was(ana: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY, snoozed_until=TODAY + timedelta(days=1))
    act = move_touchpoint(touchpoint=touchpoint, by=ana, to=THURSDAY)
    assert (act.kind, act.pk) == ("moved", last_act(ana).pk)  # type: ignore[union-attr]
    assert undo_act(act=act, by=ana).touchpoint_ids == [touchpoint.pk]
    assert (*day_and_origin(touchpoint), row(touchpoint).snoozed_until) == (TODAY, None, False, TODAY + timedelta(days=1))
    with pytest.raises(NotUndoable):
        undo_act(act=act, by=ana)


def test_a_second_move_is_taken_back_to_the_first(ana: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    move_touchpoint(touchpoint=touchpoint, by=ana, to=THURSDAY)
    act = move_touchpoint(touchpoint=row(touchpoint), by=ana, to=THURSDAY + timedelta(days=1))
    undo_act(act=act, by=ana)
    assert day_and_origin(touchpoint) == (THURSDAY, TODAY, True)


def test_what_a_colleague_did_since_stays(ana: User, marie: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    act = move_touchpoint(touchpoint=touchpoint, by=ana, to=THURSDAY)
    move_touchpoint(touchpoint=row(touchpoint), by=marie, to=TODAY + timedelta(days=1))
    with pytest.raises(ChangedSince):
        undo_act(act=act, by=ana)
    assert row(touchpoint).due_on == TODAY + timedelta(days=1)


def test_after_half_an_hour_it_stays_moved(ana: User, monday: time_machine.Traveller) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    act = move_touchpoint(touchpoint=touchpoint, by=ana, to=THURSDAY)
    monday.shift(UNDO_WITHIN)
    with pytest.raises(NotUndoable):
        undo_act(act=act, by=ana)
    assert row(touchpoint).due_on == THURSDAY


def test_an_act_noted_before_moves_were_undone_goes_back_too(ana: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    act = move_touchpoint(touchpoint=touchpoint, by=ana, to=THURSDAY)
    for noted in act.rows:
        del noted["along"]
        for name in ("due_on", "moved_from"):
            del noted["before"][name], noted["after"][name]
    act.save()
    undo_act(act=act, by=ana)
    assert day_and_origin(touchpoint) == (THURSDAY, TODAY, False)


# --- With an appointment ---


@pytest.fixture
def meeting(ana: User) -> Touchpoint:
    client = make_client(adviser=ana, name="Gagné, Élise", language="fr")
    Person.objects.filter(client=client).update(email="elise@client.test", first_name="Élise", last_name="Gagné")
    touchpoint = make_touchpoint(client=client, due_on=TODAY, channel="in_person", performer="adviser")
    set_appointment(
        touchpoint=touchpoint, by=ana, draft=AppointmentDraft(starts_at=datetime(2026, 11, 23, 20, tzinfo=UTC), minutes=60, invites_client=True)
    )
    return row(touchpoint)


def hours(touchpoint: Touchpoint) -> list[tuple[datetime, int]]:
    return list(touchpoint.appointments.values_list("starts_at", "sequence"))


def test_the_appointment_goes_back_to_its_hour_and_the_client_is_told_each_time(ana: User, meeting: Touchpoint) -> None:
    act = move_touchpoint(touchpoint=meeting, by=ana, to=THURSDAY)
    assert hours(meeting) == [(datetime(2026, 11, 26, 20, tzinfo=UTC), 1)]
    undo_act(act=act, by=ana)
    assert hours(meeting) == [(datetime(2026, 11, 23, 20, tzinfo=UTC), 2)]
    subjects = OutboxMessage.objects.filter(to="elise@client.test").order_by("pk").values_list("subject", flat=True)
    assert [subject.split("\N{NO-BREAK SPACE}")[0].split(":")[0].strip() for subject in subjects] == ["Invitation", "Modifié", "Modifié"]


def test_an_hour_agreed_since_keeps_the_touchpoint_where_it_is(ana: User, meeting: Touchpoint) -> None:
    act = move_touchpoint(touchpoint=meeting, by=ana, to=THURSDAY)
    later = AppointmentDraft(starts_at=datetime(2026, 11, 26, 21, tzinfo=UTC), minutes=60, invites_client=True)
    set_appointment(touchpoint=row(meeting), by=ana, draft=later)
    with pytest.raises(ChangedSince):
        undo_act(act=act, by=ana)
    assert (row(meeting).due_on, hours(meeting)) == (THURSDAY, [(datetime(2026, 11, 26, 21, tzinfo=UTC), 2)])


def test_it_does_not_go_back_to_an_hour_that_passed(ana: User, meeting: Touchpoint, monday: time_machine.Traveller) -> None:
    monday.move_to("2026-11-23T19:45:00Z")
    act = move_touchpoint(touchpoint=meeting, by=ana, to=THURSDAY)
    monday.move_to("2026-11-23T20:05:00Z")
    with pytest.raises(HourPast):
        undo_act(act=act, by=ana)
    assert (row(meeting).due_on, hours(meeting)) == (THURSDAY, [(datetime(2026, 11, 26, 20, tzinfo=UTC), 1)])


def test_who_may_not_move_an_hour_does_not_call_it_off(ana: User, marie: User, meeting: Touchpoint) -> None:
    theo = make_assistant("Théo Morin", ana)
    reassign_touchpoint(touchpoint=row(meeting), by=ana, to=marie)
    (hour,) = meeting.appointments.all()
    with pytest.raises(AskedOfAnother):
        cancel_appointment(appointment=hour, by=theo)
    claim_touchpoint(touchpoint=row(meeting), by=marie)
    with pytest.raises(AlreadyHandled):
        cancel_appointment(appointment=hour, by=ana)
    browser = Browser()
    browser.force_login(theo)
    assert "Cancel the appointment" not in browser.get(reverse("touchpoint_day", args=[meeting.pk])).content.decode()
    answer = browser.post(reverse("appointment_cancel", args=[meeting.pk]), follow=True).content.decode()
    assert "Marie Côté has been working on this touchpoint" in answer
    assert (meeting.appointments.get().cancelled_at, OutboxMessage.objects.count()) == (None, 1)
    # Who has it in hand calls it off, also once it is done in another way.
    complete_touchpoint(touchpoint=row(meeting), by=marie, draft=InteractionDraft(channel="phone", subject="Done by phone"))
    assert cancel_appointment(appointment=hour, by=marie)


# --- The pages ---


def test_the_calendar_offers_the_way_back_and_takes_it(ana: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    browser = Browser()
    browser.force_login(ana)
    assert "Undo the last move" not in browser.get(reverse("calendar")).content.decode()
    browser.post(reverse("touchpoint_move", args=[touchpoint.pk]), {"to": THURSDAY, "seen_on": TODAY})
    assert "Undo the last move" in browser.get(reverse("calendar")).content.decode()
    answer = browser.post(reverse("calendar_undo"), headers={"hx-request": "true"}).content.decode()
    assert "The touchpoint is back on its day." in answer
    assert "Undo the last move" not in answer
    assert row(touchpoint).due_on == TODAY
    assert "It is too late to undo this." in browser.post(reverse("calendar_undo"), headers={"hx-request": "true"}).content.decode()


def test_the_calendar_takes_back_moves_alone_and_the_queue_moves_too(ana: User) -> None:
    moved, done = make_touchpoint(adviser=ana, due_on=TODAY), make_touchpoint(adviser=ana, due_on=TODAY)
    browser = Browser()
    browser.force_login(ana)
    complete_touchpoint(touchpoint=done, by=ana, draft=InteractionDraft(channel="phone", subject="Call"))
    browser.post(reverse("calendar_undo"))
    assert row(done).status == "done"
    move_touchpoint(touchpoint=moved, by=ana, to=THURSDAY)
    browser.post(reverse("queue_undo"))
    assert row(moved).due_on == TODAY
