"""What people may write about themselves, their colleagues and their firm."""

import zoneinfo
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from firms.models import User


def time_zone_choices() -> list[tuple[str, str]]:
    """The zones people name by a city; legacy aliases are left out."""
    regions = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return [(zone, zone.replace("_", " ")) for zone in sorted(zoneinfo.available_timezones()) if zone.startswith(regions)]


class ProfileForm(forms.ModelForm[User]):
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=lazy(lambda: [("", _("The firm’s own")), *time_zone_choices()], list))

    class Meta:
        model = User
        fields = ("name", "language", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
