"""Logging an exchange from anywhere, what follows from it, and the personal context of a client."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from clients import follow_ups, life_events
from clients.context import ContextChangedMeanwhile, change_context, context_of
from clients.follow_ups import FollowUpHandled, follow_ups_visible_to
from clients.interactions import InteractionRefused, correct_interaction, log_interaction, may_remove, remove_interaction, usual_of
from clients.life_events import LifeEventRefused
from clients.logging_forms import ContextForm, CorrectionForm, FollowUpForm, LifeEventForm, LogForm
from clients.models import Client, FollowUp, Interaction, LifeEvent
from clients.pages import add_errors, client_of, line_of, logged_interaction
from clients.promised import NOTHING, with_what_they_delivered
from clients.queries import visible_to
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from firms.row_numbers import read_row_number
from firms.row_versions import RowChanged, version_of

# Where the personal context is written, by the part of the page that holds it: on the client's page, and beside a touchpoint.
CONTEXT_PLACES = {"personal-context": "clients/_personal.html", "context-personal": "clients/_context_personal.html"}


@firm_view(Permission.EDIT_CLIENTS)
def interaction_log(request: FirmRequest) -> HttpResponse:
    """The dialog of the frame, and a page of its own without scripts. `?client=` says whose."""
    number = read_row_number(request.GET.get("client", ""))
    chosen = get_object_or_404(visible_to(request.user).select_related("adviser", "firm"), pk=number) if number is not None else None
    return _log(request, chosen)


@firm_view(Permission.EDIT_CLIENTS)
def interaction_create(request: FirmRequest, pk: int) -> HttpResponse:
    """The same on a client's page."""
    return _log(request, client_of(request, pk))


def _log(request: FirmRequest, client: Client | None) -> HttpResponse:
    usual = usual_of(request.user)
    form = LogForm(request.POST or None, client=client, by=request.user, initial={"channel": usual.channel})
    if request.method == "POST" and form.is_valid():
        met = client or form.cleaned_data["client"]
        try:
            logged = log_interaction(client=met, by=request.user, draft=form.draft())
        except ValidationError as error:
            add_errors(error, form)
        else:
            return _logged(request, met, logged, about=form.cleaned_data.get("about", ""))
    action = reverse("interaction_create", args=[client.pk]) if client else reverse("interaction_log")
    context = {"form": form, "client": client, "recent": [] if client else usual.clients, "action": action}
    return render(request, "clients/_log.html" if request.htmx else "clients/interaction_form.html", context)


def _logged(request: FirmRequest, client: Client, logged: Interaction, *, about: str) -> HttpResponse:
    ((_interaction, delivered),) = with_what_they_delivered(request, [logged])
    # Said to be something that was promised, and nothing of the kind was owed.
    is_for_none = bool(about) and about != NOTHING and not delivered
    on_its_page = f"/clients/{client.pk}/" in (request.htmx.current_url_abs_path or "") if request.htmx else False
    if request.htmx and not on_its_page:
        return render(request, "clients/_logged.html", {"client": client, "delivered": delivered, "is_for_none": is_for_none})
    if is_for_none:
        messages.warning(request, _("The interaction is logged. No touchpoint of this kind was owed then: it counts for none."))
    else:
        messages.success(request, _("The interaction is logged."))
    page = reverse("client_interactions", args=[client.pk])
    return HttpResponseClientRedirect(page) if request.htmx else redirect(page)


@firm_view(Permission.EDIT_CLIENTS)
def interaction_edit(request: FirmRequest, pk: int) -> HttpResponse:
    """What was logged, said right."""
    interaction = logged_interaction(request, pk)
    form = CorrectionForm(request.POST or None, interaction=interaction, version=version_of(interaction))
    if request.method == "POST" and form.is_valid():
        kept = logged_interaction(request, pk)
        try:
            correct_interaction(interaction=kept, by=request.user, version=form.cleaned_data["version"], draft=form.draft())
        except ValidationError as error:
            add_errors(error, form)
        except InteractionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The interaction is corrected."))
            return redirect(line_of(interaction))
    context = {"form": form, "interaction": interaction, "client": interaction.client, "may_remove": may_remove(interaction, by=request.user)}
    return render(request, "clients/interaction_correct.html", context | {"back": line_of(interaction)})


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def interaction_remove(request: FirmRequest, pk: int) -> HttpResponse:
    interaction = logged_interaction(request, pk)
    try:
        remove_interaction(interaction=interaction, by=request.user)
    except InteractionRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect(line_of(interaction))
    messages.success(request, _("“%(subject)s” is removed from the file of %(name)s.") % {"subject": interaction.subject, "name": interaction.client})
    return redirect("client_interactions", interaction.client_id)


