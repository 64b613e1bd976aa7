"""How a file is written: encoding, delimiter, decimal mark, date order. Recognised from the file itself and shown before anything is."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from clients.importing.values import SPACES, date_order_of, decimal_mark_of, split_amount


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How one file is written."""

    format: str  # "csv" or "xlsx"
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    decimal_mark: str = "."
    # "dmy", "mdy", or "" when nothing in the file tells: a person must say.
    date_order: str = ""
    # Some dates of the file are year first; they are read as such whatever the order of the others.
    iso_dates: bool = False
    has_dates: bool = False
    thousands: list[str] = field(default_factory=list)
    currencies: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HIGH_BYTES = re.compile(rb"[A-Za-z0-9 ]?[\x80-\xff]")
_LIKELY_LOWER = frozenset("éèêëàâäçîïôöùûüÿœæñ")
_LIKELY_UPPER = frozenset("ÉÈÊËÀÂÄÇÎÏÔÖÙÛÜŒÆÑ")
_LIKELY_SIGNS = frozenset("\u00a0\u202f’‘“”«»€£–—…°º")


def recognise_encoding(content: bytes) -> str:
    """UTF-8 is certain when the whole file is valid; Windows-1252 and Mac Roman are told apart by the French they give."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    if _is_utf8(content):
        return "utf-8"
    hits = [found.group() for _number, found in zip(range(5_000), _HIGH_BYTES.finditer(content), strict=False)]
    return max(("cp1252", "mac_roman"), key=lambda encoding: sum(_likelihood(hit, encoding) for hit in hits))


def _is_utf8(content: bytes) -> bool:
    decoder = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    try:
        while decoder.read(1 << 16):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _likelihood(hit: bytes, encoding: str) -> int:
    """How much one accented letter, with the character before it, looks like French or English text."""
    try:
        text = hit.decode(encoding)
    except UnicodeDecodeError:
        return -4
    before, letter = text[:-1], text[-1]
    if letter in _LIKELY_LOWER:
        return 2
    if letter in _LIKELY_UPPER:
        # É begins a word; inside one it is another letter wrongly decoded.
        return -2 if before.islower() or before.isdigit() else 1
    if letter in _LIKELY_SIGNS:
        return 1
    return -2


def open_text(content: bytes, encoding: str) -> io.TextIOWrapper:
    """Decoded as it is read, so the text is never whole in memory."""
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="replace", newline="")


_DELIMITERS = (";", ",", "\t", "|")


def recognise_delimiter(content: bytes, encoding: str) -> tuple[str, int]:
    """The delimiter under which most of the first lines have as many columns as the headings; and lines to skip before them."""
    with open_text(content, encoding) as text:
        sample = [line for _number, line in zip(range(60), text, strict=False)]
    skipped = 0
    if sample and sample[0].lower().startswith("sep=") and len(sample[0].strip()) <= 5:
        # Excel's own hint.
        skipped, sample = 1, sample[1:]
    best, best_score = ",", 0
    for delimiter in _DELIMITERS:
        widths = [len(record) for record in csv.reader(sample, delimiter=delimiter) if record]
        score = sum(width == widths[0] for width in widths) * (widths[0] - 1) if widths else 0
        if score > best_score:
            best, best_score = delimiter, score
    return best, skipped


def recognise_decimal_mark(cells: Iterable[str]) -> str:
    """The decimal mark that the amounts among these cells have, "" when nothing tells."""
    amounts = (parts[1] for cell in cells if (parts := split_amount(cell)))
    return _most_voted(Counter(found for amount in amounts if (found := decimal_mark_of(amount))))


def _most_voted(votes: Counter[tuple[str, bool]]) -> str:
    """Cells that leave no doubt decide; failing them, those that lean; "" when nothing tells."""
    for sure in (True, False):
        comma, dot = votes[",", sure], votes[".", sure]
        if comma != dot:
            return "," if comma > dot else "."
    return ""


# Beyond this share of dates that can only be the other way round, a person decides.
DISSENT = 0.1


_GROUPING = re.compile(f"(?<=\\d)([{SPACES}'’.,])(?=\\d{{3}}(?!\\d))")


def recognise_values(rows: Iterable[list[str]], dialect: Dialect) -> Dialect:
    """Decimal mark, date order, thousands separators and currency signs, from every cell of the file."""
    marks: Counter[tuple[str, bool]] = Counter()
    orders: Counter[str] = Counter()
    separators: set[str] = set()
    currencies: set[str] = set()
    for cells in rows:
        for cell in cells:
            if not cell or not (cell[-1].isdigit() or cell[0].isdigit() or cell[0] in "$€£-(" or cell[-1] in "$€£D)"):
                continue
            order = date_order_of(cell)
            if order:
                orders[order] += 1
                continue
            parts = split_amount(cell)
            if parts is None:
                continue
            found = decimal_mark_of(parts[1])
            if found:
                marks[found] += 1
                separators.update(_GROUPING.findall(cell))
            if parts[2]:
                currencies.add(parts[2].upper().replace(" ", ""))
    mark = _most_voted(marks) or dialect.decimal_mark
    return Dialect(
        **{
            **dialect.as_json(),
            "decimal_mark": mark,
            "date_order": _date_order(orders),
            "iso_dates": orders["iso"] > 0,
            "has_dates": orders.total() > 0,
            "thousands": sorted(separators - {mark, "\t"}),
            "currencies": sorted(currencies),
        }
    )


def _date_order(orders: Counter[str]) -> str:
    day_first, month_first = orders["dmy"], orders["mdy"]
    if not orders["either"] and not day_first and not month_first:
        return "dmy"
    if min(day_first, month_first) > DISSENT * max(day_first, month_first) or not (day_first or month_first):
        return ""
    return "dmy" if day_first > month_first else "mdy"


def encoding_label(encoding: str) -> str:
    return {"utf-8": "UTF-8", "utf-8-sig": _("UTF-8 with a byte order mark"), "utf-16": "UTF-16", "cp1252": "Windows-1252", "mac_roman": "Mac Roman"}[
        encoding
    ]


def separator_label(separator: str) -> str:
    """A sign a person cannot see is named."""
    names = {
        ";": _("semicolon"),
        ",": _("comma"),
        "\t": _("tab"),
        "|": _("vertical bar"),
        ".": _("point"),
        " ": _("space"),
        "\u00a0": _("no-break space"),
        "\u202f": _("narrow no-break space"),
        "\u2009": _("thin space"),
        "'": _("apostrophe"),
        "’": _("apostrophe"),
    }
    return names[separator]
