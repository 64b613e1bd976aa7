"""What every client of a book is owed under a version: the groups of clients promised the same, and the same resolution in SQL (docs/overlay.md).

`resolving.py` is the reference for one promise. A group is a segment with a relational profile that changes something of it; clients whose
profile changes nothing, or who have none, are in the segment's own group. Clients with exceptions are few, and named one by one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from segmentation.models import Assignment
from service_matrix.models import MatrixVersion, ProfileRule, Promise, PromiseException
from service_matrix.promises import DAYS_A_YEAR, MOST_TIMES, TERMS, PromiseTerms, terms_of
from service_matrix.queries import promises_of
from service_matrix.resolving import MOVABLE, Effective, adapt_terms, except_terms, interval_of

# The profile of a group where no profile changes anything.
NO_PROFILE = 0


@dataclass(frozen=True, kw_only=True)
class Entitled(PromiseTerms):
    """A promise as it holds for a group of clients or, with `exception_id`, for one client."""

    segment_id: int
    touchpoint_type_id: int
    profile_id: int = NO_PROFILE
    # "adviser", "client", or empty where nobody said.
    initiative: str = ""
    exception_id: int | None = None


@dataclass(frozen=True)
class Group:
    """Clients of a segment whose profile changes its promises, or, with NO_PROFILE, all the others of the segment."""

    segment_id: int
    profile_id: int
    promises: list[Entitled]


@dataclass(frozen=True)
class Exempted:
    """A client with exceptions in force: its group, and what it is owed of the types concerned; the rest is its group's.

    A type in `types` without a promise is not owed at all. `until` is, by type, the first day the exception no longer holds.
    """

    client_id: int
    segment_id: int
    profile_id: int
    types: frozenset[int]
    promises: list[Entitled]
    until: Mapping[int, date]


@dataclass(frozen=True)
class Entitlements:
    """What a version promises: to each group, and to the clients with exceptions of their own."""

    groups: list[Group]
    exempted: list[Exempted] = field(default_factory=list)


def profile_rules(version: MatrixVersion) -> dict[int, list[ProfileRule]]:
    """The rules of a version by profile; no statement where it has no overlay."""
    found: dict[int, list[ProfileRule]] = defaultdict(list)
    if version.overlay_id is not None:
        rules = ProfileRule.objects.filter(firm_id=version.firm_id, version=version)
        for rule in rules.select_related("touchpoint_type", "own_channel").order_by("pk"):
            found[rule.profile_id].append(rule)
    return dict(found)


def exceptions_in_force(*, firm_id: int, on: date) -> QuerySet[PromiseException]:
    return PromiseException.objects.filter(firm_id=firm_id, starts_on__lte=on, ends_on__gt=on)


def read_entitlements(version: MatrixVersion, *, on: date) -> Entitlements:
    """What the planner and the load go by, on a day: two statements without an overlay, three with one."""
    promises = promises_of(version)
    groups = group_promises(promises, profile_rules(version))
    return Entitlements(groups, exempt_clients(version, groups, on=on))


def group_promises(promises: Sequence[Promise], rules: Mapping[int, Sequence[ProfileRule]]) -> list[Group]:
    """Every segment that is promised something: its own group, then one for each profile that has rules. Promises come with their segment."""
    of_segment: dict[int, list[Promise]] = defaultdict(list)
    for promise in promises:
        of_segment[promise.segment_id].append(promise)
    return [
        Group(segment, profile, [_entitled(promise, said, profile) for promise in mine])
        for segment, mine in of_segment.items()
        for profile, said in [(NO_PROFILE, ()), *rules.items()]
    ]


def _entitled(promise: Promise, rules: Sequence[ProfileRule], profile: int) -> Entitled:
    if profile == NO_PROFILE:
        return _flat(
            Effective(terms_of(promise), promise.segment.initiative), segment=promise.segment_id, kind=promise.touchpoint_type_id, profile=profile
        )
    adapted = adapt_terms(terms_of(promise), rules=rules, touchpoint_type_id=promise.touchpoint_type_id, initiative=promise.segment.initiative)
    return _flat(adapted, segment=promise.segment_id, kind=promise.touchpoint_type_id, profile=profile)


def _flat(effective: Effective, *, segment: int, kind: int, profile: int, exception: int | None = None) -> Entitled:
    # Not `asdict`: a copy of every value of thousands of promises.
    terms = {name: getattr(effective.terms, name) for name in TERMS}
    return Entitled(**terms, segment_id=segment, touchpoint_type_id=kind, profile_id=profile, initiative=effective.initiative, exception_id=exception)


def exempt_clients(version: MatrixVersion, groups: Sequence[Group], *, on: date) -> list[Exempted]:
    """The clients of the version's scheme with exceptions in force, but for archived ones, who are owed nothing. One statement."""
    # A version read by queries.versions_of knows already that there are none.
    if not getattr(version, "has_exceptions", True):
        return []
    place = Assignment.objects.filter(firm_id=version.firm_id, client_id=OuterRef("client_id"), ends_on=None)
    rows = (
        exceptions_in_force(firm_id=version.firm_id, on=on)
        .filter(client__archived_at=None)
        .select_related("touchpoint_type")
        .annotate(
            in_segment=Subquery(place.filter(scheme=version.scheme_id).values("segment_id")[:1]),
            in_profile=Subquery(place.filter(scheme=version.overlay_id or 0).values("segment_id")[:1]),
        )
        .filter(in_segment__isnull=False)
        .order_by("client_id", "pk")
    )
    ruled = {group.profile_id for group in groups}
    at = {(group.segment_id, group.profile_id): {each.touchpoint_type_id: each for each in group.promises} for group in groups}
    of_client: dict[tuple[int, int, int], list[PromiseException]] = defaultdict(list)
    for row in rows:
        of_client[row.client_id, row.in_segment, row.in_profile if row.in_profile in ruled else NO_PROFILE].append(row)
    return [_exempt(mine, segment, profile, at) for (_client, segment, profile), mine in of_client.items()]


