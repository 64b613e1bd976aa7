"""Another day for a touchpoint, and the hour of a meeting."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms.utils import from_current_timezone
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from firms.models import Support, User
from firms.queries import by_name
from touchpoints.appointments import AppointmentDraft, contact_of
from touchpoints.models import Appointment, Touchpoint


def _date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class MoveForm(forms.Form):
    to = forms.DateField(label=_("New day"), widget=_date_input())
    # The day on which the reader saw it.
    seen_on = forms.DateField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, touchpoint: Touchpoint) -> None:
        super().__init__(data, initial={"to": max(touchpoint.due_on, timezone.localdate()), "seen_on": touchpoint.due_on}, auto_id="move_%s")
        self.fields["to"].widget.attrs |= {"min": timezone.localdate().isoformat(), "max": touchpoint.window_ends_on.isoformat()}


class AppointmentForm(forms.Form):
    """The hour is the firm's, wherever the person is."""

    day = forms.DateField(label=_("Day"), widget=_date_input())
    hour = forms.TimeField(label=_("Hour"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=1440)
    place = forms.CharField(
        label=_("Place or link"), max_length=200, required=False, help_text=_("An address, a telephone number, the link of a video call.")
    )
    invites_client = forms.BooleanField(label=_("Invite the client by e-mail"), required=False)
    colleagues = forms.ModelMultipleChoiceField(
        label=_("Invite colleagues"), queryset=User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: QueryDict | None = None, *, touchpoint: Touchpoint, appointment: Appointment | None, by: User) -> None:
        self.zone = ZoneInfo(by.firm.time_zone)
        self.contact = contact_of(touchpoint.client)
        super().__init__(data, initial=self._initial(touchpoint, appointment), auto_id="appointment_%s")
        helpers = Support.objects.filter(firm_id=by.firm_id, adviser_id=touchpoint.adviser_id).values("assistant")
        people = User.objects.filter(firm_id=by.firm_id, is_active=True)
        self.fields["colleagues"].queryset = (  # type: ignore[attr-defined]
            people.filter(pk__in=[touchpoint.adviser_id, by.pk]) | people.filter(pk__in=helpers)
        ).order_by(by_name(), "pk")
        self.fields["day"].widget.attrs |= {
            "min": timezone.localdate(timezone=self.zone).isoformat(),
            "max": touchpoint.window_ends_on.isoformat(),
        }
        if self.contact is None:
            self.fields["invites_client"].help_text = _("The main contact has no e-mail address.")
        else:
            # Help is shown as HTML; a name is what somebody typed.
            self.fields["invites_client"].help_text = format_html("{} ({})", self.contact, self.contact.email)

    def _initial(self, touchpoint: Touchpoint, appointment: Appointment | None) -> dict[str, Any]:
        if appointment is None:
            return {
                "day": max(touchpoint.due_on, timezone.localdate(timezone=self.zone)),
                "minutes": touchpoint.minutes or 30,
                "invites_client": self.contact is not None,
            }
        starts_at = appointment.starts_at.astimezone(self.zone)
        invited = {guest["email"] for guest in appointment.guests if not guest["is_client"]}
        return {
            "day": starts_at.date(),
            "hour": starts_at.time(),
            "minutes": appointment.minutes,
            "place": appointment.place,
            "invites_client": any(guest["is_client"] for guest in appointment.guests),
            "colleagues": list(User.objects.filter(firm_id=appointment.firm_id, email__in=invited).values_list("pk", flat=True)),
        }

    def clean(self) -> None:
        day, hour = self.cleaned_data.get("day"), self.cleaned_data.get("hour")
        if day is not None and hour is not None:
            with timezone.override(self.zone):
                try:
                    self.cleaned_data["starts_at"] = from_current_timezone(datetime.combine(day, hour))
                except forms.ValidationError:
                    self.add_error("hour", _("On this day the clocks change and this hour does not exist, or comes twice: choose another."))

    def draft(self) -> AppointmentDraft:
        asked = self.cleaned_data
        return AppointmentDraft(
            starts_at=asked["starts_at"],
            minutes=asked["minutes"],
            place=asked["place"],
            invites_client=asked["invites_client"],
            colleagues=tuple(asked["colleagues"]),
        )
