"""Widgets drawn in Python say what Django's own templates say."""

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from advisory_crm.form_rendering import FormRenderer, PlainSelect

NASTY = "<b>\"Désrosiers\" & 'fils'</b> é"
CHOICES = [("", "—"), ("a", NASTY), (NASTY, "b"), (1, 1234), ("d", gettext_lazy("Clients")), ("s", mark_safe("&nbsp;safe"))]
WIDGETS = [
    (forms.TextInput(attrs={"maxlength": 20, "required": True, "disabled": False, "data-note": NASTY}), NASTY),
    (forms.TextInput(), None),
    (forms.TextInput(), ""),
    (forms.NumberInput(attrs={"min": 0, "step": "any"}), 1234567),
    (forms.EmailInput(), "a@b.test"),
    (forms.URLInput(), "https://b.test/?a=1&b=2"),
    (forms.PasswordInput(), "secret"),
    (forms.HiddenInput(), NASTY),
    (forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), date(2026, 3, 1)),
    (forms.CheckboxInput(), True),
    (forms.CheckboxInput(), False),
    (forms.CheckboxInput(), "value"),
    (forms.Textarea(attrs={"rows": 3}), f"\n{NASTY}\nend"),
    (forms.Textarea(), None),
    (forms.Select(choices=CHOICES), "a"),
    (forms.Select(choices=CHOICES), 1),
    (forms.Select(choices=[("Group <1>", CHOICES[:3]), ("z", "Z")], attrs={"class": "wide"}), "z"),
    (forms.Select(choices=[]), None),
    (forms.SelectMultiple(choices=CHOICES), ["a", "d"]),
    (forms.NullBooleanSelect(), True),
    # Left to Django.
    (forms.RadioSelect(choices=CHOICES), "a"),
    (forms.CheckboxSelectMultiple(choices=CHOICES), ["a"]),
    (forms.ClearableFileInput(), None),
]


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(tag)

    def handle_data(self, data: str) -> None:
        # Between options Django's templates leave line breaks; in a text area each one counts.
        in_textarea = bool(self.seen) and self.seen[-1][0] == "textarea"
        if in_textarea or data.strip():
            self.seen.append(data if in_textarea else re.sub(r"\s+", " ", data.strip()))


def read(html: str) -> list[Any]:
    reader = Reader()
    reader.feed(html)
    return reader.seen


@pytest.mark.parametrize(("widget", "value"), WIDGETS)
def test_a_widget_is_drawn_as_django_draws_it(widget: forms.Widget, value: Any) -> None:
    drawn, expected = (widget.render(f"na<me>{NASTY}", value, {"id": "id_x"}, renderer) for renderer in (FormRenderer(), DjangoTemplates()))
    assert read(drawn) == read(expected)


@pytest.mark.parametrize("value", [None, "", "a", 1, NASTY, "absent"])
@pytest.mark.parametrize("choices", [CHOICES, [("Group <1>", CHOICES[1:3]), ("z", "Z")], []])
def test_a_plain_select_says_what_django_s_says(choices: list[Any], value: Any) -> None:
    attributes = {"id": "id_x", "data-note": NASTY, "required": True, "hidden": False}
    drawn, expected = (widget(choices=choices).render("na<me>", value, attributes, DjangoTemplates()) for widget in (PlainSelect, forms.Select))
    assert read(drawn) == read(expected)


def test_forms_use_it() -> None:
    assert isinstance(get_default_renderer(), FormRenderer)
