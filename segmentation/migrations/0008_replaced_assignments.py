"""What an assignment said before another of its day replaced it."""

import django.db.models.deletion
import django.db.models.functions.datetime
import firms.wall
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from firms.wall import firm_wall


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0010_attributes_wall"),
        ("firms", "0006_planning_requests"),
        ("segmentation", "0007_statistics"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AssignmentEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.BigIntegerField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("source", models.CharField(choices=[("computed", "Computed"), ("override", "Override"), ("import", "Import")], max_length=8)),
                ("score", models.DecimalField(decimal_places=4, max_digits=9, null=True)),
                ("score_y", models.DecimalField(decimal_places=4, max_digits=9, null=True)),
                ("inputs", models.JSONField(default=dict)),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("expires_on", models.DateField(blank=True, null=True, verbose_name="expires on")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                "abstract": False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assignment",
            trigger=pgtrigger.compiler.Trigger(
                name="replaced_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."by_id" IS DISTINCT FROM (NEW."by_id") OR OLD."expires_on" IS DISTINCT FROM (NEW."expires_on") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."segment_id" IS DISTINCT FROM (NEW."segment_id") OR OLD."source" IS DISTINCT FROM (NEW."source"))',
                    func='INSERT INTO "segmentation_assignmentevent" ("by_id", "client_id", "created_at", "ends_on", "expires_on", "firm_id", "id", "inputs", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "scheme_id", "score", "score_y", "segment_id", "source", "starts_on", "version_id") VALUES (OLD."by_id", OLD."client_id", OLD."created_at", OLD."ends_on", OLD."expires_on", OLD."firm_id", OLD."id", OLD."inputs", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'replaced\', OLD."id", OLD."reason", OLD."scheme_id", OLD."score", OLD."score_y", OLD."segment_id", OLD."source", OLD."starts_on", OLD."version_id"); RETURN NULL;',
                    hash="228945dd172b12c9ee737a7937e24e09932d31a6",
                    operation="UPDATE",
                    pgid="pgtrigger_replaced_update_01dde",
                    table="segmentation_assignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="assignment",
            trigger=pgtrigger.compiler.Trigger(
                name="removed_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "segmentation_assignmentevent" ("by_id", "client_id", "created_at", "ends_on", "expires_on", "firm_id", "id", "inputs", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "scheme_id", "score", "score_y", "segment_id", "source", "starts_on", "version_id") VALUES (OLD."by_id", OLD."client_id", OLD."created_at", OLD."ends_on", OLD."expires_on", OLD."firm_id", OLD."id", OLD."inputs", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'removed\', OLD."id", OLD."reason", OLD."scheme_id", OLD."score", OLD."score_y", OLD."segment_id", OLD."source", OLD."starts_on", OLD."version_id"); RETURN NULL;',
                    hash="0f85103aea365895ff53f20988079eef28142c79",
                    operation="DELETE",
                    pgid="pgtrigger_removed_delete_c9c29",
                    table="segmentation_assignment",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="by",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="client",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", related_query_name="+", to="clients.client"
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="firm",
            field=models.ForeignKey(
                db_constraint=False,
                db_default=firms.wall.CurrentFirm(),
                editable=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="firms.firm",
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name="events", to="segmentation.assignment"
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="scheme",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="segmentation.scheme",
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="segment",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="segmentation.segment",
            ),
        ),
        migrations.AddField(
            model_name="assignmentevent",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="segmentation.schemeversion",
            ),
        ),
        *firm_wall("segmentation_assignmentevent", referenced=False),
    ]
