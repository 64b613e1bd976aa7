"""Names in order and words found, kept by the database behind the wall."""

import re
from itertools import permutations

import pytest
from django.db import ProgrammingError, connection, transaction

from clients.models import Client, Person, SearchWord
from clients.queries import visible_to
from clients.searching import find, matching, search_terms
from firms.wall import enter_firm
from tests import factories


def names(user, text):
    return [client.name for client in matching(visible_to(user), text, by=user).order_by("sort_name")]


def test_names_sort_without_accents_case_or_punctuation(alice):
    for name in ("Zoé", "Évrard", "evans", "Œuvray", "d’Aubigné", "O'Neil", "Étienne", "Côté-Roy", "Cote Rivard", "Daumier", "Oetker"):
        factories.make_client(adviser=alice, name=name)
    assert [client.name for client in Client.objects.all()] == [
        "Cote Rivard", "Côté-Roy", "d’Aubigné", "Daumier", "Étienne", "evans", "Évrard", "O'Neil", "Oetker", "Œuvray", "Zoé",
    ]  # fmt: skip


@pytest.fixture
def roy(alice):
    factories.make_client(adviser=alice, name="Royer, Benoît", city="Alma")
    client = factories.make_client(adviser=alice, name="Famille Côté-Roy", people=False, external_reference="QC-2020-0031", city="Trois-Rivières")
    Person.objects.create(client=client, is_primary=True, first_name="Élodie", last_name="Côté", email="e.cote@exemple.ca", phone="(450) 555-4793")
    Person.objects.create(client=client, first_name="Luc", last_name="Roy", phone="+33 7 86 27 74 90")
    return client


@pytest.mark.parametrize(
    "text",
    [
        "Côté", "COTE", "cot", "cote roy", "roy cote", "  Famille,  ", "ELODIE", "élo", "e.cote@exemple.ca", "e.cote@", "trois-rivieres", "Trois Riv",
        "QC-2020-0031", "2020-0031", "0031", "450 555 4793", "(450) 555-47", "+1 450 555 4793", "5554793", "555-4793", "4793", "07 86 27 74 90",
        "+33 7 86 27", "+33 (0)7 86 27 74 90", "0033786277490", "0786277490", "roy luc 07 86", "roy 450",
    ],
)  # fmt: skip
def test_a_client_is_found_by_the_beginnings_of_its_words(alice, roy, text):
    assert names(alice, text) == ["Famille Côté-Roy"]


@pytest.mark.parametrize("text", ["ôté", "côté tremblay", "exemple.fr", "4794", "Secret", "cote' OR 1=1"])
def test_what_does_not_match_is_not_found(alice, roy, text):
    assert names(alice, text) == []


def test_punctuation_alone_asks_nothing(alice, roy):
    assert (search_terms(" %._ "), names(alice, "%")) == ([], ["Famille Côté-Roy", "Royer, Benoît"])


def test_every_word_must_match_and_both_are_found_by_what_they_share(alice, roy):
    assert (names(alice, "roy"), names(alice, "roy al")) == (["Famille Côté-Roy", "Royer, Benoît"], ["Royer, Benoît"])


@pytest.mark.parametrize("role", ["admin", "adviser"])
def test_many_words_find_the_same_whatever_their_order_and_however_common_each_is(alice, role):
    """Whether the firm's answers are gathered or each client of a book is asked for its words."""
    reader = factories.make_user(role=role)
    found = [
        factories.make_client(adviser=reader, name=f"Dossier commun {number:03}", city="Rimouski" if number % 7 == 0 else "") for number in range(40)
    ]
    expected = [client.name for number, client in enumerate(found) if number % 7 == 0]
    for words in permutations(("dossier", "commun", "rimouski")):
        assert names(reader, " ".join(words)) == expected
    assert names(reader, "dossier commun rimouski 03") == ["Dossier commun 035"]
    assert names(reader, "dossier commun saguenay") == []


@pytest.mark.parametrize("text", ["d", "dossier", "dossier 01"])
def test_a_page_of_a_book_shows_what_a_search_finds_in_it_and_counts_all(alice, client, text):
    adviser = factories.make_user(role="adviser")
    for number in range(60):
        factories.make_client(adviser=adviser, name=f"Dossier {number:03}")
    factories.make_client(adviser=alice, name="Dossier 011 d’une autre")
    client.force_login(adviser)
    page = client.get("/clients/", {"q": text})
    expected = names(adviser, text)
    assert [each.name for each in page.context["page"].rows] == expected[:50]
    assert page.context["count"] == len(expected)


