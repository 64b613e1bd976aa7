"""Notices that reach their reader outside the product: a few kinds at once, the others within the digest."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from firms import formats
from firms.models import Firm
from firms.wall import acting_for
from messaging.digests import DigestLine, DigestPart, Reader
from messaging.models import Notice, OutboxMessage
from messaging.notices import kinds_in_digest, wording
from messaging.outbox import one_line, queue_messages

# Notices a transaction.
CHUNK = 500
# Lines of a digest's part.
MOST_LINES = 8


def mail_due_notices(*, firm_id: int, now: datetime | None = None) -> int:
    """E-mail what was to be told at once and is still unread, quiet hours being over. Returns how many.

    A chunk is one transaction that queues the e-mails and notes it; two runs at once share the work.
    """
    total = 0
    while True:
        with acting_for(firm_id):
            due = (
                Notice.objects.select_for_update(of=("self",), skip_locked=True)
                .filter(firm_id=firm_id, mail_at__lte=now or timezone.now(), mailed_at=None, read_at=None, user__is_active=True)
                .select_related("user")
                .order_by("mail_at", "pk")
            )
            notices = list(due[:CHUNK])
            if notices:
                firm = Firm.objects.get(pk=firm_id)
                queue_messages([compose_notice(notice, firm) for notice in notices])
                Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(mailed_at=timezone.now())
        total += len(notices)
        if len(notices) < CHUNK:
            return total


def compose_notice(notice: Notice, firm: Firm) -> OutboxMessage:
    """A notice as an e-mail, in its reader's language."""
    with translation.override(formats.language_code(notice.user.language, region=firm.region)):
        sentence = wording(notice)
        context = {
            "firm": firm,
            "reader": notice.user,
            "sentence": sentence,
            "address": settings.SITE_URL + (notice.url or reverse("notice_list")),
            "preferences_address": settings.SITE_URL + reverse("preferences"),
            "language": (translation.get_language() or "en")[:2],
        }
        return OutboxMessage(
            firm_id=firm.pk,
            to=notice.user.email,
            subject=one_line(sentence),
            text=render_to_string("messaging/mail/notice.txt", context),
            html=render_to_string("messaging/mail/notice.html", context),
            headers={"Auto-Submitted": "auto-generated"},
            dedupe_key=f"notice {notice.pk}",
        )


# What each reader was told in the product since their last digest and has not read: the first lines, the newest before, and how many in all.
_UNREAD = f"""
SELECT user_id, kind, values::text, url, number FROM (
    SELECT n.id, n.user_id, n.kind, n.values, n.url, count(*) OVER mine AS number, row_number() OVER (mine ORDER BY n.id DESC) AS place
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS reader (user_id, since)
    JOIN messaging_notice n ON n.user_id = reader.user_id AND n.created_at > reader.since
    WHERE n.firm_id = %s AND n.read_at IS NULL AND n.mailed_at IS NULL AND n.kind = ANY(%s)
    WINDOW mine AS (PARTITION BY n.user_id)
) ranked
WHERE place <= {MOST_LINES}
ORDER BY user_id, id DESC
"""


def collect_notices(firm: Firm, readers: Sequence[Reader]) -> Mapping[int, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [[reader.user.pk for reader in readers], [reader.since for reader in readers], firm.pk, kinds_in_digest()])
        found: dict[int, tuple[list[Notice], int]] = {}
        for user_id, kind, values, url, number in cursor.fetchall():
            found.setdefault(user_id, ([], number))[0].append(Notice(user_id=user_id, kind=kind, values=json.loads(values), url=url))
    return found


def word_notices(found: tuple[Sequence[Notice], int], firm: Firm) -> list[DigestPart]:
    notices, number = found
    short = ngettext("%(number)d notice", "%(number)d notices", number) % {"number": number}
    return [
        DigestPart(gettext("Also"), short, [DigestLine(wording(notice), url=notice.url) for notice in notices], number, url=reverse("notice_list"))
    ]
