"""The firm wall around what was just done, and who keeps what they were asked to do.

Someone is asked only for touchpoints of a book they work for. When the client goes to another book, when an assistant no longer supports
the adviser, or when someone leaves or changes role, the database itself forgets whom it had asked: the touchpoint is again anyone's of the
book who does such things. What the adviser was asked, or had in hand, goes to the next adviser.
"""

from django.db import migrations

from firms.wall import firm_wall

FOLLOW_BOOK = """
CREATE FUNCTION touchpoints_follow_book() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status IN ('planned', 'claimed') THEN
        IF NEW.assigned_to_id = OLD.adviser_id THEN
            NEW.assigned_to_id := NEW.adviser_id;
        ELSIF NEW.assigned_to_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM firms_support s
            WHERE s.firm_id = NEW.firm_id AND s.assistant_id = NEW.assigned_to_id AND s.adviser_id = NEW.adviser_id
        ) AND NOT EXISTS (
            SELECT FROM firms_user u WHERE u.firm_id = NEW.firm_id AND u.id = NEW.assigned_to_id AND u.role = 'admin' AND u.is_active
        ) THEN
            NEW.assigned_to_id := NULL;
        END IF;
        IF NEW.status = 'claimed' AND NEW.claimed_by_id = OLD.adviser_id THEN
            NEW.status := 'planned';
            NEW.claimed_by_id := NULL;
            NEW.claimed_at := NULL;
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER touchpoints_follow_book BEFORE UPDATE OF adviser_id ON touchpoints_touchpoint
    FOR EACH ROW WHEN (OLD.adviser_id IS DISTINCT FROM NEW.adviser_id AND (NEW.assigned_to_id IS NOT NULL OR NEW.claimed_by_id IS NOT NULL))
    EXECUTE FUNCTION touchpoints_follow_book();
"""
LEAVE_BOOK = """
CREATE FUNCTION touchpoints_leave_book() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE touchpoints_touchpoint SET assigned_to_id = NULL
    WHERE firm_id = OLD.firm_id AND adviser_id = OLD.adviser_id AND assigned_to_id = OLD.assistant_id AND status IN ('planned', 'claimed');
    RETURN NULL;
END $$;
CREATE TRIGGER touchpoints_leave_book AFTER DELETE ON firms_support FOR EACH ROW EXECUTE FUNCTION touchpoints_leave_book();
CREATE FUNCTION touchpoints_leave_firm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE touchpoints_touchpoint SET assigned_to_id = NULL
    WHERE firm_id = OLD.firm_id AND assigned_to_id = OLD.id AND status IN ('planned', 'claimed');
    RETURN NULL;
END $$;
CREATE TRIGGER touchpoints_leave_firm AFTER UPDATE OF is_active, role ON firms_user
    FOR EACH ROW WHEN ((OLD.is_active AND NOT NEW.is_active) OR OLD.role IS DISTINCT FROM NEW.role)
    EXECUTE FUNCTION touchpoints_leave_firm();
"""
OPERATIONS = [
    *firm_wall("touchpoints_queueact", {"by_id": "firms_user"}),
    # Not checked against the rows that are there: the column is new, and empty in all of them.
    migrations.RunSQL(
        "ALTER TABLE touchpoints_touchpoint ADD CONSTRAINT touchpoints_touchpoint_assigned_to_id_wall FOREIGN KEY (firm_id, assigned_to_id) "
        "REFERENCES firms_user (firm_id, id) DEFERRABLE INITIALLY IMMEDIATE NOT VALID",
        "ALTER TABLE touchpoints_touchpoint DROP CONSTRAINT touchpoints_touchpoint_assigned_to_id_wall",
    ),
    migrations.RunSQL(
        FOLLOW_BOOK,
        "DROP TRIGGER touchpoints_follow_book ON touchpoints_touchpoint; DROP FUNCTION touchpoints_follow_book()",
    ),
    migrations.RunSQL(
        LEAVE_BOOK,
        "DROP TRIGGER touchpoints_leave_book ON firms_support; DROP FUNCTION touchpoints_leave_book(); "
        "DROP TRIGGER touchpoints_leave_firm ON firms_user; DROP FUNCTION touchpoints_leave_firm()",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("touchpoints", "0050_acts"), ("firms", "0002_wall")]
    operations = OPERATIONS
