"""Names that sort and words that are found, both kept by the database, so that bulk SQL cannot forget them."""

import django.db.models.deletion
from django.contrib.postgres.operations import CreateExtension
from django.db import migrations, models
from django.db.models import Q

import clients.models
import firms.wall
from firms.wall import firm_wall

# unaccent() itself is only STABLE, because a dictionary may change; this one is named and ships with PostgreSQL.
PLAIN = """
CREATE FUNCTION clients_plain(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN trim(regexp_replace(
    lower(public.unaccent('public.unaccent'::regdictionary, normalize(value, NFKC))), '[[:punct:][:space:]]+', ' ', 'g'
))
"""

WORDS = """
CREATE FUNCTION clients_words(value text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT left(word, 60) FROM regexp_split_to_table(clients_plain(value), ' ') AS word WHERE word <> '';
END
"""

# Groups of digits that follow each other are one number, found from any group on: 450 555-4793 by 4505554793, by
# 555-4793 and by 4793. France's telephone numbers are kept in their national form.
NUMBER_WORDS = r"""
CREATE FUNCTION clients_number_words(value text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT tail FROM (
        SELECT left(array_to_string(parts[first:], ''), 60) AS tail
        FROM (SELECT regexp_split_to_array(trim(regexp_replace(
            regexp_replace(value, '^\s*(\+|00)33[\s.]*(\(0\))?[\s.]*', '0'), '\D+', ' ', 'g'
        )), ' ') AS parts) AS split, generate_subscripts(parts, 1) AS first
    ) AS tails WHERE length(tail) > 3;
END
"""

CLIENT_TEXT = "concat_ws(' ', {0}.name, {0}.external_reference, {0}.city)"
PERSON_TEXT = "concat_ws(' ', {0}.first_name, {0}.last_name, {0}.email)"

# Functions of sets, in FROM and not strict, are merged into the statement by the planner: a call for each row costs ten times as much.
# Only two groups of digits or more make another word of a name or a reference.
INSERT = "INSERT INTO clients_searchword (firm_id, client_id, word) {0} ORDER BY 1, 3, 2 ON CONFLICT DO NOTHING"
GROUPS = "WHERE {0} ~ '[0-9][^0-9]+[0-9]'"
SELECT_CLIENTS = (
    f"SELECT DISTINCT c.firm_id, c.id, word FROM {{0}} c, LATERAL (SELECT * FROM clients_words({CLIENT_TEXT.format('c')}) "
    f"UNION ALL SELECT * FROM clients_number_words(c.name) {GROUPS.format('c.name')} "
    f"UNION ALL SELECT * FROM clients_number_words(c.external_reference) {GROUPS.format('c.external_reference')}) AS found (word)"
)
SELECT_PEOPLE = (
    f"SELECT DISTINCT p.firm_id, p.client_id, word FROM {{0}} p, "
    f"LATERAL (SELECT * FROM clients_words({PERSON_TEXT.format('p')}) UNION ALL SELECT * FROM clients_number_words(p.phone)) AS found (word)"
)
BOTH = f"SELECT * FROM ({SELECT_CLIENTS.format('clients_client')} {{0}} UNION {SELECT_PEOPLE.format('clients_person')} {{1}}) AS every"

REBUILD = f"""
CREATE FUNCTION clients_rebuild_words(changed bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM clients_searchword WHERE client_id = ANY (changed);
    {INSERT.format(BOTH.format("WHERE c.id = ANY (changed)", "WHERE p.client_id = ANY (changed)"))};
END $$
"""


def trigger(name: str, table: str, event: str, body: str) -> tuple[str, str]:
    """A statement-level trigger: one run for a whole bulk insert, over the rows it touched."""
    tables = {"INSERT": "NEW TABLE AS added", "UPDATE": "OLD TABLE AS removed NEW TABLE AS added", "DELETE": "OLD TABLE AS removed"}[event]
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$;"
        f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}()",
    )


