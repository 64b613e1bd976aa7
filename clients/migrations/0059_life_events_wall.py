"""The firm wall around life events."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("clients_lifeevent", {"client_id": "clients_client", "by_id": "firms_user"}),
    *firm_wall("clients_lifeeventevent", referenced=False),
]


class Migration(migrations.Migration):
    dependencies = [("clients", "0058_life_events"), ("firms", "0002_wall")]
    operations = OPERATIONS
