"""Who is to be told what about touchpoints: due, late, to be booked, about to break, late for too long. Part of each person's digest.

What is due, late or about to break is a state, told on each of a person's days while it lasts. That it is time to book, or that something is late
for longer than the firm lets pass, is told once: a `Reminder` is its record. Everything is found for all readers of a digest at once: each
statement joins the readers' books with what is open in them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from firms import formats
from firms.models import Absence, Firm, Support, User
from firms.permissions import Permission, Role
from messaging.digests import DigestLine, DigestPart, Reader
from messaging.notices import Told, post_notices
from service_matrix.models import Performer
from touchpoints.models import Reminder
from touchpoints.notices import DUE, LATE_FOR_ADMINISTRATORS, LATE_FOR_ADVISER
from touchpoints.queries import PERFORMERS

# A promise already late is about to break when its window ends within so many days.
BREAKING_WITHIN_DAYS = 7
# Touchpoints named in a part; the others are counted.
MOST_LINES = 8
TODAY, LATE, BREAKING = "today", "late", "breaking"
Kind = Reminder.Kind


@dataclass(frozen=True)
class Line:
    """One touchpoint, as a digest names it."""

    touchpoint_id: int
    client: str
    type_en: str
    type_fr: str
    due_on: date
    window_ends_on: date


@dataclass
class Found:
    """What one reader is to be told: the first lines of each part and how many there are, and the figures of the notice."""

    lines: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, int] = field(default_factory=dict)
    today: int = 0
    late: int = 0


def collect(firm: Firm, readers: Sequence[Reader]) -> Mapping[int, Found]:
    """Find what these readers are to be told, note what is told once, and post their notices. A dozen statements for any number of readers.

    Runs in the digest's transaction: what it notes and what it says are kept or lost together.
    """
    at_work = [reader for reader in readers if reader.user.may(Permission.WORK_QUEUE)]
    found: dict[int, Found] = defaultdict(Found)
    books = _list_books(firm, at_work)
    if books["user_id"]:
        _find_state(firm, books, found)
        _tell_once(Kind.BOOK, _TO_BOOK, firm, books, found)
        if firm.tell_adviser_after is not None:
            _tell_once(Kind.LATE_FOR_ADVISER, _LATE_IN_BOOK, firm, books | {"days_late": firm.tell_adviser_after}, found)
    administrators = [reader for reader in at_work if reader.user.role == Role.ADMIN]
    if administrators and firm.tell_administrators_after is not None:
        told = {
            "user_id": [reader.user.pk for reader in administrators],
            "day": [reader.day for reader in administrators],
            "days_late": firm.tell_administrators_after,
        }
        _tell_once(Kind.LATE_FOR_ADMINISTRATORS, _LATE_IN_FIRM, firm, told, found)
    _post_notices(firm, at_work, found)
    return found


def _list_books(firm: Firm, readers: Sequence[Reader]) -> dict[str, Any]:
    """Each reader with each book worked for, and what of it is the reader's to do: columns, as PostgreSQL takes them."""
    supported: dict[int, list[int]] = defaultdict(list)
    for assistant_id, adviser_id in Support.objects.filter(firm_id=firm.pk).values_list("assistant_id", "adviser_id"):
        supported[assistant_id].append(adviser_id)
    covered = _list_covered(firm, readers)
    books: dict[str, Any] = {"user_id": [], "adviser_id": [], "day": [], "for_adviser": [], "for_assistant": []}
    for reader in readers:
        # An administrator is told of the own book, not of the whole firm's.
        performers = PERFORMERS.get(Role(reader.user.role), PERFORMERS[Role.ADVISER])
        advisers: dict[int, None] = {}
        for person in (reader.user, *covered[reader.user.pk]):
            advisers |= dict.fromkeys(supported[person.pk] if person.role == Role.ASSISTANT else [person.pk])
        for adviser_id in advisers:
            books["user_id"].append(reader.user.pk)
            books["adviser_id"].append(adviser_id)
            books["day"].append(reader.day)
            books["for_adviser"].append(Performer.ADVISER in performers)
            books["for_assistant"].append(Performer.ASSISTANT in performers)
    return books


