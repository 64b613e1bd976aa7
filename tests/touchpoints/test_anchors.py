"""Where each kind of promise falls, on dates that a person can check. Beside it, test_planning_oracle.py holds all of them to the slow oracle."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client, Interaction, LifeEvent, Person
from firms.background import request_planning
from firms.calendar import public_holidays
from firms.models import Absence, Firm, PlanningRequest, User
from firms.wall import enter_firm
from service_matrix.models import TouchpointType
from service_matrix.versions import publish_version
from tests import factories
from tests.service_matrix.rows import make_draft
from tests.touchpoints.planning_factories import place
from tests.touchpoints.test_planning import NEW_YEAR, Book
from touchpoints import planning
from touchpoints.models import BookPosition, Status, Touchpoint
from touchpoints.planning import PlanResult, reconcile, replan_client


@pytest.fixture
def book(alice: User) -> Book:
    return Book(alice)


def due(book: Book, **which: object) -> list[date]:
    rows = Touchpoint.objects.filter(client=book.client, status="planned", **which)
    return list(rows.order_by("due_on").values_list("due_on", flat=True))


def deliver(touchpoint: Touchpoint, *, on: date, by: User) -> None:
    moment = datetime.combine(on, datetime.min.time(), tzinfo=UTC) + timedelta(hours=17)
    interaction = Interaction.objects.create(client=touchpoint.client, by=by, channel="phone", subject="Call", happened_at=moment)
    Touchpoint.objects.filter(pk=touchpoint.pk).update(status=Status.DONE, interaction=interaction, closed_by=by, closed_at=moment)


# --- Months and dates ---


def test_a_fixed_month_is_filled_evenly(book):
    book.promise(1, anchor="month", anchor_month=3)
    for _ in range(40):
        book.add_client()
    book.plan(NEW_YEAR)
    days = Touchpoint.objects.values_list("due_on", flat=True)
    assert {day.month for day in days} == {3}
    assert len(set(days)) > 12


@pytest.mark.parametrize(
    ("month", "day", "expected"),
    [
        (12, 15, date(2026, 12, 15)),
        (12, 25, date(2026, 12, 24)),  # Christmas
        (11, 15, date(2026, 11, 13)),  # a Sunday
        (1, 1, date(2026, 1, 2)),  # the year has no working day before it
    ],
)
def test_a_date_is_kept_by_the_last_working_day_before_it(book, month, day, expected):
    book.promise(1, anchor="date", anchor_month=month, anchor_day=day)
    book.plan(NEW_YEAR)
    assert due(book) == [expected]


def test_a_date_of_the_new_year_belongs_to_it(book):
    book.promise(1, anchor="date", anchor_month=1, anchor_day=1)
    book.plan(date(2026, 6, 1))
    assert list(Touchpoint.objects.values_list("service_year", "due_on")) == [(2027, date(2027, 1, 4))]


# --- Birthdays, anniversaries, reviews ---


def test_a_birthday_of_29_february_is_kept_on_the_28th_in_other_years(book):
    book.promise(1, anchor="birthday")
    Person.objects.create(client=book.client, last_name="Roy", is_primary=True, birth_date=date(1972, 2, 29))
    book.plan(date(2027, 1, 1), months=24)
    assert due(book) == [date(2027, 2, 26), date(2028, 2, 29)]


def test_a_couple_is_wished_on_the_birthday_of_its_primary_contact_or_of_the_eldest_known(book):
    book.promise(1, anchor="birthday")
    Person.objects.create(client=book.client, last_name="Roy", birth_date=date(1980, 5, 6))
    Person.objects.create(client=book.client, last_name="Roy", birth_date=date(1970, 9, 10))
    primary = Person.objects.create(client=book.client, last_name="Roy", is_primary=True)
    book.plan(NEW_YEAR)
    assert due(book) == [date(2026, 9, 10)]
    Person.objects.filter(pk=primary.pk).update(birth_date=date(1990, 3, 3))
    assert (book.plan(NEW_YEAR), due(book)) == (PlanResult(updated=1), [date(2026, 3, 3)])


def test_without_a_birth_date_nobody_is_wished_anything(book):
    book.promise(1, anchor="birthday")
    assert book.plan(NEW_YEAR) == PlanResult()


def test_a_shipped_matrix_wishes_on_birthdays_and_at_the_end_of_the_year(alice):
    draft = make_draft(by=alice, preset="vip_gold_silver_bronze")
    publish_version(version=draft, revision=1, by=alice)
    top = draft.scheme.segments.get(rank=1)
    known = factories.make_client(adviser=alice, birth_date=date(1970, 6, 9))
    company = factories.make_client(adviser=alice, people=False)
    for client in (known, company):
        place(client, top, since=NEW_YEAR)
    reconcile(firm_id=alice.firm_id, start=NEW_YEAR, months=12)
    found: dict[tuple[int, str], list[date]] = {}
    for pk, key, day in Touchpoint.objects.values_list("client_id", "touchpoint_type__key", "due_on"):
        found.setdefault((pk, key), []).append(day)
    assert found[known.pk, "birthday_greeting"] == [date(2026, 6, 9)]
    # Of whom no birth date is known is wished on none, as docs/planning.md says.
    assert (company.pk, "birthday_greeting") not in found
    months = {(key, day.month) for (_client, key), days in found.items() for day in days if key in {"season_greetings", "year_end_tax_checklist"}}
    assert months == {("season_greetings", 12), ("year_end_tax_checklist", 11)}


def test_the_first_anniversary_comes_a_year_after(book):
    book.promise(1, anchor="anniversary")
    Client.objects.update(client_since=date(2026, 6, 9))
    book.plan(NEW_YEAR, months=24)
    assert due(book) == [date(2027, 6, 9)]


def test_the_month_of_the_review_is_the_next_reviews_or_else_that_of_the_first_day(book):
    book.promise(1, anchor="review")
    other = book.add_client(since=date(2025, 11, 3))
    Client.objects.filter(pk=book.client.pk).update(next_review_on=date(2027, 4, 20))
    book.plan(NEW_YEAR)
    assert {row.client_id: row.due_on.month for row in Touchpoint.objects.all()} == {book.client.pk: 4, other.pk: 11}


# --- After an event ---


@pytest.mark.parametrize(("channel", "expected"), [("in_person", [date(2026, 3, 16)]), ("video", [date(2026, 3, 16)]), ("email", [])])
def test_ten_days_after_a_meeting(book, channel, expected):
    """Thursday the 5th of March and ten days is a Sunday."""
    book.promise(1, anchor="event", anchor_event="meeting_held", anchor_days=10)
    Interaction.objects.create(client=book.client, by=book.adviser, channel=channel, subject="Met", happened_at=datetime(2026, 3, 5, 15, tzinfo=UTC))
    book.plan(date(2026, 3, 6))
    assert due(book) == expected


def test_two_meetings_of_a_day_are_followed_once_and_of_two_days_twice(book):
    book.promise(1, anchor="event", anchor_event="meeting_held", anchor_days=7)
    for day, hour in ((2, 14), (2, 19), (4, 14)):
        moment = datetime(2026, 3, day, hour, tzinfo=UTC)
        Interaction.objects.create(client=book.client, by=book.adviser, channel="video", subject="Met", happened_at=moment)
    assert (book.plan(date(2026, 3, 5)), due(book)) == (PlanResult(inserted=2), [date(2026, 3, 9), date(2026, 3, 11)])
    assert book.plan(date(2026, 3, 6)) == PlanResult(kept=2)


def test_a_meeting_that_was_logged_late_is_followed_as_long_as_the_window_is_open(book):
    book.promise(1, anchor="event", anchor_event="meeting_held", anchor_days=2, window_days=10)
    Interaction.objects.create(client=book.client, by=book.adviser, channel="video", subject="Met", happened_at=datetime(2026, 3, 2, 14, tzinfo=UTC))
    assert (book.plan(date(2026, 3, 14)), book.plan(date(2026, 3, 15))) == (PlanResult(inserted=1), PlanResult())
    assert due(book) == [date(2026, 3, 4)]


def test_an_event_of_last_december_is_followed_in_january(book):
    book.promise(1, anchor="event", anchor_event="became_client", anchor_days=30)
    Client.objects.update(client_since=date(2025, 12, 20))
    book.plan(NEW_YEAR)
    assert list(Touchpoint.objects.values_list("service_year", "due_on")) == [(2026, date(2026, 1, 19))]


def test_becoming_a_client_changing_segment_and_the_annual_review_are_events(book):
    review = TouchpointType.objects.create(key="annual_review", name_en="Review", name_fr="Revue", channel="video", performer="adviser", minutes=60)
    done = Touchpoint.objects.create(
        client=book.client,
        adviser=book.adviser,
        touchpoint_type=review,
        segment=book.basic,
        service_year=2026,
        ordinal=1,
        due_on=date(2026, 2, 2),
        window_ends_on=date(2026, 2, 20),
        channel="video",
        performer="adviser",
        minutes=60,
    )
    deliver(done, on=date(2026, 2, 10), by=book.adviser)
    Client.objects.update(client_since=date(2026, 2, 3))
    place(book.client, book.basic, since=date(2026, 2, 4))
    place(book.client, book.top, since=date(2026, 2, 11))
    for lived in (date(2026, 1, 31), date(2026, 3, 2)):
        LifeEvent.objects.create(client=book.client, on=lived, kind="birth", by=book.adviser)
    found: dict[str, list[date]] = {}
    for event in ("became_client", "segment_changed", "review_done", "life_event"):
        book.promise(1, anchor="event", anchor_event=event, anchor_days=30)
        book.plan(date(2026, 2, 12))
        found[event] = due(book, touchpoint_type=book.call)
    assert found == {
        "became_client": [date(2026, 3, 5)],
        "segment_changed": [date(2026, 3, 6), date(2026, 3, 13)],
        "review_done": [date(2026, 3, 12)],
        "life_event": [date(2026, 3, 2), date(2026, 4, 1)],
    }


def test_another_number_of_days_moves_what_follows_and_never_repeats_what_was_done(book):
    book.promise(1, anchor="event", anchor_event="became_client", anchor_days=30)
    Client.objects.update(client_since=date(2026, 1, 5))
    book.plan(NEW_YEAR)
    book.promise(1, anchor="event", anchor_event="became_client", anchor_days=60)
    assert (book.plan(NEW_YEAR), due(book)) == (PlanResult(updated=1), [date(2026, 3, 6)])
    Touchpoint.objects.update(status=Status.DONE, closed_by=book.adviser)
    book.promise(1, anchor="event", anchor_event="became_client", anchor_days=90)
    assert book.plan(NEW_YEAR) == PlanResult(kept=1)


# --- From touch to touch ---


def test_every_four_weeks_follows_the_last_touch(book):
    book.promise(13, every=4, every_unit="weeks", window_days=10)
    book.plan(NEW_YEAR)
    first, second = Touchpoint.objects.order_by("due_on")[:2]
    # The first may have been moved off a weekend or a holiday; the second is counted from where it would have been.
    nominal = [first.due_on - timedelta(days=number) for number in range(5)]
    assert (first.due_on, second.due_on) in [(working(day), working(day + timedelta(weeks=4))) for day in nominal]
    planned = Touchpoint.objects.count()
    delivered = first.due_on + timedelta(days=9)
    deliver(first, on=delivered, by=book.adviser)
    result = book.plan(delivered + timedelta(days=1))
    # Those that follow, in the year from then on; which days they are depends on the numbers that types happen to have.
    following = [working(delivered + timedelta(weeks=4 * number)) for number in range(1, 15)]
    following = [day for day in following if day < (delivered + timedelta(days=1)).replace(year=2027)]
    assert (result.inserted, result.cancelled, due(book)[0]) == (1 + len(following) - planned, 0, following[0])


def working(day: date) -> date:
    while day.isoweekday() > 5 or day in public_holidays("CA-QC", day.year):
        day += timedelta(days=1)
    return day


def test_months_are_counted_from_the_touch_and_not_from_the_month_before(book):
    book.promise(12, every=1, every_unit="months", window_days=10)
    book.plan(date(2025, 12, 1))
    Touchpoint.objects.all().delete()
    Touchpoint.objects.create(
        client=book.client,
        adviser=book.adviser,
        touchpoint_type=book.call,
        segment=book.top,
        service_year=2026,
        ordinal=1,
        due_on=date(2026, 1, 31),
        window_ends_on=date(2026, 2, 20),
        channel="phone",
        performer="either",
        minutes=20,
        status=Status.DONE,
        closed_by=book.adviser,
    )
    book.plan(date(2026, 2, 1), months=4)
    assert due(book) == [date(2026, 3, 2), date(2026, 3, 31), date(2026, 4, 30)]  # 28 February is a Saturday


def test_what_a_person_moved_stays_moved_and_the_next_follow_the_touch_all_the_same(book):
    book.promise(13, every=4, every_unit="weeks", window_days=10)
    book.plan(NEW_YEAR)
    first, moved, third = Touchpoint.objects.order_by("due_on")[:3]
    Touchpoint.objects.filter(pk=moved.pk).update(is_hand_set=True, due_on=moved.due_on + timedelta(days=3))
    deliver(first, on=first.due_on, by=book.adviser)
    book.plan(first.due_on + timedelta(days=1))
    moved.refresh_from_db()
    third.refresh_from_db()
    assert (moved.due_on - first.due_on, third.due_on - first.due_on) == (timedelta(days=31), timedelta(weeks=8))


def test_a_call_that_anyone_logged_fulfils_the_touch_and_sets_the_next(book):
    """Between a call logged on the client's page and the plan that follows it stands nothing but the tick."""
    book.promise(13, every=4, every_unit="weeks", window_days=10)
    Firm.objects.update(planned_on=date(2026, 3, 2))
    book.plan(date(2026, 3, 2))
    (first, *_) = due(book)
    with time_machine.travel(datetime.combine(first - timedelta(days=3), datetime.min.time(), tzinfo=UTC) + timedelta(hours=17), tick=False):
        Firm.objects.update(planned_on=first - timedelta(days=3))
        log_interaction(client=book.client, by=book.adviser, draft=InteractionDraft(channel="phone", subject="Call"))
        planning.plan_if_due(firm_id=book.firm.pk)
    assert due(book)[0] == working(first - timedelta(days=3) + timedelta(weeks=4))


