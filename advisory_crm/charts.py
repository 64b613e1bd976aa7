"""Charts as SVG: pure functions, styled by static/css/charts.css alone, each with a title, a description and a table to read instead.

Values are numbers; how a value is worded is the caller's (`text`), who knows the firm's formats.
Coordinates are in user units of a viewBox, so a chart takes the width it is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil, pi

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
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


def _units(value: float) -> str:
    """A coordinate, whatever the active language."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _join(pieces: Sequence[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _describe(parts: Sequence[Part]) -> str:
    return ", ".join(f"{part.label}: {part.shown}" for part in parts)


def _svg(*, title: str, description: str, width: float, height: float, content: SafeString, stretched: bool = False) -> SafeString:
    """`stretched` gives the height to the style sheet: no text may be inside."""
    label = f"{title}. {description}" if description else title
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="{}" role="img" aria-label="{}"><title>{}</title><desc>{}</desc>{}</svg>',
        _units(width), _units(height), "none" if stretched else "xMidYMid", label, title, description, content,
    )  # fmt: skip


def _rect(*, x: float, y: float, width: float, height: float, css: str, label: str = "", radius: float = 0) -> SafeString:
    tip = fill_html("<title>{}</title>", label) if label else ""
    return fill_html(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="{}" class="{}">{}</rect>',
        _units(x), _units(y), _units(max(width, 0)), _units(max(height, 0)), _units(radius), css, tip,
    )  # fmt: skip


def _text(*, x: float, y: float, text: str, anchor: str = "start", css: str = "") -> SafeString:
    return fill_html('<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>', _units(x), _units(y), anchor, css, text)


def _figure(kind: str, *content: SafeString) -> SafeString:
    return format_html('<figure class="chart chart-{}">{}</figure>', kind, _join(content))


def legend(parts: Sequence[Part]) -> SafeString:
    """What the colours mean, with the values in words: nothing is told by colour alone."""
    if not parts:
        return SafeString()
    key = mark_safe('<svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" class="fill-{}"/></svg>')
    items = [format_html("<li>{}{} <strong>{}</strong></li>", format_html(key, part.fill), part.label, part.shown) for part in parts]
    return format_html('<ul class="chart-legend" role="list">{}</ul>', _join(items))


def table(*, caption: str, headings: tuple[str, str], parts: Sequence[Part]) -> SafeString:
    """The same numbers to read, folded under the chart."""
    rows = [format_html('<tr><th scope="row">{}</th><td class="num">{}</td></tr>', part.label, part.shown) for part in parts]
    return format_html(
        '<details><summary>{}</summary><table><caption class="visually-hidden">{}</caption>'
        '<thead><tr><th scope="col">{}</th><th scope="col" class="num">{}</th></tr></thead><tbody>{}</tbody></table></details>',
        _("Show as a table"), caption, *headings, _join(rows),
    )  # fmt: skip


def stacked_bar(*, title: str, parts: Sequence[Part]) -> SafeString:
    """One whole and its parts, side by side, with a legend."""
    whole = sum(float(part.value) for part in parts)
    width, height, gap = 400.0, 14.0, 1.5
    drawn = [part for part in parts if part.value > 0]
    available = width - gap * max(len(drawn) - 1, 0)
    pieces, x = [], 0.0
    for part in drawn:
        length = available * float(part.value) / whole
        pieces.append(_rect(x=x, y=0, width=length, height=height, css=f"fill-{part.fill}", label=f"{part.label}: {part.shown}"))
        x += length + gap
    if not drawn:
        pieces.append(_rect(x=0, y=0, width=width, height=height, css="chart-track"))
    drawing = _svg(title=title, description=_describe(parts), width=width, height=height, content=_join(pieces), stretched=True)
    return _figure("stacked", drawing, legend(parts))


def ring(*, title: str, share: Number | None, text: str, tone: str = "value") -> SafeString:
    """A share between 0 and 1 as a ring with its number inside; nothing known leaves the ring empty. Tones: value, good, warn, bad."""
    size, radius = 100.0, 44.0
    around = 2 * pi * radius
    arc = around * min(max(float(share or 0), 0), 1)
    circle = '<circle cx="50" cy="50" r="44" class="ring-track"/>'
    if arc:
        circle += (
            f'<circle cx="50" cy="50" r="44" class="ring-{tone}" stroke-dasharray="{_units(arc)} {_units(around)}" transform="rotate(-90 50 50)"/>'
        )
    content = _join([mark_safe(circle), _text(x=50, y=57, text=text, anchor="middle", css="ring-number")])  # noqa: S308  numbers and a known tone
    return _figure("ring", _svg(title=title, description=text, width=size, height=size, content=content))


