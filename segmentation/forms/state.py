"""What was typed in the editor, as text: from saved rules, from a posted form, and back to the names of its fields."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from clients.attributes import Catalogue
from clients.conditions.building import Builder
from firms.models import Firm
from segmentation.linting import plain
from segmentation.models import Axis, Method, Missing, Scale, Segment, Winner
from segmentation.rules import BandRule, CriterionRule, Plane, Rules

MOST_CRITERIA = 12
MOST_BANDS = 30
# Beyond five parts an axis is no longer read by anyone.
MOST_BORDERS = 4

Row = dict[str, str]

SETTINGS = ("method", "missing", "margin", "winner", "fallback", "revision")
CUT = ("least_score", "quota")
CRITERION = ("axis", "attribute", "scale", "weight", "zero_at", "full_at", "descending", "definition_en", "definition_fr")
BAND = ("lower", "upper", "choice", "points")
AXIS_NAMES = ("x_name_en", "x_name_fr", "y_name_en", "y_name_fr")

_DEFAULTS = {"method": Method.THRESHOLDS.value, "missing": Missing.ZERO.value, "margin": "0", "winner": Winner.FLOOR.value, "revision": "0"}


@dataclass
class CriterionState:
    fields: Row
    bands: list[Row] = field(default_factory=list)

    @property
    def axis(self) -> int:
        return int(self.fields["axis"])

    @property
    def attribute(self) -> str:
        return self.fields["attribute"]


@dataclass
class PlaneState:
    names: Row = field(default_factory=lambda: dict.fromkeys(AXIS_NAMES, ""))
    x_cuts: list[str] = field(default_factory=list)
    y_cuts: list[str] = field(default_factory=list)
    # One row a part of the second axis, lowest first; each holds a segment's number a part of the first axis. Empty: no plane yet.
    cells: list[Row] = field(default_factory=list)

    def cell(self, row: int, column: int) -> str:
        return self.cells[row].get(str(column), "") if row < len(self.cells) else ""


@dataclass
class State:
    settings: Row
    # By rank of the segment.
    cuts: list[Row]
    conditions: list[Builder | None]
    criteria: list[CriterionState] = field(default_factory=list)
    plane: PlaneState = field(default_factory=PlaneState)

    @property
    def method(self) -> str:
        return self.settings["method"]


def empty_band(**values: str) -> Row:
    return {**dict.fromkeys(BAND, ""), **values}


def empty_criterion(**values: str) -> CriterionState:
    fields = {**dict.fromkeys(CRITERION, ""), "axis": str(Axis.FIRST.value), "scale": Scale.BANDS.value, **values}
    return CriterionState(fields, [empty_band()])


def conditions_prefix(number: int) -> str:
    """What the fields of a segment's conditions begin with: as the linter names them."""
    return f"cuts-{number}-conditions"


# --- From saved rules ---


def _text(figure: Decimal | None) -> str:
    return "" if figure is None else plain(figure)


def state_of(
    rules: Rules, *, revision: int, segments: Sequence[Segment], catalogue: Catalogue, firm: Firm, written: Mapping[int, Any] | None = None
) -> State:
    """What the editor shows for saved rules, in the active language. `written`: conditions as JSON by segment, where they can no longer be read."""
    cuts = {cut.segment_id: cut for cut in rules.cuts}
    kept = written if written is not None else {cut.segment_id: cut.conditions for cut in rules.cuts}
    rest = segments[-1].pk if rules.fallback is None and segments else rules.fallback
    return State(
        settings={
            "method": str(rules.method),
            "missing": str(rules.missing),
            "margin": _text(rules.margin),
            "winner": str(rules.winner),
            "fallback": str(rest or ""),
            "revision": str(revision),
        },
        cuts=[
            {"least_score": _text(cuts[segment.pk].least_score), "quota": _text(cuts[segment.pk].quota)}
            if segment.pk in cuts
            else dict.fromkeys(CUT, "")
            for segment in segments
        ],
        conditions=[
            Builder.of(kept[segment.pk], prefix=conditions_prefix(number), catalogue=catalogue, firm=firm)
            if kept.get(segment.pk) is not None
            else None
            for number, segment in enumerate(segments)
        ],
        criteria=[_criterion(rule) for rule in rules.criteria],
        plane=PlaneState() if rules.plane is None else _plane(rules.plane),
    )


def _criterion(rule: CriterionRule) -> CriterionState:
    fields = {
        "axis": str(int(rule.axis)),
        "attribute": rule.attribute,
        "scale": str(rule.scale),
        "weight": _text(rule.weight),
        "zero_at": _text(rule.zero_at),
        "full_at": _text(rule.full_at),
        "descending": "on" if rule.descending else "",
        "definition_en": rule.definition_en,
        "definition_fr": rule.definition_fr,
    }
    return CriterionState(fields, [_band(band) for band in rule.bands])


def _band(band: BandRule) -> Row:
    return {"lower": _text(band.lower), "upper": _text(band.upper), "choice": band.choice, "points": _text(band.points)}


def _plane(plane: Plane) -> PlaneState:
    return PlaneState(
        names={name: getattr(plane, name) for name in AXIS_NAMES},
        x_cuts=[_text(cut) for cut in plane.x_cuts],
        y_cuts=[_text(cut) for cut in plane.y_cuts],
        cells=[{str(column): str(segment_id) for column, segment_id in enumerate(cells)} for cells in plane.cells],
    )


# --- From a posted form ---

