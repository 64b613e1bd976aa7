"""Every component in every state, for developers. Production has no such page (advisory_crm/urls.py)."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from firms.guard import firm_view
from firms.permissions import Permission

LONG = "Fiducie familiale Désrosiers-Lafrenière-Beauchamp et associés, succession de Marie-Antoinette"


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(help_text="As the client writes it.", max_length=20)
    email = forms.EmailField(required=False)
    assets = forms.DecimalField(min_value=0)
    born = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), required=False)
    segment = forms.ChoiceField(choices=[("1", "VIP"), ("2", "Gold"), ("3", LONG)])
    channel = forms.ChoiceField(choices=[("phone", "Phone"), ("video", "Video"), ("post", LONG)], widget=forms.RadioSelect)
    services = forms.MultipleChoiceField(choices=[("a", "Annual review"), ("b", "Newsletter")], widget=forms.CheckboxSelectMultiple, required=False)
    notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    book = forms.FileField(required=False, help_text="CSV or XLSX, up to 20 MB.")
    weight = forms.IntegerField(widget=forms.NumberInput(attrs={"type": "range", "min": 0, "max": 100}), initial=40)
    agrees = forms.BooleanField(label="Receives the newsletter", help_text="Can be withdrawn at any time.")
    locked = forms.CharField(disabled=True, initial="Cannot be changed", required=False)


@dataclass(frozen=True)
class SamplePage:
    previous_url: str = "?before=1"
    next_url: str = "?after=50"


class Faulty(SampleForm):
    ENTERED: ClassVar[dict[str, str]] = {"name": LONG, "email": "not an address", "assets": "-1", "segment": "9", "born": "2026-13-45"}


@firm_view(Permission.SIGNED_IN)
def gallery(request: HttpRequest) -> HttpResponse:
    faulty = Faulty(Faulty.ENTERED)
    faulty.add_error(None, "The weights add up to 110 %; they must add up to 100 %.")
    context = {
        "form": SampleForm(prefix="empty"),
        "faulty": faulty,
        "page": SamplePage(),
        "long": LONG,
        "today": date(2026, 3, 2),
        "ranks": [(1, "VIP"), (2, "Gold"), (3, "Silver"), (4, "Bronze"), (5, "Fifth"), (6, "Sixth")],
        "tones": ["neutral", "good", "warn", "bad", "info"],
    }
    return render(request, "gallery.html", context)
