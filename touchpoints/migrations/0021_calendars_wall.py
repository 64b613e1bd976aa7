"""The firm wall around calendars and their documents."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall(
        "touchpoints_calendarlink",
        {"client_id": "clients_client", "user_id": "firms_user", "created_by_id": "firms_user", "revoked_by_id": "firms_user"},
    ),
    *firm_wall(
        "touchpoints_appointment",
        {"touchpoint_id": "touchpoints_touchpoint", "created_by_id": "firms_user", "cancelled_by_id": "firms_user"},
    ),
    *firm_wall("touchpoints_documentbatch", {"job_id": "firms_job", "created_by_id": "firms_user"}),
    *firm_wall("touchpoints_batchdocument", {"batch_id": "touchpoints_documentbatch", "client_id": "clients_client"}),
]


class Migration(migrations.Migration):
    dependencies = [("touchpoints", "0020_calendars")]
    operations = OPERATIONS
