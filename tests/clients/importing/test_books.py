"""The three sample books, from the command line, counted as the people who made them counted."""

import csv
import io
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum

from clients.models import Client, ImportBatch, ImportRow, Interaction, MergeProposal, Person, SavedMapping
from firms.models import Job, User
from firms.wall import enter_firm
from segmentation.models import Assignment
from tests import factories
from tests.clients.importing.running import DATA, run_import, undo


def everything() -> dict[str, list[Any]]:
    """Whole rows of whatever an import may touch, in the current firm."""
    models = (Client, Person, Interaction, MergeProposal, SavedMapping, ImportBatch, ImportRow, Job, User)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


@pytest.fixture
def advisers(alice: User) -> list[User]:
    return [factories.make_user(name=name) for name in ("Élodie Lefèvre-Côté", "Marc-André Gagné", "Nathalie Bélanger")]


def test_quebec_gives_400_clients_and_a_report_of_12_rows(alice: User) -> None:
    summary = run_import(alice.firm, DATA / "book-quebec.csv", "--create-advisers", "--by", alice.email)

    assert summary["counts"] == {"created": 400, "updated": 0, "unchanged": 0, "repeated": 4, "rejected": 8}
    assert Counter(Client.objects.values_list("status", flat=True)) == {"client": 360, "prospect": 40}
    assert {key: summary["recognised"][key] for key in ("encoding", "delimiter", "decimal_mark", "date_order", "iso_dates", "currencies")} == {
        "encoding": "cp1252",
        "delimiter": ";",
        "decimal_mark": ",",
        "date_order": "dmy",
        "iso_dates": True,
        "currencies": ["$"],
    }
    assert summary["recognised"]["thousands"] == [" ", "\u00a0"]
    assert [(row["line"], row["outcome"], row["reason"]) for row in summary["report"]] == [
        (3, "rejected", "Date de naissance: The date 31/02/1970 does not exist."),
        (63, "rejected", "Références (12 mois): “plusieurs” is not a whole number."),
        (104, "rejected", "Courriel: “pas-un-courriel” is not an e-mail address."),
        (207, "rejected", "Date de naissance: The date 12/05/2031 is in the future."),
        (254, "rejected", "Actif géré: The amount -25 000,00 is below zero."),
        (292, "repeated", "Same person as on line 291, already imported."),
        (301, "rejected", "Client depuis: The date 2019-13-45 does not exist."),
        (326, "rejected", "Nom: The name is missing."),
        (332, "repeated", "Same person as on line 284, already imported."),
        (338, "repeated", "Same person as on line 60, already imported."),
        (354, "rejected", "Actif géré: “n/d” is not an amount."),
        (411, "repeated", "Same person as on line 340, already imported."),
    ]


def test_a_row_of_quebec_becomes_a_client_and_its_person(alice: User, advisers: list[User]) -> None:
    run_import(alice.firm, DATA / "book-quebec.csv")

    client = Client.objects.get(external_reference="QC-0055")
    person = client.people.get()
    assert (client.name, client.kind, client.status, client.language) == ("Nathalie Piché", "individual", "client", "fr")
    assert (client.aum, client.annual_revenue, client.income) == (Decimal("417990.14"), Decimal("4107.50"), Decimal("63775.00"))
    assert (client.net_worth, client.children, client.referrals_12_months) == (Decimal("853499.00"), 1, 0)
    assert (client.marital_status, client.risk_attitude, client.preferred_channel) == ("divorced", "low", "")
    assert (client.city, client.postal_code, client.province) == ("Montréal", "H2X 8K6", "QC")
    assert (client.client_since, client.adviser) == (date(2020, 6, 20), advisers[1])
    assert (person.first_name, person.last_name, person.email, person.phone, person.birth_date, person.occupation, person.is_primary) == (
        "Nathalie",
        "Piché",
        "nathalie.piche55@exemple.ca",
        "(450) 555-3110",
        date(1981, 1, 5),
        "Agriculteur",
        True,
    )


def test_couples_are_proposed_never_merged(alice: User, advisers: list[User]) -> None:
    run_import(alice.firm, DATA / "book-quebec.csv")

    proposals = MergeProposal.objects.select_related("first", "second")
    assert {frozenset((proposal.first.name, proposal.second.name)) for proposal in proposals} == {
        frozenset(("Gérard Michaud", "Marcel Guay")),
        frozenset(("Hugues Drolet", "Raphaël Martineau")),
    }
    assert {(proposal.reason, proposal.decision) for proposal in proposals} == {("spouse", "waiting")}
    assert Client.objects.count() == Person.objects.count() == 400


