"""Notices: what happened that concerns the reader."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from messaging import notices

# A person reads the latest; older ones are a page away.
PAGE = 30


@firm_view(Permission.SIGNED_IN)
def notice_list(request: FirmRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    found = notices.notices_of(request.user)
    if before.isdecimal():
        found = found.filter(pk__lt=before)
    page = list(found[: PAGE + 1])
    lines = [{"notice": notice, "text": notices.wording(notice), "icon": notices.icon(notice)} for notice in page[:PAGE]]
    return render(request, "messaging/notice_list.html", {"lines": lines, "older": page[PAGE - 1].pk if len(page) > PAGE else None})


@require_POST
@firm_view(Permission.SIGNED_IN)
def notice_open(request: FirmRequest, pk: int) -> HttpResponse:
    """Read one: it is marked, and its page opens."""
    notice = get_object_or_404(notices.notices_of(request.user), pk=pk)
    notices.mark_read(user=request.user, notice=notice)
    return redirect(notice.url or "notice_list")


@require_POST
@firm_view(Permission.SIGNED_IN)
def notices_read(request: FirmRequest) -> HttpResponse:
    notices.mark_read(user=request.user)
    return redirect("notice_list")
