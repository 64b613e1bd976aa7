import pytest

from service_matrix.catalogue import CATALOGUE
from service_matrix.letters import AGENDAS, LETTERS, unknown_fields
from service_matrix.models import TouchpointType
from service_matrix.versions import ensure_catalogue

# Domain item D22.
CATALOGUE_KEYS = {
    "planning_meeting",
    "annual_review",
    "review_meeting",
    "check_in_call",
    "market_update",
    "planning_milestone",
    "year_end_tax_checklist",
    "educational_email",
    "newsletter",
    "reporting",
    "life_event_contact",
    "birthday_greeting",
    "season_greetings",
    "appreciation_event",
    "training_seminar",
    "lunch_and_learn",
    "annual_renewal",
    "reactive_service",
}


def test_every_shipped_type_has_a_procedure_and_a_message_in_both_languages():
    assert {shipped.key for shipped in CATALOGUE} == CATALOGUE_KEYS == set(LETTERS)
    assert all(shipped.steps and all(step.en and step.fr and step.performer for step in shipped.steps) for shipped in CATALOGUE)
    for letter in LETTERS.values():
        texts = vars(letter)
        assert all(texts.values())
        assert {name: wrong for name, text in texts.items() if (wrong := unknown_fields(text))} == {}
    assert all(en and fr for agenda in AGENDAS.values() for en, fr in agenda)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("Dear {client}", []), ("Dear {cleint}", ["{cleint}"]), ("{ client}", ["{ client}"]), ("a { b", ["{"]), ("a } b", ["}"]), ("{}", ["{}"])],
)
def test_fields_that_nothing_fills_in_are_named(text, wrong):
    assert unknown_fields(text) == wrong


def test_a_type_from_before_receives_its_words_and_what_the_firm_wrote_stays(alice):
    ensure_catalogue(by=alice)
    types = TouchpointType.objects
    blank = {"agenda": [], "subject_en": "", "subject_fr": "", "message_en": "", "message_fr": ""}
    types.filter(key="check_in_call").update(**blank)
    types.filter(key="newsletter").update(**blank | {"message_en": "Ours", "message_fr": "La nôtre"})
    ensure_catalogue(by=alice)
    assert types.get(key="check_in_call").subject_en == LETTERS["check_in_call"].subject_en
    assert (types.get(key="newsletter").message_en, types.get(key="newsletter").subject_en) == ("Ours", "")
