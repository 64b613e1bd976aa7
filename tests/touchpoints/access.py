from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from clients.models import Interaction
from firms.models import Job, User
from firms.permissions import Permission
from tests.access import ACT, CLIENT, Kind, Route, Scope
from tests.service_matrix.rows import make_draft, segment_of
from tests.touchpoints.rows import make_touchpoint
from touchpoints.models import DocumentBatch, Touchpoint

TOUCHPOINT = Kind(lambda owner: make_touchpoint(adviser=owner, due_on=timezone.localdate()))


def snooze(world: Any, touchpoint: Any) -> dict[str, str]:
    return {"until": (timezone.localdate() + timedelta(days=2)).isoformat()}


def make_batch(owner: User) -> DocumentBatch:
    job = Job.objects.create(kind="client_documents", status="done", created_by=owner)
    return DocumentBatch.objects.create(kind="calendar", job=job, created_by=owner)


BATCH = Kind(make_batch, Scope.OWN)


def make_interaction(owner: User) -> Interaction:
    touchpoint = make_touchpoint(adviser=owner, due_on=timezone.localdate())
    return Interaction.objects.create(client=touchpoint.client, channel="email", subject="News", happened_at=timezone.now(), by=owner)


INTERACTION = Kind(make_interaction)


def make_matrix_column(owner: User) -> Any:
    draft = make_draft(by=owner)
    return SimpleNamespace(pk=draft.pk, segment_pk=segment_of(draft.scheme, 1).pk)


MATRIX_COLUMN = Kind(make_matrix_column, Scope.FIRM)


def counts_for(world: Any, interaction: Any) -> dict[str, Any]:
    return {"touchpoint": Touchpoint.objects.filter(client_id=interaction.client_id).values_list("pk", flat=True).first() or 0}


def agree(world: Any, touchpoint: Any) -> dict[str, Any]:
    return {"day": timezone.localdate() + timedelta(days=2), "hour": "10:00", "minutes": "30", "invites_client": "on"}


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
    Route("matrix_calendar", Permission.VIEW_MATRIX, MATRIX_COLUMN, kwargs=vars),
    Route("client_year_pdf", Permission.VIEW_CLIENTS, CLIENT, kwargs=lambda client: {"pk": client.pk, "year": timezone.localdate().year}),
    # Without the mark of what was shown, the page shows it.
    Route("documents_make", Permission.EXPORT_CLIENTS, methods={"GET": 200, "POST": 200}),
    Route("documents_progress", Permission.EXPORT_CLIENTS, BATCH),
    Route("documents_zip", Permission.EXPORT_CLIENTS, BATCH),
    # Keys that nobody was given: nothing is there, whoever asks.
    Route("shared_calendar", Permission.PUBLIC, methods={"GET": 404}),
    Route("shared_calendar_pdf", Permission.PUBLIC, methods={"GET": 404}),
    Route("shared_calendar_feed", Permission.PUBLIC, methods={"GET": 404}),
    Route("calendar", Permission.VIEW_QUEUE),
    Route("touchpoint_not_this", Permission.WORK_QUEUE, TOUCHPOINT, ACT),
    Route("interaction_which", Permission.WORK_QUEUE, INTERACTION, {"GET": 200, "POST": 302}, data=counts_for),
    Route("interaction_which_undo", Permission.WORK_QUEUE, INTERACTION, ACT),
    Route("calendar_undo", Permission.WORK_QUEUE, methods=ACT),
    Route("touchpoint_day", Permission.VIEW_QUEUE, TOUCHPOINT),
    Route("touchpoint_move", Permission.WORK_QUEUE, TOUCHPOINT, ACT, data=lambda world, touchpoint: {"to": timezone.localdate() + timedelta(days=2)}),
    Route("appointment_set", Permission.WORK_QUEUE, TOUCHPOINT, ACT, data=agree),
    Route("appointment_cancel", Permission.WORK_QUEUE, TOUCHPOINT, ACT),
    Route("own_feed", Permission.VIEW_QUEUE, methods={"GET": 200, "POST": 200}),
    Route("own_feed_close", Permission.VIEW_QUEUE, methods=ACT),
    Route("person_feed", Permission.PUBLIC, methods={"GET": 404}),
    Route("home", Permission.VIEW_DASHBOARD),
    Route("home_gaps", Permission.VIEW_DASHBOARD),
    Route("home_said", Permission.VIEW_DASHBOARD),
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
    Route("touchpoint_reassign", Permission.WORK_QUEUE, TOUCHPOINT, ACT, data={"to": ""}),
    Route("queue_counts", Permission.VIEW_QUEUE),
    # Without anything done, or chosen, it says so and leads back.
    Route("queue_undo", Permission.WORK_QUEUE, methods=ACT),
    Route("queue_bulk", Permission.WORK_QUEUE, methods=ACT, data={"act": "skip", "reason": "Away"}),
]
