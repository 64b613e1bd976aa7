"""Documents for clients: a year looked back on, and those of many clients as one file."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.urls import reverse
from pypdf import PdfReader

from clients.assigning import Selection, SelectionChanged
from clients.models import Client, Interaction
from clients.queries import visible_to
from firms.jobs import run_job
from firms.models import Firm, Job, User
from firms.wall import acting_for
from tests.factories import make_client, make_firm, make_user
from tests.touchpoints.rows import make_touchpoint, make_type, reloaded
from tests.waiting import wait_until
from touchpoints.document_batches import TooMany, documents_step, file_name, start_batch, write_zip
from touchpoints.models import BatchDocument, DocumentBatch
from touchpoints.year_review import review_document, year_review

pytestmark = pytest.mark.usefixtures("monday")

Kind = DocumentBatch.Kind


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser", language="en")


def happened(client: Client, by: User, at: datetime, **fields: Any) -> Interaction:
    values: dict[str, Any] = {"channel": "phone", "subject": "Secret subject", "summary": "Secret summary"}
    return Interaction.objects.create(client=client, by=by, happened_at=at, **(values | fields))


def with_year(ana: User) -> Client:
    client = make_client(adviser=ana, name="Gagné, Élise", language="fr")
    review = make_type(firm_id=client.firm_id, key="annual_review", name_en="Annual review", name_fr="Revue annuelle", channel="in_person")
    done: dict[str, Any] = {"status": "done", "closed_at": datetime(2026, 6, 1, tzinfo=UTC), "closed_by": ana}
    meeting = happened(client, ana, datetime(2026, 3, 1, 15, tzinfo=UTC), channel="video")
    make_touchpoint(client=client, touchpoint_type=review, channel="in_person", interaction=meeting, **done)
    make_touchpoint(client=client, **done)
    # New Year's Eve in Montréal, already January in London; and the year before.
    late = happened(client, ana, datetime(2027, 1, 1, 3, tzinfo=UTC))
    make_touchpoint(client=client, interaction=late, **done)
    before = happened(client, ana, datetime(2026, 1, 1, 3, tzinfo=UTC))
    make_touchpoint(client=client, interaction=before, **done)
    make_touchpoint(client=client, status="skipped", closed_at=datetime(2026, 6, 1, tzinfo=UTC), closed_by=ana)
    happened(client, ana, datetime(2026, 7, 1, tzinfo=UTC))
    return reloaded(client)


def test_a_year_tells_what_was_delivered_on_the_firms_clock_in_the_clients_language(ana: User) -> None:
    review = year_review(with_year(ana), year=2026)
    assert [(each.day, each.what, each.how, each.who) for each in review.deliveries] == [
        ("1er mars", "Revue annuelle", "par vidéo", "Ana Roy"),
        ("31 mai", "Appel de suivi", "par téléphone", "Ana Roy"),
        ("31 décembre", "Appel de suivi", "par téléphone", "Ana Roy"),
    ]
    # As it was done, not as it was promised: here as in the list above.
    assert [(kind.what, kind.times, kind.how) for kind in review.kinds] == [
        ("Appel de suivi", "2 fois", "par téléphone"),
        ("Revue annuelle", "une fois", "par vidéo"),
    ]


def test_the_firms_own_notes_are_not_in_the_document(ana: User) -> None:
    reader = PdfReader(io.BytesIO(review_document(year_review(with_year(ana), year=2026))))
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "Ce que nous avons fait pour vous en 2026" in text
    assert "Revue annuelle" in text
    assert "Secret" not in text


def test_the_value_recorded_is_shown_back(ana: User) -> None:
    client = make_client(adviser=ana, language="en")
    happened(client, ana, datetime(2026, 5, 4, 15, tzinfo=UTC), value="decision", value_note="The mortgage is renewed.")
    happened(client, ana, datetime(2026, 5, 5, 15, tzinfo=UTC), value="win")
    assert [(each.what, each.value) for each in year_review(reloaded(client), year=2026).deliveries] == [
        ("Conversation", "Decision taken: The mortgage is renewed."),
        ("Conversation", "Win"),
    ]


def test_the_number_of_statements_is_the_same_for_1_and_30(ana: User, django_assert_num_queries) -> None:
    client = make_client(adviser=ana)
    for number in (1, 29):
        for _row in range(number):
            interaction = happened(client, ana, datetime(2026, 3, 1, tzinfo=UTC))
            make_touchpoint(client=client, status="done", interaction=interaction, closed_at=datetime(2026, 3, 1, tzinfo=UTC), closed_by=ana)
        asked = reloaded(client)
        with django_assert_num_queries(3):
            year_review(asked, year=2026)


# --- Many at once ---


def start(ana: User, kind: Kind = Kind.CALENDAR, **changes: Any) -> DocumentBatch:
    clients = visible_to(ana)
    return start_batch(**({"clients": clients, "by": ana, "kind": kind, "mark": Selection.of(clients).mark, "year": 2026} | changes))  # type: ignore[arg-type]


def files(batch: DocumentBatch) -> dict[str, str]:
    """The text of each file of the archive."""
    archive = io.BytesIO()
    write_zip(batch, by=batch.created_by, to=archive)
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        return {name: PdfReader(io.BytesIO(opened.read(name))).pages[0].extract_text() for name in opened.namelist()}


def test_each_client_of_the_list_has_a_document_in_their_language(ana: User) -> None:
    make_client(adviser=ana, name="Smith, Ann", language="en")
    make_client(adviser=ana, name="Gagné, Élise", language="fr")
    make_client(adviser=ana, name="Gagné, Élise", language="fr")
    make_client(adviser=make_user(name="Carl Cyr"), name="Not hers")
    batch = start(ana)
    documents_step(Job.objects.get(pk=batch.job_id))
    made = files(batch)
    assert sorted(made) == ["Gagné, Élise (2).pdf", "Gagné, Élise.pdf", "Smith, Ann.pdf"]
    assert "Your service calendar" in made["Smith, Ann.pdf"]
    assert "Votre calendrier de service" in made["Gagné, Élise.pdf"]


def test_nothing_is_made_for_clients_that_were_not_shown(ana: User) -> None:
    make_client(adviser=ana)
    mark = Selection.of(visible_to(ana)).mark
    make_client(adviser=ana)
    with pytest.raises(SelectionChanged):
        start(ana, mark=mark)
    assert (DocumentBatch.objects.count(), Job.objects.count()) == (0, 0)


def test_too_many_are_refused(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchpoints.document_batches.MOST", 1)
    make_client(adviser=ana)
    make_client(adviser=ana)
    with pytest.raises(TooMany):
        start(ana)
    assert DocumentBatch.objects.count() == 0


def test_who_is_no_longer_seen_when_the_turn_comes_is_left_out(ana: User) -> None:
    kept, gone, archived = (make_client(adviser=ana, name=name) for name in ("Kept", "Gone", "Archived"))
    batch = start(ana)
    Client.objects.filter(pk=gone.pk).update(adviser=make_user(name="Carl Cyr"))
    Client.objects.filter(pk=archived.pk).update(archived_at="2026-11-01T00:00Z")
    documents_step(Job.objects.get(pk=batch.job_id))
    assert list(files(batch)) == [f"{kept.name}.pdf"]


def test_what_is_no_longer_kept_goes_with_the_next_batch(ana: User) -> None:
    make_client(adviser=ana)
    old, other = start(ana), start(ana, Kind.YEAR)
    DocumentBatch.objects.filter(pk=old.pk).update(created_at="2026-11-15T00:00Z")
    new = start(ana)
    assert sorted(DocumentBatch.objects.values_list("pk", flat=True)) == [other.pk, new.pk]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ('Roy/Côté: \\ "A" *?<>|', "Roy Côté A"),
        ("..", "client"),
        ("a\n\u2028b", "a b"),
        ("Œuvrard, Jean-Noël.", "Œuvrard, Jean-Noël"),
        ("x" * 300, "x" * 100),
    ],
)
def test_a_name_is_a_file_everywhere(name: str, file: str, ana: User) -> None:
    assert file_name(name) == file


def test_a_killed_job_resumes_and_a_worker_makes_each_document_once(transactional_db: None, worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchpoints.document_batches.STEP", 2)
    with transaction.atomic():
        firm: Firm = make_firm(name="Alpha Conseil")
    with acting_for(firm.pk):
        ana = make_user(name="Ana Roy")
        for _number in range(5):
            make_client(adviser=ana)
    with acting_for(firm.pk):
        batch = start(User.objects.select_related("firm").get(pk=ana.pk))

    def is_done() -> bool:
        with acting_for(firm.pk):
            return Job.objects.get(pk=batch.job_id).status == Job.Status.DONE

    wait_until(is_done, seconds=60)
    # Delivered a second time, it does nothing more.
    run_job(firm_id=firm.pk, job_id=batch.job_id)
    with acting_for(firm.pk):
        assert (BatchDocument.objects.count(), Job.objects.get(pk=batch.job_id).counts) == (5, {"made": 5})


def test_from_the_list_to_the_archive(ana: User) -> None:
    make_client(adviser=ana, name="Roy, Lucie")
    browser = Browser()
    browser.force_login(ana)
    page = browser.get(reverse("documents_make"), {"q": "roy"})
    assert page.context["count"] == 1
    asked = {"kind": "year", "year": "2026", "mark": page.context["mark"]}
    progress = browser.post(reverse("documents_make") + "?q=roy", asked)["Location"]
    assert "0 of 1 clients" in browser.get(progress).content.decode()
    batch = DocumentBatch.objects.get()
    assert browser.get(reverse("documents_zip", args=[batch.pk])).status_code == 404
    run_job(firm_id=ana.firm_id, job_id=batch.job_id)
    assert "1 document is ready" in browser.get(progress).content.decode()
    answer = browser.get(reverse("documents_zip", args=[batch.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="what-we-did-for-you-2026.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
        assert archive.namelist() == ["Roy, Lucie.pdf"]


def test_a_batch_is_not_taken_away_by_who_no_longer_sees_a_client_of_it(ana: User) -> None:
    kept, gone = make_client(adviser=ana, name="Roy, Lucie"), make_client(adviser=ana, name="Gagné, Élise")
    batch = start(ana)
    documents_step(Job.objects.get(pk=batch.job_id))
    Job.objects.filter(pk=batch.job_id).update(status=Job.Status.DONE, counts={"made": 2})
    assert len(files(batch)) == 2
    Client.objects.filter(pk=gone.pk).update(adviser=make_user(name="Carl Cyr"))
    browser = Browser()
    browser.force_login(ana)
    progress, archive = (reverse(name, args=[batch.pk]) for name in ("documents_progress", "documents_zip"))
    assert browser.get(archive)["Location"] == progress
    page = browser.get(progress).content.decode()
    assert "1 of these clients is in a book that you no longer see. Produce the documents again from the list." in page
    assert archive not in page
    # Back in the book, or seen with the whole firm, it is.
    User.objects.filter(pk=ana.pk).update(sees_whole_firm=True)
    assert archive in browser.get(progress).content.decode()
    assert browser.get(archive)["Content-Type"] == "application/zip"
    assert kept.adviser_id == ana.pk


def test_another_year_than_those_offered_is_not_there(ana: User) -> None:
    browser, client = Browser(), make_client(adviser=ana)
    browser.force_login(ana)
    assert browser.get(reverse("client_year_pdf", args=[client.pk, 2026])).status_code == 200
    assert browser.get(reverse("client_year_pdf", args=[client.pk, 2020])).status_code == 404
