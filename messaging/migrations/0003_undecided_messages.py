"""Who decided about a held or failed e-mail. No row is read or rewritten: the key is checked by the next migration."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STATUSES = [
    ("waiting", "Waiting"),
    ("sending", "Sending"),
    ("sent", "Sent"),
    ("held", "Held"),
    ("failed", "Failed"),
    ("discarded", "Discarded"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("firms", "0004_first_administrator"),
        ("messaging", "0002_wall"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(model_name="outboxmessage", name="decided_at", field=models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            model_name="outboxmessage",
            name="decided_by",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(model_name="outboxmessage", name="status", field=models.CharField(choices=STATUSES, default="waiting", max_length=9)),
        migrations.RunSQL(
            "ALTER TABLE messaging_outboxmessage ADD CONSTRAINT messaging_outboxmessage_decided_by_id_wall FOREIGN KEY (firm_id, decided_by_id) "
            "REFERENCES firms_user (firm_id, id) DEFERRABLE INITIALLY IMMEDIATE NOT VALID",
            "ALTER TABLE messaging_outboxmessage DROP CONSTRAINT messaging_outboxmessage_decided_by_id_wall",
        ),
    ]
