"""A request for planning may name the one client that changed. A column without a default: no rewrite."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("firms", "0051_covers_wall")]
    operations = [
        migrations.AddField(model_name="planningrequest", name="client_id", field=models.BigIntegerField(editable=False, null=True)),
    ]
