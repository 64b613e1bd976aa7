"""The plain widgets of forms drawn in Python, as Django's own templates draw them.

A select of Django's is two templates an option: five hundred advisers to choose from took longer than the page around them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.safestring import SafeString, mark_safe

from advisory_crm.template_tags import choose_option, draw_options, escape_html

Described = Mapping[str, Any]
_FOLDER = "django/forms/widgets/"
_INPUTS = ("text", "number", "email", "url", "password", "hidden", "date", "datetime", "time", "checkbox", "search", "tel", "input")


class FormRenderer(DjangoTemplates):
    """Django's renderer; a template that this module knows is not rendered but drawn."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> SafeString:
        draw = _DRAWN.get(template_name)
        if draw is None:
            return mark_safe(super().render(template_name, context, request))  # noqa: S308  a template's
        return mark_safe(draw(context["widget"]))  # noqa: S308  each part was escaped


def _attributes(attributes: Described) -> str:
    return "".join(
        f" {escape_html(name)}" if value is True else f' {escape_html(name)}="{escape_html(value)}"'
        for name, value in attributes.items()
        if value is not False
    )


def _draw_input(widget: Described) -> str:
    value = "" if widget["value"] is None else f' value="{escape_html(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{escape_html(widget["name"])}"{value}{_attributes(widget["attrs"])}>'


def _draw_textarea(widget: Described) -> str:
    text = escape_html(widget["value"] or "")
    return f'<textarea name="{escape_html(widget["name"])}"{_attributes(widget["attrs"])}>\n{text}</textarea>'


def _draw_option(option: Described) -> str:
    label = escape_html(localize(option["label"]))
    return f'<option value="{escape_html(option["value"])}"{_attributes(option["attrs"])}>{label}</option>'


def _draw_select(widget: Described) -> str:
    parts = []
    for group, options, _index in widget["optgroups"]:
        drawn = "".join(map(_draw_option, options))
        parts.append(f'<optgroup label="{escape_html(group)}">{drawn}</optgroup>' if group else drawn)
    return f'<select name="{escape_html(widget["name"])}"{_attributes(widget["attrs"])}>{"".join(parts)}</select>'


class PlainSelect(forms.Select):
    """A select drawn from its choices at once: Django first makes a dictionary of each option."""

    def draw_options(self) -> str:
        return draw_options(self.choices)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        options = choose_option(self.draw_options(), "" if value is None else value)
        attributes = _attributes(self.build_attrs(self.attrs, attrs))
        return mark_safe(f'<select name="{escape_html(name)}"{attributes}>{options}</select>')  # noqa: S308  each part was escaped


class SharedSelect(PlainSelect):
    """A select of options that several fields of a form have, drawn once: there may be a thousand people to choose from."""

    def __init__(self, drawn: str) -> None:
        super().__init__()
        self.drawn = drawn

    def draw_options(self) -> str:
        return self.drawn


_DRAWN: dict[str, Callable[[Described], str]] = {
    **{f"{_FOLDER}{name}.html": _draw_input for name in _INPUTS},
    f"{_FOLDER}textarea.html": _draw_textarea,
    f"{_FOLDER}select.html": _draw_select,
}
