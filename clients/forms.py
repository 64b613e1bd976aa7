"""What people write about clients, people and interactions."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.editing import CLIENT_FIELDS, PERSON_FIELDS
from clients.interactions import InteractionDraft
from clients.models import Client, Interaction, Person
from clients.queries import advisers_of
from firms.models import User

# How the client form is cut into cards.
SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Identity"), ("name", "kind", "status", "adviser", "external_reference", "language", "preferred_channel")),
    (_("Situation"), ("city", "postal_code", "province", "marital_status", "matrimonial_regime", "children")),
    (_("Wealth"), ("aum", "annual_revenue", "income", "net_worth", "marginal_tax_rate", "wealth_tax")),
    (
        _("Relationship"),
        (
            "client_since",
            "next_review_on",
            "potential",
            "relationship_quality",
            "prescription",
            "referrals_12_months",
            "risk_attitude",
            "desired_relationship",
        ),
    ),
    (_("Notes"), ("personal_context", "notes")),
)


class _DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _dress(form: forms.BaseForm) -> None:
    """Dates by the browser's calendar; a choice not made shows as a dash."""
    for field in form.fields.values():
        if isinstance(field, forms.DateField):
            field.widget = _DateInput()
        elif isinstance(field, forms.TypedChoiceField) and not field.required:
            choices: Any = field.choices
            field.choices = [("", "–"), *list(choices)[1:]]


class ClientForm(forms.ModelForm[Client]):
    adviser = forms.ModelChoiceField(label=_("Adviser"), queryset=User.objects.none())
    # The version that was read, so that nobody overwrites what a colleague saved meanwhile.
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Client
        fields = CLIENT_FIELDS
        widgets = {"personal_context": forms.Textarea(attrs={"rows": 4}), "notes": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        advisers = advisers_of(user)
        if self.instance.pk:
            advisers |= User.objects.filter(firm_id=user.firm_id, pk=self.instance.adviser_id)
        self.fields["adviser"].queryset = advisers  # type: ignore[attr-defined]
        self.fields["adviser"].initial = self.instance.adviser_id or (user if advisers.filter(pk=user.pk).exists() else None)
        self.fields["name"].widget.attrs["autofocus"] = True
        _dress(self)

    def _post_clean(self) -> None:
        """Validated by the domain function, which every writer goes through."""

    @property
    def client_fields(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CLIENT_FIELDS if name in self.cleaned_data}

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in SECTIONS]


class PersonForm(forms.ModelForm[Person]):
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Person
        fields = PERSON_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].widget.input_type = "tel"
        _dress(self)

    def _post_clean(self) -> None:
        """Validated by the domain function, which every writer goes through."""

    @property
    def person_fields(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in PERSON_FIELDS if name in self.cleaned_data}


class InteractionForm(forms.ModelForm[Interaction]):
    happened_at = forms.DateTimeField(label=_("When"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))

    class Meta:
        model = Interaction
        fields = ("happened_at", "channel", "subject", "summary")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened_at"].initial = timezone.localtime().replace(second=0, microsecond=0)

    def draft(self) -> InteractionDraft:
        return InteractionDraft(**self.cleaned_data)
