"""A file to headings and rows. How it is written is recognised in recognising.py.

What cannot be read safely is refused before it is unpacked or decoded, so a hostile file costs neither time nor memory.
"""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from xml.parsers import expat

from django.core.files import File
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from clients.importing.recognising import Dialect, open_text, recognise_decimal_mark, recognise_delimiter, recognise_encoding, recognise_values
from clients.importing.values import SPACES

MOST_BYTES = 20_000_000
MOST_ROWS = 50_000
# A cell may hold several.
MOST_LINES = 4 * MOST_ROWS
PART_BYTES = 1_000_000
MOST_COLUMNS = 200
MOST_CELLS = 1_000_000
# What a workbook may unpack to, its list of parts, and its distinct texts.
MOST_UNPACKED = 100_000_000
MOST_LISTED = 100_000
MOST_TEXTS = 1_000_000
# Characters of all its cells, were each as long as the longest shared text.
MOST_TEXT = 2_000_000_000
# A spreadsheet cell holds 32,767 characters at most: no tag or text is longer than this.
LONGEST_TEXT = 500_000


class FileRefused(Exception):
    """The whole file is refused; the message, in the active language, says what to do."""


class BrokenLine(FileRefused):
    """One line does not hold together with the others."""


@dataclass(frozen=True)
class Row:
    # The line in the file, headings being line 1.
    number: int
    cells: list[str]


@dataclass(frozen=True)
class Spreadsheet:
    headings: list[str]
    rows: list[Row]
    dialect: Dialect


def refuse_size(size: int) -> None:
    if size > MOST_BYTES:
        raise FileRefused(too_large())
    if size == 0:
        raise FileRefused(_("The file is empty. Export the clients again and send the new file."))


def too_large() -> str:
    megabytes = MOST_BYTES // 1_000_000
    return _("The file is larger than %(most)s MB. Split it, or remove the columns that are not needed, and send it again.") % {"most": megabytes}


def read_upload(upload: File[bytes]) -> tuple[bytes, Spreadsheet]:
    """A file's bytes and what they say. Its size is looked at before any of it is read, its lines while it is. Raises FileRefused."""
    refuse_size(upload.size)
    parts: list[bytes] = []
    size = lines = 0
    # What is longer than it says is read no further than is needed to refuse it.
    while size <= MOST_BYTES and (part := upload.read(PART_BYTES)):
        parts.append(part)
        size += len(part)
        lines += part.count(b"\n")
        if lines > MOST_LINES and not parts[0].startswith((*_WORKBOOKS, *_OTHER_KINDS)):
            raise _too_many_rows()
    content = b"".join(parts)
    del parts
    return content, read_spreadsheet(content)


def read_spreadsheet(content: bytes) -> Spreadsheet:
    """Recognise and read a CSV or XLSX file. Raises FileRefused."""
    refuse_size(len(content))
    _refuse_other_kinds(content)
    if content.startswith(b"PK"):
        records, sheet = _read_workbook(content)
        return _recognise(records, Dialect(format="xlsx", sheet=sheet))
    encoding = recognise_encoding(content)
    if b"\0" in content and not encoding.startswith("utf-16"):
        raise FileRefused(_("The file holds bytes that no text has. Export it again as CSV (UTF-8) or XLSX."))
    delimiter, skipped = recognise_delimiter(content, encoding)
    records = _read_text(content, encoding, delimiter, skipped)
    return _recognise(records, Dialect(format="csv", encoding=encoding, delimiter=delimiter))


