"""The firm wall around this room's tables."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("firms_firm", door=True, firm_column="id"),
    *firm_wall("firms_user", door=True),
    *firm_wall("firms_userevent", referenced=False),
    *firm_wall("firms_support", {"assistant_id": "firms_user", "adviser_id": "firms_user"}),
    *firm_wall("firms_invitation", {"invited_by_id": "firms_user"}),
    *firm_wall("firms_apitoken", {"user_id": "firms_user"}),
    *firm_wall("firms_absence", {"user_id": "firms_user"}),
    *firm_wall("firms_job", {"created_by_id": "firms_user"}),
]


class Migration(migrations.Migration):
    dependencies = [("firms", "0001_initial")]
    operations = OPERATIONS
