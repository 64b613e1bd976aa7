from datetime import timedelta
from typing import Any

from django.utils import timezone

from firms.permissions import Permission
from tests.access import ACT, Kind, Route
from tests.touchpoints.rows import make_touchpoint

TOUCHPOINT = Kind(lambda owner: make_touchpoint(adviser=owner, due_on=timezone.localdate()))


def snooze(world: Any, touchpoint: Any) -> dict[str, str]:
    return {"until": (timezone.localdate() + timedelta(days=2)).isoformat()}


LOG = {"channel": "phone", "subject": "Call", "summary": "All is well."}

ROUTES = [
    Route("capacity_people", Permission.VIEW_CAPACITY),
    Route("capacity_weeks", Permission.VIEW_CAPACITY),
    Route("economics", Permission.VIEW_CAPACITY),
    Route("economics_over", Permission.VIEW_CAPACITY),
    Route("economics_under", Permission.VIEW_CAPACITY),
    Route("home", Permission.VIEW_DASHBOARD),
    Route("home_gaps", Permission.VIEW_DASHBOARD),
    Route("home_figures", Permission.VIEW_DASHBOARD),
    Route("service_audit", Permission.VIEW_AUDIT),
    Route("service_audit_evidence", Permission.VIEW_AUDIT),
    Route("service_audit_pdf", Permission.EXPORT_CLIENTS),
    Route("service_audit_xlsx", Permission.EXPORT_CLIENTS),
    Route("service_audit_csv", Permission.EXPORT_CLIENTS),
    Route("gap_list", Permission.VIEW_QUEUE),
    Route("gap_soon", Permission.VIEW_QUEUE),
    Route("gap_windows", Permission.VIEW_QUEUE),
    Route("queue", Permission.VIEW_QUEUE),
    Route("queue_touchpoint", Permission.VIEW_QUEUE, TOUCHPOINT),
    Route("touchpoint_complete", Permission.WORK_QUEUE, TOUCHPOINT, ACT, data=LOG),
    Route("touchpoint_snooze", Permission.WORK_QUEUE, TOUCHPOINT, ACT, data=snooze),
    Route("touchpoint_skip", Permission.WORK_QUEUE, TOUCHPOINT, ACT, data={"reason": "Away"}),
    Route("touchpoint_claim", Permission.WORK_QUEUE, TOUCHPOINT, ACT),
    Route("touchpoint_release", Permission.WORK_QUEUE, TOUCHPOINT, ACT),
    Route("touchpoint_reopen", Permission.WORK_QUEUE, TOUCHPOINT, ACT),
]