def sparkline(*, title: str, values: Sequence[Number], description: str = "") -> SafeString:
    """How a number went, without axes."""
    width, height, edge = 112.0, 28.0, 3.0
    low, high = float(min(values, default=0)), float(max(values, default=0))
    across, range_ = max(len(values) - 1, 1), (high - low) or 1
    points = [
        (edge + (width - 2 * edge) * number / across, height - edge - (height - 2 * edge) * (float(value) - low) / range_)
        for number, value in enumerate(values)
    ]
    content = SafeString()
    if points:
        path = " ".join(f"{_units(x)},{_units(y)}" for x, y in points)
        last = points[-1]
        content = format_html('<polyline points="{}"/><circle cx="{}" cy="{}" r="2.5"/>', path, _units(last[0]), _units(last[1]))
    return _figure("sparkline", _svg(title=title, description=description, width=width, height=height, content=content))


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
            pieces.append(_rect(x=left, y=top - 4, width=right - left, height=height + 4, css="chart-zone"))
        if right - left > 6 * len(zone.text):
            pieces.append(_text(x=(left + right) / 2, y=11, text=zone.text, anchor="middle", css="chart-value"))
    for bar in bars:
        left, right, y = at(bar.lower), at(bar.upper), top + height
        for part in bar.parts:
            tall = height * float(part.value) / most
            y -= tall
            if tall:
                label = f"{bar.label}: {part.shown}"
                pieces.append(_rect(x=left + 0.75, y=y, width=right - left - 1.5, height=tall, css=f"fill-{part.fill}", label=label))
    for zone in zones:
        if zone.lower is not None:
            x = _units(at(zone.lower))
            pieces.append(format_html('<line x1="{}" x2="{}" y1="{}" y2="{}" class="chart-border"/>', x, x, _units(top - 4), _units(top + height)))
    if curve:
        points = " ".join(f"{_units(at(x))},{_units(top + height * (1 - share))}" for x, share in curve)
        pieces.append(format_html('<polyline points="{}" class="chart-curve"/>', points))
    pieces.append(format_html('<line x1="0" x2="400" y1="{}" y2="{}" class="chart-line"/>', _units(top + height), _units(top + height)))
    pieces += [_text(x=0, y=top + height + 13, text=ends[0]), _text(x=width, y=top + height + 13, text=ends[1], anchor="end")]
    parts = [Part(bar.label, bar.value, " · ".join(part.shown for part in bar.parts if part.value)) for bar in bars if bar.value]
    described = description or _describe(parts)
    drawing = _svg(title=title, description=described, width=width, height=top + height + bottom, content=_join(pieces))
    return _figure("histogram", drawing, legend(fills), table(caption=title, headings=headings, parts=parts))


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
                _units(across(x)), _units(up(top)), _units(across(right) - across(x)), _units(up(y) - up(top)), cell.part.fill,
                format_html(' data-cell="{}"', cell.name) if cell.name else "", cell.part.label, cell.part.shown,
            )
        )  # fmt: skip
    heaviest = max((dot.weight for dot in dots), default=1) or 1
    # By area, and never too small to be seen.
    radius = min(7.0, 2.2 * heaviest**0.5)
    for dot in dots:
        r = max(radius * (dot.weight / heaviest) ** 0.5, 1.8)
        pieces.append(
            format_html('<circle cx="{}" cy="{}" r="{}" class="chart-dot fill-{}"/>', _units(across(dot.x)), _units(up(dot.y)), _units(r), dot.fill)
        )
    for cell in territories:
        middle = across((cell.x[0] + min(cell.x[1], 100)) / 2)
        pieces.append(_text(x=middle, y=up(cell.y[1]) + 14, text=cell.part.shown, anchor="middle", css="chart-value"))
    for x in sorted({cell.x[0] for cell in territories} | {100.0}):
        pieces.append(_text(x=across(x), y=size + 13, text=_units(x), anchor="middle"))
    for y in sorted({cell.y[0] for cell in territories} - {0.0} | {100.0}):
        pieces.append(_text(x=left - 3, y=up(y) + (9 if y == 100 else 4), text=_units(y), anchor="end"))
    pieces.append(_text(x=left + size / 2, y=size + 29, text=f"{names[0]} →", anchor="middle", css="chart-value"))
    pieces.append(
        format_html('<text x="-{}" y="-4" transform="rotate(-90)" text-anchor="middle" class="chart-value">{} →</text>', _units(size / 2), names[1])
    )
    described = description or _describe([cell.part for cell in territories])
    drawing = format_html(
        '<svg viewBox="-16 -2 {} {}" role="img" aria-label="{}"><title>{}</title><desc>{}</desc>{}</svg>',
        _units(size + left + 26), _units(size + bottom + 2), f"{title}. {described}", title, described, _join(pieces),
    )  # fmt: skip
    return _figure("plane", drawing, table(caption=title, headings=headings, parts=[cell.part for cell in territories]))


