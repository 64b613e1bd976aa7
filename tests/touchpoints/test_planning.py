"""What the planner promises, one behaviour a test. Beside it, test_planning_oracle.py holds the whole of it to the slow oracle."""

from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, timedelta
from statistics import mean

import pytest
import time_machine
from django.db.models.functions import Now

from clients.models import Client
from firms.background import request_planning
from firms.calendar import NoWorkingDays
from firms.models import Firm, PlanningRequest, User
from firms.wall import acting_for, enter_firm
from segmentation.models import Assignment, Segment
from service_matrix.models import MatrixVersion, TouchpointType
from tests import factories
from tests.touchpoints.planning_factories import make_scheme, make_type, place, publish
from touchpoints import planning
from touchpoints.models import BookPosition, Status, Touchpoint
from touchpoints.planning import PlanResult, is_night, mark_missed, nightly, reconcile, withdraw_unserved

NEW_YEAR = date(2026, 1, 1)
JULY = date(2026, 7, 1)


class Book:
    """One client in the first of two segments, promised one type of touchpoint."""

    def __init__(self, alice: User) -> None:
        self.firm = alice.firm
        self.adviser = User.objects.create(email=f"luc@{alice.firm_id}.test", name="Luc", role="adviser")
        self.top, self.basic = make_scheme(segments=2)
        self.call = make_type()
        self.client = self.add_client()

    def add_client(self, segment: Segment | None = None, since: date = NEW_YEAR) -> Client:
        client = factories.make_client(adviser=self.adviser, people=False)
        place(client, segment or self.top, since=since)
        return client

    def promise(self, times: int, **fields: object) -> None:
        publish({(self.top, self.call): {"times": times, **fields}})

    def plan(self, start: date, months: int = 12) -> PlanResult:
        return reconcile(firm_id=self.firm.pk, start=start, months=months)

    def year(self, year: int = 2026) -> list[tuple[int, str, int]]:
        """(ordinal, status, month due) of the client's touchpoints of a service year."""
        rows = Touchpoint.objects.filter(client=self.client, service_year=year).order_by("ordinal")
        return [(row.ordinal, row.status, row.due_on.month) for row in rows]

    def close(self, ordinal: int, status: Status = Status.DONE) -> None:
        Touchpoint.objects.filter(client=self.client, ordinal=ordinal).update(status=status, closed_by=self.adviser, closed_at=Now())


@pytest.fixture
def book(alice: User) -> Book:
    return Book(alice)


def test_a_year_is_planned_once(book):
    book.promise(4)
    assert (book.plan(NEW_YEAR), book.plan(NEW_YEAR)) == (PlanResult(inserted=4), PlanResult(kept=4))
    (first, *_) = Touchpoint.objects.order_by("ordinal")
    assert [ordinal for ordinal, _, _ in book.year()] == [1, 2, 3, 4]
    assert (first.client, first.adviser, first.segment, first.touchpoint_type, first.channel, first.performer, first.minutes, first.status) == (
        *(book.client, book.adviser, book.top, book.call),
        *("phone", "either", 20, "planned"),
    )
    assert first.window_ends_on == first.due_on + timedelta(days=14)


def test_a_range_plans_its_lower_figure(book):
    book.promise(3, times_at_most=4)
    assert book.plan(NEW_YEAR) == PlanResult(inserted=3)


def test_fewer_times_a_year_from_july_counts_what_was_done(book):
    book.promise(4)
    book.plan(NEW_YEAR)
    book.close(1)
    book.close(2)
    book.promise(2)
    book.plan(JULY, months=6)
    assert [(ordinal, status) for ordinal, status, _ in book.year()] == [(1, "done"), (2, "done"), (3, "cancelled"), (4, "cancelled")]


def test_more_times_a_year_from_july_owes_the_remaining_slots(book):
    book.promise(2)
    book.plan(NEW_YEAR)
    book.close(1)
    book.promise(4)
    book.plan(JULY, months=6)
    planned = [(ordinal, month > 6) for ordinal, status, month in book.year() if status == "planned"]
    assert (planned, book.year()[0][:2], book.year()[1][:2]) == ([(3, True), (4, True)], (1, "done"), (2, "cancelled"))


def test_a_client_who_arrives_in_july_is_owed_the_rest_of_the_year(book):
    book.promise(12)
    Assignment.objects.update(starts_on=JULY)
    book.plan(NEW_YEAR)
    months = [month for _, _, month in book.year()]
    assert (min(months), len(months)) == (7, 6)


