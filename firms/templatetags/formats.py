"""Babel's formats in templates: {{ client.aum|money:firm }}, {{ touchpoint.due_on|day:firm }}. Nothing known shows as an en dash."""

from datetime import date, datetime
from decimal import Decimal

from django import template

from firms import formats
from firms.models import Firm

register = template.Library()
UNKNOWN = "–"


@register.filter
def money(amount: Decimal | None, firm: Firm) -> str:
    if amount is None:
        return UNKNOWN
    return formats.money(amount, currency=firm.currency, locale=formats.babel_locale(firm.region))


@register.filter
def number(value: Decimal | int | None, firm: Firm) -> str:
    return UNKNOWN if value is None else formats.number(value, locale=formats.babel_locale(firm.region))


@register.filter
def plural_of(value: Decimal | int) -> int:
    """What an amount that may have a fraction counts as: {% blocktrans count number=people|plural_of with people=people|number:firm %}."""
    return formats.plural_of(value)


@register.filter
def percent(share: Decimal | float | None, firm: Firm) -> str:
    """A share between 0 and 1."""
    return UNKNOWN if share is None else formats.percent(share, locale=formats.babel_locale(firm.region))


@register.filter
def exact_percent(share: float | None, firm: Firm) -> str:
    """A share between 0 and 1, never rounded up."""
    return UNKNOWN if share is None else formats.exact_percent(share, locale=formats.babel_locale(firm.region))


@register.filter
def day(value: date | None, firm: Firm) -> str:
    return UNKNOWN if value is None else formats.day(value, locale=formats.babel_locale(firm.region))


@register.filter
def long_day(value: date | None, firm: Firm) -> str:
    return UNKNOWN if value is None else formats.day(value, locale=formats.babel_locale(firm.region), style="full")


@register.filter
def moment(value: datetime | None, firm: Firm) -> str:
    return UNKNOWN if value is None else formats.moment(value, locale=formats.babel_locale(firm.region))


@register.filter
def clock(value: datetime | None, firm: Firm) -> str:
    """The hour, where the reader is."""
    return UNKNOWN if value is None else formats.clock(value, locale=formats.babel_locale(firm.region))


@register.filter
def hours(value: Decimal | None, firm: Firm) -> str:
    """Whole hours: 1,234 h."""
    return UNKNOWN if value is None else f"{formats.number(round(value), locale=formats.babel_locale(firm.region))}\u202fh"


@register.filter
def one_decimal(value: Decimal | None, firm: Firm) -> str:
    return UNKNOWN if value is None else formats.number(round(value, 1), locale=formats.babel_locale(firm.region))
