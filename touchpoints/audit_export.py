"""The service audit as a file: CSV and XLSX for spreadsheets, PDF for whoever asks for the proof on paper."""

import csv
import io
from collections.abc import Callable
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import xlsxwriter
from babel import Locale
from babel.dates import format_date
from babel.numbers import get_decimal_symbol
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisory_crm.documents import render_pdf
from clients.exporting import harmless
from clients.models import Client
from clients.queries import visible_to
from firms import formats
from firms.models import Region, User
from segmentation.models import Segment
from service_matrix.models import TouchpointType
from touchpoints.audit import Audit, By, audit_service
from touchpoints.audit_filters import Asked
from touchpoints.audit_words import answer, of_decided, share_words
from touchpoints.fates import PROMISED, Counts, Fate
from touchpoints.models import Touchpoint

# By extension: what it is called, and its icon.
EXPORTS = {
    "pdf": (gettext_lazy("PDF document"), "file-check"),
    "xlsx": (gettext_lazy("Excel workbook"), "file-spreadsheet"),
    "csv": (gettext_lazy("CSV file"), "file-text"),
}
# Lines of a document on paper; spreadsheets take all.
MOST_ON_PAPER = 500


def export_audit(kind: str, *, asked: Asked, seen: QuerySet[Touchpoint], reader: User, today: date) -> IO[bytes]:
    """The figures of `asked` over the touchpoints `seen`, in the reader's language and formats, ready to be read from its beginning."""
    most = MOST_ON_PAPER if kind == "pdf" else None
    audit = audit_service(firm=reader.firm, seen=seen, period=asked.period, by=asked.by, today=today, most=most)
    file: IO[bytes] = SpooledTemporaryFile(max_size=5_000_000)  # noqa: SIM115  the answer closes it
    write: Callable[..., None] = {"csv": _write_csv, "xlsx": _write_xlsx, "pdf": _write_pdf}[kind]
    write(audit, about=_about(audit, asked, reader=reader), reader=reader, today=today, to=file)
    file.seek(0)
    return file


def _headings(audit: Audit) -> list[str]:
    kept = _("Promises kept")
    return [str(audit.by.label), _("Promised"), *(str(fate.label) for fate in PROMISED), str(Fate.WITHDRAWN.label), kept]


def _numbers(counts: Counts) -> list[int]:
    return [counts.promised, *(getattr(counts, fate.value) for fate in PROMISED), counts.withdrawn]


def _lines(audit: Audit, locale: Locale) -> list[tuple[str, Counts]]:
    return [*((line.name, line.counts) for line in audit.lines), (_("In all"), audit.totals)]


def _months(audit: Audit, locale: Locale) -> list[tuple[str, Counts]]:
    return [(format_date(month, "MMMM y", locale=locale), counts) for month, counts in audit.months.items()]


def _write_csv(audit: Audit, *, about: str, reader: User, today: date, to: IO[bytes]) -> None:
    """One table, of the lines; separated as the reader's locale does. The ratio is a number between 0 and 1."""
    locale = formats.babel_locale(reader.firm.region)
    mark = get_decimal_symbol(locale)
    text = io.TextIOWrapper(to, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, delimiter=";" if mark == "," else ",")
    writer.writerow(map(harmless, _headings(audit)))
    for name, counts in _lines(audit, locale):
        share = "" if counts.share is None else f"{counts.share:.4f}".replace(".", mark)
        writer.writerow([harmless(name), *_numbers(counts), share])
    text.detach()