def _follow_up(request: FirmRequest, pk: int) -> FollowUp:
    return get_object_or_404(follow_ups_visible_to(request.user).select_related("client__adviser", "assignee"), pk=pk)


def _back(request: FirmRequest, client_id: int) -> str:
    """Where one came from: `next` when it is a page of ours, else the client's."""
    asked = request.POST.get("next", "") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours and asked.startswith("/") else reverse("client_detail", args=[client_id])


@firm_view(Permission.EDIT_CLIENTS)
def follow_up_create(request: FirmRequest, pk: int) -> HttpResponse:
    client = client_of(request, pk)
    form = FollowUpForm(request.POST or None, client=client, by=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            follow_ups.add_follow_up(client=client, by=request.user, draft=form.draft())
        except ValidationError as error:
            add_errors(error, form)
        else:
            messages.success(request, _("The follow-up is noted."))
            return redirect(_back(request, pk))
    return render(request, "clients/follow_up_form.html", {"form": form, "client": client, "back": _back(request, pk)})


@firm_view(Permission.EDIT_CLIENTS)
def follow_up_edit(request: FirmRequest, pk: int) -> HttpResponse:
    follow_up = _follow_up(request, pk)
    first = {"version": version_of(follow_up)}
    form = FollowUpForm(request.POST or None, instance=follow_up, client=follow_up.client, by=request.user, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            follow_ups.change_follow_up(follow_up=follow_up, by=request.user, version=form.cleaned_data["version"], draft=form.draft())
        except ValidationError as error:
            add_errors(error, form)
        except RowChanged as refusal:
            form.add_error(None, str(refusal))
        except FollowUpHandled as refusal:
            messages.warning(request, str(refusal))
            return redirect(_back(request, follow_up.client_id))
        else:
            messages.success(request, _("The follow-up is saved."))
            return redirect(_back(request, follow_up.client_id))
    context = {"form": form, "client": follow_up.client, "follow_up": follow_up, "back": _back(request, follow_up.client_id)}
    return render(request, "clients/follow_up_form.html", context)


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def follow_up_finish(request: FirmRequest, pk: int) -> HttpResponse:
    return _act(request, _follow_up(request, pk), follow_ups.finish_follow_up, said=_("Done: %(follow_up)s"))


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def follow_up_reopen(request: FirmRequest, pk: int) -> HttpResponse:
    return _act(request, _follow_up(request, pk), follow_ups.reopen_follow_up, said=_("Open again: %(follow_up)s"))


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def follow_up_remove(request: FirmRequest, pk: int) -> HttpResponse:
    remove = partial(follow_ups.remove_follow_up, version=request.POST.get("version", ""))
    return _act(request, _follow_up(request, pk), remove, said=_("Removed: %(follow_up)s"))


def _act(request: FirmRequest, follow_up: FollowUp, do: Any, *, said: str) -> HttpResponse:
    """One line's act: its line as it is now, or back to the page it was on."""
    refusal = ""
    try:
        do(follow_up=follow_up, by=request.user)
    except (FollowUpHandled, RowChanged) as refused:
        refusal = str(refused)
    if request.htmx:
        current = follow_ups_visible_to(request.user).select_related("client", "assignee", "done_by").filter(pk=follow_up.pk).first()
        context = {"follow_up": current, "refusal": refusal, "today": request.local_date, "with_client": request.POST.get("with_client") == "1"}
        return render(request, "clients/_follow_up.html", context)
    if refusal:
        messages.warning(request, refusal)
    else:
        messages.success(request, said % {"follow_up": follow_up.text})
    return redirect(_back(request, follow_up.client_id))


@firm_view(Permission.EDIT_CLIENTS)
def context_edit(request: FirmRequest, pk: int) -> HttpResponse:
    """Personal context, edited where it is read: the fragment in place, a page of its own without scripts."""
    client = client_of(request, pk)
    form = ContextForm(request.POST or None, initial={"personal_context": client.personal_context, "read": client.personal_context})
    conflict: ContextChangedMeanwhile | None = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            change_context(client=client, by=request.user, read=values["read"], text=values["personal_context"])
        except ValidationError as error:
            add_errors(error, form)
        except ContextChangedMeanwhile as changed:
            conflict = changed
            # What was written is kept in the form; saved again, it replaces what is shown above it.
            form = ContextForm(initial={"personal_context": values["personal_context"], "read": changed.now})
        else:
            return _show_context(request, client)
    context = {"form": form, "client": client, "conflict": conflict, "place": _context_place(request)}
    return render(request, "clients/_context_form.html" if request.htmx else "clients/context_form.html", context)


@firm_view(Permission.VIEW_CLIENTS)
def context_show(request: FirmRequest, pk: int) -> HttpResponse:
    return _show_context(request, client_of(request, pk))


def _show_context(request: FirmRequest, client: Client, *, refusal: str = "") -> HttpResponse:
    if not request.htmx:
        return redirect("client_detail", client.pk)
    known = context_of(client)
    context = {"client": client, "context": known, "known": known, "is_swapped": True, "is_written": True, "refusal": refusal}
    return render(request, CONTEXT_PLACES[_context_place(request)], context)


def _context_place(request: FirmRequest) -> str:
    """The part of the page that asks; the client's own page has one."""
    asks = request.htmx.target if request.htmx else None
    return asks if asks in CONTEXT_PLACES else "personal-context"


@firm_view(Permission.EDIT_CLIENTS)
def life_event_create(request: FirmRequest, pk: int) -> HttpResponse:
    """Written where the personal context is read: the fragment in place, a page of its own without scripts."""
    client = client_of(request, pk)
    form = LifeEventForm(request.POST or None, initial={"on": request.local_date})
    return _life_event(request, client, form, lambda: life_events.add_life_event(client=client, by=request.user, draft=form.draft()))


def _event_of(request: FirmRequest, pk: int) -> LifeEvent:
    found = LifeEvent.objects.filter(firm_id=request.user.firm_id, client__in=visible_to(request.user))
    return get_object_or_404(found.select_related("client__adviser", "client__firm"), pk=pk)


@firm_view(Permission.EDIT_CLIENTS)
def life_event_edit(request: FirmRequest, pk: int) -> HttpResponse:
    event = _event_of(request, pk)
    form = LifeEventForm(request.POST or None, instance=event, initial={"version": version_of(event)})

    def write() -> None:
        life_events.change_life_event(event=event, by=request.user, version=form.cleaned_data["version"], draft=form.draft())

    return _life_event(request, event.client, form, write, event=event)


@firm_view(Permission.EDIT_CLIENTS)
@require_POST
def life_event_remove(request: FirmRequest, pk: int) -> HttpResponse:
    event = _event_of(request, pk)
    try:
        life_events.remove_life_event(event=event, by=request.user, version=request.POST.get("version", ""))
    except LifeEventRefused as refusal:
        if not request.htmx:
            messages.warning(request, str(refusal))
        return _show_context(request, event.client, refusal=str(refusal))
    if not request.htmx:
        messages.success(request, _("The life event is removed."))
    return _show_context(request, event.client)


def _life_event(
    request: FirmRequest, client: Client, form: LifeEventForm, write: Callable[[], object], *, event: LifeEvent | None = None
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            write()
        except ValidationError as error:
            add_errors(error, form)
        except LifeEventRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _show_context(request, client)
    context = {"form": form, "client": client, "event": event}
    return render(request, "clients/_life_event_form.html" if request.htmx else "clients/life_event_form.html", context)
