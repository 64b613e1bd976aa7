from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The table may be large: no lock while the index is built.
    atomic = False
    dependencies = [("touchpoints", "0040_open_by_end")]

    operations = [
        AddIndexConcurrently(
            model_name="touchpoint",
            index=models.Index(
                fields=["firm", "adviser", "due_on"], condition=models.Q(("status", "cancelled")), name="touchpoints_withdrawn_by_book"
            ),
        ),
    ]
