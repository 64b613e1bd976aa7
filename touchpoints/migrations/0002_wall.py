"""The firm wall around this room's tables."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall(
        "touchpoints_touchpoint",
        {
            "touchpoint_type_id": "service_matrix_touchpointtype",
            "segment_id": "segmentation_segment",
            "claimed_by_id": "firms_user",
            "closed_by_id": "firms_user",
            "interaction_id": "clients_interaction",
        },
    ),
    # One key says both: the client is of this firm, and the adviser is the client's, also after the client moves to another book.
    migrations.RunSQL(
        "ALTER TABLE touchpoints_touchpoint ADD CONSTRAINT touchpoints_touchpoint_client_wall "
        "FOREIGN KEY (firm_id, client_id, adviser_id) REFERENCES clients_client (firm_id, id, adviser_id) "
        "ON UPDATE CASCADE DEFERRABLE INITIALLY IMMEDIATE",
        "ALTER TABLE touchpoints_touchpoint DROP CONSTRAINT touchpoints_touchpoint_client_wall",
    ),
    *firm_wall("touchpoints_bookposition", {"client_id": "clients_client"}),
]


class Migration(migrations.Migration):
    dependencies = [
        ("touchpoints", "0001_initial"),
        ("service_matrix", "0002_wall"),
        ("segmentation", "0002_wall"),
        ("firms", "0002_wall"),
        ("clients", "0002_wall"),
    ]
    operations = OPERATIONS
