"""Hours available and committed, room for more clients, scenarios; against a count of days one by one."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from firms.absences import add_absence
from firms.calendar import public_holidays
from firms.models import Firm
from firms.working_time import Terms, WorkingPerson, WorkingTime, set_role_terms
from segmentation.models import Segment
from service_matrix.capacity import Basis, Scenario, available_by_role, hours_between, work_out_capacity, year_ahead
from service_matrix.load import Matrix
from service_matrix.models import MatrixVersion, TouchpointType
from service_matrix.money import Rates, read_serving
from service_matrix.versions import publish_version, start_draft
from tests import factories
from tests.service_matrix.rows import except_client, make_draft, make_exempted, place_clients, segment_of

D = Decimal
TODAY = date(2026, 3, 2)
QUEBEC = Firm(pk=0, region="CA-QC", working_days=[1, 2, 3, 4, 5])
ABSENCES = st.lists(
    st.tuples(st.integers(-40, 400), st.integers(0, 60)).map(lambda it: (TODAY + timedelta(days=it[0]), TODAY + timedelta(days=it[0] + it[1]))),
    max_size=5,
)


@given(absences=ABSENCES, first=st.integers(0, 364), length=st.integers(0, 364), week=st.integers(0, 60))
def test_hours_are_those_of_each_working_day_one_is_not_away(absences, first, length, week):
    calendar = year_ahead(QUEBEC, TODAY)
    begins = TODAY + timedelta(days=first)
    ends = min(begins + timedelta(days=length), calendar.last)
    person = WorkingPerson(1, "Alice", "adviser", D(week), None)
    worked = 0
    day = begins
    while day <= ends:
        is_away = any(starts_on <= day <= ends_on for starts_on, ends_on in absences)
        worked += day.isoweekday() <= 5 and day not in public_holidays("CA-QC", day.year) and not is_away
        day += timedelta(days=1)
    assert hours_between(person, begins, ends, calendar=calendar, absences={1: absences}) == D(week) * worked / 5


def test_a_year_ahead_has_its_months_and_its_public_holidays():
    calendar = year_ahead(QUEBEC, TODAY)
    assert (calendar.last, calendar.months[0], calendar.months[-1]) == (date(2027, 3, 1), date(2026, 3, 1), date(2027, 3, 1))
    year = [TODAY + timedelta(days=number) for number in range(365)]
    assert calendar.days == [day for day in year if day.weekday() < 5 and day not in public_holidays("CA-QC", day.year)]


def test_a_firm_without_working_days_has_no_hours_to_give():
    calendar = year_ahead(Firm(pk=0, region="FR", working_days=[]), TODAY)
    person = WorkingPerson(1, "Alice", "adviser", D(35), None)
    assert hours_between(person, calendar.first, calendar.last, calendar=calendar, absences={}) == 0


def basis(*, promises, people=(), available=(1000, 1000), reactive=0) -> Basis:
    working = WorkingTime({"adviser": Terms(D(35), D(100)), "assistant": Terms(D(35), D(40))}, list(people))
    segments = [Segment(pk=rank, rank=rank, name_en=f"S{rank}") for rank in (1, 2)]
    matrix = Matrix(promises, reactive, Rates({"adviser": D(100), "assistant": D(40)}, D("0.5")), {1: D(5000), 2: D(500)})
    return Basis(segments, matrix, working, dict(zip(("adviser", "assistant"), map(D, available), strict=True)), year_ahead(QUEBEC, TODAY))


def promise(segment=1, times=1, minutes=60, performer="adviser", type_pk=7):
    return SimpleNamespace(
        segment_id=segment, touchpoint_type_id=type_pk, times=times, times_at_most=None, minutes=minutes, performer=performer, direct_cost=D(0)
    )


def test_room_is_how_many_more_fit_before_the_first_role_runs_out():
    promises = [promise(times=4), promise(times=1, minutes=120, performer="assistant"), promise(segment=2, minutes=30)]
    capacity = work_out_capacity(basis=basis(promises=promises, available=(450, 300)), scenario=Scenario({1: 100, 2: 10}, {}, {}))
    assert [(role.role, role.committed, role.free) for role in capacity.roles] == [
        ("adviser", D(405), D(45)),
        ("assistant", D(200), D(100)),
    ]
    assert [(each.room, each.limited_by) for each in capacity.segments] == [(11, "adviser"), (90, "adviser")]


def test_nobody_fits_where_too_much_is_promised_and_anybody_where_nothing_is():
    capacity = work_out_capacity(basis=basis(promises=[promise()], available=(5, 5)), scenario=Scenario({1: 10, 2: 3}, {}, {}))
    assert [(each.room, each.limited_by) for each in capacity.segments] == [(0, "adviser"), (None, "")]
    assert [capacity.roles[0].utilisation, capacity.roles[0].free, capacity.roles[1].utilisation] == [D(2), D(-5), D(0)]


@given(
    hours=st.integers(0, 5000),
    promised=st.lists(
        st.tuples(st.integers(1, 12), st.integers(0, 240), st.sampled_from(["adviser", "assistant", "either"])), min_size=1, max_size=5
    ),
    clients=st.integers(0, 50),
    reactive=st.integers(0, 120),
)
def test_one_more_than_the_room_does_not_fit_and_the_room_does(hours, promised, clients, reactive):
    promises = [promise(times=times, minutes=minutes, performer=performer) for times, minutes, performer in promised]
    known = basis(promises=promises, available=(hours, hours), reactive=reactive)
    segment = work_out_capacity(basis=known, scenario=Scenario({1: clients, 2: 0}, {}, {})).segments[0]

    def fits(more: int) -> bool:
        return all(role.free > D("-0.000001") for role in work_out_capacity(basis=known, scenario=Scenario({1: clients + more, 2: 0}, {}, {})).roles)

    if segment.room is None:
        assert segment.total_hours_per_client == 0
    elif segment.room > 0:
        assert fits(segment.room)
        assert not fits(segment.room + 1)
    else:
        assert not fits(1)


def test_a_scenario_changes_minutes_and_people_and_nothing_else():
    alice = WorkingPerson(1, "Alice", "adviser", D(35), D(100))
    known = basis(promises=[promise(), promise(type_pk=8)], people=[alice], available=(1000, 0))
    before = work_out_capacity(basis=known, scenario=Scenario({1: 10, 2: 0}, {}, {}))
    after = work_out_capacity(basis=known, scenario=Scenario({1: 10, 2: 0}, {8: 30}, {"adviser": D("1.5"), "assistant": D(1)}))
    full = D(35) * len(known.calendar.days) / 5
    assert [before.roles[0].committed, after.roles[0].committed] == [D(20), D(15)]
    assert [role.available for role in after.roles] == [1000 + full / 2, full]
    assert before == work_out_capacity(basis=known, scenario=Scenario({1: 10, 2: 0}, {}, {}))


@time_machine.travel("2026-03-02T15:00Z", tick=False)
def test_absences_are_taken_off_the_hours_of_their_role(alice):
    set_role_terms(terms={"adviser": Terms(D(40), None), "assistant": Terms(D(35), None)}, assistant_percent=50, by=alice)
    bruno = factories.make_user(role="adviser")
    # A week without holidays, and days before the year begins.
    add_absence(user=bruno, starts_on=date(2026, 7, 6), ends_on=date(2026, 7, 12), by=alice)
    add_absence(user=bruno, starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 28), by=alice)
    firm = Firm.objects.get(pk=alice.firm_id)
    calendar = year_ahead(firm, TODAY)
    working = WorkingTime({}, [WorkingPerson(bruno.pk, "Bruno", "adviser", D(40), None)])
    available = available_by_role(working, calendar=calendar, absences=read_serving(firm, away=calendar).absences)
    assert available == {"adviser": D(40) * len(calendar.days) / 5 - 40, "assistant": 0}


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def test_without_a_matrix_the_page_says_what_to_do_first(signed_in):
    assert "Nothing is promised yet" in signed_in.get("/capacity/").content.decode()


def test_the_page_compares_today_with_a_scenario(signed_in, alice):
    factories.make_user(role="adviser")
    version = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(version.scheme, by_rank={1: 3}, adviser=alice)
    first = segment_of(version.scheme, 1)
    page = signed_in.get("/capacity/")
    # Seven hours of promises and an hour of answering for each of three clients; half of what either may do is the assistants'.
    assert [(role.role, role.committed, role.people) for role in page.context["result"].roles] == [
        ("adviser", D("19.5"), D(2)),
        ("assistant", D("4.5"), D(0)),
    ]
    assert page.context["before"] is None
    # What a scenario leaves empty stands in the field: calls are a quarter of an hour in every segment.
    calls = TouchpointType.objects.get(key="check_in_call")
    assert page.context["form"].fields[f"minutes_{calls.pk}"].widget.attrs["placeholder"] == "15"
    page = signed_in.get(f"/capacity/?clients_{first.pk}=30", headers={"HX-Request": "true"})
    assert "<html" not in page.content.decode()
    assert [role.committed for role in page.context["result"].roles] == [195, 45]
    assert [role.committed for role in page.context["before"].roles] == [D("19.5"), D("4.5")]


@pytest.mark.parametrize(("advisers", "words"), [("1", "1 person"), ("1.5", "1.5 people"), ("2", "2 people")])
def test_half_a_person_more_is_people(signed_in, alice, advisers, words):
    publish_version(version=make_draft(by=alice), revision=1, by=alice)
    page = signed_in.get(f"/capacity/?people_adviser={advisers}").content.decode()
    assert f"{words}</" in page


def test_a_draft_is_tried_before_it_is_published(signed_in, alice):
    published = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(published.scheme, by_rank={1: 1}, adviser=alice)
    draft = start_draft(scheme=published.scheme, by=alice)
    draft.promises.all().delete()
    committed = {name: signed_in.get(f"/capacity/?version={name}").context["result"].load.total_hours for name in ("published", "draft")}
    assert committed == {"published": 8, "draft": 1}


def test_a_draft_is_compared_with_what_is_published(signed_in, alice):
    factories.make_user(role="adviser")
    published = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(published.scheme, by_rank={1: 2}, adviser=alice)
    # One client's exception changes what is owed today, and stays under the draft.
    kind = published.promises.filter(segment__rank=1, performer="adviser").earliest("pk").touchpoint_type
    except_client(make_exempted(by=alice), kind, by=alice, is_nothing=True)
    today = signed_in.get("/capacity/")
    assert today.context["before"] is None
    assert "A scenario, not today" not in today.content.decode()
    draft = start_draft(scheme=published.scheme, by=alice)
    draft.promises.all().delete()
    MatrixVersion.objects.filter(pk=draft.pk).update(reactive_minutes=0)
    page = signed_in.get("/capacity/?version=draft")
    assert page.context["result"].load.total_hours == 0
    assert page.context["before"] == today.context["result"]
    assert page.context["before"].load.total_hours > 0
    text = page.content.decode()
    assert "Figures marked “today” are those of the published matrix." in text
    committed = page.context["before"].roles[0].committed
    assert f"{round(committed)} h today" in text.replace("\u202f", " ").replace("\xa0", " ")
    # The same for a scenario on top of the draft.
    first = segment_of(published.scheme, 1)
    assert signed_in.get(f"/capacity/?version=draft&clients_{first.pk}=30").context["before"] == today.context["result"]


def test_a_draft_with_nothing_published_is_named_a_draft(signed_in, alice):
    make_draft(by=alice)
    page = signed_in.get("/capacity/?version=draft")
    assert page.context["before"] is None
    assert [cell in page.content.decode() for cell in ('<th scope="row">Draft</th>', '<th scope="row">Today</th>')] == [True, False]


def test_an_absurd_scenario_is_refused_in_words_and_today_is_shown(signed_in, alice):
    version = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    place_clients(version.scheme, by_rank={1: 1}, adviser=alice)
    first = segment_of(version.scheme, 1)
    for typed in (f"clients_{first.pk}=-1", "people_adviser=NaN", f"clients_{first.pk}=9999999999999", "people_assistant=1e9"):
        page = signed_in.get(f"/capacity/?{typed}")
        assert len(page.context["form"].errors) == 1
        assert page.context["result"].load.total_hours == 8


def test_the_page_takes_as_many_statements_for_thirty_clients_as_for_one(signed_in, alice, django_assert_max_num_queries):
    version = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    signed_in.get("/capacity/")
    for count in (1, 30):
        place_clients(version.scheme, by_rank={1: count}, adviser=alice)
        factories.make_user(role="assistant")
        # Twelve, and the savepoint that stands for BEGIN and COMMIT.
        with django_assert_max_num_queries(14):
            signed_in.get("/capacity/")


def test_a_draft_beside_a_published_matrix_takes_one_statement_more(signed_in, alice, django_assert_max_num_queries):
    version = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    start_draft(scheme=version.scheme, by=alice)
    signed_in.get("/capacity/?version=draft")
    for count in (1, 30):
        place_clients(version.scheme, by_rank={1: count}, adviser=alice)
        with django_assert_max_num_queries(15):
            signed_in.get("/capacity/?version=draft")
