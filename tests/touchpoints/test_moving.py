"""A touchpoint put on another day by a person: what is refused, and that it stays there."""

from datetime import date, timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from clients.interactions import InteractionDraft
from clients.models import Person
from firms.absences import add_absence
from firms.models import Firm, Support, User
from tests.factories import make_client, make_user
from tests.touchpoints import planning_factories as planned
from tests.touchpoints.rows import make_touchpoint
from touchpoints.models import Touchpoint
from touchpoints.month import Choice, calendar_days, week_of, weeks_of_month
from touchpoints.moving import move_touchpoint
from touchpoints.placing import DayRefused
from touchpoints.planning import reconcile
from touchpoints.queue import claim_touchpoint, complete_touchpoint
from touchpoints.refusals import AlreadyHandled
from touchpoints.undoing import last_act, undo_act

pytestmark = pytest.mark.usefixtures("monday")

TODAY = date(2026, 11, 23)
WEEK = [date(2026, 11, 22) + timedelta(days=number) for number in range(7)]


def row(touchpoint: Touchpoint) -> Touchpoint:
    return Touchpoint.objects.get(pk=touchpoint.pk)


def test_it_moves_within_its_window_and_remembers_the_day_it_had(ana: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY, window_days=10, snoozed_until=TODAY + timedelta(days=1))
    move_touchpoint(touchpoint=touchpoint, by=ana, to=TODAY + timedelta(days=3), on=TODAY)
    move_touchpoint(touchpoint=row(touchpoint), by=ana, to=TODAY + timedelta(days=10), on=TODAY)
    moved = row(touchpoint)
    assert (moved.due_on, moved.moved_from, moved.snoozed_until, moved.is_hand_set) == (TODAY + timedelta(days=10), TODAY, None, True)
    assert moved.window_ends_on == TODAY + timedelta(days=10)


@pytest.mark.parametrize("days", [-1, 11])
def test_a_day_past_or_after_the_window_is_refused(ana: User, days: int) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY, window_days=10)
    with pytest.raises(DayRefused):
        move_touchpoint(touchpoint=touchpoint, by=ana, to=TODAY + timedelta(days=days), on=TODAY)
    assert (row(touchpoint).due_on, row(touchpoint).is_hand_set) == (TODAY, False)


@pytest.mark.parametrize("status", ["done", "skipped", "missed", "cancelled"])
def test_what_is_closed_does_not_move(ana: User, status: str) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY, status=status)
    with pytest.raises(AlreadyHandled):
        move_touchpoint(touchpoint=touchpoint, by=ana, to=TODAY + timedelta(days=1), on=TODAY)
    assert row(touchpoint).due_on == TODAY