def calendar_heat_map(
    *,
    title: str,
    counts: Mapping[date, int],
    first: date,
    last: date,
    locale: Locale,
    today: date | None = None,
    headings: tuple[str, str] | None = None,
    addresses: Mapping[date, str] | None = None,
) -> SafeString:
    """Days as squares, weeks as columns, darker where more happened. The week starts where the locale's does.

    `addresses`: where a day leads from the table; the squares themselves are too small to aim at.
    """
    cell, gap, left, top = 16.0, 3.0, 28.0, 16.0
    start = first - timedelta(days=(first.weekday() - locale.first_week_day) % 7)
    weeks = ceil(((last - start).days + 1) / 7)
    busiest = max(counts.values(), default=0)
    pieces: list[SafeString] = []
    month = 0
    for week in range(weeks):
        monday = start + timedelta(weeks=week)
        shown = max(monday, first)
        if shown.month != month:
            month = shown.month
            pieces.append(_text(x=left + week * (cell + gap), y=10, text=format_date(shown, "LLL", locale=locale)))
    for row in (0, 2, 4):
        pieces.append(_text(x=0, y=top + row * (cell + gap) + 12, text=format_date(start + timedelta(days=row), "EEEEEE", locale=locale)))
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        week, row = divmod((day - start).days, 7)
        count = counts.get(day, 0)
        level = ceil(4 * count / busiest) if count else 0
        css = f"heat-{level}" + (" heat-today" if day == today else "")
        label = f"{format_date(day, 'medium', locale=locale)}: {count}"
        pieces.append(_rect(x=left + week * (cell + gap), y=top + row * (cell + gap), width=cell, height=cell, css=css, label=label, radius=3))
    description = _("%(total)s in all") % {"total": sum(counts.values())}
    drawing = _svg(title=title, description=description, width=left + weeks * (cell + gap), height=top + 7 * (cell + gap), content=_join(pieces))
    busy = [Part(_day_label(day, addresses or {}, locale), counts[day]) for day in sorted(counts) if counts[day]]
    return _figure("heat", drawing, table(caption=title, headings=headings or (_("Day"), _("Number")), parts=busy))


def _day_label(day: date, addresses: Mapping[date, str], locale: Locale) -> str:
    said = format_date(day, "medium", locale=locale)
    return format_html('<a href="{}">{}</a>', addresses[day], said) if day in addresses else said


def columns(*, title: str, parts: Sequence[Part], headings: tuple[str, str], limit: Number | None = None, limit_label: str = "") -> SafeString:
    """Upright columns, one a label: a histogram, or the load of coming weeks against a limit."""
    slot, height, top, bottom = 52.0, 120.0, 18.0, 20.0
    width = max(slot * len(parts), slot)
    most = max([float(part.value) for part in parts] + [float(limit or 0)], default=0) or 1
    pieces = [format_html('<line x1="0" x2="{}" y1="{}" y2="{}" class="chart-line"/>', _units(width), _units(top + height), _units(top + height))]
    for number, part in enumerate(parts):
        tall = height * float(part.value) / most
        x, y = number * slot, top + height - tall
        over = limit is not None and part.value > limit
        css = "fill-bad" if over else f"fill-{part.fill}"
        pieces.append(_rect(x=x + 8, y=y, width=slot - 16, height=tall, css=css, label=f"{part.label}: {part.shown}", radius=3))
        pieces.append(_text(x=x + slot / 2, y=y - 5, text=part.shown, anchor="middle", css="chart-value"))
        pieces.append(_text(x=x + slot / 2, y=top + height + 15, text=part.label, anchor="middle"))
    if limit is not None:
        y = top + height - height * float(limit) / most
        pieces.append(
            format_html(
                '<line x1="0" x2="{}" y1="{}" y2="{}" class="chart-limit"><title>{}</title></line>', _units(width), _units(y), _units(y), limit_label
            )
        )
    description = _describe(parts) + (f"; {limit_label}" if limit_label else "")
    drawing = _svg(title=title, description=description, width=width, height=top + height + bottom, content=_join(pieces))
    return _figure("columns", drawing, table(caption=title, headings=headings, parts=parts))


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
    parts = [Part(format_date(week, "d MMM", locale=locale), weeks[week], (texts or {}).get(week, "")) for week in sorted(weeks)]
    return columns(title=title, parts=parts, headings=(_("Week of"), _("Load")), limit=limit, limit_label=limit_label)


