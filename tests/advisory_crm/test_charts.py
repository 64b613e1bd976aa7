"""Charts are drawn right, said in words, and safe with any label."""

import re
from datetime import date, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from babel import Locale
from django.utils import translation
from django.utils.safestring import SafeString

from advisory_crm.charts import (
    Bar,
    Dot,
    Layer,
    Moment,
    Part,
    Span,
    Stream,
    Territory,
    Zone,
    calendar_heat_map,
    columns,
    criterion_bars,
    flow,
    histogram,
    legend,
    load_bars,
    plane,
    ring,
    sparkline,
    stacked_area,
    stacked_bar,
    table,
    timeline,
    trend,
)

SEGMENTS = [Part("VIP", 104, fill=1), Part("Gold", 312, fill=2), Part("Silver", 416, fill=3), Part("Bronze", 208, fill=4)]
MONDAY = date(2026, 3, 2)
EN, FR, CA = Locale.parse("en_CA"), Locale.parse("fr_FR"), Locale.parse("fr_CA")
BARS = [Bar(0, 10, "0 to 10", (Part("", 4, "4"),)), Bar(10, 20, "10 to 20", ()), Bar(20, 30, "20 to 30", (Part("", 1, "1"), Part("", 1, "1", 2)))]
ZONES = [Zone(None, 10, "0"), Zone(10, None, "9")]
HALVES = [
    Territory((0, 40), (0, 100), Part("Silver", 3, fill=2), "cells-0-0"),
    Territory((40, 100), (0, 100), Part("<b>Gold</b>", 9, fill=1), "cells-0-1"),
]
DOTS = [Dot(10, 10, 3, 2), Dot(100, 100, 9, 1)]


def parse(markup: str) -> ElementTree.Element:
    """Well-formed, or this raises."""
    return ElementTree.fromstring(markup)


def drawing(markup: str) -> ElementTree.Element:
    return next(node for node in parse(markup).iter("svg") if node.get("role") == "img")


HEADINGS = ("From", "To", "Clients")
MOVES = [Stream(0, 0, 100), Stream(0, 1, 4, "four"), Stream(1, 0, 10), Stream(1, 1, 302)]
TWO, AFTER = SEGMENTS[:2], [Part("VIP", 110, fill=1), Part("Gold", 306, fill=2)]

ALL = {
    "flow": flow(title="Who goes where", sources=TWO, targets=AFTER, streams=MOVES, headings=HEADINGS),
    "stacked_bar": stacked_bar(title="Clients", parts=SEGMENTS),
    "ring": ring(title="Promises kept", share=0.5, text="50 %"),
    "sparkline": sparkline(title="Assets", values=[1, 3, 2], description="From 1 to 2"),
    "calendar_heat_map": calendar_heat_map(title="Done", counts={MONDAY: 3}, first=MONDAY, last=MONDAY + timedelta(days=9), locale=EN),
    "columns": columns(title="Book", parts=SEGMENTS, headings=("Score", "Clients")),
    "load_bars": load_bars(title="Load", weeks={MONDAY: 12}, locale=EN),
    "stacked_area": stacked_area(
        title="Clients over time",
        days=[MONDAY, MONDAY + timedelta(days=30)],
        layers=[Layer("Gold", [1, 2], 2), Layer("VIP", [0, 3], 1)],
        locale=EN,
    ),
    "timeline": timeline(
        title="Segments",
        spans=[Span("Gold", MONDAY, MONDAY + timedelta(days=20), 2), Span("VIP", MONDAY + timedelta(days=20), None, 1, is_marked=True)],
        first=MONDAY,
        last=MONDAY + timedelta(days=40),
        locale=EN,
    ),
    "criterion_bars": criterion_bars(title="Why VIP", parts=SEGMENTS, most=416),
    "histogram": histogram(
        title="Assets", bars=BARS, headings=("Assets", "Clients"), ends=("0", "30"), zones=[Zone(None, 10, "0"), Zone(10, None, "9")]
    ),
    "plane": plane(title="Value and potential", names=("Value", "Potential"), territories=HALVES, dots=DOTS, headings=("Cell", "Clients")),
}


