"""The reconciler: from assignments × promises × horizon it derives the touchpoints that should exist and writes the difference.

The rules are in docs/planning.md. Rules of the calendar and of the matrix are worked out in Python, once a run, into the list of occurrences that one
segment is owed; PostgreSQL applies the list to clients, thousands at a time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from clients.models import Client
from clients.models import Status as ClientStatus
from firms.calendar import list_working_days, local_time
from firms.models import Firm, PlanningRequest
from firms.wall import across_firms, acting_for
from segmentation.models import Scheme
from service_matrix.models import MatrixVersion, Promise
from touchpoints.calendar import add_months, cut_year
from touchpoints.models import Status, Touchpoint
from touchpoints.queue import CLAIM_HOLDS

HORIZON_MONTHS = 12
# Clients a transaction: about half a second of work, so that nobody waits long for a row of it.
CHUNK = 2000
# Phases are whole millionths, so that PostgreSQL and Python compute the same day.
WHOLE = 1_000_000
STEP_PER_POSITION = 618_033
SHIFT_PER_TYPE = 414_213
MOST_ATTEMPTS = 5
NIGHT_HOUR = 2
SERVED = (ClientStatus.CLIENT, ClientStatus.PROSPECT)


@dataclass(frozen=True, slots=True)
class PlanResult:
    """Rows a run wrote, and the wanted ones it left as they were."""

    inserted: int = 0
    updated: int = 0
    restored: int = 0
    cancelled: int = 0
    kept: int = 0

    def __add__(self, other: "PlanResult") -> "PlanResult":
        return PlanResult(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One slot of one promise: what each client of the segment is owed there. `first` and `count` are a run of the working days."""

    segment_id: int
    touchpoint_type_id: int
    shift: int
    service_year: int
    ordinal: int
    first: int
    count: int
    window_days: int
    channel: str
    performer: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run works from, read once when it begins."""

    firm_id: int
    scheme_id: int | None
    start: date
    end: date
    working_days: list[date]
    occurrences: list[Occurrence]

    @property
    def service_years(self) -> range:
        return range(self.start.year, (self.end - timedelta(days=1)).year + 1)


def reconcile(*, firm_id: int, start: date, months: int = HORIZON_MONTHS, chunk: int = CHUNK) -> PlanResult:
    """Make the firm's touchpoints from `start` what its assignments and promises say, in one transaction a chunk of clients.

    Safe to repeat, to run several times at once and to kill. Raises NoWorkingDays.
    """
    plan = read_plan(firm_id, start, add_months(start, months))
    _give_positions(plan)
    result, parameters = PlanResult(), _parameters(plan)
    for first, last in _client_ranges(firm_id, chunk):
        result += _plan_clients({**parameters, "first_client": first, "last_client": last})
    return result


@transaction.atomic
def mark_missed(*, firm_id: int, today: date) -> int:
    """Mark the firm's touchpoints whose window ended before today, unless somebody is on them now. Returns how many."""
    return _free().filter(firm_id=firm_id, due_on__lt=today, window_ends_on__lt=today).update(status=Status.MISSED, closed_at=Now())


@transaction.atomic
def withdraw_unserved(*, firm_id: int) -> int:
    """Cancel what people had snoozed or let lie for clients who were archived, merged or left since. Returns how many.

    They become the planner's own cancellations, so that whoever comes back is owed them again.
    """
    unserved = Client.objects.filter(firm_id=firm_id).exclude(archived_at=None, status__in=SERVED)
    held = _free().filter(Q(is_hand_set=True) | Q(status=Status.CLAIMED), firm_id=firm_id, client__in=unserved)
    return held.update(status=Status.CANCELLED, closed_at=Now(), is_hand_set=False, snoozed_until=None, claimed_by=None, claimed_at=None)


def _free() -> QuerySet[Touchpoint]:
    """Open touchpoints that nobody is on now."""
    return Touchpoint.objects.filter(Q(status=Status.PLANNED) | Q(status=Status.CLAIMED, claimed_at__lte=timezone.now() - CLAIM_HOLDS))


