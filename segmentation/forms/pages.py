"""The forms of this room's other pages."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from segmentation.models import Segment


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
