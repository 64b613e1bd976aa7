"""The firm wall around this room's tables."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("service_matrix_touchpointtype"),
    *firm_wall("service_matrix_touchpointtypeevent", referenced=False),
    *firm_wall("service_matrix_matrixversion", {"scheme_id": "segmentation_scheme", "published_by_id": "firms_user"}),
    *firm_wall("service_matrix_matrixversionevent", referenced=False),
    *firm_wall(
        "service_matrix_promise",
        {"version_id": "service_matrix_matrixversion", "segment_id": "segmentation_segment", "touchpoint_type_id": "service_matrix_touchpointtype"},
    ),
    *firm_wall("service_matrix_promiseevent", referenced=False),
]


class Migration(migrations.Migration):
    dependencies = [("service_matrix", "0001_initial"), ("segmentation", "0002_wall"), ("firms", "0002_wall")]
    operations = OPERATIONS
