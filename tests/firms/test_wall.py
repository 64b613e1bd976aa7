"""The firm wall: what PostgreSQL itself refuses."""

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, models, transaction

from clients.models import Client, Person
from firms.models import Firm, Heartbeat, User
from firms.wall import across_firms, acting_for, enter_firm, leave_firm
from tests import factories

ROOMS = ("firms", "messaging", "clients", "segmentation", "service_matrix", "touchpoints")


def firm_models() -> list[type[models.Model]]:
    found = [model for room in ROOMS for model in apps.get_app_config(room).get_models(include_auto_created=True)]
    return [model for model in found if model is not Heartbeat]


@pytest.mark.parametrize("model", firm_models(), ids=lambda model: model.__name__)
def test_every_business_table_is_behind_the_wall(db, model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity, (SELECT count(*) FROM pg_policies WHERE tablename = relname AND policyname = 'firm_wall') "
            "FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True, 1)


@pytest.mark.parametrize("model", [m for m in firm_models() if not m.__name__.endswith("Event")], ids=lambda model: model.__name__)
def test_every_reference_between_firm_tables_includes_the_firm(db, model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(a.attname::text ORDER BY k.n) FROM pg_constraint c, unnest(c.conkey) WITH ORDINALITY k(attnum, n) "
            "JOIN pg_attribute a ON a.attnum = k.attnum "
            "WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND a.attrelid = c.conrelid GROUP BY c.oid",
            [model._meta.db_table],
        )
        keys = [row[0] for row in cursor.fetchall()]
    references = {f.column for f in model._meta.concrete_fields if f.is_relation and f.name != "firm"}
    covered = {column for key in keys for column in key if key[0] == "firm_id"} - {"firm_id"}
    assert (references - covered, [key for key in keys if key[0] != "firm_id"]) == (set(), [])


def test_application_role_is_confined(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        with pytest.raises(ProgrammingError), transaction.atomic():
            cursor.execute("TRUNCATE clients_client CASCADE")


def test_without_a_firm_nothing_is_read_and_nothing_written(alpha, beta):
    factories.populate(beta)
    leave_firm()
    assert (Client.objects.count(), User.objects.count(), Firm.objects.count()) == (0, 0, 0)
    with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
        Client.objects.create(name="Nobody's", adviser_id=1)


def test_a_firm_reads_only_its_own(alpha, beta):
    factories.populate(beta)
    enter_firm(alpha.pk)
    assert list(Client.objects.all()) == []
    mine = factories.make_client(adviser=factories.make_user())
    assert list(Client.objects.all()) == [mine]


def test_a_row_cannot_be_created_in_or_moved_to_another_firm(alpha, beta):
    enter_firm(alpha.pk)
    mine = factories.make_client(adviser=factories.make_user())
    with pytest.raises(ProgrammingError), transaction.atomic():
        Client.objects.create(firm=beta, name="Planted", adviser=mine.adviser)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Client.objects.filter(pk=mine.pk).update(firm=beta)


def test_a_child_cannot_point_into_another_firm(alpha, beta):
    enter_firm(beta.pk)
    theirs = factories.make_client(adviser=factories.make_user())
    enter_firm(alpha.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(client_id=theirs.pk, last_name="Planted")


def test_the_door_reads_users_and_firms_only(alpha, beta):
    factories.populate(beta)
    enter_firm(alpha.pk)
    with across_firms():
        assert (Firm.objects.count(), User.objects.count(), Client.objects.count()) == (2, 4, 0)
        assert User.objects.update(name="Renamed") == 0
    assert User.objects.count() == 0


def test_acting_for_restores_the_firm_outside(alpha, beta):
    enter_firm(alpha.pk)
    with acting_for(beta.pk):
        assert list(Firm.objects.all()) == [beta]
    assert list(Firm.objects.all()) == [alpha]


def test_touchpoints_follow_their_client_to_another_book(alpha):
    """Kept by the database: see touchpoints/migrations/0002_wall.py."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT confupdtype FROM pg_constraint WHERE conname = 'touchpoints_touchpoint_client_wall'")
        assert cursor.fetchone() == ("c",)
