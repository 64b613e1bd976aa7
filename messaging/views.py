"""Notices: what happened that concerns the reader. E-mails that did not leave: what an administrator decides about."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from firms.row_numbers import read_row_number, read_row_numbers
from messaging import notices, outbox
from messaging.models import OutboxMessage

# A person reads the latest; older ones are a page away.
PAGE = 30
# Discarded at once, each named before.
MOST_DISCARDED = 300


@firm_view(Permission.SIGNED_IN)
def notice_list(request: FirmRequest) -> HttpResponse:
    before = read_row_number(request.GET.get("before", ""))
    found = notices.notices_of(request.user)
    if before is not None:
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


@firm_view(Permission.MANAGE_FIRM)
def outbox_list(request: FirmRequest) -> HttpResponse:
    """Held and failed e-mails. Their text is not shown: it may hold a link that lets its reader in."""
    before = read_row_number(request.GET.get("before", ""))
    found = outbox.undecided_messages(request.user).defer("text", "html", "calendar")
    if before is not None:
        found = found.filter(pk__lt=before)
    page = list(found[: PAGE + 1])
    return render(request, "messaging/outbox_list.html", {"mails": page[:PAGE], "older": page[PAGE - 1].pk if len(page) > PAGE else None})


def _chosen(request: FirmRequest) -> QuerySet[OutboxMessage]:
    """All, or those ticked."""
    found = outbox.undecided_messages(request.user)
    if request.POST.get("all"):
        return found
    return found.filter(pk__in=read_row_numbers(request.POST.getlist("message")))


def _tell(request: FirmRequest, *, decided: int, said: str) -> HttpResponse:
    if decided:
        messages.success(request, said)
    elif "message" in request.POST or "all" in request.POST:
        messages.info(request, _("A colleague decided about these e-mails first."))
    else:
        messages.error(request, _("Choose at least one e-mail."))
    return redirect("outbox_list")


@require_POST
@firm_view(Permission.MANAGE_FIRM)
def outbox_resend(request: FirmRequest) -> HttpResponse:
    sent = outbox.resend_messages(messages=_chosen(request), by=request.user)
    return _tell(
        request, decided=sent, said=ngettext("%(number)s e-mail is on its way.", "%(number)s e-mails are on their way.", sent) % {"number": sent}
    )


@require_POST
@firm_view(Permission.MANAGE_FIRM)
def outbox_discard(request: FirmRequest) -> HttpResponse:
    """Ask first, naming what would be lost: exactly that is discarded, whatever fails meanwhile."""
    chosen = _chosen(request)
    if not request.POST.get("confirmed") and (mails := list(chosen.defer("text", "html", "calendar")[:MOST_DISCARDED])):
        return render(request, "messaging/outbox_discard.html", {"mails": mails, "number": len(mails)})
    gone = outbox.discard_messages(messages=chosen, by=request.user)
    return _tell(
        request, decided=gone, said=ngettext("%(number)s e-mail is discarded.", "%(number)s e-mails are discarded.", gone) % {"number": gone}
    )
