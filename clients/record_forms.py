"""What people write of a client's money, referrals and keeping."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clients.amounts import AmountDraft
from clients.models import Amount, AmountKind, Client, Keeping, Referral
from clients.queries import visible_to
from clients.referrals import ReferralDraft
from clients.searching import matching
from firms.models import User
from firms.row_versions import VersionField

_NUMBER = re.compile(r"#(\d{1,18})\s*$")


def named(client: Client) -> str:
    """How a client is written in a field: by name, and by a number that no other has."""
    return f"{client.name} #{client.pk}"


class ClientPicker(forms.TextInput):
    """Names are proposed while one is typed; without scripts a name is typed whole."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = f"{name}-options"
        asks = {"list": options, "autocomplete": "off", "hx-get": f"{reverse('client_options')}?field={name}", "hx-target": f"#{options}"}
        asks["hx-trigger"] = "input changed delay:250ms"
        return format_html('{}<datalist id="{}"></datalist>', super().render(name, value, (attrs or {}) | asks, renderer), options)


class ClientNamed(forms.CharField):
    """Another client of the books its writer works in."""

    widget = ClientPicker

    def offer(self, user: User) -> None:
        self.user = user

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        visible = visible_to(self.user)
        if found := _NUMBER.search(text):
            client = visible.filter(pk=found[1]).first()
            if client is None:
                raise ValidationError(gettext("No client of your books is called that."))
            return client
        found_clients = list(matching(visible.filter(archived_at=None), text, by=self.user)[:2])
        if len(found_clients) != 1:
            words = gettext("Several clients match: choose one in the list.") if found_clients else gettext("No client of your books is called that.")
            raise ValidationError(words)
        return found_clients[0]


class _DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AmountForm(forms.ModelForm[Amount]):
    version = VersionField()

    class Meta:
        model = Amount
        fields = ("kind", "amount", "ends_on", "starts_on", "note")
        widgets = {"ends_on": _DateInput(), "starts_on": _DateInput()}
        labels = {"ends_on": _("On, or up to"), "starts_on": _("Since")}
        help_texts = {
            "starts_on": _("For an amount of several days: the first of them, up to a year before. Empty: that day alone."),
            "amount": _("Net inflow may be below zero: more went out than came in."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].required = False
        self.fields["kind"].choices = AmountKind.choices  # type: ignore[attr-defined]
        self.fields["kind"].initial = self.instance.kind or AmountKind.AUM
        if self.instance.pk and self.instance.starts_on == self.instance.ends_on:
            self.initial["starts_on"] = None

    def _post_clean(self) -> None:
        """Validated by the domain function, which every writer goes through."""

    def draft(self) -> AmountDraft:
        return AmountDraft(**{name: value for name, value in self.cleaned_data.items() if name != "version"})


class ReferralForm(forms.ModelForm[Referral]):
    referred = ClientNamed(label=_("File of this person, if any"), required=False)
    name = forms.CharField(label=_("Whom"), required=False, max_length=200, help_text=_("Empty: the name of the file."))
    version = VersionField()

    class Meta:
        model = Referral
        fields = ("name", "referred", "made_on", "led_to_meeting", "converted", "quality", "note")
        widgets = {"made_on": _DateInput(), "note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["referred"].offer(user)  # type: ignore[attr-defined]
        self.fields["quality"].widget.attrs |= {"min": 0, "max": 10}
        self.initial["referred"] = named(self.instance.referred) if self.instance.referred else ""

    def _post_clean(self) -> None:
        """Validated by the domain function, which every writer goes through."""

    def draft(self) -> ReferralDraft:
        return ReferralDraft(**{name: value for name, value in self.cleaned_data.items() if name != "version"})


class DealBreakerForm(forms.Form):
    note = forms.CharField(
        label=_("What makes this client hard to serve?"),
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
        max_length=2000,
        help_text=_("Facts a colleague can act on. It weighs on no score."),
    )


class ReasonForm(forms.ModelForm[Keeping]):
    reason = forms.ChoiceField(label=_("Reason"), choices=Keeping.Reason.choices, widget=forms.RadioSelect)
    related_client = ClientNamed(label=_("Important client it is related to"), required=False)

    class Meta:
        model = Keeping
        fields = ("reason", "related_client", "reason_note")
        widgets = {"reason_note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["related_client"].offer(user)  # type: ignore[attr-defined]
        self.initial["related_client"] = named(self.instance.related_client) if self.instance.related_client else ""

    def _post_clean(self) -> None:
        """Validated by the domain function, which every writer goes through."""
