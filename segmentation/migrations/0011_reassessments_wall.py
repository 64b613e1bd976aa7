"""The firm wall around reassessments and the yearly reviews of schemes."""

from django.db import migrations

from firms.wall import firm_wall


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0010_reassessments")]
    operations = [
        *firm_wall(
            "segmentation_reassessment",
            {
                "client_id": "clients_client",
                "scheme_id": "segmentation_scheme",
                "segment_id": "segmentation_segment",
                "by_id": "firms_user",
            },
        ),
        *firm_wall("segmentation_schemereview", {"scheme_id": "segmentation_scheme", "by_id": "firms_user"}),
    ]
