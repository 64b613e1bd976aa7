"""What people may write about themselves, their colleagues and their firm."""

import zoneinfo
from typing import Any, cast

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from firms import tokens
from firms.models import ApiToken, Firm, Invitation, Language, User, validate_one_line
from firms.permissions import Role
from firms.queries import by_name


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


class SupportsField(forms.ModelMultipleChoiceField[User]):
    """The advisers an assistant works for."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=User.objects.none(),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            label=_("Supports"),
            help_text=_("For an assistant: the advisers whose clients and touchpoints are shared."),
            **kwargs,
        )

    def offer(self, firm: Firm, *, to: User | None = None) -> None:
        """The firm's advisers; nobody supports themselves."""
        advisers = User.objects.filter(firm_id=firm.pk, role=Role.ADVISER, is_active=True).order_by(by_name(), "pk")
        self.queryset = advisers.exclude(pk=to.pk) if to else advisers


class InvitationForm(forms.ModelForm[Invitation]):
    supports = SupportsField()

    class Meta:
        model = Invitation
        fields = ("email", "name", "role", "language")

    def __init__(self, *args: Any, firm: Firm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("language", firm.language)
        cast(forms.ChoiceField, self.fields["role"]).choices = [("", _("Choose…")), *Role.choices]
        cast(forms.ChoiceField, self.fields["language"]).choices = Language.choices
        cast(SupportsField, self.fields["supports"]).offer(firm)


class MemberForm(forms.ModelForm[User]):
    supports = SupportsField()

    class Meta:
        model = User
        fields = ("role", "sees_whole_firm")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(SupportsField, self.fields["supports"]).offer(self.instance.firm, to=self.instance)
        self.initial["supports"] = list(self.instance.supports.values_list("pk", flat=True))


class AcceptForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"), max_length=120, validators=[validate_one_line], widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy(password_validators_help_text_html, str)(),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> None:
        if password := self.cleaned_data.get("password"):
            try:
                validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)


DAYS = [(1, _("Monday")), (2, _("Tuesday")), (3, _("Wednesday")), (4, _("Thursday")), (5, _("Friday")), (6, _("Saturday")), (7, _("Sunday"))]


class FirmForm(forms.ModelForm[Firm]):
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=lazy(time_zone_choices, list))
    working_days = forms.TypedMultipleChoiceField(label=_("Working days"), choices=DAYS, coerce=int, widget=forms.CheckboxSelectMultiple)
    tell_adviser_after = forms.IntegerField(
        label=_("Tell the adviser after (days late)"),
        min_value=1,
        max_value=183,
        required=False,
        help_text=_("A touchpoint that is late for so long is announced to its adviser, once. Empty: never."),
    )
    tell_administrators_after = forms.IntegerField(
        label=_("Tell the administrators after (days late)"), min_value=1, max_value=183, required=False, help_text=_("Then to them. Empty: never.")
    )

    class Meta:
        model = Firm
        fields = ("name", "region", "language", "time_zone", "working_days", "colour", "address", "tell_adviser_after", "tell_administrators_after")
        widgets = {"colour": forms.TextInput(attrs={"type": "color"}), "address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Left out, the colour stays as it is.
        self.fields["colour"].required = False


class TokenForm(forms.ModelForm[ApiToken]):
    scope = forms.ChoiceField(label=_("Scope"), choices=[(tokens.READ, _("Read")), (tokens.WRITE, _("Read and change"))])
    days = forms.TypedChoiceField(
        label=_("Expires after"), coerce=int, choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year"))], initial=90
    )

    class Meta:
        model = ApiToken
        fields = ("name", "scope")