# --- Absences ---


def test_what_falls_in_an_absence_waits_for_the_adviser_while_the_slot_allows(book):
    book.promise(12, performer="adviser")
    # A place in the first half of its slots, so that they have days left.
    early = next(place for place in range(1, 99) if (place * 618_033 + book.call.pk * 414_213) % 1_000_000 < 500_000)
    BookPosition.objects.create(client=book.client, position=early)
    book.plan(NEW_YEAR)
    (january, *_, december) = Touchpoint.objects.order_by("due_on")
    Absence.objects.create(user=book.adviser, starts_on=january.due_on, ends_on=january.due_on + timedelta(days=1))
    Absence.objects.create(user=book.adviser, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 31))
    assert book.plan(NEW_YEAR) == PlanResult(updated=1, kept=11)
    before, december_before = january.due_on, december.due_on
    january.refresh_from_db()
    december.refresh_from_db()
    assert (january.due_on, december.due_on) == (working(before + timedelta(days=2)), december_before)


def test_the_day_of_the_return_is_no_pile(book):
    """Of forty clients, each owed a call a quarter, those due in a fortnight away are spread over the fortnight after it, in their order."""
    book.promise(4, performer="adviser")
    for _number in range(39):
        book.add_client()
    book.plan(NEW_YEAR)
    first, last = date(2026, 2, 2), date(2026, 2, 15)
    due_away = list(Touchpoint.objects.filter(due_on__range=(first, last)).order_by("due_on", "client").values_list("pk", flat=True))
    Absence.objects.create(user=book.adviser, starts_on=first, ends_on=last)
    book.plan(NEW_YEAR)
    moved = [Touchpoint.objects.get(pk=pk).due_on for pk in due_away]
    assert (len(moved) >= 4, moved) == (True, sorted(moved))
    assert moved[0] >= date(2026, 2, 16)
    assert max(Counter(moved).values()) <= 3


