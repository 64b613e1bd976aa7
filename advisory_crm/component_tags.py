"""The components that pages hold by the dozen, drawn by a function each instead of a template (`templates/cotton/` has the others).

Templates write them like any other component, `<c-button href="…">…</c-button>`; cotton reads the tag, and here it is drawn. What cotton does for a
component's template, finding it, working out its variables, making a context of its own, takes several times as long as these few lines of HTML.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from django import template
from django.forms import BoundField
from django.template.base import Node, Parser, TextNode, Token, VariableNode
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django_cotton.templatetags import Attrs, UnprocessableDynamicAttr
from django_cotton.templatetags._component import AttrKind, CottonComponentNode, cotton_component
from django_cotton.utils import ensure_quoted, get_cotton_data

from advisory_crm import template_tags
from advisory_crm.constant_tags import ConstantStaticNode, ConstantTranslateNode, ConstantURLNode
from advisory_crm.template_tags import escape_html, fill_html, icon

register = template.Library()

Values = Mapping[str, Any]
# From the component's variables and slots, what it holds, and its other attributes as HTML: each of these was escaped where it was written.
Draw = Callable[[Values, str, str], str]
_drawn: dict[str, tuple[dict[str, Any], Draw]] = {}


class DrawnComponentNode(Node):
    """A component of cotton's, drawn by a function."""

    def __init__(self, node: CottonComponentNode) -> None:
        self.name, self.nodelist = node.component_name, node.nodelist
        self.defaults, self.draw = _drawn[self.name]
        self.attributes = [(key, kind, text, _without_frame(compiled)) for key, kind, text, compiled in node._prepared_attrs]

    def render(self, context: Context) -> SafeString:
        stack, slots = get_cotton_data(context)["stack"], dict[str, str]()
        # Where the slots inside it look for the component they belong to.
        stack.append({"key": self.name, "attrs": Attrs({}), "slots": slots})
        given = self._read_attributes(context)
        inside = self.nodelist.render(context)
        stack.pop()
        values, others = {**self.defaults, **slots}, []
        for key, value in given.items():
            if key in self.defaults:
                values[key] = value
            else:
                others.append(key if value is True else f"{key}={ensure_quoted(value)}")
        return mark_safe(self.draw(values, inside, " ".join(others)))  # noqa: S308  each part was escaped

    def _read_attributes(self, context: Context) -> dict[str, Any]:
        """As cotton does."""
        given: dict[str, Any] = {}
        for key, kind, text, compiled in self.attributes:
            value = text
            if compiled is not None:
                try:
                    value = compiled.render(context) if kind == AttrKind.ESCAPED else compiled.resolve(context)
                except UnprocessableDynamicAttr:
                    if kind == AttrKind.DYNAMIC:
                        continue
            if key == "attrs":
                given.update(value)
            else:
                given[key] = value
        return given


# What leaves nothing behind for the nodes after it.
_PLAIN = (TextNode, VariableNode, ConstantTranslateNode, ConstantURLNode, ConstantStaticNode)


def _without_frame(compiled: Any) -> Any:
    """An attribute of words, addresses and variables alone needs no template around it: setting one up costs more than they do."""
    nodes = getattr(compiled, "nodelist", None)
    return nodes if nodes is not None and all(isinstance(node, _PLAIN) for node in nodes) else compiled


@register.tag("cotton")
def component(parser: Parser, token: Token) -> Node:
    node = cotton_component(parser, token)
    return DrawnComponentNode(node) if node.component_name in _drawn else node


def _component(**defaults: Any) -> Callable[[Draw], Draw]:
    """Register what draws a component, `draw_table` that of `c-table`, with its variables; an underscore stands for a hyphen."""

    def register_draw(draw: Draw) -> Draw:
        _drawn[draw.__name__.removeprefix("draw_").replace("_", "-")] = ({key.replace("_", "-"): value for key, value in defaults.items()}, draw)
        return draw

    return register_draw