def _exempt(rows: Sequence[PromiseException], segment: int, profile: int, at: Mapping[tuple[int, int], Mapping[int, Entitled]]) -> Exempted:
    mine = at.get((segment, profile), at.get((segment, NO_PROFILE), {}))
    promises = []
    for row in rows:
        promised = mine.get(row.touchpoint_type_id)
        adapted = Effective(terms_of(promised), promised.initiative) if promised else None
        effective = except_terms(adapted, exception=row, touchpoint_type=row.touchpoint_type)
        if effective is not None:
            promises.append(_flat(effective, segment=segment, kind=row.touchpoint_type_id, profile=profile, exception=row.pk))
    until = {row.touchpoint_type_id: row.ends_on for row in rows}
    return Exempted(rows[0].client_id, segment, profile, frozenset(until), promises, until)


# From here on the same in SQL: client → effective terms, in one statement. A loop over clients would send a thousand times the same dozen rows.

_COLUMNS = (
    *("times", "times_at_most", "every", "every_unit", "channel", "own_channel_id", "performer", "minutes", "direct_cost", "window_days"),
    *("lead_days", "anchor", "anchor_month", "anchor_day", "anchor_event", "anchor_days", "note", "initiative"),
)
_SMALL = frozenset({"times", "times_at_most", "every", "minutes", "window_days", "lead_days", "anchor_month", "anchor_day", "anchor_days"})


def _columns_of(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in _COLUMNS)


_INTERVALS = [interval_of(times) for times in range(1, MOST_TIMES + 1)]
# The interval that gives so many times a year, where there is one (resolving.interval_of).
_EVERY_OF = "('{%s}'::int[])" % ",".join(str(each[0]) if each else "NULL" for each in _INTERVALS)  # noqa: UP031
_UNIT_OF = "('{%s}'::text[])" % ",".join(each[1] if each else '""' for each in _INTERVALS)  # noqa: UP031
_MOVABLE = ", ".join(f"'{anchor}'" for anchor in sorted(MOVABLE))


def _within_interval(window: str, *, times: str, most: str, every: str, unit: str) -> str:
    """The window, shorter than what lies between two occurrences."""
    return (
        f"least({window}, CASE WHEN {every} IS NULL THEN {DAYS_A_YEAR} / coalesce({most}, {times}) "
        f"WHEN {unit} = 'months' THEN {every} * {DAYS_A_YEAR} / 12 ELSE {every} * 7 END - 1)"
    )


# What each segment is promised.
_PROMISED = f"""
promised AS MATERIALIZED (
    SELECT p.segment_id, p.touchpoint_type_id,
           {", ".join(f"p.{name}::int" if name in _SMALL else f"p.{name}" for name in _COLUMNS if name != "initiative")}, s.initiative
    FROM service_matrix_promise p JOIN segmentation_segment s ON s.firm_id = p.firm_id AND s.id = p.segment_id
    WHERE p.firm_id = %(firm)s AND p.version_id = %(version)s
)"""

