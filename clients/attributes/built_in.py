"""The attributes that every firm has, in the order people read them."""

from typing import Any

from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext_lazy as _

from clients.attributes.counted import (
    COST_RATIO,
    PROFIT,
    Derived,
    HeldCount,
    NetInflow,
    ReferralOutcome,
    ReferralQuality,
    ReferralsMade,
    cost_ratio,
    products_held,
    profit,
)
from clients.attributes.fields import FieldAttribute, Holder
from clients.attributes.products import EVERY_PRODUCT, PRODUCTS
from clients.attributes.shapes import Attribute, Type, Unit
from clients.models import AttributeGroup as Group


def _client(key: str, group: Group, type: Type, *, field: str = "", **details: Any) -> Attribute:
    return FieldAttribute(key=key, group=group, type=type, holder=Holder.CLIENT, field=field or key, **details)


def _person(key: str, group: Group, type: Type, *, field: str = "", **details: Any) -> Attribute:
    return FieldAttribute(key=key, group=group, type=type, holder=Holder.PERSON, field=field or key, **details)


def _money(key: str, group: Group, **details: Any) -> Attribute:
    return _client(key, group, Type.MONEY, unit=Unit.CURRENCY, **details)


CATALOGUE: tuple[Attribute, ...] = (
    _client("name", Group.IDENTITY, Type.TEXT),
    _client("kind", Group.IDENTITY, Type.CHOICE),
    _client("status", Group.IDENTITY, Type.CHOICE),
    _client("external_reference", Group.IDENTITY, Type.TEXT),
    _client("adviser", Group.IDENTITY, Type.TEXT),
    _person("title", Group.IDENTITY, Type.TEXT),
    _person("first_name", Group.IDENTITY, Type.TEXT),
    _person("last_name", Group.IDENTITY, Type.TEXT),
    _person("email", Group.CONTACT, Type.TEXT),
    _person("phone", Group.CONTACT, Type.TEXT),
    _client("language", Group.CONTACT, Type.CHOICE),
    _client("preferred_channel", Group.PSYCHOGRAPHIC, Type.CHOICE),
    _person("birth_date", Group.DEMOGRAPHIC, Type.DATE),
    _person("age", Group.DEMOGRAPHIC, Type.NUMBER, field="birth_date", unit=Unit.YEARS, in_years=True, own_label=_("Age")),
    _person("occupation", Group.DEMOGRAPHIC, Type.TEXT),
    _client("city", Group.DEMOGRAPHIC, Type.TEXT),
    _client("postal_code", Group.DEMOGRAPHIC, Type.TEXT),
    _client("province", Group.DEMOGRAPHIC, Type.TEXT),
    _client("marital_status", Group.DEMOGRAPHIC, Type.CHOICE),
    _client("matrimonial_regime", Group.DEMOGRAPHIC, Type.TEXT),
    _client("children", Group.DEMOGRAPHIC, Type.COUNT),
    _money("income", Group.DEMOGRAPHIC),
    _money("net_worth", Group.DEMOGRAPHIC),
    _client("marginal_tax_rate", Group.DEMOGRAPHIC, Type.NUMBER, unit=Unit.PERCENT),
    _client("wealth_tax", Group.DEMOGRAPHIC, Type.YES_NO),
    _client("risk_attitude", Group.PSYCHOGRAPHIC, Type.CHOICE),
    _client("desired_relationship", Group.PSYCHOGRAPHIC, Type.CHOICE),
    _client("decision_style", Group.PSYCHOGRAPHIC, Type.CHOICE),
    _money("aum", Group.ECONOMIC),
    NetInflow(
        key="net_inflow_12_months",
        group=Group.ECONOMIC,
        type=Type.MONEY,
        unit=Unit.CURRENCY,
        own_label=_("Net inflow over 12 months"),
        said=_("What came in less what went out in the last 12 months; of a period that began earlier, the days inside count."),
    ),
    _money("annual_revenue", Group.ECONOMIC),
    _money("annual_cost", Group.ECONOMIC),
    Derived(
        key="profit",
        group=Group.ECONOMIC,
        type=Type.MONEY,
        unit=Unit.CURRENCY,
        own_label=_("Profit over 12 months"),
        said=_("Revenue less cost to serve over 12 months; not known unless both are."),
        stated=PROFIT,
        worked_out=profit,
    ),
    Derived(
        key="cost_ratio",
        group=Group.ECONOMIC,
        type=Type.NUMBER,
        unit=Unit.PERCENT,
        own_label=_("Cost to revenue"),
        said=_("Cost to serve as a share of revenue, over 12 months; not known of a client who brings nothing."),
        stated=COST_RATIO,
        worked_out=cost_ratio,
    ),
    ReferralsMade(
        key="referrals_12_months",
        group=Group.ECONOMIC,
        type=Type.COUNT,
        holder=Holder.CLIENT,
        field="referrals_12_months",
        said=_("Counted from the referrals recorded, as soon as one is recorded for the client; until then, the number given by hand or by import."),
    ),
    ReferralOutcome(
        key="referral_meetings_12_months",
        group=Group.ECONOMIC,
        type=Type.COUNT,
        outcome="led_to_meeting",
        own_label=_("Referrals that led to a meeting, in 12 months"),
        said=_("Referrals recorded in the last 12 months that led to a meeting."),
    ),
    ReferralOutcome(
        key="referrals_converted_12_months",
        group=Group.ECONOMIC,
        type=Type.COUNT,
        outcome="converted",
        own_label=_("Referrals that became clients, in 12 months"),
        said=_("Referrals recorded in the last 12 months that became clients."),
    ),
    ReferralQuality(
        key="referral_quality_12_months", group=Group.ECONOMIC, type=Type.OUT_OF_TEN, own_label=_("Average quality of referrals in 12 months")
    ),
    _client("annual_renewals", Group.ECONOMIC, Type.COUNT),
    EVERY_PRODUCT,
    Derived(
        key="products_held",
        group=Group.PRODUCTS,
        type=Type.COUNT,
        own_label=_("Number of products held"),
        said=_("How many of the firm’s products and services the client holds; not known when none is ticked."),
        stated=HeldCount(KeyTransform(PRODUCTS, "own")),
        worked_out=products_held,
    ),
    _client("potential", Group.RELATIONSHIP, Type.OUT_OF_TEN),
    _client("relationship_quality", Group.RELATIONSHIP, Type.OUT_OF_TEN),
    _client("prescription", Group.RELATIONSHIP, Type.OUT_OF_TEN),
    _client("satisfaction", Group.RELATIONSHIP, Type.OUT_OF_TEN),
    _client(
        "power_balance",
        Group.RELATIONSHIP,
        Type.OUT_OF_TEN,
        said=_("0: the client feels in the firm’s hands. 5: as equals. 10: the client feels that the firm depends on them."),
    ),
    _client(
        "expectations",
        Group.RELATIONSHIP,
        Type.OUT_OF_TEN,
        said=_("0: asks for nothing. 10: expects availability, initiative and answers at once."),
    ),
    _client("client_since", Group.RELATIONSHIP, Type.DATE),
    _client("tenure", Group.RELATIONSHIP, Type.NUMBER, field="client_since", unit=Unit.YEARS, in_years=True, own_label=_("Tenure")),
    _client("next_review_on", Group.RELATIONSHIP, Type.DATE),
)
