"""Shape of what people type in the matrix; the rules are in promises.py."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from service_matrix.anchors import Anchor, Event, Unit
from service_matrix.channels import channel_choices
from service_matrix.letters import MERGE_FIELDS, unknown_fields
from service_matrix.models import ChannelRole, FirmChannel, Performer, Promise, TouchpointType
from service_matrix.promises import MINUTES_A_DAY, InvalidPromise, PromiseTerms, check_said, hang_as_usual, settle_terms, usual_window


def _number(label: Any, *, least: int, most: int, required: bool = False, **options: Any) -> forms.IntegerField:
    """The browser knows the bounds; who passes them all the same is told in the words of promises.py."""
    return forms.IntegerField(label=label, required=required, widget=forms.NumberInput(attrs={"min": least, "max": most}), **options)


class PromiseForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput)
    # What the cell said when it was read (journal.fingerprint): other cells may change meanwhile.
    seen = forms.CharField(widget=forms.HiddenInput, max_length=16, required=False)
    times = _number(_("Times a year"), least=1, most=52)
    times_at_most = _number(_("At most"), least=1, most=52, help_text=_("For a range such as 3–4; empty otherwise."))
    every = _number(_("Or every"), least=1, most=52)
    every_unit = forms.ChoiceField(label=_("Unit"), choices=Unit.choices, required=False, initial=Unit.WEEKS)
    channel = forms.ChoiceField(label=_("Channel"))
    performer = forms.ChoiceField(label=_("Done by"), choices=Performer.choices)
    minutes = _number(_("Minutes"), least=0, most=MINUTES_A_DAY, required=True)
    direct_cost = forms.DecimalField(
        label=_("Direct cost"),
        help_text=_("What each one costs besides time: a card, a lunch."),
        max_digits=8,
        decimal_places=2,
        required=False,
        widget=forms.NumberInput(attrs={"min": 0, "step": "0.01"}),
    )
    lead_days = _number(_("Booked ahead (days)"), least=0, most=183, help_text=_("When to begin looking for a date."))
    window_days = _number(_("Window (days)"), least=0, most=183, required=True, help_text=_("How long after the due date it still counts."))
    anchor = forms.ChoiceField(label=_("When in the year"), choices=Anchor.choices, required=False)
    anchor_month = forms.TypedChoiceField(label=_("Month"), coerce=int, empty_value=None, required=False, choices=[("", "–"), *MONTHS.items()])
    anchor_day = _number(_("Day"), least=1, most=31)
    anchor_event = forms.ChoiceField(label=_("Event"), choices=[("", "–"), *Event.choices], required=False)
    anchor_days = _number(_("Days after it"), least=0, most=366)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, own_channels: Sequence[FirmChannel] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own_channels = {f"own:{each.pk}": each for each in own_channels}
        channel = self.fields["channel"]
        if isinstance(channel, forms.ChoiceField):
            channel.choices = channel_choices(own_channels)
        self.fields["times"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and cleaned.get("times") is None and cleaned.get("every") is None:
            self.add_error("times", gettext("How many times a year? Or every how many weeks or months?"))
        if not self.errors:
            try:
                check_said(self.said())
            except InvalidPromise as refusal:
                for field, error in refusal.errors.items():
                    self.add_error(field, error)
        return cleaned

    @property
    def typed(self) -> str:
        """What was typed, as it was typed."""
        chosen = dict(self.fields["channel"].choices).get(self["channel"].value(), "")  # type: ignore[attr-defined]
        often = self["times"].value() or self["every"].value() or "–"
        most = f"–{self['times_at_most'].value()}" if self["times_at_most"].value() else ""
        return f"{often}{most} × {chosen}, {self['minutes'].value() or '–'} min"

    def terms(self) -> PromiseTerms:
        return settle_terms(self.said())

    def said(self) -> PromiseTerms:
        """What was typed, as it was typed: an interval and times at once, too."""
        said = dict(self.cleaned_data)
        del said["revision"], said["seen"]
        own = self.own_channels.get(said["channel"])
        filled = {
            "times": said["times"] if said["times"] is not None else 0,
            "direct_cost": said["direct_cost"] or Decimal(0),
            "lead_days": said["lead_days"] or 0,
            "anchor": said["anchor"] or Anchor.SPREAD.value,
            "channel": own.counts_as if own else said["channel"],
            "own_channel_id": own.pk if own else None,
        }
        return PromiseTerms(**said | filled)


def first_terms(*, promise: Promise | None, touchpoint_type: TouchpointType) -> dict[str, Any]:
    """What the form shows first: the promise, or once a year as the type is usually done."""
    if promise is not None:
        shown = {name: getattr(promise, name) for name in PromiseForm.base_fields if name not in {"revision", "seen"}}
        if promise.own_channel_id is not None:
            shown["channel"] = f"own:{promise.own_channel_id}"
        if promise.every is not None:
            shown["times"] = None
        return shown
    usual = hang_as_usual(
        PromiseTerms(
            times=1,
            channel=touchpoint_type.channel,
            performer=touchpoint_type.performer,
            minutes=touchpoint_type.minutes,
            direct_cost=touchpoint_type.direct_cost,
            window_days=usual_window(1),
        ),
        type_key=touchpoint_type.key,
    )
    return {
        name: getattr(usual, name) for name in ("times", "channel", "performer", "minutes", "direct_cost", "window_days", "anchor", "anchor_month")
    }


class ReactiveForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput)
    minutes = _number(_("Minutes a client and year"), least=0, most=6000, required=True)


class PublishForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    effective_on = forms.DateField(
        label=_("Comes into force on"),
        required=False,
        help_text=_("Today, or a day to come: until then the present matrix stays."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ChannelForm(forms.ModelForm[FirmChannel]):
    roles = forms.MultipleChoiceField(label=_("Used for"), choices=ChannelRole.choices, required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = FirmChannel
        fields = ("name_en", "name_fr", "counts_as", "roles", "is_active")
        help_texts = {"counts_as": _("What it is planned and logged as.")}


class TouchpointTypeForm(forms.ModelForm[TouchpointType]):
    class Meta:
        model = TouchpointType
        fields = (
            "name_en",
            "name_fr",
            "channel",
            "performer",
            "minutes",
            "direct_cost",
            "is_delegable",
            "is_active",
            "subject_en",
            "subject_fr",
            "message_en",
            "message_fr",
        )
        widgets = {"minutes": forms.NumberInput(attrs={"min": 0, "max": MINUTES_A_DAY})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["direct_cost"].required = False

    def clean_direct_cost(self) -> Decimal:
        return self.cleaned_data["direct_cost"] or Decimal(0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("subject", "message"):
            for language in ("en", "fr"):
                if wrong := unknown_fields(cleaned.get(f"{name}_{language}") or ""):
                    known = ", ".join(f"{{{field}}}" for field in MERGE_FIELDS)
                    words = gettext("Nothing fills in %(wrong)s. What is filled in: %(known)s.") % {"wrong": ", ".join(wrong), "known": known}
                    self.add_error(f"{name}_{language}", words)
            both = [cleaned.get(f"{name}_en"), cleaned.get(f"{name}_fr")]
            is_sound = not {f"{name}_en", f"{name}_fr"} & self.errors.keys()
            if is_sound and any(both) and not all(both):
                self.add_error(f"{name}_{'en' if both[1] else 'fr'}", gettext("Both languages, or neither."))
        return cleaned


class InTwoLanguages(forms.Form):
    """One line in both languages, or neither."""

    en = forms.CharField(max_length=200, required=False)
    fr = forms.CharField(max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("en")) != bool(cleaned.get("fr")):
            self.add_error("fr" if cleaned.get("en") else "en", gettext("Both languages, or neither."))
        return cleaned


class StepForm(InTwoLanguages):
    en = forms.CharField(label=_("Step (English)"), max_length=200, required=False)
    fr = forms.CharField(label=_("Step (French)"), max_length=200, required=False)
    performer = forms.ChoiceField(label=_("Done by"), choices=Performer.choices)


class AgendaForm(InTwoLanguages):
    en = forms.CharField(label=_("Point (English)"), max_length=200, required=False)
    fr = forms.CharField(label=_("Point (French)"), max_length=200, required=False)


StepFormSet = forms.formset_factory(StepForm, extra=2, max_num=20)
AgendaFormSet = forms.formset_factory(AgendaForm, extra=2, max_num=20)


def lines_of(formset: "forms.BaseFormSet[Any]") -> list[dict[str, str]]:
    """The lines typed, in order; emptied ones are gone."""
    return [dict(form.cleaned_data) for form in formset if form.cleaned_data.get("en") and form.cleaned_data.get("fr")]
