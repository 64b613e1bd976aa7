"""What the components are made of that pages hold by the dozen: fields with their label, help and errors, and buttons. Drawn in Python, at once."""

from django import template
from django.forms import BoundField
from django.template.context import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from advisory_crm.template_tags import fill_html, icon

register = template.Library()


@register.simple_tag
def field_of(field: BoundField | None, label: str, unit: str, css_class: str, attributes: object) -> SafeString:
    """`attributes` are those of the component, escaped by it. A form may lack the field: nothing is drawn then."""
    if not field:
        return mark_safe("")
    if field.is_hidden:
        return mark_safe(str(field))  # noqa: S308  a widget's
    is_box = getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset
    classes = f"field{' field-check' if is_box else ''} {conditional_escape(css_class)}"
    labelled = _draw_labelled(field, conditional_escape(label or field.label), conditional_escape(unit), is_box=is_box)
    help_text = f'<div class="field-help" id="{field.auto_id}_helptext">{field.help_text}</div>' if field.help_text else ""
    return mark_safe(f'<div class="{classes}" {attributes}>{labelled}{help_text}{_draw_errors(field)}</div>')  # noqa: S308  each part was escaped


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
    items = "".join(f"<li>{conditional_escape(str(error))}</li>" for error in field.errors)
    return f'<div class="field-errors" id="{field.auto_id}_error">{icon("circle-alert", 15)}<ul role="list">{items}</ul></div>'


@register.simple_tag(takes_context=True)
def button_of(context: Context) -> SafeString:
    """Of the variables of `c-button`. A button without words says by its label what it does."""
    value = context.__getitem__
    words, label, name, dialog, popover = value("slot"), value("label"), value("icon"), value("data_dialog"), value("popovertarget")
    small = " button-small" if value("size") == "small" else ""
    bare = "" if words.strip() else " button-icon"
    classes = fill_html("button button-{}{}{} {}", value("variant"), small, bare, value("class"))
    labelled = fill_html(' aria-label="{}" title="{}"', label, label) if label else ""
    inside = f"{icon(name, 16) if name else ''}{words}"
    if value("href"):
        return mark_safe(f'<a href="{conditional_escape(value("href"))}" class="{classes}"{labelled} {value("attrs")}>{inside}</a>')  # noqa: S308  escaped
    opens = fill_html(' data-dialog="{}" aria-haspopup="dialog"', dialog) if dialog else ""
    opens += fill_html(' popovertarget="{}"', popover) if popover else ""
    kind = "button" if opens else conditional_escape(value("type"))
    return mark_safe(f'<button type="{kind}" class="{classes}"{opens}{labelled} {value("attrs")}>{inside}</button>')  # noqa: S308  escaped