_CUT = re.compile(rf"cuts-(\d{{1,3}})-({'|'.join(CUT)})$")
_CRITERION = re.compile(rf"criteria-(\d{{1,3}})-({'|'.join(CRITERION)})$")
_BAND = re.compile(rf"criteria-(\d{{1,3}})-bands-(\d{{1,3}})-({'|'.join(BAND)})$")
_BORDER = re.compile(r"plane-([xy]_cuts)-(\d{1,3})$")
_CELL = re.compile(r"plane-cells-(\d)-(\d)$")


def read_state(posted: QueryDict, *, segments: Sequence[Segment], catalogue: Catalogue, firm: Firm) -> State:
    """What was typed; whatever else was sent is left aside."""
    cuts: list[Row] = [dict.fromkeys(CUT, "") for _segment in segments]
    criteria: dict[int, Row] = {}
    bands: dict[int, dict[int, Row]] = {}
    borders: dict[str, dict[int, str]] = {"x_cuts": {}, "y_cuts": {}}
    cells: dict[int, Row] = {}
    for name, value in posted.items():
        value = str(value)
        if (found := _CUT.match(name)) and int(found[1]) < len(cuts):
            cuts[int(found[1])][found[2]] = value
        elif found := _CRITERION.match(name):
            criteria.setdefault(int(found[1]), {})[found[2]] = value
        elif found := _BAND.match(name):
            bands.setdefault(int(found[1]), {}).setdefault(int(found[2]), empty_band())[found[3]] = value
        elif found := _BORDER.match(name):
            borders[found[1]][int(found[2])] = value
        elif found := _CELL.match(name):
            cells.setdefault(int(found[1]), {})[found[2]] = value
    return State(
        settings={name: str(posted.get(name, _DEFAULTS.get(name, ""))) for name in SETTINGS},
        cuts=cuts,
        conditions=[_read_conditions(posted, conditions_prefix(number), catalogue, firm) for number in range(len(segments))],
        criteria=[_read_criterion(criteria[number], bands.get(number, {})) for number in sorted(criteria)][:MOST_CRITERIA_READ],
        plane=PlaneState(
            names={name: str(posted.get(f"plane-{name}", "")) for name in AXIS_NAMES},
            x_cuts=[border for _number, border in sorted(borders["x_cuts"].items())][:MOST_BORDERS],
            y_cuts=[border for _number, border in sorted(borders["y_cuts"].items())][:MOST_BORDERS],
            cells=[cells[row] for row in sorted(cells)],
        ),
    )


# Twelve to weigh, and the definitions of what conditions read.
MOST_CRITERIA_READ = 60


def _read_criterion(fields: Row, bands: dict[int, Row]) -> CriterionState:
    axis = fields.get("axis", "")
    read = {**dict.fromkeys(CRITERION, ""), **fields, "axis": axis if axis in {str(known) for known in Axis.values} else str(Axis.FIRST.value)}
    read["scale"] = read["scale"] or Scale.BANDS.value
    return CriterionState(read, [band for _position, band in sorted(bands.items())][:MOST_BANDS])


def _read_conditions(posted: QueryDict, prefix: str, catalogue: Catalogue, firm: Firm) -> Builder | None:
    return Builder.read(posted, prefix=prefix, catalogue=catalogue, firm=firm) if f"{prefix}-match" in posted else None


# --- To the names of fields ---


def flat_state(state: State) -> dict[str, Any]:
    """Every field of the form by name, as it would be posted: a text, or a list of texts where a name comes several times."""
    data: dict[str, Any] = dict(state.settings)
    for number, cut in enumerate(state.cuts):
        data.update({f"cuts-{number}-{key}": value for key, value in cut.items()})
        data.update(flat_conditions(state.conditions[number]))
    for number, criterion in enumerate(state.criteria):
        data.update({f"criteria-{number}-{key}": value for key, value in criterion.fields.items()})
        for position, band in enumerate(criterion.bands):
            data.update({f"criteria-{number}-bands-{position}-{key}": value for key, value in band.items()})
    return data | flat_plane(state.plane)


def flat_plane(plane: PlaneState) -> dict[str, str]:
    data = {f"plane-{name}": value for name, value in plane.names.items()}
    for name in ("x_cuts", "y_cuts"):
        data.update({f"plane-{name}-{number}": value for number, value in enumerate(getattr(plane, name))})
    for row, cells in enumerate(plane.cells):
        data.update({f"plane-cells-{row}-{column}": value for column, value in cells.items()})
    return data


def flat_conditions(builder: Builder | None) -> dict[str, Any]:
    return {} if builder is None else _flat_node(builder.root, f"{builder.prefix}-")


def _flat_node(node: dict[str, Any], name: str) -> dict[str, Any]:
    if "items" not in node:
        return {f"{name}attribute": node["attribute"], f"{name}test": node["test"], f"{name}values": node["values"]}
    data: dict[str, Any] = {f"{name}match": node["match"], f"{name}least": node["least"]}
    for position, item in enumerate(node["items"]):
        data.update(_flat_node(item, f"{name}{position}-"))
    return data


# --- What conditions ask about ---


def read_by_conditions(state: State) -> list[str]:
    """The attributes that rules or floors ask about under the method chosen, in order, complete or not."""
    if state.method not in {Method.RULES, Method.QUOTAS}:
        return []
    asked = (key for builder in state.conditions if builder is not None for key in _asked(builder.root))
    return list(dict.fromkeys(asked))


def _asked(node: dict[str, Any]) -> list[str]:
    if "items" in node:
        return [key for item in node["items"] for key in _asked(item)]
    return [node["attribute"]] if node["attribute"] else []