def test_what_a_colleague_is_working_on_does_not_move(ana: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    claim_touchpoint(touchpoint=touchpoint, by=make_user(name="Marie", role="admin"))
    with pytest.raises(AlreadyHandled):
        move_touchpoint(touchpoint=row(touchpoint), by=ana, to=TODAY + timedelta(days=1), on=TODAY)


def test_it_stays_moved_when_the_planner_runs_also_after_an_undone_completion(ana: User) -> None:
    (segment, *_others), kind = planned.make_scheme(), planned.make_type()
    planned.publish({(segment, kind): 4})
    planned.place(make_client(adviser=ana, status="client"), segment, since=date(2020, 1, 1))
    reconcile(firm_id=ana.firm_id, start=TODAY)
    touchpoint = Touchpoint.objects.filter(due_on__gt=TODAY).earliest("due_on")
    to = touchpoint.due_on + timedelta(days=2)
    move_touchpoint(touchpoint=touchpoint, by=ana, to=to, on=TODAY)
    reconcile(firm_id=ana.firm_id, start=TODAY)
    assert row(touchpoint).due_on == to
    complete_touchpoint(touchpoint=row(touchpoint), by=ana, draft=InteractionDraft(channel="phone", subject="Call"))
    act = last_act(ana)
    assert act is not None
    undo_act(act=act, by=ana)
    reconcile(firm_id=ana.firm_id, start=TODAY)
    assert row(touchpoint).due_on == to


# --- The pages ---


def test_weeks_begin_as_the_region_counts_them() -> None:
    assert (week_of(TODAY, first=6)[0], week_of(TODAY, first=0)[0]) == (date(2026, 11, 22), date(2026, 11, 23))
    assert next(week[0] for week in weeks_of_month(TODAY, first=6)) == date(2026, 11, 1)


def test_a_day_shows_its_first_rows_and_counts_the_rest(ana: User) -> None:
    client = make_client(adviser=ana)
    for rank in (3, 1, 2, 1, 2):
        make_touchpoint(client=client, due_on=TODAY, rank=rank)
    done = make_touchpoint(client=client, due_on=TODAY, rank=1, status="done")
    make_touchpoint(client=client, due_on=TODAY, status="skipped")
    make_touchpoint(adviser=make_user(name="Carl Cyr"), due_on=TODAY)
    days = calendar_days(user=ana, days=WEEK, most=4, choice=Choice())
    assert [(day.on, [item.touchpoint.segment.rank for item in day.items], day.more) for day in days.values() if day.items] == [
        (TODAY, [1, 1, 2, 2], 2)
    ]
    whole = calendar_days(user=ana, days=WEEK, most=40, choice=Choice())[TODAY]
    assert (whole.items[-1].touchpoint.pk, whole.items[-1].is_movable, whole.more) == (done.pk, False, 0)


def test_absences_of_the_books_shown_stand_on_their_days(ana: User) -> None:
    marie, carl = make_user(name="Marie Lessard", role="assistant"), make_user(name="Carl Cyr")
    Support.objects.create(assistant=marie, adviser=ana)
    for person in (ana, marie, carl):
        add_absence(user=person, starts_on=date(2026, 11, 20), ends_on=date(2026, 11, 23), by=ana)
    days = calendar_days(user=marie, days=WEEK, most=4, choice=Choice())
    assert {day.on: day.away for day in days.values() if day.away} == {
        date(2026, 11, 22): ["Ana Roy", "Marie Lessard"],
        date(2026, 11, 23): ["Ana Roy", "Marie Lessard"],
    }


def test_the_number_of_statements_is_the_same_for_1_and_30(ana: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser, counts = Browser(), []
    browser.force_login(ana)
    for number in (1, 29):
        for _row in range(number):
            make_touchpoint(adviser=ana, due_on=TODAY)
        for view in ("month", "week"):
            browser.get(reverse("calendar"), {"view": view})
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert browser.get(reverse("calendar"), {"view": view}).status_code == 200
            counts.append(len(captured))
    assert len(set(counts)) == 1
    assert counts[0] <= 14


def test_dropping_on_another_day_moves_it_and_shows_the_calendar_again(ana: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    browser = Browser()
    browser.force_login(ana)
    address = reverse("touchpoint_move", args=[touchpoint.pk]) + "?view=week&day=2026-11-23"
    answer = browser.post(address, {"to": "2026-11-25"}, headers={"hx-request": "true"})
    assert (answer.status_code, answer.templates[0].name) == (200, "touchpoints/_calendar.html")
    assert row(touchpoint).due_on == date(2026, 11, 25)
    refused = browser.post(address, {"to": "2026-11-20"}, headers={"hx-request": "true"})
    assert "This day is past" in refused.content.decode()
    assert row(touchpoint).due_on == date(2026, 11, 25)


def test_the_form_moves_it_without_a_script_and_says_beside_the_field_what_it_refuses(ana: User) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=TODAY)
    browser = Browser()
    browser.force_login(ana)
    address = reverse("touchpoint_move", args=[touchpoint.pk])
    assert "The promise ends on" in browser.post(address, {"to": "2027-11-20"}).content.decode()
    assert browser.post(address, {"to": "2026-11-27"})["Location"] == reverse("calendar") + "?day=2026-11-27"
    assert row(touchpoint).due_on == date(2026, 11, 27)


def test_an_hour_that_does_not_exist_is_refused_in_words(ana: User, alpha: Firm) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=date(2027, 3, 1), channel="video")
    browser = Browser()
    browser.force_login(ana)
    asked = {"day": "2027-03-14", "hour": "02:30", "minutes": "30"}
    answer = browser.post(reverse("appointment_set", args=[touchpoint.pk]), asked)
    assert "the clocks change" in answer.content.decode()
    browser.post(reverse("appointment_set", args=[touchpoint.pk]), asked | {"hour": "10:00"})
    assert touchpoint.appointments.get().starts_at.isoformat() == "2027-03-14T14:00:00+00:00"


def test_an_hour_that_is_refused_is_refused_beside_its_field(ana: User, alpha: Firm) -> None:
    touchpoint = make_touchpoint(adviser=ana, due_on=date(2027, 3, 1), channel="video")
    Person.objects.filter(client=touchpoint.client_id).update(email="")
    browser = Browser()
    browser.force_login(ana)

    def faults(**asked: str) -> dict[str, list[str]]:
        answer = browser.post(reverse("appointment_set", args=[touchpoint.pk]), {"hour": "10:00", "minutes": "30"} | asked)
        errors: dict[str, list[str]] = answer.context["appointment_form"].errors
        return errors

    assert [list(faults(**asked)) for asked in ({"day": "2020-01-02"}, {"day": "2099-01-02"}, {"day": "2027-03-02", "invites_client": "on"})] == [
        ["hour"],
        ["day"],
        ["invites_client"],
    ]
    assert not touchpoint.appointments.exists()
