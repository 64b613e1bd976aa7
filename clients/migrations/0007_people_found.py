"""Addresses in small letters, so that people are found by them through an index.

The owner is inside the wall too: it steps out for one statement, in this transaction. The search's own triggers see no change of words.
"""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Lower

LOWER = """
ALTER TABLE clients_person NO FORCE ROW LEVEL SECURITY;
UPDATE clients_person SET email = lower(email) WHERE email <> lower(email);
ALTER TABLE clients_person FORCE ROW LEVEL SECURITY;
"""
CHECK = "ALTER TABLE clients_person ADD CONSTRAINT clients_person_email_lower CHECK (email = lower(email)) NOT VALID"


class Migration(migrations.Migration):
    dependencies = [("clients", "0006_word_statistics")]

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