def _list_covered(firm: Firm, readers: Sequence[Reader]) -> dict[int, list[User]]:
    """Whom each reader stands in for on their day."""
    days = {reader.user.pk: reader.day for reader in readers}
    covered: dict[int, list[User]] = defaultdict(list)
    if days:
        absences = Absence.objects.filter(
            firm_id=firm.pk, covered_by__in=days, starts_on__lte=max(days.values()), ends_on__gte=min(days.values())
        ).select_related("user")
        for absence in absences:
            stand_in = absence.covered_by_id
            if stand_in is not None and absence.starts_on <= days[stand_in] <= absence.ends_on:
                covered[stand_in].append(absence.user)
    return covered


_READER = """
    SELECT * FROM unnest(%(user_id)s::bigint[], %(adviser_id)s::bigint[], %(day)s::date[], %(for_adviser)s::bool[], %(for_assistant)s::bool[])
        AS r (user_id, adviser_id, day, for_adviser, for_assistant)
"""
_AWAKE = "t.firm_id = %(firm)s AND t.status IN ('planned', 'claimed') AND (t.snoozed_until IS NULL OR t.snoozed_until <= r.day)"
# Asked of a person, it is that person's, or of who covers them on the day; else it is the work of who delivers such things.
_IS_OWN_WORK = """(CASE WHEN t.assigned_to_id IS NOT NULL THEN t.assigned_to_id = r.user_id OR EXISTS (
        SELECT FROM firms_absence a
        WHERE a.firm_id = %(firm)s AND a.covered_by_id = r.user_id AND a.user_id = t.assigned_to_id AND r.day BETWEEN a.starts_on AND a.ends_on)
    ELSE t.performer = 'either' OR CASE t.performer WHEN 'adviser' THEN r.for_adviser ELSE r.for_assistant END END)"""
_SHOWN = "c.name, y.name_en, y.name_fr, t.due_on, t.window_ends_on"
_NAMES = """
    JOIN clients_client c ON c.firm_id = t.firm_id AND c.id = t.client_id
    JOIN service_matrix_touchpointtype y ON y.firm_id = t.firm_id AND y.id = t.touchpoint_type_id
"""

# What is open in each reader's books by their day, sorted into parts; of each part the first few by risk, with how many it has, and the reader's
# figures. One statement, because a reader's books would otherwise be one each.
_STATE = f"""
WITH reader AS MATERIALIZED ({_READER}), open AS (
    SELECT r.user_id, t.id, t.window_ends_on, t.segment_id, t.due_on < r.day AS is_late, {_IS_OWN_WORK} AS is_own,
           CASE WHEN t.due_on < r.day AND t.window_ends_on <= r.day + {BREAKING_WITHIN_DAYS} THEN '{BREAKING}'
                WHEN NOT {_IS_OWN_WORK} THEN NULL
                WHEN t.due_on = r.day THEN '{TODAY}' ELSE '{LATE}' END AS part
    FROM reader r JOIN touchpoints_touchpoint t ON t.adviser_id = r.adviser_id AND t.due_on <= r.day AND {_AWAKE}
), placed AS (
    SELECT o.*, count(*) FILTER (WHERE is_own AND NOT is_late) OVER mine AS today, count(*) FILTER (WHERE is_own AND is_late) OVER mine AS late,
           count(*) OVER same AS number, row_number() OVER (same ORDER BY s.rank, o.window_ends_on, o.id) AS place
    FROM open o JOIN segmentation_segment s ON s.firm_id = %(firm)s AND s.id = o.segment_id
    WHERE o.part IS NOT NULL
    WINDOW mine AS (PARTITION BY o.user_id), same AS (PARTITION BY o.user_id, o.part)
)
SELECT p.user_id, p.part, p.number, p.today, p.late, t.id, {_SHOWN}
FROM placed p JOIN touchpoints_touchpoint t ON t.firm_id = %(firm)s AND t.id = p.id {_NAMES}
WHERE p.place <= {MOST_LINES}
ORDER BY p.user_id, p.part, p.place
"""

