"""Built beside the writers: the table may be large."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("touchpoints", "0055_counted_acts")]
    operations = [
        AddIndexConcurrently(
            "touchpoint",
            models.Index(fields=["firm", "interaction"], condition=~Q(interaction=None), name="touchpoints_by_interaction"),
        ),
    ]
