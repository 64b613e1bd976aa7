"""What became of an import, in the reader's language: problems in words, and the rows that need a person as a file."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

import xlsxwriter
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.exporting import harmless
from clients.importing.reading import MOST_ROWS
from clients.models import ImportBatch, ImportRow
from firms.models import Language

# %(value)s is the cell as the file has it.
PROBLEMS: dict[str, str | Promise] = {
    "unreadable_amount": gettext_lazy("“%(value)s” is not an amount."),
    "negative_amount": gettext_lazy("The amount %(value)s is below zero."),
    "amount_too_large": gettext_lazy("The amount %(value)s is too large to be right."),
    "unreadable_percent": gettext_lazy("“%(value)s” is not a percentage between 0 and 100."),
    "unreadable_count": gettext_lazy("“%(value)s” is not a whole number."),
    "not_out_of_ten": gettext_lazy("“%(value)s” is not a whole number from 0 to 10."),
    "unreadable_date": gettext_lazy("“%(value)s” is not a date."),
    "impossible_date": gettext_lazy("The date %(value)s does not exist."),
    "future_date": gettext_lazy("The date %(value)s is in the future."),
    "invalid_email": gettext_lazy("“%(value)s” is not an e-mail address."),
    "unreadable_yes_no": gettext_lazy("“%(value)s” is neither yes nor no."),
    "unknown_choice": gettext_lazy("“%(value)s” is not one of the possible values."),
    "too_long": gettext_lazy("“%(value)s” is too long."),
    "invalid": gettext_lazy("“%(value)s” cannot be accepted."),
    "no_name": gettext_lazy("The name is missing."),
    "unknown_adviser": gettext_lazy("No user of the firm was matched to the adviser “%(value)s”."),
    "no_adviser": gettext_lazy("The row names no adviser, and no default adviser was chosen."),
    "matches_several": gettext_lazy("Several clients match this row (%(value)s). Merge them or give the row a reference."),
    "reference_of_another": gettext_lazy("The reference %(value)s belongs to a client with another name and another birth date."),
    # No longer a reason to reject: reports kept from earlier imports say it.
    "email_of_another": gettext_lazy("The address %(value)s belongs to a client with another name and another birth date."),
    "is_archived": gettext_lazy("The client “%(value)s” is archived. Restore it to update it."),
    "was_merged": gettext_lazy("The client “%(value)s” was merged with another; its file stays as it was decided."),
    "repeats_line": gettext_lazy("Same person as on line %(value)s, already imported."),
    "edited_since": gettext_lazy("Not undone: “%(value)s” was changed after the import."),
    "worked_on_since": gettext_lazy("Not undone: “%(value)s” has interactions, handled touchpoints or an override since the import."),
}


def explain(row: ImportRow) -> str:
    """The row's problems as sentences, each after its column."""
    return " ".join(_sentence(problem) for problem in row.problems)


def _sentence(problem: dict[str, str]) -> str:
    text = str(PROBLEMS[problem["problem"]]) % {"value": problem["value"]}
    return _("%(column)s: %(sentence)s") % {"column": problem["column"], "sentence": text} if problem["column"] else text


def reported_rows(batch: ImportBatch) -> QuerySet[ImportRow]:
    """Rows that were not imported: rejected, or a repeat of another."""
    outcomes = [ImportRow.Outcome.REJECTED, ImportRow.Outcome.REPEATED]
    return ImportRow.objects.filter(firm_id=batch.firm_id, batch=batch, outcome__in=outcomes)


def noted_rows(batch: ImportBatch) -> QuerySet[ImportRow]:
    """Rows that went through with something to know: merged clients, and clients that undo left as they are."""
    reported = [ImportRow.Outcome.REJECTED, ImportRow.Outcome.REPEATED]
    return ImportRow.objects.filter(firm_id=batch.firm_id, batch=batch).filter(~Q(problems=[])).exclude(outcome__in=reported)


def _table(headings: list[str], rows: Iterable[ImportRow]) -> Iterator[list[str]]:
    """The columns of the file as received, so that the corrected rows can be imported as they are; then line, outcome and reason."""
    yield [*headings, _("Line in the file"), _("Outcome"), _("Reason")]
    for row in rows:
        yield [*row.cells, str(row.number), str(row.get_outcome_display()), explain(row)]


def reported_csv(*, batch: ImportBatch, headings: list[str], language: str) -> bytes:
    """UTF-8 with a mark, so that spreadsheet programs open it rightly; semicolons where the decimal mark is a comma."""
    text = io.StringIO(newline="")
    delimiter = ";" if language == Language.FRENCH else ","
    csv.writer(text, delimiter=delimiter).writerows([_inert(cell) for cell in line] for line in _table(headings, reported_rows(batch)))
    return text.getvalue().encode("utf-8-sig")


# Amounts and telephone numbers come back as they were: signs and digits alone call no function and name no other cell.
_SIGNED = re.compile(r"[+-][\d\s.,()+$€£%-]*")


def _inert(cell: str) -> str:
    """A cell that a spreadsheet program would run as a formula begins with an apostrophe instead; signed numbers stay."""
    return cell if _SIGNED.fullmatch(cell) else harmless(cell)


def reported_workbook(*, batch: ImportBatch, headings: list[str]) -> bytes:
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    sheet = book.add_worksheet(_("Rows to correct"))
    bold = book.add_format({"bold": True})
    for number, line in enumerate(_table(headings, reported_rows(batch)[:MOST_ROWS])):
        sheet.write_row(number, 0, line, bold if number == 0 else None)
    sheet.freeze_panes(1, 0)
    sheet.autofit(300)
    book.close()
    return output.getvalue()