def _classes(*names: str) -> str:
    return " ".join(escape_html(name) for name in names if name)


def _kind(name: str, value: object) -> SafeString:
    """A component's class with what its variable says of it, such as `badge-good`; nothing where it says nothing."""
    return fill_html("{}-{}", name, value) if value else mark_safe("")


@_component(name="")
def draw_avatar(values: Values, _inside: str, attributes: str) -> str:
    return template_tags.draw_avatar(str(values["name"]), attributes)


@_component(tone="neutral", icon="", **{"class": ""})
def draw_badge(values: Values, inside: str, attributes: str) -> str:
    classes = _classes("badge", _kind("badge", values["tone"]), values["class"])
    return f'<span class="{classes}" {attributes}>{icon(values["icon"], 13) if values["icon"] else ""}{inside}</span>'


@_component(href="", type="submit", variant="secondary", icon="", label="", size="", data_dialog="", popovertarget="", **{"class": ""})
def draw_button(values: Values, inside: str, attributes: str) -> str:
    """A button without words says by its label what it does."""
    label, name, dialog, popover = values["label"], values["icon"], values["data-dialog"], values["popovertarget"]
    small = " button-small" if values["size"] == "small" else ""
    bare = "" if inside.strip() else " button-icon"
    classes = fill_html("button button-{}{}{} {}", values["variant"], small, bare, values["class"])
    labelled = fill_html(' aria-label="{}" title="{}"', label, label) if label else ""
    content = f"{icon(name, 16) if name else ''}{inside}"
    if values["href"]:
        return f'<a href="{escape_html(values["href"])}" class="{classes}"{labelled} {attributes}>{content}</a>'
    opens = fill_html(' data-dialog="{}" aria-haspopup="dialog"', dialog) if dialog else ""
    opens += fill_html(' popovertarget="{}"', popover) if popover else ""
    kind = "button" if opens else escape_html(values["type"])
    return f'<button type="{kind}" class="{classes}"{opens}{labelled} {attributes}>{content}</button>'


@_component(title="", icon="", actions="", footer="", **{"class": ""})
def draw_card(values: Values, inside: str, attributes: str) -> str:
    title, actions, footer = values["title"], values["actions"], values["footer"]
    head = ""
    if title or actions:
        heading = f"<h2>{icon(values['icon'], 17) if values['icon'] else ''}{escape_html(title)}</h2>" if title else ""
        does = f'<div class="card-actions">{escape_html(actions)}</div>' if actions else ""
        head = f'<div class="card-head">{heading}{does}</div>'
    foot = f'<div class="card-foot">{escape_html(footer)}</div>' if footer else ""
    classes = _classes("card", values["class"])
    return f'<section class="{classes}" {attributes}>{head}<div class="card-body">{inside}</div>{foot}</section>'


@_component(aside="", even="", **{"class": ""})
def draw_columns(values: Values, inside: str, attributes: str) -> str:
    classes = _classes("columns", "columns-even" if values["even"] else "", values["class"])
    aside = f'<div class="stack stack-loose">{escape_html(values["aside"])}</div>' if values["aside"] else ""
    return f'<div class="{classes}" {attributes}><div class="stack stack-loose">{inside}</div>{aside}</div>'


@_component(label="")
def draw_definition(values: Values, inside: str, attributes: str) -> str:
    return f'<div class="definition" {attributes}><dt>{escape_html(values["label"])}</dt><dd>{inside}</dd></div>'


@_component(rows="", **{"class": ""})
def draw_definitions(values: Values, inside: str, attributes: str) -> str:
    classes = _classes("definitions", "definitions-rows" if values["rows"] else "", values["class"])
    return f'<dl class="{classes}" {attributes}>{inside}</dl>'


