"""In-app notices: rows, so exactly once; worded when they are read, in the reader's language.

A room gives its kinds a sentence with `notice_kind`, for instance in its `notices.py`, imported when its app is ready:

    notice_kind("touchpoints_overdue", icon="clock", sentence=lambda values: ngettext("…", "…", values["number"]) % values)

and posts with `post_notice` in the transaction that decided it. A few kinds say `at_once`: still unread, they are e-mailed as well, outside
the reader's quiet hours, unless the reader wants them in the product only (preferences.py).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django_stubs_ext import StrPromise

from firms.background import enqueue
from firms.models import Firm, User
from messaging.models import Notice, Preferences
from messaging.preferences import out_of_quiet_hours, zone_of

Sentence = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class NoticeKind:
    sentence: Sentence
    icon: str
    # What the preferences call a kind that is also e-mailed at once; nothing for one that waits in the product.
    at_once: str | StrPromise = ""
    # Whether a digest repeats it; what only announces the digest's own content does not.
    in_digest: bool = True


_kinds: dict[str, NoticeKind] = {}
MAIL_TASK = "messaging.tasks.mail_notices"


def notice_kind(kind: str, *, sentence: Sentence, icon: str = "bell", at_once: str | StrPromise = "", in_digest: bool = True) -> None:
    """Say how a kind of notice reads. `sentence` is called in the reader's language."""
    _kinds[kind] = NoticeKind(sentence, icon, at_once, in_digest)


def kinds_at_once() -> Iterator[tuple[str, str | StrPromise]]:
    """The kinds that are also e-mailed, and what the preferences call them."""
    return ((kind, known.at_once) for kind, known in sorted(_kinds.items()) if known.at_once)


def kinds_in_digest() -> list[str]:
    return [kind for kind, known in _kinds.items() if known.in_digest]


@dataclass(frozen=True)
class Told:
    """One notice of a kind, to one user."""

    user: User
    dedupe_key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    # Their digest, made in the same transaction, says it by e-mail.
    is_in_digest: bool = False


def post_notice(*, user: User, kind: str, values: Mapping[str, Any], dedupe_key: str, url: str = "") -> None:
    """Tell a user something, once for a dedupe key, however often and from however many places this is called."""
    post_notices(kind=kind, told=[Told(user, dedupe_key, values, url)])


def post_notices(*, kind: str, told: Sequence[Told]) -> None:
    """Tell several users of one firm something, each once for their dedupe key. At most three statements for any number."""
    if kind not in _kinds:
        raise LookupError(kind)
    if not told:
        return
    firm_id, now = told[0].user.firm_id, timezone.now()
    notices = [
        Notice(firm_id=firm_id, user_id=each.user.pk, kind=kind, values=dict(each.values), url=each.url, dedupe_key=each.dedupe_key) for each in told
    ]
    if _kinds[kind].at_once:
        firm = Firm.objects.get(pk=firm_id)
        chosen = {row.user_id: row for row in Preferences.objects.filter(firm_id=firm_id, user_id__in=[each.user.pk for each in told])}
        for notice, each in zip(notices, told, strict=True):
            preferences = chosen.get(each.user.pk) or Preferences(user_id=each.user.pk)
            if kind not in preferences.muted_kinds and not each.is_in_digest and not each.user.is_awaited:
                notice.mail_at = out_of_quiet_hours(now, preferences=preferences, zone=zone_of(each.user, firm))
        enqueue(MAIL_TASK, firm_id=firm_id)
    Notice.objects.bulk_create(notices, ignore_conflicts=True)


def notices_of(user: User) -> QuerySet[Notice]:
    return Notice.objects.filter(firm_id=user.firm_id, user_id=user.pk)


def mark_read(*, user: User, notice: Notice | None = None) -> None:
    """Mark one of the user's notices read, or all of them."""
    unread = notices_of(user).filter(read_at=None)
    (unread if notice is None else unread.filter(pk=notice.pk)).update(read_at=Now())


def wording(notice: Notice) -> str:
    return _kinds[notice.kind].sentence(notice.values)


def icon(notice: Notice) -> str:
    return _kinds[notice.kind].icon
