"""The reconciler: from assignments × promises × horizon it derives the touchpoints that should exist and writes the difference.

The rules are in docs/planning.md. Rules of the calendar and of the matrix are worked out in Python, once a run (`occurrences.py`, `places.py`), into
what one group of clients is owed (`entitlements.py`); PostgreSQL applies it to clients, thousands at a time (`statements.py`, `reconciling.py`).
"""

from touchpoints.planning.nightly import is_night, list_due_firms, mark_missed, plan_if_due, withdraw_unserved
from touchpoints.planning.occurrences import read_plan
from touchpoints.planning.places import count_newcomers
from touchpoints.planning.reconciling import CHUNK, HORIZON_MONTHS, PlanResult, preview, reconcile, replan_client
from touchpoints.planning.statements import SERVED

__all__ = [
    "CHUNK",
    "HORIZON_MONTHS",
    "SERVED",
    "PlanResult",
    "count_newcomers",
    "is_night",
    "list_due_firms",
    "mark_missed",
    "plan_if_due",
    "preview",
    "read_plan",
    "reconcile",
    "replan_client",
    "withdraw_unserved",
]
