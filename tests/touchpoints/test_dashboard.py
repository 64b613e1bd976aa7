"""What someone should know at the start of the day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client, FollowUp, Interaction, Person
from firms.models import Absence, Firm, Support, User
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint
from touchpoints.dashboard import MOST, MOST_SAID, FirstSteps, coming_birthdays, first_steps, last_said, promises_kept, read_agenda, read_ahead
from touchpoints.fates import Counts
from touchpoints.models import Status
from touchpoints.queue import daily_queue
from touchpoints.workload import weekly_workload


@pytest.fixture
def adviser(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser")


@pytest.fixture
def colleague(alice: User) -> User:
    return make_user(name="Paul Roy", role="adviser")


def days(number: int) -> timedelta:
    return timedelta(days=number)


def test_promises_about_to_break_come_soonest_first_whoever_keeps_them(adviser: User, colleague: User) -> None:
    assistant = make_user(role="assistant")
    Support.objects.create(assistant=assistant, adviser=adviser)
    in_ten = make_touchpoint(adviser=adviser, window_days=10, rank=1)
    tomorrow = make_touchpoint(adviser=adviser, window_days=1, rank=4, performer="assistant")
    make_touchpoint(adviser=adviser, window_days=15)
    make_touchpoint(adviser=adviser, window_days=1, status=Status.DONE)
    other = make_touchpoint(adviser=colleague, window_days=1)
    for reader in (adviser, assistant):
        assert read_agenda(user=reader, on=TODAY).breaking == [tomorrow, in_ten]
    assert read_agenda(user=make_user(role="admin"), on=TODAY).breaking == [other, tomorrow, in_ten]


def test_the_next_touchpoints_are_the_first_of_the_queue(adviser: User, colleague: User) -> None:
    later, now = make_touchpoint(adviser=adviser, rank=2), make_touchpoint(adviser=adviser, rank=1)
    for _ in range(2 * MOST):
        make_touchpoint(adviser=colleague, rank=1, due_on=TODAY - days(1))
    assert read_agenda(user=adviser, on=TODAY).next == [now, later]
    first = daily_queue(user=colleague, on=TODAY)[:MOST]
    assert read_agenda(user=colleague, on=TODAY).next == list(first)


def test_who_looks_at_a_whole_firm_has_the_clients_they_lead_themselves(alice: User, adviser: User) -> None:
    make_touchpoint(adviser=adviser)
    assert read_agenda(user=alice, on=TODAY).next == []
    own = make_touchpoint(adviser=alice)
    assert read_agenda(user=alice, on=TODAY).next == [own]


def test_the_next_meetings_come_with_the_family_and_the_last_conversation(adviser: User, colleague: User) -> None:
    client = make_client(adviser=adviser, name="Famille Roy")
    Person.objects.create(client=client, first_name="Zoé", last_name="Roy")
    for hour, subject in ((15, "Retirement"), (14, "Earlier")):
        moment = datetime(2026, 11, 20, hour, tzinfo=UTC)
        log_interaction(client=client, by=colleague, draft=InteractionDraft(channel="phone", subject=subject, happened_at=moment))
    FollowUp.objects.create(client=client, text="Send the figures", due_on=TODAY, assignee=adviser, by=adviser)
    second = make_touchpoint(adviser=adviser, channel="video", due_on=TODAY + days(30))
    first = make_touchpoint(client=client, channel="in_person", due_on=TODAY + days(2), performer="assistant")
    for fields in (
        {"channel": "phone"},
        {"channel": "in_person", "due_on": TODAY - days(1)},
        {"channel": "in_person", "due_on": TODAY + days(31)},
        {"channel": "in_person", "status": Status.DONE},
    ):
        make_touchpoint(adviser=adviser, **fields)
    make_touchpoint(adviser=colleague, channel="in_person")
    meetings = read_agenda(user=adviser, on=TODAY).meetings
    assert [(meeting.touchpoint, meeting.family) for meeting in meetings] == [
        (first, ["Famille Roy", "Zoé Roy"]),
        (second, [second.client.name]),
    ]
    told = [(str(context.last), [str(each) for each in context.follow_ups]) for context in (meeting.context for meeting in meetings)]
    assert told == [("Retirement", ["Send the figures"]), ("None", [])]


@pytest.mark.parametrize(
    ("today", "born", "expected"),
    [
        (date(2026, 11, 23), date(1950, 11, 23), (date(2026, 11, 23), 76)),
        (date(2026, 12, 28), date(1980, 1, 5), (date(2027, 1, 5), 47)),
        (date(2027, 2, 20), date(1992, 2, 29), (date(2027, 2, 28), 35)),
        (date(2028, 2, 20), date(1992, 2, 29), (date(2028, 2, 29), 36)),
        (date(2026, 11, 23), date(1950, 12, 8), None),
        (date(2026, 11, 23), date(1950, 11, 22), None),
    ],
)
def test_birthdays_of_the_next_fourteen_days(adviser: User, colleague: User, today: date, born: date, expected: tuple[date, int] | None) -> None:
    make_client(adviser=adviser, birth_date=born)
    make_client(adviser=colleague, birth_date=born)
    found = [(birthday.on, birthday.turns) for birthday in coming_birthdays(user=adviser, on=today)]
    assert found == ([expected] if expected else [])
    assert Person.objects.filter(birth_date=born).count() == 2


def test_promises_kept_count_this_quarter_until_today_and_month_by_month(adviser: User, colleague: User) -> None:
    done = datetime(2026, 10, 1, 15, tzinfo=UTC)
    for status, due_on, closed_at in (
        (Status.DONE, date(2026, 10, 1), done),
        (Status.DONE, TODAY, done),
        (Status.DONE, date(2026, 9, 30), done),
        (Status.DONE, date(2026, 8, 3), done),
        (Status.MISSED, date(2026, 11, 1), None),
        (Status.SKIPPED, date(2026, 11, 2), None),
        (Status.PLANNED, date(2026, 11, 3), None),
        (Status.DONE, TODAY + days(1), done),
        (Status.DONE, date(2025, 11, 30), done),
    ):
        make_touchpoint(adviser=adviser, status=status, due_on=due_on, closed_at=closed_at)
    make_touchpoint(adviser=colleague, status=Status.MISSED)
    kept = promises_kept(user=adviser, on=TODAY)
    assert kept.quarter == Counts(on_time=2, missed=1, skipped=1, open=1)
    assert kept.quarter.share == 2 / 3
    assert (len(kept.months), kept.months[date(2026, 8, 1)], kept.months[date(2026, 9, 1)]) == (12, Counts(late=1), Counts(on_time=1))


def test_the_load_of_eight_weeks_puts_what_is_late_in_the_first(adviser: User) -> None:
    make_touchpoint(adviser=adviser, due_on=TODAY - days(10), minutes=30)
    make_touchpoint(adviser=adviser, due_on=TODAY + days(6), minutes=15)
    make_touchpoint(adviser=adviser, due_on=TODAY + days(7), minutes=90)
    make_touchpoint(adviser=adviser, due_on=TODAY + days(7), minutes=90, performer="assistant")
    make_touchpoint(adviser=adviser, due_on=TODAY + days(56), minutes=90)
    make_touchpoint(adviser=adviser, due_on=TODAY + days(7), minutes=90, snoozed_until=TODAY + days(60), window_days=90)
    load = read_ahead(user=adviser, on=TODAY + days(2)).load
    assert [(week.touchpoints, week.minutes) for week in load] == [(2, 45), (1, 90)] + [(0, 0)] * 6
    assert [week.starts_on for week in load] == [TODAY + days(7 * number) for number in range(8)]


def away(user: User, by: User, first: int, last: int) -> None:
    Absence.objects.create(user=user, covered_by=by, starts_on=TODAY + days(first), ends_on=TODAY + days(last))


@pytest.mark.usefixtures("monday")
def test_the_load_follows_covers_day_by_day_as_the_weeks_of_capacity_do(adviser: User, colleague: User) -> None:
    for lead, length in ((adviser, 10), (colleague, 1)):
        for due in (-3, 0, 7, 9, 14):
            make_touchpoint(adviser=lead, due_on=TODAY + days(due), minutes=length)
    # Asked by name, in the colleague's book.
    make_touchpoint(adviser=colleague, due_on=TODAY + days(8), minutes=100, assigned_to=colleague)
    away(colleague, adviser, 0, 1)
    away(colleague, adviser, 8, 10)
    away(adviser, colleague, 14, 14)

    def minutes(user: User) -> list[int]:
        return [week.minutes for week in read_ahead(user=User.objects.get(pk=user.pk), on=TODAY).load][:3]

    # What is late falls to whoever covers today.
    assert minutes(adviser) == [2 * 10 + 2, 2 * 10 + 101, 0]
    assert minutes(colleague) == [0, 1, 10 + 1]
    weeks = weekly_workload(firm=adviser.firm, today=TODAY, weeks=3)
    planned = {load.person.user_id: [int(span.committed * 60) for span in load.spans] for load in weeks.people}
    assert {adviser.pk: minutes(adviser), colleague.pk: minutes(colleague)} == planned


@pytest.mark.usefixtures("monday")
def test_the_load_of_an_assistant_follows_covers_too(adviser: User, colleague: User) -> None:
    marie, theo = make_user(name="Marie", role="assistant"), make_user(name="Théo", role="assistant")
    Support.objects.create(assistant=marie, adviser=adviser)
    Support.objects.create(assistant=theo, adviser=colleague)
    for lead, length in ((adviser, 10), (colleague, 1)):
        make_touchpoint(adviser=lead, due_on=TODAY + days(1), minutes=length, performer="assistant")
        make_touchpoint(adviser=lead, due_on=TODAY + days(1), minutes=500, performer="adviser")
    away(theo, marie, 1, 2)
    ahead = [read_ahead(user=User.objects.get(pk=each.pk), on=TODAY) for each in (marie, theo)]
    assert [each.load[0].minutes for each in ahead] == [11, 0]
    # The calendar shows the books worked for today.
    assert [each.due for each in ahead] == [{TODAY + days(1): 1}, {TODAY + days(1): 1}]


def test_the_heat_map_counts_what_falls_due_on_each_day_of_twelve_weeks(adviser: User, colleague: User) -> None:
    last = TODAY + days(83)
    for fields in (
        {},
        {"status": Status.CLAIMED},
        # Out of the queue for a while, it stands in the calendar on its day all the same.
        {"due_on": last, "snoozed_until": last + days(5)},
        {"due_on": TODAY - days(1)},
        {"due_on": last + days(1)},
        {"status": Status.DONE},
        {"status": Status.CANCELLED},
        {"performer": "assistant"},
    ):
        make_touchpoint(adviser=adviser, **fields)
    make_touchpoint(adviser=colleague, due_on=TODAY + days(3))
    assert read_ahead(user=adviser, on=TODAY).due == {TODAY: 2, last: 1}
    assert read_ahead(user=make_user(role="admin"), on=TODAY).due == {TODAY: 3, TODAY + days(3): 1, last: 1}


def test_the_last_interactions_are_those_of_the_books_worked_for_the_latest_first(adviser: User, colleague: User) -> None:
    mine, archived, other = make_client(adviser=adviser), make_client(adviser=adviser), make_client(adviser=colleague)
    Client.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    now = timezone.now()
    for number in range(8):
        for client in (mine, archived, other):
            Interaction.objects.create(
                client=client, by=colleague, channel="phone", subject=f"{client.pk} {number}", happened_at=now - timedelta(hours=number)
            )
    assert [said.subject for said in last_said(user=adviser)] == [f"{mine.pk} {number}" for number in range(MOST_SAID)]
    assistant = make_user(role="assistant")
    assert last_said(user=assistant) == []
    Support.objects.create(assistant=assistant, adviser=colleague)
    assert {said.client for said in last_said(user=User.objects.get(pk=assistant.pk))} == {other}
    assert {said.client for said in last_said(user=make_user(role="admin"))} == {mine, other}


def test_the_first_steps_follow_what_the_firm_has_done(alpha: Firm, alice: User) -> None:
    assert first_steps(alpha) == FirstSteps(people=False, clients=False, segmentation=False, matrix=False)
    adviser = make_user(role="adviser")
    assert first_steps(alpha) == FirstSteps(people=True, clients=False, segmentation=False, matrix=False)
    make_client(adviser=adviser)
    steps = first_steps(alpha)
    assert steps == FirstSteps(people=True, clients=True, segmentation=False, matrix=False)
    assert (steps.done, steps.is_complete) == (2, False)
