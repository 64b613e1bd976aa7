"""An e-mail may carry an invitation. A default of the database: no row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0012_notices_to_mail")]
    operations = [
        migrations.AddField(model_name="outboxmessage", name="calendar", field=models.TextField(blank=True, db_default="", default="")),
    ]
