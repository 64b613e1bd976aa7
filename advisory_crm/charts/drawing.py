"""What every chart is drawn with: labelled values, shapes of SVG, the legend and the table to read instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from advisory_crm.template_tags import fill_html

Number = int | float | Decimal


@dataclass(frozen=True)
class Part:
    """One labelled value. `fill` names a class of charts.css: 1 to 6 for segments by rank, or accent, neutral, good, warn, bad, info."""

    label: str
    value: Number
    text: str = ""
    fill: str | int = "accent"

    @property
    def shown(self) -> str:
        return self.text or str(self.value)


def units(value: float) -> str:
    """A coordinate, whatever the active language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def join_pieces(pieces: Sequence[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def describe_parts(parts: Sequence[Part]) -> str:
    return ", ".join(f"{part.label}: {part.shown}" for part in parts)


def draw_svg(*, title: str, description: str, width: float, height: float, content: SafeString, stretched: bool = False) -> SafeString:
    """`stretched` gives the height to the style sheet: no text may be inside."""
    label = f"{title}. {description}" if description else title
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="{}" role="img" aria-label="{}"><title>{}</title><desc>{}</desc>{}</svg>',
        units(width), units(height), "none" if stretched else "xMidYMid", label, title, description, content,
    )  # fmt: skip


def draw_rect(*, x: float, y: float, width: float, height: float, css: str, label: str = "", radius: float = 0) -> SafeString:
    tip = fill_html("<title>{}</title>", label) if label else ""
    return fill_html(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="{}" class="{}">{}</rect>',
        units(x), units(y), units(max(width, 0)), units(max(height, 0)), units(radius), css, tip,
    )  # fmt: skip


def draw_text(*, x: float, y: float, text: str, anchor: str = "start", css: str = "") -> SafeString:
    return fill_html('<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>', units(x), units(y), anchor, css, text)


def make_figure(kind: str, *content: SafeString) -> SafeString:
    return format_html('<figure class="chart chart-{}">{}</figure>', kind, join_pieces(content))


def legend(parts: Sequence[Part]) -> SafeString:
    """What the colours mean, with the values in words: nothing is told by colour alone."""
    if not parts:
        return SafeString()
    key = mark_safe('<svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" class="fill-{}"/></svg>')
    items = [format_html("<li>{}{} <strong>{}</strong></li>", format_html(key, part.fill), part.label, part.shown) for part in parts]
    return format_html('<ul class="chart-legend" role="list">{}</ul>', join_pieces(items))


def table(*, caption: str, headings: tuple[str, str], parts: Sequence[Part]) -> SafeString:
    """The same numbers to read, folded under the chart."""
    rows = [format_html('<tr><th scope="row">{}</th><td class="num">{}</td></tr>', part.label, part.shown) for part in parts]
    return format_html(
        '<details><summary>{}</summary><table><caption class="visually-hidden">{}</caption>'
        '<thead><tr><th scope="col">{}</th><th scope="col" class="num">{}</th></tr></thead><tbody>{}</tbody></table></details>',
        _("Show as a table"), caption, *headings, join_pieces(rows),
    )  # fmt: skip
