"""Charts of how things are spread: over values, over a plane of two scores, over weeks, over people and months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.dates import format_skeleton
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from advisory_crm.charts.drawing import Number, Part, describe_parts, draw_rect, draw_svg, draw_text, join_pieces, legend, make_figure, table, units
from advisory_crm.template_tags import fill_html


@dataclass(frozen=True)
class Bar:
    """One part of a histogram: from `lower` to `upper`, and what stands in it, the lowest first."""

    lower: float
    upper: float
    label: str
    parts: tuple[Part, ...]

    @property
    def value(self) -> float:
        return sum(float(part.value) for part in self.parts)


@dataclass(frozen=True)
class Zone:
    """A stretch of a histogram's line with words over it; an end that is None is the picture's."""

    lower: float | None
    upper: float | None
    text: str


def histogram(
    *,
    title: str,
    bars: Sequence[Bar],
    headings: tuple[str, str],
    ends: tuple[str, str],
    zones: Sequence[Zone] = (),
    curve: Sequence[tuple[float, float]] = (),
    description: str = "",
    fills: Sequence[Part] = (),
) -> SafeString:
    """How values are spread, with the zones that something cuts them into, or a curve of shares between 0 and 1 over them."""
    width, height, top, bottom = 400.0, 72.0, 18.0, 16.0
    low, high = bars[0].lower, bars[-1].upper
    across = (high - low) or 1
    most = max((bar.value for bar in bars), default=0) or 1

    def at(value: float) -> float:
        return width * min(max((value - low) / across, 0), 1)

    pieces: list[SafeString] = []
    for number, zone in enumerate(zones):
        left = 0.0 if zone.lower is None else at(zone.lower)
        right = width if zone.upper is None else at(zone.upper)
        if number % 2:
            pieces.append(draw_rect(x=left, y=top - 4, width=right - left, height=height + 4, css="chart-zone"))
        if right - left > 6 * len(zone.text):
            pieces.append(draw_text(x=(left + right) / 2, y=11, text=zone.text, anchor="middle", css="chart-value"))
    for bar in bars:
        left, right, y = at(bar.lower), at(bar.upper), top + height
        for part in bar.parts:
            tall = height * float(part.value) / most
            y -= tall
            if tall:
                label = f"{bar.label}: {part.shown}"
                pieces.append(draw_rect(x=left + 0.75, y=y, width=right - left - 1.5, height=tall, css=f"fill-{part.fill}", label=label))
    for zone in zones:
        if zone.lower is not None:
            x = units(at(zone.lower))
            pieces.append(format_html('<line x1="{}" x2="{}" y1="{}" y2="{}" class="chart-border"/>', x, x, units(top - 4), units(top + height)))
    if curve:
        points = " ".join(f"{units(at(x))},{units(top + height * (1 - share))}" for x, share in curve)
        pieces.append(format_html('<polyline points="{}" class="chart-curve"/>', points))
    pieces.append(format_html('<line x1="0" x2="400" y1="{}" y2="{}" class="chart-line"/>', units(top + height), units(top + height)))
    pieces += [draw_text(x=0, y=top + height + 13, text=ends[0]), draw_text(x=width, y=top + height + 13, text=ends[1], anchor="end")]
    parts = [Part(bar.label, bar.value, " · ".join(part.shown for part in bar.parts if part.value)) for bar in bars if bar.value]
    described = description or describe_parts(parts)
    drawing = draw_svg(title=title, description=described, width=width, height=top + height + bottom, content=join_pieces(pieces))
    return make_figure("histogram", drawing, legend(fills), table(caption=title, headings=headings, parts=parts))


@dataclass(frozen=True)
class Territory:
    """One cell of a plane, in points; `name` is what a script knows it by."""

    x: tuple[float, float]
    y: tuple[float, float]
    part: Part
    name: str = ""


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    weight: float
    fill: str | int


def plane(
    *, title: str, names: tuple[str, str], territories: Sequence[Territory], dots: Sequence[Dot], headings: tuple[str, str], description: str = ""
) -> SafeString:
    """Two scores from 0 to 100 against each other: the cells of the plane in their segments' colours, and who lies where."""
    size, left, bottom = 320.0, 22.0, 34.0
    unit = size / 100

    def across(x: float) -> float:
        return left + min(x, 100) * unit

    def up(y: float) -> float:
        return size - min(y, 100) * unit

    pieces: list[SafeString] = []
    for cell in territories:
        (x, right), (y, top) = cell.x, cell.y
        pieces.append(
            format_html(
                '<rect x="{}" y="{}" width="{}" height="{}" class="chart-territory fill-{}"{}><title>{}: {}</title></rect>',
                units(across(x)), units(up(top)), units(across(right) - across(x)), units(up(y) - up(top)), cell.part.fill,
                format_html(' data-cell="{}"', cell.name) if cell.name else "", cell.part.label, cell.part.shown,
            )
        )  # fmt: skip
    heaviest = max((dot.weight for dot in dots), default=1) or 1
    # By area, and never too small to be seen.
    radius = min(7.0, 2.2 * heaviest**0.5)
    for dot in dots:
        r = max(radius * (dot.weight / heaviest) ** 0.5, 1.8)
        pieces.append(
            format_html('<circle cx="{}" cy="{}" r="{}" class="chart-dot fill-{}"/>', units(across(dot.x)), units(up(dot.y)), units(r), dot.fill)
        )
    for cell in territories:
        middle = across((cell.x[0] + min(cell.x[1], 100)) / 2)
        pieces.append(draw_text(x=middle, y=up(cell.y[1]) + 14, text=cell.part.shown, anchor="middle", css="chart-value"))
    for x in sorted({cell.x[0] for cell in territories} | {100.0}):
        pieces.append(draw_text(x=across(x), y=size + 13, text=units(x), anchor="middle"))
    for y in sorted({cell.y[0] for cell in territories} - {0.0} | {100.0}):
        pieces.append(draw_text(x=left - 3, y=up(y) + (9 if y == 100 else 4), text=units(y), anchor="end"))
    pieces.append(draw_text(x=left + size / 2, y=size + 29, text=f"{names[0]} →", anchor="middle", css="chart-value"))
    pieces.append(
        format_html('<text x="-{}" y="-4" transform="rotate(-90)" text-anchor="middle" class="chart-value">{} →</text>', units(size / 2), names[1])
    )
    described = description or describe_parts([cell.part for cell in territories])
    drawing = format_html(
        '<svg viewBox="-16 -2 {} {}" role="img" aria-label="{}"><title>{}</title><desc>{}</desc>{}</svg>',
        units(size + left + 26), units(size + bottom + 2), f"{title}. {described}", title, described, join_pieces(pieces),
    )  # fmt: skip
    return make_figure("plane", drawing, table(caption=title, headings=headings, parts=[cell.part for cell in territories]))


