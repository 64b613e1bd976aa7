"""Runs of the planner: the firm's, one client's, and the one that writes nothing."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, OperationalError, connection

from clients.models import Client
from firms.wall import acting_for
from touchpoints.calendar import add_months
from touchpoints.planning.occurrences import Plan, read_plan
from touchpoints.planning.places import give_positions
from touchpoints.planning.statements import SETTINGS, Statements, parameters_of, parameters_of_range, statements_for

HORIZON_MONTHS = 12
# Clients a transaction: about half a second of work, so that nobody waits long for a row of it.
CHUNK = 2000
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class PlanResult:
    """Rows a run wrote, and the wanted ones it left as they were."""

    inserted: int = 0
    updated: int = 0
    restored: int = 0
    cancelled: int = 0
    kept: int = 0

    @property
    def written(self) -> int:
        return self.inserted + self.updated + self.restored + self.cancelled

    def __add__(self, other: "PlanResult") -> "PlanResult":
        return PlanResult(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


def reconcile(*, firm_id: int, start: date, months: int = HORIZON_MONTHS, chunk: int = CHUNK) -> PlanResult:
    """Make the firm's touchpoints from `start` what its assignments and promises say, in one transaction a chunk of clients.

    Safe to repeat, to run several times at once and to kill. Raises NoWorkingDays.
    """
    plan = read_plan(firm_id, start, add_months(start, months))
    with acting_for(firm_id):
        _begin_turn(firm_id)
        give_positions(plan)
    result, statements, parameters = PlanResult(), statements_for(plan), parameters_of(plan)
    # Most nights nobody changed. Where a range did, the next may have too: a book just imported, or a version just published, is not counted first.
    counts_first = True
    for first, last in _client_ranges(firm_id, chunk):
        done = _plan_clients(statements, {**parameters, **parameters_of_range(plan, first, last)}, counts_first=counts_first)
        counts_first = done.written == 0
        result += done
    return result


def replan_client(*, firm_id: int, client_id: int, start: date, months: int = HORIZON_MONTHS) -> PlanResult:
    """The same for one client who changed, while the firm's other clients stay as they are. Raises NoWorkingDays."""
    plan = read_plan(firm_id, start, add_months(start, months))
    return _replan(plan, client_id)


def replan_clients(*, firm_id: int, client_ids: set[int], start: date, months: int = HORIZON_MONTHS) -> PlanResult:
    """The same for some, a transaction each. Raises NoWorkingDays."""
    plan = read_plan(firm_id, start, add_months(start, months))
    return sum((_replan(plan, client_id) for client_id in sorted(client_ids)), PlanResult())


def _replan(plan: Plan, client_id: int) -> PlanResult:
    with acting_for(plan.firm_id):
        _begin_turn(plan.firm_id)
        give_positions(plan, first_client=client_id, last_client=client_id)
    parameters = {**parameters_of(plan), **parameters_of_range(plan, client_id, client_id)}
    return _plan_clients(statements_for(plan), parameters, counts_first=False)


def preview(*, firm_id: int, start: date, end: date, version_id: int, chunk: int = CHUNK) -> PlanResult:
    """What a run would do if a version were the published one, writing nothing.

    Clients who have no position yet are left out: they get one when they are planned (places.count_newcomers says how many
    they are).
    """
    plan = read_plan(firm_id, start, end, version_id=version_id)
    result, statements, parameters = PlanResult(), statements_for(plan), parameters_of(plan)
    for first, last in _client_ranges(firm_id, chunk):
        with acting_for(firm_id), connection.cursor() as cursor:
            cursor.execute(SETTINGS)
            cursor.execute(statements.count, {**parameters, **parameters_of_range(plan, first, last)})
            fates = dict(cursor.fetchall())
        result += PlanResult(*(fates.get(fate, 0) for fate in ("insert", "update", "restore", "cancel", "keep")))
    return result


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


def _plan_clients(statements: Statements, parameters: dict[str, Any], *, counts_first: bool) -> PlanResult:
    """Reconcile a range of clients in one transaction. Counting first spares a range of whom nobody changed the writing.

    A client may move to another adviser, and a person may add or handle the same rows, at this very moment: the planner then yields and reads again.
    """
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            with acting_for(parameters["firm"]), connection.cursor() as cursor:
                _begin_turn(parameters["firm"])
                # Shorter than PostgreSQL's deadlock timeout: in a deadlock it is the planner that gives way.
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
                if counts_first:
                    cursor.execute(statements.count, parameters)
                    fates = dict(cursor.fetchall())
                    if fates.keys() <= {"keep", "leave"}:
                        return PlanResult(kept=fates.get("keep", 0))
                cursor.execute(statements.write, parameters)
                return PlanResult(*cursor.fetchone())
        except (IntegrityError, OperationalError):
            if attempt == MOST_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _begin_turn(firm_id: int) -> None:
    """Wait for the other runs of this firm, and set the transaction's planner; the turn ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('planning', %s))", [firm_id])
        cursor.execute(SETTINGS)
