"""Files that must be refused, each with the words its refusal must say."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "data"
WORKBOOK = (
    b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets><sheet name="S" sheetId="1" '
    b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/></sheets></workbook>'
)


def workbook(sheet: Iterable[bytes], *, texts: Iterable[bytes] = ()) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", WORKBOOK)
        for name, chunks in (("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", texts)):
            with archive.open(name, "w") as part:
                for chunk in chunks:
                    part.write(chunk)
    return output.getvalue()


def thirty_rows() -> list[str]:
    return (DATA / "book-quebec.csv").read_bytes().decode("cp1252").splitlines()[:31]


def broken_quote() -> bytes:
    lines = thirty_rows()
    lines[16] = lines[16].replace(";", ';"', 1)
    return "\r\n".join(lines).encode("cp1252")


def lost_column() -> bytes:
    lines = thirty_rows()
    lines[16] = lines[16].replace(";", " ", 3)
    return "\r\n".join(lines).encode("cp1252")


def zip_bomb() -> bytes:
    """A gigabyte of nothing in a megabyte."""
    return workbook([b"<worksheet><sheetData>", *[b" " * 1_000_000] * 1_000, b"</sheetData></worksheet>"])


def lying_bomb() -> bytes:
    """The same, whose list of parts claims a few bytes."""
    content = bytearray(zip_bomb())
    central = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet1.xml"))
    struct.pack_into("<I", content, central + 24, 50)
    return bytes(content)


def far_cells() -> bytes:
    """Two cells at opposite corners: a full grid once read."""
    return workbook([b'<worksheet><sheetData><row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row></sheetData></worksheet>'])


def repeated_text() -> bytes:
    """One long text that 200,000 cells point at."""
    cell = b'<c t="s"><v>0</v></c>'
    rows = (b"<row>" + cell * 100 + b"</row>" for _ in range(2_000))
    return workbook([b"<worksheet><sheetData>", *rows, b"</sheetData></worksheet>"], texts=[b"<sst><si><t>", b"x" * 32_000, b"</t></si></sst>"])


def endless_tag() -> bytes:
    return workbook([b'<worksheet a="', *[b"x" * 1_000_000] * 90, b'"/>'])


def entities() -> bytes:
    return workbook([b'<!DOCTYPE w [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'])


def png() -> bytes:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return header + zlib.compress(b"\0" * 4_000) * 5


def locked_workbook() -> bytes:
    """The container in which Office wraps a workbook under a password."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1_500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 2_000


def many_lines() -> bytes:
    return b"Nom\n" + b"Roy\n" * 4_000_000


FILES = {
    "unclosed-quote.csv": (broken_quote, "Line 17 is broken: a quotation mark opens and never closes. Correct that line"),
    "lost-column.csv": (lost_column, "Line 17 has 21 columns where the headings have 24."),
    "bomb.xlsx": (zip_bomb, "unpacks to more than a client book ever holds. Copy the rows into a new workbook"),
    "lying-bomb.xlsx": (lying_bomb, "The workbook is damaged"),
    "far-cells.xlsx": (far_cells, "more than 50,000 rows. Split it"),
    "repeated-text.xlsx": (repeated_text, "unpacks to more than a client book ever holds"),
    "endless-tag.xlsx": (endless_tag, "unpacks to more than a client book ever holds"),
    "entities.xlsx": (entities, "The workbook is damaged"),
    "picture.csv": (png, "This is not a spreadsheet, although its name may say so. Send a CSV or XLSX file."),
    "empty.csv": (bytes, "The file is empty. Export the clients again"),
    "blank.csv": (lambda: b"\r\n ; ;\r\n", "The file is empty. Export the clients again"),
    "headings.csv": (lambda: "Nom;Prénom\r\n".encode(), "The file has headings and no row below them."),
    "nul.csv": (lambda: b"Nom;Courriel\r\nRoy\0;roy@exemple.ca\r\n", "The file holds bytes that no text has. Export it again"),
    "locked.xlsx": (locked_workbook, "The workbook is protected by a password. Open it, save it without the password"),
    "truncated.xlsx": (lambda: far_cells()[:-40], "The workbook is damaged"),
    "many-lines.csv": (many_lines, "more than 50,000 rows. Split it"),
}
