"""What people write about clients, people and interactions."""

from typing import Any

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from clients.attributes import PRODUCTS, Catalogue, OwnAttribute, Type
from clients.attributes.own import LONGEST_TEXT
from clients.editing import CLIENT_FIELDS, PERSON_FIELDS
from clients.models import Client, Person
from clients.queries import advisers_of
from firms.models import User
from firms.row_versions import VersionField

# How the client form is cut into cards.
SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Identity"), ("name", "kind", "status", "adviser", "external_reference", "language", "preferred_channel")),
    (_("Situation"), ("city", "postal_code", "province", "marital_status", "matrimonial_regime", "children")),
    (_("Wealth"), ("aum", "annual_revenue", "annual_cost", "income", "net_worth", "marginal_tax_rate", "wealth_tax", "annual_renewals")),
    (_("Products and services"), (PRODUCTS,)),
    (
        _("Relationship"),
        (
            "client_since",
            "next_review_on",
            "potential",
            "relationship_quality",
            "prescription",
            "satisfaction",
            "power_balance",
            "expectations",
            "referrals_12_months",
            "risk_attitude",
            "desired_relationship",
            "decision_style",
        ),
    ),
    (_("Notes"), ("personal_context", "notes")),
)


def _is_true(answer: str) -> bool:
    return answer == "true"


class _DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _dress(form: forms.BaseForm) -> None:
    """Dates by the browser's calendar; a choice not made shows as a dash."""
    for field in form.fields.values():
        if isinstance(field, forms.DateField):
            field.widget = _DateInput()
        elif isinstance(field, forms.TypedChoiceField) and not field.required and field.coerce is not _is_true:
            choices: Any = field.choices
            field.choices = [("", "–"), *list(choices)[1:]]


class ClientForm(forms.ModelForm[Client]):
    adviser = forms.ModelChoiceField(label=_("Adviser"), queryset=User.objects.none())
    # The version that was read, so that nobody overwrites what a colleague saved meanwhile.
    version = VersionField()

    class Meta:
        model = Client
        fields = CLIENT_FIELDS
        widgets = {"personal_context": forms.Textarea(attrs={"rows": 4}), "notes": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, user: User, catalogue: Catalogue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = [found for found in catalogue.own.values() if not found.archived]
        for found in self.own:
            self.fields[found.key] = own_field(found, stored=self.instance.own.get(found.slug))
        for name in SAID:
            self.fields[name].help_text = catalogue[name].definition
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
        names = (*CLIENT_FIELDS, *(found.key for found in self.own))
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The built-in cards, the firm's own attributes in one of their own, before the notes."""
        own = [self[found.key] for found in self.own if found.key != PRODUCTS]
        cards: list[tuple[Any, list[forms.BoundField]]] = [(title, [self[name] for name in names]) for title, names in SECTIONS]
        return [*cards[:-1], *([(_("The firm’s own attributes"), own)] if own else []), cards[-1]]


# Where the form says how to read a figure.
SAID = ("referrals_12_months", "power_balance", "expectations")
_YES_NO = [("", "–"), ("true", _("Yes")), ("false", _("No"))]


def own_field(own: OwnAttribute, *, stored: Any) -> forms.Field:
    """The field of an attribute of the firm's own, with the value stored; a choice no longer offered stays choosable for who has it."""
    held = own.read(stored)
    kept = {held} if isinstance(held, str) else set(held) if isinstance(held, tuple) else set()
    choices = [(choice.value, choice.label) for choice in own.all_choices if not choice.archived or choice.value in kept]
    common: dict[str, Any] = {"label": own.label, "required": False, "initial": held, "help_text": escape(own.definition)}
    match own.type:
        case Type.NUMBER:
            return forms.DecimalField(**common, max_digits=16, decimal_places=4)
        case Type.MONEY:
            return forms.DecimalField(**common, max_digits=14, decimal_places=2)
        case Type.DATE:
            return forms.DateField(**common)
        case Type.YES_NO:
            initial = "" if held is None else "true" if held else "false"
            return forms.TypedChoiceField(**common | {"initial": initial}, choices=_YES_NO, coerce=_is_true, empty_value=None)
        case Type.CHOICE:
            return forms.ChoiceField(**common, choices=[("", "–"), *choices])
        case Type.CHOICES:
            return forms.MultipleChoiceField(**common, choices=choices, widget=forms.CheckboxSelectMultiple)
    return forms.CharField(**common, max_length=LONGEST_TEXT)


class PersonForm(forms.ModelForm[Person]):
    version = VersionField()

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
