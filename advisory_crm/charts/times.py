"""Charts of how things went from day to day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from advisory_crm.charts.drawing import Number, Part, describe_parts, draw_rect, draw_svg, draw_text, join_pieces, legend, make_figure, table, units


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
        path = " ".join(f"{units(x)},{units(y)}" for x, y in points)
        last = points[-1]
        content = format_html('<polyline points="{}"/><circle cx="{}" cy="{}" r="2.5"/>', path, units(last[0]), units(last[1]))
    return make_figure("sparkline", draw_svg(title=title, description=description, width=width, height=height, content=content))


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
            pieces.append(draw_text(x=left + week * (cell + gap), y=10, text=format_date(shown, "LLL", locale=locale)))
    for row in (0, 2, 4):
        pieces.append(draw_text(x=0, y=top + row * (cell + gap) + 12, text=format_date(start + timedelta(days=row), "EEEEEE", locale=locale)))
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        week, row = divmod((day - start).days, 7)
        count = counts.get(day, 0)
        level = ceil(4 * count / busiest) if count else 0
        css = f"heat-{level}" + (" heat-today" if day == today else "")
        label = f"{format_date(day, 'medium', locale=locale)}: {count}"
        pieces.append(draw_rect(x=left + week * (cell + gap), y=top + row * (cell + gap), width=cell, height=cell, css=css, label=label, radius=3))
    description = _("%(total)s in all") % {"total": sum(counts.values())}
    drawing = draw_svg(
        title=title, description=description, width=left + weeks * (cell + gap), height=top + 7 * (cell + gap), content=join_pieces(pieces)
    )
    busy = [Part(_day_label(day, addresses or {}, locale), counts[day]) for day in sorted(counts) if counts[day]]
    return make_figure("heat", drawing, table(caption=title, headings=headings or (_("Day"), _("Number")), parts=busy))


def _day_label(day: date, addresses: Mapping[date, str], locale: Locale) -> str:
    said = format_date(day, "medium", locale=locale)
    return format_html('<a href="{}">{}</a>', addresses[day], said) if day in addresses else said


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
        return f"{units(x)},{units(top + height - height * value / most)}"

    pieces = [format_html('<line x1="{}" x2="{}" y1="{}" y2="{}" class="chart-line"/>', units(left), units(width), *[units(top + height)] * 2)]
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
        draw_text(x=left - 6, y=top + 8, text=format_decimal(round(most), locale=locale), anchor="end"),
        draw_text(x=left - 6, y=top + height, text="0", anchor="end"),
    ]
    step = ceil(len(days) / 6)
    for number in range(0, len(days), step):
        x = left + (width - left) * (days[number] - first).days / span
        if x < width - 30 or number == 0:
            pieces.append(
                draw_text(
                    x=x, y=top + height + 16, text=format_date(days[number], "MMM y", locale=locale), anchor="start" if not number else "middle"
                )
            )
    latest = [Part(layer.label, layer.values[-1], format_decimal(layer.values[-1], locale=locale), layer.fill) for layer in layers]
    drawing = draw_svg(title=title, description=describe_parts(latest), width=width, height=top + height + bottom, content=join_pieces(pieces))
    return make_figure("area", drawing, legend(latest), _area_table(title, heading or _("Day"), days, layers, locale))


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
        _("Show as a table"), caption, caption, heading, headings, join_pieces(rows),
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
        format_html('<line x1="{}" x2="{}" y1="{}" y2="{}" class="chart-line"/>', units(left), units(width), units(y), units(y))
        for y in (top, top + height / 2, top + height)
    ]
    pieces.append(draw_text(x=left - 8, y=top + 4, text=scale[2], anchor="end"))
    pieces.append(draw_text(x=left - 8, y=top + height + 4, text=scale[1] if low else scale[0], anchor="end"))
    stretch: list[str] = []
    stretches = [stretch]
    for number, moment in enumerate(moments):
        if moment.share is None:
            stretch = []
            stretches.append(stretch)
        else:
            x, y = place(number, moment.share)
            stretch.append(f"{units(x)},{units(y)}")
    pieces += [format_html('<polyline points="{}" class="chart-trend"/>', " ".join(points)) for points in stretches if len(points) > 1]
    for number, moment in enumerate(moments):
        x = left + step * (number + 0.5)
        if moment.share is not None:
            y = place(number, moment.share)[1]
            tip = f"{moment.label}: {moment.text}" + (f" ({moment.note})" if moment.note else "")
            pieces.append(
                format_html('<circle cx="{}" cy="{}" r="4" class="fill-{}"><title>{}</title></circle>', units(x), units(y), moment.fill, tip)
            )
            if len(moments) <= crowded:
                pieces.append(draw_text(x=x, y=y - 8, text=moment.text, anchor="middle", css="chart-value"))
        if number % ceil(len(moments) / crowded) == 0:
            pieces.append(draw_text(x=x, y=top + height + 16, text=moment.label, anchor="middle"))
    described = ", ".join(f"{moment.label}: {moment.text}" for moment in moments if moment.share is not None)
    drawing = draw_svg(title=title, description=described, width=width, height=top + height + bottom, content=join_pieces(pieces))
    rows = [
        format_html('<tr><th scope="row">{}</th><td class="num">{}</td><td class="num">{}</td></tr>', each.label, each.text, each.note)
        for each in moments
    ]
    alternative = format_html(
        '<details><summary>{}</summary><table><caption class="visually-hidden">{}</caption>'
        '<thead><tr><th scope="col">{}</th><th scope="col" class="num">{}</th><th scope="col" class="num">{}</th></tr></thead>'
        "<tbody>{}</tbody></table></details>",
        _("Show as a table"), title, *headings, join_pieces(rows),
    )  # fmt: skip
    return make_figure("trend", drawing, alternative)


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
    pieces = [draw_rect(x=0, y=0, width=width, height=height, css="chart-track", radius=4)]
    for span in spans:
        begins, ends = max(span.since, first), min(span.until or last, last)
        x, length = width * (begins - first).days / days, width * max((ends - begins).days, 0) / days
        pieces.append(draw_rect(x=x, y=0, width=max(length - 1, 1), height=height, css=f"fill-{span.fill}", label=span.text or span.label, radius=3))
        if span.is_marked:
            pieces.append(draw_rect(x=x, y=height - 4, width=max(length - 1, 1), height=4, css="chart-mark"))
        if length > 9 * len(span.label):
            pieces.append(draw_text(x=x + length / 2, y=17, text=span.label, anchor="middle", css="chart-inside"))
    pieces += [
        draw_text(x=0, y=height + 14, text=format_date(first, "medium", locale=locale)),
        draw_text(x=width, y=height + 14, text=format_date(last, "medium", locale=locale), anchor="end"),
    ]
    described = "; ".join(span.text or span.label for span in spans)
    return make_figure("timeline", draw_svg(title=title, description=described, width=width, height=height + bottom, content=join_pieces(pieces)))
