"""Built beside the writers: few rows are in it, but the table it is built from may be large."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("touchpoints", "0051_acts_wall")]
    operations = [
        AddIndexConcurrently(
            "touchpoint",
            models.Index(
                fields=["firm", "assigned_to"],
                condition=Q(status__in=["planned", "claimed"]) & ~Q(assigned_to=None),
                name="touchpoints_assigned",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE touchpoints_touchpoint VALIDATE CONSTRAINT touchpoints_touchpoint_assigned_to_id_wall", migrations.RunSQL.noop
        ),
    ]
