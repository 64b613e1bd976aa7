"""What the planner believes of a table is refreshed only when a run wrote far more than it believes."""

import pytest
from django.db import connection, transaction

from firms import statistics
from firms.authorship import writing_as
from firms.statistics import joining_whole_books, refresh_statistics
from segmentation.publishing import publish_version
from tests.segmentation.rows import make_book, make_draft


def believed(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        return cursor.fetchone()[0]


@pytest.fixture
def analyzed(monkeypatch):
    """The tables looked at, by the statements sent."""
    found = []

    def note(execute, query, parameters, many, context):
        text = query if isinstance(query, str) else query.as_string(context["cursor"].cursor)
        if text.startswith("ANALYZE"):
            found.append(text)
        return execute(query, parameters, many, context)

    monkeypatch.setattr(statistics, "FEW", 10)
    with connection.execute_wrapper(note):
        yield found


def test_a_first_publication_is_followed_by_a_look_at_what_it_filled(alice, analyzed):
    before = (believed("segmentation_placement"), believed("segmentation_assignment"))
    make_book(alice, [number % 11 for number in range(max(20, int(max(*before, 0)) + 1))])
    publish_version(version=make_draft(), by=alice)
    assert analyzed == ['ANALYZE "segmentation_placement"', 'ANALYZE "segmentation_assignment"']
    assert believed("segmentation_placement") >= 20


@pytest.mark.parametrize(("written", "first", "looks"), [(9, True, False), (10, True, True)])
def test_few_rows_are_left_to_autovacuum(alice, analyzed, written, first, looks):
    if believed("segmentation_drift") > 100:
        pytest.fail("the test's table is expected to be almost empty")
    refresh_statistics("segmentation_drift", written=written, first=first)
    assert bool(analyzed) is looks


def test_it_is_looked_at_within_a_command_or_a_request_too(alice, monkeypatch):
    make_book(alice, [number % 11 for number in range(max(20, int(max(believed("segmentation_placement"), 0)) + 1))])
    monkeypatch.setattr(statistics, "FEW", 10)
    with writing_as(command="publish_scheme"):
        publish_version(version=make_draft(), by=alice)
    assert believed("segmentation_placement") >= 20


def nested_loops() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_nestloop")
        return str(cursor.fetchone()[0])


def test_whole_books_are_joined_without_nested_loops_and_nothing_else_is(alice):
    with joining_whole_books():
        assert nested_loops() == "off"
    assert nested_loops() == "on"


def test_what_fails_while_joining_leaves_the_setting_as_it_was(alice):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), joining_whole_books():
        raise ZeroDivisionError
    assert nested_loops() == "on"