def is_night(firm: Firm) -> bool:
    """The night has come in the firm's own time zone, and its run is still to do."""
    now = local_time(firm)
    return now.hour >= NIGHT_HOUR and (firm.planned_on is None or firm.planned_on < now.date())


def list_due_firms() -> list[Firm]:
    """Whose night has come, and who asked."""
    with across_firms():
        asking = set(PlanningRequest.objects.values_list("firm_id", flat=True))
        return [firm for firm in Firm.objects.all() if firm.pk in asking or is_night(firm)]


def plan_if_due(*, firm_id: int) -> PlanResult | None:
    """The nightly run, or the answer to requests; nothing when neither is due.

    A request committed after this run began is left for the next, whenever it was written: those seen here are removed one by one.
    """
    with acting_for(firm_id):
        firm = Firm.objects.get(pk=firm_id)
        answered = list(PlanningRequest.objects.filter(firm_id=firm_id).values_list("pk", flat=True))
    if not answered and not is_night(firm):
        return None
    today = local_time(firm).date()
    result = reconcile(firm_id=firm_id, start=today)
    with acting_for(firm_id):
        withdraw_unserved(firm_id=firm_id)
        mark_missed(firm_id=firm_id, today=today)
        Firm.objects.filter(pk=firm_id).update(planned_on=today)
        PlanningRequest.objects.filter(firm_id=firm_id, pk__in=answered).delete()
    return result


def preview(*, firm_id: int, start: date, end: date, version_id: int, chunk: int = CHUNK) -> PlanResult:
    """What a run would do if a version were the published one, writing nothing.

    Clients who have no position yet are left out: they get one when they are planned.
    """
    plan = read_plan(firm_id, start, end, version_id=version_id)
    result, parameters = PlanResult(), _parameters(plan)
    for first, last in _client_ranges(firm_id, chunk):
        with acting_for(firm_id), connection.cursor() as cursor:
            cursor.execute(_SETTINGS)
            cursor.execute(_COUNT_CLIENTS, {**parameters, "first_client": first, "last_client": last})
            fates = dict(cursor.fetchall())
        kept, updated, restored = (fates.get(fate, 0) for fate in ("keep", "update", "restore"))
        # What is wanted and found in no existing row would be inserted.
        result += PlanResult(fates["wanted"] - kept - updated - restored, updated, restored, fates.get("cancel", 0), kept)
    return result


def read_plan(firm_id: int, start: date, end: date, *, version_id: int | None = None) -> Plan:
    """From the published version, unless another is named."""
    with acting_for(firm_id):
        firm = Firm.objects.get(pk=firm_id)
        scheme = Scheme.objects.filter(firm_id=firm_id, is_service=True).first()
        which = {"version__status": MatrixVersion.Status.PUBLISHED} if version_id is None else {"version": version_id}
        promises = list(Promise.objects.filter(firm_id=firm_id, version__scheme=scheme, **which) if scheme else [])
    # One year more than the horizon touches: the last slot of a year may have to borrow its day.
    working_days = list_working_days(firm, start.year, end.year + 1)
    plan = Plan(firm_id, scheme.pk if scheme else None, start, end, working_days, [])
    plan.occurrences.extend(_list_occurrences(plan, promises))
    return plan


def _list_occurrences(plan: Plan, promises: list[Promise]) -> Iterator[Occurrence]:
    """The slots of all promises in which some day is in the horizon."""
    for promise in promises:
        for year in plan.service_years:
            for slot in cut_year(year, promise.times, plan.working_days):
                if plan.working_days[slot.first + slot.count - 1] >= plan.start and plan.working_days[slot.first] < plan.end:
                    yield Occurrence(
                        segment_id=promise.segment_id,
                        touchpoint_type_id=promise.touchpoint_type_id,
                        shift=promise.touchpoint_type_id * SHIFT_PER_TYPE % WHOLE,
                        service_year=slot.year,
                        ordinal=slot.ordinal,
                        first=slot.first,
                        count=slot.count,
                        window_days=promise.window_days,
                        channel=promise.channel,
                        performer=promise.performer,
                        minutes=promise.minutes,
                    )


