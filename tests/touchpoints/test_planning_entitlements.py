"""What a profile and an exception make of a client's year of touchpoints; test_planning_oracle.py holds the whole of it to the slow oracle."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from clients.models import Client
from firms.models import PlanningRequest, User
from segmentation.models import Assignment, Placement, Scheme, SchemeVersion, Segment
from segmentation.overriding import override_segment
from service_matrix.exceptions import ExceptionDraft, end_exception, make_exception
from service_matrix.models import MatrixVersion, ProfileRule, PromiseException
from tests import factories
from tests.touchpoints.planning_factories import make_scheme, make_type, place, publish
from touchpoints.models import Touchpoint
from touchpoints.planning import preview, read_plan, reconcile, replan_client
from touchpoints.planning.statements import statements_for

NEW_YEAR = date(2026, 1, 1)
JULY = date(2026, 7, 1)
NEXT_YEAR = date(2027, 1, 1)


@pytest.fixture(autouse=True)
def on_the_day():
    with time_machine.travel("2026-01-01T17:00Z", tick=False):
        yield


class Book:
    """Two clients of a segment that is promised four calls a year, the first of a profile."""

    def __init__(self, by: User) -> None:
        self.by = by
        (self.segment,) = make_scheme(segments=1)
        self.call = make_type()
        self.version = publish({(self.segment, self.call): 4})
        self.overlay = Scheme.objects.create(name_en="Profiles", name_fr="Profils")
        self.profile = Segment.objects.create(scheme=self.overlay, rank=1, name_en="Time-poor", name_fr="Pressés")
        self.one, self.other = (factories.make_client(adviser=by, people=False) for _ in range(2))
        for client in (self.one, self.other):
            place(client, self.segment, since=NEW_YEAR - timedelta(days=400))
        place(self.one, self.profile, since=NEW_YEAR)

    def rule(self, **says: Any) -> None:
        MatrixVersion.objects.filter(pk=self.version.pk).update(overlay=self.overlay)
        ProfileRule.objects.create(version=self.version, profile=self.profile, **says)

    def make_exception(self, ends_on: date, **says: Any) -> PromiseException:
        return PromiseException.objects.create(
            client=self.one, touchpoint_type=self.call, reason="Agreed", starts_on=NEW_YEAR, ends_on=ends_on, expires_on=ends_on, by=self.by, **says
        )

    def plan(self, start: date = NEW_YEAR) -> None:
        reconcile(firm_id=self.by.firm_id, start=start)

    def dues(self, client: Client, **wanted: Any) -> list[tuple[int, date]]:
        rows = Touchpoint.objects.filter(client=client, status="planned", service_year=2026, **wanted)
        return list(rows.order_by("due_on").values_list("ordinal", "due_on"))


@pytest.fixture
def book(alice: User) -> Book:
    return Book(alice)


def test_a_profile_changes_what_its_own_clients_are_owed(book):
    book.rule(channel="video", times_change=2)
    book.plan()
    assert [ordinal for ordinal, _ in book.dues(book.one, channel="video")] == [1, 2, 3, 4, 5, 6]
    assert [ordinal for ordinal, _ in book.dues(book.other, channel="phone")] == [1, 2, 3, 4]


def test_who_leaves_the_profile_is_owed_the_segments_promises_again(book):
    book.rule(times_change=2)
    book.plan()
    Assignment.objects.filter(client=book.one, scheme=book.overlay).delete()
    replan_client(firm_id=book.by.firm_id, client_id=book.one.pk, start=NEW_YEAR)
    assert len(book.dues(book.one)) == 4


def test_an_exception_holds_until_it_ends_and_the_plain_terms_from_then_on(book):
    book.plan()
    plain = book.dues(book.one)
    book.make_exception(JULY, times=12)
    book.plan()
    found = book.dues(book.one)
    assert [ordinal for ordinal, due_on in found if due_on < JULY] == [101, 102, 103, 104, 105, 106]
    assert [each for each in found if each[1] >= JULY] == [each for each in plain if each[1] >= JULY] != []
    assert len(book.dues(book.other)) == 4
    # When the day has come nothing is left to do.
    with time_machine.travel("2026-07-01T17:00Z", tick=False):
        again = asdict(reconcile(firm_id=book.by.firm_id, start=JULY, months=6))
    assert again == {"inserted": 0, "updated": 0, "restored": 0, "cancelled": 0, "kept": 4}


def test_an_exception_that_changes_only_how_leaves_every_date_and_number(book):
    book.plan()
    plain = book.dues(book.one)
    book.make_exception(JULY, channel="video", minutes=90)
    book.plan()
    assert book.dues(book.one) == plain
    assert book.dues(book.one, channel="video", minutes=90) == [each for each in plain if each[1] < JULY]


def test_nothing_at_all_until_it_ends_early(book):
    book.plan()
    plain = book.dues(book.one)
    exception = book.make_exception(NEXT_YEAR, is_nothing=True)
    book.plan()
    assert book.dues(book.one) == []
    end_exception(exception=exception, by=book.by)
    book.plan()
    assert book.dues(book.one) == plain


def test_an_exception_promises_what_the_segment_does_not(book):
    other = make_type()
    PromiseException.objects.create(
        client=book.other, touchpoint_type=other, times=2, reason="Agreed", starts_on=NEW_YEAR, ends_on=NEXT_YEAR, expires_on=NEXT_YEAR, by=book.by
    )
    book.plan()
    assert [ordinal for ordinal, _ in book.dues(book.other, touchpoint_type=other)] == [101, 102]
    assert book.dues(book.one, touchpoint_type=other) == []


def test_what_is_shown_before_publishing_knows_profiles_and_exceptions(book):
    book.make_exception(JULY, times=12)
    book.plan()
    draft = MatrixVersion.objects.create(scheme=book.segment.scheme, number=2, status="draft", overlay=book.overlay)
    promise = book.version.promises.get()
    promise.pk, promise.version = None, draft
    promise.save()
    ProfileRule.objects.create(version=draft, profile=book.profile, channel="video")
    shown = preview(firm_id=book.by.firm_id, start=NEW_YEAR, end=NEXT_YEAR, version_id=draft.pk)
    MatrixVersion.objects.filter(pk=book.version.pk).update(status="retired")
    MatrixVersion.objects.filter(pk=draft.pk).update(status="published")
    assert reconcile(firm_id=book.by.firm_id, start=NEW_YEAR) == shown
    assert shown.updated == 8


def test_a_firm_without_rules_and_exceptions_runs_statements_that_know_of_neither(book):
    MatrixVersion.objects.filter(pk=book.version.pk).update(overlay=book.overlay)
    plain = statements_for(read_plan(book.by.firm_id, NEW_YEAR, NEXT_YEAR))
    assert not {word for word in ("own", "profiled", "overlay") if word in plain.count or word in plain.write}
    book.rule(times_change=1)
    ruled = statements_for(read_plan(book.by.firm_id, NEW_YEAR, NEXT_YEAR))
    assert ("profiled" in ruled.write, "own_" in ruled.write) == (True, False)
    book.make_exception(JULY, times=12)
    assert "own_occurrence" in statements_for(read_plan(book.by.firm_id, NEW_YEAR, NEXT_YEAR)).write


def test_exceptions_and_moves_between_profiles_ask_for_this_client_to_be_planned(book):
    draft = ExceptionDraft(reason="Agreed", expires_on=JULY, times=3)
    exception = make_exception(client=book.other, touchpoint_type=book.call, draft=draft, by=book.by)
    end_exception(exception=exception, by=book.by)
    version = SchemeVersion.objects.create(scheme=book.overlay, number=1, status="published")
    Placement.objects.create(client=book.one, scheme=book.overlay, version=version, segment=book.profile, inputs={})
    override_segment(client=book.one, segment=book.profile, reason="As agreed", expires_on=JULY, by=book.by)
    asking = PlanningRequest.objects.order_by("pk").values_list("client_id", flat=True)
    assert list(asking) == [book.other.pk, book.other.pk, book.one.pk]
