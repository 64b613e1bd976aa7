"""The import pages, from the upload to the undo."""

import csv
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from clients.importing.batches import sheet_of
from clients.importing.mapping import create_missing_advisers
from clients.models import Client, ImportBatch, ImportRow, Interaction, MergeProposal, SavedMapping
from firms import membership
from firms.jobs import run_job
from firms.models import User
from firms.wall import enter_firm
from tests import factories
from tests.clients.importing.running import DATA, run_import, undo

LIST = "/clients/imports/"


def signed_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def upload(browser: Browser, name: str, content: bytes):
    return browser.post(LIST, {"file": SimpleUploadedFile(name, content)})


def upload_book(browser: Browser, name: str) -> ImportBatch:
    response = upload(browser, name, (DATA / name).read_bytes())
    assert response.status_code == 302, response.content.decode()
    return ImportBatch.objects.latest("pk")


def run_jobs(batch: ImportBatch, user: User) -> ImportBatch:
    batch.refresh_from_db()
    assert batch.job is not None
    run_job(firm_id=user.firm_id, job_id=batch.job.pk)
    enter_firm(user.firm_id)
    batch.refresh_from_db()
    return batch


def test_upload_shows_what_was_recognised_and_writes_no_client(alice: User) -> None:
    for name in ("Nathalie Bélanger", "Élodie Lefèvre-Côté", "Marc-André Gagné"):
        factories.make_user(name=name)
    browser = signed_in(alice)
    batch = upload_book(browser, "book-quebec.csv")

    page = browser.get(f"{LIST}{batch.pk}/").content.decode()

    for text in ("Windows-1252", "semicolon", "comma", "day first, some year first", "no-break space", "Import 412 rows", "8 rows have a fault"):
        assert text in page
    assert (batch.state, Client.objects.count()) == ("preview", 0)


