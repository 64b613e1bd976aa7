"""Clients whose computed segment is no longer theirs: found by one statement, decided by people, moved by nobody else.

A client drifts when the rules compute another segment than the one it is in, unless it was placed by decision or lies within
the scheme's margin of its own segment (territory.is_held says the same of one client in plain Python).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from clients.attributes import catalogue_of
from clients.conditions import expression
from clients.queries import visible_to
from firms.background import request_planning
from firms.models import User
from segmentation.locking import firm_today, lock_scheme
from segmentation.models import Assignment, Drift, Scheme, SchemeVersion
from segmentation.rules import Rules, load_rules
from segmentation.scoring import Movers, assign_book, book_of
from segmentation.territory import floors, territories

LONGEST_SNOOZE = timedelta(days=366)
UNDO_WITHIN = timedelta(minutes=30)


def find_drift(
    *, version: SchemeVersion, rules: Rules, score_ranges: Mapping[str, list[str]], on: date, client_ids: Sequence[int] | None = None
) -> None:
    """Bring the drift of a scheme up to date: who drifts since today, who drifts elsewhere, who no longer does, who wakes from a snooze.

    One statement compares everybody and writes the differences. What a person said of a drift stands until the drift is another,
    and another drift has another number: nobody decides on one they have not seen. The caller holds the scheme's lock.
    """
    firm_id, scheme_id = version.firm_id, version.scheme_id
    held, bound = _held(rules, score_ranges, firm_id=firm_id, on=on)
    among = "" if client_ids is None else " AND {0}.client_id = ANY(%s)"
    chosen: list[Any] = [] if client_ids is None else [list(client_ids)]
    sql = f"""
        WITH found AS MATERIALIZED (
            SELECT p.client_id, a.segment_id AS assigned_id, p.segment_id AS computed_id
            FROM segmentation_placement p
            JOIN segmentation_assignment a
                ON a.firm_id = p.firm_id AND a.scheme_id = p.scheme_id AND a.client_id = p.client_id AND a.ends_on IS NULL
            WHERE p.firm_id = %s AND p.scheme_id = %s AND a.source <> 'override' AND p.segment_id <> a.segment_id {among.format("p")} {held}
        ), ended AS (
            DELETE FROM segmentation_drift d
            WHERE d.firm_id = %s AND d.scheme_id = %s {among.format("d")}
                AND NOT EXISTS (SELECT FROM found WHERE found.client_id = d.client_id)
        ), awake AS (
            UPDATE segmentation_drift d SET state = 'open', until = NULL
            FROM found WHERE d.firm_id = %s AND d.scheme_id = %s AND d.client_id = found.client_id
                AND d.assigned_id = found.assigned_id AND d.computed_id = found.computed_id AND d.state = 'snoozed' AND d.until <= %s
        )
        INSERT INTO segmentation_drift AS d (firm_id, client_id, scheme_id, assigned_id, computed_id, since, state, reason)
        SELECT %s, found.client_id, %s, found.assigned_id, found.computed_id, %s, 'open', '' FROM found
        LEFT JOIN segmentation_drift old ON old.firm_id = %s AND old.scheme_id = %s AND old.client_id = found.client_id
        WHERE old.id IS NULL OR old.assigned_id <> found.assigned_id OR old.computed_id <> found.computed_id
        -- Those found in one night are numbered, and so listed, in the book's order.
        ORDER BY found.client_id
        ON CONFLICT (firm_id, scheme_id, client_id) DO UPDATE
        SET id = excluded.id, assigned_id = excluded.assigned_id, computed_id = excluded.computed_id, since = excluded.since,
            state = 'open', until = NULL, reason = '', by_id = NULL, decided_at = NULL
    """
    ours: list[Any] = [firm_id, scheme_id]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*ours, *chosen, *bound, *ours, *chosen, *ours, on, *ours, on, *ours])


def _held(rules: Rules, score_ranges: Mapping[str, list[str]], *, firm_id: int, on: date) -> tuple[str, list[Any]]:
    """A condition over the placement p and the assignment a that leaves out whom the margin holds in its segment."""
    reach = territories(rules, score_ranges) if rules.margin else []
    if not reach:
        return "", []
    bound: list[Any] = []
    for territory in reach:
        bound += [territory.segment_id, territory.x_lower, territory.x_upper, territory.y_lower, territory.y_upper]
    bound += [rules.margin] * 4
    reached = ""
    if asked := floors(rules):
        catalogue = catalogue_of(firm_id)
        for segment_id, group in asked.items():
            reaching = book_of(firm_id).order_by().filter(expression(group, catalogue=catalogue, on=on)).values("pk")
            sql, parameters = reaching.query.sql_with_params()
            reached += f" AND (a.segment_id <> %s OR p.client_id IN ({sql}))"
            bound += [segment_id, *parameters]
    rows = ", ".join(["(%s::bigint, %s::numeric, %s::numeric, %s::numeric, %s::numeric)"] * len(reach))
    return (
        f"""AND NOT EXISTS (
            SELECT FROM (VALUES {rows}) AS reach (segment_id, x_lower, x_upper, y_lower, y_upper)
            WHERE reach.segment_id = a.segment_id AND p.score + %s >= reach.x_lower AND p.score - %s < reach.x_upper
                AND coalesce(p.score_y, 0) + %s >= reach.y_lower AND coalesce(p.score_y, 0) - %s < reach.y_upper {reached}
        )""",
        bound,
    )


def to_review(user: User, *, today: date) -> QuerySet[Drift]:
    """The drift a user may decide on: open, or back from a snooze; oldest first."""
    awake = Q(state=Drift.State.OPEN) | Q(state=Drift.State.SNOOZED, until__lte=today)
    return Drift.objects.filter(awake, firm_id=user.firm_id, client__in=visible_to(user))


class SnoozeRefused(Exception):
    """A snooze ends on a day after today, within a year; nothing was written."""


class ReasonMissing(Exception):
    """Keeping a client outside its computed segment says why; nothing was written."""


class NotUndoable(Exception):
    """Another decision followed, or it is too late; nothing was written."""


@dataclass(frozen=True)
class Decided:
    """What became of the drifts a person decided on."""

    # Clients the decision now holds for, by number, and the schemes it was taken in.
    clients: tuple[tuple[int, int], ...]
    # Somebody else decided first, or they no longer drift, or elsewhere.
    passed: int

    @property
    def done(self) -> int:
        return len(self.clients)


@transaction.atomic
def accept_drift(*, drifts: Sequence[int], by: User) -> Decided:
    """Move these clients to their computed segments from today. `drifts` are row numbers, of any schemes; each moves once."""
    today = firm_today(by.firm_id)
    done: list[tuple[int, int]] = []
    for scheme_id, rows in _claim(drifts, by=by, today=today).items():
        version = SchemeVersion.objects.filter(firm_id=by.firm_id, scheme_id=scheme_id, status=SchemeVersion.Status.PUBLISHED).first()
        if version is None:
            continue
        client_ids = [row.client_id for row in rows]
        assign_book(version=version, on=today, movers=Movers.EVERYONE, by_id=by.pk, client_ids=client_ids)
        Drift.objects.filter(firm_id=by.firm_id, pk__in=[row.pk for row in rows]).delete()
        done += [(scheme_id, client_id) for client_id in client_ids]
    if done:
        request_planning(firm_id=by.firm_id)
    return Decided(tuple(done), len(set(drifts)) - len(done))


@transaction.atomic
def keep_drift(*, drifts: Sequence[int], reason: str, by: User) -> Decided:
    """Leave these clients where they are until the rules compute yet another segment. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return _decide(drifts, by=by, state=Drift.State.KEPT, reason=reason.strip(), until=None)


