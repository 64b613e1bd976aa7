"""The queue: the list, one touchpoint beside it, and what is done with it."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from clients.pages import add_errors
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from touchpoints.acting import ACTS
from touchpoints.annual_review import Answer, KeepOrChange, KeptWithoutReason, ask_keep_or_change, complete_review
from touchpoints.forms import LogForm, ReassignForm, ReviewLogForm, SkipForm, SnoozeForm
from touchpoints.fulfilment import take_back_fulfilment
from touchpoints.models import Touchpoint
from touchpoints.queries import who_may_do
from touchpoints.queue_pages import (
    Filters,
    counts_context,
    following_in_list,
    get_touchpoint,
    list_context,
    move_on,
    names_of,
    panel_context,
    show_again,
    show_list_again,
    show_page,
    undo_context,
)
from touchpoints.refusals import NotSnoozable, NotTheirWork, NotUndoable, QueueRefusal
from touchpoints.undoing import Undone, last_act, undo_act


@firm_view(Permission.VIEW_QUEUE)
@require_GET
def queue(request: FirmRequest) -> HttpResponse:
    """What this user should do first."""
    if request.htmx and "after" in request.GET:
        return render(request, "touchpoints/_rows.html", list_context(request, Filters.of(request.GET)))
    return show_page(request, None)


@firm_view(Permission.VIEW_QUEUE)
@require_GET
def queue_counts(request: FirmRequest) -> HttpResponse:
    """How much is left, now: what colleagues did meanwhile shows without a reload."""
    filters = Filters.of(request.GET)
    return render(request, "touchpoints/_counts.html", counts_context(request, filters) | {"filters": filters} | undo_context(request))


@firm_view(Permission.VIEW_QUEUE)
@require_GET
def queue_touchpoint(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    """One touchpoint, beside the list or alone in its panel."""
    touchpoint = get_touchpoint(request, touchpoint_id)
    if request.htmx:
        return render(request, "touchpoints/_panel.html", panel_context(request, Filters.of(request.GET), touchpoint) | {"is_swapped": True})
    return show_page(request, touchpoint)


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_complete(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    touchpoint = get_touchpoint(request, touchpoint_id)
    if (asked := ask_keep_or_change(touchpoint, reader=request.user)) is not None:
        return _complete_review(request, touchpoint, asked)
    form = LogForm(request.POST, touchpoint=touchpoint, by=request.user)
    return _act(request, touchpoint, "complete", form, said=_("Done: %(touchpoint)s with %(client)s."))


def _complete_review(request: FirmRequest, touchpoint: Touchpoint, asked: KeepOrChange) -> HttpResponse:
    """An annual review, with what becomes of the client's segment; "change" leads to the page that changes it, and back."""
    form = ReviewLogForm(request.POST, touchpoint=touchpoint, by=request.user, asked=asked)
    if not form.is_valid():
        return show_again(request, touchpoint, faulty={"log_form": form})
    answer, reason = form.cleaned_data["answer"], form.cleaned_data.get("reason", "")
    try:
        complete_review(touchpoint=touchpoint, by=request.user, draft=form.draft(), answer=answer, reason=reason)
    except KeptWithoutReason as refusal:
        form.add_error("reason", str(refusal))
        return show_again(request, touchpoint, faulty={"log_form": form})
    except ValidationError as error:
        add_errors(error, form)
        return show_again(request, touchpoint, faulty={"log_form": form})
    except QueueRefusal as refusal:
        return show_again(request, touchpoint, refusal=str(refusal))
    following = following_in_list(request, touchpoint)
    if answer == Answer.CHANGE:
        back = urlencode({"next": Filters.of(request.GET).address(following)})
        page = f"{reverse('client_reassess', args=[touchpoint.client_id, asked.assignment.scheme_id])}?{back}"
        return HttpResponseClientRedirect(page) if request.htmx else redirect(page)
    return move_on(request, touchpoint, following, _("Done: %(touchpoint)s with %(client)s.") % names_of(touchpoint))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_snooze(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    touchpoint = get_touchpoint(request, touchpoint_id)
    form = SnoozeForm(request.POST, touchpoint=touchpoint)
    return _act(request, touchpoint, "snooze", form, said=_("Snoozed: %(touchpoint)s with %(client)s."))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_skip(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    touchpoint = get_touchpoint(request, touchpoint_id)
    form = SkipForm(request.POST, touchpoint=touchpoint)
    return _act(request, touchpoint, "skip", form, said=_("Skipped: %(touchpoint)s with %(client)s."))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_reassign(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    touchpoint = get_touchpoint(request, touchpoint_id)
    form = ReassignForm(request.POST, people=who_may_do(touchpoint, asks=request.user))
    return _act(request, touchpoint, "reassign", form, said=_("Reassigned: %(touchpoint)s with %(client)s."))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_claim(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    return _change(request, touchpoint_id, "claim")


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_release(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    return _change(request, touchpoint_id, "release")


@firm_view(Permission.WORK_QUEUE)
@require_POST
def touchpoint_not_this(request: FirmRequest, touchpoint_id: int) -> HttpResponse:
    """What was logged was not this touchpoint: owed again, in its panel or back where it was said."""
    touchpoint = get_touchpoint(request, touchpoint_id)
    is_owed = take_back_fulfilment(touchpoint=touchpoint, by=request.user)
    refusal = "" if is_owed else _("Someone said so already: no interaction counts for this touchpoint.")
    if request.htmx:
        return show_again(request, touchpoint, refusal=refusal)
    if is_owed:
        messages.success(request, _("%(touchpoint)s with %(client)s is owed again. What was logged stays.") % names_of(touchpoint))
    else:
        messages.warning(request, refusal)
    asked = request.POST.get("next", "")
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return redirect(asked if is_ours else Filters.of(request.GET).address(touchpoint))


@firm_view(Permission.WORK_QUEUE)
@require_POST
def queue_undo(request: FirmRequest) -> HttpResponse:
    """Take back what one did last: back in the list, where it was."""
    act = last_act(request.user)
    try:
        if act is None:
            raise NotUndoable
        undone = undo_act(act=act, by=request.user)
    except QueueRefusal as refusal:
        messages.warning(request, str(refusal))
        return HttpResponseClientRedirect(Filters.of(request.GET).address()) if request.htmx else redirect(Filters.of(request.GET).address())
    first = Touchpoint.objects.filter(firm_id=request.user.firm_id, pk__in=undone.touchpoint_ids).order_by("pk").first()
    if not request.htmx:
        messages.success(request, _undone_said(undone))
        return redirect(Filters.of(request.GET).address(first))
    return show_list_again(request, get_touchpoint(request, first.pk) if first else None, said=_undone_said(undone))


def _undone_said(undone: Undone) -> str:
    number = len(undone.touchpoint_ids)
    said = ngettext("Undone: %(number)s touchpoint is back.", "Undone: %(number)s touchpoints are back.", number) % {"number": number}
    if undone.changed_since:
        left = ngettext("%(left)s was changed since and stays.", "%(left)s were changed since and stay.", undone.changed_since)
        said = f"{said} {left % {'left': undone.changed_since}}"
    return " ".join([said, *undone.stays])


def _act(request: FirmRequest, touchpoint: Touchpoint, name: str, form: forms.Form, *, said: str) -> HttpResponse:
    """A form that says how, an act that may be refused, and the next touchpoint of the list."""
    if not form.is_valid():
        return show_again(request, touchpoint, faulty={f"{'log' if name == 'complete' else name}_form": form})
    values = {"draft": form.draft()} if isinstance(form, LogForm) else form.cleaned_data
    try:
        ACTS[name](touchpoint, request.user, values)
    except ValidationError as error:
        add_errors(error, form)
        return show_again(request, touchpoint, faulty={"log_form": form})
    except (NotSnoozable, NotTheirWork) as refusal:
        form.add_error("until" if isinstance(refusal, NotSnoozable) else "to", str(refusal))
        return show_again(request, touchpoint, faulty={f"{name}_form": form})
    except QueueRefusal as refusal:
        return show_again(request, touchpoint, refusal=str(refusal))
    return move_on(request, touchpoint, following_in_list(request, touchpoint), said % names_of(touchpoint))


def _change(request: FirmRequest, touchpoint_id: int, name: str) -> HttpResponse:
    """An act that leaves the touchpoint where it is."""
    touchpoint = get_touchpoint(request, touchpoint_id)
    try:
        ACTS[name](touchpoint, request.user, {})
    except QueueRefusal as refusal:
        return show_again(request, touchpoint, refusal=str(refusal))
    return show_again(request, touchpoint)