TRIGGERS = [
    trigger("clients_client_added_words", "clients_client", "INSERT", INSERT.format(SELECT_CLIENTS.format("added"))),
    trigger("clients_person_added_words", "clients_person", "INSERT", INSERT.format(SELECT_PEOPLE.format("added"))),
    trigger(
        "clients_client_changed_words",
        "clients_client",
        "UPDATE",
        "PERFORM clients_rebuild_words(array_agg(n.id)) FROM added n JOIN removed o USING (id) "
        "WHERE (n.name, n.external_reference, n.city) IS DISTINCT FROM (o.name, o.external_reference, o.city) HAVING count(*) > 0",
    ),
    trigger(
        "clients_person_changed_words",
        "clients_person",
        "UPDATE",
        "PERFORM clients_rebuild_words(array_agg(n.client_id) || array_agg(o.client_id)) FROM added n JOIN removed o USING (id) "
        "WHERE (n.client_id, n.first_name, n.last_name, n.email, n.phone) IS DISTINCT FROM (o.client_id, o.first_name, o.last_name, o.email, o.phone) "
        "HAVING count(*) > 0",
    ),
    trigger(
        "clients_client_removed_words",
        "clients_client",
        "DELETE",
        "DELETE FROM clients_searchword w USING removed o WHERE (w.firm_id, w.client_id) = (o.firm_id, o.id)",
    ),
    trigger(
        "clients_person_removed_words",
        "clients_person",
        "DELETE",
        "PERFORM clients_rebuild_words(array_agg(o.client_id)) FROM removed o HAVING count(*) > 0",
    ),
]

# The owner is inside the wall too: it steps out for one statement, in this transaction, to index the clients of every firm.
INDEX_EXISTING = "".join(
    [
        *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;" for table in ("clients_client", "clients_person", "clients_searchword")),
        INSERT.format(BOTH.format("", "")) + ";",
        *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;" for table in ("clients_client", "clients_person", "clients_searchword")),
    ]
)


class Migration(migrations.Migration):
    dependencies = [("clients", "0002_wall"), ("firms", "0003_planning_requested")]
    operations = [
        CreateExtension("unaccent"),
        migrations.RunSQL(PLAIN, "DROP FUNCTION clients_plain"),
        migrations.RunSQL(WORDS, "DROP FUNCTION clients_words"),
        migrations.RunSQL(NUMBER_WORDS, "DROP FUNCTION clients_number_words"),
        migrations.RemoveIndex("client", "clients_client_names"),
        migrations.RemoveIndex("client", "clients_client_book"),
        migrations.RemoveField("client", "sort_name"),
        migrations.AddField(
            "client",
            "sort_name",
            models.GeneratedField(db_persist=True, expression=clients.models.Plain("name"), output_field=models.TextField(db_collation="C")),
        ),
        migrations.AddIndex("client", models.Index(fields=["firm", "sort_name", "id"], condition=Q(archived_at=None), name="clients_client_names")),
        migrations.AddIndex(
            "client", models.Index(fields=["firm", "adviser", "sort_name", "id"], condition=Q(archived_at=None), name="clients_client_book")
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
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
                ("client_id", models.BigIntegerField()),
                ("word", models.TextField(db_collation="C")),
                ("pk", models.CompositePrimaryKey("firm", "client_id", "word", blank=True, editable=False, primary_key=True, serialize=False)),
            ],
            options={"indexes": [models.Index(fields=["firm", "word", "client_id"], name="clients_searchword_found")]},
        ),
        *firm_wall("clients_searchword", referenced=False),
        migrations.RunSQL(REBUILD, "DROP FUNCTION clients_rebuild_words"),
        *(migrations.RunSQL(create, drop) for create, drop in TRIGGERS),
        migrations.RunSQL(INDEX_EXISTING, migrations.RunSQL.noop),
    ]
