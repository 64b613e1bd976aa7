"""What is typed into a cell of the grid: a number of times, a channel, minutes; all the rest stays as it was."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from service_matrix.anchors import YEARLY, Anchor, Unit
from service_matrix.channels import channel_choices
from service_matrix.models import FirmChannel, Promise, TouchpointType
from service_matrix.promises import (
    MINUTES_A_DAY,
    InvalidPromise,
    PromiseTerms,
    check_promise,
    hang_as_usual,
    settle_terms,
    terms_of,
    usual_window,
)

_COUNT = re.compile(r"(-?\d{1,9})(?:\s*[-–—]\s*(\d{1,9}))?\s*[×x*]?")
_INTERVAL = re.compile(r"(?:every|tous les|toutes les|/)?\s*(\d{1,9})\s*(w|s|m)[a-zé]*\.?", re.IGNORECASE)
_UNITS = {"w": Unit.WEEKS.value, "s": Unit.WEEKS.value, "m": Unit.MONTHS.value}


class NotAFrequency(ValueError):
    """The text says no frequency."""


def read_frequency(text: str) -> tuple[int, int | None, int | None, str]:
    """“4”, “3-4”, “every 6 weeks”, “6w”, “6s”, “3m” as times, times at most, every, unit. Raises NotAFrequency."""
    said = text.strip()
    if (found := _COUNT.fullmatch(said)) is not None:
        return int(found[1]), int(found[2]) if found[2] else None, None, ""
    if (found := _INTERVAL.fullmatch(said)) is not None:
        return 0, None, int(found[1]), _UNITS[found[2].lower()]
    raise NotAFrequency


def short_frequency(promise: Promise) -> str:
    """What the cell's field shows first: as one would type it."""
    if promise.every is not None:
        return f"{promise.every} {gettext('weeks') if promise.every_unit == Unit.WEEKS else gettext('months')}"
    return f"{promise.times}-{promise.times_at_most}" if promise.times_at_most else str(promise.times)


class CellForm(forms.Form):
    """One cell in place. `revision` and `seen` say what was read: other cells may change meanwhile, this one may not."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=16, required=False)
    frequency = forms.CharField(label=_("Times a year"), max_length=30, required=False)
    channel = forms.ChoiceField(label=_("Channel"))
    minutes = forms.IntegerField(label=_("Minutes"), widget=forms.NumberInput(attrs={"min": 0, "max": MINUTES_A_DAY}))

    def __init__(
        self, *args: Any, own_channels: Sequence[FirmChannel], promise: Promise | None, touchpoint_type: TouchpointType, **kwargs: Any
    ) -> None:
        # A dialog with the whole promise may be on the same page.
        super().__init__(*args, **{"auto_id": "cell_%s", **kwargs})
        self.own_channels = {f"own:{each.pk}": each for each in own_channels}
        self.promise, self.touchpoint_type = promise, touchpoint_type
        self.fields["channel"].choices = channel_choices(own_channels)  # type: ignore[attr-defined]
        self.fields["frequency"].widget.attrs |= {"size": 6, "autocomplete": "off", "autofocus": True}
        for name, label in (("frequency", _("Times a year")), ("channel", _("Channel")), ("minutes", _("Minutes"))):
            self.fields[name].widget.attrs["aria-label"] = label

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors or self.is_emptied:
            return cleaned
        try:
            check_promise(self.terms())
        except NotAFrequency:
            self.add_error("frequency", gettext("Type a number such as 4, a range such as 3-4, or an interval such as 6 weeks."))
        except InvalidPromise as refusal:
            for field, error in refusal.errors.items():
                self.add_error(field if field in self.fields else "frequency", error)
        return cleaned

    @property
    def typed(self) -> str:
        """What was typed, as it was typed."""
        chosen = dict(self.fields["channel"].choices).get(self["channel"].value(), "")  # type: ignore[attr-defined]
        return f"{self['frequency'].value() or '–'} × {chosen}, {self['minutes'].value() or '–'} min"

    @property
    def is_emptied(self) -> bool:
        """Nothing, or zero, typed for the frequency promises nothing."""
        return self.cleaned_data.get("frequency", "").strip() in {"", "0", "-", "–"}

    def terms(self) -> PromiseTerms:
        """The promise there was, or the type as it is usually done, with what was typed; the window gives way to a shorter interval."""
        said = self.cleaned_data
        own = self.own_channels.get(said["channel"])
        times, most, every, unit = read_frequency(said["frequency"])
        kind = self.touchpoint_type
        base = (
            terms_of(self.promise)
            if self.promise is not None
            else PromiseTerms(
                times=1, channel=kind.channel, performer=kind.performer, minutes=kind.minutes, window_days=30, direct_cost=kind.direct_cost
            )
        )
        terms = settle_terms(
            replace(
                base,
                times=times,
                times_at_most=most,
                every=every,
                every_unit=unit,
                channel=own.counts_as if own else said["channel"],
                own_channel_id=own.pk if own else None,
                minutes=said["minutes"],
            )
        )
        if terms.anchor in YEARLY and (terms.times != 1 or terms.every is not None):
            terms = settle_terms(replace(terms, anchor=Anchor.SPREAD.value))
        if terms.times < 1 or (terms.times_at_most or 1) < 1:
            return terms
        if self.promise is None:
            new = replace(terms, window_days=usual_window(terms.times_at_most or terms.times))
            return hang_as_usual(new, type_key=kind.key)
        # More than once a day leaves no window at all; what is refused then is the number of times.
        return replace(terms, window_days=max(0, min(terms.window_days, terms.interval_days - 1)))


def first_cell(*, promise: Promise | None, touchpoint_type: TouchpointType) -> dict[str, Any]:
    if promise is None:
        return {"frequency": "", "channel": touchpoint_type.channel, "minutes": touchpoint_type.minutes}
    channel = promise.channel if promise.own_channel_id is None else f"own:{promise.own_channel_id}"
    return {"frequency": short_frequency(promise), "channel": channel, "minutes": promise.minutes}
