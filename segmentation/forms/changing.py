"""What the editor's buttons and menus do to what was typed; nothing is saved by them."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.utils import translation

from clients.attributes import Catalogue
from clients.conditions.building import Builder
from firms.models import Firm
from segmentation.forms.sections import read_figure
from segmentation.forms.state import (
    MOST_BANDS,
    MOST_BORDERS,
    MOST_CRITERIA,
    CriterionState,
    PlaneState,
    State,
    conditions_prefix,
    empty_band,
    empty_criterion,
    read_by_conditions,
)
from segmentation.linting import plain
from segmentation.models import Axis, Method, Scale, Segment
from segmentation.rules import axes_of, choices_of

Places = Sequence[int]


def change_state(state: State, action: str, *, segments: Sequence[Segment], catalogue: Catalogue, firm: Firm) -> str:
    """Do what a button asks ("add-band:1": to the second criterion). Returns the id of the field to focus; unknown ones do nothing."""
    verb, *texts = action.split(":")
    places = [int(text) for text in texts if text.isdecimal() and len(text) < 4]
    focus = ""
    if verb in _ON_CRITERIA and places and places[0] < len(state.criteria):
        focus = _ON_CRITERIA[verb](state, places, catalogue)
    elif verb == "add-criterion":
        focus = _add_criterion(state, places[0] if places else Axis.FIRST)
    elif verb == "balance" and places:
        _balance(state, places[0])
    elif verb in {"add-conditions", "remove-conditions"} and places and places[0] < len(segments):
        focus = _toggle_conditions(state, places[0], adds=verb == "add-conditions", catalogue=catalogue, firm=firm)
    elif verb in {"add-border", "remove-border"} and texts and texts[0] in {"x", "y"}:
        focus = _change_borders(state.plane, texts[0], places[0] if places else None)
    _begin(state, segments)
    state_definitions(state, catalogue=catalogue)
    return focus


# --- Criteria ---


def _add_criterion(state: State, axis: int) -> str:
    weighed = [criterion for criterion in state.criteria if criterion.axis != Axis.STATED]
    if axis not in axes_of(state.method) or len(weighed) >= MOST_CRITERIA:
        return ""
    state.criteria.insert(len(weighed), empty_criterion(axis=str(int(axis))))
    return f"id_criteria-{len(weighed)}-attribute"


def _remove_criterion(state: State, places: Places, catalogue: Catalogue) -> str:
    del state.criteria[places[0]]
    return ""


def _add_band(state: State, places: Places, catalogue: Catalogue) -> str:
    number = places[0]
    bands = state.criteria[number].bands
    if len(bands) >= MOST_BANDS:
        return ""
    # The next band begins where the last one ends.
    bands.append(empty_band(lower=bands[-1]["upper"] if bands else ""))
    source = catalogue.get(state.criteria[number].attribute)
    by_choice = source is not None and bool(choices_of(source))
    return f"id_criteria-{number}-bands-{len(bands) - 1}-{'choice' if by_choice else 'lower'}"


def _remove_band(state: State, places: Places, catalogue: Catalogue) -> str:
    bands = state.criteria[places[0]].bands
    if len(places) == 2 and places[1] < len(bands):
        del bands[places[1]]
    return ""


def _choose_attribute(state: State, places: Places, catalogue: Catalogue) -> str:
    """Another attribute: one band a value when it has values, ranges when it is a figure; points are kept where they can be."""
    criterion = state.criteria[places[0]]
    source = catalogue.get(criterion.attribute)
    choices = [] if source is None else choices_of(source)
    if choices:
        known = {band["choice"]: band["points"] for band in criterion.bands}
        criterion.bands = [empty_band(choice=value, points=known.get(value, "")) for value, _label in choices]
        criterion.fields["scale"] = Scale.BANDS.value
    elif any(band["choice"] for band in criterion.bands):
        criterion.bands = [empty_band()]
    _start_definition(criterion, catalogue)
    return f"id_criteria-{places[0]}-weight"


def _define(state: State, places: Places, catalogue: Catalogue) -> str:
    _start_definition(state.criteria[places[0]], catalogue)
    return f"id_criteria-{places[0]}-definition_en"


_ON_CRITERIA: dict[str, Callable[[State, Places, Catalogue], str]] = {
    "remove-criterion": _remove_criterion,
    "add-band": _add_band,
    "remove-band": _remove_band,
    "attribute": _choose_attribute,
    "define": _define,
}


def _start_definition(criterion: CriterionState, catalogue: Catalogue) -> None:
    """The catalogue's own definition is where to start, unless something is written."""
    source = catalogue.get(criterion.attribute)
    if source is None or criterion.fields["definition_en"].strip() or criterion.fields["definition_fr"].strip():
        return
    for language in ("en", "fr"):
        with translation.override(language):
            criterion.fields[f"definition_{language}"] = source.definition


