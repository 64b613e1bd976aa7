"""Who changed what, as the reader writes it."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from clients.columns import Line
from clients.history import history_of
from clients.models import Client, Person
from tests import factories


@pytest.fixture
def roy(alice):
    return factories.make_client(adviser=alice, name="Roy", people=False, aum=Decimal("1000.00"), language="fr", status="prospect")


def told(client, firm):
    return [(change.what, change.action, change.lines) for change in history_of(client, firm=firm)]


def test_each_change_says_what_was_and_what_is(alpha, alice, roy):
    camille = factories.make_user(name="Camille Gagné", role="adviser")
    Client.objects.filter(pk=roy.pk).update(aum=Decimal("2500.50"), status="client", client_since=date(2026, 1, 5), wealth_tax=True, adviser=camille)
    Client.objects.filter(pk=roy.pk).update(updated_at="2026-01-01T00:00Z")
    Client.objects.filter(pk=roy.pk).update(status="former")
    with translation.override("en"):
        assert told(roy, alpha)[:-1] == [
            ("Client", "update", [Line("Status", "Client", "Former client")]),
            (
                "Client",
                "update",
                [
                    Line("Status", "Prospect", "Client"),
                    Line("Adviser", "Alice Roy", "Camille Gagné"),
                    Line("Pays wealth tax", "", "Yes"),
                    Line("Assets under management", "$1,000", "$2,500.50"),
                    Line("Client since", "", "Jan 5, 2026"),
                ],
            ),
        ]


def test_people_who_came_and_went_stay_in_the_history(alpha, roy):
    person = Person.objects.create(client=roy, last_name="Roy", first_name="Luc")
    person.delete()
    with translation.override("en"):
        assert [change for change in told(roy, alpha) if change[0] == "Person"] == [
            ("Person", "delete", [Line("Primary contact", "No", ""), Line("First name", "Luc", ""), Line("Last name", "Roy", "")]),
            ("Person", "insert", [Line("Primary contact", "", "No"), Line("First name", "", "Luc"), Line("Last name", "", "Roy")]),
        ]


def test_the_page_names_who_did_it_and_speaks_the_readers_language(client, alpha, alice, roy):
    reader = factories.make_user(role="admin", name="Zoé", language="fr")
    client.force_login(reader)
    version = client.get(reverse("client_edit", args=[roy.pk])).context["form"]["version"].value()
    sent = {"name": "Roy", "kind": "individual", "status": "client", "language": "fr", "adviser": alice.pk, "version": version, "aum": "1234567"}
    client.post(reverse("client_edit", args=[roy.pk]), sent)
    page = client.get(reverse("client_history", args=[roy.pk])).content.decode().replace("\xa0", " ").replace("\u202f", " ")
    assert ["Zoé" in page, "1 234 567 $" in page, "1 000 $" in page, "Actif géré" in page] == [True] * 4


def test_another_clients_history_stays_out(alpha, alice, roy):
    other = factories.make_client(adviser=alice, name="Other")
    Client.objects.filter(pk=other.pk).update(city="Lévis")
    assert len(told(roy, alpha)) == 1
