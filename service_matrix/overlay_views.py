"""The profiles of a version of the matrix, and the exceptions of clients."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.queries import visible_to
from firms.guard import FirmRequest, firm_view
from firms.paging import DayPlace
from firms.permissions import Permission
from firms.row_numbers import read_row_number
from segmentation.models import Segment
from service_matrix.catalogue import REACTIVE
from service_matrix.channels import channels_of
from service_matrix.client_promises import resolve_client
from service_matrix.exceptions import (
    InvalidException,
    NoException,
    NotServed,
    current_exceptions,
    end_exception,
    exception_parts,
    make_exception,
    visible_exceptions,
)
from service_matrix.models import MatrixVersion, ProfileRule
from service_matrix.overlay import InvalidRule, clear_rule, overlays_of, propose_rules, set_overlay, set_rule
from service_matrix.overlay_forms import ExceptionForm, OverlayForm, RuleForm, first_rule
from service_matrix.queries import drafts_of, touchpoint_types_of, versions_of
from service_matrix.versions import DraftChanged
from service_matrix.wording import overlay_words, rule_parts, rule_scope

ROWS_A_PAGE = 50
CURRENT = [MatrixVersion.Status.DRAFT, MatrixVersion.Status.PUBLISHED, MatrixVersion.Status.SCHEDULED]


@firm_view(Permission.VIEW_MATRIX)
@require_safe
def matrix_profiles(request: FirmRequest) -> HttpResponse:
    """What each profile changes, in the published version or in the draft."""
    found = versions_of(request.user).filter(scheme__is_service=True, status__in=CURRENT).select_related("scheme", "overlay")
    versions = {version.status: version for version in found}
    asked = request.GET.get("version", "draft" if request.user.may(Permission.EDIT_MATRIX) else "published")
    shown = versions.get(asked) or versions.get("published") or versions.get("draft")
    return render(request, "service_matrix/profiles.html", _profiles(request, shown, versions))


def _profiles(
    request: FirmRequest, shown: MatrixVersion | None, versions: dict[str, MatrixVersion], form: OverlayForm | None = None
) -> dict[str, Any]:
    context: dict[str, Any] = {"version": shown, "versions": versions, "is_draft": shown is not None and shown.status == "draft"}
    if shown is None:
        return context
    rules = ProfileRule.objects.filter(firm_id=shown.firm_id, version=shown).select_related("touchpoint_type", "own_channel").order_by("pk")
    of_profile: dict[int, list[tuple[ProfileRule, str, list[str]]]] = {}
    for rule in rules:
        of_profile.setdefault(rule.profile_id, []).append((rule, rule_scope(rule), rule_parts(rule)))
    profiles = Segment.objects.filter(firm_id=shown.firm_id, scheme=shown.overlay_id).order_by("rank") if shown.overlay_id else []
    context |= {"profiles": [(each, of_profile.get(each.pk, [])) for each in profiles], "words": overlay_words(shown)}
    if context["is_draft"] and request.user.may(Permission.EDIT_MATRIX):
        schemes = list(overlays_of(request.user, scheme_id=shown.scheme_id))
        first = {"revision": shown.revision, "overlay": shown.overlay_id, "fewer": -shown.fewest_change, "more": shown.most_change}
        context |= {"form": form or OverlayForm(initial=first, schemes=schemes), "schemes": schemes}
    return context


def _draft(request: FirmRequest) -> MatrixVersion | None:
    return drafts_of(request.user).select_related("scheme", "overlay").filter(scheme__is_service=True).first()


def _to_profiles() -> HttpResponse:
    return redirect(f"{reverse('matrix_profiles')}?version=draft")


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_overlay(request: FirmRequest) -> HttpResponse:
    draft = _draft(request)
    if draft is None:
        return redirect("matrix_profiles")
    schemes = list(overlays_of(request.user, scheme_id=draft.scheme_id))
    form = OverlayForm(request.POST, schemes=schemes)
    if form.is_valid():
        said = form.cleaned_data
        scheme = next((each for each in schemes if each.pk == said["overlay"]), None)
        limits = {"fewest": -(said["fewer"] or 0), "most": said["more"] or 0}
        try:
            set_overlay(version=draft, revision=said["revision"], scheme=scheme, by=request.user, **limits)
        except InvalidRule as refusal:
            names = {"fewest_change": "fewer", "most_change": "more"}
            for field, error in refusal.errors.items():
                form.add_error(names.get(field, field), error)
        except DraftChanged:
            messages.error(request, _("The draft changed since this page was shown. Look at it again before saving."))
            return _to_profiles()
        else:
            messages.success(request, _("The profiles’ limits are saved in the draft."))
            return _to_profiles()
    draft.refresh_from_db()
    return render(request, "service_matrix/profiles.html", _profiles(request, draft, {"draft": draft}, form))


@firm_view(Permission.EDIT_MATRIX)
@require_POST
def matrix_propose(request: FirmRequest) -> HttpResponse:
    """Rules from what the segmentation says of each profile's appetites."""
    draft, revision = _draft(request), read_row_number(request.POST.get("revision", "")) or 0
    if draft is None:
        return redirect("matrix_profiles")
    try:
        count = propose_rules(version=draft, revision=revision, by=request.user)
    except InvalidRule as refusal:
        messages.error(request, " ".join(refusal.errors.values()))
    except DraftChanged:
        messages.error(request, _("The draft changed since this page was shown. Look at it again before saving."))
    else:
        words = ngettext("%(count)s rule is added from the profiles’ appetites.", "%(count)s rules are added from the profiles’ appetites.", count)
        messages.success(request, words % {"count": count})
    return _to_profiles()


