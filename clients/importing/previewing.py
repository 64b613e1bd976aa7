"""What a person sees before an import: how the file was read and what its first rows will be."""

from collections import Counter
from dataclasses import dataclass

from clients.attributes import Catalogue, FieldAttribute, Holder, OwnAttribute
from clients.importing.mapping import Mapping, adviser_names, target_labels
from clients.importing.reading import Spreadsheet
from clients.importing.rows import Draft, RowReader
from firms.models import Firm

SHOWN = 8
# Enough to see what is wrong with a file without keeping its reader waiting; the import itself reads every row.
CHECKED = 2_000


@dataclass(frozen=True)
class PreviewCell:
    text: str
    problem: str = ""


@dataclass(frozen=True)
class Preview:
    headings: list[str]
    # (line, cells)
    rows: list[tuple[int, list[PreviewCell]]]
    checked: int
    faulty: int
    problems: Counter[str]


@dataclass(frozen=True)
class Column:
    place: int
    heading: str
    examples: list[str]
    key: str


def describe_columns(sheet: Spreadsheet, mapping: Mapping) -> list[Column]:
    """Each column with its first distinct values."""
    columns = []
    for place, heading in enumerate(sheet.headings):
        examples = dict.fromkeys(row.cells[place] for row in sheet.rows[:200] if row.cells[place])
        columns.append(Column(place, heading, [example[:40] for example in list(examples)[:3]], mapping.columns[place]))
    return columns


def preview_rows(*, sheet: Spreadsheet, reader: RowReader, firm: Firm) -> Preview:
    """The first rows as they will be, in the reader's formats, and what is wrong with those checked."""
    labels = target_labels(reader.catalogue)
    shown = [(place, key) for place, key in enumerate(reader.mapping.columns) if key]
    drafts = [reader.read(row) for row in sheet.rows[:CHECKED]]
    faulty = [draft for draft in drafts if draft.problems]
    return Preview(
        headings=[labels.get(key, key) for _place, key in shown],
        rows=[
            (draft.row.number, [_cell(draft, sheet.headings[place], key, draft.row.cells[place], firm, reader.catalogue) for place, key in shown])
            for draft in drafts[:SHOWN]
        ],
        checked=len(drafts),
        faulty=len(faulty),
        problems=Counter(problem.problem for draft in faulty for problem in draft.problems),
    )


def _cell(draft: Draft, heading: str, key: str, raw: str, firm: Firm, catalogue: Catalogue) -> PreviewCell:
    problem = next((found.problem for found in draft.problems if found.column == heading), "")
    if problem or not raw:
        return PreviewCell(raw, problem)
    match catalogue.get(key):
        case FieldAttribute(holder=holder, field=field) as found if field in (values := draft.client if holder is Holder.CLIENT else draft.person):
            return PreviewCell(found.display(values[field], firm=firm))
        case OwnAttribute(slug=slug) as own if slug in draft.own:
            return PreviewCell(own.display(own.read(draft.own[slug]), firm=firm))
    return PreviewCell(raw)


__all__ = ["CHECKED", "Column", "Preview", "adviser_names", "describe_columns", "preview_rows"]
