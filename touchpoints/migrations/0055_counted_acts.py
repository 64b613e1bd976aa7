from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("touchpoints", "0054_moved_acts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="queueact",
            name="kind",
            field=models.CharField(
                choices=[
                    ("completed", "Completed"),
                    ("skipped", "Skipped"),
                    ("snoozed", "Snoozed"),
                    ("reassigned", "Reassigned"),
                    ("moved", "Moved"),
                    ("fulfilled", "Counted"),
                ],
                max_length=10,
            ),
        ),
    ]