# And what each profile with rules makes of it: first what the rules that apply say together, each thing by the narrowest that says something of
# it; then the steps of resolving.adapt_terms, one lateral each. Segments × profiles × types: some thousand rows whatever the size of the book.
_ADAPTED = f"""
rule AS MATERIALIZED (
    SELECT profile_id, touchpoint_type_id, of_channel, channel, own_channel_id, initiative, spacing, times_change::int,
           CASE WHEN touchpoint_type_id IS NOT NULL THEN 0 WHEN of_channel <> '' THEN 1 ELSE 2 END AS breadth
    FROM service_matrix_profilerule WHERE firm_id = %(firm)s AND version_id = %(version)s
), profile AS MATERIALIZED (
    SELECT DISTINCT profile_id FROM rule
), adapted AS MATERIALIZED (
    SELECT r.profile_id, p.segment_id, p.touchpoint_type_id, t.times, t.times_at_most, v.every, v.every_unit,
           coalesce(said.channel, p.channel) AS channel,
           CASE WHEN said.channel IS NULL THEN p.own_channel_id ELSE said.own_channel_id END AS own_channel_id,
           p.performer, p.minutes, p.direct_cost,
           {_within_interval("p.window_days", times="t.times", most="t.times_at_most", every="v.every", unit="v.every_unit")} AS window_days,
           p.lead_days, CASE WHEN v.is_reviewed THEN 'review' ELSE e.anchor END AS anchor,
           CASE WHEN NOT (e.is_moved OR v.is_reviewed) THEN p.anchor_month END AS anchor_month,
           CASE WHEN NOT (e.is_moved OR v.is_reviewed) THEN p.anchor_day END AS anchor_day,
           CASE WHEN e.is_moved OR v.is_reviewed THEN '' ELSE p.anchor_event END AS anchor_event,
           CASE WHEN NOT (e.is_moved OR v.is_reviewed) THEN p.anchor_days END AS anchor_days,
           p.note, coalesce(said.initiative, p.initiative) AS initiative
    FROM promised p CROSS JOIN profile r
    CROSS JOIN LATERAL (
        SELECT (array_agg(x.channel ORDER BY x.breadth) FILTER (WHERE x.channel <> ''))[1] AS channel,
               (array_agg(x.own_channel_id ORDER BY x.breadth) FILTER (WHERE x.channel <> ''))[1] AS own_channel_id,
               (array_agg(x.initiative ORDER BY x.breadth) FILTER (WHERE x.initiative <> ''))[1] AS initiative,
               coalesce((array_agg(x.spacing ORDER BY x.breadth) FILTER (WHERE x.spacing <> ''))[1], '') AS spacing,
               coalesce((array_agg(x.times_change ORDER BY x.breadth) FILTER (WHERE x.times_change IS NOT NULL))[1], 0) AS times_change
        FROM rule x
        WHERE x.profile_id = r.profile_id
          AND (x.touchpoint_type_id = p.touchpoint_type_id OR x.touchpoint_type_id IS NULL AND x.of_channel IN ('', p.channel))
    ) said
    CROSS JOIN LATERAL (
        SELECT said.spacing = 'evenly' AND p.anchor IN ({_MOVABLE}) AS is_moved,
               CASE WHEN said.spacing = 'evenly' AND p.anchor IN ({_MOVABLE}) THEN 'spread' ELSE p.anchor END AS anchor,
               CASE WHEN said.spacing <> 'evenly' THEN p.every END AS every,
               CASE WHEN said.spacing <> 'evenly' THEN p.every_unit ELSE '' END AS every_unit
    ) e
    CROSS JOIN LATERAL (SELECT e.anchor = 'spread' AND said.times_change <> 0 AS is_counted) c
    CROSS JOIN LATERAL (
        SELECT CASE WHEN c.is_counted THEN least(greatest(p.times + said.times_change, 1), {MOST_TIMES}) ELSE p.times END AS times
    ) n
    CROSS JOIN LATERAL (
        SELECT n.times,
               CASE WHEN c.is_counted AND p.times_at_most IS NOT NULL
                    THEN least(greatest(p.times_at_most + said.times_change, n.times), {MOST_TIMES}) ELSE p.times_at_most END AS times_at_most,
               CASE WHEN e.every IS NOT NULL AND n.times <> p.times THEN {_EVERY_OF}[n.times] ELSE e.every END AS every,
               CASE WHEN e.every IS NOT NULL AND n.times <> p.times THEN {_UNIT_OF}[n.times] ELSE e.every_unit END AS every_unit
    ) t
    CROSS JOIN LATERAL (
        SELECT said.spacing = 'review' AND t.times = 1 AND coalesce(t.times_at_most, 1) = 1 AND e.anchor IN ('spread', {_MOVABLE}) AS is_reviewed,
               said.spacing = 'rolling' AND e.anchor = 'spread' AND t.every IS NULL AND t.times_at_most IS NULL AS is_rolled
    ) f
    CROSS JOIN LATERAL (
        SELECT f.is_reviewed,
               CASE WHEN f.is_reviewed THEN NULL WHEN f.is_rolled THEN {_EVERY_OF}[t.times] ELSE t.every END AS every,
               CASE WHEN f.is_reviewed THEN '' WHEN f.is_rolled THEN {_UNIT_OF}[t.times] ELSE t.every_unit END AS every_unit
    ) v
)"""

