"""Every follow-up that waits, wherever it was agreed: one's own, everyone's, and those whose person is gone."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from clients.follow_ups import DAYS_AHEAD, Whose, open_follow_ups
from clients.models import FollowUp
from clients.paging import address_with, read_place, write_place
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission

PAGE = 50


@dataclass
class Section:
    label: str
    follow_ups: list[FollowUp] = field(default_factory=list)


@firm_view(Permission.VIEW_CLIENTS)
@require_safe
def follow_up_list(request: FirmRequest) -> HttpResponse:
    asked = request.GET.get("whose", "")
    whose = Whose(asked) if asked in Whose.values else Whose.MINE
    waiting = open_follow_ups(user=request.user, whose=whose)
    if (place := read_place(request.GET.get("after", ""), date.fromisoformat)) is not None:
        due_on, pk = place
        waiting = waiting.filter(Q(due_on__gt=due_on) | Q(due_on=due_on, pk__gt=pk))
    found = list(waiting[: PAGE + 1])
    more = ""
    if len(found) > PAGE:
        found.pop()
        more = address_with(request.GET, after=write_place(found[-1].due_on, found[-1].pk))
    context = {
        "tabs": [(each.label, address_with(request.GET, whose=each.value, after=""), each == whose) for each in Whose],
        "whose": whose,
        "sections": _sections(found, today=request.local_date),
        "more": more,
        "is_continued": place is not None,
        "today": request.local_date,
    }
    return render(request, "clients/follow_up_list.html", context)


def _sections(found: list[FollowUp], *, today: date) -> list[Section]:
    late, soon, later = Section(pgettext("follow-ups", "Late")), Section(_("Next 7 days")), Section(_("Later"))
    for follow_up in found:
        section = late if follow_up.due_on < today else soon if follow_up.due_on <= today + timedelta(days=DAYS_AHEAD) else later
        section.follow_ups.append(follow_up)
    return [section for section in (late, soon, later) if section.follow_ups]