@transaction.atomic
def snooze_drift(*, drifts: Sequence[int], until: date, by: User) -> Decided:
    """Ask again on a day. Raises SnoozeRefused."""
    today = firm_today(by.firm_id)
    if not today < until <= today + LONGEST_SNOOZE:
        raise SnoozeRefused
    return _decide(drifts, by=by, state=Drift.State.SNOOZED, reason="", until=until)


def _decide(drifts: Sequence[int], *, by: User, state: Drift.State, reason: str, until: date | None) -> Decided:
    claimed = [row for rows in _claim(drifts, by=by, today=firm_today(by.firm_id)).values() for row in rows]
    Drift.objects.filter(firm_id=by.firm_id, pk__in=[row.pk for row in claimed]).update(
        state=state, reason=reason, until=until, by=by, decided_at=Now()
    )
    return Decided(tuple((row.scheme_id, row.client_id) for row in claimed), len(set(drifts)) - len(claimed))


def _claim(drifts: Sequence[int], *, by: User, today: date) -> dict[int, list[Drift]]:
    """The rows that still wait, by scheme, held until the end of the transaction.

    Schemes are locked in order of number, so that two people's decisions, a publication and a night cannot cross.
    """
    waiting = to_review(by, today=today).filter(pk__in=drifts)
    for scheme_id in sorted(set(waiting.order_by().values_list("scheme_id", flat=True))):
        lock_scheme(scheme_id, firm_id=by.firm_id)
    found: dict[int, list[Drift]] = {}
    # Read again under the locks: what was decided meanwhile is gone.
    for row in waiting.order_by("scheme_id", "client_id"):
        found.setdefault(row.scheme_id, []).append(row)
    return found


