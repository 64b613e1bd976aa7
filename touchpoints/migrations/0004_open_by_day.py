from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions.comparison import Greatest
from django.db.models.lookups import IsNull

WAITS_FROM = Greatest("due_on", "snoozed_until", output_field=models.DateField())


class Migration(migrations.Migration):
    # The table may be large: no lock while the index is built.
    atomic = False
    dependencies = [("touchpoints", "0003_closed_by_adviser")]

    operations = [
        AddIndexConcurrently(
            model_name="touchpoint",
            index=models.Index(
                models.F("firm"),
                WAITS_FROM,
                condition=models.Q(IsNull(WAITS_FROM, False), ("status__in", ["planned", "claimed"])),
                name="touchpoints_open_by_day",
            ),
        ),
    ]
