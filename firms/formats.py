"""Money, numbers and dates as the reader writes them, by Babel."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from math import floor

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_compact_decimal, format_decimal, format_percent, get_currency_symbol
from django.utils import timezone, translation

from firms.models import Language, Region

# Canada has both languages in CLDR. English in France follows the British day-first order with the euro.
_LOCALES = {("fr", Region.QUEBEC): "fr_CA", ("en", Region.QUEBEC): "en_CA", ("fr", Region.FRANCE): "fr_FR", ("en", Region.FRANCE): "en_GB"}


def language_code(language: str, *, region: str) -> str:
    """Django's language code: Québec has its own French where words differ."""
    return "fr-ca" if language == Language.FRENCH and region == Region.QUEBEC else language


def babel_locale(region: str) -> Locale:
    """The locale of the active language in a region."""
    return _parse_locale((translation.get_language() or "en")[:2], region)


# Babel parses anew at every call; a list shows a hundred amounts and dates.
@cache
def _parse_locale(language: str, region: str) -> Locale:
    return Locale.parse(_LOCALES[language, Region(region)])


@dataclass(frozen=True)
class _Money:
    """How a locale writes an amount: what stands before and after it, also of one below nothing, and between its digits."""

    prefix: tuple[str, str]
    suffix: tuple[str, str]
    marks: dict[int, str]


@cache
def _money_of(locale: Locale, currency: str) -> _Money:
    """From Babel's pattern, which would be gone through again for every amount. Our locales all part thousands by three digits."""
    pattern, sign, symbols = locale.currency_formats["standard"], get_currency_symbol(currency, locale), locale.number_symbols["latn"]
    (before, before_negative), (after, after_negative) = pattern.prefix, pattern.suffix
    return _Money(
        (before.replace("¤", sign), before_negative.replace("¤", sign)),
        (after.replace("¤", sign), after_negative.replace("¤", sign)),
        str.maketrans({",": symbols["group"], ".": symbols["decimal"]}),
    )


def money(amount: Decimal | int | float, *, currency: str, locale: Locale, cents: bool = False) -> str:
    """Both currencies have two decimals, as the pattern does. Halves go to the even neighbour, as in Babel."""
    written = _money_of(locale, currency)
    figure = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    is_negative = figure.is_signed()
    digits = f"{abs(figure):,.{2 if cents else 0}f}".translate(written.marks)
    return f"{written.prefix[is_negative]}{digits}{written.suffix[is_negative]}"


def number(value: Decimal | int | float, *, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


def compact(value: Decimal | int | float, *, locale: Locale) -> str:
    return format_compact_decimal(value, locale=locale, fraction_digits=1)


def percent(share: Decimal | float, *, locale: Locale) -> str:
    """A share between 0 and 1."""
    return format_percent(share, locale=locale)


def exact_percent(share: float, *, locale: Locale) -> str:
    """A share between 0 and 1, to a tenth of a percent and never rounded up: 100 % means all."""
    return format_percent(floor(share * 1000 + 1e-9) / 1000, format=_tenths(locale), locale=locale)


@cache
def _tenths(locale: Locale) -> str:
    return str(locale.percent_formats[None].pattern.replace("0%", "0.#%").replace("0\xa0%", "0.#\xa0%").replace("0\u202f%", "0.#\u202f%"))


def day(value: date, *, locale: Locale, style: str = "medium") -> str:
    return _day(value.date() if isinstance(value, datetime) else value, locale, style)


# Ten years of days in one locale: Babel reads its pattern again for each.
@lru_cache(maxsize=4000)
def _day(value: date, locale: Locale, style: str) -> str:
    text = format_date(value, format=style, locale=locale)
    return text.replace("1 ", "1er ", 1) if value.day == 1 and locale.language == "fr" else text


def day_of_month(value: date, *, locale: Locale) -> str:
    """Where the year is said already: “12 March”, “1er mars”."""
    text = format_skeleton("MMMMd", value, locale=locale)
    return text.replace("1 ", "1er ", 1) if value.day == 1 and locale.language == "fr" else text


def month(value: date, *, locale: Locale) -> str:
    """“March 2027”, to stand as a heading."""
    text = format_skeleton("yMMMM", value, locale=locale)
    return text[:1].upper() + text[1:]


def weekday(value: date, *, locale: Locale) -> str:
    """“Monday”, to stand as a heading."""
    text = format_date(value, format="EEEE", locale=locale)
    return text[:1].upper() + text[1:]


def clock(value: datetime, *, locale: Locale) -> str:
    """The hour, where the active time zone is."""
    return format_time(timezone.localtime(value), format="short", locale=locale)


def moment(value: datetime, *, locale: Locale) -> str:
    local = timezone.localtime(value)
    return f"{day(local, locale=locale)}, {format_time(local, format='short', locale=locale)}"


def in_language(*, en: str, fr: str) -> str:
    """The one of two texts that is in the active language."""
    return fr if _is_french() else en


def _is_french() -> bool:
    return (translation.get_language() or "en").startswith("fr")


def plural_of(value: Decimal | int) -> int:
    """A whole number with the plural of an amount, for gettext, which takes no fraction: “1,5 personne” in French, “1.5 people” in English."""
    whole = floor(value)
    return whole if whole == value or _is_french() else 2


__all__ = [
    "babel_locale",
    "clock",
    "compact",
    "day",
    "day_of_month",
    "exact_percent",
    "format_datetime",
    "in_language",
    "moment",
    "money",
    "month",
    "number",
    "percent",
    "plural_of",
    "weekday",
]
