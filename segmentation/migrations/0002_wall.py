"""The firm wall around this room's tables."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("segmentation_scheme"),
    *firm_wall("segmentation_schemeevent", referenced=False),
    *firm_wall("segmentation_segment", {"scheme_id": "segmentation_scheme"}),
    *firm_wall("segmentation_segmentevent", referenced=False),
    *firm_wall("segmentation_schemeversion", {"scheme_id": "segmentation_scheme", "published_by_id": "firms_user"}),
    *firm_wall("segmentation_schemeversionevent", referenced=False),
    *firm_wall("segmentation_cut", {"version_id": "segmentation_schemeversion", "segment_id": "segmentation_segment"}),
    *firm_wall("segmentation_cutevent", referenced=False),
    *firm_wall("segmentation_criterion", {"version_id": "segmentation_schemeversion"}),
    *firm_wall("segmentation_criterionevent", referenced=False),
    *firm_wall("segmentation_band", {"criterion_id": "segmentation_criterion"}),
    *firm_wall("segmentation_bandevent", referenced=False),
    *firm_wall(
        "segmentation_placement",
        {
            "client_id": "clients_client",
            "scheme_id": "segmentation_scheme",
            "version_id": "segmentation_schemeversion",
            "segment_id": "segmentation_segment",
        },
    ),
    *firm_wall(
        "segmentation_assignment",
        {
            "client_id": "clients_client",
            "scheme_id": "segmentation_scheme",
            "segment_id": "segmentation_segment",
            "version_id": "segmentation_schemeversion",
            "by_id": "firms_user",
        },
    ),
]


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0001_initial"), ("firms", "0002_wall"), ("clients", "0002_wall")]
    operations = OPERATIONS
