"""Amounts, dates and words as people and other systems write them."""

from datetime import date
from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from clients.importing.reading import read_spreadsheet
from clients.importing.recognising import recognise_encoding
from clients.importing.rows import split_name
from clients.importing.values import (
    Unreadable,
    decimal_mark_of,
    normalise,
    read_amount,
    read_choice,
    read_count,
    read_date,
    read_money,
    read_percent,
    split_amount,
)

TODAY = date(2026, 3, 2)
MARKS = {"fr_CA": ",", "fr_FR": ",", "en_CA": ".", "en_GB": ".", "de_DE": ",", "de_CH": "."}
amounts = st.decimals(min_value=-999_999_999, max_value=999_999_999, places=2, allow_nan=False, allow_infinity=False)
days = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))


@given(amount=amounts, locale=st.sampled_from(sorted(MARKS)))
def test_an_amount_written_in_any_locale_reads_back(amount: Decimal, locale: str) -> None:
    assert read_money(format_decimal(amount, format="#,##0.00", locale=locale), decimal_mark=MARKS[locale]) == amount


@given(amount=amounts, locale=st.sampled_from(["fr_CA", "fr_FR", "en_CA", "en_GB"]), currency=st.sampled_from(["CAD", "EUR", "USD"]))
def test_an_amount_with_its_currency_reads_back(amount: Decimal, locale: str, currency: str) -> None:
    assert read_money(format_currency(amount, currency, locale=locale), decimal_mark=MARKS[locale]) == amount


@given(amount=amounts, locale=st.sampled_from(sorted(MARKS)))
def test_the_decimal_mark_is_never_taken_for_the_other_without_doubt(amount: Decimal, locale: str) -> None:
    parts = split_amount(format_decimal(amount, format="#,##0.00", locale=locale))
    assert parts is not None
    assert decimal_mark_of(parts[1]) == (MARKS[locale], True)


@given(day=days, separator=st.sampled_from(["/", "-", ".", " "]), padded=st.booleans(), order=st.sampled_from(["dmy", "mdy"]))
def test_a_date_written_in_either_order_reads_back(day: date, separator: str, padded: bool, order: str) -> None:
    parts = [day.day, day.month] if order == "dmy" else [day.month, day.day]
    text = separator.join([*(f"{part:02}" if padded else str(part) for part in parts), str(day.year)])
    assert read_date(text, order=order, today=TODAY) == day


@given(day=days, order=st.sampled_from(["dmy", "mdy"]))
def test_an_iso_date_is_itself_whatever_the_order_of_the_others(day: date, order: str) -> None:
    assert read_date(day.isoformat(), order=order, today=TODAY) == day
    assert read_date(f"{day.isoformat()}T09:30:00Z", order=order, today=TODAY) == day


@given(text=st.text(max_size=20))
def test_whatever_is_written_reads_or_is_unreadable(text: str) -> None:
    for read in (
        lambda: read_amount(text, decimal_mark=","),
        lambda: read_count(text, decimal_mark="."),
        lambda: read_percent(text, decimal_mark=","),
        lambda: read_date(text, order="dmy", today=TODAY),
        lambda: read_choice(text, field="status", labels=[]),
    ):
        try:
            read()
        except Unreadable as unreadable:
            assert unreadable.problem  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1\u00a0234\u202f567,89\u00a0$", ",", "1234567.89"),
        ("(1,234.50)", ".", "-1234.50"),
        ("−25 000,00", ",", "-25000.00"),
        ("CA$1,200", ".", "1200"),
        ("1'234.5", ".", "1234.5"),
        ("12.5", ",", "12.5"),
        ("1.234", ",", "1234"),
        ("1.234", ".", "1.234"),
    ],
)
def test_amounts(text: str, mark: str, amount: str) -> None:
    assert read_amount(text, decimal_mark=mark) == Decimal(amount)


@pytest.mark.parametrize("text", ["n/d", "", "12 34", "1,2,3", "12..5", "07 86 27 74 90", "$", "1 2345"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Unreadable):
        read_amount(text, decimal_mark=",")


@pytest.mark.parametrize("text", ["31/02/1970", "2019-13-45", "00/01/1980", "06/16/1983", "01/01/1899"])
def test_impossible_dates(text: str) -> None:
    with pytest.raises(Unreadable, match="impossible_date"):
        read_date(text, order="dmy", today=TODAY)


def test_a_year_of_two_digits_is_the_latest_that_is_not_to_come() -> None:
    assert [read_date(text, order="dmy", today=TODAY).year for text in ("01/01/26", "01/01/27", "01/01/99")] == [2026, 1927, 1999]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("marital_status", "Marié(e)", "married"),
        ("marital_status", "Veuf(ve)", "widowed"),
        ("marital_status", "Pacsé(e)", "civil_union"),
        ("marital_status", "Common-law", "common_law"),
        ("risk_attitude", "ÉLEVÉE", "high"),
        ("preferred_channel", "Visio", "video"),
        ("status", "Lead", "prospect"),
        ("language", "English", "en"),
    ],
)
def test_choices(field: str, text: str, value: str) -> None:
    assert read_choice(text, field=field, labels=[]) == value


def test_percentages() -> None:
    assert [read_percent(text, decimal_mark=",") for text in ("30 %", "30", "0,3", "47,46 %")] == [30, 30, 30, Decimal("47.46")]


def test_names_in_one_cell() -> None:
    assert [split_name(text) for text in ("Roy, Alice", "ROY Alice", "Alice Roy", "Jean-Noël LE GALL", "Roy")] == [
        ("Alice", "Roy"),
        ("Alice", "ROY"),
        ("Alice", "Roy"),
        ("Jean-Noël", "LE GALL"),
        ("", "Roy"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "mac_roman"])
@given(
    words=st.lists(
        st.sampled_from(["Élodie", "Lefèvre-Côté", "Gagné", "Noël", "François", "Zoé", "d’Aubigné", "Œuvrard", "1\u00a0234 $"]), min_size=4
    )
)
def test_the_encoding_is_told_by_its_text(encoding: str, words: list[str]) -> None:
    assert recognise_encoding(";".join([*words, "Zoé"]).encode(encoding)) == encoding


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("hint", [True, False])
def test_the_delimiter_is_told_by_its_columns(delimiter: str, hint: bool) -> None:
    lines = ["Nom;Ville;Actif", "Roy;Québec, QC;1 234,50 $", "Côté;Lévis;99,10 $"] if delimiter == ";" else ["Nom;Ville", "Roy;Québec", "Côté;Lévis"]
    text = "\n".join(line.replace(";", delimiter) for line in ([f"sep={delimiter}"] if hint else []) + lines)
    sheet = read_spreadsheet(text.encode())
    assert (sheet.dialect.delimiter, sheet.headings[:2], len(sheet.rows)) == (delimiter, ["Nom", "Ville"], 2)


def test_normalise() -> None:
    assert normalise("  Né(e) le — Œuvre ") == "ne e le oeuvre"
