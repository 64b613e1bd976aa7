"""Attributes that are worked out: profit from revenue and cost, referrals and net inflow counted over the last 12 months.

Referrals: as soon as one is recorded for a client, its figures are counted from the records. Until then the number told by a
spreadsheet or a person stands for the referrals made, and what came of them is not known, unless none was made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from django.db import models
from django.db.models import Avg, Case, Count, Expression, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, NullIf, Round
from django.utils import timezone
from django_stubs_ext import StrPromise

from clients.attributes.fields import FieldAttribute
from clients.attributes.shapes import Attribute, AttributeValue
from clients.models import Amount, AmountKind, Client, Person, Referral

CENT = Decimal("0.01")
_COUNT = models.IntegerField()
_MONEY = models.DecimalField(max_digits=16, decimal_places=2)
_PERCENT = models.DecimalField(max_digits=16, decimal_places=2)
_OUT_OF_TEN = models.DecimalField(max_digits=3, decimal_places=1)


def a_year_before(on: date) -> date:
    """The same day a year earlier: what is later is within the last 12 months. The year before 29 February begins on 28 February."""
    try:
        return on.replace(year=on.year - 1)
    except ValueError:
        return date(on.year - 1, 2, 28)


def _last_12_months(on: date) -> Q:
    return Q(made_on__gt=a_year_before(on), made_on__lte=on)


def _referrals(aggregate: Any) -> Expression:
    """One probe of the client's referrals; NULL where none was ever recorded."""
    recorded = Referral.objects.filter(firm_id=OuterRef("firm_id"), client_id=OuterRef("pk")).order_by()
    return cast(Expression, Subquery(recorded.values("client_id").annotate(figure=aggregate).values("figure"), output_field=aggregate.output_field))


@dataclass(frozen=True, kw_only=True)
class ReferralsMade(FieldAttribute):
    """Counted, or as told while none is recorded: what is written is the figure told."""

    @property
    def is_counted(self) -> bool:
        return True

    def expression(self, *, on: date | None = None) -> Expression:
        recent = Count("pk", filter=_last_12_months(on or timezone.localdate()))
        return Coalesce(_referrals(recent), F(self.field), output_field=_COUNT)

    def value_of(self, client: Client, person: Person | None, *, on: date | None = None) -> AttributeValue:
        recorded = client.referrals.all()
        return len(_recent(recorded, on)) if recorded else client.referrals_12_months


@dataclass(frozen=True, kw_only=True)
class ReferralOutcome(Attribute):
    """How many of the referrals of the last 12 months came to something: `outcome` is the field that says so."""

    outcome: str
    own_label: StrPromise
    said: StrPromise

    @property
    def is_counted(self) -> bool:
        return True

    @property
    def label(self) -> str:
        return str(self.own_label)

    @property
    def definition(self) -> str:
        return str(self.said)

    def expression(self, *, on: date | None = None) -> Expression:
        recent = Count("pk", filter=_last_12_months(on or timezone.localdate()) & Q(**{self.outcome: True}))
        none_made = Case(When(referrals_12_months=0, then=Value(0)), output_field=_COUNT)
        return Coalesce(_referrals(recent), none_made, output_field=_COUNT)

    def value_of(self, client: Client, person: Person | None, *, on: date | None = None) -> AttributeValue:
        recorded = client.referrals.all()
        if recorded:
            return sum(1 for referral in _recent(recorded, on) if getattr(referral, self.outcome))
        return 0 if client.referrals_12_months == 0 else None


@dataclass(frozen=True, kw_only=True)
class ReferralQuality(Attribute):
    """The mean quality of the referrals of the last 12 months that were judged."""

    own_label: StrPromise

    @property
    def is_counted(self) -> bool:
        return True

    @property
    def label(self) -> str:
        return str(self.own_label)

    def expression(self, *, on: date | None = None) -> Expression:
        mean = Avg("quality", filter=_last_12_months(on or timezone.localdate()), output_field=_OUT_OF_TEN)
        return _referrals(Round(mean, 1, output_field=_OUT_OF_TEN))

    def value_of(self, client: Client, person: Person | None, *, on: date | None = None) -> AttributeValue:
        judged = [referral.quality for referral in _recent(client.referrals.all(), on) if referral.quality is not None]
        return (Decimal(sum(judged)) / len(judged)).quantize(Decimal("0.1"), ROUND_HALF_UP) if judged else None


