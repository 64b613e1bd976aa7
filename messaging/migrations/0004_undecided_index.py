"""Built beside the writers: an outbox keeps what it sent, and may be long."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("messaging", "0003_undecided_messages")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE messaging_outboxmessage VALIDATE CONSTRAINT messaging_outboxmessage_decided_by_id_wall", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="outboxmessage",
            index=models.Index(fields=["firm", "id"], condition=models.Q(("status__in", ["held", "failed"])), name="messaging_outbox_undecided"),
        ),
    ]
