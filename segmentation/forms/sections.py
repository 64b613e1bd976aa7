"""The parts of the editor as its templates read them: a criterion, an axis, what opens a segment, the plane."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils.translation import gettext as _

from clients.attributes import Attribute
from clients.conditions import ConditionsRefused, Group
from clients.conditions.building import Builder, GroupEditor
from firms.formats import in_language
from segmentation.forms.fields import FigureField
from segmentation.forms.parts import BandForm, CriterionForm, CutForm, PlaneForm
from segmentation.forms.state import AXIS_NAMES, MOST_BANDS, MOST_BORDERS
from segmentation.linting import Problem
from segmentation.models import Axis, Segment
from segmentation.rules import Plane


@dataclass(frozen=True)
class Fault:
    """A problem as the summary lists it: what, where in words, and the element to go to."""

    message: str
    where: str
    anchor: str
    warning: bool = False


@dataclass
class CriterionEditor:
    """One criterion being edited, with its bands."""

    number: int
    axis: int
    # Whether it counts under the method chosen.
    counts: bool
    typed: dict[str, str]
    form: CriterionForm
    bands: list[BandForm]
    scale: str
    source: Attribute | None = None
    choices: list[tuple[str, str]] = field(default_factory=list)
    unit: str = ""
    # What no single field causes.
    problems: list[Problem] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        return f"criteria-{self.number}"

    @property
    def carried(self) -> list[tuple[str, str]]:
        """The fields that no cell shows."""
        return [(self.form.add_prefix(name), self.typed[name]) for name in self.typed if name in self.form.aside]

    @property
    def by_choice(self) -> bool:
        return bool(self.choices)

    @property
    def title(self) -> str:
        return self.source.label if self.source is not None else _("New criterion")

    @property
    def may_add_band(self) -> bool:
        return len(self.bands) < MOST_BANDS

    @property
    def offers_definition(self) -> bool:
        """Whether the catalogue has a definition to start from, and nothing is written yet."""
        written = any(str(self.form[f"definition_{language}"].value() or "").strip() for language in ("en", "fr"))
        return self.source is not None and bool(self.source.definition) and not written

    @property
    def weight(self) -> Decimal:
        return read_figure(self.form["weight"].value()) or Decimal(0)

    @property
    def slider(self) -> str:
        return str(min(max(self.weight, Decimal(0)), Decimal(100)))


@dataclass
class AxisEditor:
    """The criteria of one axis."""

    axis: int
    name: str
    criteria: list[CriterionEditor]

    @property
    def total(self) -> Decimal:
        return sum((criterion.weight for criterion in self.criteria), Decimal(0))


@dataclass
class CutEditor:
    """What opens one segment."""

    number: int
    segment: Segment
    form: CutForm
    is_last: bool
    # Whoever no rule catches comes here.
    is_rest: bool
    builder: Builder | None
    # The conditions in words; empty while they cannot be read.
    words: str = ""
    problems: list[Problem] = field(default_factory=list)
    conditions: Group | None = None

    @property
    def group(self) -> GroupEditor | None:
        """What the builder's templates show: to be asked for when every problem is in its place."""
        return None if self.builder is None else self.builder.editor(url=reverse("condition_builder", args=[self.builder.prefix]))

    @property
    def is_settled(self) -> bool:
        """Nothing to mend in its conditions: they may stay folded."""
        return bool(self.words) and self.builder is not None and not self.builder.problems and not self.builder.warnings

    def read(self) -> bool:
        """Whether its conditions can be read; problems stay beside their fields."""
        try:
            self.conditions = None if self.builder is None else self.builder.group()
        except ConditionsRefused:
            return False
        return True


@dataclass
class PlaneEditor:
    form: PlaneForm
    x_borders: int
    y_borders: int
    problems: list[Problem] = field(default_factory=list)

    def name(self, axis: str) -> str:
        return in_language(en=self.form[f"{axis}_name_en"].value() or "", fr=self.form[f"{axis}_name_fr"].value() or "")

    @property
    def x_name(self) -> str:
        return self.name("x") or str(Axis.FIRST.label)

    @property
    def y_name(self) -> str:
        return self.name("y") or str(Axis.SECOND.label)

    @property
    def names(self) -> list[BoundField]:
        return [self.form[name] for name in AXIS_NAMES]

    @property
    def borders(self) -> list[tuple[str, str, list[BoundField], bool]]:
        """(x or y, its name, its borders, whether one more may be added)."""
        every = (("x", self.x_name, self.x_borders), ("y", self.y_name, self.y_borders))
        return [(axis, name, [self.form[f"{axis}_cuts-{number}"] for number in range(count)], count < MOST_BORDERS) for axis, name, count in every]

    @property
    def rows(self) -> list[tuple[str, list[BoundField]]]:
        """The grid as one looks at the plane, the highest part of the second axis first, each part with its span."""
        spans = self._spans("y", self.y_borders)
        return [
            (spans[row], [self.form[f"cells-{row}-{column}"] for column in range(self.x_borders + 1)]) for row in reversed(range(self.y_borders + 1))
        ]

    @property
    def columns(self) -> list[str]:
        return self._spans("x", self.x_borders)

    def _spans(self, axis: str, borders: int) -> list[str]:
        ends = ["0", *(str(self.form[f"{axis}_cuts-{number}"].value() or "?") for number in range(borders)), "100"]
        return [f"{ends[part]}\u202f–\u202f{ends[part + 1]}" for part in range(borders + 1)]

    def read(self) -> Plane:
        """What a valid form says."""
        read = self.form.cleaned_data
        return Plane(
            x_cuts=tuple(read[f"x_cuts-{number}"] for number in range(self.x_borders)),
            y_cuts=tuple(read[f"y_cuts-{number}"] for number in range(self.y_borders)),
            cells=tuple(tuple(read[f"cells-{row}-{column}"] for column in range(self.x_borders + 1)) for row in range(self.y_borders + 1)),
            **{name: read[name].strip() for name in AXIS_NAMES},
        )


def read_figure(typed: Any) -> Decimal | None:
    """A figure being typed; None while it is none. "NaN" reads as a decimal too, and would make a sum one."""
    try:
        figure = FigureField(label="").to_python(typed)
    except forms.ValidationError:
        return None
    return figure if figure is not None and figure.is_finite() else None
