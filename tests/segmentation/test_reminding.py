"""What runs out is said in time, once, to those it concerns, on the firm's days."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import translation

from clients.models import Client
from firms.models import User
from firms.wall import enter_firm
from messaging.models import Notice
from messaging.notices import wording
from segmentation.models import Assignment, SchemeReview
from segmentation.overriding import end_override, override_segment
from segmentation.reminding import remind
from segmentation.tasks import tend_firm
from tests import factories
from tests.segmentation.drifting import BEGAN, publish
from tests.segmentation.rows import make_book

# Noon in Montréal, whatever the season.
DECIDED = datetime(2026, 3, 2, 17, tzinfo=UTC)
ENDS = date(2026, 6, 30)


@pytest.fixture
def anna(alice):
    return factories.make_user(name="Anna", role="adviser")


@pytest.fixture
def override(alice, anna):
    (client,) = make_book(anna, [5])
    scheme = publish(alice)
    with time_machine.travel(DECIDED, tick=False):
        return override_segment(client=client, segment=scheme.segments.get(rank=1), reason="A promise", expires_on=ENDS, by=alice)


def posted():
    return list(Notice.objects.order_by("pk").values_list("user__name", "values__days"))


def test_the_adviser_and_who_decided_are_told_thirty_days_seven_days_and_on_the_day(alice, override):
    told = {}
    for ahead in (31, 30, 29, 8, 7, 6, 1, 0):
        before = Notice.objects.count()
        for _again in range(2):
            remind(firm_id=alice.firm_id, today=ENDS - timedelta(days=ahead))
        told[ahead] = Notice.objects.count() - before
    assert told == {31: 0, 30: 2, 29: 0, 8: 0, 7: 2, 6: 0, 1: 0, 0: 2}
    assert sorted(set(posted())) == [("Alice Roy", 0), ("Alice Roy", 7), ("Alice Roy", 30), ("Anna", 0), ("Anna", 7), ("Anna", 30)]


def test_nights_that_were_missed_are_made_up_for_without_a_flood(alice, override):
    remind(firm_id=alice.firm_id, today=ENDS - timedelta(days=5))
    assert [days for _name, days in posted()] == [5, 5]
    remind(firm_id=alice.firm_id, today=ENDS + timedelta(days=2))
    assert [days for _name, days in posted()] == [5, 5, 0, 0]


def test_a_stage_that_had_passed_when_it_was_decided_is_not_said(alice, anna):
    (client,) = make_book(anna, [5])
    scheme = publish(alice)
    with time_machine.travel(DECIDED, tick=False):
        override_segment(client=client, segment=scheme.segments.get(rank=1), reason="Why", expires_on=date(2026, 3, 20), by=alice)
    for day in range(2, 21):
        remind(firm_id=alice.firm_id, today=date(2026, 3, day))
    assert sorted(posted()) == [("Alice Roy", 0), ("Alice Roy", 7), ("Anna", 0), ("Anna", 7)]


def test_one_who_decided_for_the_own_client_is_told_once_and_who_left_or_moved_on_is_not(alice, anna, override):
    Assignment.objects.filter(pk=override.pk).update(by=anna)
    remind(firm_id=alice.firm_id, today=ENDS - timedelta(days=30))
    assert posted() == [("Anna", 30)]
    zoe = factories.make_user(name="Zoé")
    Client.objects.update(adviser=zoe)
    User.objects.filter(pk=zoe.pk).update(is_active=False)
    remind(firm_id=alice.firm_id, today=ENDS - timedelta(days=7))
    assert posted() == [("Anna", 30)]


def test_what_a_person_ended_before_its_day_is_not_announced(alice, override):
    with time_machine.travel(DECIDED + timedelta(days=30), tick=False):
        end_override(client=override.client, scheme_id=override.scheme_id, by=alice)
    remind(firm_id=alice.firm_id, today=ENDS)
    assert posted() == []


def test_the_sentence_is_in_the_readers_language(alice, override):
    remind(firm_id=alice.firm_id, today=ENDS - timedelta(days=1))
    remind(firm_id=alice.firm_id, today=ENDS)
    first, second = Notice.objects.filter(user=alice).order_by("pk")
    assert wording(first) == "The override of Client 0 (Top) ends in 1 day."
    assert wording(second) == "The override of Client 0 (Top) ends today: the computed segment applies again."
    with translation.override("fr"):
        assert wording(first) == "La dérogation de Client 0 (Top (fr)) prend fin dans 1\u00a0jour."


def test_the_night_is_the_firms_own(alice, beta, override):
    # 3:59 UTC on 31 May is still 30 May in Montréal, 31 days before the end.
    for hour, expected in ((3, 0), (4, 2)):
        with time_machine.travel(datetime(2026, 5, 31, hour, 30, tzinfo=UTC), tick=False):
            tend_firm(firm_id=alice.firm_id)
            enter_firm(alice.firm_id)
            assert Notice.objects.count() == expected
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False):
        tend_firm(firm_id=beta.pk)
    enter_firm(beta.pk)
    assert Notice.objects.count() == 0


def test_a_schemes_review_is_due_a_year_after_it_began_then_on_the_day_that_was_set(alice, anna):
    scheme = publish(alice)
    assert remind(firm_id=alice.firm_id, today=BEGAN + timedelta(days=364)) == 0
    assert [remind(firm_id=alice.firm_id, today=BEGAN + timedelta(days=days)) for days in (365, 366)] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.user, notice.url, wording(notice)) == (alice, f"/segmentation/{scheme.pk}/review/", "The yearly review of “Levels” is due.")
    answers = dict.fromkeys(("capacity", "accuracy", "delivery", "needs"), "yes")
    SchemeReview.objects.create(scheme=scheme, on=date(2027, 3, 10), by=alice, conclusions="Go on", next_on=date(2028, 1, 15), **answers)
    assert [remind(firm_id=alice.firm_id, today=day) for day in (date(2028, 1, 14), date(2028, 1, 15), date(2028, 1, 16))] == [0, 1, 0]
