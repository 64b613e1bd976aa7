"""The client file on paper: what is known, in the reader's language, tagged for assistive technology; nothing typed is markup."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from clients.client_file import client_file
from clients.models import Client
from clients.overview import with_counted
from segmentation.presets import create_from_preset, preset
from segmentation.publishing import publish_version
from tests import factories


def file_of(client, *, reader) -> bytes:
    return client_file(with_counted(Client.objects.filter(pk=client.pk), on=date(2026, 3, 2)).get(), reader=reader)


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def make_placed(owner):
    client = factories.make_client(
        adviser=owner,
        birth_date=date(1970, 3, 1),
        name="Élodie #Côté *& Fils*",
        aum=Decimal(462_000),
        personal_context="Her son begins $university$ in #let x.",
    )
    publish_version(version=create_from_preset(preset("premium")), by=owner)
    return client


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["Premium / Standard / Acquisition: Standard", "Assets under management: + $38,000.01 ($500,000.01)", "50 out of 100"]),
        ("fr", ["Premium / Standard / Acquisition : Standard", "Actif géré : + 38 000,01 $ (500 000,01 $)", "Dossier client au"]),
    ],
)
def test_what_is_known_and_why_the_client_is_served_so(alice, language, told):
    client = make_placed(alice)
    with translation.override(language):
        text = words(file_of(client, reader=alice))
    assert [part for part in [client.name, client.personal_context, *told] if part not in text.replace("\u202f", " ").replace("\xa0", " ")] == []


def test_the_document_is_tagged_and_says_its_language_and_title(alice):
    client = make_placed(alice)
    with translation.override("fr"):
        reader = PdfReader(BytesIO(file_of(client, reader=alice)))
    about = reader.metadata
    assert about is not None
    assert (str(reader.root_object["/Lang"]), about.title, about.author) == ("fr-CA", client.name, alice.firm.name)
    # Marked: every piece of the page belongs to a heading, a table, a list or a paragraph.
    assert "/StructTreeRoot" in reader.root_object


def test_a_file_of_which_nothing_is_known_is_short_and_sound(alice):
    client = factories.make_client(adviser=alice, people=False, name="X")
    assert "X" in words(file_of(client, reader=alice))


def test_it_is_downloaded_under_the_clients_name(client, alice):
    placed = make_placed(alice)
    client.force_login(alice)
    response = client.get(reverse("client_pdf", args=[placed.pk]))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith('attachment; filename="elodie-cote-fils-')
    assert response.content[:5] == b"%PDF-"