# The day on which booking begins: so many days before the touchpoint is due. An assistant books for the whole book. None begins earlier than the
# longest lead that any version promised: the rest of the year is not read. What has its hour is booked.
_TO_BOOK = f"""
    SELECT r.user_id, t.id, t.due_on, t.segment_id
    FROM ({_READER}) r
    JOIN touchpoints_touchpoint t ON t.adviser_id = r.adviser_id AND {_AWAKE}
                                 AND t.due_on > r.day
                                 AND t.due_on <= r.day + (SELECT max(lead_days) FROM service_matrix_promise WHERE firm_id = %(firm)s)
    WHERE t.lead_days > 0 AND t.due_on - t.lead_days <= r.day AND (r.for_assistant OR {_IS_OWN_WORK})
        AND NOT EXISTS (
            SELECT FROM touchpoints_appointment m WHERE m.firm_id = %(firm)s AND m.touchpoint_id = t.id AND m.cancelled_at IS NULL
        )
"""
_LATE_IN_BOOK = f"""
    SELECT r.user_id, t.id, t.due_on, t.segment_id
    FROM ({_READER}) r JOIN touchpoints_touchpoint t ON t.adviser_id = r.adviser_id AND t.due_on <= r.day - %(days_late)s AND {_AWAKE}
    WHERE r.user_id = r.adviser_id
"""
_LATE_IN_FIRM = f"""
    SELECT r.user_id, t.id, t.due_on, t.segment_id
    FROM unnest(%(user_id)s::bigint[], %(day)s::date[]) AS r (user_id, day)
    JOIN touchpoints_touchpoint t ON t.due_on <= r.day - %(days_late)s AND {_AWAKE}
"""


def _tell_once_statement(due: str) -> str:
    """Note the reminders that are due and were not given yet, and name the first of each reader's. The key decides between two at once."""
    return f"""
    WITH due AS ({due}), told AS (
        INSERT INTO touchpoints_reminder (firm_id, touchpoint_id, kind, user_id, due_on)
        SELECT %(firm)s, d.id, %(kind)s, d.user_id, d.due_on FROM due d
        WHERE NOT EXISTS (
            SELECT FROM touchpoints_reminder e
            WHERE e.firm_id = %(firm)s AND e.touchpoint_id = d.id AND e.kind = %(kind)s AND e.user_id = d.user_id AND e.due_on = d.due_on
        )
        ORDER BY d.id, d.user_id
        ON CONFLICT DO NOTHING
        RETURNING touchpoint_id, user_id
    ), placed AS (
        SELECT told.user_id, t.id, count(*) OVER (PARTITION BY told.user_id) AS number,
               row_number() OVER (PARTITION BY told.user_id ORDER BY t.due_on, s.rank, t.id) AS place
        FROM told
        JOIN touchpoints_touchpoint t ON t.firm_id = %(firm)s AND t.id = told.touchpoint_id
        JOIN segmentation_segment s ON s.firm_id = %(firm)s AND s.id = t.segment_id
    )
    SELECT p.user_id, p.number, t.id, {_SHOWN}
    FROM placed p JOIN touchpoints_touchpoint t ON t.firm_id = %(firm)s AND t.id = p.id {_NAMES}
    WHERE p.place <= {MOST_LINES}
    ORDER BY p.user_id, p.place
    """


def _find_state(firm: Firm, books: Mapping[str, Any], found: dict[int, Found]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_STATE, {**books, "firm": firm.pk})
        for user_id, part, number, today, late, *line in cursor.fetchall():
            mine = found[user_id]
            mine.today, mine.late, mine.numbers[part] = today, late, number
            mine.lines[part].append(Line(*line))


