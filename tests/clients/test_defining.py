"""Attributes of the firm's own: defined, written, read, listed, imported, archived, deleted."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import translation

from clients import defining, editing
from clients.attributes import CATALOGUE, PRODUCTS, Type, UnknownAttribute, attribute, catalogue_of
from clients.defining import AttributeDraft, ChoiceDraft
from clients.importing.applying import import_rows, row_reader
from clients.importing.batches import mapping_of, receive_file, sheet_of
from clients.importing.undo import undo_rows
from clients.models import AttributeDefinition, Client, ImportRow
from firms.row_versions import version_of
from firms.wall import enter_firm
from segmentation.models import Criterion, SchemeVersion
from tests import factories
from tests.segmentation.rows import make_draft

COLOURS = (ChoiceDraft(en="Blue", fr="Bleu"), ChoiceDraft(en="Red", fr="Rouge"), ChoiceDraft(en="Green", fr="Vert"))


def define(by, type, label="Colour", choices=(), group="psychographic", **words):
    draft = {"label_en": label, "label_fr": f"{label} (fr)", "definition_en": "What it is.", "definition_fr": "Ce que c’est."} | words
    return defining.define_attribute(draft=AttributeDraft(**draft, group=group, type=type, choices=choices), by=by)


def draft_of(definition, **changes):
    kept = {name: getattr(definition, name) for name in ("label_en", "label_fr", "definition_en", "definition_fr", "group", "type")}
    choices = tuple(ChoiceDraft(**choice) for choice in definition.choices)
    return AttributeDraft(**{**kept, "choices": choices, **changes})


VALUES: dict[str, tuple[Any, Any]] = {
    "number": (Decimal("12.5000"), Decimal("12.5")),
    "money": (Decimal("-3.456"), Decimal("-3.46")),
    "date": (date(2026, 2, 28), date(2026, 2, 28)),
    "choice": ("red", "red"),
    "choices": (("green", "blue"), ("blue", "green")),
    "yes_no": (False, False),
    "text": (" Sails. ", "Sails."),
}


@pytest.mark.parametrize("type", VALUES)
def test_statement_and_rows_read_what_the_file_writes(alice, type):
    written, read = VALUES[type]
    definition = define(alice, type, choices=COLOURS if type in {"choice", "choices"} else ())
    key = f"own.{definition.slug}"
    client = editing.create_client(by=alice, adviser=alice, fields={"name": "Roy", key: written})
    empty = editing.create_client(by=alice, adviser=alice, fields={"name": "Vide", key: () if type == "choices" else ""})
    found = catalogue_of(alice.firm_id)[key]
    assert dict(Client.objects.values_list("pk", found.expression())) == {client.pk: read, empty.pk: None}
    assert (found.value_of(client, None), found.value_of(empty, None)) == (read, None)
    assert Client.objects.alias(value=found.expression()).filter(value=list(read) if type == "choices" else read).get() == client


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("number", "many"), ("number", "NaN"), ("number", Decimal(10) ** 13), ("number", [1]), ("money", True), ("date", "31/12/2026"), ("date", 5),
        ("choice", "purple"), ("choice", ["red"]), ("choices", "red"), ("choices", ["red", "purple"]), ("choices", [["red"]]), ("yes_no", "yes"),
        ("text", "x" * 501), ("text", 5), ("text", "a\0b"),
    ],
)  # fmt: skip
def test_other_values_are_refused_beside_the_attribute(alice, type, value):
    definition = define(alice, type, choices=COLOURS if type in {"choice", "choices"} else ())
    with pytest.raises(ValidationError) as refusal:
        editing.create_client(by=alice, adviser=alice, fields={"name": "Roy", f"own.{definition.slug}": value})
    assert list(refusal.value.message_dict) == [f"own.{definition.slug}"]
    assert not Client.objects.exists()


def test_keys_come_from_the_label_and_never_clash(alice):
    slugs = [define(alice, "text", label=label).slug for label in ("Colour", "Colour", "Couleur préférée", "2nd home", "Products", "???")]
    assert slugs == ["colour", "colour_2", "couleur_preferee", "a_2nd_home", "products_2", "attribute"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"label_fr": "Personnalité"}, "label_fr"),
        ({"label_en": "Personality type"}, "label_en"),
        ({"definition_fr": " "}, "definition_fr"),
        ({"label_en": ""}, "label_en"),
        ({"group": "identity"}, "group"),
        ({"type": "horoscope"}, "type"),
        ({"type": "choice"}, "choices"),
        ({"type": "choice", "choices": (ChoiceDraft(en="Blue", fr=""),)}, "choices"),
        ({"type": "choice", "choices": (ChoiceDraft(en="Blue", fr="Bleu"), ChoiceDraft(en="blue ", fr="Azur"))}, "choices"),
    ],
)
def test_an_attribute_is_defined_in_words_or_refused(alice, words, field):
    with pytest.raises(ValidationError) as refusal:
        define(alice, words.pop("type", "text"), choices=words.pop("choices", ()), **words)
    assert list(refusal.value.message_dict) == [field]
    assert not AttributeDefinition.objects.exists()


def test_choices_change_and_what_a_client_has_stays(alice):
    definition = define(alice, "choice", choices=COLOURS)
    client = editing.create_client(by=alice, adviser=alice, fields={"name": "Roy", "own.colour": "red"})
    kept = (ChoiceDraft(en="Navy", fr="Marine", value="blue"), ChoiceDraft(en="Black", fr="Noir"))
    changed = defining.change_attribute(definition=definition, draft=draft_of(definition, choices=kept), by=alice)
    assert changed.choices == [
        {"value": "blue", "en": "Navy", "fr": "Marine", "archived": False},
        {"value": "black", "en": "Black", "fr": "Noir", "archived": False},
        {"value": "red", "en": "Red", "fr": "Rouge", "archived": True},
    ]
    found = catalogue_of(alice.firm_id)["own.colour"]
    with translation.override("fr"):
        assert (found.choices, found.display("red", firm=alice.firm)) == ([("blue", "Marine"), ("black", "Noir")], "Rouge")
    # Saved again, the client keeps it; another client cannot get it.
    editing.update_client(client=client, by=alice, version=version_of(client), fields={"own.colour": "red", "city": "Lévis"})
    with pytest.raises(ValidationError):
        editing.create_client(by=alice, adviser=alice, fields={"name": "Zoé", "own.colour": "red"})


def test_what_a_published_scheme_weighs_is_archived_not_deleted(alice):
    definition = define(alice, "number")
    client = editing.create_client(by=alice, adviser=alice, fields={"name": "Roy", "own.colour": 5})
    draft = make_draft()
    Criterion.objects.filter(version=draft).update(attribute="own.colour")
    SchemeVersion.objects.filter(pk=draft.pk).update(status="published")
    with pytest.raises(defining.AttributeInUse) as refusal:
        defining.delete_attribute(definition=definition, by=alice)
    assert refusal.value.uses == ["the scheme “Levels”"]
    assert [defining.archive_attribute(definition=definition, by=alice), defining.archive_attribute(definition=definition, by=alice)] == [True, False]
    catalogue = catalogue_of(alice.firm_id)
    assert ("own.colour" in list(catalogue), catalogue["own.colour"].value_of(client, None), catalogue["own.colour"].is_writable) == (False, 5, False)
    assert defining.restore_attribute(definition=definition, by=alice)
    SchemeVersion.objects.filter(pk=draft.pk).update(status="retired")
    assert defining.delete_attribute(definition=definition, by=alice) == 1
    client.refresh_from_db()
    assert (client.own, AttributeDefinition.objects.count()) == ({}, 0)
    with pytest.raises(UnknownAttribute):
        catalogue_of(alice.firm_id)["own.colour"]


def test_each_firm_has_its_own(alpha, beta, alice):
    define(alice, "text")
    enter_firm(beta.pk)
    assert [key for key in catalogue_of(beta.pk) if key.startswith("own.")] == []
    assert [label for _value, label in catalogue_of(beta.pk)[PRODUCTS].choices][:3] == [
        "Life insurance (assurance-vie)", "Capitalisation contract", "Retirement savings plan (PER)",
    ]  # fmt: skip
    enter_firm(alpha.pk)
    assert ("own.colour" in list(catalogue_of(alpha.pk)), ("rrsp", "RRSP") in catalogue_of(alpha.pk)[PRODUCTS].choices) == (True, True)


def test_the_list_of_products_is_the_firms_to_edit(alice):
    client = editing.create_client(by=alice, adviser=alice, fields={"name": "Roy", "products": ["tfsa", "rrsp"]})
    assert (client.own, attribute("products_held").value_of(client, None)) == ({"products": ["rrsp", "tfsa"]}, 2)
    shipped = catalogue_of(alice.firm_id).own[PRODUCTS].all_choices
    kept = tuple(ChoiceDraft(en=choice.en, fr=choice.fr, value=choice.value) for choice in shipped if choice.value != "tfsa")
    defining.change_products(choices=(*kept, ChoiceDraft(en="Wine", fr="Vin")), by=alice)
    products = catalogue_of(alice.firm_id)[PRODUCTS]
    assert (("wine", "Wine") in products.choices, "tfsa" in dict(products.choices), products.label_of("tfsa")) == (True, False, "TFSA")
    with pytest.raises(defining.AttributeInUse):
        defining.delete_attribute(definition=AttributeDefinition.objects.get(slug=PRODUCTS), by=alice)
    assert not defining.archive_attribute(definition=AttributeDefinition.objects.get(slug=PRODUCTS), by=alice)


def test_several_choices_are_for_conditions_not_for_points():
    assert [found.key for found in CATALOGUE if found.type is Type.CHOICES and found.is_scorable] == []


SHEET = """Nom;Prénom;Actif géré;Coût de service;Produits;Couleur préférée;Rapport de force;Date de naissance
Roy;Alice;1 000,00 $;120,50;REER | CELI, Prêt hypothécaire;Rouge;7;1970-01-02
Gagné;Zoé;2 000,00 $;;Pyramide;Mauve;4;1980-01-02
"""


def test_a_spreadsheet_brings_own_attributes_products_and_dated_figures(alpha, alice):
    define(alice, "choices", label="Favourite colour", label_fr="Couleur préférée", choices=COLOURS)
    kept = Client.objects.create(adviser=alice, name="Alice Roy", aum=500, own={"products": ["mortgage"]})
    kept.people.create(client=kept, is_primary=True, first_name="Alice", last_name="Roy", birth_date=date(1970, 1, 2))
    batch = receive_file(upload=ContentFile(SHEET.encode(), name="book.csv"), by=alice)
    mapping = mapping_of(batch)
    assert mapping.columns == ["last_name", "first_name", "aum", "annual_cost", "products", "own.favourite_colour", "power_balance", "birth_date"]
    mapping.default_adviser = alice.pk
    reader = row_reader(batch=batch, firm=alpha, mapping=mapping)
    assert import_rows(batch=batch, drafts=[reader.read(row) for row in sheet_of(batch).rows], reader=reader) == {"updated": 1, "rejected": 1}
    kept.refresh_from_db()
    assert (kept.own, kept.aum, kept.annual_cost, kept.power_balance) == (
        {"products": ["rrsp", "tfsa", "mortgage"], "favourite_colour": ["red"]}, Decimal(1000), Decimal("120.50"), 7,
    )  # fmt: skip
    assert sorted(kept.amounts.values_list("kind", "amount", "source", "batch_id")) == [
        ("aum", 1000, "import", batch.pk), ("cost", Decimal("120.50"), "import", batch.pk),
    ]  # fmt: skip
    problems = ImportRow.objects.get(outcome="rejected").problems
    assert [(problem["column"], problem["problem"]) for problem in problems] == [
        ("Produits", "unknown_choice"),
        ("Couleur préférée", "unknown_choice"),
    ]
    undo_rows(batch=batch, rows=list(ImportRow.objects.filter(outcome="updated")))
    kept.refresh_from_db()
    assert (kept.own, kept.aum, kept.annual_cost, kept.amounts.count()) == ({"products": ["mortgage"]}, Decimal(500), None, 0)


def test_the_pages_show_list_filter_and_export_them(client, alice):
    define(alice, "choices", choices=COLOURS)
    define(alice, "yes_no", label="Boat")
    define(alice, "text", label="Secret", group="economic")
    roy = editing.create_client(by=alice, adviser=alice, fields={"name": "Roy", "own.colour": ["red", "blue"], "own.boat": True})
    editing.create_client(by=alice, adviser=alice, fields={"name": "Zoé", "own.colour": ["green"], "own.boat": False, "own.secret": "=1+1"})
    editing.create_client(by=alice, adviser=alice, fields={"name": "Vide"})
    client.force_login(alice)
    shown = {
        query: [row.name for row in client.get(f"{reverse('client_list')}?{query}").context["page"].rows]
        for query in ("own.colour=blue", "own.boat=true", "own.boat=false", "own.colour=mauve", "own.colour=green&own.boat=true")
    }
    assert shown == {
        "own.colour=blue": ["Roy"], "own.boat=true": ["Roy"], "own.boat=false": ["Zoé"], "own.colour=mauve": ["Roy", "Vide", "Zoé"],
        "own.colour=green&own.boat=true": [],
    }  # fmt: skip
    first, *_others = client.get(reverse("client_list"), {"columns": ["own.colour", "own.boat"]}).context["rows"].splitlines()
    assert first.endswith("</th><td>Blue, Red</td><td>Yes</td></tr>")
    exported = client.get(reverse("client_export_csv"), {"columns": ["own.colour", "own.boat", "own.secret"]})
    rows = list(csv.reader(io.StringIO(b"".join(exported.streaming_content).decode("utf-8-sig"))))
    assert rows == [["Name", "Colour", "Boat", "Secret"], ["Roy", "Blue, Red", "Yes", ""], ["Vide", "", "", ""], ["Zoé", "Green", "No", "'=1+1"]]
    assert "Blue, Red" in client.get(reverse("client_detail", args=[roy.pk])).content.decode()
    form = client.get(reverse("client_edit", args=[roy.pk])).context["form"]
    sent = {"name": "Roy", "kind": "individual", "status": "client", "language": "fr", "adviser": alice.pk, "version": form["version"].value()}
    client.post(reverse("client_edit", args=[roy.pk]), sent | {"own.colour": ["green", "red"], "own.boat": "false"})
    roy.refresh_from_db()
    assert roy.own == {"colour": ["red", "green"], "boat": False}
    assert "Red, Green" in client.get(reverse("client_history", args=[roy.pk])).content.decode()


def test_the_settings_pages_define_change_and_refuse(client, alice):
    client.force_login(alice)
    words = {
        "label_en": "Boat",
        "label_fr": "Bateau",
        "definition_en": "Owns one.",
        "definition_fr": "En a un.",
        "group": "demographic",
        "type": "choice",
    }
    lines = {"choices-TOTAL_FORMS": "3", "choices-INITIAL_FORMS": "0", "choices-0-en": "Sail", "choices-0-fr": "Voile", "choices-0-offered": "on"}
    refused = client.post(reverse("attribute_create"), words | {"label_en": "Temperament", "choices-TOTAL_FORMS": "0", "choices-INITIAL_FORMS": "0"})
    assert list(refused.context["form"].errors) == ["label_en"]
    assert client.post(reverse("attribute_create"), words | lines).url == reverse("attribute_list")
    made = AttributeDefinition.objects.get()
    assert (made.slug, made.choices) == ("boat", [{"value": "sail", "en": "Sail", "fr": "Voile", "archived": False}])
    edited = lines | {
        "choices-INITIAL_FORMS": "1",
        "choices-0-value": "sail",
        "choices-0-en": "Sails",
        "choices-1-en": "Motor",
        "choices-1-fr": "Moteur",
    }
    client.post(reverse("attribute_edit", args=[made.pk]), words | edited | {"type": "text", "choices-1-offered": "on"})
    made.refresh_from_db()
    assert (made.type, [choice["en"] for choice in made.choices]) == ("choice", ["Sails", "Motor"])
    page = client.get(reverse("attribute_list")).content.decode()
    assert ["Boat" in page, "Owns one." in page] == [True, True]


def test_a_firms_french_label_is_shown_in_french(client, alice):
    define(alice, "text", label="Boat", label_fr="Bateau")
    reader = factories.make_user(role="adviser", language="fr")
    client.force_login(reader)
    assert "Bateau" in client.get(reverse("attribute_list")).content.decode()
