"""Figures that clients already have become dated amounts: of the day the file was last written, the only day known."""

from django.db import migrations

# Firm by firm, because the wall holds the owner too. One statement a firm, without touching the clients.
DATE_FIGURES = """
DO $$
DECLARE firm bigint;
BEGIN
    PERFORM set_config('app.across_firms', 'on', true);
    FOR firm IN SELECT id FROM firms_firm LOOP
        PERFORM set_config('app.firm_id', firm::text, true);
        INSERT INTO clients_amount (firm_id, client_id, kind, starts_on, ends_on, amount, source, note)
        SELECT firm, c.id, told.kind, CASE told.kind WHEN 'aum' THEN day ELSE (day - interval '1 year')::date + 1 END, day, told.amount, 'file', ''
        FROM clients_client c, LATERAL (SELECT c.updated_at::date) AS written (day),
            LATERAL (VALUES ('aum', c.aum), ('revenue', c.annual_revenue)) AS told (kind, amount)
        WHERE c.firm_id = firm AND told.amount >= 0
            AND NOT EXISTS (SELECT FROM clients_amount a WHERE a.firm_id = firm AND a.client_id = c.id AND a.kind = told.kind);
    END LOOP;
    PERFORM set_config('app.across_firms', '', true);
    PERFORM set_config('app.firm_id', '', true);
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("clients", "0010_attributes_wall")]
    operations = [migrations.RunSQL(DATE_FIGURES, migrations.RunSQL.noop)]
