"""Several touchpoints at once: the same decision for all that were chosen, and what was left with why."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from firms.guard import FirmRequest, firm_view
from firms.models import User
from firms.permissions import Permission
from firms.row_numbers import read_row_number, read_row_numbers
from touchpoints.bulk import MOST_AT_ONCE, handle_many
from touchpoints.forms import BulkForm
from touchpoints.queries import touchpoints_visible_to
from touchpoints.queue import Handled
from touchpoints.queue_pages import Filters, show_list_again
from touchpoints.refusals import QueueRefusal


@firm_view(Permission.WORK_QUEUE)
@require_POST
def queue_bulk(request: FirmRequest) -> HttpResponse:
    chosen = read_row_numbers(request.POST.getlist("chosen"))[:MOST_AT_ONCE]
    # Only of what the reader sees: another's number is as good as none.
    ids = list(touchpoints_visible_to(request.user).filter(pk__in=chosen).order_by("pk").values_list("pk", flat=True))
    to = read_row_number(request.POST.get("to", "")) or 0
    people = {user.pk: user for user in User.objects.filter(firm_id=request.user.firm_id, is_active=True, pk=to)}
    form = BulkForm(request.POST, people=people)
    if not form.is_valid():
        return _answer(request, refusal=" ".join(str(fault) for faults in form.errors.values() for fault in faults))
    values = form.cleaned_data
    try:
        handled = handle_many(act=values["act"], ids=ids, by=request.user, said=values)
    except QueueRefusal as refusal:
        return _answer(request, refusal=str(refusal))
    return _answer(request, said=_said(values["act"], handled), left=_left(handled))


def _said(act: str, handled: Handled) -> str:
    number = len(handled.touchpoints)
    sentences = {
        "complete": ngettext("Done: %(number)s touchpoint.", "Done: %(number)s touchpoints.", number),
        "snooze": ngettext("Snoozed: %(number)s touchpoint.", "Snoozed: %(number)s touchpoints.", number),
        "skip": ngettext("Skipped: %(number)s touchpoint.", "Skipped: %(number)s touchpoints.", number),
        "reassign": ngettext("Reassigned: %(number)s touchpoint.", "Reassigned: %(number)s touchpoints.", number),
    }
    return sentences[act] % {"number": number}


def _left(handled: Handled) -> list[tuple[str, int]]:
    """Why some were left, each reason once with how many."""
    return Counter(str(refusal) for refusal in handled.left).most_common()


def _answer(request: FirmRequest, *, said: str = "", refusal: str = "", left: list[tuple[str, int]] | None = None) -> HttpResponse:
    if request.htmx:
        context: dict[str, Any] = {"bulk_said": said, "bulk_refusal": refusal, "left": left or []}
        return show_list_again(request, None, **context)
    if said:
        messages.success(request, said)
    for reason, number in [*(left or []), *([(refusal, 0)] if refusal else [])]:
        messages.warning(request, f"{number} × {reason}" if number else reason)
    return redirect(Filters.of(request.GET).address())
