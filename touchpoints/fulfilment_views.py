"""Saying afterwards which touchpoint an interaction was, and taking that back."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clients.models import Interaction
from clients.pages import line_of, logged_interaction
from firms import formats
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from touchpoints.fulfilment import count_for, in_words, interaction_of, last_count, may_have_been
from touchpoints.models import OPEN
from touchpoints.refusals import NotUndoable, QueueRefusal
from touchpoints.undoing import undo_act


class WhichForm(forms.Form):
    touchpoint = forms.TypedChoiceField(label=gettext_lazy("It was"), coerce=int, widget=forms.RadioSelect)

    def __init__(self, *args: Any, interaction: Interaction, request: FirmRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        locale = formats.babel_locale(request.firm.region)
        offered = may_have_been(interaction=interaction, by=request.user).select_related("touchpoint_type")
        self.offered = {touchpoint.pk: touchpoint for touchpoint in offered}
        choices = []
        for pk, touchpoint in self.offered.items():
            words = in_words(touchpoint, locale=locale)
            choices.append((pk, words if touchpoint.status in OPEN else f"{words} · {touchpoint.get_status_display()}"))
        cast(forms.ChoiceField, self.fields["touchpoint"]).choices = choices


@firm_view(Permission.WORK_QUEUE)
def interaction_which(request: FirmRequest, pk: int) -> HttpResponse:
    """What was owed around the day of an interaction, to choose the one that it was."""
    interaction = logged_interaction(request, pk)
    form = WhichForm(request.POST or None, interaction=interaction, request=request)
    if request.method == "POST" and form.is_valid():
        chosen = form.offered[form.cleaned_data["touchpoint"]]
        try:
            count_for(interaction=interaction, touchpoint=chosen, by=request.user)
        except QueueRefusal as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(
                request, _("“%(subject)s” counts for: %(touchpoint)s.") % {"subject": interaction.subject, "touchpoint": chosen.touchpoint_type.name}
            )
        return redirect(line_of(interaction))
    return render(request, "touchpoints/which.html", {"form": form, "interaction": interaction, "client": interaction.client})


@firm_view(Permission.WORK_QUEUE)
@require_POST
def interaction_which_undo(request: FirmRequest, pk: int) -> HttpResponse:
    """What one just said of this interaction, taken back: the touchpoint as it was before."""
    interaction = logged_interaction(request, pk)
    try:
        told = last_count(request.user)
        if told is None or interaction_of(told) != pk:
            raise NotUndoable
        undo_act(act=told, by=request.user)
    except QueueRefusal as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Undone: it counts for no touchpoint. What was logged stays."))
    return redirect(line_of(interaction))