@pytest.mark.parametrize("book", ["book-quebec.csv", "book-france.csv", "accounts-salesforce.csv"])
def test_importing_the_same_file_again_changes_nothing(alice: User, book: str) -> None:
    first = run_import(alice.firm, DATA / book, "--create-advisers")
    before = everything()

    again = run_import(alice.firm, DATA / book)

    assert again["counts"] == {**first["counts"], "created": 0, "unchanged": first["counts"]["created"]}
    assert again["report"] == first["report"]
    after = everything()
    for name in ("Client", "Person", "MergeProposal", "User"):
        assert after[name] == before[name]


def test_france(alice: User) -> None:
    summary = run_import(alice.firm, DATA / "book-france.csv", "--create-advisers")

    assert summary["counts"] == {"created": 1040, "updated": 0, "unchanged": 0, "repeated": 0, "rejected": 0}
    assert (summary["recognised"]["encoding"], summary["recognised"]["decimal_mark"], summary["merge_proposals"]) == ("utf-8-sig", ",", 0)
    with (DATA / "book-france.csv").open(encoding="utf-8-sig", newline="") as file:
        expected = sum(Decimal(row["Encours confiés (€)"].replace(",", ".")) for row in csv.DictReader(file, delimiter=";"))
    assert Client.objects.aggregate(total=Sum("aum")) == {"total": expected}
    client = Client.objects.get(external_reference="FR00001")
    assert (client.name, client.marginal_tax_rate, client.wealth_tax, client.matrimonial_regime) == ("Roland BODIN", Decimal("41.00"), True, "")
    assert (client.potential, client.relationship_quality, client.prescription, client.desired_relationship) == (10, 5, 3, "high")
    assert (client.aum, client.annual_revenue, client.adviser.name) == (Decimal("1223098.43"), Decimal("11807.00"), "Aïcha Benali")
    assert client.people.get().title == "M."


def test_the_vip_preset_shares_the_book_of_france_exactly(alice: User) -> None:
    """10, 30, 40 and 20 % of 1,040 clients, of whom many score alike."""
    run_import(alice.firm, DATA / "book-france.csv", "--create-advisers")

    call_command("publish_scheme", str(alice.firm_id), "vip", by=alice.email, stdout=io.StringIO())
    enter_firm(alice.firm_id)

    placed = Assignment.objects.filter(ends_on=None).values_list("segment__name_en").annotate(Count("pk")).order_by("segment__rank")
    assert list(placed) == [("VIP", 104), ("Gold", 312), ("Silver", 416), ("Bronze", 208)]


def test_salesforce(alice: User) -> None:
    summary = run_import(alice.firm, DATA / "accounts-salesforce.csv", "--create-advisers")

    assert summary["counts"] == {"created": 250, "updated": 0, "unchanged": 0, "repeated": 0, "rejected": 0}
    assert (summary["recognised"]["date_order"], summary["recognised"]["decimal_mark"], summary["recognised"]["thousands"]) == ("mdy", ".", [","])
    client = Client.objects.get(external_reference="001000000000002AAA")
    person = client.people.get()
    assert (client.name, client.kind, str(person), person.birth_date) == ("Murphy Household", "household", "John Murphy", date(2000, 9, 2))
    assert (client.aum, client.income, client.client_since) == (Decimal("35362.39"), Decimal("108514.00"), date(2020, 9, 7))


def test_one_click_undoes_a_whole_import(alice: User) -> None:
    own = factories.make_client(adviser=alice, name="Roland BODIN", external_reference="FR00001", aum=5, city="Lyon")
    before = everything()
    summary = run_import(alice.firm, DATA / "book-france.csv", "--create-advisers", "--by", alice.email)
    assert summary["counts"] == {"created": 1039, "updated": 1, "unchanged": 0, "repeated": 0, "rejected": 0}

    batch = undo(summary["batch"], by=alice)

    assert (batch.state, batch.counts["removed"], batch.counts["restored"], batch.counts.get("kept", 0)) == ("undone", 1039, 1, 0)
    after = everything()
    for name in ("Client", "Person"):
        assert [{**row, "updated_at": None} for row in after[name]] == [{**row, "updated_at": None} for row in before[name]]
    assert Client.objects.get() == own


