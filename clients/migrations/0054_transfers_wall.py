"""The firm wall around transfers."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("clients_transfer", {"by_id": "firms_user", "job_id": "firms_job"}),
    *firm_wall(
        "clients_transferredclient",
        {
            "transfer_id": "clients_transfer",
            "client_id": "clients_client",
            "from_adviser_id": "firms_user",
            "to_adviser_id": "firms_user",
        },
    ),
]


class Migration(migrations.Migration):
    dependencies = [("clients", "0053_transfers"), ("firms", "0002_wall")]
    operations = OPERATIONS
