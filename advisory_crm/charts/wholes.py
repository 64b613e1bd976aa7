"""Charts of a whole and its parts: bars, a ring, what gives points, how one division becomes another."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from advisory_crm.charts.drawing import Number, Part, describe_parts, draw_rect, draw_svg, draw_text, join_pieces, legend, make_figure, table, units


def stacked_bar(*, title: str, parts: Sequence[Part]) -> SafeString:
    """One whole and its parts, side by side, with a legend."""
    whole = sum(float(part.value) for part in parts)
    width, height, gap = 400.0, 14.0, 1.5
    drawn = [part for part in parts if part.value > 0]
    available = width - gap * max(len(drawn) - 1, 0)
    pieces, x = [], 0.0
    for part in drawn:
        length = available * float(part.value) / whole
        pieces.append(draw_rect(x=x, y=0, width=length, height=height, css=f"fill-{part.fill}", label=f"{part.label}: {part.shown}"))
        x += length + gap
    if not drawn:
        pieces.append(draw_rect(x=0, y=0, width=width, height=height, css="chart-track"))
    drawing = draw_svg(title=title, description=describe_parts(parts), width=width, height=height, content=join_pieces(pieces), stretched=True)
    return make_figure("stacked", drawing, legend(parts))


def ring(*, title: str, share: Number | None, text: str, tone: str = "value") -> SafeString:
    """A share between 0 and 1 as a ring with its number inside; nothing known leaves the ring empty. Tones: value, good, warn, bad."""
    size, radius = 100.0, 44.0
    around = 2 * pi * radius
    arc = around * min(max(float(share or 0), 0), 1)
    circle = '<circle cx="50" cy="50" r="44" class="ring-track"/>'
    if arc:
        circle += (
            f'<circle cx="50" cy="50" r="44" class="ring-{tone}" stroke-dasharray="{units(arc)} {units(around)}" transform="rotate(-90 50 50)"/>'
        )
    content = join_pieces([mark_safe(circle), draw_text(x=50, y=57, text=text, anchor="middle", css="ring-number")])  # noqa: S308  numbers and a known tone
    return make_figure("ring", draw_svg(title=title, description=text, width=size, height=size, content=content))


def criterion_bars(*, title: str, parts: Sequence[Part], most: Number = 100, headings: tuple[str, str] | None = None) -> SafeString:
    """Lying bars, one a criterion, against the most it can give."""
    line, width, height = 34.0, 400.0, 8.0
    pieces: list[SafeString] = []
    for number, part in enumerate(parts):
        y = number * line
        pieces.append(draw_text(x=0, y=y + 12, text=part.label))
        pieces.append(draw_text(x=width, y=y + 12, text=part.shown, anchor="end", css="chart-value"))
        pieces.append(draw_rect(x=0, y=y + 18, width=width, height=height, css="chart-track", radius=4))
        length = width * min(max(float(part.value) / float(most or 1), 0), 1)
        if length:
            pieces.append(draw_rect(x=0, y=y + 18, width=length, height=height, css=f"fill-{part.fill}", radius=4))
    drawing = draw_svg(title=title, description=describe_parts(parts), width=width, height=max(line * len(parts), line), content=join_pieces(pieces))
    return make_figure("criteria", drawing, table(caption=title, headings=headings or (_("Criterion"), _("Points")), parts=parts))


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
            pieces.append(draw_rect(x=x, y=y, width=bar, height=lengths[number], css=css, label=f"{part.label}: {part.shown}", radius=2))
            at = bar + 6 if side == 0 else width - bar - 6
            name = f"{_shortened(part.label, 30 - len(part.shown))} · {part.shown}"
            pieces.append(draw_text(x=at, y=y + min(lengths[number] / 2, 24) + 4, text=name, anchor="end" if side else "start", css="flow-name"))
    description = ", ".join(f"{source} → {target}: {text}" for source, target, text in told)
    drawing = draw_svg(title=title, description=description, width=width, height=max(map(_bottom, ((tops[0], left), (tops[1], right)))),
                   content=join_pieces([*ribbons, *pieces]))  # fmt: skip
    rows = [format_html('<tr><td>{}</td><td>{}</td><td class="num">{}</td></tr>', *row) for row in told]
    alternative = format_html(
        '<details><summary>{}</summary><table><caption class="visually-hidden">{}</caption>'
        '<thead><tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col" class="num">{}</th></tr></thead>'
        "<tbody>{}</tbody></table></details>",
        _("Show as a table"), title, *headings, join_pieces(rows),
    )  # fmt: skip
    return make_figure("flow", drawing, alternative)


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
    middle = units((start + end) / 2)
    (y, tall), (to, wide) = source, target
    x, across = units(start), units(end)
    path = (
        f"M{x},{units(y)} C{middle},{units(y)} {middle},{units(to)} {across},{units(to)} "
        f"V{units(to + wide)} C{middle},{units(to + wide)} {middle},{units(y + tall)} {x},{units(y + tall)} Z"
    )
    return format_html('<path d="{}" class="{}"><title>{}</title></path>', path, css, label)
