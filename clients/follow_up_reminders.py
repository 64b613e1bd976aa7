"""Follow-ups in the daily digest: what is late or due today is told to whoever has it to do."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from clients.follow_ups import left_behind
from clients.models import FollowUp
from firms import formats
from firms.models import Absence, Firm
from firms.permissions import Permission
from messaging.digests import DigestLine, DigestPart, Reader, digest_section

# Follow-ups named; the others are counted.
MOST_LINES = 8


@dataclass
class Found:
    """What one reader is to be told: the first, as (client's number, client, text, day), how many there are, and how many of them are late."""

    lines: list[tuple[int, str, str, date]] = field(default_factory=list)
    number: int = 0
    late: int = 0


def collect(firm: Firm, readers: Sequence[Reader]) -> Mapping[int, Found]:
    """As `follow_ups_to_do` has them, due by each reader's day. Two statements for any number of readers."""
    at_work = [reader for reader in readers if reader.user.may(Permission.EDIT_CLIENTS)]
    if not at_work:
        return {}
    told = _told_of(firm, at_work)
    seen = FollowUp.objects.filter(
        firm_id=firm.pk, done_at=None, due_on__lte=max(reader.day for reader in at_work), client__archived_at=None
    ).order_by()
    names = ("whose", "due_on", "id", "client_id", "client__name", "text")
    asked = seen.filter(~left_behind(), assignee_id__in=told).annotate(whose=F("assignee_id")).values_list(*names)
    behind = seen.filter(left_behind(), client__adviser_id__in=told).annotate(whose=F("client__adviser_id")).values_list(*names)
    found: dict[int, Found] = defaultdict(Found)
    for whose, due_on, _pk, client_id, client, text in asked.union(behind, all=True).order_by("due_on", "id"):
        for reader in told[whose]:
            if due_on <= reader.day:
                mine = found[reader.user.pk]
                mine.number, mine.late = mine.number + 1, mine.late + (due_on < reader.day)
                if len(mine.lines) < MOST_LINES:
                    mine.lines.append((client_id, client, text, due_on))
    return found


def _told_of(firm: Firm, readers: Sequence[Reader]) -> dict[int, list[Reader]]:
    """Whose follow-ups these readers are told of (their own, and those of whom they cover on their day) → which of them."""
    told: dict[int, list[Reader]] = {reader.user.pk: [reader] for reader in readers}
    days = [reader.day for reader in readers]
    covered = Absence.objects.filter(firm_id=firm.pk, covered_by__in=list(told), starts_on__lte=max(days), ends_on__gte=min(days))
    for absence in covered:
        (reader,) = [each for each in readers if each.user.pk == absence.covered_by_id]
        if absence.starts_on <= reader.day <= absence.ends_on:
            told.setdefault(absence.user_id, []).append(reader)
    return told


def word(found: Found, firm: Firm) -> list[DigestPart]:
    locale = formats.babel_locale(firm.region)
    lines = [
        DigestLine(
            f"{client} – {text}", gettext("Due %(due)s") % {"due": formats.day(due_on, locale=locale)}, reverse("client_detail", args=[client_id])
        )
        for client_id, client, text, due_on in found.lines
    ]
    short = ngettext("%(number)d follow-up", "%(number)d follow-ups", found.number) % {"number": found.number}
    return [DigestPart(gettext("Follow-ups due"), short, lines, found.number, url=reverse("follow_up_list"), urgent=bool(found.late))]


def register() -> None:
    digest_section("follow_ups", collect=collect, word=word, order=15)
