"""Amounts and days are written as Babel writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_currency, parse_pattern
from django.utils import translation
from django.utils.translation import ngettext
from hypothesis import given
from hypothesis import strategies as st

from firms import formats
from firms.formats import day, money

LOCALES = [Locale.parse(name) for name in ("fr_CA", "en_CA", "fr_FR", "en_GB")]
AMOUNTS = st.one_of(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12), st.integers(-(10**9), 10**9))


@given(amount=AMOUNTS, locale=st.sampled_from(LOCALES), currency=st.sampled_from(["CAD", "EUR"]), cents=st.booleans())
def test_an_amount_is_written_as_babel_writes_it(amount: Decimal | int, locale: Locale, currency: str, cents: bool) -> None:
    text = locale.currency_formats["standard"].pattern
    pattern = parse_pattern(text if cents else text.replace("0.00", "0"))
    assert money(amount, currency=currency, locale=locale, cents=cents) == format_currency(
        amount, currency, format=pattern, locale=locale, currency_digits=False
    )


def test_halves_go_to_the_even_neighbour_and_thousands_are_parted() -> None:
    written = [money(Decimal(text), currency="CAD", locale=Locale("en", "CA")) for text in ("0.50", "1.50", "1234567.49", "-1234.5")]
    assert written == ["$0", "$2", "$1,234,567", "-$1,234"]
    assert money(1234.5, currency="EUR", locale=Locale("fr", "FR"), cents=True) == "1\u202f234,50\xa0€"


@pytest.mark.parametrize(("locale", "first", "second"), [("fr_CA", "1er mars 2026", "2 mars 2026"), ("en_GB", "1 Mar 2026", "2 Mar 2026")])
def test_a_day_is_written_by_its_locale_and_the_first_of_a_month_as_french_says_it(locale: str, first: str, second: str) -> None:
    reader = Locale.parse(locale)
    assert [day(date(2026, 3, number), locale=reader) for number in (1, 2, 1)] == [first, second, first]
    assert day(datetime(2026, 3, 1, 23, 59, tzinfo=UTC), locale=reader) == first


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [("0", "one", "many"), ("0.5", "one", "many"), ("1", "one", "one"), ("1.5", "one", "many"), ("2", "many", "many"), ("7.25", "many", "many")],
)
def test_an_amount_with_a_fraction_takes_the_plural_of_its_language(value: str, french: str, english: str) -> None:
    said = {}
    for language in ("fr", "fr-ca", "en"):
        with translation.override(language):
            # A catalogue's own entry, so that its rule is asked, not the rule of English.
            words = ngettext("%(years)s year", "%(years)s years", formats.plural_of(Decimal(value)))
            said[language] = "many" if words.endswith("s") else "one"
    assert said == {"fr": french, "fr-ca": french, "en": english}