def test_a_change_of_segment_replans_what_is_future_and_untouched(book):
    publish({(book.top, book.call): 12, (book.basic, book.call): {"times": 12, "minutes": 5, "channel": "email"}})
    book.plan(NEW_YEAR)
    book.close(8, Status.SKIPPED)
    Touchpoint.objects.filter(ordinal=9).update(is_hand_set=True)
    Touchpoint.objects.filter(ordinal=10).update(status=Status.CLAIMED, claimed_by=book.adviser, claimed_at=Now())
    place(book.client, book.basic, since=JULY)
    result = book.plan(JULY, months=6)
    changed = set(Touchpoint.objects.filter(segment=book.basic).values_list("ordinal", "minutes", "channel"))
    assert (changed, result) == ({(7, 5, "email"), (11, 5, "email"), (12, 5, "email")}, PlanResult(updated=3, kept=3))


def test_what_the_planner_cancelled_comes_back_and_what_a_person_cancelled_does_not(book):
    book.promise(4)
    book.plan(NEW_YEAR)
    book.close(4, Status.CANCELLED)
    Client.objects.update(archived_at=Now())
    assert book.plan(NEW_YEAR) == PlanResult(cancelled=3)
    Client.objects.update(archived_at=None)
    assert book.plan(NEW_YEAR) == PlanResult(restored=3, kept=1)
    assert [status for _, status, _ in book.year()] == ["planned", "planned", "planned", "cancelled"]
    assert set(Touchpoint.objects.filter(status="planned").values_list("closed_at", flat=True)) == {None}


@pytest.mark.parametrize("change", [{"archived_at": Now()}, {"status": "former"}])
def test_a_client_who_leaves_is_owed_nothing_not_even_what_is_late(book, change):
    book.promise(12, window_days=60)
    book.plan(NEW_YEAR)
    Client.objects.update(**change)
    book.plan(JULY)
    assert {status for _, status, _ in book.year()} == {"cancelled"}


def test_a_prospect_with_an_assignment_is_served(book):
    book.promise(4)
    Client.objects.update(status="prospect")
    assert book.plan(NEW_YEAR) == PlanResult(inserted=4)


def test_without_a_published_matrix_nothing_is_promised(book):
    book.promise(4)
    book.plan(NEW_YEAR)
    MatrixVersion.objects.update(status="retired")
    assert book.plan(JULY, months=6) == PlanResult(cancelled=2)


def test_rows_beyond_a_shorter_horizon_wait_for_it(book):
    book.promise(12)
    book.plan(NEW_YEAR)
    assert book.plan(NEW_YEAR, months=3) == PlanResult(kept=3)
    assert len(book.year()) == 12


def test_the_horizon_reaches_into_the_next_service_year(book):
    book.promise(4)
    book.plan(JULY)
    assert ([ordinal for ordinal, _, _ in book.year(2026)], [ordinal for ordinal, _, _ in book.year(2027)]) == ([3, 4], [1, 2])


@pytest.mark.parametrize("start", [date(2027, 12, 31), date(2028, 2, 29), date(2028, 12, 30)])
def test_twelve_months_hold_a_monthly_promise_twelve_times_give_or_take_the_slots_at_its_ends(book, start):
    book.promise(12)
    book.plan(start)
    due = list(Touchpoint.objects.order_by("due_on").values_list("due_on", flat=True))
    assert abs(len(due) - 12) <= 1
    assert all(day >= start and day.isoweekday() <= 5 for day in due)


def test_a_newcomer_moves_nobody(book):
    book.promise(12)
    others = [book.add_client() for _ in range(5)]
    book.plan(NEW_YEAR)
    before = list(Touchpoint.objects.order_by("pk").values_list("client", "due_on"))
    newcomer = book.add_client(book.top)
    assert book.plan(NEW_YEAR) == PlanResult(inserted=12, kept=72)
    assert list(Touchpoint.objects.exclude(client=newcomer).order_by("pk").values_list("client", "due_on")) == before
    assert list(BookPosition.objects.order_by("position").values_list("client", flat=True)) == [
        book.client.pk,
        *(each.pk for each in others),
        newcomer.pk,
    ]


