"""Pages about working time: one's own absences, a colleague's week and absences, what an hour of each role costs."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from firms.absences import (
    AbsenceRefused,
    absences_of,
    absences_visible_to,
    absentees_of,
    add_absence,
    change_absence,
    remove_absence,
    set_cover,
    who_may_cover,
)
from firms.calendar import local_time
from firms.cover_previews import CoverPreview, preview_cover
from firms.guard import FirmRequest, firm_view
from firms.models import Absence, PersonTerms, User
from firms.permissions import Permission
from firms.row_versions import RowChanged, RowVersion, version_of
from firms.time_forms import AbsenceForm, CoverForm, PersonTermsForm, RoleTermsForm
from firms.working_time import Terms, role_terms, set_person_terms, set_role_terms

# What a cover's preview is made of.
_COVER = ("starts_on", "ends_on", "covered_by")


@firm_view(Permission.SIGNED_IN)
def own_time(request: FirmRequest) -> HttpResponse:
    form = AbsenceForm(request.POST or None, user=request.user)
    if request.method == "POST" and _add(request, request.user, form):
        return redirect("own_time")
    return render(request, "firms/own_time.html", {"form": form, **_absences(request, request.user, form)})


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
    return render(request, "firms/user_time.html", {"form": form, "terms_form": terms_form, "member": member, **_absences(request, member, form)})


def _absences(request: FirmRequest, user: User, form: AbsenceForm) -> dict[str, Any]:
    today = local_time(request.firm).date()
    absences = absences_of(user, since=today.replace(month=1, day=1)).select_related("covered_by").annotate(version=RowVersion())
    covering = list(who_may_cover(user).values_list("pk", "name"))
    return {"absences": absences, "today": today, "covering": covering, "absentee": user, "preview": _preview(user, form)}


def _preview(user: User, form: AbsenceForm) -> CoverPreview | None:
    """What is typed brings to whom it says; before anything is, what is noted."""
    if form.is_bound:
        values = form.cleaned_data if form.is_valid() else {}
    else:
        values = {name: getattr(form.instance, name) for name in _COVER} if form.instance.pk else {}
    return preview_cover(user=user, **{name: values[name] for name in _COVER}) if values else None


def _write(request: FirmRequest, form: AbsenceForm, write: Callable[..., Absence], *, said: str) -> bool:
    """Whether it was written: not what is wrong, and not while a reader without scripts only asks what a cover takes over."""
    if not form.is_valid() or "preview" in request.POST:
        return False
    try:
        write(by=request.user, **form.cleaned_data)
    except AbsenceRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return False
    except RowChanged as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, said)
    return True


def _add(request: FirmRequest, user: User, form: AbsenceForm) -> bool:
    def add(*, version: str, **said: Any) -> Absence:
        return add_absence(user=user, **said)

    return _write(request, form, add, said=_("The absence is noted."))


@firm_view(Permission.SIGNED_IN)
def absence_edit(request: FirmRequest, pk: int) -> HttpResponse:
    """Other days, another note, somebody else who covers."""
    absence = _absence(request, pk)
    form = AbsenceForm(request.POST or None, instance=absence, user=absence.user, initial={"version": version_of(absence)})
    if request.method == "POST" and _write(request, form, partial(change_absence, absence=absence), said=_("The absence is changed.")):
        return _back(request, absence)
    context = {"form": form, "absence": absence, "absentee": absence.user, "preview": _preview(absence.user, form)}
    return render(request, "firms/absence_form.html", context)


@firm_view(Permission.SIGNED_IN)
@require_GET
def cover_preview(request: FirmRequest, pk: int) -> HttpResponse:
    """What whoever is chosen would take over from someone on the days chosen, while the form is filled in."""
    person = get_object_or_404(absentees_of(request.user).select_related("firm"), pk=pk)
    form = AbsenceForm(request.GET, user=person)
    return render(request, "firms/_cover_preview.html", {"preview": _preview(person, form)})


def _absence(request: FirmRequest, pk: int) -> Absence:
    return get_object_or_404(absences_visible_to(request.user).select_related("user__firm", "covered_by"), pk=pk)


def _back(request: FirmRequest, absence: Absence) -> HttpResponse:
    return redirect("own_time") if absence.user_id == request.user.pk else redirect("user_time", pk=absence.user_id)


@require_POST
@firm_view(Permission.SIGNED_IN)
def absence_remove(request: FirmRequest, pk: int) -> HttpResponse:
    absence = _absence(request, pk)
    try:
        remove_absence(absence=absence, by=request.user, version=request.POST.get("version", ""))
    except RowChanged as refusal:
        messages.warning(request, str(refusal))
    else:
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
        set_cover(absence=absence, by=request.user, **form.cleaned_data)
    except (AbsenceRefused, RowChanged) as refusal:
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
