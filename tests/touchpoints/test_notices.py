"""One notice a morning, in each person's own morning."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import translation

from firms.models import Firm, Support, User
from firms.wall import enter_firm
from messaging.models import Notice
from messaging.notices import wording
from tests.factories import make_user
from tests.touchpoints.rows import TODAY, make_touchpoint
from touchpoints.notices import post_due_notices
from touchpoints.tasks import post_due_notices as task

# Monday 23 November 2026: 7:00 in Paris, 1:00 in Montréal.
SEVEN_IN_PARIS = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SEVEN_IN_MONTREAL = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def ana(alpha: Firm, alice: User) -> User:
    return make_user(name="Ana", role="adviser")


def posted() -> list[tuple[str, dict[str, int]]]:
    return list(Notice.objects.order_by("pk").values_list("user__name", "values"))


def test_each_person_is_told_in_their_own_morning_once_a_day(alpha: Firm, ana: User) -> None:
    paul = make_user(name="Paul", role="adviser", time_zone="Europe/Paris")
    for adviser in (ana, paul):
        make_touchpoint(adviser=adviser)
        make_touchpoint(adviser=adviser, due_on=TODAY - timedelta(days=2))

    post_due_notices(firm=alpha, now=SEVEN_IN_PARIS - timedelta(seconds=1))
    assert posted() == []
    post_due_notices(firm=alpha, now=SEVEN_IN_PARIS)
    assert posted() == [("Paul", {"today": 1, "late": 1})]
    post_due_notices(firm=alpha, now=SEVEN_IN_MONTREAL - timedelta(seconds=1))
    assert len(posted()) == 1
    post_due_notices(firm=alpha, now=SEVEN_IN_MONTREAL)
    post_due_notices(firm=alpha, now=SEVEN_IN_MONTREAL + timedelta(hours=9))
    assert posted() == [("Paul", {"today": 1, "late": 1}), ("Ana", {"today": 1, "late": 1})]
    # Paul's Tuesday has begun; in Montréal it is still Monday night.
    post_due_notices(firm=alpha, now=SEVEN_IN_PARIS + timedelta(days=1))
    assert posted()[2:] == [("Paul", {"today": 0, "late": 2})]


def test_across_the_change_of_clocks_the_morning_stays_at_seven(alpha: Firm, ana: User) -> None:
    make_touchpoint(adviser=ana, due_on=date(2026, 3, 6), window_days=60)
    for before, at in (
        # Friday 6 March is winter time (UTC−5), Monday 9 March summer time (UTC−4).
        (datetime(2026, 3, 6, 11, 59, tzinfo=UTC), datetime(2026, 3, 6, 12, 0, tzinfo=UTC)),
        (datetime(2026, 3, 9, 10, 59, tzinfo=UTC), datetime(2026, 3, 9, 11, 0, tzinfo=UTC)),
    ):
        assert post_due_notices(firm=alpha, now=before) == 0
        assert post_due_notices(firm=alpha, now=at) == 1


def test_each_is_told_of_the_own_work_and_nobody_of_nothing(alpha: Firm, alice: User, ana: User) -> None:
    marie = make_user(name="Marie", role="assistant")
    make_user(name="Idle", role="adviser")
    make_user(name="Watcher", role="compliance")
    Support.objects.create(assistant=marie, adviser=ana)
    for performer in ("adviser", "assistant", "either"):
        make_touchpoint(adviser=ana, performer=performer)
    make_touchpoint(adviser=ana, performer="adviser", snoozed_until=TODAY + timedelta(days=1))
    make_touchpoint(adviser=ana, performer="adviser", status="done")
    make_touchpoint(adviser=alice, performer="either", due_on=TODAY - timedelta(days=1))

    post_due_notices(firm=alpha, now=SEVEN_IN_MONTREAL)
    assert sorted(posted()) == [("Alice Roy", {"today": 0, "late": 1}), ("Ana", {"today": 2, "late": 0}), ("Marie", {"today": 2, "late": 0})]


@pytest.mark.parametrize("day", [date(2026, 11, 28), date(2026, 12, 25)], ids=["Saturday", "Christmas"])
def test_a_day_off_stays_quiet(alpha: Firm, ana: User, day: date) -> None:
    make_touchpoint(adviser=ana, window_days=90)
    assert post_due_notices(firm=alpha, now=datetime(day.year, day.month, day.day, 15, tzinfo=UTC)) == 0


def test_the_sentence_is_in_the_readers_language(alpha: Firm, ana: User) -> None:
    make_touchpoint(adviser=ana)
    make_touchpoint(adviser=ana, due_on=TODAY - timedelta(days=1))
    make_touchpoint(adviser=ana, due_on=TODAY - timedelta(days=1))
    post_due_notices(firm=alpha, now=SEVEN_IN_MONTREAL)
    notice = Notice.objects.get()
    assert wording(notice) == "1 touchpoint is due today, 2 late."
    with translation.override("fr-ca"):
        assert wording(notice) == "1 point de contact à faire aujourd’hui, 2 en retard."


def test_the_task_tells_only_its_own_firm(alpha: Firm, beta: Firm, ana: User) -> None:
    make_touchpoint(adviser=ana)
    with time_machine.travel(SEVEN_IN_MONTREAL, tick=False):
        task(firm_id=beta.pk)
        enter_firm(alpha.pk)
        assert posted() == []
        task(firm_id=alpha.pk)
    enter_firm(alpha.pk)
    assert posted() == [("Ana", {"today": 1, "late": 0})]
