"""Where clients were on any day: on the first day of a period, not on the last; counts add up to who was there."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client
from segmentation.history import counts_over_time, history_of, members_on, month_starts, placement_on
from segmentation.models import Assignment, Scheme
from tests import factories
from tests.segmentation.drifting import publish
from tests.segmentation.rows import make_book, make_scheme

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


@pytest.fixture
def moved(alice):
    """Top in March, Middle in April by decision, nowhere since May."""
    (client,) = make_book(alice, [5])
    scheme = make_scheme()
    top, middle = scheme.segments.get(rank=1), scheme.segments.get(rank=2)
    place(client, top, MARCH, APRIL)
    place(client, middle, APRIL, MAY, source="override", reason="Why", expires_on=MAY, by=alice)
    return client, scheme


def place(client, segment, starts_on, ends_on=None, **fields):
    values = {"source": "computed", **fields}
    return Assignment.objects.create(client=client, scheme=segment.scheme, segment=segment, starts_on=starts_on, ends_on=ends_on, **values)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (MARCH - timedelta(days=1), None),
        (MARCH, ("Top", "computed", None)),
        (APRIL - timedelta(days=1), ("Top", "computed", None)),
        (APRIL, ("Middle", "override", "Alice Roy")),
        (MAY - timedelta(days=1), ("Middle", "override", "Alice Roy")),
        (MAY, None),
    ],
)
def test_the_segment_on_a_day_placed_by_what_and_by_whom(moved, on, expected):
    client, scheme = moved
    found = placement_on(client=client, scheme=scheme, on=on)
    assert (found and (found.segment.name_en, found.source, found.by.name if found.by else None)) == expected


def test_who_was_in_a_segment_on_a_day_within_the_readers_book(alice, moved):
    client, scheme = moved
    middle = scheme.segments.get(rank=2)
    assert [row.client for row in members_on(alice, scheme=scheme, on=APRIL, segment_id=middle.pk)] == [client]
    assert list(members_on(alice, scheme=scheme, on=MARCH, segment_id=middle.pk)) == []
    assert list(members_on(factories.make_user(), scheme=scheme, on=APRIL)) == []


def test_the_first_days_of_the_last_months_and_today():
    days = month_starts(date(2026, 3, 15), months=4)
    assert days == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 15)]
    assert (len(month_starts(MARCH)), month_starts(MARCH)[-1]) == (24, MARCH)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lives=st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 90)), max_size=5), max_size=5),
    begin=st.integers(-100, 30),
    gap=st.integers(0, 20),
)
def test_counts_over_time_are_who_was_there_on_each_day(alice, lives, begin, gap):
    Assignment.objects.all().delete()
    Client.objects.all().delete()
    Scheme.objects.all().delete()
    scheme = make_scheme()
    segments = list(scheme.segments.order_by("rank"))
    for number, life in enumerate(lives):
        (client,) = make_book(alice, [5])
        day = MARCH + timedelta(days=begin + number)
        for place_, length in life:
            place(client, segments[place_], day, day + timedelta(days=length))
            day += timedelta(days=length + gap)
    days = month_starts(MARCH + timedelta(days=60), months=5)
    expected = {segment.pk: [members_on(alice, scheme=scheme, on=day, segment_id=segment.pk).count() for day in days] for segment in segments}
    assert counts_over_time(alice, scheme=scheme, days=days) == {pk: line for pk, line in expected.items() if any(line)}


def test_counts_are_one_statement_within_the_readers_book(alice, moved, django_assert_num_queries):
    _client, scheme = moved
    days = month_starts(date(2026, 6, 15), months=6)
    with django_assert_num_queries(1):
        counts = counts_over_time(alice, scheme=scheme, days=days)
    top, middle = scheme.segments.get(rank=1), scheme.segments.get(rank=2)
    assert counts == {top.pk: [0, 0, 1, 0, 0, 0, 0], middle.pk: [0, 0, 0, 1, 0, 0, 0]}
    assert counts_over_time(factories.make_user(), scheme=scheme, days=days) == {}


def test_a_clients_history_is_two_statements_whatever_its_length(alice, moved, django_assert_num_queries):
    client, scheme = moved
    with django_assert_num_queries(2):
        (history,) = history_of(client)
    assert (history.scheme, [period.segment.name_en for period in history.periods], history.current) == (scheme, ["Middle", "Top"], None)


def test_the_pages_tell_it(client, alice):
    (one,) = make_book(alice, [5])
    scheme = publish(alice)
    client.force_login(alice)
    page = client.get(reverse("client_segment", args=[one.pk])).content.decode()
    assert ("Levels over time" in page, "Never reassessed." in page, "chart-timeline" in page) == (True, True, True)
    url = reverse("scheme_history", args=[scheme.pk])
    page = client.get(url, {"on": "2026-03-01", "segment": scheme.segments.get(rank=2).pk}).content.decode()
    assert ("Who was in Middle on" in page, "Client 0" in page, "chart-area" in page) == (True, True, True)
    assert "Nobody was there on that day" in client.get(url, {"on": "2026-02-28"}).content.decode()
    assert client.get(url, {"on": "x", "segment": "y", "after": "z_"}).status_code == 200


def test_the_export_holds_every_page_and_runs_nothing_in_a_spreadsheet(client, alice):
    clients = make_book(alice, [5] * 60)
    Client.objects.filter(pk=clients[0].pk).update(name="=cmd()")
    scheme = publish(alice)
    client.force_login(alice)
    page = client.get(reverse("scheme_history", args=[scheme.pk]))
    second = client.get(reverse("scheme_history", args=[scheme.pk]) + page.context["more"])
    assert (len(page.context["rows"]), len(second.context["rows"]), second.context["more"]) == (50, 10, "")
    answer = client.get(reverse("scheme_history_export", args=[scheme.pk]), {"on": "2026-03-01"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert (len(lines), lines[0]) == (61, "Client,Adviser,Segment,Since,Until,Source,Reason,By")
    assert any(line.startswith("'=cmd(),Alice Roy,Middle,2026-03-01,,Computed") for line in lines)
