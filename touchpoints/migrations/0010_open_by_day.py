from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The table may be large: no lock while the index is built.
    atomic = False
    dependencies = [("touchpoints", "0003_closed_by_adviser")]

    operations = [
        AddIndexConcurrently(
            model_name="touchpoint",
            index=models.Index(condition=models.Q(("status__in", ["planned", "claimed"])), fields=["firm", "due_on"], name="touchpoints_open_by_day"),
        ),
    ]
