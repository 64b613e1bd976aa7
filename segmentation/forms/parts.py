"""The forms of the editor's parts: settings, what opens a segment, a criterion and its bands, the plane."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from segmentation.forms.fields import CellForm, FigureField, StatedField
from segmentation.models import Axis, Method, Missing, Scale, Segment, Winner


class SettingsForm(CellForm):
    method = forms.ChoiceField(label=_("How clients are placed"), choices=Method.choices)
    missing = forms.ChoiceField(label=_("When data is missing"), choices=Missing.choices)
    margin = FigureField(
        label=_("Margin (points)"),
        max_digits=7,
        decimal_places=4,
        help_text=_("Clients within this many points of their segment stay in it: nobody flaps between two."),
    )
    winner = forms.ChoiceField(label=_("When share and floor disagree"), choices=Winner.choices)
    fallback = forms.TypedChoiceField(
        label=_("Whoever no rule catches goes to"), coerce=int, empty_value=None, required=False, help_text=_("They are listed on the scheme’s page.")
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, segments: Sequence[Segment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fallback"].choices = [(str(segment.pk), segment.name) for segment in segments]  # type: ignore[attr-defined]


class CutForm(CellForm):
    least_score = FigureField(label=_("From score"), max_digits=7, decimal_places=4)
    quota = FigureField(label=_("Share of the book (%)"), max_digits=7, decimal_places=4)

    def __init__(self, *args: Any, segment: Segment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for bound in self.fields.values():
            bound.widget.attrs["aria-label"] = f"{bound.label}, {segment.name}"
            bound.widget.attrs["class"] = "num"


class CriterionForm(CellForm):
    axis = forms.TypedChoiceField(label=_("Counts towards"), coerce=int)
    attribute = forms.ChoiceField(label=_("What it weighs"))
    scale = forms.ChoiceField(label=_("How values earn points"), choices=Scale.choices)
    weight = FigureField(label=_("Weight (%)"), required=True, max_digits=5, decimal_places=2, min_value=0, max_value=100)
    zero_at = FigureField(label=_("0 points at"), max_digits=16, decimal_places=4)
    full_at = FigureField(label=_("100 points at"), max_digits=16, decimal_places=4)
    descending = forms.BooleanField(label=_("The lower, the better"), required=False)
    definition_en = StatedField(label=_("Definition (English)"), widget=forms.Textarea(attrs={"rows": 2}))
    definition_fr = StatedField(label=_("Definition (French)"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, attributes: list[Any], axes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attribute"].choices = attributes  # type: ignore[attr-defined]
        self.fields["axis"].choices = axes  # type: ignore[attr-defined]
        for name in ("weight", "zero_at", "full_at"):
            self.fields[name].widget.attrs["class"] = "num"


class BandForm(CellForm):
    lower = FigureField(label=_("From"), max_digits=16, decimal_places=4)
    upper = FigureField(label=_("Below"), max_digits=16, decimal_places=4)
    choice = forms.CharField(label=_("Value"), required=False, max_length=60)
    points = FigureField(label=_("Points"), required=True, max_digits=7, decimal_places=4, min_value=0, max_value=100)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if choices:
            self.fields["choice"].widget = forms.Select(choices=[("", "–"), *choices])
        for name, bound in self.fields.items():
            bound.widget.attrs["aria-label"] = gettext("%(field)s, band %(number)s") % {"field": bound.label, "number": number}
            if name != "choice":
                bound.widget.attrs["class"] = "num"


class PlaneForm(CellForm):
    """Names of the axes, borders between their parts, and whose each cell is."""

    x_name_en = StatedField(label=_("First axis (English)"), max_length=40)
    x_name_fr = StatedField(label=_("First axis (French)"), max_length=40)
    y_name_en = StatedField(label=_("Second axis (English)"), max_length=40)
    y_name_fr = StatedField(label=_("Second axis (French)"), max_length=40)

    def __init__(self, *args: Any, x_borders: int, y_borders: int, segments: Sequence[Segment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = gettext("Border %(number)s of the first axis"), gettext("Border %(number)s of the second axis")
        for name, borders, label in (("x_cuts", x_borders, first), ("y_cuts", y_borders, second)):
            for number in range(borders):
                made = FigureField(label=label % {"number": number + 1}, required=True, max_digits=7, decimal_places=4)
                made.widget.attrs.update({"aria-label": made.label, "class": "num"})
                self.fields[f"{name}-{number}"] = made
        choices = [(str(segment.pk), segment.name) for segment in segments]
        for row in range(y_borders + 1):
            for column in range(x_borders + 1):
                cell = forms.TypedChoiceField(choices=choices, coerce=int)
                words = {"column": column + 1, "row": row + 1}
                cell.widget.attrs["aria-label"] = gettext("Segment of part %(column)s of the first axis, part %(row)s of the second") % words
                self.fields[f"cells-{row}-{column}"] = cell


def axis_choices(x_name: str, y_name: str) -> list[tuple[str, str]]:
    return [
        (str(Axis.FIRST.value), x_name or str(Axis.FIRST.label)),
        (str(Axis.SECOND.value), y_name or str(Axis.SECOND.label)),
        (str(Axis.STATED.value), str(Axis.STATED.label)),
    ]
