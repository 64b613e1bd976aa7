"""Built beside the writers: the table may be large."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("clients", "0051_follow_ups_wall")]
    operations = [AddIndexConcurrently("interaction", models.Index(fields=["firm", "by", "-id"], name="clients_interaction_by"))]
