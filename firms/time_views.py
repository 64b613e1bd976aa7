"""Pages about working time: one's own absences, a colleague's week and absences, what an hour of each role costs."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firms.absences import AbsenceRefused, absences_of, absences_visible_to, add_absence, remove_absence, set_cover, who_may_cover
from firms.calendar import local_time
from firms.guard import FirmRequest, firm_view
from firms.models import Absence, PersonTerms, User
from firms.permissions import Permission
from firms.time_forms import AbsenceForm, CoverForm, PersonTermsForm, RoleTermsForm
from firms.working_time import Terms, role_terms, set_person_terms, set_role_terms


@firm_view(Permission.SIGNED_IN)
def own_time(request: FirmRequest) -> HttpResponse:
    form = AbsenceForm(request.POST or None, user=request.user)
    if request.method == "POST" and _add(request, request.user, form):
        return redirect("own_time")
    return render(request, "firms/own_time.html", {"form": form, **_absences(request, request.user)})


@firm_view(Permission.MANAGE_USERS)
def user_time(request: FirmRequest, pk: int) -> HttpResponse:
    """A colleague's week and cost, and their absences: two forms on one page."""
    member = get_object_or_404(User.objects.select_related("firm"), firm_id=request.user.firm_id, pk=pk)
    terms = PersonTerms.objects.filter(firm_id=request.user.firm_id, user=member).first() or PersonTerms(user=member)
    typed = request.POST if request.method == "POST" else None
    form = AbsenceForm(typed if typed and "terms" not in typed else None, user=member)
    terms_form = PersonTermsForm(typed if typed and "terms" in typed else None, instance=terms, member=member)
    if terms_form.is_bound and terms_form.is_valid():
        set_person_terms(user=member, terms=Terms(**terms_form.cleaned_data), by=request.user)
        messages.success(request, _("%(name)s is saved.") % {"name": member})
        return redirect("user_time", pk=pk)
    if form.is_bound and _add(request, member, form):
        return redirect("user_time", pk=pk)
    return render(request, "firms/user_time.html", {"form": form, "terms_form": terms_form, "member": member, **_absences(request, member)})


def _absences(request: FirmRequest, user: User) -> dict[str, Any]:
    today = local_time(request.firm).date()
    absences = absences_of(user, since=today.replace(month=1, day=1)).select_related("covered_by")
    return {"absences": absences, "today": today, "covering": list(who_may_cover(user).values_list("pk", "name"))}


def _add(request: FirmRequest, user: User, form: AbsenceForm) -> bool:
    if not form.is_valid():
        return False
    try:
        add_absence(user=user, by=request.user, **form.cleaned_data)
    except AbsenceRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return False
    messages.success(request, _("The absence is noted."))
    return True


def _absence(request: FirmRequest, pk: int) -> Absence:
    return get_object_or_404(absences_visible_to(request.user), pk=pk)


def _back(request: FirmRequest, absence: Absence) -> HttpResponse:
    return redirect("own_time") if absence.user_id == request.user.pk else redirect("user_time", pk=absence.user_id)


@require_POST
@firm_view(Permission.SIGNED_IN)
def absence_remove(request: FirmRequest, pk: int) -> HttpResponse:
    absence = _absence(request, pk)
    remove_absence(absence=absence, by=request.user)
    messages.success(request, _("The absence is removed."))
    return _back(request, absence)


@require_POST
@firm_view(Permission.SIGNED_IN)
def absence_cover(request: FirmRequest, pk: int) -> HttpResponse:
    absence = _absence(request, pk)
    form = CoverForm(request.POST, user=absence.user)
    try:
        if not form.is_valid():
            raise AbsenceRefused("covered_by", _("Choose someone of the list."))
        set_cover(absence=absence, covered_by=form.cleaned_data["covered_by"], by=request.user)
    except AbsenceRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Who covers this absence is noted."))
    return _back(request, absence)


@firm_view(Permission.MANAGE_USERS)
def working_terms(request: FirmRequest) -> HttpResponse:
    form = RoleTermsForm(request.POST or None, firm=request.firm, terms=role_terms(request.firm))
    if request.method == "POST" and form.is_valid():
        set_role_terms(terms=form.terms(), assistant_percent=form.cleaned_data["assistant_percent"], by=request.user)
        messages.success(request, _("Hours and costs are saved."))
        return redirect("working_terms")
    return render(request, "firms/working_terms.html", {"form": form})
