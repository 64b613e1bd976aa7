"""One client promised something else: made, refused, ended, reminded of, shown with where each promise comes from."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from clients.models import Client
from firms.models import PlanningRequest
from messaging.models import Notice
from messaging.notices import wording
from segmentation.models import Segment
from segmentation.publishing import firm_today
from service_matrix.catalogue import REACTIVE
from service_matrix.client_pages import list_exceptions
from service_matrix.client_promises import resolve_client
from service_matrix.exceptions import ExceptionDraft, InvalidException, NoException, NotServed, current_exceptions, end_exception, make_exception
from service_matrix.models import PromiseException, TouchpointType
from service_matrix.reminding import remind_of_exceptions
from service_matrix.versions import ensure_catalogue, publish_version
from tests import factories
from tests.service_matrix.rows import except_client, make_draft, make_exempted, make_rule, put_in_profile


@pytest.fixture
def calls(alice) -> TouchpointType:
    return ensure_catalogue(by=alice)["check_in_call"]


def periods() -> list[tuple[int, int, int | None]]:
    """Days from the first to the end, days decided, times."""
    rows = PromiseException.objects.order_by("pk")
    return [((row.ends_on - row.starts_on).days, (row.expires_on - row.starts_on).days, row.times) for row in rows]


def test_another_exception_of_the_same_ends_the_first_and_both_stay_on_record(alice, calls):
    client = make_exempted(by=alice)
    except_client(client, calls, by=alice, times=12)
    except_client(client, calls, by=alice, times=6, days=30)
    assert periods() == [(0, 90, 12), (30, 30, 6)]
    assert [row.times for row in current_exceptions(alice, on=firm_today(alice.firm_id))] == [6]
    assert PlanningRequest.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "  ", "times": 3}, "reason"),
        ({"days": 0, "times": 3}, "expires_on"),
        ({"days": -5, "times": 3}, "expires_on"),
        ({"days": 800, "times": 3}, "expires_on"),
        ({"times": 0}, "times"),
        ({"times": -1}, "times"),
        ({"times": 53}, "times"),
        ({"minutes": 1441}, "minutes"),
        ({"minutes": -1}, "minutes"),
        ({"channel": "pigeon"}, "channel"),
        ({"performer": "boss"}, "performer"),
        ({}, "times"),
    ],
)
def test_an_exception_that_makes_no_sense_is_refused_in_words(alice, calls, change, field):
    client = make_exempted(by=alice)
    with pytest.raises(InvalidException) as refusal:
        except_client(client, calls, by=alice, **change)
    assert list(refusal.value.errors) == [field]
    assert not PromiseException.objects.exists()


def test_minutes_below_nothing_are_not_said_to_be_more_than_a_day(alice, calls):
    with pytest.raises(InvalidException) as refused:
        except_client(make_exempted(by=alice), calls, by=alice, minutes=-1)
    assert refused.value.errors == {"minutes": "Minutes cannot be negative."}


def test_nobody_outside_the_service_scheme_and_no_archived_client_has_exceptions(alice, calls):
    archived = make_exempted(by=alice)
    Client.objects.filter(pk=archived.pk).update(archived_at="2026-01-01T00:00:00Z")
    for client in (archived, factories.make_client(adviser=alice)):
        with pytest.raises(NotServed):
            except_client(client, calls, by=alice, times=3)


def test_answering_is_the_same_for_every_client(alice):
    with pytest.raises(InvalidException, match="same for every client"):
        except_client(make_exempted(by=alice), ensure_catalogue(by=alice)[REACTIVE], by=alice, times=3)


def test_an_exception_is_ended_once(alice, calls):
    exception = except_client(make_exempted(by=alice), calls, by=alice, times=3)
    end_exception(exception=exception, by=alice)
    assert PromiseException.objects.get().ended_by == alice
    with pytest.raises(NoException):
        end_exception(exception=exception, by=alice)


def test_the_database_lets_no_two_exceptions_of_the_same_overlap(alice, calls):
    first = except_client(make_exempted(by=alice), calls, by=alice, times=3)
    first.pk = None
    with pytest.raises(IntegrityError, match="no_overlap"), transaction.atomic():
        first.save()


def test_exceptions_are_those_of_the_clients_a_person_sees(alice, calls):
    colleague, other = factories.make_user(), factories.make_user()
    except_client(make_exempted(by=colleague), calls, by=alice, times=3)
    today = firm_today(alice.firm_id)
    assert [current_exceptions(person, on=today).count() for person in (alice, colleague, other)] == [1, 1, 0]


def test_the_adviser_and_who_decided_are_told_once_at_each_stage(alice, calls):
    adviser = factories.make_user()
    except_client(make_exempted(by=adviser), calls, by=alice, times=3, days=90)
    today = firm_today(alice.firm_id)
    told = [remind_of_exceptions(firm_id=alice.firm_id, today=today + timedelta(days=day)) for day in (0, 59, 60, 61, 84, 84, 90, 91)]
    assert told == [0, 0, 2, 0, 2, 0, 2, 0]
    assert [wording(notice).split("(")[1] for notice in Notice.objects.filter(user=alice).order_by("pk")] == [
        "Check-in call) ends in 30 days.",
        "Check-in call) ends in 6 days.",
        "Check-in call) ends today: the segment’s promise applies again.",
    ]


def test_of_one_that_was_ended_early_nobody_is_told(alice, calls):
    exception = except_client(make_exempted(by=alice), calls, by=alice, times=3, days=31)
    end_exception(exception=exception, by=alice)
    assert remind_of_exceptions(firm_id=alice.firm_id, today=firm_today(alice.firm_id) + timedelta(days=1)) == 0


def test_each_promise_says_where_it_comes_from_and_why(alice, calls):
    draft = make_draft(by=alice)
    Segment.objects.filter(scheme=draft.scheme, rank=1).update(initiative="adviser")
    make_rule(draft, by=alice, of="phone", channel="email", times_change=-2, note="They read in the evening.")
    make_rule(draft, by=alice, kind=TouchpointType.objects.get(key="reporting"), initiative="client")
    draft.refresh_from_db()
    publish_version(version=draft, revision=draft.revision, by=alice)
    client = make_exempted(by=alice)
    put_in_profile(client, 1)
    except_client(client, calls, by=alice, minutes=5, reason="Busy until spring")
    except_client(client, TouchpointType.objects.get(key="review_meeting"), by=alice, is_nothing=True)
    except_client(client, TouchpointType.objects.get(key="newsletter"), by=alice, times=12)
    resolved = resolve_client(client, on=firm_today(alice.firm_id))
    assert resolved is not None
    assert (resolved.segment.name_en, resolved.profile and resolved.profile.name_en, resolved.changed) == ("Premium", "Time-poor", 4)
    assert {each.touchpoint_type.key: [(step.source, step.words, step.why) for step in each.steps] for each in resolved.promises} == {
        "review_meeting": [
            ("segment", ["3–4 × In person · 60 min"], []),
            ("exception", ["no longer promised: 3–4 × In person · 60 min"], ["As agreed"]),
        ],
        "check_in_call": [
            ("segment", ["12 × Phone · 15 min"], []),
            ("profile", ["how often: 12 × → 10 ×", "channel: Phone → E-mail"], ["What is promised by: phone – They read in the evening."]),
            ("exception", ["minutes: 15 → 5"], ["Busy until spring"]),
        ],
        "newsletter": [("exception", ["now promised: 12 × E-mail · 2 min"], ["As agreed"])],
        "reporting": [
            ("segment", ["4 × E-mail · 15 min"], []),
            ("profile", ["first step: the adviser → the client"], ["Portfolio report"]),
        ],
    }


def test_who_is_in_no_segment_is_promised_nothing(alice):
    draft = make_draft(by=alice)
    publish_version(version=draft, revision=1, by=alice)
    assert resolve_client(factories.make_client(adviser=alice), on=firm_today(alice.firm_id)) is None


def test_exceptions_are_in_the_clients_history(alice, calls):
    client = make_exempted(by=alice)
    end_exception(exception=except_client(client, calls, by=alice, times=3), by=alice)
    (change,) = list_exceptions(client, alice.firm)
    assert (change.who, change.said, change.lines[0].after, change.lines[1].after) == ("Alice Roy", "exception made", "3 ×", "As agreed")


def test_an_exception_of_another_firms_client_is_refused_by_the_wall(alice, beta, calls):
    draft = ExceptionDraft(reason="As agreed", expires_on=firm_today(alice.firm_id) + timedelta(days=9), times=2)
    with pytest.raises(NotServed):
        make_exception(client=Client(pk=987_654_321, firm_id=beta.pk), touchpoint_type=calls, draft=draft, by=alice)
