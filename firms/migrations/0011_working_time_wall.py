"""The firm wall around what people work and cost."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("firms_roleterms"),
    *firm_wall("firms_roletermsevent", referenced=False),
    *firm_wall("firms_personterms", {"user_id": "firms_user"}),
    *firm_wall("firms_persontermsevent", referenced=False),
]


class Migration(migrations.Migration):
    dependencies = [("firms", "0010_working_time")]
    operations = OPERATIONS
