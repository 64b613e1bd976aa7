"""What people write of an exchange, of what follows from it, and of a client's personal context."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advisory_crm.form_rendering import PlainSelect
from clients.follow_ups import FollowUpDraft, fault_of_day, may_be_asked
from clients.interactions import EARLIEST, InteractionDraft
from clients.life_events import LifeEventDraft
from clients.models import Channel, Client, FollowUp, Interaction, LifeEvent, ValueShown
from clients.promised import NOTHING, promised_choices
from clients.queries import team_of
from clients.record_forms import ClientNamed
from firms.calendar import working_day_from
from firms.models import User
from firms.row_versions import VersionField

# A follow-up is proposed for a week later.
FOLLOW_UP_DAYS = 7
# Follow-ups that one form takes.
MOST_FOLLOW_UPS = 3


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class SaidForm(forms.Form):
    """An exchange with a client: the subject and the day, what was said, what it was worth."""

    # What an interaction keeps under the same names.
    SAID = ("channel", "subject", "summary", "value", "value_note", "satisfaction")

    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices, widget=PlainSelect)
    subject = forms.CharField(label=_("Subject"), max_length=200)
    summary = forms.CharField(label=_("Summary"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    happened_on = forms.DateField(label=_("Day"), required=False, widget=DayInput())
    value = forms.ChoiceField(label=_("Value shown"), choices=[("", "–"), *ValueShown.choices], required=False, widget=PlainSelect)
    value_note = forms.CharField(label=_("What the client got out of it"), max_length=300, required=False)
    satisfaction = forms.IntegerField(
        label=_("Satisfaction (0–10)"), required=False, min_value=0, max_value=10, widget=forms.NumberInput(attrs={"min": 0, "max": 10})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened_on"].widget.attrs["max"] = timezone.localdate().isoformat()

    def clean_happened_on(self) -> date | None:
        day: date | None = self.cleaned_data["happened_on"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future."))
        if day is not None and day < EARLIEST.date():
            raise forms.ValidationError(_("This is too long ago: check the year."))
        return day

    def said(self) -> dict[str, Any]:
        """What a draft says of it, but for its moment."""
        return {name: self.cleaned_data[name] for name in self.SAID}

    @staticmethod
    def moment_of(day: date) -> datetime | None:
        """Of another day than today only the date is known: noon of it. Of today, now."""
        return timezone.make_aware(datetime.combine(day, time(12))) if day < timezone.localdate() else None


class CorrectionForm(SaidForm):
    """What was logged, said right."""

    version = VersionField()

    def __init__(self, data: QueryDict | None = None, *, interaction: Interaction, version: str) -> None:
        self.interaction = interaction
        self.logged_on = timezone.localdate(interaction.happened_at)
        said = {name: getattr(interaction, name) for name in self.SAID}
        super().__init__(data, initial={"happened_on": self.logged_on, "version": version, **said})
        self.fields["happened_on"].required = True
        self.fields["subject"].widget.attrs["autofocus"] = True

    def draft(self) -> InteractionDraft:
        day = self.cleaned_data["happened_on"]
        # Of the same day the hour stays.
        moment = None if day == self.logged_on else self.moment_of(day) or timezone.now()
        return InteractionDraft(**self.said(), happened_at=moment)


class ExchangeForm(SaidForm):
    """The same as it is logged, with what follows. Without a day: now."""

    def __init__(self, data: QueryDict | None = None, *, client: Client | None, by: User, initial: dict[str, Any], prefix: str) -> None:
        today = timezone.localdate()
        proposed = working_day_from(by.firm, today + timedelta(days=FOLLOW_UP_DAYS))
        super().__init__(data, initial={"happened_on": today} | initial, auto_id=f"{prefix}_%s")
        # Whom one may ask depends on the client, which a blank form does not know yet.
        team = [each for each in team_of(by) if each.pk != by.pk and each.is_of_book(client.adviser_id)] if client else []
        people = [("", _("Me")), *((each.pk, each.name) for each in team)] if team else []
        for number in range(1, MOST_FOLLOW_UPS + 1):
            self.fields[f"follow_up_{number}"] = forms.CharField(label=_("Follow-up"), max_length=300, required=False)
            self.fields[f"follow_up_{number}_due"] = forms.DateField(label=_("By"), required=False, initial=proposed, widget=DayInput())
            if people:
                self.fields[f"follow_up_{number}_who"] = forms.ChoiceField(label=_("Who"), choices=people, required=False, widget=PlainSelect)

    @property
    def follow_up_lines(self) -> list[list[forms.BoundField]]:
        """The fields of each follow-up, for templates."""
        names = ("", "_due", "_who")
        return [
            [self[f"follow_up_{number}{name}"] for name in names if f"follow_up_{number}{name}" in self.fields]
            for number in range(1, MOST_FOLLOW_UPS + 1)
        ]

    def clean(self) -> None:
        """A day that is refused is said beside its line."""
        for number in range(1, MOST_FOLLOW_UPS + 1):
            due_on = self.cleaned_data.get(f"follow_up_{number}_due")
            if self.cleaned_data.get(f"follow_up_{number}") and due_on is not None and (words := fault_of_day(due_on)):
                self.add_error(f"follow_up_{number}_due", words)

    def draft(self) -> InteractionDraft:
        day = self.cleaned_data["happened_on"]
        return InteractionDraft(**self.said(), happened_at=self.moment_of(day) if day else None, follow_ups=tuple(self._follow_ups()))

    def _follow_ups(self) -> "list[FollowUpDraft]":
        values = self.cleaned_data
        drafts = []
        for number in range(1, MOST_FOLLOW_UPS + 1):
            if text := values[f"follow_up_{number}"]:
                who = values.get(f"follow_up_{number}_who")
                assignee = User.objects.filter(pk=int(who)).first() if who else None
                due_on = values[f"follow_up_{number}_due"] or self.fields[f"follow_up_{number}_due"].initial
                drafts.append(FollowUpDraft(text=text, due_on=due_on, assignee=assignee))
        return drafts


class LogForm(ExchangeForm):
    """The same from anywhere: the client is named in the form, unless the page is the client's; and what it was of what was promised."""

    client = ClientNamed(label=_("Client"))
    about = forms.ChoiceField(label=_("What it was"), required=False)

    def __init__(self, data: QueryDict | None = None, *, client: Client | None, by: User, initial: dict[str, Any]) -> None:
        super().__init__(data, client=client, by=by, initial=initial, prefix="log_it")
        self.order_fields(["client"])
        promised = promised_choices(client, by)
        usual = ("", _("As its channel says: a call or a meeting counts for the one due"))
        self.fields["about"].choices = [usual, *promised, (NOTHING, _("Nothing that was promised"))]  # type: ignore[attr-defined]
        if not promised:
            del self.fields["about"]
        self.fields["client" if client is None else "subject"].widget.attrs["autofocus"] = True
        if client is not None:
            del self.fields["client"]
        else:
            self.fields["client"].offer(by)  # type: ignore[attr-defined]

    def draft(self) -> InteractionDraft:
        return replace(super().draft(), about=self.cleaned_data.get("about", ""))