# Who is in which group. Without rules nobody's profile is looked up.
_MEMBER = """
member AS (
    SELECT a.client_id, a.segment_id, {profile} AS profile_id
    FROM segmentation_assignment a {of_profile}
    WHERE a.firm_id = %(firm)s AND a.scheme_id = %(scheme)s AND {is_placed} {among}
)"""
_OF_PROFILE = """
    LEFT JOIN segmentation_assignment o ON o.firm_id = a.firm_id AND o.client_id = a.client_id AND o.scheme_id = %(overlay)s AND {is_placed}
    LEFT JOIN profile r ON r.profile_id = o.segment_id"""
_IS_PLACED = "{alias}.ends_on IS NULL"
_WAS_PLACED = "{alias}.starts_on <= %(placed_on)s AND ({alias}.ends_on IS NULL OR {alias}.ends_on > %(placed_on)s)"

_EXCEPTION = """
exempting AS MATERIALIZED (
    SELECT id, client_id, touchpoint_type_id, is_nothing, times::int, channel, own_channel_id, performer, minutes::int
    FROM service_matrix_promiseexception WHERE firm_id = %(firm)s AND starts_on <= %(on)s AND ends_on > %(on)s
)"""

# Anchors that come once a year by themselves, for what is promised otherwise than once.
_IS_SPREAD = "x.times IS NOT NULL AND x.times <> 1 AND g.anchor IN ('month', 'date', 'birthday', 'anniversary', 'review')"
_EXEMPTED = f"""
    SELECT m.client_id, m.segment_id, m.profile_id, x.touchpoint_type_id, coalesce(x.times, g.times) AS times,
           CASE WHEN x.times IS NULL THEN g.times_at_most END AS times_at_most, CASE WHEN x.times IS NULL THEN g.every END AS every,
           CASE WHEN x.times IS NULL THEN coalesce(g.every_unit, '') ELSE '' END AS every_unit,
           coalesce(nullif(x.channel, ''), g.channel, t.channel) AS channel,
           CASE WHEN x.channel <> '' THEN x.own_channel_id ELSE g.own_channel_id END AS own_channel_id,
           coalesce(nullif(x.performer, ''), g.performer, t.performer) AS performer, coalesce(x.minutes, g.minutes, t.minutes::int) AS minutes,
           coalesce(g.direct_cost, t.direct_cost) AS direct_cost,
           CASE WHEN g.times IS NULL THEN least(30, {DAYS_A_YEAR} / x.times / 2)
                WHEN x.times IS NULL THEN g.window_days ELSE least(g.window_days, {DAYS_A_YEAR} / x.times - 1) END AS window_days,
           coalesce(g.lead_days, 0) AS lead_days, CASE WHEN g.anchor IS NULL OR {_IS_SPREAD} THEN 'spread' ELSE g.anchor END AS anchor,
           CASE WHEN NOT ({_IS_SPREAD}) THEN g.anchor_month END AS anchor_month, CASE WHEN NOT ({_IS_SPREAD}) THEN g.anchor_day END AS anchor_day,
           CASE WHEN {_IS_SPREAD} THEN '' ELSE coalesce(g.anchor_event, '') END AS anchor_event,
           CASE WHEN NOT ({_IS_SPREAD}) THEN g.anchor_days END AS anchor_days,
           coalesce(g.note, '') AS note, coalesce(g.initiative, '') AS initiative, x.id AS exception_id
    FROM exempting x JOIN member m ON m.client_id = x.client_id
    JOIN service_matrix_touchpointtype t ON t.firm_id = %(firm)s AND t.id = x.touchpoint_type_id
    LEFT JOIN entitlement g ON g.segment_id = m.segment_id AND g.profile_id = m.profile_id AND g.touchpoint_type_id = x.touchpoint_type_id
    WHERE NOT x.is_nothing AND (x.times IS NOT NULL OR g.times IS NOT NULL)"""