@firm_view(Permission.EDIT_MATRIX)
@require_http_methods(["GET", "HEAD", "POST"])
def profile_rule(request: FirmRequest, profile_pk: int, pk: int | None = None) -> HttpResponse:
    """One rule of a profile in the draft: a new one, or one that is changed or taken out."""
    profile = get_object_or_404(Segment.objects.select_related("scheme"), firm_id=request.user.firm_id, pk=profile_pk)
    draft = _draft(request)
    if draft is None:
        messages.error(request, _("The draft was published or discarded meanwhile."))
        return redirect("matrix_profiles")
    rules = ProfileRule.objects.filter(firm_id=request.user.firm_id, version=draft, profile=profile)
    rule = get_object_or_404(rules.select_related("touchpoint_type", "own_channel", "version"), pk=pk) if pk is not None else None
    types = [
        each for each in touchpoint_types_of(request.user) if each.key != REACTIVE and (each.is_active or (rule and rule.touchpoint_type == each))
    ]
    own = [each for each in channels_of(request.user) if each.is_active or (rule is not None and rule.own_channel_id == each.pk)]
    first = {"revision": draft.revision} | (first_rule(rule) if rule is not None else {})
    form = RuleForm(request.POST or None, initial=first, own_channels=own, types=types)
    if rule is not None:
        # What a rule is about is what it is: another is another rule.
        form.fields["scope"].disabled = True
    if request.method == "POST" and (answer := _write_rule(request, draft, profile, rule, form)):
        return answer
    return render(request, "service_matrix/profile_rule.html", {"form": form, "profile": profile, "rule": rule, "draft": draft})


def _write_rule(request: FirmRequest, draft: MatrixVersion, profile: Segment, rule: ProfileRule | None, form: RuleForm) -> HttpResponse | None:
    try:
        if rule is not None and "clear" in request.POST:
            clear_rule(rule=rule, revision=read_row_number(request.POST.get("revision", "")) or 0, by=request.user)
            messages.success(request, _("The rule is taken out of the draft."))
            return _to_profiles()
        if not form.is_valid():
            return None
        set_rule(version=draft, revision=form.cleaned_data["revision"], profile=profile, draft=form.draft(), by=request.user, **form.target())
    except InvalidRule as refusal:
        for field, error in refusal.errors.items():
            form.add_error({"of_channel": "scope", "profile": None}.get(field, field), error)
        return None
    except DraftChanged:
        messages.error(request, _("The draft changed since this page was shown. Look at it again before saving."))
        return _to_profiles()
    messages.success(request, _("The rule is saved in the draft."))
    return _to_profiles()


@firm_view(Permission.VIEW_MATRIX)
@require_safe
def promise_exceptions(request: FirmRequest) -> HttpResponse:
    """Clients who are promised something else, the next exception to end first."""
    page = current_exceptions(request.user, on=request.local_date)
    if (place := DayPlace.parse(request.GET.get("after", ""))) is not None:
        page = page.filter(place.beyond("ends_on"))
    rows, more = list(page[: ROWS_A_PAGE + 1]), ""
    if len(rows) > ROWS_A_PAGE:
        rows.pop()
        more = f"{reverse('promise_exceptions')}?after={DayPlace(rows[-1].ends_on, rows[-1].pk)}"
    today = request.local_date
    shown = [(row, exception_parts(row), (row.ends_on - today).days) for row in rows]
    return render(request, "service_matrix/exceptions.html", {"rows": shown, "more": more})


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def promise_exception(request: FirmRequest, client_pk: int) -> HttpResponse:
    client = get_object_or_404(visible_to(request.user), pk=client_pk)
    types = [each for each in touchpoint_types_of(request.user).filter(is_active=True) if each.key != REACTIVE]
    own = list(channels_of(request.user).filter(is_active=True))
    asked = request.GET.get("type", "")
    first = {"touchpoint_type": read_row_number(asked)}
    form = ExceptionForm(request.POST or None, initial=first, own_channels=own, types=types, today=request.local_date)
    if request.method == "POST" and form.is_valid():
        try:
            make_exception(client=client, touchpoint_type=form.types[form.cleaned_data["touchpoint_type"]], draft=form.draft(), by=request.user)
        except InvalidException as refusal:
            for field, error in refusal.errors.items():
                form.add_error(None if field == "__all__" else field, error)
        except NotServed as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The exception holds from today. The year is being planned."))
            return redirect("client_year", client.pk)
    promises = resolve_client(client, on=request.local_date)
    shown = (
        next((each for each in promises.promises if str(each.touchpoint_type.pk) == str(form["touchpoint_type"].value())), None) if promises else None
    )
    return render(request, "service_matrix/exception.html", {"form": form, "client": client, "shown": shown})


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_POST
def promise_exception_end(request: FirmRequest, pk: int) -> HttpResponse:
    exception = get_object_or_404(visible_exceptions(request.user), pk=pk)
    try:
        end_exception(exception=exception, by=request.user)
    except NoException as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _("The exception ends today. The year is being planned."))
    return redirect("promise_exceptions") if "from_list" in request.POST else redirect("client_year", exception.client_id)