# XLSX, and the old container of Office.
_WORKBOOKS = (b"PK", b"\xd0\xcf\x11\xe0")
_OTHER_KINDS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"RIFF", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\x7fELF", b"MZ", b"{\\rtf")


def _refuse_other_kinds(content: bytes) -> None:
    """By what the file begins with, whatever its name says."""
    if content.startswith(_WORKBOOKS[1]):
        # The old container of Office, which also wraps a workbook locked by a password.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise FileRefused(_("The workbook is protected by a password. Open it, save it without the password, and send it again."))
        raise FileRefused(_("This is an old Excel workbook (.xls). Open it, save it as XLSX or CSV, and send it again."))
    if content.startswith(_OTHER_KINDS):
        raise FileRefused(_("This is not a spreadsheet, although its name may say so. Send a CSV or XLSX file."))


# ── Text ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_text(content: bytes, encoding: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Records with the line each begins on."""
    if content.count(b"\n") > MOST_LINES:
        raise _too_many_rows()
    text = open_text(content, encoding)
    for _number in range(skipped):
        next(text)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    begins = skipped + 1
    try:
        for record in reader:
            yield begins, record
            begins = skipped + reader.line_num + 1
    except csv.Error:
        raise BrokenLine(
            _("Line %(line)s is broken: a quotation mark opens and never closes. Correct that line and send the file again.") % {"line": begins}
        ) from None


# ── Workbooks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_workbook(content: bytes) -> tuple[Iterator[tuple[int, list[str]]], str]:
    """The records of the first sheet that holds any, with its name."""
    _refuse_bomb(content)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for metadata in workbook.sheets_metadata:
            sheet = workbook.get_sheet_by_name(metadata.name)
            if sheet.height:
                cells = sheet.to_python(skip_empty_area=False)
                return ((number, list(record)) for number, record in enumerate(_as_texts(cells), start=1)), metadata.name
    except (CalamineError, OSError, ValueError):
        raise _damaged_workbook() from None
    raise FileRefused(_("The file is empty. Export the clients again and send the new file."))


def _damaged_workbook() -> FileRefused:
    return FileRefused(_("The workbook is damaged or is not a workbook. Open it in a spreadsheet program, save it as XLSX, and send it again."))


def _too_many_rows() -> FileRefused:
    return FileRefused(_("The file has more than %(most)s rows. Split it and send the parts one after the other.") % {"most": f"{MOST_ROWS:,}"})


def _too_much_unpacked() -> FileRefused:
    return FileRefused(_("The workbook unpacks to more than a client book ever holds. Copy the rows into a new workbook, or save it as CSV."))


def _refuse_bomb(content: bytes) -> None:
    """Measure a workbook without keeping any of it: its list of parts, what they unpack to, and how far its cells reach."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - 66_000))
    if end < 0 or end + 22 > len(content) or content[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        raise _damaged_workbook()
    (listed,) = struct.unpack_from("<I", content, end + 12)
    if listed > MOST_LISTED:
        raise _too_much_unpacked()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise FileRefused(_("The workbook is protected by a password. Open it, save it without the password, and send it again."))
            if sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise _too_much_unpacked()
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise _damaged_workbook()
            measured = [_measure_part(archive, part) for part in parts if part.filename.endswith((".xml", ".rels"))]
            # Each cell becomes a text of its own, however many point at the same one.
            if max(part.longest_text for part in measured) * sum(part.shared_cells for part in measured) > MOST_TEXT:
                raise _too_much_unpacked()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, expat.ExpatError, UnicodeDecodeError):
        raise _damaged_workbook() from None


_PLACE = re.compile(r"([A-Za-z]{1,4})(\d{1,9})$")


@dataclass
class _Part:
    """What one part of a workbook holds, as far as it matters for memory."""

    widest: int = 0
    tallest: int = 0
    cells: int = 0
    # Cells that point at a shared text, shared texts, and the longest of these.
    shared_cells: int = 0
    texts: int = 0
    longest_text: int = 0
    tags: int = 0

    def refuse(self) -> None:
        if self.tallest > MOST_ROWS + 1:
            raise _too_many_rows()
        if self.widest > MOST_COLUMNS:
            raise _too_many_columns()
        # Two cells at opposite corners of a sheet make a full grid once it is read.
        if self.cells > MOST_CELLS or self.texts > MOST_TEXTS or self.widest * self.tallest > MOST_CELLS:
            raise _too_much_unpacked()


def _measure_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Part:
    """Parse one part without keeping it. Raises FileRefused as soon as it reaches too far."""
    part = _Part()
    begun_at = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal begun_at
        part.tags += 1
        tag = name.rpartition(":")[2]
        if tag == "c":
            part.cells += 1
            part.shared_cells += attributes.get("t") == "s"
            place = _PLACE.match(attributes.get("r", ""))
            if place:
                column = 0
                for letter in place[1].upper():
                    column = column * 26 + ord(letter) - 64
                part.widest, part.tallest = max(part.widest, column), max(part.tallest, int(place[2]))
        elif tag == "row":
            part.tallest = max(part.tallest, int(attributes["r"]) if attributes.get("r", "").isdecimal() else part.tallest + 1)
        elif tag == "si":
            part.texts += 1
            begun_at = parser.CurrentByteIndex
        else:
            return
        part.refuse()

    def end(name: str) -> None:
        if name.rpartition(":")[2] == "si":
            part.longest_text = max(part.longest_text, parser.CurrentByteIndex - begun_at)

    def refuse_declaration(*_unused: object) -> None:
        raise _damaged_workbook()

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    if info.filename.endswith("sharedStrings.xml"):
        parser.EndElementHandler = end
    # No workbook declares entities; a file that does is made to explode.
    parser.EntityDeclHandler = refuse_declaration
    tags_before = silent = 0
    # ZipFile stops at the declared size and checks what it read, so a size that lies is damage.
    with archive.open(info) as stream:
        while chunk := stream.read(1 << 16):
            parser.Parse(chunk, False)
            silent = silent + len(chunk) if part.tags == tags_before else 0
            tags_before = part.tags
            if silent > LONGEST_TEXT:
                raise _too_much_unpacked()
    parser.Parse(b"", True)
    return part


def _too_many_columns() -> FileRefused:
    return FileRefused(_("The file has more than %(most)s columns. Remove those that are not needed and send it again.") % {"most": MOST_COLUMNS})


Cell = int | float | str | bool | time | date | datetime | timedelta


def _as_texts(records: list[list[Cell]]) -> Iterator[list[str]]:
    """Typed cells as text, numbers with the decimal mark of the texts around them so that one file has one mark."""
    mark = recognise_decimal_mark(cell for record in records for cell in record if isinstance(cell, str)) or "."
    for record in records:
        yield [_as_text(cell, mark) for cell in record]


def _as_text(cell: Cell, mark: str) -> str:
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{cell:.10f}".rstrip("0").replace(".", mark)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


# ── What both have in common ────────────────────────────────────────────────────────────────────────────────────────


def _recognise(records: Iterator[tuple[int, list[str]]], dialect: Dialect) -> Spreadsheet:
    headings: list[str] = []
    rows: list[Row] = []
    for number, record in records:
        cells = [cell.strip(SPACES + "\r\n\ufeff") for cell in record]
        if not any(cells):
            continue
        if not headings:
            while not cells[-1]:
                cells.pop()
            if len(cells) > MOST_COLUMNS:
                raise _too_many_columns()
            headings = cells
            continue
        while len(cells) > len(headings) and not cells[-1]:
            cells.pop()
        if len(cells) != len(headings):
            raise BrokenLine(
                _(
                    "Line %(line)s has %(found)s columns where the headings have %(expected)s. "
                    "Look there for a missing or extra separator, or a quotation mark that never closes; correct it and send the file again."
                )
                % {"line": number, "found": len(cells), "expected": len(headings)}
            )
        rows.append(Row(number, cells))
        if len(rows) > MOST_ROWS:
            raise _too_many_rows()
    if not headings:
        raise FileRefused(_("The file is empty. Export the clients again and send the new file."))
    if not rows:
        raise FileRefused(_("The file has headings and no row below them. Export the clients again and send the new file."))
    return Spreadsheet(headings, rows, recognise_values((row.cells for row in rows), dialect))
