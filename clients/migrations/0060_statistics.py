from django.db import migrations

from firms.statistics import allow_statistics


class Migration(migrations.Migration):
    dependencies = [("clients", "0059_life_events_wall")]
    operations = [allow_statistics("clients_client", "clients_person", "clients_searchword")]