def columns(*, title: str, parts: Sequence[Part], headings: tuple[str, str], limit: Number | None = None, limit_label: str = "") -> SafeString:
    """Upright columns, one a label: a histogram, or the load of coming weeks against a limit."""
    slot, height, top, bottom = 52.0, 120.0, 18.0, 20.0
    width = max(slot * len(parts), slot)
    most = max([float(part.value) for part in parts] + [float(limit or 0)], default=0) or 1
    pieces = [format_html('<line x1="0" x2="{}" y1="{}" y2="{}" class="chart-line"/>', units(width), units(top + height), units(top + height))]
    for number, part in enumerate(parts):
        tall = height * float(part.value) / most
        x, y = number * slot, top + height - tall
        over = limit is not None and part.value > limit
        css = "fill-bad" if over else f"fill-{part.fill}"
        pieces.append(draw_rect(x=x + 8, y=y, width=slot - 16, height=tall, css=css, label=f"{part.label}: {part.shown}", radius=3))
        pieces.append(draw_text(x=x + slot / 2, y=y - 5, text=part.shown, anchor="middle", css="chart-value"))
        pieces.append(draw_text(x=x + slot / 2, y=top + height + 15, text=part.label, anchor="middle"))
    if limit is not None:
        y = top + height - height * float(limit) / most
        pieces.append(
            format_html(
                '<line x1="0" x2="{}" y1="{}" y2="{}" class="chart-limit"><title>{}</title></line>', units(width), units(y), units(y), limit_label
            )
        )
    description = describe_parts(parts) + (f"; {limit_label}" if limit_label else "")
    drawing = draw_svg(title=title, description=description, width=width, height=top + height + bottom, content=join_pieces(pieces))
    return make_figure("columns", drawing, table(caption=title, headings=headings, parts=parts))


