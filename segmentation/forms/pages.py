"""The forms of this room's other pages."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Field
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from segmentation.models import Scheme, Segment
from segmentation.presets import FEWEST_LEVELS, MOST_LEVELS


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
    levels = forms.TypedChoiceField(
        label=_("segments"), coerce=int, choices=[(number, str(number)) for number in range(FEWEST_LEVELS, MOST_LEVELS + 1)], initial=3
    )


class SegmentForm(forms.Form):
    """A segment's words, and how its clients like to be served."""

    name_en = forms.CharField(label=_("name (English)"), max_length=60)
    name_fr = forms.CharField(label=_("name (French)"), max_length=60)
    description_en = forms.CharField(label=_("description (English)"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    description_fr = forms.CharField(label=_("description (French)"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in Segment.STYLE:
            stored: Field[str, str] = Segment._meta.get_field(name)  # type: ignore[assignment]
            choices = [("", gettext("Not said")), *(stored.choices or ())]
            self.fields[name] = forms.ChoiceField(label=capfirst(str(stored.verbose_name)), choices=choices, required=False)

    @property
    def style(self) -> list[forms.BoundField]:
        return [self[name] for name in Segment.STYLE]


class CrossForm(forms.Form):
    """Which two published schemes to cross: as asked, else the service scheme down and the first other one across."""

    rows = forms.TypedChoiceField(label=_("Rows"), coerce=int)
    columns = forms.TypedChoiceField(label=_("Columns"), coerce=int)

    def __init__(self, asked: QueryDict, *, schemes: Sequence[Scheme]) -> None:
        keys = [str(scheme.pk) for scheme in schemes]
        rows = asked.get("rows") or next((key for key in keys if key != asked.get("columns")), "")
        columns = asked.get("columns") or next((key for key in keys if key != rows), "")
        super().__init__({"rows": rows, "columns": columns})
        for name in ("rows", "columns"):
            self.fields[name].choices = [(scheme.pk, scheme.name) for scheme in schemes]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("rows") is not None and found.get("rows") == found.get("columns"):
            self.add_error("columns", _("Choose another scheme than that of the rows."))
        return found
