"""Scenarios with people by name: hours against a count of days one by one, and whose work it becomes against every occurrence given out."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from firms.calendar import public_holidays
from firms.models import Firm, Support
from firms.working_time import Terms, WorkingPerson, WorkingTime, set_role_terms
from segmentation.models import Segment
from service_matrix.books import Books
from service_matrix.capacity import Basis, Scenario, StaffChange, available_by_role, work_out_capacity, year_ahead
from service_matrix.load import Matrix
from service_matrix.money import Rates
from service_matrix.staffing import staff_effects
from service_matrix.versions import publish_version
from tests import factories
from tests.service_matrix.rows import make_draft, place_clients

D = Decimal
TODAY = date(2026, 3, 2)
LAST = TODAY + timedelta(days=364)
QUEBEC = Firm(pk=0, region="CA-QC", working_days=[1, 2, 3, 4, 5])
ALICE, BRUNO, CHANTAL, DENIS = 1, 2, 3, 4
TEAM = [
    WorkingPerson(ALICE, "Alice", "adviser", D(35), None),
    WorkingPerson(BRUNO, "Bruno", "adviser", D(40), None),
    WorkingPerson(CHANTAL, "Chantal", "assistant", D(35), None),
    WorkingPerson(DENIS, "Denis", "assistant", D(20), None),
]
# Chantal works for both books, Denis for Bruno's.
HELPERS = {ALICE: [CHANTAL], BRUNO: [CHANTAL, DENIS]}


def days_worked(first: date, last: date, absences: list[tuple[date, date]]) -> int:
    """Counted one by one."""
    worked, day = 0, first
    while day <= last:
        is_away = any(begins <= day <= ends for begins, ends in absences)
        worked += day.isoweekday() <= 5 and day not in public_holidays("CA-QC", day.year) and not is_away
        day += timedelta(days=1)
    return worked


def basis(absences: dict[int, list[tuple[date, date]]] | None = None, promises: tuple[Any, ...] = (), reactive: int = 0) -> Basis:
    working = WorkingTime({"adviser": Terms(D(35), None), "assistant": Terms(D(35), None)}, TEAM, absences or {})
    calendar = year_ahead(QUEBEC, TODAY)
    matrix = Matrix(promises, reactive, Rates({"adviser": None, "assistant": None}, D("0.5")), {})
    segments = [Segment(pk=7, rank=1, name_en="S")]
    return Basis(segments, matrix, working, available_by_role(working, calendar=calendar, absences=working.absences), calendar)


def promise(times: int, minutes: int, performer: str) -> SimpleNamespace:
    return SimpleNamespace(
        segment_id=7, touchpoint_type_id=1, times=times, times_at_most=None, minutes=minutes, performer=performer, direct_cost=D(0)
    )


DAYS = st.integers(0, 364).map(lambda number: TODAY + timedelta(days=number))
CHANGES = st.lists(
    st.builds(StaffChange, st.sampled_from([None, ALICE, CHANTAL]), st.just("adviser"), st.integers(0, 60).map(D), DAYS),
    max_size=4,
    unique_by=lambda change: change.user_id or object(),
).map(
    lambda changes: [
        StaffChange(each.user_id, "assistant" if each.user_id == CHANTAL else "adviser", each.weekly_hours, each.starts_on) for each in changes
    ]
)
AWAY = st.lists(st.tuples(DAYS, st.integers(0, 40)).map(lambda it: (it[0], it[0] + timedelta(days=it[1]))), max_size=2)


@settings(max_examples=25)
@given(changes=CHANGES, away=AWAY)
def test_hours_of_a_role_are_those_of_each_person_day_by_day(changes, away):
    absences = {ALICE: away, CHANTAL: away}
    wanted = {"adviser": Fraction(0), "assistant": Fraction(0)}
    turns = {change.user_id: change for change in changes if change.user_id is not None}
    for person in TEAM:
        turn, day = turns.get(person.user_id), TODAY
        while day <= LAST:
            week = turn.weekly_hours if turn is not None and day >= turn.starts_on else person.weekly_hours
            wanted[person.role] += Fraction(week) / 5 * days_worked(day, day, absences.get(person.user_id, []))
            day += timedelta(days=1)
    for change in changes:
        if change.user_id is None:
            wanted[change.role] += Fraction(change.weekly_hours) / 5 * days_worked(change.starts_on, LAST, [])
    found = work_out_capacity(basis=basis(absences), scenario=Scenario({7: 0}, {}, {}, changes))
    assert {role.role: Fraction(role.available) for role in found.roles} == wanted


def test_people_are_counted_as_they_come_and_go():
    changes = [
        StaffChange(ALICE, "adviser", D(0), TODAY),
        StaffChange(None, "assistant", D(20), TODAY),
        StaffChange(DENIS, "assistant", D(10), TODAY),
    ]
    found = work_out_capacity(basis=basis(), scenario=Scenario({7: 0}, {}, {"adviser": D(5)}, changes))
    assert [(role.role, role.people) for role in found.roles] == [("adviser", D(4)), ("assistant", D(3))]


def given_out(*, promises: list[Any], reactive: int, led: dict[int, int], gone: set[int]) -> dict[int, Fraction]:
    """Minutes of a year by person, every occurrence of every client one by one; 0 is nobody."""
    found: dict[int, Fraction] = {}

    def give(who: int, minutes: Fraction) -> None:
        who = 0 if who in gone else who
        found[who] = found.get(who, Fraction(0)) + minutes

    def work(adviser: int, performer: str, minutes: Fraction) -> None:
        helpers = [helper for helper in HELPERS.get(adviser, []) if helper not in gone]
        if performer == "either" and helpers:
            work(adviser, "adviser", minutes / 2)
            work(adviser, "assistant", minutes / 2)
        elif performer == "assistant":
            for helper in helpers:
                give(helper, minutes / len(helpers))
            if not helpers:
                give(0, minutes)
        else:
            give(adviser, minutes)

    for adviser, clients in led.items():
        for _client in range(clients):
            work(adviser, "either", Fraction(reactive))
            for each in promises:
                for _occurrence in range(each.times):
                    work(adviser, each.performer, Fraction(each.minutes))
    return found


@given(
    promised=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 120), st.sampled_from(["adviser", "assistant", "either"])), max_size=4),
    reactive=st.integers(0, 90),
    led=st.fixed_dictionaries({ALICE: st.integers(0, 4), BRUNO: st.integers(0, 4)}),
    leaver=st.sampled_from([ALICE, BRUNO, CHANTAL, DENIS]),
    day=DAYS,
)
def test_the_work_of_someone_who_leaves_falls_where_every_occurrence_of_it_falls(promised, reactive, led, leaver, day):
    promises = [promise(*each) for each in promised]
    role = next(person.role for person in TEAM if person.user_id == leaver)
    known = basis(promises=tuple(promises), reactive=reactive)
    [effect] = staff_effects(
        basis=known,
        matrix=known.matrix,
        changes=[StaffChange(leaver, role, D(0), day)],
        led={adviser: {7: clients} for adviser, clients in led.items()},
        books=Books(HELPERS, D("0.5")),
    )
    part = Fraction((LAST - day).days + 1, 365 * 60)
    before, after = (given_out(promises=promises, reactive=reactive, led=led, gone=gone) for gone in (set(), {leaver}))
    more = {who: (minutes - before.get(who, 0)) * part for who, minutes in after.items() if minutes > before.get(who, 0)}
    assert close(effect.owed, before.get(leaver, Fraction(0)) * part)
    assert close(effect.nobodys, more.pop(0, Fraction(0)))
    carried = {share.user_id: share.hours for share in effect.carried}
    assert carried.keys() == {who for who, hours in more.items() if hours}
    assert all(close(carried[who], more[who]) for who in carried)
    # What fell to the one who left falls to somebody, or to nobody, and nothing is lost.
    assert close(effect.owed, Fraction(effect.nobodys) + sum(map(Fraction, carried.values())))
    assert (effect.clients, effect.available) == (led.get(leaver, 0), D(0))


def close(found: Any, wanted: Any) -> bool:
    return abs(Fraction(found) - Fraction(wanted)) < Fraction(1, 10**9)


def test_someone_part_time_keeps_the_clients_and_who_has_hours_left_is_named():
    known = basis(promises=(promise(12, 600, "adviser"),))
    changes = [StaffChange(ALICE, "adviser", D(7), TODAY), StaffChange(None, "adviser", D(35), TODAY)]
    part_time, new = staff_effects(basis=known, matrix=known.matrix, changes=changes, led={ALICE: {7: 10}, BRUNO: {7: 1}}, books=Books({}, D("0.5")))
    worked = days_worked(TODAY, LAST, [])
    assert (part_time.clients, part_time.owed, part_time.available) == (10, D(1200), D(7) * worked / 5)
    assert part_time.excess == 1200 - D(7) * worked / 5
    assert [(share.name, share.hours) for share in part_time.room] == [("Bruno", D(8) * worked - 120), ("", D(7) * worked)]
    assert (part_time.nobodys, part_time.unplaced) == (D(0), D(0))
    assert (new.name, new.owed, new.available, new.to_place) == ("", D(0), D(7) * worked, D(0))


@pytest.fixture
def office(client, alice):
    """Alice's firm with a book of three, an adviser who leads them and an assistant of hers."""
    set_role_terms(terms={"adviser": Terms(D(35), D(100)), "assistant": Terms(D(35), D(40))}, assistant_percent=50, by=alice)
    bruno, chantal = factories.make_user(name="Bruno", role="adviser"), factories.make_user(name="Chantal", role="assistant")
    factories.make_user(name="Denise", role="adviser")
    Support.objects.create(assistant=chantal, adviser=bruno)
    version = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(version.scheme, by_rank={1: 3}, adviser=bruno)
    client.force_login(alice)
    client.get("/matrix/types/")
    return SimpleNamespace(browser=client, bruno=bruno, chantal=chantal, version=version)


