"""The pictures of a scheme: values with the bands on them, scores with the cuts on them, the plane of two axes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisory_crm import charts
from clients.attributes import Attribute
from firms import formats
from firms.guard import FirmRequest
from segmentation.linting import plain
from segmentation.models import Method, Scale, Segment
from segmentation.picturing import PARTS, Asked, PlanePicture, ScorePart, Spread
from segmentation.rules import Plane, Rules, choices_of
from segmentation.territory import territories


def fill_of(segment: Segment) -> int:
    return min(segment.rank, 6)


def clients_in_words(request: FirmRequest, count: int) -> str:
    number = formats.number(count, locale=formats.babel_locale(request.firm.region))
    return ngettext("%(number)s client", "%(number)s clients", count) % {"number": number}


@dataclass(frozen=True, kw_only=True)
class Points:
    """How a criterion turns values into points, as far as it is written yet: what is drawn on its values."""

    scale: str = Scale.BANDS
    # (from, below, points)
    bands: tuple[tuple[Decimal | None, Decimal | None, Decimal | None], ...] = ()
    by_choice: Mapping[str, Decimal | None] | None = None
    zero_at: Decimal | None = None
    full_at: Decimal | None = None

    @property
    def marks(self) -> tuple[Decimal, ...]:
        """Figures that a picture of the values should reach."""
        if self.scale == Scale.BANDS:
            return tuple(end for lower, upper, _points in self.bands for end in (lower, upper) if end is not None)
        return tuple(end for end in (self.zero_at, self.full_at) if end is not None) if self.scale == Scale.LINEAR else ()

    def asked_of(self, source: Attribute) -> Asked:
        return Asked(source, self.marks)


def draw_values(request: FirmRequest, *, source: Attribute, points: Points, spread: Spread) -> SafeString:
    """The real book's values of an attribute, with what they earn drawn on them; empty when nothing is known."""
    title = _("%(attribute)s in your book") % {"attribute": source.label}
    if choices_of(source):
        return _draw_choices(request, title=title, source=source, points=points, spread=spread)
    if not any(spread.counts):
        return SafeString()
    last = len(spread.counts) - 1
    bars = [
        charts.Bar(
            float(lower),
            float(upper),
            _span(request, source, lower, None if number == last else upper, is_whole=spread.is_whole),
            (charts.Part("", count, clients_in_words(request, count), "soft"),),
        )
        for number, ((lower, upper), count) in enumerate(zip(pairwise(spread.ends), spread.counts, strict=True))
    ]
    highest = spread.ends[-1] - 1 if spread.is_whole else spread.ends[-1]
    return charts.histogram(
        title=title,
        bars=bars,
        headings=(source.label, _("Clients")),
        ends=(source.display(spread.ends[0], firm=request.firm), source.display(highest, firm=request.firm)),
        zones=_zones(points),
        curve=_curve(points, float(spread.ends[0]), float(spread.ends[-1])),
        description=_known(request, sum(spread.counts), spread.unknown),
    )


def _draw_choices(request: FirmRequest, *, title: str, source: Attribute, points: Points, spread: Spread) -> SafeString:
    parts = []
    for value, label in choices_of(source):
        count = spread.by_choice.get(value, 0)
        earned = (points.by_choice or {}).get(value)
        text = clients_in_words(request, count)
        if earned is not None:
            text = _("%(clients)s · %(points)s points") % {"clients": text, "points": plain(earned)}
        parts.append(charts.Part(label, count, text))
    if not any(part.value for part in parts):
        return SafeString()
    return charts.criterion_bars(title=title, parts=parts, most=max(part.value for part in parts), headings=(source.label, _("Clients")))


def _span(request: FirmRequest, source: Attribute, lower: Decimal, upper: Decimal | None, *, is_whole: bool) -> str:
    """The values of one part; the last one has no end."""
    first = source.display(lower, firm=request.firm)
    if upper is None:
        return _("from %(lower)s") % {"lower": first}
    return first if is_whole else _("from %(lower)s, below %(upper)s") % {"lower": first, "upper": source.display(upper, firm=request.firm)}


def _known(request: FirmRequest, known: int, unknown: int) -> str:
    words = {"known": clients_in_words(request, known), "unknown": clients_in_words(request, unknown)}
    return _("Known of %(known)s, not known of %(unknown)s.") % words