def criterion_bars(*, title: str, parts: Sequence[Part], most: Number = 100, headings: tuple[str, str] | None = None) -> SafeString:
    """Lying bars, one a criterion, against the most it can give."""
    line, width, height = 34.0, 400.0, 8.0
    pieces: list[SafeString] = []
    for number, part in enumerate(parts):
        y = number * line
        pieces.append(_text(x=0, y=y + 12, text=part.label))
        pieces.append(_text(x=width, y=y + 12, text=part.shown, anchor="end", css="chart-value"))
        pieces.append(_rect(x=0, y=y + 18, width=width, height=height, css="chart-track", radius=4))
        length = width * min(max(float(part.value) / float(most or 1), 0), 1)
        if length:
            pieces.append(_rect(x=0, y=y + 18, width=length, height=height, css=f"fill-{part.fill}", radius=4))
    drawing = _svg(title=title, description=_describe(parts), width=width, height=max(line * len(parts), line), content=_join(pieces))
    return _figure("criteria", drawing, table(caption=title, headings=headings or (_("Criterion"), _("Points")), parts=parts))


@dataclass(frozen=True)
class HeatRow:
    """A line of a heat map: its label and one part a column; None where there is nothing to tell."""

    label: str
    parts: Sequence[Part | None]


def heat_grid(*, title: str, columns: Sequence[str], rows: Sequence[HeatRow], heading: str) -> SafeString:
    """Rows across columns, each cell filled by its level (`fill` 0 to 3, or bad) with its value written inside; and the same as a table."""
    line, cell, gap, left, top = 26.0, 52.0, 3.0, 150.0, 18.0
    width, height = left + len(columns) * cell, top + len(rows) * line
    pieces = [_text(x=left + number * cell + (cell - gap) / 2, y=12, text=column, anchor="middle") for number, column in enumerate(columns)]
    for down, row in enumerate(rows):
        y = top + down * line
        label = row.label if len(row.label) <= 24 else f"{row.label[:23]}…"
        pieces.append(_text(x=0, y=y + 16, text=label))
        for across, part in enumerate(row.parts):
            x = left + across * cell
            css = "heat-none" if part is None else f"heat-{part.fill}"
            tip = f"{row.label}, {columns[across]}: {part.shown if part else '–'}"
            pieces.append(_rect(x=x, y=y, width=cell - gap, height=line - gap, css=css, label=tip, radius=3))
            if part is not None:
                strong = {3: " heat-strong", "bad": " heat-on-bad"}.get(part.fill, "")
                pieces.append(_text(x=x + (cell - gap) / 2, y=y + 16, text=part.shown, anchor="middle", css=f"chart-value{strong}"))
    drawing = _svg(title=title, description="", width=width, height=height, content=_join(pieces))
    return _figure("heatgrid", drawing, _grid_table(title, heading, columns, rows))


def _grid_table(title: str, heading: str, columns: Sequence[str], rows: Sequence[HeatRow]) -> SafeString:
    head = _join([format_html('<th scope="col" class="num">{}</th>', column) for column in columns])
    body = [
        format_html(
            '<tr><th scope="row">{}</th>{}</tr>',
            row.label,
            _join([fill_html('<td class="num">{}</td>', part.shown if part else "–") for part in row.parts]),
        )
        for row in rows
    ]
    return format_html(
        '<details><summary>{}</summary><div class="table-scroll" role="region" tabindex="0" aria-label="{}">'
        '<table><caption class="visually-hidden">{}</caption><thead><tr><th scope="col">{}</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></details>",
        _("Show as a table"), title, title, heading, head, _join(body),
    )  # fmt: skip