@dataclass(frozen=True)
class Statement:
    """SQL that reads `entitled`, a table expression of every client's effective terms, with the values it asks for.

    `select * from entitled`: client_id, segment_id, profile_id, touchpoint_type_id, the terms, initiative, exception_id. Append to `sql` whatever
    reads it; `entitlement` (the groups' promises) and `member` (who is in which group) may be read too.
    """

    sql: str
    values: dict[str, Any]


def entitled_clients(
    version: MatrixVersion,
    *,
    on: date,
    clients: Sequence[int] | None = None,
    used: tuple[bool, bool] | None = None,
    placed_on: date | None = None,
) -> Statement:
    """Every client's effective terms under a version on a day, or those of some clients. Clients are where they are, or were on `placed_on`.

    What a firm does not use is not in the statement: without rules and exceptions it is the join of assignments and promises. To know takes one
    statement, of index look-ups, unless the caller knows: `used`, whether the version has rules and whether any exception is in force.
    """
    has_rules, has_exceptions = used or _what_is_used(version, on)
    has_rules = has_rules and version.overlay_id is not None
    among = "" if clients is None else "AND a.client_id = ANY(%(clients)s)"
    parts = [_PROMISED]
    groups = f"SELECT segment_id, {NO_PROFILE}::bigint AS profile_id, touchpoint_type_id, {', '.join(_COLUMNS)} FROM promised"
    if has_rules:
        parts.append(_ADAPTED)
        groups += f" UNION ALL SELECT segment_id, profile_id, touchpoint_type_id, {', '.join(_COLUMNS)} FROM adapted"
    parts.append(f"\nentitlement AS ({groups})")
    profile = f"coalesce(r.profile_id, {NO_PROFILE})" if has_rules else f"{NO_PROFILE}::bigint"
    placed = _IS_PLACED if placed_on is None else _WAS_PLACED
    of_profile = _OF_PROFILE.format(is_placed=placed.format(alias="o")) if has_rules else ""
    parts.append(_MEMBER.format(profile=profile, of_profile=of_profile, is_placed=placed.format(alias="a"), among=among))
    entitled = f"""
    SELECT m.client_id, m.segment_id, m.profile_id, g.touchpoint_type_id, {_columns_of("g")}, NULL::bigint AS exception_id
    FROM member m JOIN entitlement g ON g.segment_id = m.segment_id AND g.profile_id = m.profile_id"""
    if has_exceptions:
        parts.append(_EXCEPTION)
        entitled += f"""
    WHERE NOT EXISTS (SELECT 1 FROM exempting x WHERE x.client_id = m.client_id AND x.touchpoint_type_id = g.touchpoint_type_id)
    UNION ALL {_EXEMPTED}"""
    parts.append(f"\nentitled AS ({entitled}\n)")
    values = {
        "firm": version.firm_id,
        "version": version.pk,
        "scheme": version.scheme_id,
        "overlay": version.overlay_id,
        "on": on,
        "placed_on": placed_on,
        "clients": list(clients) if clients is not None else None,
    }
    return Statement(f"WITH {','.join(parts)}\n", values)


_WHAT_IS_USED = """
SELECT EXISTS (SELECT 1 FROM service_matrix_profilerule WHERE firm_id = %(firm)s AND version_id = %(version)s),
       EXISTS (SELECT 1 FROM service_matrix_promiseexception WHERE firm_id = %(firm)s AND starts_on <= %(on)s AND ends_on > %(on)s)
"""


def _what_is_used(version: MatrixVersion, on: date) -> tuple[bool, bool]:
    """Whether the version has rules, and whether any exception is in force."""
    with connection.cursor() as cursor:
        cursor.execute(_WHAT_IS_USED, {"firm": version.firm_id, "version": version.pk, "on": on})
        has_rules, has_exceptions = cursor.fetchone()
    return has_rules, has_exceptions


def read_clients(version: MatrixVersion, clients: Sequence[int], *, on: date) -> dict[int, list[Entitled]]:
    """The effective promises of some clients, by client and in order of touchpoint type. Two statements, whatever their number."""
    statement = entitled_clients(version, on=on, clients=clients)
    names = (*TERMS, "segment_id", "touchpoint_type_id", "profile_id", "initiative", "exception_id")
    found: dict[int, list[Entitled]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement.sql} SELECT client_id, {', '.join(names)} FROM entitled ORDER BY client_id, touchpoint_type_id", statement.values)
        for client, *said in cursor.fetchall():
            found[client].append(Entitled(**dict(zip(names, said, strict=True))))
    return dict(found)
