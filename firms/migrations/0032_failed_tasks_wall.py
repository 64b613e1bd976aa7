"""The firm wall around failed tasks."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = firm_wall("firms_failedtask")


class Migration(migrations.Migration):
    dependencies = [("firms", "0031_failed_tasks")]
    operations = OPERATIONS
