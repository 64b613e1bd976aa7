"""From what was typed to the forms that show it and read it."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext

from clients.attributes import Attribute, Catalogue, Unit, catalogue_of
from firms.models import Firm
from segmentation.forms.editor import Editor
from segmentation.forms.fields import CellForm, attribute_menu
from segmentation.forms.parts import BandForm, CriterionForm, CutForm, PlaneForm, SettingsForm, axis_choices
from segmentation.forms.sections import CriterionEditor, CutEditor, PlaneEditor
from segmentation.forms.state import CRITERION, CUT, CriterionState, State, flat_state, read_by_conditions
from segmentation.models import Axis, Method, Scale, Segment
from segmentation.rules import axes_of, choices_of, is_weighable


def build_editor(state: State, *, segments: list[Segment], firm: Firm, checked: bool, catalogue: Catalogue | None = None) -> Editor:
    """Forms over a state; `checked` binds them, so that they can be read and show what is wrong."""
    catalogue = catalogue_of(firm.pk) if catalogue is None else catalogue
    make = _Maker(flat_state(state) if checked else None)
    menu = attribute_menu(catalogue)
    stated = set(read_by_conditions(state))
    plane = _plane(state, make, segments)
    axes = axis_choices(plane.x_name, plane.y_name)
    return Editor(
        state=state,
        firm=firm,
        catalogue=catalogue,
        settings=make(SettingsForm, None, state.settings, aside=_settings_aside(state), segments=segments),
        cuts=_cuts(state, make, segments),
        criteria=[
            _criterion(number, row, make, method=state.method, stated=stated, catalogue=catalogue, firm=firm, menu=menu, axes=axes)
            for number, row in enumerate(state.criteria)
        ],
        plane=plane,
    )


class _Maker:
    """Makes forms bound to what was typed, or filled with it."""

    def __init__(self, data: dict[str, Any] | None) -> None:
        self.data = data

    def __call__(self, form: type[CellForm], prefix: str | None, typed: dict[str, str], *, aside: frozenset[str], **details: Any) -> Any:
        if self.data is None:
            return form(prefix=prefix, initial=typed, aside=aside, **details)
        return form(self.data, prefix=prefix, aside=aside, **details)


def _settings_aside(state: State) -> frozenset[str]:
    aside = set()
    if state.method == Method.RULES:
        # Rules place without a score.
        aside |= {"missing", "margin"}
    else:
        aside |= {"fallback"}
    if state.method != Method.QUOTAS or all(builder is None for builder in state.conditions):
        aside |= {"winner"}
    return frozenset(aside)


def _cuts(state: State, make: _Maker, segments: Sequence[Segment]) -> list[CutEditor]:
    read_here = {Method.QUOTAS.value: "quota", Method.THRESHOLDS.value: "least_score"}.get(state.method, "")
    cuts = []
    for number, segment in enumerate(segments):
        is_last = number == len(segments) - 1
        # The last segment takes the rest: no score opens it.
        aside = frozenset(CUT) - ({read_here} if read_here != "least_score" or not is_last else set())
        rest = state.settings["fallback"] or str(segments[-1].pk)
        cuts.append(
            CutEditor(
                number=number,
                segment=segment,
                form=make(CutForm, f"cuts-{number}", state.cuts[number], aside=aside, segment=segment),
                is_last=is_last,
                is_rest=state.method == Method.RULES and str(segment.pk) == rest,
                builder=state.conditions[number],
            )
        )
    return cuts


def _criterion(
    number: int,
    row: CriterionState,
    make: _Maker,
    *,
    method: str,
    stated: set[str],
    catalogue: Catalogue,
    firm: Firm,
    menu: list[Any],
    axes: list[tuple[str, str]],
) -> CriterionEditor:
    prefix = f"criteria-{number}"
    source = catalogue.get(row.attribute)
    choices = [] if source is None else choices_of(source)
    counts = row.attribute in stated if row.axis == Axis.STATED else row.axis in axes_of(method)
    scale = row.fields["scale"]
    by_bands = counts and row.axis != Axis.STATED and scale == Scale.BANDS
    band_aside = frozenset({"lower", "upper"} if choices else {"choice"}) if by_bands else frozenset(BandForm.base_fields)
    form = make(
        CriterionForm,
        prefix,
        row.fields,
        aside=_criterion_aside(row, method=method, counts=counts, by_choice=bool(choices)),
        attributes=_offered(menu, row, source),
        axes=axes,
    )
    bands = [
        make(BandForm, f"{prefix}-bands-{position}", band, aside=band_aside, choices=_with_held(choices, band, source), number=position + 1)
        for position, band in enumerate(row.bands)
    ]
    unit = "" if source is None else {Unit.CURRENCY: firm.currency, Unit.YEARS: gettext("years"), Unit.PERCENT: "%"}.get(source.unit, "")
    return CriterionEditor(
        number=number, axis=row.axis, counts=counts, typed=row.fields, form=form, bands=bands, scale=scale, source=source, choices=choices, unit=unit
    )


def _with_held(choices: list[tuple[str, str]], band: dict[str, str], source: Attribute | None) -> list[tuple[str, str]]:
    """The choices offered, and the archived one that a band is about already."""
    held = band["choice"]
    if source is None or not choices or held in dict(choices) or held not in dict(source.every_choice):
        return choices
    return [*choices, (held, source.marked_label_of(held))]


def _criterion_aside(row: CriterionState, *, method: str, counts: bool, by_choice: bool) -> frozenset[str]:
    every = frozenset(CRITERION)
    if not counts:
        return every
    if row.axis == Axis.STATED:
        return every - {"definition_en", "definition_fr"}
    scale, aside = row.fields["scale"], set()
    if method != Method.PLANE:
        aside.add("axis")
    if by_choice and scale == Scale.BANDS:
        aside.add("scale")
    if scale != Scale.LINEAR:
        aside |= {"zero_at", "full_at"}
    if scale != Scale.PERCENTILE:
        aside.add("descending")
    return frozenset(aside)


def _offered(menu: list[Any], row: CriterionState, source: Attribute | None) -> list[Any]:
    """The menu, and what the criterion is about already: an archived attribute goes on, a stated one need not be weighable."""
    if source is not None and (row.axis == Axis.STATED or (source.is_archived and is_weighable(source))):
        return [*menu, (source.key, source.label)]
    return menu


def _plane(state: State, make: _Maker, segments: Sequence[Segment]) -> PlaneEditor:
    plane = state.plane
    x_borders, y_borders = len(plane.x_cuts), len(plane.y_cuts)
    typed = dict(plane.names)
    typed |= {f"x_cuts-{number}": border for number, border in enumerate(plane.x_cuts)}
    typed |= {f"y_cuts-{number}": border for number, border in enumerate(plane.y_cuts)}
    typed |= {f"cells-{row}-{column}": plane.cell(row, column) for row in range(y_borders + 1) for column in range(x_borders + 1)}
    details: dict[str, Any] = {"x_borders": x_borders, "y_borders": y_borders, "segments": segments}
    # Every one of its fields, where there is no plane.
    aside = frozenset() if state.method == Method.PLANE else frozenset(PlaneForm(**details).fields)
    return PlaneEditor(make(PlaneForm, "plane", typed, aside=aside, **details), x_borders, y_borders)
