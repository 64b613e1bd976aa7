"""`trans`, `static` and `url` are worked out once, for each language."""

import pytest
from django.template import engines
from django.template.base import Template, TextNode
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from advisory_crm.constant_tags import ConstantStaticNode, ConstantTranslateNode, ConstantURLNode
from advisory_crm.template_tags import icon


def compile_template(source: str) -> Template:
    return engines["django"].from_string(source).template  # type: ignore[attr-defined,no-any-return]


def test_words_come_in_the_language_of_each_rendering() -> None:
    template = engines["django"].from_string("{% trans 'Clients' %} {% trans 'Late' context 'touchpoints past their due date' %} 100{% trans '%' %}")
    said = []
    for language in ("en", "fr", "en", "fr-ca"):
        with translation.override(language):
            said.append(template.render({}))
    assert said == ["Clients Late 100%", "Clients En retard 100%", "Clients Late 100%", "Clients En retard 100%"]


@pytest.mark.parametrize(
    ("source", "constant"),
    [
        ("{% trans 'Clients' %}", True),
        ("{% translate 'Clients' %}", True),
        ("{% trans 'Late' context 'touchpoints past their due date' %}", True),
        ("{% trans word %}", False),
        ("{% trans 'Clients'|upper %}", False),
        ("{% trans 'Clients' as said %}", False),
        ("{% trans 'Clients' context word %}", False),
        ("{% static 'favicon.svg' %}", True),
        ("{% static path %}", False),
        ("{% static 'favicon.svg' as address %}", False),
        ("{% url 'client_list' %}", True),
        ("{% url 'client_detail' number %}", True),
        ("{% url name %}", False),
        ("{% url 'client_list' as address %}", False),
        ("{% url 'client_detail' pk=number %}", False),
    ],
)
def test_only_what_is_spelled_out_is_remembered(source: str, constant: bool) -> None:
    assert isinstance(compile_template(source).nodelist[0], ConstantTranslateNode | ConstantStaticNode | ConstantURLNode) == constant


def test_an_icon_whose_name_and_size_are_spelled_out_is_text_and_looks_the_same() -> None:
    spelled = compile_template("{% icon 'bell' 16 %}").nodelist[0]
    assert isinstance(spelled, TextNode)
    template = engines["django"].from_string("{% icon name 16 %}{% icon 'bell' size %}{% icon 'bell' 16 as kept %}{{ kept }}")
    assert template.render({"name": "bell", "size": 16}) == spelled.s * 3
    assert template.render({"name": "x", "size": 13}) == f"{icon('x', 16)}{icon('bell', 13)}{spelled.s}"


def test_variables_are_read_at_each_rendering() -> None:
    template = engines["django"].from_string("{% trans word %} {% static path %}")
    assert template.render({"word": "Clients", "path": "a.css"}) == "Clients /static/a.css"
    assert template.render({"word": "Today", "path": "b.css"}) == "Today /static/b.css"


def test_addresses_are_those_of_the_thing_asked_for() -> None:
    template = engines["django"].from_string("{% url 'client_list' %} {% url 'client_detail' number %} {% url 'condition_count' name %}")
    for number, name in ((7, "rule-3"), (8, "a-b")):
        asked = {"number": number, "name": name}
        assert template.render(asked) == " ".join(
            (reverse("client_list"), reverse("client_detail", args=[number]), reverse("condition_count", args=[name]))
        )
    with pytest.raises(NoReverseMatch):
        template.render({"number": "seven", "name": "rule-3"})