def test_what_an_assistant_does_and_what_others_do_is_not_moved(book):
    book.promise(12, performer="assistant")
    book.plan(NEW_YEAR)
    Absence.objects.create(user=book.adviser, starts_on=NEW_YEAR, ends_on=date(2026, 12, 31))
    Absence.objects.create(user=factories.make_user(), starts_on=NEW_YEAR, ends_on=date(2026, 12, 31))
    assert book.plan(NEW_YEAR) == PlanResult(kept=12)


# --- One client ---


def test_one_client_is_planned_without_the_others(book):
    book.promise(12)
    book.plan(NEW_YEAR)
    newcomer, other = book.add_client(), book.add_client()
    assert replan_client(firm_id=book.firm.pk, client_id=newcomer.pk, start=NEW_YEAR) == PlanResult(inserted=12)
    assert not Touchpoint.objects.filter(client=other).exists()
    assert list(BookPosition.objects.values_list("client", flat=True)) == [book.client.pk, newcomer.pk]


def test_requests_that_name_clients_plan_only_these_and_any_other_the_firm(book):
    book.promise(12)
    other = book.add_client()
    with time_machine.travel("2026-03-02T17:00Z", tick=False):
        Firm.objects.update(planned_on=date(2026, 3, 2))
        request_planning(firm_id=book.firm.pk, client_id=book.client.pk)
        planning.plan_if_due(firm_id=book.firm.pk)
        assert set(Touchpoint.objects.values_list("client", flat=True)) == {book.client.pk}
        request_planning(firm_id=book.firm.pk)
        request_planning(firm_id=book.firm.pk, client_id=book.client.pk)
        planning.plan_if_due(firm_id=book.firm.pk)
    assert set(Touchpoint.objects.values_list("client", flat=True)) == {book.client.pk, other.pk}
    assert not PlanningRequest.objects.exists()