@pytest.mark.parametrize("name", ALL)
def test_a_chart_is_named_described_and_free_of_inline_style(name: str) -> None:
    markup = ALL[name]
    assert isinstance(markup, SafeString)
    svg = drawing(markup)
    title, description = svg.findtext("title"), svg.findtext("desc")
    assert title
    assert description
    assert svg.get("aria-label") == f"{title}. {description}"
    assert "style=" not in markup
    assert "NaN" not in markup


@pytest.mark.parametrize("draw", [stacked_bar, lambda *, title, parts: columns(title=title, parts=parts, headings=("a", "b")), criterion_bars])
def test_labels_are_escaped(draw) -> None:
    markup = draw(title="<b>", parts=[Part("<script>alert(1)</script>", 1, "<i>")])
    assert "<script>" not in markup
    assert "<i>" not in markup
    parse(markup)


def test_a_stacked_bar_shares_its_width_by_value() -> None:
    widths = [float(rect.attrib["width"]) for rect in drawing(stacked_bar(title="Clients", parts=SEGMENTS)).iter("rect")]
    available = 400 - 3 * 1.5
    assert widths == [round(available * value / 1040, 2) for value in (104, 312, 416, 208)]


def test_a_flow_is_as_wide_as_what_goes_and_said_in_a_table() -> None:
    markup = ALL["flow"]
    paths = [(path.get("class"), path.findtext("title")) for path in drawing(markup).iter("path")]
    assert paths == [
        ("flow-stay", "VIP → VIP: 100"),
        ("flow-move fill-2", "VIP → Gold: four"),
        ("flow-move fill-1", "Gold → VIP: 10"),
        ("flow-stay", "Gold → Gold: 302"),
    ]
    rows = [[cell.text for cell in row.iter("td")] for row in parse(markup).iter("tr")]
    assert rows[1:] == [["VIP", "VIP", "100"], ["VIP", "Gold", "four"], ["Gold", "VIP", "10"], ["Gold", "Gold", "302"]]
    # The ribbons of a part fill it from end to end.
    ends = re.findall(r"[MV]?[\d.]+,([\d.]+) C", next(drawing(markup).iter("path")).attrib["d"])
    assert ends[0] == "0"
    bars = [float(rect.attrib["height"]) for rect in drawing(markup).iter("rect")]
    assert bars == pytest.approx([114 * 104 / 416, 114 * 312 / 416, 114 * 110 / 416, 114 * 306 / 416], abs=0.01)


def test_a_flow_of_nothing_and_of_empty_parts_is_still_drawn() -> None:
    assert drawing(flow(title="Who", sources=[], targets=[], streams=[], headings=HEADINGS)) is not None
    markup = flow(title="Who", sources=[Part("New", 3)], targets=[Part("VIP", 3), Part("Gold", 0)], streams=[Stream(0, 0, 3)], headings=HEADINGS)
    assert [rect.get("class") for rect in drawing(markup).iter("rect")] == ["fill-accent", "fill-accent", "chart-track"]


def test_a_long_name_is_shortened_in_the_picture_alone() -> None:
    name = "Clients à fort potentiel de développement patrimonial"
    markup = flow(title="Who", sources=[Part(name, 3)], targets=[Part(name, 3)], streams=[Stream(0, 0, 3)], headings=HEADINGS)
    names = [text.text for text in drawing(markup).iter("text")]
    assert names == ["Clients à fort pote…trimonial · 3"] * 2
    assert f"<td>{name}</td>" in markup


def test_a_stacked_bar_of_nothing_is_an_empty_track() -> None:
    rects = list(drawing(stacked_bar(title="Clients", parts=[Part("VIP", 0)])).iter("rect"))
    assert [rect.get("class") for rect in rects] == ["chart-track"]


@pytest.mark.parametrize(("share", "arc"), [(0.5, 138.23), (1, 276.46), (1.7, 276.46), (None, None), (0, None)])
def test_a_ring_fills_to_its_share(share: float | None, arc: float | None) -> None:
    dashes = [circle.get("stroke-dasharray") for circle in drawing(ring(title="Kept", share=share, text="x")).iter("circle")]
    assert dashes == [None] if arc is None else dashes == [None, f"{arc:g} 276.46"]


def test_a_sparkline_spans_its_box_from_lowest_to_highest() -> None:
    line = drawing(sparkline(title="Assets", values=[5, 10, 0])).find("polyline")
    assert line is not None
    assert line.get("points") == "3,14 56,3 109,25"


