"""Names share beginnings unevenly: with finer statistics PostgreSQL knows a rare beginning from a common one."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clients", "0005_latest_interactions")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE clients_searchword ALTER word SET STATISTICS 1000", "ALTER TABLE clients_searchword ALTER word SET STATISTICS DEFAULT"
        )
    ]