def _recent(referrals: Any, on: date | None) -> list[Referral]:
    last = on or timezone.localdate()
    return [referral for referral in referrals if a_year_before(last) < referral.made_on <= last]


@dataclass(frozen=True, kw_only=True)
class NetInflow(Attribute):
    """What came in less what went out in the last 12 months; of a period that began earlier, the share of its days that are inside."""

    own_label: StrPromise
    said: StrPromise

    @property
    def is_counted(self) -> bool:
        return True

    @property
    def label(self) -> str:
        return str(self.own_label)

    @property
    def definition(self) -> str:
        return str(self.said)

    def expression(self, *, on: date | None = None) -> Expression:
        last = on or timezone.localdate()
        recorded = Amount.objects.filter(firm_id=OuterRef("firm_id"), client_id=OuterRef("pk"), kind=AmountKind.NET_INFLOW).order_by()
        total = Coalesce(
            Sum(ShareWithin(a_year_before(last), last), filter=within(a_year_before(last), last)), Value(Decimal(0)), output_field=_MONEY
        )
        return cast(Expression, Subquery(recorded.values("client_id").annotate(total=total).values("total"), output_field=_MONEY))

    def value_of(self, client: Client, person: Person | None, *, on: date | None = None) -> AttributeValue:
        last = on or timezone.localdate()
        recorded = [amount for amount in client.amounts.all() if amount.kind == AmountKind.NET_INFLOW]
        return sum((share_within(amount, a_year_before(last), last) for amount in recorded), Decimal(0)) if recorded else None


def within(after: date, last: date) -> Q:
    """Amounts with a day later than `after` and not later than `last`."""
    return Q(ends_on__gt=after, starts_on__lte=last)


class ShareWithin(models.Func):
    """The part of an amount that falls later than `after` and not later than `last`, by days, to the cent; for amounts that have one."""

    template = "round(%(amount)s * (least(%(end)s, %%s) - greatest(%(start)s, %%s) + 1) / (%(end)s - %(start)s + 1), 2)"
    output_field = _MONEY

    def __init__(self, after: date, last: date, **extra: Any) -> None:
        super().__init__(F("amount"), F("starts_on"), F("ends_on"), **extra)
        self.first, self.last = after + timedelta(days=1), last

    def as_sql(self, compiler: Any, connection: Any, *_unused: Any, **extra: Any) -> tuple[str, Any]:
        amount, start, end = (compiler.compile(each)[0] for each in self.get_source_expressions())
        return self.template % {"amount": amount, "start": start, "end": end}, (self.last, self.first)


def share_within(amount: Amount, after: date, last: date) -> Decimal:
    """The same of one row; nothing of an amount that lies outside."""
    days = (min(amount.ends_on, last) - max(amount.starts_on, after + timedelta(days=1))).days + 1
    length = (amount.ends_on - amount.starts_on).days + 1
    return (amount.amount * max(days, 0) / length).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, kw_only=True)
class Derived(Attribute):
    """Worked out of the client's own columns, by statement and by row."""

    own_label: StrPromise
    said: StrPromise
    stated: Expression
    worked_out: Callable[[Client], AttributeValue]

    @property
    def label(self) -> str:
        return str(self.own_label)

    @property
    def definition(self) -> str:
        return str(self.said)

    def expression(self, *, on: date | None = None) -> Expression:
        return self.stated

    def value_of(self, client: Client, person: Person | None, *, on: date | None = None) -> AttributeValue:
        return self.worked_out(client)


PROFIT = models.ExpressionWrapper(F("annual_revenue") - F("annual_cost"), output_field=_MONEY)
COST_RATIO = Round(
    models.ExpressionWrapper(F("annual_cost") * Decimal(100) / NullIf(F("annual_revenue"), Value(Decimal(0))), output_field=_PERCENT),
    2,
    output_field=_PERCENT,
)


def profit(client: Client) -> Decimal | None:
    if client.annual_revenue is None or client.annual_cost is None:
        return None
    return client.annual_revenue - client.annual_cost


def cost_ratio(client: Client) -> Decimal | None:
    """Percent; unknown for a client who brings nothing."""
    if not client.annual_revenue or client.annual_cost is None:
        return None
    return (100 * client.annual_cost / client.annual_revenue).quantize(CENT, ROUND_HALF_UP)


class HeldCount(models.Func):
    """How many of several choices were made; NULL when none."""

    function = "jsonb_array_length"
    output_field = _COUNT


def products_held(client: Client) -> int | None:
    return len(cast(dict[str, Any], client.own).get("products", ())) or None
