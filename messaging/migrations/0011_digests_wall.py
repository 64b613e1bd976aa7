"""The firm wall around digests and preferences."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("messaging_preferences", {"user_id": "firms_user"}),
    *firm_wall("messaging_digest", {"user_id": "firms_user"}),
]


class Migration(migrations.Migration):
    dependencies = [("messaging", "0010_digests"), ("firms", "0002_wall")]
    operations = OPERATIONS
