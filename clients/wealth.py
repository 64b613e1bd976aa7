"""A client's money over time, for the client's page: today's figures, how they went, and the amounts they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from advisory_crm.charts import sparkline
from clients.amounts import COLUMNS, figure_on
from clients.attributes.counted import profit
from clients.models import Amount, AmountKind, Client
from firms import formats
from firms.models import Firm

# Read back this far; older amounts stay in the database.
MOST_AMOUNTS = 1000
MONTHS = 24


@dataclass(frozen=True)
class Figure:
    """Today's figure of a kind and how it went at the ends of months; without a picture where it has no past."""

    label: str
    shown: str
    picture: SafeString
    hint: str


def amounts_of(client: Client) -> list[Amount]:
    """Newest first."""
    return list(Amount.objects.filter(firm_id=client.firm_id, client=client).select_related("by")[:MOST_AMOUNTS])


def figures_of(client: Client, amounts: Sequence[Amount], *, firm: Firm, on: date) -> list[Figure]:
    """Assets, net inflow, revenue, cost and profit, from the client's columns and amounts at hand."""
    found = [
        _figure(client, kind, amounts, firm=firm, on=on) for kind in (AmountKind.AUM, AmountKind.NET_INFLOW, AmountKind.REVENUE, AmountKind.COST)
    ]
    found.append(Figure(_("Profit over 12 months"), _shown(profit(client), firm), SafeString(), _("Revenue less cost to serve.")))
    return found


def month_ends(on: date, months: int = MONTHS) -> list[date]:
    """The last days of the months before a day, oldest first, and the day itself."""
    ends = []
    day = on.replace(day=1)
    for _number in range(months):
        day = (day - timedelta(days=1)).replace(day=1)
        ends.append((day + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    return [*reversed(ends), on]


def _figure(client: Client, kind: AmountKind, amounts: Sequence[Amount], *, firm: Firm, on: date) -> Figure:
    labels = {
        AmountKind.AUM: _("Assets under management"),
        AmountKind.NET_INFLOW: _("Net inflow over 12 months"),
        AmountKind.REVENUE: _("Revenue over 12 months"),
        AmountKind.COST: _("Cost to serve over 12 months"),
    }
    now = getattr(client, COLUMNS[kind]) if kind in COLUMNS else figure_on(amounts, kind, on)
    past = [(day, figure) for day in month_ends(on) if (figure := figure_on(amounts, kind, day)) is not None]
    picture, hint = SafeString(), ""
    if len({figure for _day, figure in past}) > 1:
        first = formats.day(past[0][0], locale=formats.babel_locale(firm.region))
        hint = _("%(amount)s on %(day)s") % {"amount": _shown(past[0][1], firm), "day": first}
        picture = sparkline(title=labels[kind], values=[figure for _day, figure in past], description=hint)
    return Figure(labels[kind], _shown(now, firm), picture, hint)


def _shown(amount: Decimal | None, firm: Firm) -> str:
    return "–" if amount is None else formats.money(amount, currency=firm.currency, locale=formats.babel_locale(firm.region))


def period_of(amount: Amount, firm: Firm) -> str:
    """The day, or the days, as the reader writes them."""
    locale = formats.babel_locale(firm.region)
    last = formats.day(amount.ends_on, locale=locale)
    if amount.starts_on == amount.ends_on:
        return last
    return str(capfirst(_("%(first)s to %(last)s") % {"first": formats.day(amount.starts_on, locale=locale), "last": last}))
