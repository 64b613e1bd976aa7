"""The editor of a draft, as forms: every input comes back as it was typed, and every problem stands beside its cell.

What another way of placing clients would read is set aside: carried through the page as typed, so that a change of mind loses nothing,
and neither checked nor, where it would count, saved.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from clients.attributes import Catalogue
from clients.conditions import describe
from firms.models import Firm
from segmentation.forms.fields import CellForm
from segmentation.forms.parts import SettingsForm
from segmentation.forms.sections import AxisEditor, CriterionEditor, CutEditor, Fault, PlaneEditor
from segmentation.forms.state import MOST_CRITERIA, State, flat_conditions, flat_state
from segmentation.linting import Problem, lint
from segmentation.models import Axis, Method, Missing, Scale, Winner
from segmentation.rules import BandRule, CriterionRule, CutRule, Rules, axes_of


@dataclass
class Editor:
    """The whole draft being edited. `state` is what was typed, as text."""

    state: State
    firm: Firm
    catalogue: Catalogue
    settings: SettingsForm
    cuts: list[CutEditor]
    criteria: list[CriterionEditor]
    plane: PlaneEditor
    problems: list[Problem] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    # The row of the form that each criterion of the rules came from: what is set aside is in none.
    _rows: list[int] = field(default_factory=list)

    # What the templates ask.

    @property
    def method(self) -> str:
        return self.state.method

    @property
    def by_threshold(self) -> bool:
        return self.method not in {Method.QUOTAS, Method.RULES, Method.PLANE}

    @property
    def by_quota(self) -> bool:
        return self.method == Method.QUOTAS

    @property
    def by_rules(self) -> bool:
        return self.method == Method.RULES

    @property
    def by_plane(self) -> bool:
        return self.method == Method.PLANE

    @property
    def has_floors(self) -> bool:
        return self.by_quota and any(cut.builder is not None for cut in self.cuts)

    @property
    def axes(self) -> list[AxisEditor]:
        """The axes that count, with their criteria."""
        names = {Axis.FIRST: self.plane.x_name, Axis.SECOND: self.plane.y_name} if self.by_plane else {Axis.FIRST: _("Score")}
        return [AxisEditor(axis, names[axis], [criterion for criterion in self.criteria if criterion.axis == axis]) for axis in axes_of(self.method)]

    @property
    def stated(self) -> list[CriterionEditor]:
        """The definitions of what conditions read."""
        return [criterion for criterion in self.criteria if criterion.axis == Axis.STATED and criterion.counts]

    @property
    def set_aside(self) -> int:
        """Criteria that would weigh if clients were placed another way."""
        return len([criterion for criterion in self.criteria if criterion.axis != Axis.STATED and not criterion.counts])

    @property
    def may_add_criterion(self) -> bool:
        return len([criterion for criterion in self.criteria if criterion.axis != Axis.STATED]) < MOST_CRITERIA

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The fields that no cell shows: what is set aside."""
        shown = {form.add_prefix(name) for form in self._forms() for name in form.fields if name not in form.aside}
        shown |= {name for criterion in self.stated for name, _value in criterion.carried}
        if self.has_conditions:
            shown |= {name for cut in self.cuts for name in flat_conditions(cut.builder)}
        carried = ((name, value) for name, value in flat_state(self.state).items() if name not in shown)
        return [(name, text) for name, value in carried for text in (value if isinstance(value, list) else [value])]

    @property
    def has_conditions(self) -> bool:
        """Whether segments have rules or floors under this method."""
        return self.by_rules or self.by_quota

    @property
    def error_count(self) -> int:
        return len([fault for fault in self.faults if not fault.warning])

    @property
    def warning_count(self) -> int:
        return len(self.faults) - self.error_count

    @property
    def problems_of_cuts(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.at == "cuts"]

    @property
    def problems_of_criteria(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.at == "criteria"]

    def _forms(self) -> Iterator[CellForm]:
        yield self.settings
        yield from (cut.form for cut in self.cuts)
        for criterion in self.criteria:
            yield criterion.form
            yield from criterion.bands
        yield self.plane.form

    # Reading.

    def rules(self) -> Rules | None:
        """What the forms say; None while something in them cannot be read. Bound editors only."""
        # Every form is read, so that every fault shows at once.
        valid = [form.is_valid() for form in self._forms()]
        readable = [cut.read() or not self.has_conditions for cut in self.cuts]
        self._word()
        if not all(valid) or not all(readable):
            return None
        read = self.settings.cleaned_data
        counted = [criterion for criterion in self.criteria if criterion.counts]
        self._rows = [criterion.number for criterion in counted]
        fallback = read["fallback"] or None
        return Rules(
            method=read["method"],
            missing=read["missing"] or Missing.ZERO,
            margin=read["margin"] or Decimal(0),
            winner=read["winner"] or Winner.FLOOR,
            fallback=None if fallback == self.cuts[-1].segment.pk else fallback,
            criteria=tuple(_criterion(criterion) for criterion in counted),
            cuts=tuple(
                CutRule(
                    segment_id=cut.segment.pk,
                    least_score=cut.form.cleaned_data["least_score"],
                    quota=cut.form.cleaned_data["quota"],
                    conditions=cut.conditions,
                )
                for cut in self.cuts
            ),
            plane=self.plane.read() if self.by_plane else None,
        )

    def _word(self) -> None:
        for cut in self.cuts:
            cut.words = "" if cut.conditions is None else describe(cut.conditions, catalogue=self.catalogue, firm=self.firm)

    def check(self) -> Rules | None:
        """Read, lint, and put every problem beside its cell. None when it cannot even be kept as a draft."""
        rules = self.rules()
        found = [] if rules is None else lint(rules, catalogue=self.catalogue)
        # The same may be true of both axes.
        self.problems = list(dict.fromkeys(self._renumbered(problem) for problem in found))
        cells = {form.add_prefix(name): (form, name) for form in self._forms() for name in form.fields}
        refused = [
            Fault(str(message), self._where(form.add_prefix(name)), f"id_{form.add_prefix(name)}")
            for form in self._forms()
            for name, messages in form.errors.items()
            for message in messages
        ]
        refused += [
            Fault(message, cut.segment.name, cut.builder.anchor(at))
            for cut in self.cuts
            if cut.builder is not None and self.has_conditions
            for at, messages in cut.builder.problems.items()
            for message in messages
        ]
        keepable = True
        for problem in self.problems:
            form, name = cells.get(problem.at, (None, ""))
            if form is not None and problem.warning:
                form.warn(name, problem.message)
            elif form is not None:
                form.add_error(name, problem.message)
                # One criterion an attribute is a rule of the database: a draft that breaks it is not kept.
                keepable = keepable and name != "attribute"
            else:
                self._place(problem)
        self.faults = refused + [Fault(p.message, self._where(p.at), self._anchor(p.at, cells), p.warning) for p in self.problems]
        return rules if keepable else None

    def _renumbered(self, problem: Problem) -> Problem:
        """At the row of the form, which has what is set aside too."""
        what, _dash, rest = problem.at.partition("-")
        if what != "criteria" or not rest:
            return problem
        number, _dash, name = rest.partition("-")
        return Problem(f"criteria-{self._rows[int(number)]}-{name}", problem.message, problem.warning)

    def _place(self, problem: Problem) -> None:
        """Beside the part it concerns, where no single field does."""
        what, _dash, rest = problem.at.partition("-")
        number, _dash, name = rest.partition("-")
        if what == "criteria" and rest:
            self.criteria[int(number)].problems.append(problem)
        elif what == "plane":
            self.plane.problems.append(problem)
        elif what == "cuts" and rest:
            cut = self.cuts[int(number)]
            place = name.removeprefix("conditions").removeprefix("-")
            if name.startswith("conditions") and cut.builder is not None:
                cut.builder.note(place, problem.message, warning=problem.warning)
            else:
                cut.problems.append(problem)

    def _where(self, at: str) -> str:
        what, _dash, rest = at.partition("-")
        number = rest.partition("-")[0]
        if what == "criteria" and number:
            return self.criteria[int(number)].title
        if what == "cuts" and number:
            return self.cuts[int(number)].segment.name
        return _("Two axes") if what == "plane" else ""

    def _anchor(self, at: str, cells: dict[str, Any]) -> str:
        if at in cells:
            return f"id_{at}"
        what, _dash, rest = at.partition("-")
        number, _dash, name = rest.partition("-")
        if what == "cuts" and name.startswith("conditions"):
            builder = self.cuts[int(number)].builder
            return f"cuts-{number}" if builder is None else builder.anchor(name)
        return f"{what}-{number}" if number else what


def _criterion(criterion: CriterionEditor) -> CriterionRule:
    read = criterion.form.cleaned_data
    return CriterionRule(
        key=str(criterion.number),
        attribute=read["attribute"],
        weight=Decimal(0) if criterion.axis == Axis.STATED else read["weight"],
        axis=criterion.axis,
        scale=read["scale"] or Scale.BANDS,
        bands=tuple(_band(form.cleaned_data, by_choice=criterion.by_choice) for form in criterion.bands if form.cleaned_data["points"] is not None),
        zero_at=read["zero_at"],
        full_at=read["full_at"],
        descending=read["descending"] or False,
        definition_en=(read["definition_en"] or "").strip(),
        definition_fr=(read["definition_fr"] or "").strip(),
    )


def _band(read: dict[str, Any], *, by_choice: bool) -> BandRule:
    if by_choice:
        return BandRule(points=read["points"], choice=read["choice"])
    return BandRule(points=read["points"], lower=read["lower"], upper=read["upper"])
