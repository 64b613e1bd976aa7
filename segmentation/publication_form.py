"""When a version takes effect, and why."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from segmentation.publishing import FARTHEST


class PublicationForm(forms.Form):
    """Today, or a day to come; what is not said is today."""

    TODAY, LATER = "today", "later"

    when = forms.ChoiceField(label=_("In force"), choices=[(TODAY, _("From today")), (LATER, _("From a day to come"))], widget=forms.RadioSelect)
    effective_on = forms.DateField(
        label=_("First day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For a day to come: within a year. The night of that day places everybody, on the data of that day."),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Why; it stays with the version.")
    )

    def __init__(self, data: QueryDict | None = None, *, today: date, **kwargs: Any) -> None:
        if data is not None and "when" not in data:
            data = data.copy()
            data["when"] = self.TODAY
        super().__init__(data, **kwargs)
        self.fields["effective_on"].widget.attrs.update({"min": (today + timedelta(days=1)).isoformat(), "max": (today + FARTHEST).isoformat()})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        later = cleaned.get("when") == self.LATER
        if later and not cleaned.get("effective_on") and "effective_on" not in self.errors:
            self.add_error("effective_on", _("Give the first day."))
        if not later:
            cleaned["effective_on"] = None
        return cleaned
