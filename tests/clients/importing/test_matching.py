"""Which client a row is about: the reference, then the e-mail, then the name with the birth date; never somebody else."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clients.models import Client, Person
from firms.models import User
from tests import factories
from tests.clients.importing.running import run_import

HEADINGS = "Reference;First name;Last name;E-mail;Birth date;City"


@pytest.fixture
def bring(alice: User, tmp_path: Path) -> Any:
    """Import rows under HEADINGS, each once more to see that it changes nothing, and return the first summary."""

    def bring(*rows: str, headings: str = HEADINGS) -> Any:
        file = tmp_path / "book.csv"
        file.write_text("\n".join([headings, *rows]) + "\n", encoding="utf-8")
        options = ("--default-adviser", alice.email, "--date-order", "dmy")
        summary = run_import(alice.firm, file, *options)
        before = rows_kept()
        again = run_import(alice.firm, file, *options)
        assert (again["counts"]["created"], again["counts"]["updated"], rows_kept()) == (0, 0, before)
        return summary

    return bring


def rows_kept() -> list[list[Any]]:
    return [list(model.objects.order_by("pk").values()) for model in (Client, Person)]


def people() -> list[tuple[str, str, str]]:
    """Reference, client and person, by name."""
    found = Person.objects.select_related("client").order_by("client__name", "pk")
    return [(person.client.external_reference, person.client.name, str(person)) for person in found]


def created(summary: Any) -> tuple[int, int, list[str]]:
    return summary["counts"]["created"], summary["counts"]["updated"], [row["reason"] for row in summary["report"]]


def make_known(alice: User, *, first: str, last: str, reference: str = "", email: str = "", born: date | None = None, **fields: Any) -> Client:
    client = factories.make_client(adviser=alice, name=f"{first} {last}", people=False, external_reference=reference, **fields)
    Person.objects.create(client=client, is_primary=True, first_name=first, last_name=last, email=email, birth_date=born)
    return client


@pytest.mark.parametrize("references", [("1", "2"), ("", ""), ("1", "")], ids=["two references", "none", "one"])
@pytest.mark.parametrize("births", [("", ""), ("04/03/1960", ""), ("04/03/1960", "05/06/1962")], ids=["unborn", "one born", "both born"])
def test_two_people_on_one_email_are_two_clients(bring, references: tuple[str, str], births: tuple[str, str]) -> None:
    summary = bring(f"{references[0]};Ana;Roy;home@example.test;{births[0]};", f"{references[1]};Bea;Roy;home@example.test;{births[1]};")
    assert created(summary) == (2, 0, [])
    assert people() == [(references[0], "Ana Roy", "Ana Roy"), (references[1], "Bea Roy", "Bea Roy")]


@pytest.mark.parametrize("known", ["1", ""])
@pytest.mark.parametrize("brought", ["2", ""])
def test_one_of_the_book_keeps_its_name_when_another_shares_its_email(alice: User, bring, known: str, brought: str) -> None:
    make_known(alice, first="Ana", last="Roy", reference=known, email="home@example.test", city="Gaspé")
    summary = bring(f"{brought};Bea;Roy;home@example.test;;Laval")
    assert created(summary) == (1, 0, [])
    assert people() == [(known, "Ana Roy", "Ana Roy"), (brought, "Bea Roy", "Bea Roy")]
    assert Client.objects.get(name="Ana Roy").city == "Gaspé"


def test_two_people_of_one_name_on_one_email_are_told_apart_by_reference_and_birth(bring) -> None:
    summary = bring("1;Jean;Roy;home@example.test;04/03/1960;", "2;Jean;Roy;home@example.test;05/06/1990;")
    assert created(summary) == (2, 0, [])


@pytest.mark.parametrize("name", ["Zoé;Roy-Côté", "ZOE;ROY COTE", "Roy-Côté;Zoé"])
def test_an_email_and_the_same_name_are_one_person(alice: User, bring, name: str) -> None:
    make_known(alice, first="Zoé", last="Roy-Côté", reference="1", email="zoe@example.test")
    summary = bring(f"2;{name};ZOE@example.test;;Laval")
    assert (created(summary), Client.objects.get().city) == ((0, 1, []), "Laval")


@pytest.mark.parametrize("known", ["1", ""])
def test_an_email_and_the_birth_date_are_one_person_under_a_new_surname(alice: User, bring, known: str) -> None:
    make_known(alice, first="Ana", last="Roy", reference=known, email="ana@example.test", born=date(1960, 3, 4))
    summary = bring(";Ana;Petit;ana@example.test;04/03/1960;")
    assert (created(summary), people()) == ((0, 1, []), [(known, "Ana Petit", "Ana Petit")])


def test_two_references_make_two_people_of_one_email_and_birth_date(alice: User, bring) -> None:
    make_known(alice, first="Ana", last="Roy", reference="1", email="home@example.test", born=date(1960, 3, 4))
    summary = bring("2;Bea;Roy;home@example.test;04/03/1960;")
    assert created(summary) == (1, 0, [])
    assert people() == [("1", "Ana Roy", "Ana Roy"), ("2", "Bea Roy", "Bea Roy")]


def test_the_same_reference_is_one_person_under_a_new_surname(alice: User, bring) -> None:
    make_known(alice, first="Ana", last="Roy", reference="1", email="ana@example.test")
    make_known(alice, first="Bea", last="Petit", reference="2", email="home@example.test")
    summary = bring("1;Ana;Petit;home@example.test;;")
    assert (created(summary), people()) == ((0, 1, []), [("1", "Ana Petit", "Ana Petit"), ("2", "Bea Petit", "Bea Petit")])


@pytest.mark.parametrize("name", ["Zoé;Roy-Côté", "Roy Côté;ZOE"])
def test_without_reference_or_email_the_name_and_the_birth_date_are_one_person(alice: User, bring, name: str) -> None:
    make_known(alice, first="Zoé", last="Roy-Côté", email="old@example.test", born=date(1960, 3, 4))
    make_known(alice, first="Zoé", last="Roy-Côté", email="other@example.test", born=date(1961, 3, 4))
    summary = bring(f";{name};new@example.test;04/03/1960;Laval")
    assert created(summary) == (0, 1, [])
    assert list(Client.objects.order_by("pk").values_list("city", flat=True)) == ["Laval", ""]


def test_the_name_alone_is_nobody(alice: User, bring) -> None:
    make_known(alice, first="Ana", last="Roy", email="old@example.test", born=date(1960, 3, 4))
    assert created(bring("1;Ana;Roy;new@example.test;;")) == (1, 0, [])


def test_a_reference_that_a_client_gets_from_a_row_is_its_own_for_the_next(alice: User, bring) -> None:
    make_known(alice, first="Ana", last="Roy", email="ana@example.test")
    summary = bring("1;Ana;Roy;ana@example.test;;", "1;Bea;Petit;bea@example.test;;")
    assert (summary["counts"]["updated"], summary["counts"]["repeated"], people()) == (1, 1, [("1", "Ana Roy", "Ana Roy")])


def test_a_row_repeated_after_it_changed_a_client_stops_nothing(alice: User, bring) -> None:
    make_known(alice, first="Ana", last="Roy", reference="1")
    summary = bring("1;Ana;Roy;;;Laval", "1;Ana;Roy;;;Laval")
    assert created(summary) == (0, 1, ["Même personne qu’à la ligne 2, déjà importée."])


def test_companies_on_one_email_are_told_apart_by_their_names(alice: User, bring) -> None:
    headings = "Company name;E-mail;City"
    summary = bring("Gestion Roy;office@example.test;Laval", "Placements Roy;office@example.test;Laval", headings=headings)
    assert created(summary) == (2, 0, [])
    # A contact was named since: the file, which names none, is still about the company.
    Person.objects.filter(client__name="Gestion Roy").update(first_name="Ana", last_name="Petit")
    assert created(bring("Gestion Roy;office@example.test;Gaspé", headings=headings)) == (0, 1, [])
    assert people() == [("", "Gestion Roy", "Ana Petit"), ("", "Placements Roy", "Placements Roy")]
