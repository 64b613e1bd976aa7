"""The figures of a simulation as its reader writes them, before and after."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from advisory_crm import charts
from firms import formats
from firms.models import Firm
from firms.permissions import Role
from segmentation.simulation import Pair, SegmentShown, Shown

Format = Callable[[Decimal], str]


@dataclass(frozen=True)
class Figure:
    """Before, after and the difference, in words; an unknown one is empty."""

    label: str
    before: str
    after: str
    difference: str


@dataclass(frozen=True)
class SegmentFigures:
    """Of one segment, or of all together."""

    segment: SegmentShown | None
    clients: Figure
    aum: Figure
    revenue: Figure


@dataclass(frozen=True)
class Figures:
    """What _simulation.html shows."""

    shown: Shown
    flow: SafeString
    segments: list[SegmentFigures]
    total: SegmentFigures
    # A year of serving them: hours by role, cost, revenue, profit; empty where the service matrix does not follow.
    year: list[Figure]
    has_unknown_cost: bool


def figures_of(shown: Shown, *, firm: Firm) -> Figures:
    locale = formats.babel_locale(firm.region)

    def number(value: Decimal) -> str:
        return formats.number(value, locale=locale)

    def money(value: Decimal) -> str:
        return formats.money(value, currency=firm.currency, locale=locale)

    def hours(value: Decimal) -> str:
        return _("%(hours)s h") % {"hours": number(value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP).normalize() + 0)}

    def side_by_side(segment: SegmentShown | None, clients: Pair, aum: Pair, revenue: Pair) -> SegmentFigures:
        return SegmentFigures(segment, _figure("", clients, number), _figure("", aum, money), _figure("", revenue, money))

    year = [_figure(str(Role(role).label), pair, hours) for role, pair in shown.hours.items()]
    for label, pair in ((_("Cost"), shown.cost), (_("Expected revenue"), shown.expected_revenue), (_("Profit"), shown.profit)):
        if pair is not None:
            year.append(_figure(label, pair, money))
    return Figures(
        shown=shown,
        flow=draw_flow(shown, number=number),
        segments=[side_by_side(each, each.clients, each.aum, each.revenue) for each in shown.segments],
        total=side_by_side(None, shown.clients, shown.aum, shown.revenue),
        year=year,
        has_unknown_cost=shown.cost is not None and None in (shown.cost.before, shown.cost.after),
    )


def _figure(label: str, pair: Pair, worded: Format) -> Figure:
    before, after = ("" if value is None else worded(value) for value in (pair.before, pair.after))
    return Figure(label, before, after, "" if pair.difference is None else _signed(pair.difference, worded))


def _signed(value: Decimal, worded: Format) -> str:
    """A difference smaller than what is shown is none."""
    text = worded(abs(value))
    if text == worded(Decimal(0)):
        return text
    return f"+{text}" if value > 0 else f"−{text}"


def draw_flow(shown: Shown, *, number: Format) -> SafeString:
    """From the segments of today, and those not placed yet, to the segments after."""
    streams = shown.streams
    if not streams:
        return SafeString()
    arrived = sum(clients for before, _after, clients in streams if before is None)
    had_clients = [segment for segment in shown.segments if segment.clients.before]
    sources = [_part(segment, segment.clients.before, number) for segment in had_clients]
    if arrived:
        sources.append(charts.Part(_("Not placed yet"), arrived, number(Decimal(arrived)), "neutral"))
    places = {segment.pk: place for place, segment in enumerate(had_clients)}
    targets = {segment.pk: place for place, segment in enumerate(shown.segments)}
    return charts.flow(
        title=_("From the segments of today to those after"),
        sources=sources,
        targets=[_part(segment, segment.clients.after, number) for segment in shown.segments],
        streams=[
            charts.Stream(len(had_clients) if before is None else places[before.pk], targets[after.pk], clients, number(Decimal(clients)))
            for before, after, clients in streams
        ],
        headings=(_("From"), _("To"), _("Clients")),
    )


def _part(segment: SegmentShown, clients: Decimal | None, number: Format) -> charts.Part:
    value = clients or Decimal(0)
    return charts.Part(segment.name, value, number(value), min(segment.rank, 6))
