"""Clients whose computed segment is no longer theirs: found by one statement, decided by people, moved by nobody else.

A client drifts when the rules compute another segment than the one it is in, unless it was placed by decision or lies within
the scheme's margin of its own segment (territory.is_held says the same of one client in plain Python).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from clients.queries import visible_to
from firms.background import request_planning
from firms.models import User
from segmentation.locking import firm_today, lock_scheme
from segmentation.models import Drift, Scheme, SchemeVersion
from segmentation.rules import Rules
from segmentation.scoring import Movers, assign_book
from segmentation.territory import territories

LONGEST_SNOOZE = timedelta(days=366)


def find_drift(
    *, version: SchemeVersion, rules: Rules, score_ranges: Mapping[str, list[str]], on: date, client_ids: Sequence[int] | None = None
) -> None:
    """Bring the drift of a scheme up to date: who drifts since today, who drifts elsewhere, who no longer does, who wakes from a snooze.

    One statement compares everybody and writes the differences. What a person said of a drift stands until the drift is another.
    The caller holds the scheme's lock.
    """
    firm_id, scheme_id = version.firm_id, version.scheme_id
    held = ""
    bound: list[Any] = []
    reach = territories(rules, score_ranges) if rules.margin else []
    if reach:
        rows = ", ".join(["(%s::bigint, %s::numeric, %s::numeric, %s::numeric, %s::numeric)"] * len(reach))
        held = f"""AND NOT EXISTS (
            SELECT FROM (VALUES {rows}) AS reach (segment_id, x_lower, x_upper, y_lower, y_upper)
            WHERE reach.segment_id = a.segment_id AND p.score + %s >= reach.x_lower AND p.score - %s < reach.x_upper
                AND coalesce(p.score_y, 0) + %s >= reach.y_lower AND coalesce(p.score_y, 0) - %s < reach.y_upper
        )"""
        for territory in reach:
            bound += [territory.segment_id, territory.x_lower, territory.x_upper, territory.y_lower, territory.y_upper]
        bound += [rules.margin] * 4
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
        ON CONFLICT (firm_id, scheme_id, client_id) DO UPDATE
        SET assigned_id = excluded.assigned_id, computed_id = excluded.computed_id, since = excluded.since, state = 'open', until = NULL,
            reason = '', by_id = NULL, decided_at = NULL
    """
    ours: list[Any] = [firm_id, scheme_id]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*ours, *chosen, *bound, *ours, *chosen, *ours, on, *ours, on, *ours])


def to_review(user: User, *, today: date) -> QuerySet[Drift]:
    """The drift a user may decide on: open, or back from a snooze; oldest first."""
    awake = Q(state=Drift.State.OPEN) | Q(state=Drift.State.SNOOZED, until__lte=today)
    return Drift.objects.filter(awake, firm_id=user.firm_id, client__in=visible_to(user))


class SnoozeRefused(Exception):
    """A snooze ends on a day after today, within a year; nothing was written."""


class ReasonMissing(Exception):
    """Keeping a client outside its computed segment says why; nothing was written."""


@dataclass(frozen=True)
class Decided:
    """What became of the drifts a person decided on."""

    # Clients the decision now holds for.
    done: int
    # Somebody else decided first, or they no longer drift.
    passed: int


@transaction.atomic
def accept_drift(*, drifts: Sequence[int], by: User) -> Decided:
    """Move these clients to their computed segments from today. `drifts` are row numbers, of any schemes; each moves once."""
    today = firm_today(by.firm_id)
    done = 0
    for scheme_id, rows in _by_scheme(drifts, by=by, today=today).items():
        version = SchemeVersion.objects.filter(firm_id=by.firm_id, scheme_id=scheme_id, status=SchemeVersion.Status.PUBLISHED).first()
        if version is None:
            continue
        client_ids = [row.client_id for row in rows]
        counts = assign_book(version=version, on=today, movers=Movers.EVERYONE, by_id=by.pk, client_ids=client_ids)
        Drift.objects.filter(firm_id=by.firm_id, scheme_id=scheme_id, client_id__in=client_ids).delete()
        done += counts.moved
    if done:
        request_planning(firm_id=by.firm_id)
    return Decided(done, len(set(drifts)) - done)


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
    done = to_review(by, today=firm_today(by.firm_id)).filter(pk__in=drifts).update(state=state, reason=reason, until=until, by=by, decided_at=Now())
    return Decided(done, len(set(drifts)) - done)


def _by_scheme(drifts: Sequence[int], *, by: User, today: date) -> dict[int, list[Drift]]:
    """The rows that still wait, their schemes locked in order of number, so that two people's decisions cannot cross."""
    waiting = to_review(by, today=today).filter(pk__in=drifts)
    for scheme_id in sorted(set(waiting.values_list("scheme_id", flat=True))):
        lock_scheme(scheme_id, firm_id=by.firm_id)
    found: dict[int, list[Drift]] = {}
    # Read again under the locks: what was decided meanwhile is gone.
    for row in waiting.order_by("scheme_id", "client_id"):
        found.setdefault(row.scheme_id, []).append(row)
    return found


def automatic_movers(scheme: Scheme) -> Movers:
    """Whom a night moves in this scheme."""
    return Movers.DRIFTED if scheme.moves_by_itself else Movers.NOBODY
