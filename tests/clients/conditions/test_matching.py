"""The SQL of conditions equals their plain Python, and both say what the rules say of boundaries and of what is not known."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import BooleanField, Case, Value, When
from hypothesis import HealthCheck, given, settings

from clients.attributes import UnknownAttribute
from clients.conditions import Condition, Group, Match, Test, attributes_in, expression, matches, plain
from clients.conditions.rules import months_before
from clients.models import Client, Person
from firms.models import User
from tests import factories
from tests.clients.conditions.books import ON, PLANS, books, groups, values_by_client, write_book

D = Decimal


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(group=groups(), book=books())
def test_sql_finds_in_a_random_book_whom_plain_python_finds(alice, group, book):
    camille, _created = User.objects.get_or_create(name="Médecin Œuvre", email="camille@alpha.test", role="adviser")
    write_book(book, advisers=[alice, camille])
    by_hand = [pk for pk, values in values_by_client(attributes_in(group)).items() if matches(group, values, catalogue=PLANS, on=ON)]
    asked = expression(group, catalogue=PLANS, on=ON)
    flag = Case(When(asked, then=Value(True)), default=Value(False), output_field=BooleanField())
    flagged = [pk for pk, met in Client.objects.annotate(met=flag).values_list("pk", "met") if met]
    assert (sorted(Client.objects.filter(asked).values_list("pk", flat=True)), sorted(flagged)) == (sorted(by_hand), sorted(by_hand))


def found(key, test, *values, on=ON):
    group = Group(Match.ALL, 0, (Condition(key, test, values),))
    names = list(Client.objects.filter(expression(group, catalogue=PLANS, on=on)).order_by("pk").values_list("name", flat=True))
    by_hand = [pk for pk, read in values_by_client([key], on=on).items() if matches(group, read, catalogue=PLANS, on=on)]
    assert names == list(Client.objects.filter(pk__in=by_hand).order_by("pk").values_list("name", flat=True))
    return names


@pytest.fixture
def amounts(alice):
    for amount in (None, "0", "49999.99", "50000", "50000.01", "400000", "400000.01"):
        factories.make_client(adviser=alice, name=str(amount), aum=amount)


@pytest.mark.parametrize(
    ("test", "values", "names"),
    [
        (Test.MORE_THAN, ["400000"], ["400000.01"]),
        (Test.AT_LEAST, ["400000"], ["400000", "400000.01"]),
        (Test.AT_MOST, ["50000"], ["0", "49999.99", "50000"]),
        (Test.LESS_THAN, ["50000"], ["0", "49999.99"]),
        (Test.BETWEEN, ["50000", "400000"], ["50000", "50000.01"]),
        (Test.THROUGH, ["50000", "400000"], ["50000", "50000.01", "400000"]),
        (Test.EQUALS, ["50000.00"], ["50000"]),
        (Test.KNOWN, [], ["0", "49999.99", "50000", "50000.01", "400000", "400000.01"]),
        (Test.NOT_KNOWN, [], ["None"]),
    ],
)
def test_ends_are_exact(amounts, test, values, names):
    assert found("aum", test, *map(D, values)) == names


def test_a_fraction_is_compared_as_such_with_whole_numbers(alice):
    for children in (2, 3):
        factories.make_client(adviser=alice, name=str(children), children=children)
    assert (found("children", Test.MORE_THAN, D("2.5")), found("children", Test.EQUALS, D("2.5"))) == (["3"], [])


def test_what_is_not_known_is_not_another_value(alice):
    for name, risk in (("unknown", ""), ("low", "low"), ("high", "high")):
        factories.make_client(adviser=alice, name=name, risk_attitude=risk)
    assert (found("risk_attitude", Test.NONE_OF, "low"), found("risk_attitude", Test.NOT_KNOWN)) == (["high"], ["unknown"])


def test_text_is_compared_without_accents_case_or_punctuation(alice):
    for city in ("", "Saint-Jérôme", "SAINT JEROME", "Mont-Saint-Jérôme", "Lévis", "100 %"):
        factories.make_client(adviser=alice, name=city or "–", city=city)
    assert found("city", Test.ANY_OF, "saint jérôme", "levis") == ["Saint-Jérôme", "SAINT JEROME", "Lévis"]
    assert found("city", Test.NONE_OF, "saint jérôme") == ["Mont-Saint-Jérôme", "Lévis", "100 %"]
    assert found("city", Test.CONTAINS, "Jerome") == ["Saint-Jérôme", "SAINT JEROME", "Mont-Saint-Jérôme"]
    # Nothing in a text is a pattern.
    assert (found("city", Test.CONTAINS, "1.0"), found("city", Test.CONTAINS, "S_int")) == ([], [])


def test_days_are_counted_from_the_day_of_the_question(alice):
    for day in (date(2025, 3, 1), date(2025, 3, 2), date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 8), date(2026, 3, 9)):
        factories.make_client(adviser=alice, name=day.isoformat(), next_review_on=day)
    assert found("next_review_on", Test.LAST_MONTHS, 12) == ["2025-03-02", "2026-03-01"]
    assert found("next_review_on", Test.NEXT_DAYS, 7) == ["2026-03-01", "2026-03-02", "2026-03-08"]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
        (date(2026, 5, 31), 1, date(2026, 4, 30)),
    ],
)
def test_months_are_counted_by_the_calendar(day, months, expected):
    assert months_before(day, months) == expected


def test_several_choices_are_any_all_or_none(alice):
    for held in ("", "rrsp", "tfsa", "rrsp,tfsa", "resp"):
        factories.make_client(adviser=alice, name=held or "–", own={"products": held.split(",")} if held else {})
    asked = ("rrsp", "tfsa")
    assert [found("products", test, *asked) for test in (Test.ANY_OF, Test.ALL_OF, Test.NONE_OF)] == [
        ["rrsp", "tfsa", "rrsp,tfsa"],
        ["rrsp,tfsa"],
        ["resp"],
    ]
    assert found("products", Test.NOT_KNOWN) == ["–"]


def test_the_primary_contact_is_asked(alice):
    client = factories.make_client(adviser=alice, name="Roy", birth_date=date(1960, 1, 1))
    Person.objects.create(client=client, last_name="Child", birth_date=date(2010, 1, 1))
    assert (found("age", Test.AT_LEAST, D(60)), found("age", Test.LESS_THAN, D(18))) == (["Roy"], [])


def test_an_attribute_the_catalogue_lacks_is_never_passed_over(alice):
    group = Group(Match.ANY, 0, (Condition("horoscope", Test.KNOWN),))
    with pytest.raises(UnknownAttribute):
        expression(group, catalogue=PLANS, on=ON)
    with pytest.raises(UnknownAttribute):
        matches(group, {}, catalogue=PLANS, on=ON)


def test_python_and_the_database_agree_on_every_western_letter_and_mark(alice):
    """Latin with its accents, punctuation and currency signs; control characters aside."""
    codes = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2060), 0x20AC]
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, clients_plain('A' || chr(code) || 'z') FROM unnest(%s) AS code", [codes])
        assert [(hex(code), text) for code, text in cursor.fetchall() if text != plain(f"A{chr(code)}z")] == []