@transaction.atomic
def reopen_drift(*, drifts: Sequence[int], by: User) -> int:
    """Ask again about clients that were kept or snoozed. Returns how many; those somebody decided on since are passed over."""
    closed = Drift.objects.filter(firm_id=by.firm_id, client__in=visible_to(by), pk__in=drifts).exclude(state=Drift.State.OPEN)
    return (
        Drift.objects.filter(firm_id=by.firm_id, pk__in=list(closed.values_list("pk", flat=True)))
        .exclude(state=Drift.State.OPEN)
        .update(state=Drift.State.OPEN, reason="", until=None, by=None, decided_at=None)
    )


@transaction.atomic
def undo_decision(*, clients: Sequence[tuple[int, int]], by: User) -> int:
    """Take back one's own decision of the last 30 minutes on these (scheme, client): the drift waits again. Returns how many.

    Who was moved returns to the period before, as if nothing had happened. Raises NotUndoable when that holds for none.
    """
    today, since = firm_today(by.firm_id), timezone.now() - UNDO_WITHIN
    seen = set(visible_to(by).filter(pk__in=[client_id for _scheme_id, client_id in clients]).values_list("pk", flat=True))
    undone = 0
    for scheme_id in sorted({scheme_id for scheme_id, _client_id in clients}):
        client_ids = [client_id for chosen, client_id in clients if chosen == scheme_id and client_id in seen]
        scheme = Scheme.objects.select_for_update(no_key=True).filter(pk=scheme_id, firm_id=by.firm_id).first()
        if scheme is None or not client_ids:
            continue
        ours = Drift.objects.filter(firm_id=by.firm_id, scheme_id=scheme_id, client_id__in=client_ids)
        said = ours.exclude(state=Drift.State.OPEN).filter(by=by, decided_at__gt=since)
        undone += said.update(state=Drift.State.OPEN, reason="", until=None, by=None, decided_at=None)
        undone += _move_back(scheme=scheme, client_ids=client_ids, by=by, today=today, since=since)
    if not undone:
        raise NotUndoable
    return undone


def _move_back(*, scheme: Scheme, client_ids: Sequence[int], by: User, today: date, since: datetime) -> int:
    """Remove the periods this person began today by accepting, and open again those that ended for them."""
    version = SchemeVersion.objects.filter(firm_id=by.firm_id, scheme=scheme, status=SchemeVersion.Status.PUBLISHED).first()
    # A publication moves people too, also in this person's name: what it decided stands.
    if version is None or version.published_at is None or version.published_at > since:
        return 0
    assignments = Assignment.objects.filter(firm_id=by.firm_id, scheme=scheme, client_id__in=client_ids)
    ended = assignments.filter(ends_on=today).exclude(source=Assignment.Source.OVERRIDE)
    begun = assignments.filter(
        ends_on=None, starts_on=today, source=Assignment.Source.COMPUTED, by=by, created_at__gt=since, client_id__in=ended.values("client_id")
    )
    moved = list(begun.values_list("client_id", flat=True))
    if not moved:
        return 0
    begun.filter(client_id__in=moved).delete()
    ended.filter(client_id__in=moved).update(ends_on=None)
    find_drift(version=version, rules=load_rules(version), score_ranges=scheme.score_ranges, on=today, client_ids=moved)
    request_planning(firm_id=by.firm_id)
    return len(moved)


def automatic_movers(scheme: Scheme) -> Movers:
    """Whom a night moves in this scheme."""
    return Movers.DRIFTED if scheme.moves_by_itself else Movers.NOBODY
