"""The firm wall around reminders."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = firm_wall("touchpoints_reminder", {"touchpoint_id": "touchpoints_touchpoint", "user_id": "firms_user"})


class Migration(migrations.Migration):
    dependencies = [("touchpoints", "0030_reminders"), ("firms", "0002_wall")]
    operations = OPERATIONS
