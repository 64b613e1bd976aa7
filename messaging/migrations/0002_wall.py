"""The firm wall around this room's tables."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("messaging_notice", {"user_id": "firms_user"}),
    *firm_wall("messaging_outboxmessage"),
]


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial"), ("firms", "0002_wall")]
    operations = OPERATIONS
