"""Lead times on touchpoints, what an interaction fulfilled, and one row for what is counted on whatever the year.

Columns with a constant default are no rewrite; the index is built while people work.
"""

from django.db import migrations, models

COUNTED_ONCE = models.UniqueConstraint(
    fields=("firm", "client", "touchpoint_type", "ordinal"), condition=models.Q(ordinal__gt=1000), name="touchpoints_counted_once"
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("touchpoints", "0052_assigned_index")]
    operations = [
        migrations.AddField(model_name="touchpoint", name="lead_days", field=models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField(model_name="touchpoint", name="is_fulfilled", field=models.BooleanField(db_default=False, default=False)),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS touchpoints_counted_once ON touchpoints_touchpoint "
                    "(firm_id, client_id, touchpoint_type_id, ordinal) WHERE ordinal > 1000",
                    "DROP INDEX CONCURRENTLY IF EXISTS touchpoints_counted_once",
                )
            ],
            state_operations=[migrations.AddConstraint(model_name="touchpoint", constraint=COUNTED_ONCE)],
        ),
    ]
