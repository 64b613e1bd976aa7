"""Requests for planning become rows of their own: who changes a client no longer waits for the firm's row."""

import django.db.models.functions.datetime
from django.db import migrations, models

import firms.wall
from firms.wall import DOOR, SETTING, firm_wall

# The wall holds the owner too: each firm's row is written from inside that firm.
KEEP_WHAT_WAITS = f"""
DO $$
DECLARE waiting bigint;
BEGIN
    PERFORM set_config('{DOOR}', 'on', true);
    FOR waiting IN SELECT id FROM firms_firm WHERE planning_requested_at IS NOT NULL LOOP
        PERFORM set_config('{SETTING}', waiting::text, true);
        INSERT INTO firms_planningrequest (firm_id) VALUES (waiting);
    END LOOP;
    PERFORM set_config('{SETTING}', '', true), set_config('{DOOR}', '', true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("firms", "0005_names_on_one_line")]

    operations = [
        migrations.CreateModel(
            name="PlanningRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("requested_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "firm",
                    models.ForeignKey(
                        db_constraint=False,
                        db_default=firms.wall.CurrentFirm(),
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="firms.firm",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        *firm_wall("firms_planningrequest", door=True),
        migrations.RunSQL(KEEP_WHAT_WAITS, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="firm", name="planning_requested_at"),
    ]