def load_bars(
    *,
    title: str,
    weeks: Mapping[date, Number],
    locale: Locale,
    texts: Mapping[date, str] | None = None,
    limit: Number | None = None,
    limit_label: str = "",
) -> SafeString:
    """The load of coming weeks, each named by its first day; weeks above the limit stand out."""
    parts = [Part(format_skeleton("MMMd", week, locale=locale), weeks[week], (texts or {}).get(week, "")) for week in sorted(weeks)]
    return columns(title=title, parts=parts, headings=(_("Week of"), _("Load")), limit=limit, limit_label=limit_label)


@dataclass(frozen=True)
class HeatRow:
    """A line of a heat map: its label and one part a column; None where there is nothing to tell."""

    label: str
    parts: Sequence[Part | None]


def heat_grid(*, title: str, columns: Sequence[str], rows: Sequence[HeatRow], heading: str) -> SafeString:
    """Rows across columns, each cell filled by its level (`fill` 0 to 3, or bad) with its value written inside; and the same as a table."""
    line, cell, gap, left, top = 26.0, 52.0, 3.0, 150.0, 18.0
    width, height = left + len(columns) * cell, top + len(rows) * line
    pieces = [draw_text(x=left + number * cell + (cell - gap) / 2, y=12, text=column, anchor="middle") for number, column in enumerate(columns)]
    for down, row in enumerate(rows):
        y = top + down * line
        label = row.label if len(row.label) <= 24 else f"{row.label[:23]}…"
        pieces.append(draw_text(x=0, y=y + 16, text=label))
        for across, part in enumerate(row.parts):
            x = left + across * cell
            css = "heat-none" if part is None else f"heat-{part.fill}"
            tip = f"{row.label}, {columns[across]}: {part.shown if part else '–'}"
            pieces.append(draw_rect(x=x, y=y, width=cell - gap, height=line - gap, css=css, label=tip, radius=3))
            if part is not None:
                strong = {3: " heat-strong", "bad": " heat-on-bad"}.get(part.fill, "")
                pieces.append(draw_text(x=x + (cell - gap) / 2, y=y + 16, text=part.shown, anchor="middle", css=f"chart-value{strong}"))
    drawing = draw_svg(title=title, description="", width=width, height=height, content=join_pieces(pieces))
    return make_figure("heatgrid", drawing, _grid_table(title, heading, columns, rows))


def _grid_table(title: str, heading: str, columns: Sequence[str], rows: Sequence[HeatRow]) -> SafeString:
    head = join_pieces([format_html('<th scope="col" class="num">{}</th>', column) for column in columns])
    body = [
        format_html(
            '<tr><th scope="row">{}</th>{}</tr>',
            row.label,
            join_pieces([fill_html('<td class="num">{}</td>', part.shown if part else "–") for part in row.parts]),
        )
        for row in rows
    ]
    return format_html(
        '<details><summary>{}</summary><div class="table-scroll" role="region" tabindex="0" aria-label="{}">'
        '<table><caption class="visually-hidden">{}</caption><thead><tr><th scope="col">{}</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></details>",
        _("Show as a table"), title, title, heading, head, join_pieces(body),
    )  # fmt: skip
