"""What is typed in the queue."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from advisory_crm.form_rendering import PlainSelect
from clients.logging_forms import ExchangeForm
from clients.queries import Colleague
from firms.models import User
from touchpoints.annual_review import Answer, KeepOrChange
from touchpoints.models import Touchpoint


class LogForm(ExchangeForm):
    """What was said or sent. The subject is the touchpoint's own name until someone knows better."""

    def __init__(self, data: QueryDict | None = None, *, touchpoint: Touchpoint, by: User) -> None:
        initial = {"channel": touchpoint.channel, "subject": touchpoint.touchpoint_type.name}
        super().__init__(data, client=touchpoint.client, by=by, initial=initial, prefix="log")
        self.fields["summary"].widget.attrs["aria-keyshortcuts"] = "e"


class ReviewLogForm(LogForm):
    """What was said in an annual review, and what becomes of the client's segment."""

    answer = forms.ChoiceField(choices=Answer.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Why"), max_length=500, required=False)

    def __init__(self, data: QueryDict | None = None, *, touchpoint: Touchpoint, by: User, asked: KeepOrChange) -> None:
        super().__init__(data, touchpoint=touchpoint, by=by)
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


class ReassignForm(forms.Form):
    """Whom to ask; nobody in particular: whoever of the book does such things."""

    def __init__(self, data: QueryDict | None = None, *, people: list[Colleague]) -> None:
        super().__init__(data, auto_id="reassign_%s")
        choices = [("", _("Nobody in particular")), *((each.pk, each.name) for each in people)]
        self.fields["to"] = forms.TypedChoiceField(label=_("Ask"), required=False, choices=choices, coerce=int, empty_value=None, widget=PlainSelect)

    def clean_to(self) -> User | None:
        number = self.cleaned_data["to"]
        return User.objects.filter(pk=number).first() if number else None


class SkipForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, error_messages={"required": _("Say why this touchpoint is skipped.")})

    def __init__(self, data: QueryDict | None = None, *, touchpoint: Touchpoint) -> None:
        super().__init__(data, auto_id="skip_%s")


class BulkForm(forms.Form):
    """What is done with all that were chosen."""

    act = forms.ChoiceField(choices=[(name, name) for name in ("complete", "snooze", "skip", "reassign")])
    until = forms.DateField(required=False)
    reason = forms.CharField(max_length=300, required=False)
    to = forms.IntegerField(required=False)

    def __init__(self, data: QueryDict | None = None, *, people: Mapping[int, User]) -> None:
        super().__init__(data)
        self.people = people

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("act") == "snooze" and not values.get("until"):
            self.add_error("until", gettext("Choose a day after today."))
        if (number := values.get("to")) is not None:
            values["to"] = self.people.get(number)
            if values["to"] is None:
                self.add_error("to", gettext("Nobody of the firm has this number."))
        return values