def test_undo_leaves_and_names_what_a_person_touched_since(alice: User) -> None:
    known = factories.make_client(adviser=alice, external_reference="QC-0031", aum=5)
    summary = run_import(alice.firm, DATA / "book-quebec.csv", "--create-advisers")
    edited, called = (Client.objects.get(external_reference=reference) for reference in ("QC-0055", "QC-0302"))
    married = Person.objects.get(client__external_reference="QC-0259")
    with pghistory.context(user=alice.pk):
        edited.notes = "Prefers mornings"
        edited.save()
        Interaction.objects.create(client=called, happened_at=called.created_at, channel="phone", subject="Welcome", by=alice)
        married.last_name = "Roy"
        married.save()
        Client.objects.filter(pk=known.pk).update(city="Rimouski")

    batch = undo(summary["batch"], by=alice)

    assert (batch.counts["removed"], batch.counts.get("restored", 0), batch.counts["kept"]) == (396, 0, 4)
    assert set(Client.objects.values_list("pk", flat=True)) == {known.pk, edited.pk, called.pk, married.client_id}
    kept = ImportRow.objects.filter(batch=batch, outcome__in=["created", "updated"]).exclude(problems=[])
    assert {(row.client_id, row.problems[0]["problem"]) for row in kept} == {
        (known.pk, "edited_since"),
        (edited.pk, "edited_since"),
        (married.client_id, "edited_since"),
        (called.pk, "worked_on_since"),
    }


@pytest.mark.parametrize("book", ["book-quebec.csv", "accounts-salesforce.csv"])
def test_a_rehearsal_says_the_same_and_writes_nothing(alice: User, book: str) -> None:
    before = everything()

    rehearsed = run_import(alice.firm, DATA / book, "--create-advisers", "--dry-run")

    assert everything() == before
    done = run_import(alice.firm, DATA / book, "--create-advisers")
    unlike = {"batch", "dry_run", "seconds"}
    assert {key: value for key, value in rehearsed.items() if key not in unlike} == {key: value for key, value in done.items() if key not in unlike}


def test_unknown_advisers_are_rejected_unless_created(alice: User, advisers: list[User]) -> None:
    User.objects.filter(pk=advisers[2].pk).update(name="Someone Else")

    summary = run_import(alice.firm, DATA / "book-quebec.csv", "--by", alice.email)

    assert summary["advisers"] == {"Élodie Lefèvre-Côté": advisers[0].email, "Marc-André Gagné": advisers[1].email}
    unmatched = [
        row for row in summary["report"] if row["reason"] == "Conseiller: No user of the firm was matched to the adviser “Nathalie Bélanger”."
    ]
    assert len(unmatched) == 101
    assert not Client.objects.filter(adviser=advisers[2]).exists()


def test_created_advisers_cannot_sign_in(alice: User) -> None:
    summary = run_import(alice.firm, DATA / "accounts-salesforce.csv", "--create-advisers")

    assert summary["created_advisers"] == [
        {"name": "Sarah Tremblay", "email": "sarah.tremblay@alpha-conseil.invalid"},
        {"name": "Owen Clarke", "email": "owen.clarke@alpha-conseil.invalid"},
    ]
    sarah = User.objects.get(email="sarah.tremblay@alpha-conseil.invalid")
    assert (sarah.role, sarah.has_usable_password(), sarah.firm) == ("adviser", False, alice.firm)


def test_a_firm_is_found_by_its_exact_name_or_not_at_all(alice: User) -> None:
    output = io.StringIO()
    call_command(
        "import_clients", "Alpha Conseil", str(DATA / "book-quebec.csv"), "--dry-run", "--create-advisers", "--by", alice.email, stdout=output
    )
    assert output.getvalue().splitlines()[:2] == [
        "Rehearsal: nothing was written.",
        "412 rows: 400 created, 0 updated, 0 unchanged, 4 repeated, 8 rejected.",
    ]
    with pytest.raises(CommandError, match="No firm has the number or the name 'Alpha'"):
        call_command("import_clients", "Alpha", str(DATA / "book-quebec.csv"))
