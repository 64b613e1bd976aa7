"""Charts as SVG: pure functions, styled by static/css/charts.css alone, each with a title, a description and a table to read instead.

Values are numbers; how a value is worded is the caller's (`text`), who knows the firm's formats.
Coordinates are in user units of a viewBox, so a chart takes the width it is given.
"""

from advisory_crm.charts.drawing import Number, Part, legend, table
from advisory_crm.charts.spreads import Bar, Dot, HeatRow, Territory, Zone, columns, heat_grid, histogram, load_bars, plane
from advisory_crm.charts.times import Layer, Moment, Span, calendar_heat_map, sparkline, stacked_area, timeline, trend
from advisory_crm.charts.wholes import Stream, criterion_bars, flow, ring, stacked_bar

__all__ = [
    "Bar",
    "Dot",
    "HeatRow",
    "Layer",
    "Moment",
    "Number",
    "Part",
    "Span",
    "Stream",
    "Territory",
    "Zone",
    "calendar_heat_map",
    "columns",
    "criterion_bars",
    "flow",
    "heat_grid",
    "histogram",
    "legend",
    "load_bars",
    "plane",
    "ring",
    "sparkline",
    "stacked_area",
    "stacked_bar",
    "table",
    "timeline",
    "trend",
]
