"""The filtered client list as a file that spreadsheets open rightly, and that cannot run anything in them."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import IO, Any

import xlsxwriter
from babel.numbers import get_decimal_symbol
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clients.attributes import Attribute, AttributeValue, Type
from clients.listing import Columns
from clients.models import Client
from firms.formats import babel_locale
from firms.models import Firm, User

_CHUNK = 2000
# What spreadsheets take for the beginning of a formula.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def export_csv(clients: QuerySet[Client], *, columns: Columns, firm: Firm, user: User, to: IO[bytes]) -> None:
    """UTF-8 with a mark, so that Excel knows; separated as the reader's locale does: a semicolon where the comma is a decimal mark."""
    decimal_mark = get_decimal_symbol(babel_locale(firm.region))
    text = io.TextIOWrapper(to, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";" if decimal_mark == "," else ",")
    writer.writerow([harmless(heading) for heading in _headings(columns)])
    for row in _rows(clients, columns=columns, user=user):
        writer.writerow([_csv_cell(value, decimal_mark) for value in row])
    text.detach()


def export_xlsx(clients: QuerySet[Client], *, columns: Columns, firm: Firm, user: User, to: IO[bytes]) -> None:
    """One sheet; numbers, money and dates are real ones, and text is never a formula."""
    book = xlsxwriter.Workbook(to, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False})
    sheet = book.add_worksheet(_("Clients"))
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    money = book.add_format({"num_format": f"#,##0.00 [${'€' if firm.currency == 'EUR' else '$'}]"})
    formats = {Type.DATE: day, Type.MONEY: money}
    styles = [None, *(None for _column in columns.added), *(formats.get(found.type) for found in columns.attributes)]
    sheet.freeze_panes(1, 1)
    for place, heading in enumerate(_headings(columns)):
        sheet.write_string(0, place, heading, bold)
        sheet.set_column(place, place, 28 if place == 0 else 16)
    for line, row in enumerate(_rows(clients, columns=columns, user=user), start=1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(line, place, value)
            elif isinstance(value, date):
                sheet.write_datetime(line, place, value, styles[place])
            elif value is not None:
                sheet.write_number(line, place, value, styles[place])
    book.close()


def harmless(text: str) -> str:
    """Text that a spreadsheet shows as written: one that looks like a formula gets an apostrophe before it."""
    return f"'{text}" if text.lstrip(" ").startswith(_DANGEROUS) or text.startswith(_DANGEROUS) else text


def _headings(columns: Columns) -> list[str]:
    return [_("Name"), *(heading.label for heading in columns.headings)]


def _rows(clients: QuerySet[Client], *, columns: Columns, user: User) -> Iterator[list[str | int | Decimal | date | None]]:
    """Name and chosen columns, a bounded number of clients in memory at a time."""
    read = columns.read(clients).order_by("sort_name", "pk").iterator(chunk_size=_CHUNK)
    while chunk := list(islice(read, _CHUNK)):
        added = [column.texts(user, chunk) for column in columns.added]
        for client in chunk:
            values = [_exported(found, columns.value(client, found)) for found in columns.attributes]
            yield [client.name, *(texts.get(client.pk, "") for texts in added), *values]


def _exported(found: Attribute, value: AttributeValue) -> str | int | Decimal | date | None:
    """Numbers and dates as they are, the rest in words of the active language."""
    if isinstance(value, tuple):
        return ", ".join(map(found.label_of, value))
    if value is None or isinstance(value, date) or found.is_numeric:
        return value
    if found.type is Type.YES_NO:
        return _("Yes") if value else _("No")
    return found.label_of(str(value))


def _csv_cell(value: Any, decimal_mark: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace(".", decimal_mark)
