"""A digest a day rather than a flood: what a person has to know, put together once for each of their days, at their own hour.

A room gives its sections with `digest_section`, when its app is ready. A section collects for all readers at once, in a few statements whatever
their number, and words for one at a time, in that reader's language.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from firms import formats
from firms.calendar import is_working_day
from firms.models import Absence, Firm, User
from firms.wall import acting_for
from messaging.models import Digest, OutboxMessage, Preferences
from messaging.outbox import one_line, queue_messages
from messaging.preferences import moment_of, unsubscribe_key, zone_of

# Readers a transaction: a couple of seconds of work, so that a worker that dies loses little.
CHUNK = 200


@dataclass(frozen=True)
class Reader:
    """Someone whose hour has come, on which of their days, and since when they were told nothing."""

    user: User
    day: date
    since: datetime
    preferences: Preferences


@dataclass(frozen=True)
class DigestLine:
    text: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class DigestPart:
    """A heading with its lines. `number` is how many there are in all, `short` says so in the subject."""

    title: str
    short: str
    lines: Sequence[DigestLine]
    number: int
    url: str = ""
    urgent: bool = False

    @property
    def more(self) -> int:
        return self.number - len(self.lines)


# What a section found, by reader's id; nothing for who has nothing there.
Collect = Callable[[Firm, Sequence[Reader]], Mapping[int, Any]]
Word = Callable[[Any, Firm], Sequence[DigestPart]]


@dataclass(frozen=True)
class Section:
    collect: Collect
    word: Word
    order: int


_sections: dict[str, Section] = {}


def digest_section(key: str, *, collect: Collect, word: Word, order: int = 50) -> None:
    _sections[key] = Section(collect, word, order)


def make_digests(*, firm_id: int, now: datetime | None = None) -> int:
    """Put together the digest of everyone whose hour has come, once a person and day. Returns how many people were seen to.

    Each chunk of readers is one transaction: killed anywhere, run by anyone, twice at once, nobody is told twice and nobody forgotten.
    """
    with acting_for(firm_id):
        firm = Firm.objects.get(pk=firm_id)
        due = list_due_readers(firm=firm, now=now or timezone.now())
    total = 0
    for begin in range(0, len(due), CHUNK):
        with acting_for(firm_id):
            # Whoever was seen to since the list was made is left out here.
            readers = _take(due[begin : begin + CHUNK])
            _tell(firm, readers)
        total += len(readers)
    return total


def list_due_readers(*, firm: Firm, now: datetime) -> list[Reader]:
    """Whose hour has come today, where they are, and who was not seen to yet. Two statements.

    A working day is the firm's; who is absent is left in peace, and so is who has not accepted the invitation yet.
    """
    earlier = Digest.objects.filter(firm_id=firm.pk, user_id=OuterRef("pk")).order_by("-day")
    users = (
        User.objects.filter(firm_id=firm.pk, is_active=True)
        .select_related("preferences")
        .annotate(seen_on=Subquery(earlier.values("day")[:1]), seen_at=Subquery(earlier.values("made_at")[:1]))
        .order_by("pk")
    )
    away = _list_absent(firm, now)
    due = []
    for user in users:
        preferences = user.preferences if hasattr(user, "preferences") else Preferences(user=user)
        zone = zone_of(user, firm)
        day = now.astimezone(zone).date()
        if (
            not user.is_awaited
            and (user.seen_on is None or user.seen_on < day)
            and now >= moment_of(day, preferences.digest_at, zone)
            and (preferences.on_days_off or is_working_day(firm, day))
            and not any(first <= day <= last for first, last in away.get(user.pk, ()))
        ):
            due.append(Reader(user, day, user.seen_at or now - timedelta(days=1), preferences))
    return due


def _list_absent(firm: Firm, now: datetime) -> dict[int, list[tuple[date, date]]]:
    """Absences that hold today, wherever it is today."""
    around = now.date() - timedelta(days=1), now.date() + timedelta(days=1)
    away: dict[int, list[tuple[date, date]]] = {}
    for user_id, first, last in Absence.objects.filter(firm_id=firm.pk, starts_on__lte=around[1], ends_on__gte=around[0]).values_list(
        "user_id", "starts_on", "ends_on"
    ):
        away.setdefault(user_id, []).append((first, last))
    return away


def _take(due: Sequence[Reader]) -> list[Reader]:
    """Those that this transaction sees to: where another is at it, it waits for that one, and leaves them when it commits."""
    if not due:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_digest (user_id, day) SELECT * FROM unnest(%s::bigint[], %s::date[]) ON CONFLICT DO NOTHING RETURNING user_id",
            [[reader.user.pk for reader in due], [reader.day for reader in due]],
        )
        taken = {user_id for (user_id,) in cursor.fetchall()}
    return [reader for reader in due if reader.user.pk in taken]


def _tell(firm: Firm, readers: Sequence[Reader]) -> None:
    if not readers:
        return
    sections = sorted(_sections.values(), key=lambda section: section.order)
    found = [(section, section.collect(firm, readers)) for section in sections]
    messages = []
    for reader in readers:
        mine = [(section, values[reader.user.pk]) for section, values in found if reader.user.pk in values]
        if mine and reader.preferences.digest_by_email:
            with translation.override(formats.language_code(reader.user.language, region=firm.region)):
                parts = [part for section, values in mine for part in section.word(values, firm)]
                messages.append(compose(firm=firm, reader=reader, parts=parts))
    queue_messages(messages)


def compose(*, firm: Firm, reader: Reader, parts: Sequence[DigestPart]) -> OutboxMessage:
    """The e-mail of one digest, in the active language."""
    day = formats.day(reader.day, locale=formats.babel_locale(firm.region), style="full")
    unsubscribe = settings.SITE_URL + reverse("unsubscribe", args=[unsubscribe_key(reader.user)])
    context = {
        "firm": firm,
        "reader": reader.user,
        "day": day[:1].upper() + day[1:],
        "parts": parts,
        "site": settings.SITE_URL,
        "preferences_address": settings.SITE_URL + reverse("preferences"),
        "unsubscribe_address": unsubscribe,
        "language": (translation.get_language() or "en")[:2],
    }
    subject = gettext("%(day)s: %(summary)s") % {
        "day": formats.day(reader.day, locale=formats.babel_locale(firm.region)),
        "summary": ", ".join(part.short for part in parts),
    }
    return OutboxMessage(
        firm_id=firm.pk,
        to=reader.user.email,
        subject=one_line(subject),
        text=render_to_string("messaging/mail/digest.txt", context),
        html=render_to_string("messaging/mail/digest.html", context),
        headers={
            # RFC 8058: the reader's mail program offers to unsubscribe, by one POST, without signing in.
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
        dedupe_key=f"digest {reader.user.pk} {reader.day.isoformat()}",
    )
