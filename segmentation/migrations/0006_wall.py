"""The firm wall around the tables of planes and drift, and around a version's fallback."""

from django.db import migrations

from firms.wall import firm_wall


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0005_every_way_to_place")]
    operations = [
        *firm_wall("segmentation_region", {"version_id": "segmentation_schemeversion", "segment_id": "segmentation_segment"}),
        *firm_wall("segmentation_regionevent", referenced=False),
        *firm_wall(
            "segmentation_drift",
            {
                "client_id": "clients_client",
                "scheme_id": "segmentation_scheme",
                "assigned_id": "segmentation_segment",
                "computed_id": "segmentation_segment",
                "by_id": "firms_user",
            },
        ),
        *firm_wall("segmentation_driftevent", referenced=False),
        migrations.RunSQL(
            "ALTER TABLE segmentation_schemeversion ADD CONSTRAINT segmentation_schemeversion_fallback_id_wall "
            "FOREIGN KEY (firm_id, fallback_id) REFERENCES segmentation_segment (firm_id, id) DEFERRABLE INITIALLY IMMEDIATE",
            "ALTER TABLE segmentation_schemeversion DROP CONSTRAINT segmentation_schemeversion_fallback_id_wall",
        ),
    ]
