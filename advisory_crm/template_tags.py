"""What the components need from Python: icons, initials, identifiers, shares."""

import secrets
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from html import escape
from typing import Any

from babel.numbers import format_percent
from django import template
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

register = template.Library()
AVATAR_TINTS = 5
Amount = int | float | Decimal | str


def escape_html(value: object) -> str:
    """Django's `conditional_escape` at half of its cost: what is HTML stays as it is, a promise of a text too."""
    text = str(value)
    return text if isinstance(text, SafeString) else escape(text)


def fill_html(pattern: str, *parts: object) -> SafeString:
    """Django's `format_html` for hot lines: positions only, at a third of its cost; parts that are not HTML are escaped."""
    return SafeString(pattern.format(*[part if isinstance(part, SafeString) else escape(str(part)) for part in parts]))


@cache
def _draw_icon(name: str, size: int) -> SafeString:
    drawing = lucide(name, size=size, **{"class": "icon", "aria-hidden": "true", "focusable": "false"})
    return mark_safe(drawing.replace("\n", ""))  # noqa: S308  the wheel's own drawing


def icon(name: str, size: int | str = 18) -> SafeString:
    """An icon of the lucide set, decorative: the words beside it say what it means. The tag is in constant_tags.py."""
    return _draw_icon(str(name), int(size))


@register.simple_tag
def unique_id(prefix: str, given: str = "") -> str:
    """An identifier that no other element has, also not one swapped in later."""
    return given or f"{prefix}-{secrets.token_hex(4)}"


def share(value: Amount, whole: Amount) -> float:
    """The part of the whole, between 0 and 1; 0 of nothing."""
    number, total = (float(str(amount or 0).replace(",", ".")) for amount in (value, whole))
    return min(max(number / total, 0), 1) if total else 0


@register.simple_tag
def share_text(value: Amount, whole: Amount) -> str:
    return format_percent(round(share(value, whole), 2), locale=(translation.get_language() or "en")[:2])


@register.simple_tag
def share_width(value: Amount, whole: Amount) -> str:
    return f"{100 * share(value, whole):.1f}%"


@register.filter
def initials(name: str) -> str:
    """Two letters at most: of the first word and of the last."""
    words = [word for word in str(name).replace("-", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def draw_avatar(name: str, attributes: str = "") -> SafeString:
    """The initials of a name; `attributes` are HTML."""
    return mark_safe(f'<span class="avatar avatar-{tint(name)}" aria-hidden="true" {attributes}>{escape(initials(name))}</span>')  # noqa: S308  escaped


@register.filter
def tint(name: str) -> int:
    """A number that stays the same for the same name."""
    return sum(map(ord, str(name))) % AVATAR_TINTS


@register.simple_tag
def options(pairs: Iterable[tuple[object, str]], chosen: object) -> SafeString:
    """Options of a select, from values and labels, drawn at once: there may be hundreds."""
    return mark_safe(choose_option(draw_options(pairs), chosen))  # noqa: S308  values and labels are escaped


def draw_options(choices: Iterable[tuple[object, Any]]) -> str:
    """Options, some of them in groups: (heading, list of options)."""
    pairs = list(choices)
    if all(type(value) is int and type(label) is str for value, label in pairs):
        # Rows of the database, a thousand advisers perhaps: escaped at once, parted by what no text of it holds.
        labels = escape("\0".join(label for _value, label in pairs)).split("\0")
        return "".join([f'<option value="{value}">{label}</option>' for (value, _label), label in zip(pairs, labels, strict=False)])
    return "".join(
        f'<optgroup label="{escape_html(value)}">{draw_options(label)}</optgroup>'
        if isinstance(label, list)
        else f'<option value="{escape(str(value))}">{escape_html(label)}</option>'
        for value, label in pairs
    )


def choose_option(drawn: str, chosen: object) -> str:
    """Options as drawn, the chosen one selected."""
    option = f'<option value="{escape(str(chosen))}"'
    return drawn.replace(f"{option}>", f"{option} selected>", 1)


@register.simple_tag
def checkboxes(choices: Iterable[tuple[str, str, bool]], name: str, prefix: str) -> SafeString:
    """A menu of boxes, from values, labels and whether each is ticked, drawn at once: there may be fifty."""
    name, prefix = escape(name), escape(prefix)
    boxes, ticked = [], " checked"
    for key, label, is_ticked in choices:
        escaped = escape(key)
        identifier = f"{prefix}-{escaped}"
        boxes.append(
            f'<div class="field field-check"><input type="checkbox" name="{name}" value="{escaped}" id="{identifier}"{ticked if is_ticked else ""} />'
            f'<label for="{identifier}">{escape_html(label)}</label></div>'
        )
    return mark_safe("\n".join(boxes))  # noqa: S308  each was escaped


# The first that fits: most browsers also name those they resemble.
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))


@register.filter
def browser_name(user_agent: str) -> str:
    """“Firefox, Windows” of what a browser says of itself; what is unknown is shown as it came."""
    known = [next((name for mark, name in names if mark in user_agent), "") for names in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, known)) or user_agent