class FollowUpForm(forms.ModelForm[FollowUp]):
    version = VersionField()

    class Meta:
        model = FollowUp
        fields = ("text", "due_on", "assignee")
        widgets = {"due_on": DayInput()}

    def __init__(self, *args: Any, client: Client, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = may_be_asked(client, by=by)
        if self.instance.pk:
            people |= User.objects.filter(pk=self.instance.assignee_id)
        self.fields["assignee"].queryset = people  # type: ignore[attr-defined]
        self.fields["assignee"].empty_label = None  # type: ignore[attr-defined]
        self.initial.setdefault("assignee", by.pk)
        self.initial.setdefault("due_on", working_day_from(by.firm, timezone.localdate() + timedelta(days=FOLLOW_UP_DAYS)))

    def _post_clean(self) -> None:
        """Validated by the domain function, which every writer goes through."""

    def draft(self) -> FollowUpDraft:
        return FollowUpDraft(**{name: value for name, value in self.cleaned_data.items() if name != "version"})


class LifeEventForm(forms.ModelForm[LifeEvent]):
    version = VersionField()

    class Meta:
        model = LifeEvent
        fields = ("kind", "on", "words")
        widgets = {"on": DayInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "life_%s")
        super().__init__(*args, **kwargs)
        self.fields["kind"].widget.attrs["autofocus"] = True

    def _post_clean(self) -> None:
        """Validated by the domain function, which every writer goes through."""

    def draft(self) -> LifeEventDraft:
        return LifeEventDraft(**{name: self.cleaned_data[name] for name in ("kind", "on", "words")})


class ContextForm(forms.Form):
    personal_context = forms.CharField(
        label=_("Personal context"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 7, "autofocus": True}),
        help_text=_("Family, conversations under way: one a line. Whoever meets the client reads it first. What has a day is a life event."),
    )
    # What the writer had before their eyes.
    read = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