@dataclass(frozen=True)
class Stream:
    """What goes from one part to another, by their places among the parts."""

    source: int
    target: int
    value: Number
    text: str = ""


def flow(*, title: str, sources: Sequence[Part], targets: Sequence[Part], streams: Sequence[Stream], headings: tuple[str, str, str]) -> SafeString:
    """How a whole that was divided one way comes to be divided another: bars on both sides, ribbons between them.

    Parts keep a height that holds their name, so a ribbon may be a little wider at one end than its share; empty parts are named too.
    """
    width, bar, gap, least = 400.0, 10.0, 6.0, 17.0
    height = 40.0 * max(len(sources), len(targets), 3)
    left, right = (_lengths(parts, height=height - gap * max(len(parts) - 1, 0), least=least) for parts in (sources, targets))
    tops = [[sum(lengths[:number]) + gap * number for number in range(len(lengths))] for lengths in (left, right)]
    reached = [list(tops[0]), list(tops[1])]
    ribbons, told = [], []
    for stream in sorted(streams, key=lambda each: (each.source, each.target)):
        source, target = sources[stream.source], targets[stream.target]
        text = stream.text or str(stream.value)
        told.append((source.label, target.label, text))
        if not stream.value:
            continue
        ends = []
        for side, parts, lengths, place in ((0, sources, left, stream.source), (1, targets, right, stream.target)):
            length = lengths[place] * float(stream.value) / float(parts[place].value or 1)
            ends.append((reached[side][place], length))
            reached[side][place] += length
        css = "flow-stay" if source.label == target.label else f"flow-move fill-{target.fill}"
        ribbons.append(_ribbon(ends[0], ends[1], start=bar, end=width - bar, css=css, label=f"{source.label} → {target.label}: {text}"))
    pieces = []
    for side, (parts, lengths) in enumerate(((sources, left), (targets, right))):
        for number, part in enumerate(parts):
            y, x = tops[side][number], 0.0 if side == 0 else width - bar
            css = f"fill-{part.fill}" if part.value else "chart-track"
            pieces.append(_rect(x=x, y=y, width=bar, height=lengths[number], css=css, label=f"{part.label}: {part.shown}", radius=2))
            at = bar + 6 if side == 0 else width - bar - 6
            name = f"{_shortened(part.label, 30 - len(part.shown))} · {part.shown}"
            pieces.append(_text(x=at, y=y + min(lengths[number] / 2, 24) + 4, text=name, anchor="end" if side else "start", css="flow-name"))
    description = ", ".join(f"{source} → {target}: {text}" for source, target, text in told)
    drawing = _svg(title=title, description=description, width=width, height=max(map(_bottom, ((tops[0], left), (tops[1], right)))),
                   content=_join([*ribbons, *pieces]))  # fmt: skip
    rows = [format_html('<tr><td>{}</td><td>{}</td><td class="num">{}</td></tr>', *row) for row in told]
    alternative = format_html(
        '<details><summary>{}</summary><table><caption class="visually-hidden">{}</caption>'
        '<thead><tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col" class="num">{}</th></tr></thead>'
        "<tbody>{}</tbody></table></details>",
        _("Show as a table"), title, *headings, _join(rows),
    )  # fmt: skip
    return _figure("flow", drawing, alternative)


def _lengths(parts: Sequence[Part], *, height: float, least: float) -> list[float]:
    """What each part takes of a height, by its value, none less than `least`."""
    whole = sum(float(part.value) for part in parts) or 1
    return [max(height * float(part.value) / whole, least) for part in parts]


def _bottom(column: tuple[list[float], list[float]]) -> float:
    tops, lengths = column
    return tops[-1] + lengths[-1] if tops else 0


def _shortened(label: str, most: int) -> str:
    """Both ends of a long label: what tells it from its neighbours is often the last word."""
    if len(label) <= most:
        return label
    end = most // 3
    return f"{label[: most - 1 - end].rstrip()}…{label[-end:].lstrip()}"


def _ribbon(source: tuple[float, float], target: tuple[float, float], *, start: float, end: float, css: str, label: str) -> SafeString:
    """From (top, length) on the left to (top, length) on the right."""
    middle = _units((start + end) / 2)
    (y, tall), (to, wide) = source, target
    x, across = _units(start), _units(end)
    path = (
        f"M{x},{_units(y)} C{middle},{_units(y)} {middle},{_units(to)} {across},{_units(to)} "
        f"V{_units(to + wide)} C{middle},{_units(to + wide)} {middle},{_units(y + tall)} {x},{_units(y + tall)} Z"
    )
    return format_html('<path d="{}" class="{}"><title>{}</title></path>', path, css, label)


