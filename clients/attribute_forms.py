"""What administrators write of the firm's own attributes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.defining import GROUPS, MOST_CHOICES, WITH_CHOICES, AttributeDraft, ChoiceDraft
from clients.models import AttributeDefinition


class AttributeForm(forms.ModelForm[AttributeDefinition]):
    class Meta:
        model = AttributeDefinition
        fields = ("label_en", "label_fr", "group", "type", "definition_en", "definition_fr")
        widgets = {"definition_en": forms.Textarea(attrs={"rows": 3}), "definition_fr": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"type": _("It is said once: the type tells how what is stored reads.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = [(group.value, group.label) for group in GROUPS]  # type: ignore[attr-defined]
        self.fields["label_en"].widget.attrs["autofocus"] = True
        if self.instance.pk:
            self.fields["type"].disabled = True
            self.fields["type"].help_text = ""

    def _post_clean(self) -> None:
        """Validated by the domain function, which every writer goes through."""

    @property
    def asks_choices(self) -> bool:
        return not self.instance.pk or self.instance.type in WITH_CHOICES

    def draft(self, choices: "forms.BaseFormSet[ChoiceForm]") -> AttributeDraft:
        return AttributeDraft(**self.cleaned_data, choices=choices_of(choices))


class ChoiceForm(forms.Form):
    value = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    en = forms.CharField(label=_("English"), max_length=80, required=False)
    fr = forms.CharField(label=_("French"), max_length=80, required=False)
    offered = forms.BooleanField(label=_("Offered"), required=False, initial=True)

    def has_changed(self) -> bool:
        """A line without words is no choice, whatever is ticked."""
        return bool(set(self.changed_data) - {"offered"}) or bool(self.initial)


def choice_formset(choices: list[dict[str, Any]], *, data: Any = None, extra: int = 3) -> "forms.BaseFormSet[ChoiceForm]":
    """The choices, one a line, and a few lines for new ones."""
    made = forms.formset_factory(ChoiceForm, extra=extra, max_num=MOST_CHOICES, absolute_max=MOST_CHOICES + 20)
    initial = [{"value": each["value"], "en": each["en"], "fr": each["fr"], "offered": not each["archived"]} for each in choices]
    return made(data, initial=initial, prefix="choices")


def choices_of(formset: "forms.BaseFormSet[ChoiceForm]") -> tuple[ChoiceDraft, ...]:
    """The choices typed, in order; emptied lines are gone."""
    lines = [form.cleaned_data for form in formset if form.cleaned_data.get("en") or form.cleaned_data.get("fr")]
    return tuple(ChoiceDraft(en=line["en"], fr=line["fr"], value=line["value"], archived=not line["offered"]) for line in lines)
