"""Built beside the writers: notices are kept, and may be many."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("messaging", "0011_digests_wall")]

    operations = [
        AddIndexConcurrently(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("mail_at__isnull", False), ("mailed_at", None), ("read_at", None)),
                fields=["firm", "mail_at"],
                name="messaging_notice_to_mail",
            ),
        ),
    ]
