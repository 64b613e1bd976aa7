from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions.comparison import Greatest


class Migration(migrations.Migration):
    # The table may be large: no lock while the index is built.
    atomic = False
    dependencies = [("touchpoints", "0031_reminders_wall")]

    operations = [
        AddIndexConcurrently(
            model_name="touchpoint",
            index=models.Index(
                models.F("firm"),
                Greatest("due_on", "window_ends_on", output_field=models.DateField()),
                condition=models.Q(("status__in", ["planned", "claimed"])),
                name="touchpoints_open_by_end",
            ),
        ),
    ]
