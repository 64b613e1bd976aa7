"""What was promised to a client is in the digest of whoever has it to do, from the day it is due."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from clients.follow_up_reminders import MOST_LINES, collect, word
from clients.models import FollowUp
from firms.models import Absence, Support, User
from messaging.digests import Reader, make_digests
from messaging.models import OutboxMessage, Preferences
from tests import factories

DAY = date(2026, 11, 23)


@pytest.fixture
def ana(alice):
    return factories.make_user(name="Ana Roy", language="en")


@pytest.fixture
def marie(ana):
    user = factories.make_user(name="Marie Côté", role="assistant", language="en")
    Support.objects.create(assistant=user, adviser=ana)
    return user


def promise(client, assignee, text, *, days=0, **fields):
    return FollowUp.objects.create(client=client, text=text, due_on=DAY + timedelta(days=days), assignee=assignee, by=assignee, **fields)


def told(*users, day=DAY):
    readers = [Reader(user, day, datetime(2026, 11, 22, 12, tzinfo=UTC), Preferences(user=user)) for user in users]
    return {pk: [text for _client_id, _client, text, _day in found.lines] for pk, found in collect(users[0].firm, readers).items()}


def test_late_and_due_today_the_earliest_first_and_nothing_else(ana, marie, roy):
    promise(roy, ana, "Today")
    promise(roy, ana, "Late", days=-3)
    promise(roy, ana, "Tomorrow", days=1)
    promise(roy, ana, "Done", done_at="2026-11-20T15:00Z", done_by=ana)
    promise(factories.make_client(adviser=ana, archived_at="2026-11-20T15:00Z"), ana, "Archived")
    promise(roy, marie, "Marie's")
    assert told(ana, marie) == {ana.pk: ["Late", "Today"], marie.pk: ["Marie's"]}


def test_each_readers_own_day_decides(ana, marie, roy):
    promise(roy, ana, "Tomorrow", days=1)
    assert (told(ana), told(ana, day=DAY + timedelta(days=1))) == ({}, {ana.pk: ["Tomorrow"]})


def test_what_nobody_has_is_told_to_the_adviser_alone(ana, marie, roy):
    promise(roy, marie, "Marie's")
    Support.objects.all().delete()
    assert told(ana, marie) == {ana.pk: ["Marie's"]}


def test_whoever_covers_is_told_what_the_absent_one_would_be(ana, roy):
    paul = factories.make_user(name="Paul")
    promise(roy, ana, "Ana's")
    Absence.objects.create(user=ana, covered_by=paul, starts_on=DAY, ends_on=DAY)
    assert told(paul) == {paul.pk: ["Ana's"]}
    assert told(paul, day=DAY + timedelta(days=1)) == {}


def test_the_first_are_named_and_all_are_counted(ana, roy):
    for number in range(MOST_LINES + 3):
        promise(roy, ana, f"Promise {number}", days=-number)
    (found,) = collect(ana.firm, [Reader(ana, DAY, datetime(2026, 11, 22, tzinfo=UTC), Preferences(user=ana))]).values()
    with translation.override("en"):
        (part,) = word(found, ana.firm)
    assert (part.number, part.more, part.short, part.urgent) == (MOST_LINES + 3, 3, "11 follow-ups", True)
    assert (part.lines[0].text, part.lines[0].note) == ("Roy – Promise 10", "Due Nov 13, 2026")


def test_it_arrives_in_the_digest(ana, roy):
    promise(roy, ana, "Send the form")
    make_digests(firm_id=ana.firm_id, now=datetime(2026, 11, 23, 15, tzinfo=UTC))
    assert "Roy – Send the form" in OutboxMessage.objects.get(to=ana.email).text


def test_as_many_statements_for_thirty_readers_as_for_one(ana, roy):
    counts = []
    for number in (1, 30):
        users = [factories.make_user(name=f"Adviser {each}") for each in range(number)]
        for user in users:
            promise(factories.make_client(adviser=user), user, "Send the form")
        users = list(User.objects.filter(pk__in=[user.pk for user in users]).select_related("firm"))
        with CaptureQueriesContext(connection) as captured:
            assert len(told(*users)) == number
        counts.append(len(captured))
    assert counts == [2, 2]
