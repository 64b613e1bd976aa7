from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The table may be large: no lock while the index is built.
    atomic = False
    dependencies = [("segmentation", "0011_reassessments_wall")]

    operations = [
        AddIndexConcurrently(
            model_name="assignment",
            index=models.Index(condition=models.Q(("source", "override")), fields=["firm", "expires_on", "id"], name="segmentation_override_ends"),
        ),
    ]
