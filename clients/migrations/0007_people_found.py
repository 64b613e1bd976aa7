"""Addresses in small letters, so that people are found by them through an index."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Lower

from firms.wall import DOOR, SETTING

# Firm by firm, inside the wall: each change leaves its line in that firm's history, signed by this command.
LOWER = f"""
DO $$
DECLARE firm bigint;
BEGIN
    PERFORM set_config('{DOOR}', 'on', true), set_config('pghistory.context_metadata', '{{"command": "migrate"}}', true);
    FOR firm IN SELECT id FROM firms_firm LOOP
        PERFORM set_config('{SETTING}', firm::text, true);
        UPDATE clients_person SET email = lower(email) WHERE firm_id = firm AND email <> lower(email);
    END LOOP;
    PERFORM set_config('{SETTING}', '', true), set_config('{DOOR}', '', true), set_config('pghistory.context_metadata', '', true);
END $$
"""
CHECK = "ALTER TABLE clients_person ADD CONSTRAINT clients_person_email_lower CHECK (email = lower(email)) NOT VALID"


class Migration(migrations.Migration):
    dependencies = [("clients", "0006_word_statistics"), ("firms", "0002_wall")]

    operations = [
        migrations.RunSQL(LOWER, migrations.RunSQL.noop),
        # From here on; what stands is looked through by the next migration, with writers going on.
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(CHECK, "ALTER TABLE clients_person DROP CONSTRAINT clients_person_email_lower")],
            [
                migrations.AddConstraint("person", models.CheckConstraint(condition=Q(email=Lower("email")), name="clients_person_email_lower")),
            ],
        ),
    ]
