"""The firm wall around follow-ups."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall(
        "clients_followup",
        {
            "client_id": "clients_client",
            "interaction_id": "clients_interaction",
            "assignee_id": "firms_user",
            "by_id": "firms_user",
            "done_by_id": "firms_user",
        },
    ),
    *firm_wall("clients_followupevent", referenced=False),
]


class Migration(migrations.Migration):
    dependencies = [("clients", "0050_follow_ups"), ("firms", "0002_wall")]
    operations = OPERATIONS
