"""A kept statement reads what its queryset would have, whatever values are put in its places, and is written once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat

from firms.counting import count_at_most
from firms.models import Firm, User
from firms.statements import Statement, given, given_user, kept_statement
from firms.wall import acting_for, enter_firm
from tests import factories


@pytest.fixture(params=["by name", "in full"], autouse=True)
def prepared(request, settings):
    settings.PREPARED_STATEMENTS = request.param == "by name"
    return settings.PREPARED_STATEMENTS


@pytest.fixture
def team(alice):
    return [factories.make_user(name=f"Person {number}", role="adviser") for number in range(3)]


@kept_statement
def named(among: bool):
    people = User.objects.filter(firm_id=given("firm"), role="adviser").select_related("firm").order_by("name")
    return people.filter(pk__in=given("ids")) if among else people


def test_the_rows_are_those_of_the_queryset_with_what_belongs_to_them(alice, team, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = named(among=False).rows(firm=alice.firm_id)
        assert [(each, each.firm.name) for each in found] == [(each, "Alpha Conseil") for each in team]


def test_a_list_is_put_in_whatever_its_length_and_nothing_is_in_an_empty_one(alice, team):
    first, second, third = team
    read = named(among=True).rows
    assert read(firm=alice.firm_id, ids=[first.pk]) == [first]
    assert read(firm=alice.firm_id, ids=[third.pk, second.pk]) == [second, third]
    assert read(firm=alice.firm_id, ids=[]) == []


def test_a_statement_is_written_once_for_each_set_of_arguments(alice):
    written = []

    @kept_statement
    def people(role):
        written.append(role)
        return User.objects.filter(firm_id=given("firm"), role=role)

    for role in ("admin", "adviser", "admin", "adviser"):
        people(role).rows(firm=alice.firm_id)
    assert written == ["admin", "adviser"]


def test_only_the_statement_is_kept_and_the_wall_holds_it(alice, team, beta):
    assert named(among=False).rows(firm=alice.firm_id) == team
    newcomer = factories.make_user(name="Person 9", role="adviser")
    assert named(among=False).rows(firm=alice.firm_id) == [*team, newcomer]
    assert named(among=False).rows(firm=beta.pk) == []
    enter_firm(beta.pk)
    assert named(among=False).rows(firm=alice.firm_id) == []


def test_values_are_never_part_of_the_text(alice):
    @kept_statement
    def called():
        return User.objects.filter(firm_id=given("firm"), name=given("name"))

    hostile = factories.make_user(name="O'Brien %s \"; DROP TABLE firms_user --")
    assert called().rows(firm=alice.firm_id, name=hostile.name) == [hostile]
    assert called().row(firm=alice.firm_id, name="O'Brien") is None


def test_a_percent_sign_in_the_text_is_refused_when_it_stands_for_no_value(alice):
    people = User.objects.filter(firm_id=given("firm"))
    assert Statement(people.filter(name__contains="%")).rows(firm=alice.firm_id) == []
    with pytest.raises(ValueError, match="a percent sign"):
        Statement(people.extra(where=["name LIKE '%%s'"]))


def test_values_lists_annotations_and_stand_ins_for_the_reader(alice, team):
    @kept_statement
    def told():
        reader = given_user(role="admin")
        people = User.objects.filter(Q(pk=reader.pk) | Q(role="adviser"), firm_id=reader.firm_id).order_by("pk")
        return people.annotate(told=Concat("name", Value(": "), "role", output_field=CharField())).values_list("pk", "told")

    assert told().rows(firm=alice.firm_id, user=alice.pk) == [
        (alice.pk, "Alice Roy: admin"),
        *((each.pk, f"{each.name}: adviser") for each in team),
    ]


def known_statements():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, statement, parameter_types::text[] FROM pg_prepared_statements ORDER BY prepare_time")
        return cursor.fetchall()


def test_postgresql_knows_a_statement_by_name_once_a_connection(alice, team, prepared):
    @kept_statement
    def of_role():
        return User.objects.filter(firm_id=given("firm"), role=given("role"), pk__in=given("ids"), name__startswith="Person %'").order_by("pk")

    before = len(known_statements())
    ids = [each.pk for each in team]
    for _turn in range(8):
        assert of_role().rows(firm=alice.firm_id, role="adviser", ids=ids) == []
        of_role().rows(firm=alice.firm_id, role="admin", ids=[])
    added = known_statements()[before:]
    assert len(added) == (1 if prepared else 0)
    if prepared:
        # Values that never change stand in it, the others are places.
        assert added[0][2] == ["integer", "bigint[]", "text"]
        assert "Person" in added[0][1]
        assert "adviser" not in added[0][1]


def test_values_keep_the_types_they_have_as_literals(alice):
    @kept_statement
    def told():
        return User.objects.filter(pk=given("user")).values_list(
            *(Concat(Value(""), Cast(given(name), CharField()), output_field=CharField()) for name in ("day", "yes", "amount", "nothing", "number"))
        )

    values = {"day": date(2027, 2, 28), "yes": True, "amount": Decimal("1.50"), "number": 7}
    assert told().row(user=alice.pk, nothing=None, **values) == ("2027-02-28", "true", "1.50", "", "7")
    # The same statement again, with a value where there was none.
    assert told().row(user=alice.pk, nothing=date(2026, 1, 1), **values) == ("2027-02-28", "true", "1.50", "2026-01-01", "7")


@pytest.mark.django_db(transaction=True)
def test_a_statement_outlives_the_transaction_it_was_first_asked_in_and_not_its_connection():
    firm = factories.make_firm(name="Firm")

    @kept_statement
    def names():
        return Firm.objects.filter(pk=given("firm"))

    def read():
        return names().row(firm=firm.pk)

    def read_and_fail():
        with acting_for(firm.pk):
            assert read() == firm
            raise RuntimeError

    with pytest.raises(RuntimeError):
        read_and_fail()
    with acting_for(firm.pk):
        assert read() == firm
    connection.close()
    with acting_for(firm.pk):
        assert read() == firm


def test_where_nothing_can_be_found_a_statement_finds_nothing(alice):
    assert Statement(User.objects.filter(pk__in=[])).rows() == []
    assert Statement(User.objects.none()).rows() == []


def test_several_lists_are_counted_in_one_statement_each_to_the_limit(alice, team, django_assert_num_queries):
    everyone, nobody = named(among=False), named(among=True)
    with django_assert_num_queries(1):
        counts = count_at_most(
            2, all=everyone.with_values(firm=alice.firm_id), none=nobody.with_values(firm=alice.firm_id, ids=[]),
            one=nobody.with_values(firm=alice.firm_id, ids=[team[0].pk]),
        )  # fmt: skip
    assert counts == {"all": 2, "none": 0, "one": 1}


@pytest.mark.django_db(transaction=True)
def test_threads_share_a_statement_each_on_its_own_connection():
    firms = [factories.make_firm(name=f"Firm {number}") for number in range(2)]

    @kept_statement
    def names():
        return Firm.objects.filter(pk=given("firm"))

    def read(firm):
        try:
            with acting_for(firm.pk):
                return [names().row(firm=firm.pk) for _turn in range(50)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(read, firms)) == [[firm] * 50 for firm in firms]
