"""The firm wall around profiles' rules, exceptions, edits of drafts and templates."""

from django.db import migrations

from firms.wall import firm_wall

OVERLAY = migrations.RunSQL(
    "ALTER TABLE service_matrix_matrixversion ADD CONSTRAINT service_matrix_matrixversion_overlay_id_wall FOREIGN KEY (firm_id, overlay_id) "
    "REFERENCES segmentation_scheme (firm_id, id) DEFERRABLE INITIALLY IMMEDIATE",
    "ALTER TABLE service_matrix_matrixversion DROP CONSTRAINT service_matrix_matrixversion_overlay_id_wall",
)
OPERATIONS = [
    OVERLAY,
    *firm_wall(
        "service_matrix_profilerule",
        {
            "version_id": "service_matrix_matrixversion",
            "profile_id": "segmentation_segment",
            "touchpoint_type_id": "service_matrix_touchpointtype",
            "own_channel_id": "service_matrix_firmchannel",
        },
    ),
    *firm_wall("service_matrix_profileruleevent", referenced=False),
    *firm_wall(
        "service_matrix_promiseexception",
        {
            "client_id": "clients_client",
            "touchpoint_type_id": "service_matrix_touchpointtype",
            "own_channel_id": "service_matrix_firmchannel",
            "by_id": "firms_user",
            "ended_by_id": "firms_user",
        },
    ),
    *firm_wall("service_matrix_draftedit", {"version_id": "service_matrix_matrixversion", "by_id": "firms_user"}),
    *firm_wall("service_matrix_strategytemplate", {"by_id": "firms_user"}),
    *firm_wall("service_matrix_strategytemplateevent", referenced=False),
]


class Migration(migrations.Migration):
    dependencies = [("service_matrix", "0010_overlay")]
    operations = OPERATIONS
