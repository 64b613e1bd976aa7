"""The editor of a draft, as forms: every input comes back as it was typed, and every problem stands beside its field."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from clients.attributes import Catalogue, Unit, by_group, catalogue_of
from firms.models import Firm
from segmentation.linting import Problem, lint, plain
from segmentation.models import Method, Missing, Segment
from segmentation.rules import BandRule, CriterionRule, CutRule, Rules, choices_of, weighable

MOST_CRITERIA = 12
MOST_BANDS = 30


class FigureField(forms.DecimalField):
    """A number as people write it in the active language: spaces between thousands, decimal comma in French."""

    def __init__(self, *, label: str | Any, required: bool = False, **limits: Any) -> None:
        super().__init__(
            label=label, required=required, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 9}), **limits
        )

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            value = re.sub(r"[\s\u00a0\u202f$€%]", "", value)
            value = value.replace(",", ".") if (get_language() or "en").startswith("fr") else value.replace(",", "")
        return super().to_python(value)


class SettingsForm(forms.Form):
    method = forms.ChoiceField(label=_("How clients are placed"), choices=Method.choices)
    missing = forms.ChoiceField(label=_("When data is missing"), choices=Missing.choices)
    revision = forms.IntegerField(widget=forms.HiddenInput)


class CutForm(forms.Form):
    least_score = FigureField(label=_("From score"), max_digits=7, decimal_places=4)
    quota = FigureField(label=_("Share of the book (%)"), max_digits=7, decimal_places=4)


def _attribute_choices(catalogue: Catalogue) -> list[Any]:
    groups = [(str(group.label), [(found.key, found.label) for found in members]) for group, members in by_group(weighable(catalogue))]
    return [("", "–"), *groups]


class StatedField(forms.CharField):
    """Needed to publish (see linting.py), not to keep a draft."""

    def validate(self, value: Any) -> None:
        return


class CriterionForm(forms.Form):
    attribute = forms.ChoiceField(label=_("What it weighs"))
    weight = FigureField(label=_("Weight (%)"), required=True, max_digits=5, decimal_places=2, min_value=0, max_value=100)
    definition_en = StatedField(label=_("Definition (English)"), widget=forms.Textarea(attrs={"rows": 2}))
    definition_fr = StatedField(label=_("Definition (French)"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, attributes: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attribute"].choices = attributes  # type: ignore[attr-defined]


class BandForm(forms.Form):
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


@dataclass
class CriterionEditor:
    """One criterion being edited, with its bands."""

    number: int
    form: CriterionForm
    bands: list[BandForm]
    by_choice: bool
    unit: str
    # What no single field causes.
    problems: list[str] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        return f"criteria-{self.number}"


State = dict[str, Any]


@dataclass
class Editor:
    """The whole draft being edited. `state` is what was typed, as text."""

    state: State
    segments: list[Segment]
    settings: SettingsForm
    cuts: list[tuple[Segment, CutForm]]
    criteria: list[CriterionEditor]
    catalogue: Catalogue
    problems: list[Problem] = field(default_factory=list)

    @property
    def by_quota(self) -> bool:
        return bool(self.state["method"] == Method.QUOTAS)

    @property
    def total_weight(self) -> Decimal:
        total = Decimal(0)
        for criterion in self.criteria:
            try:
                weight = FigureField(label="").to_python(criterion.form["weight"].value())
            except forms.ValidationError:
                continue
            # "NaN" reads as a decimal too, and makes the sum one.
            total += weight if weight is not None and weight.is_finite() else 0
        return total

    @property
    def error_count(self) -> int:
        return len([problem for problem in self.problems if not problem.warning])

    def rules(self) -> Rules | None:
        """What the forms say; None while something in them cannot be read. Bound editors only."""
        every = [self.settings, *(form for _segment, form in self.cuts)]
        every += [form for criterion in self.criteria for form in (criterion.form, *criterion.bands)]
        # Every form is read, so that every fault shows at once.
        valid = [form.is_valid() for form in every]
        if not all(valid):
            return None
        return Rules(
            method=self.settings.cleaned_data["method"],
            missing=self.settings.cleaned_data["missing"],
            criteria=tuple(self._criterion(criterion) for criterion in self.criteria),
            cuts=tuple(
                CutRule(segment_id=segment.pk, least_score=form.cleaned_data["least_score"], quota=form.cleaned_data["quota"])
                for segment, form in self.cuts
            ),
        )

    def _criterion(self, criterion: CriterionEditor) -> CriterionRule:
        read = criterion.form.cleaned_data
        return CriterionRule(
            key=str(criterion.number),
            attribute=read["attribute"],
            weight=read["weight"],
            definition_en=read["definition_en"].strip(),
            definition_fr=read["definition_fr"].strip(),
            bands=tuple(_band(form.cleaned_data, by_choice=criterion.by_choice) for form in criterion.bands),
        )

    def check(self) -> Rules | None:
        """Read, lint, and put every problem beside its field. None when it cannot even be kept as a draft."""
        rules = self.rules()
        if rules is None:
            return None
        self.problems = lint(rules, catalogue=self.catalogue)
        forms_by_prefix = self._forms()
        keepable = True
        for problem in self.problems:
            prefix, _dash, name = problem.at.rpartition("-")
            form = forms_by_prefix.get(prefix)
            if form is not None and name in form.fields:
                form.add_error(name, problem.message)
                # One criterion an attribute is a rule of the database: a draft that breaks it is not kept.
                keepable = keepable and name != "attribute"
            elif prefix.startswith("criteria-"):
                self.criteria[int(prefix.split("-")[1])].problems.append(problem.message)
        return rules if keepable else None

    @property
    def general_problems(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.at in {"criteria", "cuts"}]

    def _forms(self) -> dict[str, forms.Form]:
        found: dict[str, forms.Form] = {f"cuts-{number}": form for number, (_segment, form) in enumerate(self.cuts)}
        for criterion in self.criteria:
            found[criterion.prefix] = criterion.form
            found.update({f"{criterion.prefix}-bands-{number}": form for number, form in enumerate(criterion.bands)})
        return found


def _band(read: dict[str, Any], *, by_choice: bool) -> BandRule:
    if by_choice:
        return BandRule(points=read["points"], choice=read["choice"])
    return BandRule(points=read["points"], lower=read["lower"], upper=read["upper"])


def build_editor(state: State, *, segments: list[Segment], firm: Firm, checked: bool) -> Editor:
    """Forms over a state; `checked` binds them, so that they can be read and show what is wrong."""
    data = flat_state(state) if checked else None

    def make(form: type[Any], prefix: str | None, values: State, **details: Any) -> Any:
        return form(data, prefix=prefix, **details) if checked else form(prefix=prefix, initial=values, **details)

    catalogue = catalogue_of(firm.pk)
    attributes = _attribute_choices(catalogue)
    criteria = []
    for number, row in enumerate(state["criteria"]):
        choices, unit = _kind_of(row["attribute"], firm, catalogue)
        prefix = f"criteria-{number}"
        bands = [
            make(BandForm, f"{prefix}-bands-{position}", band, choices=choices, number=position + 1) for position, band in enumerate(row["bands"])
        ]
        criteria.append(
            CriterionEditor(
                number=number, form=make(CriterionForm, prefix, row, attributes=attributes), bands=bands, by_choice=bool(choices), unit=unit
            )
        )
    cuts = [(segment, make(CutForm, f"cuts-{number}", state["cuts"][number])) for number, segment in enumerate(segments)]
    return Editor(state=state, segments=segments, settings=make(SettingsForm, None, state), cuts=cuts, criteria=criteria, catalogue=catalogue)


def _kind_of(key: str, firm: Firm, catalogue: Catalogue) -> tuple[list[tuple[str, str]], str]:
    """The values a criterion's bands choose among, and the unit of its figures."""
    source = catalogue.get(key)
    if source is None:
        return [], ""
    unit = {Unit.CURRENCY: firm.currency, Unit.YEARS: gettext("years"), Unit.PERCENT: "%"}.get(source.unit, "")
    return choices_of(source), unit