@pytest.mark.parametrize("values", [[], [4], [4, 4, 4]])
def test_a_sparkline_of_little_or_nothing_is_drawn(values: list[int]) -> None:
    parse(sparkline(title="Assets", values=values))


@pytest.mark.parametrize(("locale", "first_row_is"), [(FR, "monday"), (CA, "sunday")])
def test_the_week_of_a_heat_map_starts_where_the_reader_expects(locale: Locale, first_row_is: str) -> None:
    markup = calendar_heat_map(title="Fait", counts={MONDAY: 2}, first=MONDAY, last=MONDAY, locale=locale)
    (rect,) = drawing(markup).iter("rect")
    assert rect.attrib["y"] == ("16" if first_row_is == "monday" else "35")


def test_a_heat_map_darkens_with_the_count() -> None:
    counts = {MONDAY + timedelta(days=number): number for number in range(5)}
    markup = calendar_heat_map(title="Done", counts=counts, first=MONDAY, last=MONDAY + timedelta(days=4), locale=FR, today=MONDAY)
    assert [rect.get("class") for rect in drawing(markup).iter("rect")] == ["heat-0 heat-today", "heat-1", "heat-2", "heat-3", "heat-4"]


def test_a_day_of_a_heat_map_leads_somewhere_from_its_table() -> None:
    counts = {MONDAY: 1, MONDAY + timedelta(days=1): 2}
    markup = calendar_heat_map(
        title="Due", counts=counts, first=MONDAY, last=MONDAY + timedelta(days=4), locale=EN, addresses={MONDAY: "/day/?a=1&b=<2>"}
    )
    assert [(link.get("href"), link.text) for link in parse(markup).iter("a")] == [("/day/?a=1&b=<2>", "Mar 2, 2026")]
    assert list(drawing(markup).iter("a")) == []


def test_columns_above_the_limit_stand_out() -> None:
    markup = columns(title="Load", parts=[Part("a", 10), Part("b", 30)], headings=("Week", "Hours"), limit=20, limit_label="Available: 20 h")
    assert [rect.get("class") for rect in drawing(markup).iter("rect")] == ["fill-accent", "fill-bad"]
    assert [line.findtext("title") for line in drawing(markup).iter("line")] == [None, "Available: 20 h"]


def test_weeks_are_shown_in_order_and_in_the_readers_words() -> None:
    markup = load_bars(title="Charge", weeks={MONDAY + timedelta(weeks=1): 4, MONDAY: 8}, locale=FR)
    assert [text.text for text in drawing(markup).iter("text")] == ["8", "2 mars", "4", "9 mars"]
    markup = load_bars(title="Load", weeks={MONDAY: 8}, locale=EN)
    assert [text.text for text in drawing(markup).iter("text")] == ["8", "Mar 2"]


def test_a_criterion_never_overflows_its_bar() -> None:
    markup = criterion_bars(title="Why", parts=[Part("Assets", 120), Part("Missing", 0)], most=100)
    assert [(rect.get("class"), rect.get("width")) for rect in drawing(markup).iter("rect")] == [
        ("chart-track", "400"),
        ("fill-accent", "400"),
        ("chart-track", "400"),
    ]


def test_coordinates_do_not_follow_the_language() -> None:
    with translation.override("fr"):
        assert not re.search(r'(width|x|y)="\d+,\d', stacked_bar(title="Clients", parts=SEGMENTS))


