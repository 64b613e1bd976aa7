"""What is typed when a client, or a whole scheme, is reviewed."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from segmentation.models import Reassessment, SchemeReview, Segment
from segmentation.reassessing import a_year_after


class ReassessForm(forms.Form):
    """Keep or change? The last three fields are read where the outcome asks for them."""

    outcome = forms.ChoiceField(label=_("What becomes of it?"), widget=forms.RadioSelect)
    note = forms.CharField(label=_("Note or reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    segment = forms.ModelChoiceField(label=_("Segment"), queryset=Segment.objects.none(), required=False)
    expires_on = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, segments: Any, current: Segment, computed: Segment, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcomes = [(Reassessment.Outcome.KEPT.value, gettext("Keep in %(segment)s") % {"segment": current.name})]
        if computed.pk != current.pk:
            outcomes.append((Reassessment.Outcome.CHANGED.value, gettext("Move to %(segment)s, as the rules say") % {"segment": computed.name}))
        outcomes.append((Reassessment.Outcome.OVERRIDDEN.value, gettext("Place by decision")))
        self.fields["outcome"].choices = outcomes  # type: ignore[attr-defined]
        chosen = self.fields["segment"]
        chosen.queryset = segments  # type: ignore[attr-defined]
        chosen.label_from_instance = lambda segment: segment.name  # type: ignore[attr-defined]
        self.fields["expires_on"].widget.attrs["min"] = (today + timedelta(days=1)).isoformat()

    def clean(self) -> None:
        super().clean()
        if self.cleaned_data.get("outcome") == Reassessment.Outcome.OVERRIDDEN:
            for name in ("segment", "expires_on"):
                if name not in self.errors and not self.cleaned_data.get(name):
                    self.add_error(name, gettext("A placement by decision needs this."))

    def decision(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("outcome", "note", "segment", "expires_on")}


class SchemeReviewForm(forms.Form):
    """The four questions of the yearly review."""

    capacity = forms.ChoiceField(label=_("Does capacity equal commitments?"), choices=SchemeReview.Answer.choices, widget=forms.RadioSelect)
    accuracy = forms.ChoiceField(label=_("Is the segmentation still accurate?"), choices=SchemeReview.Answer.choices, widget=forms.RadioSelect)
    delivery = forms.ChoiceField(label=_("Is the service delivered consistently?"), choices=SchemeReview.Answer.choices, widget=forms.RadioSelect)
    needs = forms.ChoiceField(label=_("Are the clients’ needs met?"), choices=SchemeReview.Answer.choices, widget=forms.RadioSelect)
    conclusions = forms.CharField(
        label=_("Conclusions"), widget=forms.Textarea(attrs={"rows": 4}), help_text=_("What will change, and who sees to it.")
    )
    next_on = forms.DateField(label=_("Next review"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["next_on"].initial = a_year_after(today)
        self.fields["next_on"].widget.attrs["min"] = (today + timedelta(days=1)).isoformat()
