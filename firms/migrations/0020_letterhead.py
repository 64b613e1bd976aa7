"""The colour and the address of what clients receive. Defaults of the database: no row is rewritten."""

from django.db import migrations, models

import firms.letterhead


class Migration(migrations.Migration):
    dependencies = [("firms", "0008_working_time_wall")]

    operations = [
        migrations.AddField(
            model_name="firm",
            name="colour",
            field=models.CharField(
                db_default="#17594a",
                default="#17594a",
                help_text="Of what clients receive.",
                max_length=7,
                validators=[firms.letterhead.validate_colour],
                verbose_name="colour",
            ),
        ),
        migrations.AddField(
            model_name="firm",
            name="address",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="As it stands on what clients receive: street, city, telephone.",
                max_length=300,
                validators=[firms.letterhead.validate_address],
                verbose_name="address",
            ),
        ),
    ]