def state_of(rules: Rules, *, revision: int, segments: list[Segment]) -> State:
    """What the editor shows for saved rules, as text in the active language."""

    def text(figure: Decimal | None) -> str:
        return "" if figure is None else plain(figure)

    cuts = {cut.segment_id: cut for cut in rules.cuts}
    return {
        "method": rules.method,
        "missing": rules.missing,
        "revision": str(revision),
        "cuts": [
            {"least_score": text(cuts[segment.pk].least_score), "quota": text(cuts[segment.pk].quota)}
            if segment.pk in cuts
            else {"least_score": "", "quota": ""}
            for segment in segments
        ],
        "criteria": [
            {
                "attribute": rule.attribute,
                "weight": text(rule.weight),
                "definition_en": rule.definition_en,
                "definition_fr": rule.definition_fr,
                "bands": [
                    {"lower": text(band.lower), "upper": text(band.upper), "choice": band.choice, "points": text(band.points)} for band in rule.bands
                ],
            }
            for rule in rules.criteria
        ],
    }


_CUT = re.compile(r"cuts-(\d+)-(least_score|quota)$")
_CRITERION = re.compile(r"criteria-(\d+)-(attribute|weight|definition_en|definition_fr)$")
_BAND = re.compile(r"criteria-(\d+)-bands-(\d+)-(lower|upper|choice|points)$")
_EMPTY_BAND = {"lower": "", "upper": "", "choice": "", "points": ""}