def test_words_follow_changes(alice, roy):
    Client.objects.filter(pk=roy.pk).update(name="Succession Gagné")
    Person.objects.filter(client=roy, last_name="Roy").update(last_name="Lavoie", phone="")
    assert [names(alice, text) for text in ("roy", "gagne", "lavoie", "0786", "4505554793")] == [
        ["Royer, Benoît"], ["Succession Gagné"], ["Succession Gagné"], [], ["Succession Gagné"],
    ]  # fmt: skip
    Person.objects.filter(client=roy, last_name="Lavoie").delete()
    assert [names(alice, text) for text in ("lavoie", "elodie")] == [[], ["Succession Gagné"]]
    roy.delete()
    assert not SearchWord.objects.filter(client_id=roy.pk).exists()


def test_a_person_who_moves_is_found_in_the_new_client(alice, roy):
    other = factories.make_client(adviser=alice, name="Ailleurs", people=False)
    Person.objects.filter(last_name="Roy", client=roy).update(client=other)
    assert names(alice, "luc") == ["Ailleurs"]


def test_unrelated_changes_leave_the_words_alone(alice, roy):
    before = list(SearchWord.objects.filter(client_id=roy.pk).extra(select={"version": "xmin::text"}).values_list("version", flat=True))
    Client.objects.update(aum=5)
    Person.objects.update(occupation="Notaire")
    after = list(SearchWord.objects.filter(client_id=roy.pk).extra(select={"version": "xmin::text"}).values_list("version", flat=True))
    assert before == after


def test_search_shows_only_what_the_reader_may_see(alice, beta, roy):
    adviser = factories.make_user(role="adviser")
    factories.make_client(adviser=adviser, name="Roy, à moi")
    assert [[client.name for client in find(user=user, text="roy", limit=8).clients] for user in (alice, adviser)] == [
        ["Famille Côté-Roy", "Roy, à moi", "Royer, Benoît"],
        ["Roy, à moi"],
    ]
    assert find(user=alice, text="secret", limit=8).clients == []
    enter_firm(beta.pk)
    assert SearchWord.objects.filter(client_id=roy.pk).count() == 0


def test_people_are_found_beside_their_client(alice, roy):
    found = find(user=alice, text="élo", limit=8)
    assert ([str(client) for client in found.clients], [str(person) for person in found.people]) == (["Famille Côté-Roy"], ["Élodie Côté"])
    found = find(user=alice, text="exemple", limit=8)
    assert [str(person) for person in found.people] == []
    assert find(user=alice, text=" . ", limit=8).clients == []


def test_archived_clients_are_not_found(alice, roy):
    Client.objects.filter(pk=roy.pk).update(archived_at="2026-01-01T00:00Z")
    assert [client.name for client in find(user=alice, text="roy", limit=8).clients] == ["Royer, Benoît"]


def test_words_of_another_firm_cannot_be_written(alice, beta, roy):
    with pytest.raises(ProgrammingError), transaction.atomic():
        SearchWord.objects.create(firm_id=beta.pk, client_id=roy.pk, word="planted")


def test_the_index_is_used_under_the_wall(alice):
    """As the application role, with 20,000 clients: a first letter that thousands share, and names."""
    first = Client.objects.create(adviser=alice, name="Client")
    copied = ", ".join(str(field.column) for field in Client._meta.concrete_fields if not (field.generated or field.name in {"id", "name"}))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO clients_client (name, {copied}) "
            f"SELECT 'Client' || lpad(n::text, 5, '0') || ' ' || chr(97 + n %% 26) || n %% 97 || 'oy', {copied} "
            "FROM clients_client, generate_series(0, 19999) n WHERE id = %s",
            [first.pk],
        )
        cursor.execute("SELECT current_user, row_security_active('clients_searchword')")
        assert cursor.fetchone() == ("crm_app", True)
    clients = visible_to(alice).filter(archived_at=None)
    plan = matching(clients, "a", by=alice).order_by("sort_name", "pk")[:50].explain()
    scans = [line.strip() for line in plan.splitlines() if "clients_searchword" in line]
    assert scans
    assert [line for line in scans if "Index" not in line] == [], plan
    assert "Filter: ((word" not in plan, plan
    # What the database's function reads is in no plan, but its pages are counted: a name takes a few, and a letter is counted to ten thousand words.
    for words, most in ((["client01234"], 40), (["c", "client01234"], 600), (["client0123"], 40)):
        with connection.cursor() as cursor:
            # The first time a connection calls it, the catalogue is read too.
            for _time in range(2):
                cursor.execute("EXPLAIN (ANALYZE, BUFFERS) SELECT clients_answering(%s)", [words])
            lines = [line for (line,) in cursor.fetchall()]
        touched = next(line for line in lines if "Buffers:" in line)
        assert sum(map(int, re.findall(r"(?:hit|read)=(\d+)", touched))) < most, lines
