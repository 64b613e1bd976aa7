"""Built beside the writers."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("clients", "0007_people_found")]

    operations = [
        migrations.RunSQL("ALTER TABLE clients_person VALIDATE CONSTRAINT clients_person_email_lower", migrations.RunSQL.noop),
        AddIndexConcurrently("person", models.Index(fields=["firm", "email"], condition=~Q(email=""), name="clients_person_email")),
        AddIndexConcurrently(
            "person", models.Index(fields=["firm", "birth_date"], condition=Q(birth_date__isnull=False), name="clients_person_born")
        ),
    ]
