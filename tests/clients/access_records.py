"""Who gets what answer from the pages of wealth, referrals, keeping and attributes."""

from datetime import date

from clients.models import Amount, AttributeDefinition, Referral
from firms.permissions import Permission
from tests import factories
from tests.access import ACT, CLIENT, FORM, Kind, Route, Scope, version_read

VIEW, EDIT, MANAGE = Permission.VIEW_CLIENTS, Permission.EDIT_CLIENTS, Permission.MANAGE_FIRM


def make_amount(owner):
    client = factories.make_client(adviser=owner, name=f"{owner.name}'s client")
    day = date(2026, 1, 5)
    return Amount.objects.create(client=client, kind="aum", starts_on=day, ends_on=day, amount=1000, source="entered", by=owner)


def make_referral(owner):
    client = factories.make_client(adviser=owner, name=f"{owner.name}'s client")
    return Referral.objects.create(client=client, name=f"{owner.name}'s friend", made_on=date(2026, 1, 5), by=owner)


def make_definition(owner):
    return AttributeDefinition.objects.create(
        slug=f"hobby{next(factories._numbers)}", group="psychographic", type="text", label_en=f"{owner.name}'s hobby", label_fr="Loisir",
        definition_en="What they like.", definition_fr="Ce qui leur plaît.",
    )  # fmt: skip


AMOUNT, REFERRAL, DEFINITION = Kind(make_amount), Kind(make_referral), Kind(make_definition, Scope.FIRM)
MONEY = {"kind": "aum", "amount": "1000", "ends_on": "2026-01-05"}
FRIEND = {"name": "Zoé", "made_on": "2026-01-05"}
WORDS = {
    "label_en": "Boat",
    "label_fr": "Bateau",
    "definition_en": "Owns one.",
    "definition_fr": "En a un.",
    "group": "demographic",
    "type": "yes_no",
}
LINES = {"choices-TOTAL_FORMS": "1", "choices-INITIAL_FORMS": "0", "choices-0-en": "RRSP", "choices-0-fr": "REER", "choices-0-offered": "on"}

ROUTES = [
    Route("client_wealth", VIEW, CLIENT),
    Route("amount_create", EDIT, CLIENT, FORM, data=MONEY),
    Route("amount_edit", EDIT, AMOUNT, FORM, data=lambda world, amount: MONEY | {"version": version_read(amount)}),
    Route("amount_remove", EDIT, AMOUNT, ACT),
    Route("client_referrals", VIEW, CLIENT),
    Route("referral_create", EDIT, CLIENT, FORM, data=FRIEND),
    Route("referral_edit", EDIT, REFERRAL, FORM, data=lambda world, referral: FRIEND | {"version": version_read(referral)}),
    Route("referral_remove", EDIT, REFERRAL, ACT),
    Route("deal_breaker_list", VIEW),
    Route("deal_breaker_flag", EDIT, CLIENT, FORM, data={"note": "Shouts."}),
    Route("deal_breaker_lift", EDIT, CLIENT, ACT),
    Route("reason_edit", EDIT, CLIENT, FORM, data={"reason": "loyalty"}),
    Route("reason_withdraw", EDIT, CLIENT, ACT),
    Route("client_options", VIEW),
    Route("attribute_list", VIEW),
    Route("attribute_create", MANAGE, methods=FORM, data=WORDS | LINES),
    Route("attribute_edit", MANAGE, DEFINITION, FORM, data=WORDS),
    Route("attribute_archive", MANAGE, DEFINITION, ACT),
    Route("attribute_restore", MANAGE, DEFINITION, ACT),
    Route("attribute_delete", MANAGE, DEFINITION, ACT),
    Route("products_edit", MANAGE, methods=FORM, data=LINES),
]
