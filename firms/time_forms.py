"""What people may write about working time, absences and costs."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from firms import formats
from firms.absences import who_may_cover
from firms.models import Absence, Firm, PersonTerms, User
from firms.permissions import Role
from firms.row_versions import VersionField
from firms.working_time import SERVING, Terms, role_terms


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AbsenceForm(forms.ModelForm[Absence]):
    version = VersionField()

    class Meta:
        model = Absence
        fields = ("starts_on", "ends_on", "covered_by", "note")
        labels = {"starts_on": _("First day"), "ends_on": _("Last day"), "covered_by": _("Covered by"), "note": _("Note")}
        help_texts = {"covered_by": _("Sees and works the absent person’s clients and queue on these days.")}
        widgets = {"starts_on": DayInput, "ends_on": DayInput}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["covered_by"].queryset = who_may_cover(user)  # type: ignore[attr-defined]
        self.fields["covered_by"].empty_label = _("Nobody")  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """The order of the days is for the domain to refuse, in words (firms/absences.py)."""


class CoverForm(forms.Form):
    """Who covers an absence that is noted already, as it was read."""

    version = VersionField()
    covered_by = forms.ModelChoiceField(queryset=User.objects.none(), required=False, empty_label=_("Nobody"), label=_("Covered by"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["covered_by"].queryset = who_may_cover(user)  # type: ignore[attr-defined]


class PersonTermsForm(forms.ModelForm[PersonTerms]):
    class Meta:
        model = PersonTerms
        fields = ("weekly_hours", "hourly_cost")

    def __init__(self, *args: Any, member: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = role_terms(member.firm)
        usual = terms.get(member.role, terms[Role.ADVISER.value])
        locale = formats.babel_locale(member.firm.region)
        hours = formats.number(usual.weekly_hours or 0, locale=locale)
        self.fields["weekly_hours"].help_text = _("Hours meant for serving clients. Empty: %(hours)s, as the role.") % {"hours": hours}
        if usual.hourly_cost is not None:
            cost = formats.money(usual.hourly_cost, currency=member.firm.currency, locale=locale)
            self.fields["hourly_cost"].help_text = _("Empty: %(cost)s, as the role.") % {"cost": cost}
        else:
            self.fields["hourly_cost"].help_text = _("Empty: as the role, of which nothing is said yet.")


class RoleTermsForm(forms.Form):
    """Both roles at once: `adviser_weekly_hours`, `adviser_hourly_cost` and the same for assistants."""

    assistant_percent = forms.IntegerField(
        label=_("Done by assistants"),
        min_value=0,
        max_value=100,
        help_text=_("When a promise says “either”, this share of the work is counted as assistants’, the rest as advisers’."),
    )

    def __init__(self, *args: Any, firm: Firm, terms: Mapping[str, Terms], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for role in SERVING:
            own = terms[role.value]
            self.fields[f"{role.value}_weekly_hours"] = forms.DecimalField(
                label=_("Hours a week"),
                help_text=_("Meant for serving clients."),
                min_value=0,
                max_value=80,
                decimal_places=2,
                initial=own.weekly_hours,
            )
            self.fields[f"{role.value}_hourly_cost"] = forms.DecimalField(
                label=_("Cost of an hour"), min_value=0, max_value=10_000, decimal_places=2, initial=own.hourly_cost, required=False
            )
        self.initial["assistant_percent"] = firm.assistant_percent

    def terms(self) -> dict[str, Terms]:
        cleaned = self.cleaned_data
        return {role.value: Terms(cleaned[f"{role.value}_weekly_hours"], cleaned[f"{role.value}_hourly_cost"]) for role in SERVING}