def _zones(points: Points) -> list[charts.Zone]:
    if points.scale != Scale.BANDS:
        return []
    ordered = sorted(points.bands, key=lambda band: (band[0] is not None, band[0] or Decimal(0)))
    return [
        charts.Zone(_float(lower), _float(upper), "" if earned is None else _("%(points)s pts") % {"points": plain(earned)})
        for lower, upper, earned in ordered
    ]


def _curve(points: Points, low: float, high: float) -> list[tuple[float, float]]:
    """From no points to all of them; flat on either side."""
    if points.scale != Scale.LINEAR or points.zero_at is None or points.full_at is None or points.zero_at == points.full_at:
        return []
    ends = sorted([(float(points.zero_at), 0.0), (float(points.full_at), 1.0)])
    return [(min(low, ends[0][0]), ends[0][1]), *ends, (max(high, ends[1][0]), ends[1][1])]


def _float(figure: Decimal | None) -> float | None:
    return None if figure is None else float(figure)


def draw_scores(request: FirmRequest, *, rules: Rules, segments: Sequence[Segment], spread: Sequence[ScorePart]) -> SafeString:
    """How the scores are spread, each client in its segment's colour, with the cuts."""
    by_id = {segment.pk: segment for segment in segments}
    width = 100 // PARTS
    stacked: dict[int, list[ScorePart]] = {}
    for part in spread:
        stacked.setdefault(part.part, []).append(part)
    bars = []
    for number in range(PARTS):
        lower = number * width
        inside = sorted(stacked.get(number, []), key=lambda part: -by_id[part.segment_id].rank)
        parts = tuple(
            charts.Part(
                by_id[part.segment_id].name,
                part.clients,
                f"{by_id[part.segment_id].name}, {clients_in_words(request, part.clients)}",
                fill_of(by_id[part.segment_id]),
            )
            for part in inside
        )
        label = _("%(lower)s to %(upper)s points") % {"lower": lower, "upper": lower + width}
        bars.append(charts.Bar(lower, lower + width, label, parts))
    zones = []
    if rules.method == Method.THRESHOLDS:
        zones = [
            charts.Zone(
                float(part.x_lower) if part.x_lower else None, float(part.x_upper) if part.x_upper <= 100 else None, by_id[part.segment_id].name
            )
            for part in reversed(territories(rules, {}))
        ]
    return charts.histogram(title=_("Scores in your book"), bars=bars, headings=(_("Score"), _("Clients")), ends=("0", "100"), zones=zones)


def draw_plane(
    request: FirmRequest, *, plane: Plane, segments: Sequence[Segment], picture: PlanePicture, names: tuple[str, str], named: bool = False
) -> SafeString:
    """`named` gives the cells the names of the editor's fields, for its script."""
    by_id = {segment.pk: segment for segment in segments}
    cells = picture.cells
    x_ends, y_ends = ([Decimal(0), *cuts, Decimal(100)] for cuts in (plane.x_cuts, plane.y_cuts))
    drawn = []
    for row, segment_ids in enumerate(plane.cells):
        for column, segment_id in enumerate(segment_ids):
            segment = by_id[segment_id]
            x_span = f"{names[0]} {plain(x_ends[column])}–{plain(x_ends[column + 1])}"
            y_span = f"{names[1]} {plain(y_ends[row])}–{plain(y_ends[row + 1])}"
            label = f"{segment.name} ({x_span}, {y_span})"
            count = formats.number(cells[column, row], locale=formats.babel_locale(request.firm.region))
            drawn.append(
                charts.Territory(
                    (float(x_ends[column]), float(x_ends[column + 1])),
                    (float(y_ends[row]), float(y_ends[row + 1])),
                    charts.Part(label, cells[column, row], count, fill_of(segment)),
                    f"plane-cells-{row}-{column}" if named else "",
                )
            )
    dots = [charts.Dot(float(dot.x), float(dot.y), dot.clients, fill_of(by_id[plane.cells[dot.row][dot.column]])) for dot in picture.dots]
    return charts.plane(
        title=_("%(x)s against %(y)s") % {"x": names[0], "y": names[1]}, names=names, territories=drawn, dots=dots, headings=(_("Cell"), _("Clients"))
    )