def test_start_progress_report_and_undo(alice: User) -> None:
    browser = signed_in(alice)
    batch = upload_book(browser, "book-quebec.csv")

    response = browser.post(f"{LIST}{batch.pk}/mapping/", {"start": "1", "default_adviser": alice.pk, "column-22": ""})
    assert response.headers["Location"] == f"{LIST}{batch.pk}/"
    progress = browser.get(f"{LIST}{batch.pk}/progress/").content.decode()
    assert "0 of 412 rows" in progress
    assert run_jobs(batch, alice).state == "done"
    assert Client.objects.filter(adviser=alice).count() == 400
    assert browser.get(f"{LIST}{batch.pk}/progress/", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    page = browser.get(f"{LIST}{batch.pk}/").content.decode()
    assert "The date 31/02/1970 does not exist." in page
    assert "2 pairs wait for your decision." in page

    browser.post(f"{LIST}{batch.pk}/undo/")
    assert run_jobs(batch, alice).state == "undone"
    assert Client.objects.count() == 0
    assert "Clients removed: 400." in browser.get(f"{LIST}{batch.pk}/").content.decode()


def test_the_mapping_can_be_changed_and_is_kept_for_the_next_file(alice: User) -> None:
    adviser = factories.make_user(name="Denise Roy")
    browser = signed_in(alice)
    batch = upload_book(browser, "book-quebec.csv")
    change = {
        "column-14": "net_worth",
        "column-13": "",
        "adviser-name": ["Élodie Lefèvre-Côté"],
        "adviser-user": [str(adviser.pk)],
        "default_adviser": str(adviser.pk),
    }

    fragment = browser.post(f"{LIST}{batch.pk}/mapping/", change, headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<div id="preview"')
    browser.post(f"{LIST}{batch.pk}/mapping/", {"start": "1", "default_adviser": str(adviser.pk)})

    again = upload_book(browser, "book-quebec.csv")
    assert again.mapping["columns"][13:15] == ["", "net_worth"]
    assert again.mapping["advisers"] == {"Élodie Lefèvre-Côté": adviser.pk}
    assert again.mapping["default_adviser"] == adviser.pk
    assert SavedMapping.objects.count() == 1


def test_a_mapping_without_a_name_or_with_two_columns_alike_does_not_start(alice: User) -> None:
    browser = signed_in(alice)
    batch = upload_book(browser, "book-quebec.csv")

    nameless = browser.post(f"{LIST}{batch.pk}/mapping/", {"start": "1", "column-1": ""})
    assert nameless.status_code == 422
    assert "No column holds a name." in nameless.content.decode()
    twice = browser.post(f"{LIST}{batch.pk}/mapping/", {"start": "1", "column-1": "last_name", "column-5": "last_name"})
    assert "Two columns are mapped to “Last name”." in twice.content.decode()
    batch.refresh_from_db()
    assert (batch.state, batch.job) == ("preview", None)


def test_dates_that_may_be_read_both_ways_are_asked_about(alice: User) -> None:
    browser = signed_in(alice)
    upload(browser, "book.csv", b"Last name,Birth date\nRoy,03/04/1980\nCaron,05/06/1981\n")
    batch = ImportBatch.objects.latest("pk")

    page = browser.get(f"{LIST}{batch.pk}/").content.decode()
    assert "may be read both ways" in page
    refused = browser.post(f"{LIST}{batch.pk}/mapping/", {"start": "1", "default_adviser": alice.pk})
    assert "Say which." in refused.content.decode()
    browser.post(f"{LIST}{batch.pk}/mapping/", {"start": "1", "default_adviser": alice.pk, "date_order": "mdy"})
    run_jobs(batch, alice)
    assert [str(client.people.get().birth_date) for client in Client.objects.order_by("pk")] == ["1980-03-04", "1981-05-06"]


def test_a_cell_that_came_with_a_formula_goes_back_without_one(alice: User) -> None:
    browser = signed_in(alice)
    cells = ["=1+cmd|' /C calc'!A0", "-2+SUM(A1:A9)", "+1 (514) 555-0100", "-5 000,50 $", "@SUM(A1)", " =1"]
    batch = ImportBatch.objects.create(file_name="book.csv", content=b"A,B,C,D,E,F\n1,2,3,4,5,6\n", state=ImportBatch.State.DONE)
    ImportRow.objects.create(batch=batch, number=2, cells=cells, outcome=ImportRow.Outcome.REJECTED)
    _headings, row = csv.reader(browser.get(reverse("import_rows", args=[batch.pk, "csv"])).content.decode("utf-8-sig").splitlines())
    assert row[:6] == ["'=1+cmd|' /C calc'!A0", "'-2+SUM(A1:A9)", "+1 (514) 555-0100", "-5 000,50 $", "'@SUM(A1)", "' =1"]


def test_rows_come_back_in_two_formats_only(alice: User) -> None:
    browser = signed_in(alice)
    batch = ImportBatch.objects.create(file_name="book.csv", content=b"A\n1\n", state=ImportBatch.State.DONE)
    answers = {extension: browser.get(f"{LIST}{batch.pk}/rows.{extension}").status_code for extension in ("csv", "xlsx", "exe", "a%0d%0ab")}
    assert answers == {"csv": 200, "xlsx": 200, "exe": 404, "a%0d%0ab": 404}


def test_rejected_rows_come_back_as_files_in_the_readers_language(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="fr")
    alice.refresh_from_db()
    browser = signed_in(alice)
    batch = upload_book(browser, "book-quebec.csv")
    browser.post(f"{LIST}{batch.pk}/mapping/", {"start": "1", "default_adviser": alice.pk, "column-22": ""})
    run_jobs(batch, alice)

    rows = browser.get(reverse("import_rows", args=[batch.pk, "csv"]))
    lines = rows.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 13
    assert lines[0].endswith(";Ligne du fichier;Résultat;Motif")
    assert lines[1].startswith("QC-0901;Lacroix;Agnès-1;faute1@exemple.ca;(450) 555-5347;31/02/1970;")
    assert lines[1].endswith(";3;Rejetée;Date de naissance\u202f: La date 31/02/1970 n’existe pas.")
    workbook = browser.get(reverse("import_rows", args=[batch.pk, "xlsx"])).content

    # The file that comes back can be corrected and imported as it is: the columns added at its end stay out.
    corrected = upload(browser, "corrected.xlsx", workbook)
    assert corrected.status_code == 302
    again = ImportBatch.objects.latest("pk")
    assert again.mapping["columns"] == [*batch.mapping["columns"][:22], "adviser", "status", "", "", ""]
    assert [row.cells[0] for row in sheet_of(again).rows] == [
        row.cells[0] for row in ImportRow.objects.filter(batch=batch, outcome__in=["rejected", "repeated"])
    ]


def test_a_previewed_file_can_be_discarded(alice: User) -> None:
    browser = signed_in(alice)
    batch = upload_book(browser, "accounts-salesforce.csv")
    browser.post(f"{LIST}{batch.pk}/discard/")
    assert not ImportBatch.objects.exists()


def test_the_list_asks_the_same_number_of_statements_at_1_and_30_imports(alice: User, django_assert_num_queries) -> None:
    browser = signed_in(alice)

    def add(number: int) -> None:
        ImportBatch.objects.bulk_create(ImportBatch(file_name="book.csv", content=b"", created_by=alice, state="done") for _ in range(number))

    add(1)
    browser.get(LIST)
    # Two of them are the savepoint that stands for the request's transaction.
    with django_assert_num_queries(8):
        browser.get(LIST)
    add(29)
    with django_assert_num_queries(8):
        browser.get(LIST)


def test_merging_asks_which_value_holds(alice: User) -> None:
    first = factories.make_client(adviser=alice, name="Gérard Michaud", aum=100, city="Québec", children=2, external_reference="A")
    second = factories.make_client(adviser=alice, name="Marcel Guay", aum=250, city="Québec", income=50_000, external_reference="B")
    proposal = MergeProposal.objects.create(first=first, second=second, reason="spouse")
    browser = signed_in(alice)
    address = reverse("merge_decide", args=[proposal.pk])

    page = browser.get(address).content.decode()
    assert "Gérard Michaud and Marcel Guay" in page
    unsaid = browser.post(address, {"name": "Famille Michaud-Guay"})
    assert unsaid.status_code == 422
    assert MergeProposal.objects.get().decision == "waiting"

    browser.post(address, {"name": "Famille Michaud-Guay", "keep-aum": "sum"})

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.name, first.kind, first.aum, first.city, first.children, first.income) == (
        "Famille Michaud-Guay",
        "household",
        Decimal(350),
        "Québec",
        2,
        Decimal(50_000),
    )
    assert [(person.last_name, person.is_primary) for person in first.people.all()] == [("Gérard Michaud", True), ("Marcel Guay", False)]
    assert second.archived_at is not None
    assert MergeProposal.objects.get().decision == "merged"


def test_a_pair_kept_apart_is_not_proposed_again(alice: User) -> None:
    browser = signed_in(alice)
    for _ in range(2):
        batch = upload_book(browser, "book-quebec.csv")
        browser.post(f"{LIST}{batch.pk}/mapping/", {"start": "1", "default_adviser": alice.pk, "column-22": ""})
        run_jobs(batch, alice)
        for proposal in MergeProposal.objects.filter(decision="waiting"):
            browser.post(reverse("merge_decide", args=[proposal.pk]), {"apart": "1"})
    assert list(MergeProposal.objects.values_list("decision", flat=True)) == ["kept_apart", "kept_apart"]


def test_a_merged_household_is_left_alone_by_the_next_import(alice: User) -> None:
    browser = signed_in(alice)
    batch = upload_book(browser, "book-quebec.csv")
    browser.post(f"{LIST}{batch.pk}/mapping/", {"start": "1", "default_adviser": alice.pk, "column-22": ""})
    run_jobs(batch, alice)
    proposal = MergeProposal.objects.get(first__external_reference__in=["QC-0006", "QC-0007"])
    address = reverse("merge_decide", args=[proposal.pk])
    form = browser.get(address).context["form"]
    browser.post(address, {"name": "Michaud-Guay"} | {name: "second" for name in form.fields if name.startswith("keep-")})
    before = list(Client.objects.order_by("pk").values())

    again = upload_book(browser, "book-quebec.csv")
    browser.post(f"{LIST}{again.pk}/mapping/", {"start": "1", "default_adviser": alice.pk, "column-22": ""})
    assert run_jobs(again, alice).counts == {"unchanged": 400, "repeated": 4, "rejected": 8}

    assert list(Client.objects.order_by("pk").values()) == before
    assert ImportRow.objects.filter(batch=again, outcome="unchanged").exclude(problems=[]).count() == 2


def test_the_report_of_an_undone_import_names_the_users_made_for_it(alice: User) -> None:
    factories.make_user(name="Nathalie Bélanger")
    summary = run_import(alice.firm, DATA / "book-quebec.csv", "--create-advisers")
    browser, address = signed_in(alice), reverse("import_detail", args=[summary["batch"]])

    def left() -> list[str]:
        found: list[str] = browser.get(address).context["advisers_left"]
        return found

    assert left() == []
    called = Client.objects.filter(adviser__name="Marc-André Gagné").first()
    assert called is not None
    Interaction.objects.create(client=called, happened_at=called.created_at, channel="phone", subject="Welcome", by=alice)
    undo(summary["batch"], by=alice)

    # Marc-André still leads the client somebody called; Nathalie was there before.
    assert left() == ["Élodie Lefèvre-Côté"]
    assert "Users that an import created stay" in browser.get(address).content.decode()
    membership.disable_user(user=User.objects.get(name="Élodie Lefèvre-Côté"), by=alice)
    assert left() == []
    assert "Users that an import created stay" not in browser.get(address).content.decode()


def test_two_firms_of_one_name_each_create_the_adviser_a_file_names(alice: User) -> None:
    other = factories.make_firm(name=alice.firm.name)
    addresses = []
    for firm in (other, alice.firm):
        enter_firm(firm.pk)
        addresses += [user.email for user in create_missing_advisers(["Ana Roy"], firm=firm)]
    assert addresses == ["ana.roy@alpha-conseil.invalid", "ana.roy2@alpha-conseil.invalid"]
