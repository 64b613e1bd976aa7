"""What planned touchpoints ask of each person, against a count of them one by one."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils.html import strip_tags

from clients.models import Client
from firms.absences import add_absence
from firms.models import Absence, Firm, Support
from firms.working_time import Terms, set_role_terms
from service_matrix.books import read_books
from service_matrix.models import MatrixVersion
from tests import factories
from tests.touchpoints.rows import make_segment, make_touchpoint, make_type
from touchpoints.workload import Filling, monthly_workload, over_committed_weeks, segment_months, weekly_workload

D = Decimal
TODAY = date(2026, 3, 4)  # a Wednesday


@pytest.fixture
def firm(alice) -> Firm:
    set_role_terms(terms={"adviser": Terms(D(40), None), "assistant": Terms(D(35), None)}, assistant_percent=40, by=alice)
    return Firm.objects.get(pk=alice.firm_id)


def committed(load: Any) -> dict[str, dict[date, Decimal]]:
    return {each.person.name: {span.first: span.committed for span in each.spans if span.committed} for each in load.people}


def test_each_month_is_the_sum_of_its_touchpoints_whoever_does_them(firm, alice):
    bruno, chantal = factories.make_user(name="Bruno"), factories.make_user(name="Chantal")
    helpers = [factories.make_user(name=name, role="assistant") for name in ("Denis", "Eve")]
    for helper in helpers:
        Support.objects.create(assistant=helper, adviser=bruno)
    wanted: dict[str, dict[date, Decimal]] = {name: defaultdict(Decimal) for name in ("Bruno", "Chantal", "Denis", "Eve")}
    nobodys: dict[date, Decimal] = defaultdict(Decimal)
    outside = factories.make_user(name="Félix", role="admin")
    for number in range(60):
        adviser = (bruno, chantal)[number % 2]
        performer = ("adviser", "assistant", "either")[number % 3]
        due_on = TODAY + timedelta(days=number * 7 - 14)
        # One of five was asked of someone by name: of the adviser, of one assistant, or of an administrator whose hours are not counted.
        asked = None if number % 5 else (adviser, helpers[0], outside)[number // 5 % 3]
        touchpoint = make_touchpoint(adviser=adviser, performer=performer, due_on=due_on, minutes=15 + number, assigned_to=asked)
        if due_on > TODAY + timedelta(days=364):
            continue
        # What is late is to be done this month.
        month, minutes = max(due_on, TODAY).replace(day=1), D(touchpoint.minutes)
        if asked is not None and asked != outside:
            wanted[asked.name][month] += minutes / 60
        elif performer == "adviser" or (performer == "either" and adviser == chantal):
            wanted[adviser.name][month] += minutes / 60
        elif performer == "either":
            wanted["Bruno"][month] += minutes * D("0.6") / 60
            for helper in helpers:
                wanted[helper.name][month] += minutes * D("0.2") / 60
        elif adviser == bruno:
            for helper in helpers:
                wanted[helper.name][month] += minutes / 2 / 60
        else:
            nobodys[month] += minutes / 60
    make_touchpoint(adviser=bruno, due_on=TODAY, status="done")
    make_touchpoint(adviser=bruno, due_on=TODAY, status="cancelled")
    workload = monthly_workload(firm=firm, today=TODAY)
    found = committed(workload)
    assert {name: {month: round(hours, 6) for month, hours in months.items()} for name, months in found.items()} == {
        name: {month: round(hours, 6) for month, hours in months.items()} for name, months in wanted.items()
    }
    assert [round(hours, 6) for hours in workload.nobodys] == [round(nobodys.get(month, D(0)), 6) for month in workload.spans]


# --- While somebody covers ---


def test_while_somebody_covers_the_work_is_theirs_whoever_was_asked_and_whosever_book_it_is(firm, alice):
    """Day by day in plain Python: each touchpoint, and each day of answering, falls to whom the cover says on that day."""
    rng = random.Random(7)
    bruno, chantal, carl = (factories.make_user(name=name) for name in ("Bruno", "Chantal", "Carl"))
    denis, eve = (factories.make_user(name=name, role="assistant") for name in ("Denis", "Eve"))
    # An administrator whose hours are not counted: what he covers is nobody's.
    felix = factories.make_user(name="Félix", role="admin")
    for helper, adviser in ((denis, bruno), (eve, bruno), (eve, chantal)):
        Support.objects.create(assistant=helper, adviser=adviser)
    covers = [
        (bruno, TODAY - timedelta(days=3), TODAY + timedelta(days=8), carl),
        (bruno, date(2026, 6, 10), date(2026, 7, 3), chantal),
        (chantal, date(2026, 6, 25), date(2026, 7, 20), felix),
        (denis, date(2026, 4, 20), date(2026, 5, 31), eve),
        (carl, date(2026, 5, 4), date(2026, 5, 8), None),
    ]
    for who, starts_on, ends_on, cover in covers:
        Absence.objects.create(user=who, starts_on=starts_on, ends_on=ends_on, covered_by=cover)

    def does(person: Any, day: date) -> Any:
        return next((cover for who, first, last, cover in covers if who == person and first <= day <= last and cover is not None), person)

    helpers = {bruno: [denis, eve], chantal: [eve], carl: []}
    months: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    weeks: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))

    def falls(person: Any, day: date, minutes: Decimal) -> None:
        name = "" if does(person, day) == felix else does(person, day).name
        months[name][day.replace(day=1)] += minutes / 60
        weeks[name][day - timedelta(days=day.weekday())] += minutes / 60

    def divide(adviser: Any, performer: str, day: date, minutes: Decimal) -> None:
        share = {"adviser": D(0), "assistant": D(1), "either": D("0.4") if helpers[adviser] else D(0)}[performer]
        if share < 1:
            falls(adviser, day, minutes * (1 - share))
        for helper in helpers[adviser]:
            falls(helper, day, minutes * share / len(helpers[adviser]))

    for number in range(150):
        adviser = rng.choice((bruno, chantal, carl))
        performer = rng.choice(("adviser", "assistant", "either") if helpers[adviser] else ("adviser", "either"))
        due_on = TODAY + timedelta(days=rng.randrange(-10, 170))
        asked = rng.choice((None, None, None, adviser, denis, felix))
        make_touchpoint(adviser=adviser, performer=performer, due_on=due_on, minutes=10 + number, assigned_to=asked)
        day = max(due_on, TODAY)
        if asked is not None and does(asked, day) != felix:
            falls(asked, day, D(10 + number))
        else:
            divide(adviser, performer, day, D(10 + number))
    segment = make_segment(firm_id=firm.pk)
    MatrixVersion.objects.create(scheme=segment.scheme, number=1, status="published", reactive_minutes=365)
    led = factories.make_client(adviser=bruno)
    led.assignments.create(scheme=segment.scheme, segment=segment, starts_on=TODAY, source="import")
    answered: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for number in range(365):
        day = TODAY + timedelta(days=number)
        month = day.replace(day=1)
        length = ((month + timedelta(days=32)).replace(day=1) - month).days
        for person, share in ((bruno, D("0.6")), (denis, D("0.2")), (eve, D("0.2"))):
            name = "" if does(person, day) == felix else does(person, day).name
            answered[name][month] += D(365) / 12 / length * share / 60

    def rounded(found: dict[str, dict[date, Decimal]]) -> dict[str, dict[date, Decimal]]:
        return {name: {day: round(hours, 6) for day, hours in each.items() if hours} for name, each in found.items() if any(each.values())}

    year = monthly_workload(firm=firm, today=TODAY)
    wanted = {name: {day: months[name][day] + answered[name][day] for day in {*months[name], *answered[name]}} for name in {*months, *answered}}
    nobodys = {"": dict(zip(year.spans, year.nobodys, strict=True))}
    assert rounded(committed(year) | nobodys) == rounded(wanted)
    coming = weekly_workload(firm=firm, today=TODAY)
    by_week = {each.person.name: {span.first: span.committed - span.answering for span in each.spans} for each in coming.people}
    last = coming.spans[-1]
    assert rounded(by_week) == rounded({name: {day: hours for day, hours in each.items() if day <= last} for name, each in weeks.items() if name})
    for week in over_committed_weeks(firm=firm, today=TODAY).weeks:
        assert round(sum(filling.hours for filling in week.fillings) - week.span.committed, 6) == 0


def test_a_week_that_a_cover_fills_names_what_fills_it_and_the_absent_persons_is_empty(firm, alice):
    bruno, chantal = factories.make_user(name="Bruno"), factories.make_user(name="Chantal")
    add_absence(user=bruno, starts_on=date(2026, 3, 9), ends_on=date(2026, 3, 15), covered_by=chantal, by=alice)
    make_touchpoint(adviser=bruno, performer="adviser", due_on=date(2026, 3, 10), minutes=3000)
    make_touchpoint(adviser=bruno, performer="adviser", due_on=date(2026, 3, 17), minutes=60)
    over = over_committed_weeks(firm=firm, today=TODAY)
    assert [(week.person.name, week.span.first, week.fillings) for week in over.weeks] == [
        ("Chantal", date(2026, 3, 9), [Filling("Check-in call", 1, D(50))])
    ]
    assert committed(weekly_workload(firm=firm, today=TODAY)) == {
        "Bruno": {date(2026, 3, 16): D(1)},
        "Chantal": {date(2026, 3, 9): D(50)},
    }


def test_hours_to_give_leave_out_absences_and_holidays(firm, alice):
    bruno = factories.make_user(name="Bruno")
    add_absence(user=bruno, starts_on=date(2026, 7, 6), ends_on=date(2026, 7, 12), by=alice)
    available = {span.first: span.available for span in monthly_workload(firm=firm, today=TODAY).people[0].spans}
    # 23 weekdays in July, Canada Day and five days away; from the 4th on in March, 20 weekdays; April has Good Friday or Easter Monday.
    assert (available[date(2026, 7, 1)], available[date(2026, 3, 1)]) == (D(8) * (23 - 1 - 5), D(8) * 20)


def test_answering_counts_for_every_client_in_a_segment(firm, alice):
    bruno = factories.make_user(name="Bruno")
    segment = make_segment(firm_id=firm.pk)
    MatrixVersion.objects.create(scheme=segment.scheme, number=1, status="published", reactive_minutes=120)
    for _ in range(3):
        client = factories.make_client(adviser=bruno)
        client.assignments.create(scheme=segment.scheme, segment=segment, starts_on=TODAY, source="import")
    months = committed(monthly_workload(firm=firm, today=TODAY))["Bruno"]
    # Nobody helps Bruno: all of it is his. Six hours a year: half an hour a month, and 28 of March's 31 days are left.
    assert (months[date(2026, 5, 1)], round(months[date(2026, 3, 1)], 6)) == (D("0.5"), round(D("0.5") * 28 / 31, 6))
    Client.objects.update(archived_at="2026-01-01T00:00Z")
    assert committed(monthly_workload(firm=firm, today=TODAY)) == {"Bruno": {}}


def test_the_book_of_someone_who_left_is_nobodys(firm, alice):
    gone = factories.make_user(name="Gone", is_active=False)
    make_touchpoint(adviser=gone, performer="adviser", due_on=TODAY, minutes=60)
    assert sum(monthly_workload(firm=firm, today=TODAY).nobodys) == 1


def test_an_assistant_linked_to_nobody_who_sees_the_whole_firm_helps_every_book(alice):
    bruno, denis = factories.make_user(name="Bruno"), factories.make_user(name="Denis", role="assistant")
    common = factories.make_user(name="Eve", role="assistant", sees_whole_firm=True)
    Support.objects.create(assistant=denis, adviser=bruno)
    firm = Firm.objects.get(pk=alice.firm_id)
    assert {adviser: helpers for adviser, helpers in read_books(firm).assistants.items() if helpers} == {
        bruno.pk: [denis.pk, common.pk],
        alice.pk: [common.pk],
    }


def test_weeks_with_more_work_than_hours_are_listed_with_what_fills_them(firm, alice):
    bruno = factories.make_user(name="Bruno")
    for _ in range(6):
        make_touchpoint(adviser=bruno, performer="adviser", due_on=date(2026, 3, 10), minutes=480)
    make_touchpoint(adviser=bruno, performer="adviser", due_on=date(2026, 3, 5), minutes=1440)
    make_touchpoint(adviser=bruno, performer="adviser", due_on=date(2026, 3, 20), minutes=1440)
    over = over_committed_weeks(firm=firm, today=TODAY)
    weeks = over.weeks
    # Wednesday to Friday are left of the first week: 24 hours, which 24 fill and do not exceed.
    assert over.total == 1
    assert [(week.person.name, week.span.first, week.span.committed, week.span.available, week.excess) for week in weeks] == [
        ("Bruno", date(2026, 3, 9), D(48), D(40), D(8))
    ]
    assert weeks[0].fillings == [Filling("Check-in call", 6, D(48))]


def test_a_week_is_filled_by_what_is_late_and_by_what_was_asked_by_name(firm, alice):
    bruno, chantal = factories.make_user(name="Bruno"), factories.make_user(name="Chantal")
    denis = factories.make_user(name="Denis", role="assistant")
    Support.objects.create(assistant=denis, adviser=bruno)
    # Three days are left of this week: 21 hours of Denis, 24 of an adviser.
    make_touchpoint(adviser=bruno, performer="either", due_on=TODAY - timedelta(days=9), minutes=1440, assigned_to=denis)
    make_touchpoint(adviser=chantal, performer="assistant", due_on=TODAY - timedelta(days=1), minutes=1500, assigned_to=chantal)
    # Another's, asked of another: it fills no week of Denis.
    make_touchpoint(adviser=bruno, performer="assistant", due_on=TODAY, minutes=60, assigned_to=bruno)
    over = over_committed_weeks(firm=firm, today=TODAY)
    weeks = over.weeks
    assert (over.total, [(week.person.name, week.span.first, week.span.committed, week.span.available) for week in weeks]) == (
        2,
        [("Denis", date(2026, 3, 2), D(24), D(21)), ("Chantal", date(2026, 3, 2), D(25), D(24))],
    )
    assert [week.fillings for week in weeks] == [[Filling("Check-in call", 1, D(24))], [Filling("Check-in call", 1, D(25))]]


def test_answering_is_one_of_what_fills_a_week_and_what_fills_it_adds_up(firm, alice):
    bruno, denis = factories.make_user(name="Bruno"), factories.make_user(name="Denis", role="assistant")
    Support.objects.create(assistant=denis, adviser=bruno)
    segment = make_segment(firm_id=firm.pk)
    MatrixVersion.objects.create(scheme=segment.scheme, number=1, status="published", reactive_minutes=120)
    for _ in range(3):
        client = factories.make_client(adviser=bruno)
        client.assignments.create(scheme=segment.scheme, segment=segment, starts_on=TODAY, source="import")
    for adviser in (bruno, bruno, bruno):
        make_touchpoint(adviser=adviser, performer="adviser", due_on=date(2026, 3, 10), minutes=1440)
    make_touchpoint(adviser=bruno, performer="assistant", due_on=date(2026, 3, 10), minutes=3000)
    weeks = over_committed_weeks(firm=firm, today=TODAY).weeks
    assert [(week.person.name, [(filling.name, filling.touchpoints) for filling in week.fillings]) for week in weeks] == [
        ("Bruno", [("Check-in call", 3), ("Answering calls and e-mails", None)]),
        ("Denis", [("Check-in call", 1), ("Answering calls and e-mails", None)]),
    ]
    # Six hours a year, of which the assistant does two fifths.
    answering = [week.fillings[1].hours for week in weeks]
    assert [round(hours, 6) for hours in answering] == [round(D(6) * 7 / 365 * share, 6) for share in (D("0.6"), D("0.4"))]
    assert [round(sum(filling.hours for filling in week.fillings) - week.span.committed, 6) for week in weeks] == [0, 0]


def test_thirty_people_take_as_many_statements_as_one(firm, alice, django_assert_max_num_queries):
    for count in (1, 30):
        for _ in range(count):
            bruno = factories.make_user(name="Bruno")
            make_touchpoint(adviser=bruno, due_on=TODAY + timedelta(days=1), minutes=1440)
        for read in (monthly_workload, weekly_workload):
            with django_assert_max_num_queries(6):
                read(firm=firm, today=TODAY)
        with django_assert_max_num_queries(9):
            over_committed_weeks(firm=firm, today=TODAY)


def test_the_pages_show_the_fullest_first_a_part_at_a_time(client, firm, alice):
    with time_machine.travel("2026-03-04T15:00Z", tick=False):
        for number in range(30):
            person = factories.make_user(name=f"Person {number:02}")
            make_touchpoint(adviser=person, performer="adviser", due_on=TODAY, minutes=10 * number)
        client.force_login(alice)
        page = client.get("/capacity/people/")
        assert [load.person.name for load in page.context["people"]] == [f"Person {number:02}" for number in range(29, 4, -1)]
        assert "Show as a table" in page.content.decode()
        rest = client.get(page.context["next_url"] and f"/capacity/people/{page.context['next_url']}")
        assert [load.person.name for load in rest.context["people"]] == [f"Person {number:02}" for number in range(4, -1, -1)]
        for text in ("-1", "abc", "9" * 40):
            assert client.get("/capacity/people/", {"from": text}).status_code == 200
        assert "No week is over-committed" in client.get("/capacity/weeks/").content.decode()


def test_hours_are_added_up_by_role_and_month(client, firm, alice):
    with time_machine.travel("2026-03-04T15:00Z", tick=False):
        for name in ("Bruno", "Chloé"):
            person = factories.make_user(name=name)
            make_touchpoint(adviser=person, performer="adviser", due_on=date(2026, 4, 10), minutes=600)
        denis = factories.make_user(name="Denis", role="assistant")
        make_touchpoint(adviser=person, performer="assistant", assigned_to=denis, due_on=date(2026, 5, 12), minutes=300)
        client.force_login(alice)
        page = client.get("/capacity/people/")
        roles = dict(page.context["roles"])
        # March, April, May…
        assert {role: [float(span.committed) for span in spans[:3]] for role, spans in roles.items()} == {
            "adviser": [0, 20, 0],
            "assistant": [0, 0, 5],
        }
        alone = next(load for load in page.context["people"] if load.person.name == "Denis")
        assert [span.available for span in roles["assistant"]] == [span.available for span in alone.spans]
        assert "Committed hours by role and month" in page.content.decode()


def test_the_page_of_weeks_names_who_and_what(client, firm, alice):
    with time_machine.travel("2026-03-04T15:00Z", tick=False):
        bruno = factories.make_user(name="Bruno")
        for _ in range(5):
            make_touchpoint(adviser=bruno, performer="adviser", due_on=date(2026, 3, 10), minutes=1440)
        client.force_login(alice)
        page = client.get("/capacity/weeks/").content.decode()
    assert "1 week of one person in the next twelve is promised for more hours than there are." in page
    assert "Check-in call (5 · 120 h)" in strip_tags(page)


def test_weeks_are_shown_a_part_at_a_time_and_all_of_them_can_be_reached(client, firm, alice):
    with time_machine.travel("2026-03-04T15:00Z", tick=False):
        for number in range(60):
            person = factories.make_user(name=f"Person {number:02}")
            make_touchpoint(adviser=person, performer="adviser", due_on=date(2026, 3, 10), minutes=2500 + number)
        client.force_login(alice)
        page = client.get("/capacity/weeks/")
        assert [week.person.name for week in page.context["weeks"]] == [f"Person {number:02}" for number in range(59, 9, -1)]
        assert "1 to 50 of 60" in page.content.decode()
        rest = client.get(f"/capacity/weeks/{page.context['next_url']}")
        assert [week.person.name for week in rest.context["weeks"]] == [f"Person {number:02}" for number in range(9, -1, -1)]
        assert "51 to 60 of 60" in rest.content.decode()
        # Weeks may have been filled less meanwhile: the last part is shown, not an empty page.
        for text, count in (("5000", 10), ("-1", 50), ("abc", 50), ("9" * 40, 50)):
            assert len(client.get("/capacity/weeks/", {"from": text}).context["weeks"]) == count
        beyond = client.get("/capacity/people/", {"from": "5000"})
        assert len(beyond.context["people"]) == 10


def test_what_is_not_named_of_a_full_week_is_counted(client, firm, alice):
    with time_machine.travel("2026-03-04T15:00Z", tick=False):
        bruno = factories.make_user(name="Bruno")
        for number in range(7):
            kind = make_type(firm_id=firm.pk, key=f"type_{number}", name_en=f"Type {number}")
            make_touchpoint(adviser=bruno, performer="adviser", due_on=date(2026, 3, 10), minutes=600 - 60 * number, touchpoint_type=kind)
        client.force_login(alice)
        page = " ".join(strip_tags(client.get("/capacity/weeks/").content.decode()).split())
    assert "Type 0 (1 · 10 h), Type 1 (1 · 9 h), Type 2 (1 · 8 h), Type 3 (1 · 7 h)" in page
    assert "and 3 more (15 h)" in page
    assert "Type 4" not in page


def test_with_nobody_the_pages_say_so(client, firm, alice):
    client.force_login(alice)
    assert "Nobody’s hours are counted" in client.get("/capacity/people/").content.decode()


def test_each_segments_months_are_the_sum_of_its_touchpoints_and_of_answering(firm, alice):
    wanted: dict[date, Decimal] = defaultdict(Decimal)
    for number in range(30):
        due_on = TODAY + timedelta(days=number * 13 - 13)
        touchpoint = make_touchpoint(adviser=alice, due_on=due_on, minutes=10 + number)
        if due_on <= TODAY + timedelta(days=364):
            wanted[max(due_on, TODAY).replace(day=1)] += D(touchpoint.minutes) / 60
    make_touchpoint(adviser=alice, due_on=TODAY, status="done")
    months, (only,) = segment_months(firm=firm, today=TODAY)
    assert dict(zip(months, only.hours, strict=True)) == {month: wanted.get(month, D(0)) for month in months}
    MatrixVersion.objects.create(scheme=only.segment.scheme, number=1, status="published", reactive_minutes=120)
    _months, (answered,) = segment_months(firm=firm, today=TODAY)
    clients = Client.objects.filter(assignments__segment=only.segment, assignments__ends_on=None).count()
    assert round(answered.total - only.total, 6) == round(D(clients * 2) * answered_share(), 6)


def answered_share() -> Decimal:
    """Of twelve months, how much the 365 days from 4 March hold: 28 of 31 days, eleven months, 3 of 31."""
    return (D(28) / 31 + 11 + D(3) / 31) / 12
