from django.db import migrations

# The clients who have, for each term, a word that begins with it; some of them several times. The rarest term's are gathered first, and each other
# term is looked up for these clients alone, as an array: one walk along the index of words, where a join would enter it anew for each client.
# Ten thousand is as far as counting a term costs less than gathering it. Words are read as the caller may read them: inside the wall.
ANSWERING = r"""
CREATE FUNCTION clients_answering(terms text[]) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    term text;
    found bigint[];
BEGIN
    FOR term IN
        SELECT each FROM unnest(terms) AS each
        ORDER BY CASE WHEN cardinality(terms) > 1 THEN (
            SELECT count(*) FROM (SELECT FROM clients_searchword WHERE word >= each AND word < each || U&'\+10FFFF' LIMIT 10000) AS counted
        ) END
    LOOP
        IF found IS NULL THEN
            found := ARRAY(SELECT client_id FROM clients_searchword WHERE word >= term AND word < term || U&'\+10FFFF');
        ELSE
            found := ARRAY(
                SELECT client_id FROM clients_searchword WHERE client_id = ANY (found) AND word >= term AND word < term || U&'\+10FFFF'
            );
        END IF;
    END LOOP;
    RETURN found;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("clients", "0061_removed_interactions")]
    operations = [migrations.RunSQL(ANSWERING, "DROP FUNCTION clients_answering(text[])")]
