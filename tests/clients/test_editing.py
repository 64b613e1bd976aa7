"""What may be done to a client's file, what is refused, and that nothing is written then."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from clients import editing
from clients.models import Client, Person, Status
from clients.queries import NotInYourBook
from firms.models import PlanningRequest, Support, User
from firms.row_versions import version_of
from tests import factories


@pytest.fixture
def camille(alice):
    return factories.make_user(name="Camille Gagné", role="adviser")


@pytest.fixture
def roy(camille):
    return factories.make_client(adviser=camille, name="Roy")


def everything():
    return (
        list(Client.objects.order_by("pk").values()),
        list(Person.objects.order_by("pk").values()),
        PlanningRequest.objects.count(),
    )


def planning_was_asked(by):
    asked, _by_model = PlanningRequest.objects.filter(firm_id=by.firm_id).delete()
    return asked > 0


def test_an_adviser_opens_a_file_in_the_own_book(camille):
    client = editing.create_client(
        by=camille, adviser=camille, fields={"name": "Côté", "aum": 1000}, person={"last_name": "Côté", "first_name": "Zoé"}
    )
    client.refresh_from_db()
    assert (client.name, client.sort_name, client.adviser, client.aum) == ("Côté", "cote", camille, Decimal(1000))
    assert [(str(person), person.is_primary) for person in client.people.all()] == [("Zoé Côté", True)]
    assert planning_was_asked(camille)


def test_files_open_only_in_books_one_works_in(alice, camille):
    assistant = factories.make_user(role="assistant")
    colleague = factories.make_user(role="adviser")
    before = everything()
    for by, adviser in ((camille, colleague), (assistant, camille)):
        with pytest.raises(NotInYourBook):
            editing.create_client(by=by, adviser=adviser, fields={"name": "Côté"})
    for adviser in (assistant, factories.make_user(role="adviser", is_active=False)):
        with pytest.raises(editing.NotAnAdviser):
            editing.create_client(by=alice, adviser=adviser, fields={"name": "Côté"})
    assert everything() == before
    Support.objects.create(assistant=assistant, adviser=camille)
    # The books of a user are read once in a request.
    assistant = User.objects.get(pk=assistant.pk)
    assert editing.create_client(by=assistant, adviser=camille, fields={"name": "Côté"}).adviser == camille
    assert editing.create_client(by=alice, adviser=colleague, fields={"name": "Côté"}).adviser == colleague


@pytest.mark.parametrize(
    ("fields", "person", "field"),
    [
        ({"name": ""}, None, "name"),
        ({"name": "Roy", "aum": -1}, None, "aum"),
        ({"name": "Roy", "potential": 11}, None, "potential"),
        ({"name": "Roy", "kind": "trust"}, None, "kind"),
        ({"name": "Roy", "client_since": date.max}, None, "client_since"),
        ({"name": "Roy"}, {"last_name": "Roy", "birth_date": date.max}, "birth_date"),
        ({"name": "Roy"}, {"last_name": "Roy", "email": "roy@"}, "email"),
        ({"name": "Roy"}, {"last_name": ""}, "last_name"),
        ({"name": "Roy", "external_reference": "Q-1"}, None, "__all__"),
    ],
)
def test_wrong_values_are_refused_beside_their_field(camille, fields, person, field):
    factories.make_client(adviser=camille, external_reference="Q-1")
    before = everything()
    with pytest.raises(ValidationError) as refusal:
        editing.create_client(by=camille, adviser=camille, fields=fields, person=person)
    assert list(refusal.value.message_dict) == [field]
    assert everything() == before


def test_only_what_is_editable_is_written(camille, roy):
    with pytest.raises(TypeError):
        editing.update_client(client=roy, by=camille, version=version_of(roy), fields={"archived_at": timezone.now()})


def test_who_reads_first_and_saves_last_is_told(alice, camille, roy):
    seen = version_of(roy)
    with connection.cursor() as cursor:
        # As the middleware does for each request.
        cursor.execute("SELECT set_config('pghistory.context_id', gen_random_uuid()::text, true)")
        cursor.execute("SELECT set_config('pghistory.context_metadata', %s, true)", [f'{{"user": {alice.pk}}}'])
    editing.update_client(client=roy, by=alice, version=seen, fields={"city": "Lévis"})
    before = everything()
    with pytest.raises(editing.ChangedMeanwhile) as refusal:
        editing.update_client(client=roy, by=camille, version=seen, fields={"city": "Québec"})
    assert (refusal.value.who, refusal.value.when is not None) == ("Alice Roy", True)
    assert everything() == before


def test_the_planner_is_asked_only_when_it_matters(camille, roy):
    editing.update_client(client=roy, by=camille, version=version_of(roy), fields={"city": "Lévis"})
    assert not planning_was_asked(camille)
    since: dict[str, Any] = {"client_since": date(2020, 1, 1)}
    for fields, asked in ((since, True), ({**since, "status": "client"}, False), ({**since, "status": "prospect"}, True)):
        editing.update_client(client=roy, by=camille, version=version_of(roy), fields=fields)
        assert planning_was_asked(camille) == asked
    person = roy.people.get()
    born: dict[str, Any] = {"birth_date": date(1980, 1, 1)}
    for fields, asked in ((born, True), ({**born, "phone": "1"}, False)):
        editing.update_person(person=person, by=camille, version=version_of(person), fields=fields)
        assert planning_was_asked(camille) == asked


def test_a_prospect_becomes_a_client_once(camille, roy):
    assert [editing.mark_as(client=roy, by=camille, status=Status.FORMER), editing.mark_as(client=roy, by=camille, status=Status.FORMER)] == [
        True,
        False,
    ]
    roy.refresh_from_db()
    assert roy.status == "former"


def test_archiving_and_bringing_back_happen_once(camille, roy):
    editing.archive_client(client=roy, by=camille)
    with pytest.raises(editing.AlreadyArchived):
        editing.archive_client(client=roy, by=camille)
    editing.restore_client(client=roy, by=camille)
    before = everything()
    with pytest.raises(editing.NotArchived):
        editing.restore_client(client=roy, by=camille)
    assert everything() == before
    assert Client.objects.get(pk=roy.pk).archived_at is None


def test_only_who_works_in_both_books_moves_a_client(alice, camille, roy):
    colleague = factories.make_user(role="adviser")
    before = everything()
    for by, adviser, refusal in (
        (camille, colleague, NotInYourBook),
        (colleague, colleague, NotInYourBook),
        (alice, factories.make_user(role="assistant"), editing.NotAnAdviser),
    ):
        with pytest.raises(refusal):
            editing.change_adviser(client=roy, by=by, adviser=adviser)
    assert everything() == before
    assert [editing.change_adviser(client=roy, by=alice, adviser=colleague), editing.change_adviser(client=roy, by=alice, adviser=colleague)] == [
        True,
        False,
    ]
    assert Client.objects.get(pk=roy.pk).adviser == colleague


def test_the_first_person_is_the_primary_contact(camille):
    client = factories.make_client(adviser=camille, people=False)
    first = editing.add_person(client=client, by=camille, fields={"last_name": "Roy"})
    second = editing.add_person(client=client, by=camille, fields={"last_name": "Côté"})
    assert [(person.pk, person.is_primary) for person in client.people.all()] == [(first.pk, True), (second.pk, False)]
    with pytest.raises(editing.PrimaryContact):
        editing.remove_person(person=first, by=camille)
    editing.make_primary(person=second, by=camille)
    editing.remove_person(person=first, by=camille)
    assert [(person.pk, person.is_primary) for person in client.people.all()] == [(second.pk, True)]
    editing.remove_person(person=second, by=camille)
    assert list(client.people.all()) == []


def test_a_person_saved_meanwhile_is_not_overwritten(camille, roy):
    person = roy.people.get()
    seen = version_of(person)
    editing.update_person(person=person, by=camille, version=seen, fields={"phone": "514 555-0101"})
    with pytest.raises(editing.ChangedMeanwhile):
        editing.update_person(person=person, by=camille, version=seen, fields={"phone": "418 555-0101"})
    assert Person.objects.get(pk=person.pk).phone == "514 555-0101"


def test_a_colleagues_client_is_out_of_reach(camille, roy):
    other = factories.make_user(role="adviser")
    person = roy.people.get()
    before = everything()
    for attempt in (
        lambda: editing.update_client(client=roy, by=other, version=version_of(roy), fields={"city": "Lévis"}),
        lambda: editing.mark_as(client=roy, by=other, status=Status.FORMER),
        lambda: editing.archive_client(client=roy, by=other),
        lambda: editing.restore_client(client=roy, by=other),
        lambda: editing.add_person(client=roy, by=other, fields={"last_name": "Roy"}),
        lambda: editing.update_person(person=person, by=other, version=version_of(person), fields={"title": "M."}),
        lambda: editing.make_primary(person=person, by=other),
        lambda: editing.remove_person(person=person, by=other),
    ):
        with pytest.raises(NotInYourBook):
            attempt()
    assert everything() == before


def test_birth_dates_may_be_today_and_not_tomorrow(camille, roy):
    today = timezone.localdate()
    assert editing.add_person(client=roy, by=camille, fields={"last_name": "Roy", "birth_date": today}).birth_date == today
    with pytest.raises(ValidationError):
        editing.add_person(client=roy, by=camille, fields={"last_name": "Roy", "birth_date": today + timedelta(days=1)})