def state_definitions(state: State, *, catalogue: Catalogue) -> None:
    """A place for the definition of each attribute that conditions ask about, unless a criterion that weighs has it."""
    axes = axes_of(state.method)
    have = {criterion.attribute for criterion in state.criteria if criterion.axis == Axis.STATED or criterion.axis in axes}
    written = {criterion.attribute: criterion for criterion in state.criteria}
    for key in read_by_conditions(state):
        if key in have or key not in catalogue:
            continue
        made = empty_criterion(axis=str(int(Axis.STATED)), attribute=key, weight="0")
        made.bands = []
        if key in written:
            made.fields |= {name: written[key].fields[name] for name in ("definition_en", "definition_fr")}
        _start_definition(made, catalogue)
        state.criteria.append(made)


def _balance(state: State, axis: int) -> None:
    """Scale the weights of an axis to 100 in whole percents, in proportion; equal ones when none is given."""
    rows = [criterion for criterion in state.criteria if criterion.axis == axis]
    weights = [max(read_figure(criterion.fields["weight"]) or Decimal(0), Decimal(0)) for criterion in rows]
    shares = weights if sum(weights) else [Decimal(1)] * len(rows)
    before = reached = Decimal(0)
    for criterion, share in zip(rows, shares, strict=True):
        reached += share
        until = (100 * reached / sum(shares)).quantize(Decimal(1), ROUND_HALF_UP)
        criterion.fields["weight"], before = plain(until - before), until


# --- Conditions of a segment ---


def _toggle_conditions(state: State, number: int, *, adds: bool, catalogue: Catalogue, firm: Firm) -> str:
    if not adds:
        state.conditions[number] = None
        return ""
    prefix = conditions_prefix(number)
    if state.conditions[number] is None:
        state.conditions[number] = Builder.of(None, prefix=prefix, catalogue=catalogue, firm=firm)
    return f"{prefix}-0-attribute"


# --- The plane ---


def _change_borders(plane: PlaneState, axis: str, removed: int | None) -> str:
    """One border more, half way through the last part, whose cells are copied; or one less, whose upper part goes."""
    cuts = plane.x_cuts if axis == "x" else plane.y_cuts
    grid = _grid(plane)
    if removed is None:
        if len(cuts) >= MOST_BORDERS:
            return ""
        last = read_figure(cuts[-1]) if cuts else Decimal(0)
        cuts.append(plain(((last or Decimal(0)) + 100) / 2))
        grid = [[*row, row[-1]] for row in grid] if axis == "x" else [*grid, list(grid[-1])]
    elif removed < len(cuts):
        del cuts[removed]
        grid = [row[: removed + 1] + row[removed + 2 :] for row in grid] if axis == "x" else grid[: removed + 1] + grid[removed + 2 :]
    plane.cells = [{str(column): segment for column, segment in enumerate(row)} for row in grid]
    return "" if removed is not None else f"id_plane-{axis}_cuts-{len(cuts) - 1}"


def _grid(plane: PlaneState) -> list[list[str]]:
    return [[plane.cell(row, column) for column in range(len(plane.x_cuts) + 1)] for row in range(len(plane.y_cuts) + 1)]


# --- Another way of placing clients ---


def _begin(state: State, segments: Sequence[Segment]) -> None:
    """Where the method chosen has nothing yet: somewhere sensible to start."""
    size = len(segments)
    if state.method == Method.THRESHOLDS and not any(cut["least_score"] for cut in state.cuts[:-1]):
        for rank, cut in enumerate(state.cuts[:-1], 1):
            cut["least_score"] = str(round(100 - 100 * rank / size))
    elif state.method == Method.QUOTAS and not any(cut["quota"] for cut in state.cuts):
        for rank, cut in enumerate(state.cuts, 1):
            cut["quota"] = str(round(100 * rank / size) - round(100 * (rank - 1) / size))
    elif state.method == Method.PLANE and not state.plane.cells:
        state.plane = _first_plane(segments)


def _first_plane(segments: Sequence[Segment]) -> PlaneState:
    """Value by potential, each halved: the first segment where both are high, the last where both are low."""
    first, *middle, last = [str(segment.pk) for segment in segments] if len(segments) > 1 else [str(segments[0].pk)] * 2
    high_value, high_potential = (middle or [last])[0], (middle or [last])[-1]
    return PlaneState(
        names={"x_name_en": "Value", "x_name_fr": "Valeur", "y_name_en": "Potential", "y_name_fr": "Potentiel"},
        x_cuts=["50"],
        y_cuts=["50"],
        cells=[{"0": last, "1": high_value}, {"0": high_potential, "1": first}],
    )