def test_the_table_and_the_legend_say_the_same_numbers() -> None:
    class Text(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.words: list[str] = []

        def handle_data(self, data: str) -> None:
            self.words.append(data.strip())

    def words(markup: str) -> list[str]:
        reader = Text()
        reader.feed(markup)
        return [word for word in reader.words if word]

    parts = [Part("VIP", 104, "104 clients"), Part("Gold", 312)]
    assert words(legend(parts)) == ["VIP", "104 clients", "Gold", "312"]
    assert words(table(caption="Book", headings=("Segment", "Clients"), parts=parts)) == [
        "Show as a table", "Book", "Segment", "Clients", "VIP", "104 clients", "Gold", "312",
    ]  # fmt: skip


def test_a_stacked_area_piles_its_layers_and_tells_every_day_in_a_table():
    markup = ALL["stacked_area"]
    lower, upper = (node.get("points", "") for node in drawing(markup).iter("polygon"))
    # 5 clients at most over 200 units: 2 then 3 on top of them, on the last day.
    assert ("640,130" in lower, "640,10 640,130" in upper) == (True, True)
    cells = [node.text for node in parse(markup).iter("td")]
    assert cells == ["2", "3", "1", "0"]


def test_a_timeline_that_began_today_and_an_area_without_anybody_are_drawn():
    today = timeline(title="Segments", spans=[Span("Gold", MONDAY, None)], first=MONDAY, last=MONDAY, locale=FR)
    nobody = stacked_area(title="Clients", days=[MONDAY, MONDAY], layers=[], locale=FR)
    assert (len(list(drawing(today).iter("rect"))), list(drawing(nobody).iter("polygon"))) == (2, [])


def rects(markup, css):
    return [[float(node.attrib[name]) for name in ("x", "y", "width", "height")] for node in drawing(markup).iter("rect") if node.get("class") == css]


def test_a_histogram_stacks_what_stands_in_a_part_and_its_tallest_part_reaches_the_top() -> None:
    bars = rects(ALL["histogram"], "fill-accent") + rects(ALL["histogram"], "fill-2")
    assert bars == [[0.75, 18, 131.83, 72], [267.42, 72, 131.83, 18], [267.42, 54, 131.83, 18]]


def test_a_border_of_zones_lies_where_its_value_does() -> None:
    borders = [node.attrib["x1"] for node in drawing(ALL["histogram"]).iter("line") if node.get("class") == "chart-border"]
    assert borders == ["133.33"]


def test_zones_too_narrow_for_their_words_go_without() -> None:
    zones = [Zone(None, 1, "a hundred points"), Zone(1, None, "none")]
    markup = histogram(title="Assets", bars=BARS, headings=("a", "b"), ends=("0", "30"), zones=zones)
    assert ("none</text>" in markup, "a hundred points</text>" in markup) == (True, False)


def test_a_curve_rises_from_nothing_to_all() -> None:
    markup = histogram(title="Assets", bars=BARS, headings=("a", "b"), ends=("0", "30"), curve=[(0, 0), (15, 0), (30, 1)])
    assert [node.get("points") for node in drawing(markup).iter("polyline")] == ["0,90 200,90 400,18"]


def test_a_plane_lays_its_cells_and_dots_by_their_scores() -> None:
    cells = rects(ALL["plane"], "chart-territory fill-2") + rects(ALL["plane"], "chart-territory fill-1")
    assert cells == [[22, 0, 128, 320], [150, 0, 192, 320]]
    dots = [(node.attrib["cx"], node.attrib["cy"]) for node in drawing(ALL["plane"]).iter("circle")]
    assert dots == [("54", "288"), ("342", "0")]
    assert "<b>" not in ALL["plane"]


def test_a_trend_leaves_a_gap_where_nothing_is_known_and_tells_all_in_its_table():
    moments = [
        Moment("Jan", 0.9, "90%", "9 of 10", "warn"),
        Moment("Feb", 1.0, "100%", "8 of 8", "good"),
        Moment("Mar", None, "–"),
        Moment("Apr", 0.7, "70%", "7 of 10", "bad"),
    ]
    drawn = str(trend(title="Promises kept", moments=moments, headings=("Month", "Kept", "Of"), scale=("0%", "50%", "100%")))
    assert drawn.count("<polyline") == 1
    assert drawn.count("<circle") == 3
    assert "Promises kept. Jan: 90%, Feb: 100%, Apr: 70%" in drawn
    assert '<tr><th scope="row">Apr</th><td class="num">70%</td><td class="num">7 of 10</td></tr>' in drawn
    # All above one half: the scale begins there.
    assert "50%" in drawn
    assert "0%</text>" in drawn
    low = str(trend(title="Kept", moments=[Moment("Jan", 0.2, "20%")], headings=("", "", ""), scale=("nothing", "half", "all")))
    assert ("nothing" in low, "half" in low) == (True, False)


def test_a_trend_of_many_months_names_some_of_them():
    moments = [Moment(f"M{number}", 0.9, f"share {number}") for number in range(60)]
    drawn = str(trend(title="Kept", moments=moments, headings=("", "", ""), scale=("0", "1/2", "1")))
    assert drawn.count("<circle") == 60
    assert drawn.count('text-anchor="middle"') <= 14
