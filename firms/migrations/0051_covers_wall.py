"""The composite key that keeps who covers an absence in the same firm."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        "ALTER TABLE firms_absence ADD CONSTRAINT firms_absence_covered_by_id_wall FOREIGN KEY (firm_id, covered_by_id) "
        "REFERENCES firms_user (firm_id, id) DEFERRABLE INITIALLY IMMEDIATE",
        "ALTER TABLE firms_absence DROP CONSTRAINT firms_absence_covered_by_id_wall",
    )
]


class Migration(migrations.Migration):
    dependencies = [("firms", "0050_covers")]
    operations = OPERATIONS