def test_a_lead_is_kept_to_book_ahead(book):
    book.promise(1, lead_days=21)
    book.plan(NEW_YEAR)
    row = Touchpoint.objects.get()
    assert row.due_on - row.book_from == timedelta(days=21)


# --- Clocks ---


def test_at_one_instant_a_meeting_is_of_another_day_in_montreal_and_in_paris(alice):
    """Half an hour into the 2nd of March in Greenwich: the 1st in Montréal, the 2nd in Paris."""
    found: dict[str, list[date]] = {}
    for region in ("CA-QC", "FR"):
        firm = factories.make_firm(name=region, region=region)
        enter_firm(firm.pk)
        book = Book(User(firm_id=firm.pk, firm=firm))
        book.promise(1, anchor="event", anchor_event="meeting_held", anchor_days=1)
        Interaction.objects.create(
            client=book.client, by=book.adviser, channel="video", subject="Met", happened_at=datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
        )
        book.plan(date(2026, 3, 2))
        found[region] = due(book)
    assert found == {"CA-QC": [date(2026, 3, 2)], "FR": [date(2026, 3, 3)]}


@pytest.mark.parametrize(
    ("region", "moment", "expected"),
    [
        # The night in which 02:00 does not exist, and the one in which it comes twice.
        ("CA-QC", "2026-03-08T06:30Z", date(2026, 3, 9)),  # 01:30 on the 8th
        ("CA-QC", "2026-03-08T04:30Z", date(2026, 3, 9)),  # 23:30 on the 7th
        ("FR", "2026-10-25T00:30Z", date(2026, 10, 26)),  # 02:30 on the 25th, the first time
        ("FR", "2026-10-25T01:30Z", date(2026, 10, 26)),  # 02:30 on the 25th, the second
        ("FR", "2026-10-25T22:30Z", date(2026, 10, 26)),  # 23:30 on the 25th
        ("FR", "2026-10-25T23:30Z", date(2026, 10, 27)),  # 00:30 on the 26th
    ],
)
def test_the_day_of_a_meeting_is_right_in_the_nights_that_daylight_saving_bends(alice, region, moment, expected):
    firm = factories.make_firm(name=region, region=region)
    enter_firm(firm.pk)
    book = Book(User(firm_id=firm.pk, firm=firm))
    book.promise(1, anchor="event", anchor_event="meeting_held", anchor_days=1)
    Interaction.objects.create(client=book.client, by=book.adviser, channel="video", subject="Met", happened_at=datetime.fromisoformat(moment))
    book.plan(expected - timedelta(days=3))
    assert due(book) == [expected]