def _client_ranges(firm_id: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges of client ids, both ends included, of at most `size` clients; archived ones too, whose touchpoints are to be cancelled."""
    after = 0
    while True:
        with acting_for(firm_id):
            ids = list(Client.objects.filter(firm_id=firm_id, pk__gt=after).order_by("pk").values_list("pk", flat=True)[:size])
        if not ids:
            return
        yield ids[0], ids[-1]
        after = ids[-1]


_COLUMN_TYPES = {int: "int", str: "text"}
_OCCURRENCE_ARRAYS = ", ".join(f"%({field.name})s::{_COLUMN_TYPES[field.type]}[]" for field in fields(Occurrence))  # type: ignore[index]
_OCCURRENCE_COLUMNS = ", ".join(field.name for field in fields(Occurrence))
# Each input is an index range that is joined as a whole: hash joins are right whatever the statistics say, and a book just imported has none yet
# (nested loops, chosen on such statistics, took 100 s where this takes 1 s). A chunk's joins stay in memory.
_SETTINGS = "SET LOCAL enable_nestloop = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"
_SERVED = "c.archived_at IS NULL AND c.status = ANY(%(served_statuses)s)"

# Served clients without a position get the numbers after the largest in their adviser's book, by segment rank: each segment is then a run of
# consecutive positions, which fills the year evenly. One statement, because the numbers depend on one another.
_GIVE_POSITIONS = f"""
WITH newcomer AS MATERIALIZED (
    SELECT c.id, c.adviser_id, s.rank
    FROM segmentation_assignment a
    JOIN clients_client c ON c.firm_id = a.firm_id AND c.id = a.client_id
    JOIN segmentation_segment s ON s.firm_id = a.firm_id AND s.id = a.segment_id
    WHERE a.firm_id = %(firm)s AND a.scheme_id = %(scheme)s AND a.ends_on IS NULL AND {_SERVED}
      AND NOT EXISTS (SELECT 1 FROM touchpoints_bookposition b WHERE b.firm_id = a.firm_id AND b.client_id = a.client_id)
), taken AS (
    SELECT c.adviser_id, max(b.position) AS position
    FROM touchpoints_bookposition b JOIN clients_client c ON c.firm_id = b.firm_id AND c.id = b.client_id
    WHERE b.firm_id = %(firm)s AND EXISTS (SELECT 1 FROM newcomer)
    GROUP BY c.adviser_id
)
INSERT INTO touchpoints_bookposition (firm_id, client_id, position)
SELECT %(firm)s, n.id, coalesce(t.position, 0) + row_number() OVER (PARTITION BY n.adviser_id ORDER BY n.rank, n.id)
FROM newcomer n LEFT JOIN taken t USING (adviser_id)
ORDER BY n.id
"""

# Where an occurrence falls for a client; it is owed when that is in the horizon and not before the client's first day.
_DUE_ON = f"(%(working_days)s::date[])[1 + o.first + ((s.phase + o.shift) %% {WHOLE}) * o.count / {WHOLE}]"
_IS_OWED = f"{_DUE_ON} >= s.owed_from AND {_DUE_ON} < %(end)s"

# What becomes of an existing touchpoint `e` and the wanted one `w` that has its key, when one of them may be missing.
_FATE = """
CASE
    WHEN e.id IS NULL THEN 'insert'
    WHEN w.client_id IS NULL THEN CASE
        WHEN NOT e.is_untouched THEN 'leave'
        WHEN e.due_on >= %(start)s AND e.due_on < %(end)s THEN 'cancel'
        WHEN e.client_id NOT IN (SELECT client_id FROM served) THEN 'cancel'
        ELSE 'leave' END
    WHEN e.is_withdrawn THEN 'restore'
    WHEN e.is_untouched AND e.due_on >= %(start)s
         AND (e.due_on, e.window_ends_on, e.segment_id, e.channel, e.performer, e.minutes)
          <> (w.due_on, w.window_ends_on, w.segment_id, w.channel, w.performer, w.minutes) THEN 'update'
    ELSE 'keep'
END
"""

# Who is served in a range of clients and what each segment is owed; and the touchpoints the range has.
_INPUTS = f"""
WITH occurrence AS (
    SELECT * FROM unnest({_OCCURRENCE_ARRAYS}) AS o ({_OCCURRENCE_COLUMNS})
), served AS MATERIALIZED (
    SELECT c.id AS client_id, c.adviser_id, a.segment_id, greatest(a.first_on, %(start)s) AS owed_from,
           (b.position::bigint * {STEP_PER_POSITION} %% {WHOLE})::int AS phase
    FROM (
        SELECT client_id, min(starts_on) AS first_on, max(segment_id) FILTER (WHERE ends_on IS NULL) AS segment_id
        FROM segmentation_assignment
        WHERE firm_id = %(firm)s AND scheme_id = %(scheme)s AND client_id BETWEEN %(first_client)s AND %(last_client)s
        GROUP BY client_id
    ) a
    JOIN clients_client c ON c.firm_id = %(firm)s AND c.id = a.client_id
    JOIN touchpoints_bookposition b ON b.firm_id = %(firm)s AND b.client_id = a.client_id
    WHERE a.segment_id IS NOT NULL AND {_SERVED}
      AND c.id BETWEEN %(first_client)s AND %(last_client)s AND b.client_id BETWEEN %(first_client)s AND %(last_client)s
), existing AS (
    SELECT id, client_id, touchpoint_type_id, service_year, ordinal, segment_id, due_on, window_ends_on, channel, performer, minutes, status,
           status = 'planned' AND NOT is_hand_set AS is_untouched, status = 'cancelled' AND NOT is_hand_set AND closed_by_id IS NULL AS is_withdrawn
    FROM touchpoints_touchpoint
    WHERE firm_id = %(firm)s AND client_id BETWEEN %(first_client)s AND %(last_client)s AND service_year = ANY(%(service_years)s)
)
"""

# Most nights nothing differs, and counting says so: each existing touchpoint looks up what is wanted in its place, and as many must have found it
# as are wanted in all. Neither side is kept aside or sorted, as joining them in full needs.
_COUNT_CLIENTS = f"""
{_INPUTS}
SELECT {_FATE} AS fate, count(*)
FROM existing e
LEFT JOIN served s ON s.client_id = e.client_id
LEFT JOIN occurrence o ON o.segment_id = s.segment_id AND o.touchpoint_type_id = e.touchpoint_type_id
                      AND o.service_year = e.service_year AND o.ordinal = e.ordinal
CROSS JOIN LATERAL (
    SELECT CASE WHEN {_IS_OWED} THEN s.client_id END AS client_id, {_DUE_ON} AS due_on, {_DUE_ON} + o.window_days AS window_ends_on,
           o.segment_id, o.channel, o.performer, o.minutes
) w
GROUP BY fate
UNION ALL
SELECT 'wanted', count(*) FROM served s JOIN occurrence o USING (segment_id) WHERE {_IS_OWED}
"""

# What the range is owed, joined in full with what it has, and the fates written. Conditions are said again here: a person may act on a row between
# the reading and the writing. A loop over clients would send the same fourteen rows a client through Python, 3 to 20 times slower.
_PLAN_CLIENTS = f"""
{_INPUTS}
, wanted AS (
    SELECT s.client_id, s.adviser_id, o.touchpoint_type_id, o.service_year, o.ordinal, o.segment_id,
           {_DUE_ON} AS due_on, {_DUE_ON} + o.window_days AS window_ends_on, o.channel, o.performer, o.minutes
    FROM served s JOIN occurrence o USING (segment_id)
    WHERE {_IS_OWED}
), compared AS (
    SELECT e.id, w.*, {_FATE} AS fate
    FROM wanted w
    FULL JOIN existing e ON e.client_id = w.client_id AND e.touchpoint_type_id = w.touchpoint_type_id
                        AND e.service_year = w.service_year AND e.ordinal = w.ordinal
), difference AS MATERIALIZED (
    SELECT * FROM compared WHERE fate NOT IN ('keep', 'leave')
), inserted AS (
    INSERT INTO touchpoints_touchpoint (firm_id, client_id, adviser_id, touchpoint_type_id, segment_id, service_year, ordinal,
                                        due_on, window_ends_on, channel, performer, minutes, status, is_hand_set, reason)
    SELECT %(firm)s, client_id, adviser_id, touchpoint_type_id, segment_id, service_year, ordinal,
           due_on, window_ends_on, channel, performer, minutes, 'planned', false, ''
    FROM difference WHERE fate = 'insert'
    RETURNING 1
), changed AS (
    UPDATE touchpoints_touchpoint t
    SET due_on = d.due_on, window_ends_on = d.window_ends_on, segment_id = d.segment_id, channel = d.channel, performer = d.performer,
        minutes = d.minutes, status = 'planned', closed_at = NULL
    FROM difference d
    WHERE d.fate IN ('update', 'restore') AND t.id = d.id AND t.firm_id = %(firm)s AND NOT t.is_hand_set
      AND t.id = ANY(ARRAY(SELECT id FROM difference WHERE fate IN ('update', 'restore')))
      AND t.status = CASE d.fate WHEN 'update' THEN 'planned' ELSE 'cancelled' END AND t.closed_by_id IS NULL
    RETURNING d.fate
), cancelled AS (
    UPDATE touchpoints_touchpoint t SET status = 'cancelled', closed_at = now()
    WHERE t.firm_id = %(firm)s AND t.status = 'planned' AND NOT t.is_hand_set
      AND t.id = ANY(ARRAY(SELECT id FROM difference WHERE fate = 'cancel'))
    RETURNING 1
)
SELECT (SELECT count(*) FROM inserted), (SELECT count(*) FROM changed WHERE fate = 'update'), (SELECT count(*) FROM changed WHERE fate = 'restore'),
       (SELECT count(*) FROM cancelled)
"""


def _parameters(plan: Plan) -> dict[str, Any]:
    """What every range of clients is compared with."""
    return {
        "firm": plan.firm_id,
        "scheme": plan.scheme_id,
        "served_statuses": [status.value for status in SERVED],
        "start": plan.start,
        "end": plan.end,
        "service_years": list(plan.service_years),
        "working_days": _array(day.isoformat() for day in plan.working_days),
        **{field.name: _array(str(getattr(occurrence, field.name)) for occurrence in plan.occurrences) for field in fields(Occurrence)},
    }


def _array(words: Iterable[str]) -> str:
    """An array of plain words as PostgreSQL reads it: hundreds of elements as an expression each took longer to parse than to use."""
    return f"{{{','.join(words)}}}"


def _give_positions(plan: Plan) -> None:
    with acting_for(plan.firm_id), connection.cursor() as cursor:
        _take_turn(plan.firm_id)
        cursor.execute(_SETTINGS)
        cursor.execute(_GIVE_POSITIONS, _parameters(plan))


def _plan_clients(parameters: dict[str, Any]) -> PlanResult:
    """Reconcile a range of clients in one transaction.

    A client may move to another adviser, and a person may add or handle the same rows, at this very moment: the planner then yields and reads again.
    """
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            with acting_for(parameters["firm"]), connection.cursor() as cursor:
                _take_turn(parameters["firm"])
                # Shorter than PostgreSQL's deadlock timeout: in a deadlock it is the planner that gives way.
                cursor.execute(_SETTINGS + "; SET LOCAL lock_timeout = '500ms'")
                cursor.execute(_COUNT_CLIENTS, parameters)
                fates = dict(cursor.fetchall())
                kept, wanted = fates.get("keep", 0), fates.pop("wanted")
                if kept == wanted and fates.keys() <= {"keep", "leave"}:
                    return PlanResult(kept=kept)
                cursor.execute(_PLAN_CLIENTS, parameters)
                inserted, updated, restored, cancelled = cursor.fetchone()
                return PlanResult(inserted, updated, restored, cancelled, kept)
        except (IntegrityError, OperationalError):
            if attempt == MOST_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _take_turn(firm_id: int) -> None:
    """Wait for the other runs of this firm; the turn ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('planning', %s))", [firm_id])