@dataclass(frozen=True)
class Layer:
    """One series of a stacked area: a value a day, in the chart's order."""

    label: str
    values: Sequence[Number]
    fill: str | int = "accent"


def stacked_area(*, title: str, days: Sequence[date], layers: Sequence[Layer], locale: Locale, heading: str | None = None) -> SafeString:
    """How several numbers made up a whole over time, the first layer at the bottom."""
    width, height, left, top, bottom = 640.0, 200.0, 44.0, 10.0, 22.0
    totals = [sum(float(layer.values[number]) for layer in layers) for number in range(len(days))]
    most = max(totals, default=0) or 1
    first, span = days[0], max((days[-1] - days[0]).days, 1)

    def point(number: int, value: float) -> str:
        x = left + (width - left) * (days[number] - first).days / span
        return f"{_units(x)},{_units(top + height - height * value / most)}"

    pieces = [format_html('<line x1="{}" x2="{}" y1="{}" y2="{}" class="chart-line"/>', _units(left), _units(width), *[_units(top + height)] * 2)]
    below = [0.0] * len(days)
    for layer in layers:
        above = [base + float(value) for base, value in zip(below, layer.values, strict=True)]
        outline = [point(number, value) for number, value in enumerate(above)] + [
            point(number, below[number]) for number in reversed(range(len(days)))
        ]
        pieces.append(
            format_html('<polygon points="{}" class="fill-{} chart-layer"><title>{}</title></polygon>', " ".join(outline), layer.fill, layer.label)
        )
        below = above
    pieces += [
        _text(x=left - 6, y=top + 8, text=format_decimal(round(most), locale=locale), anchor="end"),
        _text(x=left - 6, y=top + height, text="0", anchor="end"),
    ]
    step = ceil(len(days) / 6)
    for number in range(0, len(days), step):
        x = left + (width - left) * (days[number] - first).days / span
        if x < width - 30 or number == 0:
            pieces.append(
                _text(x=x, y=top + height + 16, text=format_date(days[number], "MMM y", locale=locale), anchor="start" if not number else "middle")
            )
    latest = [Part(layer.label, layer.values[-1], format_decimal(layer.values[-1], locale=locale), layer.fill) for layer in layers]
    drawing = _svg(title=title, description=_describe(latest), width=width, height=top + height + bottom, content=_join(pieces))
    return _figure("area", drawing, legend(latest), _area_table(title, heading or _("Day"), days, layers, locale))


def _area_table(caption: str, heading: str, days: Sequence[date], layers: Sequence[Layer], locale: Locale) -> SafeString:
    headings = format_html_join("", '<th scope="col" class="num">{}</th>', ((layer.label,) for layer in layers))
    rows = [
        format_html(
            '<tr><th scope="row">{}</th>{}</tr>',
            format_date(day, "medium", locale=locale),
            format_html_join("", '<td class="num">{}</td>', ((format_decimal(layer.values[number], locale=locale),) for layer in layers)),
        )
        for number, day in reversed(list(enumerate(days)))
    ]
    return format_html(
        '<details><summary>{}</summary><div class="table-scroll" role="region" aria-label="{}" tabindex="0"><table>'
        '<caption class="visually-hidden">{}</caption><thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table></div></details>',
        _("Show as a table"), caption, caption, heading, headings, _join(rows),
    )  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """One point of a trend: a share between 0 and 1, None while unknown; `text` is the share in words, `note` what it is made of."""

    label: str
    share: float | None
    text: str
    note: str = ""
    fill: str = "accent"


