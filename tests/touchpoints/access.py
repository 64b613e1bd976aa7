from datetime import timedelta
from typing import Any

from django.utils import timezone

from firms.permissions import Permission
from tests.access import ACT, CLIENT, Kind, Route
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
    Route("client_calendar", Permission.VIEW_CLIENTS, CLIENT),
    Route("client_calendar_pdf", Permission.VIEW_CLIENTS, CLIENT),
    # The answer holds the address, shown this once.
    Route("client_calendar_share", Permission.EDIT_CLIENTS, CLIENT, {"POST": 200}),
    Route("client_calendar_stop", Permission.EDIT_CLIENTS, CLIENT, ACT),
    # Keys that nobody was given: nothing is there, whoever asks.
    Route("shared_calendar", Permission.PUBLIC, methods={"GET": 404}),
    Route("shared_calendar_pdf", Permission.PUBLIC, methods={"GET": 404}),
    Route("shared_calendar_feed", Permission.PUBLIC, methods={"GET": 404}),
    Route("own_feed", Permission.VIEW_QUEUE, methods={"GET": 200, "POST": 200}),
    Route("own_feed_close", Permission.VIEW_QUEUE, methods=ACT),
    Route("person_feed", Permission.PUBLIC, methods={"GET": 404}),
    Route("home", Permission.VIEW_DASHBOARD),
    Route("queue", Permission.VIEW_QUEUE),
    Route("queue_touchpoint", Permission.VIEW_QUEUE, TOUCHPOINT),
    Route("touchpoint_complete", Permission.WORK_QUEUE, TOUCHPOINT, ACT, data=LOG),
    Route("touchpoint_snooze", Permission.WORK_QUEUE, TOUCHPOINT, ACT, data=snooze),
    Route("touchpoint_skip", Permission.WORK_QUEUE, TOUCHPOINT, ACT, data={"reason": "Away"}),
    Route("touchpoint_claim", Permission.WORK_QUEUE, TOUCHPOINT, ACT),
    Route("touchpoint_release", Permission.WORK_QUEUE, TOUCHPOINT, ACT),
    Route("touchpoint_reopen", Permission.WORK_QUEUE, TOUCHPOINT, ACT),
]
