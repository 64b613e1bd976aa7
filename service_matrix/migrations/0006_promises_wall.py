"""The firm wall around the firm's own channels."""

from django.db import migrations

from firms.wall import firm_wall

OWN_CHANNEL = migrations.RunSQL(
    "ALTER TABLE service_matrix_promise ADD CONSTRAINT service_matrix_promise_own_channel_id_wall FOREIGN KEY (firm_id, own_channel_id) "
    "REFERENCES service_matrix_firmchannel (firm_id, id) DEFERRABLE INITIALLY IMMEDIATE",
    "ALTER TABLE service_matrix_promise DROP CONSTRAINT service_matrix_promise_own_channel_id_wall",
)
OPERATIONS = [*firm_wall("service_matrix_firmchannel"), *firm_wall("service_matrix_firmchannelevent", referenced=False), OWN_CHANNEL]


class Migration(migrations.Migration):
    dependencies = [("service_matrix", "0005_promises_complete")]
    operations = OPERATIONS
