"""In-app notices: rows, so exactly once; worded when they are read, in the reader's language.

A room gives its kinds a sentence with `notice_kind`, for instance in its `notices.py`, imported when its app is ready:

    notice_kind("touchpoints_overdue", icon="clock", sentence=lambda values: ngettext("…", "…", values["number"]) % values)

and posts with `post_notice` in the transaction that decided it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from firms.models import User
from messaging.models import Notice

Sentence = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class NoticeKind:
    sentence: Sentence
    icon: str


_kinds: dict[str, NoticeKind] = {}


def notice_kind(kind: str, *, sentence: Sentence, icon: str = "bell") -> None:
    """Say how a kind of notice reads. `sentence` is called in the reader's language."""
    _kinds[kind] = NoticeKind(sentence, icon)


def post_notice(*, user: User, kind: str, values: Mapping[str, Any], dedupe_key: str, url: str = "") -> None:
    """Tell a user something, once for a dedupe key, however often and from however many places this is called."""
    if kind not in _kinds:
        raise LookupError(kind)
    notice = Notice(firm_id=user.firm_id, user=user, kind=kind, values=dict(values), url=url, dedupe_key=dedupe_key)
    Notice.objects.bulk_create([notice], ignore_conflicts=True)


def notices_of(user: User) -> QuerySet[Notice]:
    return Notice.objects.filter(firm_id=user.firm_id, user=user)


def mark_read(*, user: User, notice: Notice | None = None) -> None:
    """Mark one of the user's notices read, or all of them."""
    unread = notices_of(user).filter(read_at=None)
    (unread if notice is None else unread.filter(pk=notice.pk)).update(read_at=Now())


def wording(notice: Notice) -> str:
    return _kinds[notice.kind].sentence(notice.values)


def icon(notice: Notice) -> str:
    return _kinds[notice.kind].icon
