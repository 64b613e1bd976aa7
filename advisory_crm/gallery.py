"""Every component in every state, for developers. Production has no such page (advisory_crm/urls.py)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from advisory_crm import charts
from firms.formats import babel_locale
from firms.guard import FirmRequest, firm_view
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


def _charts(request: FirmRequest) -> dict[str, object]:
    locale, monday = babel_locale(request.firm.region), date(2026, 3, 2)
    segments = [
        charts.Part(name, value, fill=rank) for rank, (name, value) in enumerate([("VIP", 104), ("Gold", 312), ("Silver", 416), ("Bronze", 208)], 1)
    ]
    weeks = [monday + timedelta(weeks=number) for number in range(8)]
    done = {monday - timedelta(days=number): number * 7 % 11 for number in range(84) if number % 6}
    return {
        "segments": charts.stacked_bar(title="Clients by segment", parts=segments),
        "nothing": charts.stacked_bar(title="Clients by segment", parts=[]),
        "kept": charts.ring(title="Promises kept", share=0.94, text="94 %", tone="good"),
        "broken": charts.ring(title="Promises kept", share=0.4, text="40 %", tone="bad"),
        "unknown": charts.ring(title="Promises kept", share=None, text="–"),
        "trend": charts.sparkline(title="Assets over twelve months", values=[3, 4, 4, 5, 7, 6, 8, 9, 9, 11, 10, 12], description="From 3 to 12"),
        "months": charts.trend(
            title="Promises kept, month by month",
            moments=[
                charts.Moment(name, share, "–" if share is None else f"{share:.0%}", fill=fill)
                for name, share, fill in (("Jan", 0.96, "good"), ("Feb", 0.91, "warn"), ("Mar", None, ""), ("Apr", 0.78, "bad"), ("May", 1, "good"))
            ],
            headings=("Month", "Promises kept", "Of"),
            scale=("0%", "50%", "100%"),
        ),
        "heat": charts.calendar_heat_map(
            title="Touchpoints done", counts=done, first=monday - timedelta(days=83), last=monday, locale=locale, today=monday
        ),
        "load": charts.load_bars(
            title="Load of the next eight weeks",
            weeks={week: 10 + number * 5 % 17 for number, week in enumerate(weeks)},
            texts={week: f"{10 + number * 5 % 17} h" for number, week in enumerate(weeks)},
            locale=locale,
            limit=22,
            limit_label="Available: 22 h",
        ),
        "score": charts.criterion_bars(
            title="Why VIP",
            parts=[
                charts.Part("Assets", 40, "40 of 40"),
                charts.Part(LONG[:40], 12.5, "12.5 of 25", "warn"),
                charts.Part("Prescription", 0, "Missing"),
            ],
            most=40,
        ),
        "spread": charts.histogram(
            title="Assets in the book",
            bars=[charts.Bar(n, n + 1, f"{n}0,000 $", (charts.Part("", (n * 7) % 13, fill="soft"),)) for n in range(20)],
            headings=("Assets", "Clients"),
            ends=("0 $", "200,000 $"),
            zones=[charts.Zone(None, 5, "0 pts"), charts.Zone(5, 12, "40 pts"), charts.Zone(12, None, "100 pts")],
        ),
        "plane": charts.plane(
            title="Value and potential",
            names=("Value", "Potential"),
            territories=[
                charts.Territory((0, 50), (0, 50), charts.Part("Bronze", 12, fill=4)),
                charts.Territory((50, 100), (0, 50), charts.Part("Silver", 7, fill=3)),
                charts.Territory((0, 50), (50, 100), charts.Part("Gold", 5, fill=2)),
                charts.Territory((50, 100), (50, 100), charts.Part("VIP", 2, fill=1)),
            ],
            dots=[charts.Dot((n * 37) % 100, (n * 59) % 100, n % 5 + 1, 1 + n % 4) for n in range(26)],
            headings=("Part", "Clients"),
        ),
    }


@firm_view(Permission.SIGNED_IN)
def gallery(request: FirmRequest) -> HttpResponse:
    faulty = Faulty(Faulty.ENTERED)
    faulty.add_error(None, "The weights add up to 110 %; they must add up to 100 %.")
    context = {
        "form": SampleForm(prefix="empty"),
        "faulty": faulty,
        "page": SamplePage(),
        "charts": _charts(request),
        "long": LONG,
        "today": date(2026, 3, 2),
        "ranks": [(1, "VIP"), (2, "Gold"), (3, "Silver"), (4, "Bronze"), (5, "Fifth"), (6, "Sixth")],
        "tones": ["neutral", "good", "warn", "bad", "info"],
    }
    return render(request, "gallery.html", context)
