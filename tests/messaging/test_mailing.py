"""A few kinds of notices are e-mailed at once: outside quiet hours, once, and not what was read meanwhile."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine

from firms.models import User
from messaging import notices
from messaging.mailing import mail_due_notices
from messaging.models import Notice, OutboxMessage, Preferences
from messaging.preferences import out_of_quiet_hours, set_preferences, zone_of
from tests import factories

notices.notice_kind("urgent", sentence=lambda values: f"Urgent {values['number']}", at_once="Urgent things")
notices.notice_kind("calm", sentence=lambda values: "Calm")

# In Montréal: ten in the evening of 23 November, and noon.
NIGHT = datetime(2026, 11, 24, 3, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


def post(user: User, kind: str = "urgent", number: int = 1) -> None:
    notices.post_notice(user=user, kind=kind, values={"number": number}, dedupe_key=f"{kind} {user.pk} {number}", url="/profile/")


def mailed(now: datetime) -> list[tuple[str, str]]:
    before = set(OutboxMessage.objects.values_list("pk", flat=True))
    mail_due_notices(firm_id=Notice.objects.values_list("firm_id", flat=True)[0], now=now)
    return list(OutboxMessage.objects.exclude(pk__in=before).order_by("pk").values_list("to", "subject"))


@time_machine.travel(NOON, tick=False)
def test_an_urgent_notice_is_mailed_once_and_a_calm_one_waits(alice: User) -> None:
    post(alice)
    post(alice)
    post(alice, "calm")
    assert [mailed(NOON), mailed(NOON)] == [[("alice@alpha.test", "Urgent 1")], []]
    message = OutboxMessage.objects.get()
    assert ("/profile/" in message.text, "/profile/" in message.html) == (True, True)


@time_machine.travel(NIGHT, tick=False)
def test_the_night_is_quiet(alice: User) -> None:
    post(alice)
    morning = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert mailed(morning - timedelta(seconds=1)) == []
    assert mailed(morning) == [("alice@alpha.test", "Urgent 1")]


@time_machine.travel(NIGHT, tick=False)
def test_what_was_read_meanwhile_is_not_mailed(alice: User) -> None:
    post(alice, number=1)
    post(alice, number=2)
    notices.mark_read(user=alice, notice=Notice.objects.get(dedupe_key=f"urgent {alice.pk} 1"))
    assert mailed(NIGHT + timedelta(days=1)) == [("alice@alpha.test", "Urgent 2")]


@time_machine.travel(NOON, tick=False)
def test_who_does_not_want_a_kind_by_mail_finds_it_in_the_product(alice: User) -> None:
    set_preferences(by=alice, muted_kinds=["urgent"])
    post(alice)
    assert (mailed(NOON + timedelta(days=2)), Notice.objects.count()) == ([], 1)


@time_machine.travel(NOON, tick=False)
def test_who_left_is_not_written_to(alice: User) -> None:
    colleague = factories.make_user(name="Gone")
    post(colleague)
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    assert mailed(NOON) == []


@time_machine.travel(NOON, tick=False)
def test_who_has_not_accepted_the_invitation_finds_it_in_the_product(alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    post(alice)
    assert (mailed(NOON), Notice.objects.get().read_at) == ([], None)


@pytest.mark.parametrize("number", [1, 30])
def test_the_same_statements_for_one_notice_and_thirty(alice: User, django_assert_num_queries, number: int) -> None:
    with time_machine.travel(NOON, tick=False):
        for each in range(number):
            post(alice, number=each)
    with django_assert_num_queries(9):
        mail_due_notices(firm_id=alice.firm_id, now=NOON)


@pytest.mark.parametrize(
    ("quiet", "moment", "expected"),
    [
        ((time(20), time(7)), "2026-11-23 19:59", "2026-11-23 19:59"),
        ((time(20), time(7)), "2026-11-23 20:00", "2026-11-24 07:00"),
        ((time(20), time(7)), "2026-11-24 06:59", "2026-11-24 07:00"),
        ((time(20), time(7)), "2026-11-24 07:00", "2026-11-24 07:00"),
        ((time(12), time(13)), "2026-11-24 12:30", "2026-11-24 13:00"),
        ((time(12), time(12)), "2026-11-24 12:30", "2026-11-24 12:30"),
        ((None, None), "2026-11-24 03:00", "2026-11-24 03:00"),
        # The end of the quiet hours does not exist that night.
        ((time(20), time(2, 30)), "2026-03-08 01:00", "2026-03-08 03:30"),
    ],
)
def test_quiet_hours(alice: User, quiet: tuple[time | None, time | None], moment: str, expected: str) -> None:
    zone = zone_of(alice, alice.firm)
    preferences = Preferences(user=alice, quiet_from=quiet[0], quiet_until=quiet[1])
    local = datetime.fromisoformat(moment).replace(tzinfo=zone)
    found = out_of_quiet_hours(local.astimezone(UTC), preferences=preferences, zone=zone)
    assert found.astimezone(UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M") == expected
