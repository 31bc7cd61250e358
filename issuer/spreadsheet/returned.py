"""The bad rows of a table as a file that says what is wrong with each, to be mended and brought again.

The errors stand in the first column, whose header is known, and not read. Cells that could not be read come back with
a mark before them, so that nothing a spreadsheet damaged passes for a text the second time.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Font, PatternFill  # type: ignore[import-untyped]

from chain.claims import CHINESE
from issuer.spreadsheet import fault_words
from issuer.spreadsheet.mapping import ERROR_HEADERS
from issuer.spreadsheet.rows import RETYPE_MARKS
from issuer.spreadsheet.sheet import disarmed, letters
from issuer.spreadsheet.sheet_cells import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from issuer.errors import RowFault
    from issuer.spreadsheet.rows import Judged
    from issuer.spreadsheet.sheet import Line

_SHEETS = ("待改正", "To be mended")
_WIDTHS = (60, 22)
"""Of the column with errors and of the others, in characters."""
_TEXT_FORMAT = "@"
_WRONG = "FFF4CCCC"
_UNWRITABLE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def as_csv(judged: Judged, *, language: str) -> bytes:
    """Return the bad rows as CSV in UTF-8, with a byte order mark for spreadsheet programs."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_headers(judged, language))
    for line, faults in _bad(judged):
        writer.writerow(_cells(judged, line, faults, language))
    return text.getvalue().encode("utf-8-sig", "replace")


def as_workbook(judged: Judged, *, language: str) -> bytes:
    """Return the bad rows as an Excel workbook: all cells text, those with faults coloured."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_SHEETS[language != CHINESE])
    sheet.freeze_panes = "B2"
    headers = _headers(judged, language)
    for position in range(len(headers)):
        sheet.column_dimensions[letters(position)].width = _WIDTHS[position > 0]
    sheet.append([_with_text(_cell(sheet, bold=True), header) for header in headers])
    # Rows are written as they come, so that one cell can stand for all that look like it in its column.
    kinds: dict[tuple[int, bool], WriteOnlyCell] = {}
    for line, faults in _bad(judged):
        wrong = {fault.column for fault in faults}
        cells = _cells(judged, line, faults, language)
        is_wrong = [False, *(header in wrong for header in headers[1:]), *(True for _ in cells[len(headers) :])]
        row = []
        for kind, text in zip(enumerate(is_wrong), cells, strict=False):
            if kind not in kinds:
                kinds[kind] = _cell(sheet, wrong=kind[1])
            row.append(_with_text(kinds[kind], text))
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def xml_text(text: str) -> str:
    """Write characters that XML cannot hold as workbooks do: `_x000D_`."""
    return _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def _cell(sheet: object, *, bold: bool = False, wrong: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet)
    cell.number_format = _TEXT_FORMAT
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    if bold:
        cell.font = Font(bold=True)
    if wrong:
        cell.fill = PatternFill("solid", fgColor=_WRONG)
    return cell


def _with_text(cell: WriteOnlyCell, text: str) -> WriteOnlyCell:
    cell.value = xml_text(text)
    # Said to be text, or one that begins like a formula would become a formula.
    cell.data_type = "s"
    return cell


def _bad(judged: Judged) -> Iterator[tuple[Line, list[RowFault]]]:
    faults: dict[int, list[RowFault]] = {}
    for fault in judged.faults:
        faults.setdefault(fault.row, []).append(fault)
    for line in judged.bad:
        yield line, faults.get(line.row, [])


def _headers(judged: Judged, language: str) -> list[str]:
    header = ERROR_HEADERS[language != CHINESE]
    return [header, *(cell.strip() for _, cell in _kept(judged, judged.headers))]


def _cells(judged: Judged, line: Line, faults: Sequence[RowFault], language: str) -> list[str]:
    mark = RETYPE_MARKS[language != CHINESE]
    said = "\n".join(fault_words.said(fault, language) for fault in faults)
    return [
        disarmed(said),
        *(
            mark + (cell if cell != NOTHING else "") if (line.row, position) in judged.unread else disarmed(cell)
            for position, cell in _kept(judged, line)
        ),
    ]


def _kept(judged: Judged, line: Line) -> Iterator[tuple[int, str]]:
    """Yield the cells of a row that are not errors of the last time, with their columns."""
    errors = {column.position for column in judged.columns.columns if column.is_for_errors}
    return ((position, cell) for position, cell in enumerate(line.cells) if position not in errors)
