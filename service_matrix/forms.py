"""Shape of what people type in the matrix; the rules are in promises.py."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.models import Channel
from service_matrix.models import Performer, Promise, TouchpointType
from service_matrix.promises import MINUTES_A_DAY, InvalidPromise, PromiseTerms, check_promise, usual_window
from service_matrix.versions import TERMS


class PromiseForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput)
    times = forms.IntegerField(label=_("Times a year"), widget=forms.NumberInput(attrs={"min": 1, "max": 52, "autofocus": True}))
    times_at_most = forms.IntegerField(
        label=_("At most"),
        required=False,
        help_text=_("For a range such as 3–4; empty otherwise."),
        widget=forms.NumberInput(attrs={"min": 1, "max": 52}),
    )
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    performer = forms.ChoiceField(label=_("Done by"), choices=Performer.choices)
    minutes = forms.IntegerField(label=_("Minutes"), widget=forms.NumberInput(attrs={"min": 0, "max": MINUTES_A_DAY}))
    direct_cost = forms.DecimalField(
        label=_("Direct cost"),
        help_text=_("What each one costs besides time: a card, a lunch."),
        max_digits=8,
        decimal_places=2,
        required=False,
        widget=forms.NumberInput(attrs={"min": 0, "step": "0.01"}),
    )
    window_days = forms.IntegerField(
        label=_("Window (days)"), help_text=_("How long after the due date it still counts."), widget=forms.NumberInput(attrs={"min": 0, "max": 183})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check_promise(self.terms())
            except InvalidPromise as refusal:
                for field, error in refusal.errors.items():
                    self.add_error(field, error)
        return cleaned

    def terms(self) -> PromiseTerms:
        cleaned = self.cleaned_data | {"direct_cost": self.cleaned_data["direct_cost"] or Decimal(0)}
        return PromiseTerms(**{term: cleaned[term] for term in TERMS})


def first_terms(*, promise: Promise | None, touchpoint_type: TouchpointType) -> dict[str, Any]:
    """What the form shows first: the promise, or once a year as the type is usually done."""
    if promise is not None:
        return {term: getattr(promise, term) for term in TERMS}
    return {
        "times": 1,
        "channel": touchpoint_type.channel,
        "performer": touchpoint_type.performer,
        "minutes": touchpoint_type.minutes,
        "direct_cost": touchpoint_type.direct_cost,
        "window_days": usual_window(1),
    }


class TouchpointTypeForm(forms.ModelForm[TouchpointType]):
    class Meta:
        model = TouchpointType
        fields = ("name_en", "name_fr", "channel", "performer", "minutes", "direct_cost", "is_active")
        widgets = {"minutes": forms.NumberInput(attrs={"min": 0, "max": MINUTES_A_DAY})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["direct_cost"].required = False

    def clean_direct_cost(self) -> Decimal:
        return self.cleaned_data["direct_cost"] or Decimal(0)


class StepForm(forms.Form):
    en = forms.CharField(label=_("Step (English)"), max_length=200, required=False)
    fr = forms.CharField(label=_("Step (French)"), max_length=200, required=False)
    performer = forms.ChoiceField(label=_("Done by"), choices=Performer.choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("en")) != bool(cleaned.get("fr")):
            self.add_error("fr" if cleaned.get("en") else "en", _("Both languages, or neither."))
        return cleaned


StepFormSet = forms.formset_factory(StepForm, extra=2, max_num=20)


def steps_of(formset: "forms.BaseFormSet[StepForm]") -> list[dict[str, str]]:
    """The steps typed, in order; emptied lines are gone."""
    return [
        {"en": form.cleaned_data["en"], "fr": form.cleaned_data["fr"], "performer": form.cleaned_data["performer"]}
        for form in formset
        if form.cleaned_data.get("en") and form.cleaned_data.get("fr")
    ]
