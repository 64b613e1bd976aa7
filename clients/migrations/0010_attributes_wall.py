"""The firm wall around referrals, amounts, reasons for keeping and the firm's own attributes."""

from django.db import migrations

from firms.wall import firm_wall

OPERATIONS = [
    *firm_wall("clients_attributedefinition"),
    *firm_wall("clients_attributedefinitionevent", referenced=False),
    *firm_wall("clients_referral", {"client_id": "clients_client", "referred_id": "clients_client", "by_id": "firms_user"}),
    *firm_wall("clients_referralevent", referenced=False),
    *firm_wall("clients_amount", {"client_id": "clients_client", "by_id": "firms_user"}),
    *firm_wall("clients_amountevent", referenced=False),
    *firm_wall("clients_keeping", {"client_id": "clients_client", "related_client_id": "clients_client", "by_id": "firms_user"}),
    *firm_wall("clients_keepingevent", referenced=False),
    migrations.RunSQL(
        "ALTER TABLE clients_client ADD CONSTRAINT clients_client_own CHECK (jsonb_typeof(own) = 'object') NOT VALID",
        "ALTER TABLE clients_client DROP CONSTRAINT clients_client_own",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("clients", "0009_attributes_referrals_amounts"), ("firms", "0004_first_administrator")]
    operations = OPERATIONS
