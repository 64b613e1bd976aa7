"""How a person says when and how to be told."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from messaging.models import Preferences
from messaging.notices import kinds_at_once


def _hour(**options: Any) -> forms.TimeField:
    return forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **options)


class PreferencesForm(forms.ModelForm[Preferences]):
    digest_by_email = forms.BooleanField(label=_("Send me a digest by e-mail"), required=False)
    digest_at = _hour(
        label=pgettext_lazy("hour", "At"), help_text=_("On working days, in your own time zone. The notice in the product comes at the same hour.")
    )
    on_days_off = forms.BooleanField(label=_("Also on days off"), required=False)
    quiet_from = _hour(label=pgettext_lazy("hour", "From"), required=False)
    quiet_until = _hour(label=pgettext_lazy("hour", "Until"), required=False)
    at_once = forms.MultipleChoiceField(label=_("E-mail me at once"), required=False, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Preferences
        fields = ("digest_by_email", "digest_at", "on_days_off", "quiet_from", "quiet_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list(kinds_at_once())
        field = cast(forms.MultipleChoiceField, self.fields["at_once"])
        field.choices = choices
        self.initial["at_once"] = [kind for kind, _label in choices if kind not in self.instance.muted_kinds]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and (cleaned["quiet_from"] is None) != (cleaned["quiet_until"] is None):
            self.add_error("quiet_until" if cleaned["quiet_until"] is None else "quiet_from", _("Say both hours, or none."))
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """What `preferences.set_preferences` takes; a kind this form does not know stays muted or not, as it was."""
        cleaned = dict(self.cleaned_data)
        wanted = set(cleaned.pop("at_once"))
        offered = {kind for kind, _label in kinds_at_once()}
        return cleaned | {"muted_kinds": sorted((set(self.instance.muted_kinds) - offered) | (offered - wanted))}