@_component(size="", **{"class": ""})
def draw_grid(values: Values, inside: str, attributes: str) -> str:
    classes = _classes("grid", _kind("grid", values["size"]), values["class"])
    return f'<div class="{classes}" {attributes}>{inside}</div>'


@_component(id="", title="", open="", wide="", **{"class": ""})
def draw_dialog(values: Values, inside: str, attributes: str) -> str:
    """What a button with its identifier opens; one that is `open` stands open as the page comes."""
    known, word = escape_html(values["id"]), gettext("Close")
    classes = _classes("dialog", "dialog-wide" if values["wide"] else "", values["class"])
    opened = " data-dialog-open" if values["open"] else ""
    close = f'<button type="button" class="button button-quiet button-icon" data-dialog-close aria-label="{word}">{icon("x", 18)}</button>'
    return (
        f'<dialog class="{classes}" id="{known}" aria-labelledby="{known}-title"{opened} {attributes}>'
        f'<div class="dialog-head"><h2 id="{known}-title">{escape_html(values["title"])}</h2>{close}</div>'
        f'<div class="dialog-body">{inside}</div></dialog>'
    )


@_component(icon="inbox", title="", **{"class": ""})
def draw_empty(values: Values, inside: str, attributes: str) -> str:
    """What stands where nothing is."""
    heading = f"<h2>{escape_html(values['title'])}</h2>" if values["title"] else ""
    return f'<div class="{_classes("empty", values["class"])}" {attributes}>{icon(values["icon"], 24)}{heading}{inside}</div>'


@_component()
def draw_kbd(_values: Values, inside: str, attributes: str) -> str:
    return f"<kbd {attributes}>{inside}</kbd>"


@_component(label="", icon="", variant="secondary", size="", id="", quiet="", **{"class": ""})
def draw_menu(values: Values, inside: str, attributes: str) -> str:
    """A button and the panel it opens. A quiet one shows its icon alone."""
    panel = escape_html(values["id"]) or f"menu-{secrets.token_hex(4)}"
    label, is_quiet = escape_html(values["label"]), bool(values["quiet"])
    small, bare = "button-small" if values["size"] == "small" else "", "button-icon" if is_quiet else ""
    classes = _classes("button", _kind("button", values["variant"]), small, bare, values["class"])
    labelled = f' aria-label="{label}" title="{label}"' if is_quiet else ""
    shown = icon(values["icon"], 16) if values["icon"] else ""
    if not is_quiet:
        shown += label + icon("chevron-down", 14)
    return (
        f'<button type="button" class="{classes}" popovertarget="{panel}"{labelled} {attributes}>{shown}</button>'
        f'<div class="menu-panel" id="{panel}" popover>{inside}</div>'
    )


_NOTICE_ICONS = {"good": "circle-check", "warn": "triangle-alert", "bad": "circle-alert"}


@_component(tone="info", title="", icon="", **{"class": ""})
def draw_notice(values: Values, inside: str, attributes: str) -> str:
    shown = icon(values["icon"] or _NOTICE_ICONS.get(values["tone"], "info"), 18)
    classes = _classes("notice", _kind("notice", values["tone"]), values["class"])
    title = f'<div class="notice-title">{escape_html(values["title"])}</div>' if values["title"] else ""
    more = f"<div>{inside}</div>" if inside.strip() else ""
    return f'<div class="{classes}" {attributes}>{shown}<div class="notice-body">{title}{more}</div></div>'


@_component(align="", **{"class": ""})
def draw_row(values: Values, inside: str, attributes: str) -> str:
    classes = _classes("row", _kind("row", values["align"]), values["class"])
    return f'<div class="{classes}" {attributes}>{inside}</div>'


@_component(rank="none", href="", **{"class": ""})
def draw_segment(values: Values, inside: str, attributes: str) -> str:
    classes = _classes("segment", _kind("segment", values["rank"] or "none"), values["class"])
    if values["href"]:
        return f'<a href="{escape_html(values["href"])}" class="{classes}" {attributes}>{inside}</a>'
    return f'<span class="{classes}" {attributes}>{inside}</span>'


