from django.db import migrations

from firms.statistics import allow_statistics


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0006_wall")]
    operations = [allow_statistics("segmentation_placement", "segmentation_assignment", "segmentation_drift")]
