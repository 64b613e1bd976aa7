"""A touchpoint that is owed again, or whose asking is taken back, is not asked of someone who left meanwhile.

What was closed keeps whom it was asked of, as the record of it, and the triggers of 0051_acts_wall.py only look at what is open. Whatever opens
it again (undone, said not to be this one, planned anew) passes here: the database forgets whom it had asked unless that person still is of the
book. Only rows that were asked of somebody call the function, so the planner's updates of whole books do not pay for it.
"""

from django.db import migrations

ASK_THE_BOOK = """
CREATE FUNCTION touchpoints_ask_the_book() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM firms_user u
        WHERE u.firm_id = NEW.firm_id AND u.id = NEW.assigned_to_id AND u.is_active AND (
            u.id = NEW.adviser_id OR u.role = 'admin' OR EXISTS (
                SELECT FROM firms_support s WHERE s.firm_id = NEW.firm_id AND s.assistant_id = u.id AND s.adviser_id = NEW.adviser_id
            )
        )
    ) THEN
        NEW.assigned_to_id := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER touchpoints_ask_the_book BEFORE UPDATE OF status, assigned_to_id ON touchpoints_touchpoint
    FOR EACH ROW WHEN (
        NEW.assigned_to_id IS NOT NULL AND NEW.status IN ('planned', 'claimed')
        AND (OLD.status NOT IN ('planned', 'claimed') OR OLD.assigned_to_id IS DISTINCT FROM NEW.assigned_to_id)
    )
    EXECUTE FUNCTION touchpoints_ask_the_book();
"""


class Migration(migrations.Migration):
    dependencies = [("touchpoints", "0056_by_interaction")]
    operations = [
        migrations.RunSQL(
            ASK_THE_BOOK,
            "DROP TRIGGER touchpoints_ask_the_book ON touchpoints_touchpoint; DROP FUNCTION touchpoints_ask_the_book()",
        ),
    ]
