"""Shape of what people type about profiles and exceptions; the rules are in overlay.py and exceptions.py."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clients.models import Channel
from segmentation.models import Initiative, Scheme
from service_matrix.channels import channel_choices
from service_matrix.exceptions import ExceptionDraft
from service_matrix.models import FirmChannel, Performer, ProfileRule, Spacing, TouchpointType
from service_matrix.models.overlay import FROM_APPETITES
from service_matrix.overlay import RuleDraft
from service_matrix.promises import MINUTES_A_DAY


def _number(label: Any, *, least: int, most: int, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, widget=forms.NumberInput(attrs={"min": least, "max": most}), **options)


class OverlayForm(forms.Form):
    """Whose segments are the profiles, and how far they may go."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    overlay = forms.TypedChoiceField(label=_("Profiles"), coerce=int, empty_value=None, required=False)
    fewer = _number(_("At most fewer a year"), least=0, most=12)
    more = _number(_("At most more a year"), least=0, most=12)

    def __init__(self, *args: Any, schemes: Sequence[Scheme], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["overlay"].choices = [("", gettext("No profile changes a promise")), *((each.pk, each.name) for each in schemes)]  # type: ignore[attr-defined]


class _WithChannels(forms.Form):
    """A channel is a built-in one, or the firm's own as `own:<id>`."""

    def add_channels(self, own: Sequence[FirmChannel]) -> None:
        self.own_channels = {f"own:{each.pk}": each for each in own}
        self.fields["channel"].choices = [("", gettext("As the segment says")), *channel_choices(own)]  # type: ignore[attr-defined]

    def said_channel(self) -> tuple[str, int | None]:
        said = self.cleaned_data["channel"]
        own = self.own_channels.get(said)
        return (own.counts_as, own.pk) if own else (said, None)


class RuleForm(_WithChannels):
    """What a profile changes. `scope` is `all`, `type:<id>` or `channel:<name>`."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    scope = forms.ChoiceField(label=_("What it changes"), help_text=_("Where several rules say something of the same, the narrowest counts."))
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    initiative = forms.ChoiceField(label=_("Who takes the first step"), required=False)
    spacing = forms.ChoiceField(label=_("Spacing in the year"), required=False)
    times_change = _number(
        _("Times a year more or fewer"), least=-12, most=12, help_text=_("1 for one more, −1 for one fewer; 0 shields from a wider rule.")
    )
    note = forms.CharField(label=_("Why"), max_length=300, required=False, help_text=_("Shown on the pages of the clients concerned."))

    def __init__(self, *args: Any, own_channels: Sequence[FirmChannel], types: Sequence[TouchpointType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_channels(own_channels)
        self.types = {f"type:{each.pk}": each for each in types}
        as_said = ("", gettext("As the segment says"))
        scopes = [
            ("all", gettext("Every promise")),
            (gettext("What is promised by a channel"), [(f"channel:{value}", label) for value, label in Channel.choices]),
            (gettext("One touchpoint type"), [(key, each.name) for key, each in self.types.items()]),
        ]
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]
        self.fields["initiative"].choices = [as_said, *Initiative.choices]  # type: ignore[attr-defined]
        self.fields["spacing"].choices = [as_said, *Spacing.choices]  # type: ignore[attr-defined]

    def target(self) -> dict[str, Any]:
        kind, _sign, of = self.cleaned_data["scope"].partition(":")
        return {"touchpoint_type": self.types.get(self.cleaned_data["scope"]), "of_channel": of if kind == "channel" else ""}

    def draft(self) -> RuleDraft:
        channel, own = self.said_channel()
        said = {name: self.cleaned_data[name] for name in ("initiative", "spacing", "times_change", "note")}
        return RuleDraft(channel=channel, own_channel_id=own, **said)


def scope_of(rule: ProfileRule) -> str:
    if rule.touchpoint_type_id is not None:
        return f"type:{rule.touchpoint_type_id}"
    return f"channel:{rule.of_channel}" if rule.of_channel else "all"


def first_rule(rule: ProfileRule) -> dict[str, Any]:
    channel = rule.channel if rule.own_channel_id is None else f"own:{rule.own_channel_id}"
    said = {name: getattr(rule, name) for name in ("initiative", "spacing", "times_change")}
    # What a person changes no longer comes from the appetites.
    return {"scope": scope_of(rule), "channel": channel, **said, "note": "" if rule.note == FROM_APPETITES else rule.note}


class ExceptionForm(_WithChannels):
    """What one client is promised otherwise."""

    touchpoint_type = forms.TypedChoiceField(label=_("Touchpoint type"), coerce=int)
    is_nothing = forms.BooleanField(label=_("Promise nothing of it"), required=False)
    times = _number(_("Times a year"), least=1, most=52)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    performer = forms.ChoiceField(label=_("Done by"), required=False)
    minutes = _number(_("Minutes"), least=0, most=MINUTES_A_DAY)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    expires_on = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From this day the segment and the profile apply again; two years at most."),
    )

    def __init__(self, *args: Any, own_channels: Sequence[FirmChannel], types: Sequence[TouchpointType], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_channels(own_channels)
        self.types = {each.pk: each for each in types}
        self.fields["touchpoint_type"].choices = [(pk, each.name) for pk, each in self.types.items()]  # type: ignore[attr-defined]
        self.fields["performer"].choices = [("", gettext("As the segment says")), *Performer.choices]  # type: ignore[attr-defined]
        self.fields["expires_on"].widget.attrs["min"] = (today + timedelta(days=1)).isoformat()

    def draft(self) -> ExceptionDraft:
        channel, own = self.said_channel()
        said = {name: self.cleaned_data[name] for name in ("reason", "expires_on", "is_nothing", "times", "performer", "minutes")}
        return ExceptionDraft(channel=channel, own_channel_id=own, **said)