@time_machine.travel("2026-03-02T15:00Z", tick=False)
def test_the_page_says_whose_work_it_becomes_and_writes_nothing(office):
    with CaptureQueriesContext(connection) as queries:
        page = office.browser.get(f"/capacity/?who_1={office.bruno.pk}&hours_1=0&from_1=2026-03-02&who_2=new:adviser&hours_2=&from_2=")
    words = " ".join(page.content.decode().split())
    assert "Bruno leaves on" in words
    assert "3 clients have no adviser from then on, until someone is given their book." in words
    assert "of work fall to nobody." in words
    assert "Denise (" in words
    assert "someone new (" in words
    assert "A new adviser from" in words
    # Fifteen with the savepoint's two: what a scenario of people reads more is two aggregates, whatever the book.
    reading = ("SELECT", "EXECUTE kept_", "SAVEPOINT", "RELEASE")
    written = [query["sql"] for query in queries.captured_queries if not query["sql"].lstrip("(").startswith(reading)]
    assert written == []
    assert len(queries.captured_queries) <= 16


def test_a_line_that_makes_no_sense_is_refused_in_words_and_today_is_shown(office):
    pk, far = office.bruno.pk, "2031-01-01"
    for typed, error in (
        (f"who_1={pk}", "How many hours a week from then on? 0 for someone who leaves."),
        (f"who_1={pk}&hours_1=-3", "Ensure this value is greater than or equal to 0."),
        (f"who_1={pk}&hours_1=90", "Ensure this value is less than or equal to 80."),
        (f"who_1={pk}&hours_1=5&from_1={far}", "Choose a day of the year ahead."),
        (f"who_1={pk}&hours_1=5&who_2={pk}&hours_2=0", "Named once already."),
        ("who_1=999999&hours_1=5", "Select a valid choice. 999999 is not one of the available choices."),
    ):
        page = office.browser.get(f"/capacity/?{typed}")
        assert [fault for faults in page.context["form"].errors.values() for fault in faults] == [error]
        assert error in page.content.decode().replace("&#x27;", "'")
        assert (page.context["staff"], page.context["before"]) == ([], None)


def test_another_line_comes_when_every_line_says_something(office):
    filled = f"who_1={office.bruno.pk}&hours_1=20&from_1=&who_2=new:adviser&hours_2=&from_2="
    answer = office.browser.get(f"/capacity/?{filled}", headers={"HX-Request": "true"}).content.decode()
    assert ('hx-swap-oob="beforeend"' in answer, 'name="who_3"' in answer) == (True, True)
    answer = office.browser.get(f"/capacity/?who_1={office.bruno.pk}&hours_1=20&from_1=&who_2=&hours_2=&from_2=", headers={"HX-Request": "true"})
    assert 'name="who_' not in answer.content.decode()