def _write_xlsx(audit: Audit, *, about: str, reader: User, today: date, to: IO[bytes]) -> None:
    """A sheet of the lines and one of the months; numbers are numbers, and text is never a formula."""
    locale = formats.babel_locale(reader.firm.region)
    book = xlsxwriter.Workbook(to, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False})
    bold, percent, whole = book.add_format({"bold": True}), book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": "#,##0"})
    headings = _headings(audit)
    for title, first, rows in (
        (_("Service audit"), headings[0], _lines(audit, locale)),
        (_("Months"), _("Month"), _months(audit, locale)),
    ):
        sheet = book.add_worksheet(title)
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, len(headings) - 1, 20)
        sheet.write_string(0, 0, about)
        sheet.write_string(1, 0, answer(audit.met, locale=locale))
        for place, heading in enumerate([first, *headings[1:]]):
            sheet.write_string(3, place, heading, bold)
        for number, (name, counts) in enumerate(rows, start=4):
            sheet.write_string(number, 0, name)
            for place, value in enumerate(_numbers(counts), start=1):
                sheet.write_number(number, place, value, whole)
            if counts.share is not None:
                sheet.write_number(number, len(headings) - 1, counts.share, percent)
    book.close()


def _about(audit: Audit, asked: Asked, *, reader: User) -> str:
    """The period, and to whom and what the figures are narrowed: on paper no filter is to be seen."""
    locale = formats.babel_locale(reader.firm.region)
    days = {
        "first": formats.day(audit.period.first, locale=locale, style="long"),
        "last": formats.day(audit.period.last, locale=locale, style="long"),
    }
    narrowed = [_("%(label)s: %(value)s") % {"label": By(name).label, "value": _name_of(name, pk, reader)} for name, pk in asked.chosen]
    return " · ".join([_("Promised and delivered from %(first)s to %(last)s") % days, *narrowed])


def _name_of(choice: str, pk: int, reader: User) -> str:
    of_firm = {"firm_id": reader.firm_id, "pk": pk}
    found: User | Segment | TouchpointType | Client | None
    match choice:
        case "adviser":
            found = User.objects.filter(**of_firm).first()
        case "segment":
            found = Segment.objects.filter(**of_firm).first()
        case "type":
            found = TouchpointType.objects.filter(**of_firm).first()
        case _:
            found = visible_to(reader).filter(pk=pk).first()
    return found.name if found else "–"


def _write_pdf(audit: Audit, *, about: str, reader: User, today: date, to: IO[bytes]) -> None:
    firm = reader.firm
    locale = formats.babel_locale(firm.region)

    def row(name: str, counts: Counts) -> list[str]:
        return [name, *(formats.number(value, locale=locale) for value in _numbers(counts)), share_words(counts, locale=locale)]

    left_out = _("The %(count)s with most broken promises.") % {"count": formats.number(MOST_ON_PAPER, locale=locale)} if audit.following else ""
    day = formats.day(today, locale=locale, style="long")
    data: dict[str, Any] = {
        "language": (translation.get_language() or "en")[:2],
        "region": "CA" if firm.region == Region.QUEBEC else "FR",
        "author": firm.name,
        "colour": firm.colour,
        "title": _("Service audit"),
        "subtitle": about,
        "footer": _("Made on %(day)s by %(name)s") % {"day": day, "name": reader.name},
        "answer": answer(audit.met, locale=locale),
        "kept": {"text": share_words(audit.totals, locale=locale), "share": round(100 * (audit.totals.share or 0), 2)},
        "kept_label": _("Promises kept"),
        "kept_note": of_decided(audit.totals, locale=locale),
        "totals": [[str(fate.label), formats.number(getattr(audit.totals, fate.value), locale=locale)] for fate in (*PROMISED, Fate.WITHDRAWN)],
        "months_title": _("Month by month"),
        "months": [
            {"label": name, "text": share_words(counts, locale=locale), "share": round(100 * (counts.share or 0), 2),
             "note": of_decided(counts, locale=locale)}
            for name, counts in _months(audit, locale)
        ],
        "lines_title": str(audit.by.label),
        "headings": _headings(audit),
        "lines": [row(name, counts) for name, counts in _lines(audit, locale)],
        "left_out": left_out,
        "rule_title": _("How it is counted"),
        "rules": [
            _("A touchpoint counts in the period in which it is due. It is on time until its window ends, and late after it."),
            _("Promises kept: delivered on time, of those delivered on time, late or missed. What was skipped has a reason and is counted apart."),
            _("A client was to be met or called when a meeting, call, video call or event was due and is neither open nor skipped."),
        ],
    }  # fmt: skip
    to.write(render_pdf("service_audit", data))
