"""The firm wall around the strategy of segments."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("service_matrix_segmentstrategy", {"segment_id": "segmentation_segment"}),
    *firm_wall("service_matrix_segmentstrategyevent", referenced=False),
]


class Migration(migrations.Migration):
    dependencies = [("service_matrix", "0010_money")]
    operations = OPERATIONS