def read_state(posted: Any, *, segments: list[Segment]) -> State:
    """What was typed, from a posted form; whatever else was sent is left aside."""
    cuts: list[dict[str, str]] = [{"least_score": "", "quota": ""} for _segment in segments]
    criteria: dict[int, State] = {}
    bands: dict[int, dict[int, dict[str, str]]] = {}
    for name, value in posted.items():
        if (found := _CUT.match(name)) and int(found[1]) < len(cuts):
            cuts[int(found[1])][found[2]] = value
        elif found := _CRITERION.match(name):
            criteria.setdefault(int(found[1]), {})[found[2]] = value
        elif found := _BAND.match(name):
            bands.setdefault(int(found[1]), {}).setdefault(int(found[2]), dict(_EMPTY_BAND))[found[3]] = value
    rows = [
        {
            **{key: criteria[number].get(key, "") for key in ("attribute", "weight", "definition_en", "definition_fr")},
            "bands": [band for _position, band in sorted(bands.get(number, {}).items())][:MOST_BANDS],
        }
        for number in sorted(criteria)
    ]
    return {
        "method": posted.get("method", Method.THRESHOLDS),
        "missing": posted.get("missing", Missing.ZERO),
        "revision": posted.get("revision", "0"),
        "cuts": cuts,
        "criteria": rows[:MOST_CRITERIA],
    }


def flat_state(state: State) -> dict[str, str]:
    data: dict[str, str] = {"method": state["method"], "missing": state["missing"], "revision": state["revision"]}
    for number, cut in enumerate(state["cuts"]):
        data.update({f"cuts-{number}-{key}": value for key, value in cut.items()})
    for number, row in enumerate(state["criteria"]):
        data.update({f"criteria-{number}-{key}": value for key, value in row.items() if key != "bands"})
        for position, band in enumerate(row["bands"]):
            data.update({f"criteria-{number}-bands-{position}-{key}": value for key, value in band.items()})
    return data


def change_state(state: State, action: str, *, catalogue: Catalogue) -> str:
    """Add or take away a criterion or a band, or fit the bands to another attribute. Returns the id of the field to focus."""
    verb, *numbers = action.split(":")
    places = [int(number) for number in numbers if number.isdecimal()]
    criteria = state["criteria"]
    if verb == "add-criterion" and len(criteria) < MOST_CRITERIA:
        criteria.append({"attribute": "", "weight": "", "definition_en": "", "definition_fr": "", "bands": [dict(_EMPTY_BAND)]})
        return f"id_criteria-{len(criteria) - 1}-attribute"
    if not places or places[0] >= len(criteria):
        return ""
    chosen = criteria[places[0]]
    if verb == "remove-criterion":
        del criteria[places[0]]
    elif verb == "add-band" and len(chosen["bands"]) < MOST_BANDS:
        # The next band begins where the last one ends.
        last = chosen["bands"][-1] if chosen["bands"] else _EMPTY_BAND
        chosen["bands"].append({**_EMPTY_BAND, "lower": last["upper"]})
        by_choice = bool(_choices(chosen["attribute"], catalogue))
        return f"id_criteria-{places[0]}-bands-{len(chosen['bands']) - 1}-{'choice' if by_choice else 'lower'}"
    elif verb == "remove-band" and len(places) == 2 and places[1] < len(chosen["bands"]):
        del chosen["bands"][places[1]]
    elif verb == "attribute":
        _fit_bands(chosen, catalogue)
        return f"id_criteria-{places[0]}-weight"
    return ""


def _choices(key: str, catalogue: Catalogue) -> list[tuple[str, str]]:
    source = catalogue.get(key)
    return [] if source is None else choices_of(source)


def _fit_bands(row: State, catalogue: Catalogue) -> None:
    """Another attribute: one band a value when it has values, ranges when it is a figure; points are kept where they can be."""
    choices = _choices(row["attribute"], catalogue)
    if choices:
        known = {band["choice"]: band["points"] for band in row["bands"]}
        row["bands"] = [{**_EMPTY_BAND, "choice": value, "points": known.get(value, "")} for value, _label in choices]
    elif any(band["choice"] for band in row["bands"]):
        row["bands"] = [dict(_EMPTY_BAND)]


class OverrideForm(forms.Form):
    """A placement by decision."""

    segment = forms.ModelChoiceField(label=_("Segment"), queryset=Segment.objects.none(), empty_label=None)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    expires_on = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From this day the computed segment applies again; two years at most."),
    )

    def __init__(self, *args: Any, segments: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["segment"]
        chosen.queryset = segments  # type: ignore[attr-defined]
        chosen.label_from_instance = lambda segment: segment.name  # type: ignore[attr-defined]
        self.fields["expires_on"].widget.attrs["min"] = (today + timedelta(days=1)).isoformat()


class OwnSchemeForm(forms.Form):
    """A scheme that starts from nothing."""

    name_en = forms.CharField(label=_("name (English)"), max_length=80)
    name_fr = forms.CharField(label=_("name (French)"), max_length=80)
    levels = forms.TypedChoiceField(label=_("segments"), coerce=int, choices=[(number, str(number)) for number in range(2, 7)], initial=3)


class SegmentForm(forms.Form):
    name_en = forms.CharField(label=_("name (English)"), max_length=60)
    name_fr = forms.CharField(label=_("name (French)"), max_length=60)
    description_en = forms.CharField(label=_("description (English)"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    description_fr = forms.CharField(label=_("description (French)"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
