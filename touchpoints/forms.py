"""What is typed in the queue."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clients.interactions import InteractionDraft
from clients.models import Channel
from touchpoints.annual_review import Answer, KeepOrChange
from touchpoints.models import Touchpoint


class LogForm(forms.Form):
    """What was said or sent. The subject is the touchpoint's own name until someone knows better."""

    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    subject = forms.CharField(label=_("Subject"), max_length=200)
    summary = forms.CharField(label=_("Summary"), required=False, widget=forms.Textarea(attrs={"rows": 4, "aria-keyshortcuts": "c"}))
    happened_on = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: QueryDict | None = None, *, touchpoint: Touchpoint) -> None:
        today = timezone.localdate()
        initial = {"channel": touchpoint.channel, "subject": touchpoint.touchpoint_type.name, "happened_on": today}
        super().__init__(data, initial=initial, auto_id="log_%s")
        self.fields["happened_on"].widget.attrs["max"] = today.isoformat()

    def clean_happened_on(self) -> date | None:
        day: date | None = self.cleaned_data["happened_on"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future."))
        return day

    def draft(self) -> InteractionDraft:
        day = self.cleaned_data["happened_on"]
        # Of another day than today only the date is known: noon of it.
        past = day is not None and day < timezone.localdate()
        return InteractionDraft(
            channel=self.cleaned_data["channel"],
            subject=self.cleaned_data["subject"],
            summary=self.cleaned_data["summary"],
            happened_at=timezone.make_aware(datetime.combine(day, time(12))) if past else None,
        )


class ReviewLogForm(LogForm):
    """What was said in an annual review, and what becomes of the client's segment."""

    answer = forms.ChoiceField(choices=Answer.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why"), max_length=500, required=False)

    def __init__(self, data: QueryDict | None = None, *, touchpoint: Touchpoint, asked: KeepOrChange) -> None:
        super().__init__(data, touchpoint=touchpoint)
        segment = asked.assignment.segment.name
        self.fields["answer"].label = gettext("The client is in %(segment)s: keep or change?") % {"segment": segment}
        if asked.computed is None:
            del self.fields["reason"]
        else:
            told = {"segment": asked.computed.name}
            self.fields["reason"].help_text = gettext("To keep the client although the rules now say %(segment)s.") % told


class SnoozeForm(forms.Form):
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: QueryDict | None = None, *, touchpoint: Touchpoint) -> None:
        super().__init__(data, auto_id="snooze_%s")
        tomorrow = timezone.localdate() + timedelta(days=1)
        self.fields["until"].widget.attrs |= {"min": tomorrow.isoformat(), "max": touchpoint.window_ends_on.isoformat()}


class SkipForm(forms.Form):
    # Required by the domain, which says so in words.
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, data: QueryDict | None = None, *, touchpoint: Touchpoint) -> None:
        super().__init__(data, auto_id="skip_%s")