@_component(gap="", **{"class": ""})
def draw_stack(values: Values, inside: str, attributes: str) -> str:
    classes = _classes("stack", _kind("stack", values["gap"]), values["class"])
    return f'<div class="{classes}" {attributes}>{inside}</div>'


@_component(caption="", **{"class": ""})
def draw_table(values: Values, inside: str, attributes: str) -> str:
    """Wider than its place, it scrolls inside it, by the keyboard too."""
    caption = escape_html(values["caption"])
    table = f'<table class="{escape_html(values["class"])}" {attributes}><caption class="visually-hidden">{caption}</caption>{inside}</table>'
    return f'<div class="table-scroll" role="region" aria-label="{caption}" tabindex="0">{table}</div>'


@_component(label="", **{"class": ""})
def draw_tabs(values: Values, inside: str, attributes: str) -> str:
    label = escape_html(values["label"] or gettext("Views"))
    return f'<nav class="{_classes("tabs", values["class"])}" aria-label="{label}" {attributes}>{inside}</nav>'


@_component(label="")
def draw_timeline(values: Values, inside: str, attributes: str) -> str:
    label = f' aria-label="{escape_html(values["label"])}"' if values["label"] else ""
    return f'<ol class="timeline" role="list"{label} {attributes}>{inside}</ol>'


@_component(when="", icon="dot", tone="neutral")
def draw_timeline_item(values: Values, inside: str, attributes: str) -> str:
    mark = f'<span class="{_classes("timeline-mark", _kind("tone", values["tone"]))}">{icon(values["icon"], 15)}</span>'
    return f'<li {attributes}>{mark}<div><div class="timeline-when">{escape_html(values["when"])}</div>{inside}</div></li>'


@_component(**{"class": ""})
def draw_toolbar(values: Values, inside: str, attributes: str) -> str:
    return f'<div class="{_classes("toolbar", values["class"])}" {attributes}>{inside}</div>'


@_component(field=None, unit="", label="", **{"class": ""})
def draw_field(values: Values, _inside: str, attributes: str) -> str:
    """A field with its label, help and errors. A form may lack it: nothing is drawn then."""
    field: BoundField | None = values["field"]
    if not field:
        return ""
    if field.is_hidden:
        return str(field)
    is_box = getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset
    classes = f"field{' field-check' if is_box else ''} {escape_html(values['class'])}"
    labelled = _draw_labelled(field, escape_html(values["label"] or field.label), escape_html(values["unit"]), is_box=is_box)
    help_text = f'<div class="field-help" id="{field.auto_id}_helptext">{field.help_text}</div>' if field.help_text else ""
    return f'<div class="{classes}" {attributes}>{labelled}{help_text}{_draw_errors(field)}</div>'


def _draw_labelled(field: BoundField, label: str, unit: str, *, is_box: bool) -> str:
    # What stands within an f-string, no catalogue would hold.
    word = gettext("optional")
    optional = "" if field.field.required else f' <span class="optional">({word})</span>'
    if field.use_fieldset:
        described = f' aria-describedby="{field.aria_describedby}"' if field.aria_describedby else ""
        return f"<fieldset{described}><legend>{label}{optional}</legend>{field}</fieldset>"
    if is_box:
        return f'{field}<label for="{field.id_for_label}">{label}</label>'
    control = f'<div class="field-control">{field}<span class="field-unit">{unit}</span></div>' if unit else str(field)
    return f'<label for="{field.id_for_label}">{label}{optional}</label>{control}'


def _draw_errors(field: BoundField) -> str:
    if not field.errors:
        return ""
    items = "".join(f"<li>{escape_html(str(error))}</li>" for error in field.errors)
    return f'<div class="field-errors" id="{field.auto_id}_error">{icon("circle-alert", 15)}<ul role="list">{items}</ul></div>'