def test_a_client_who_changes_adviser_keeps_position_and_dates(book):
    book.promise(12)
    book.plan(NEW_YEAR)
    before = list(Touchpoint.objects.order_by("pk").values_list("due_on", flat=True))
    heir = User.objects.create(email="heir@alpha.test", name="Ève", role="adviser")
    Client.objects.update(adviser=heir)
    assert book.plan(NEW_YEAR) == PlanResult(kept=12)
    assert (list(Touchpoint.objects.order_by("pk").values_list("due_on", flat=True)), set(Touchpoint.objects.values_list("adviser", flat=True))) == (
        before,
        {heir.pk},
    )


def test_a_firm_without_a_working_week_is_refused_and_nothing_is_written(book):
    book.promise(4)
    Firm.objects.filter(pk=book.firm.pk).update(working_days=[])
    with pytest.raises(NoWorkingDays):
        book.plan(NEW_YEAR)
    assert (Touchpoint.objects.count(), BookPosition.objects.count()) == (0, 0)


def test_another_firm_is_neither_read_nor_written(book, beta):
    book.promise(4)
    with acting_for(beta.pk):
        Book(User.objects.filter(role="admin").get()).promise(12)
        reconcile(firm_id=beta.pk, start=NEW_YEAR)
        theirs = list(Touchpoint.objects.order_by("pk").values())
    assert book.plan(NEW_YEAR) == PlanResult(inserted=4)
    with acting_for(beta.pk):
        assert list(Touchpoint.objects.order_by("pk").values()) == theirs


def test_windows_that_ended_are_missed_and_claimed_ones_wait(book):
    book.promise(12, window_days=10)
    book.plan(NEW_YEAR)
    book.close(1)
    Touchpoint.objects.filter(ordinal=2).update(status=Status.CLAIMED, claimed_by=book.adviser, claimed_at=Now())
    Touchpoint.objects.filter(ordinal=3).update(is_hand_set=True)
    last = Touchpoint.objects.get(ordinal=5).window_ends_on
    assert (mark_missed(firm_id=book.firm.pk, today=last), mark_missed(firm_id=book.firm.pk, today=last + timedelta(days=1))) == (2, 1)
    assert [status for _, status, _ in book.year()][:6] == ["done", "claimed", "missed", "missed", "missed", "planned"]


@pytest.mark.parametrize("leaving", [{"archived_at": Now()}, {"status": "former"}])
def test_what_people_held_for_a_client_who_left_is_withdrawn_and_owed_again_on_return(book, leaving):
    book.promise(4)
    book.plan(NEW_YEAR)
    book.close(1)
    Touchpoint.objects.filter(ordinal=2).update(is_hand_set=True, snoozed_until=NEW_YEAR + timedelta(days=150))
    Touchpoint.objects.filter(ordinal=3).update(status=Status.CLAIMED, claimed_by=book.adviser, claimed_at=Now() - timedelta(hours=1))
    Touchpoint.objects.filter(ordinal=4).update(status=Status.CLAIMED, claimed_by=book.adviser, claimed_at=Now())
    assert withdraw_unserved(firm_id=book.firm.pk) == 0

    Client.objects.update(**leaving)
    book.plan(NEW_YEAR)
    assert withdraw_unserved(firm_id=book.firm.pk) == 2
    assert [status for _, status, _ in book.year()] == ["done", "cancelled", "cancelled", "claimed"]

    Client.objects.update(archived_at=None, status="client")
    book.plan(NEW_YEAR)
    assert [status for _, status, _ in book.year()] == ["done", "planned", "planned", "claimed"]


def test_an_untouched_row_that_is_late_keeps_its_place_until_its_window_ends(book):
    """Six times a year, the sixth would be due in November or December; but the sixth of twelve, of June, still stands."""
    book.promise(12, window_days=90)
    book.plan(NEW_YEAR)
    late = Touchpoint.objects.filter(ordinal=6).values().get()
    book.promise(6, window_days=5)
    book.plan(JULY, months=6)
    assert Touchpoint.objects.filter(ordinal=6).values().get() == late


def make_pair(alice: User) -> tuple[Firm, Firm]:
    paris = factories.make_firm(name="Paris", region="FR")
    toronto = factories.make_firm(name="Toronto", region="CA-QC")
    return paris, toronto


def test_each_firm_is_due_from_two_in_its_own_night(alice):
    paris, toronto = make_pair(alice)
    for firm in (paris, toronto):
        firm.planned_on = date(2026, 12, 31)
    due = {}
    for moment in ("2026-12-31T23:30Z", "2027-01-01T01:00Z", "2027-01-01T06:59Z", "2027-01-01T07:00Z"):
        with time_machine.travel(datetime.fromisoformat(moment), tick=False):
            due[moment] = (is_night(paris), is_night(toronto))
    assert due == {
        "2026-12-31T23:30Z": (False, False),
        "2027-01-01T01:00Z": (True, False),
        "2027-01-01T06:59Z": (True, False),
        "2027-01-01T07:00Z": (True, True),
    }