def trend(*, title: str, moments: Sequence[Moment], headings: tuple[str, str, str], scale: tuple[str, str, str]) -> SafeString:
    """How a share went from month to month. `scale` are 0, one half and 1 in words; months of which nothing is known leave a gap."""
    width, height, left, top, bottom, crowded = 640.0, 120.0, 44.0, 20.0, 20.0, 14
    known = [moment.share for moment in moments if moment.share is not None]
    # From nothing, or from one half where all is above it: a fall of five points is to be seen.
    low = 0.5 if known and min(known) >= 0.5 else 0.0
    step = (width - left) / max(len(moments), 1)

    def place(number: int, share: float) -> tuple[float, float]:
        return left + step * (number + 0.5), top + height * (1 - (share - low) / (1 - low))

    pieces = [
        format_html('<line x1="{}" x2="{}" y1="{}" y2="{}" class="chart-line"/>', _units(left), _units(width), _units(y), _units(y))
        for y in (top, top + height / 2, top + height)
    ]
    pieces.append(_text(x=left - 8, y=top + 4, text=scale[2], anchor="end"))
    pieces.append(_text(x=left - 8, y=top + height + 4, text=scale[1] if low else scale[0], anchor="end"))
    stretch: list[str] = []
    stretches = [stretch]
    for number, moment in enumerate(moments):
        if moment.share is None:
            stretch = []
            stretches.append(stretch)
        else:
            x, y = place(number, moment.share)
            stretch.append(f"{_units(x)},{_units(y)}")
    pieces += [format_html('<polyline points="{}" class="chart-trend"/>', " ".join(points)) for points in stretches if len(points) > 1]
    for number, moment in enumerate(moments):
        x = left + step * (number + 0.5)
        if moment.share is not None:
            y = place(number, moment.share)[1]
            tip = f"{moment.label}: {moment.text}" + (f" ({moment.note})" if moment.note else "")
            pieces.append(
                format_html('<circle cx="{}" cy="{}" r="4" class="fill-{}"><title>{}</title></circle>', _units(x), _units(y), moment.fill, tip)
            )
            if len(moments) <= crowded:
                pieces.append(_text(x=x, y=y - 8, text=moment.text, anchor="middle", css="chart-value"))
        if number % ceil(len(moments) / crowded) == 0:
            pieces.append(_text(x=x, y=top + height + 16, text=moment.label, anchor="middle"))
    described = ", ".join(f"{moment.label}: {moment.text}" for moment in moments if moment.share is not None)
    drawing = _svg(title=title, description=described, width=width, height=top + height + bottom, content=_join(pieces))
    rows = [
        format_html('<tr><th scope="row">{}</th><td class="num">{}</td><td class="num">{}</td></tr>', each.label, each.text, each.note)
        for each in moments
    ]
    alternative = format_html(
        '<details><summary>{}</summary><table><caption class="visually-hidden">{}</caption>'
        '<thead><tr><th scope="col">{}</th><th scope="col" class="num">{}</th><th scope="col" class="num">{}</th></tr></thead>'
        "<tbody>{}</tbody></table></details>",
        _("Show as a table"), title, *headings, _join(rows),
    )  # fmt: skip
    return _figure("trend", drawing, alternative)


@dataclass(frozen=True)
class Span:
    """A period of a timeline; `until` is excluded, nothing while it lasts."""

    label: str
    since: date
    until: date | None
    fill: str | int = "accent"
    # In words, for who points at it.
    text: str = ""
    # Decided by a person and not by a rule: hatched.
    is_marked: bool = False


def timeline(*, title: str, spans: Sequence[Span], first: date, last: date, locale: Locale) -> SafeString:
    """What something was from one day to another, on one line; the table is the caller's."""
    width, height, bottom = 640.0, 26.0, 18.0
    days = max((last - first).days, 1)
    pieces = [_rect(x=0, y=0, width=width, height=height, css="chart-track", radius=4)]
    for span in spans:
        begins, ends = max(span.since, first), min(span.until or last, last)
        x, length = width * (begins - first).days / days, width * max((ends - begins).days, 0) / days
        pieces.append(_rect(x=x, y=0, width=max(length - 1, 1), height=height, css=f"fill-{span.fill}", label=span.text or span.label, radius=3))
        if span.is_marked:
            pieces.append(_rect(x=x, y=height - 4, width=max(length - 1, 1), height=4, css="chart-mark"))
        if length > 9 * len(span.label):
            pieces.append(_text(x=x + length / 2, y=17, text=span.label, anchor="middle", css="chart-inside"))
    pieces += [
        _text(x=0, y=height + 14, text=format_date(first, "medium", locale=locale)),
        _text(x=width, y=height + 14, text=format_date(last, "medium", locale=locale), anchor="end"),
    ]
    described = "; ".join(span.text or span.label for span in spans)
    return _figure("timeline", _svg(title=title, description=described, width=width, height=height + bottom, content=_join(pieces)))
