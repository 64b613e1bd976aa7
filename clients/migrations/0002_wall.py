"""The firm wall around this room's tables."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("clients_client", {"adviser_id": "firms_user"}),
    *firm_wall("clients_clientevent", referenced=False),
    *firm_wall("clients_person", {"client_id": "clients_client"}),
    *firm_wall("clients_personevent", referenced=False),
    *firm_wall("clients_interaction", {"client_id": "clients_client", "by_id": "firms_user"}),
    *firm_wall("clients_interactionevent", referenced=False),
    *firm_wall("clients_savedmapping"),
    *firm_wall("clients_importbatch", {"job_id": "firms_job", "created_by_id": "firms_user"}),
    *firm_wall("clients_importrow", {"batch_id": "clients_importbatch"}),
    *firm_wall("clients_mergeproposal", {"first_id": "clients_client", "second_id": "clients_client", "decided_by_id": "firms_user"}),
]


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial"), ("firms", "0002_wall")]
    operations = OPERATIONS