def _tell_once(kind: Kind, due: str, firm: Firm, parameters: Mapping[str, Any], found: dict[int, Found]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_tell_once_statement(due), {**parameters, "firm": firm.pk, "kind": kind.value})
        for user_id, number, *line in cursor.fetchall():
            found[user_id].numbers[kind] = number
            found[user_id].lines[kind].append(Line(*line))


def _post_notices(firm: Firm, readers: Sequence[Reader], found: Mapping[int, Found]) -> None:
    told: dict[str, list[Told]] = {DUE: [], LATE_FOR_ADVISER: [], LATE_FOR_ADMINISTRATORS: []}
    for reader in readers:
        mine = found.get(reader.user.pk)
        if mine is None:
            continue
        user, day = reader.user, reader.day.isoformat()
        book = mine.numbers.get(Kind.BOOK, 0)
        if mine.today or mine.late or book:
            values = {"today": mine.today, "late": mine.late, "book": book}
            told[DUE].append(Told(user, f"{DUE} {user.pk} {day}", values, reverse("queue")))
        for notice, kind, days in (
            (LATE_FOR_ADVISER, Kind.LATE_FOR_ADVISER, firm.tell_adviser_after),
            (LATE_FOR_ADMINISTRATORS, Kind.LATE_FOR_ADMINISTRATORS, firm.tell_administrators_after),
        ):
            if (number := mine.numbers.get(kind)) and days is not None:
                by_digest = reader.preferences.digest_by_email
                late = {"number": number, "days": days}
                told[notice].append(Told(user, f"{notice} {user.pk} {day}", late, reverse("queue"), is_in_digest=by_digest))
    for notice, posted in told.items():
        post_notices(kind=notice, told=posted)


# --- In words ---


def word(found: Found, firm: Firm) -> list[DigestPart]:
    """The parts of a reader's digest, in the active language."""
    return [_word_part(part, found, firm) for part in (TODAY, LATE, BREAKING, *Kind) if found.lines.get(part)]


def _word_part(part: str, found: Found, firm: Firm) -> DigestPart:
    number = found.numbers[part]
    title, short = _headings(part, number)
    lines = [_word_line(part, line, firm) for line in found.lines[part]]
    return DigestPart(title, short % {"number": number}, lines, number, url=reverse("queue"), urgent=part not in (TODAY, Kind.BOOK))


def _headings(part: str, number: int) -> tuple[str, str]:
    return {
        TODAY: (gettext("Due today"), ngettext("%(number)d today", "%(number)d today", number)),
        LATE: (gettext("Late work"), ngettext("%(number)d late", "%(number)d late", number)),
        BREAKING: (gettext("Promises about to break"), ngettext("%(number)d about to break", "%(number)d about to break", number)),
        Kind.BOOK: (gettext("Time to book"), ngettext("%(number)d to book", "%(number)d to book", number)),
        Kind.LATE_FOR_ADVISER: (gettext("Late for long in your book"), ngettext("%(number)d late for long", "%(number)d late for long", number)),
        Kind.LATE_FOR_ADMINISTRATORS: (
            gettext("Late for long in the firm"),
            ngettext("%(number)d late for long in the firm", "%(number)d late for long in the firm", number),
        ),
    }[part]


def _word_line(part: str, line: Line, firm: Firm) -> DigestLine:
    locale = formats.babel_locale(firm.region)
    due, ends = (formats.day(day, locale=locale) for day in (line.due_on, line.window_ends_on))
    note = {
        TODAY: "",
        BREAKING: gettext("Due %(due)s; the promise ends on %(ends)s") % {"due": due, "ends": ends},
    }.get(part, gettext("Due %(due)s") % {"due": due})
    text = f"{line.client} – {formats.in_language(en=line.type_en, fr=line.type_fr)}"
    return DigestLine(text, note, reverse("queue_touchpoint", args=[line.touchpoint_id]))