def test_a_night_that_daylight_saving_cuts_short_is_planned_all_the_same(alice):
    """On 29 March 2026 in Paris 02:00 does not exist: the clock goes from 01:59 to 03:00."""
    paris, _ = make_pair(alice)
    paris.planned_on = date(2026, 3, 28)
    due = []
    for moment in ("2026-03-29T00:59Z", "2026-03-29T01:00Z"):
        with time_machine.travel(datetime.fromisoformat(moment), tick=False):
            due.append(is_night(paris))
    assert due == [False, True]


@time_machine.travel("2027-01-01T01:30:00Z", tick=False)
def test_at_one_instant_two_firms_plan_from_their_own_dates(alice):
    paris, toronto = make_pair(alice)
    starts = {}
    for firm in (paris, toronto):
        enter_firm(firm.pk)
        request_planning(firm_id=firm.pk)
        planning.plan_if_due(firm_id=firm.pk)
        firm.refresh_from_db()
        starts[firm.name] = firm.planned_on
    assert starts == {"Paris": date(2027, 1, 1), "Toronto": date(2026, 12, 31)}


def test_a_run_answers_the_request_it_saw_and_is_not_due_again(book):
    book.promise(4)
    request_planning(firm_id=book.firm.pk)
    first, second = planning.plan_if_due(firm_id=book.firm.pk), planning.plan_if_due(firm_id=book.firm.pk)
    assert (first is not None and first.inserted > 0, second, PlanningRequest.objects.count()) == (True, None, 0)


def test_a_request_made_while_a_run_was_going_is_left_for_the_next(book, monkeypatch):
    book.promise(4)
    request_planning(firm_id=book.firm.pk)
    seen = PlanningRequest.objects.get()
    run = planning.reconcile

    def run_while_someone_asks(**arguments):
        # As a colleague's transaction that began before and commits only now.
        PlanningRequest.objects.create(pk=seen.pk - 1)
        return run(**arguments)

    monkeypatch.setattr(nightly, "reconcile", run_while_someone_asks)
    planning.plan_if_due(firm_id=book.firm.pk)
    assert list(PlanningRequest.objects.values_list("pk", flat=True)) == [seen.pk - 1]


def test_due_firms_are_found_across_the_wall(alice, beta):
    Firm.objects.filter(pk=alice.firm_id).update(planned_on=date(2999, 1, 1))
    with acting_for(beta.pk):
        Firm.objects.filter(pk=beta.pk).update(planned_on=date(2999, 1, 1))
        request_planning(firm_id=beta.pk)
    assert planning.list_due_firms() == [beta]


def promised(segments: list[Segment], *figures: tuple[str, tuple[int, int, int]]) -> dict[tuple[Segment, TouchpointType], int]:
    types = {name: make_type(name_en=name) for name, _ in figures}
    return {(segment, types[name]): times for name, yearly in figures for segment, times in zip(segments, yearly, strict=True) if times}


def test_a_book_levels_itself(alice):
    """150 clients served AAA/AA/A: the heaviest week of the year stays near the average one."""
    segments = make_scheme(segments=3)
    publish(
        promised(
            segments,
            ("Planning meeting", (2, 1, 1)),
            ("Check-in call", (4, 2, 1)),
            ("Market update", (12, 4, 2)),
            ("Newsletter", (4, 4, 4)),
            ("Greetings", (1, 1, 1)),
        )
    )
    adviser = User.objects.create(email="adviser@alpha.test", name="Luc", role="adviser")
    for number in range(150):
        client = factories.make_client(adviser=adviser, people=False)
        place(client, segments[(number * 7 % 10 > 1) + (number * 7 % 10 > 4)], since=NEW_YEAR)
    reconcile(firm_id=alice.firm_id, start=NEW_YEAR)
    weeks = Counter(day.isocalendar().week for day in Touchpoint.objects.filter(due_on__year=2026).values_list("due_on", flat=True))
    loads = [weeks[week] for week in range(1, 54)]
    assert max(loads) / mean(loads) <= 1.25
    assert asdict(reconcile(firm_id=alice.firm_id, start=NEW_YEAR))["kept"] == sum(loads)
