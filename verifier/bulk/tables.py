"""A bulk check's answer as files that companies keep: an Excel workbook, CSV and JSON.

What strangers wrote stands in them, so no cell is ever a formula: an apostrophe is put before what a spreadsheet
program would compute (OWASP, «CSV injection»), and in the workbook every cell says that it is text besides.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from verifier.check.report import Colour, Verdict
from verifier.wording import Language, sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verifier.bulk.lines import Line

Cells: TypeAlias = "list[str | int]"

_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
"""What spreadsheet programs take for the beginning of a formula, the full-width forms included."""
_FILLS = {Colour.GREEN: "CDEBD6", Colour.AMBER: "FBE5B8", Colour.GREY: "E1E4E8", Colour.RED: "F6C9C9"}
_WIDTHS = {"file": 34, "heading": 40, "message": 60, "holder": 34, "number": 28, "type": 22, "agency": 30}
_WIDTH = 16
_TINTED = frozenset({"verdict", "colour", "heading"})

COLUMNS = (
    "file",
    "row",
    "pages",
    "verdict",
    "colour",
    "heading",
    "message",
    "holder",
    "number",
    "type",
    "agency",
    "valid_from",
    "valid_until",
    "in_force_since",
    "short_number",
    "on",
    "known_at",
    "checked_at",
    "block_number",
    "test",
    "same_as",
)
"""Names of the columns, in order: the same in all files; a workbook's headers are said in words."""


def counts(lines: Sequence[Line]) -> dict[str, int]:
    """Return how many lines came to each verdict, in the verdicts' order."""
    found = Counter(line.verdict for line in lines)
    return {verdict.value: found[verdict.value] for verdict in Verdict if found[verdict.value]}


def csv_file(lines: Sequence[Line], language: Language) -> bytes:
    """Return a table as text, with a byte order mark, by which Excel knows that it is UTF-8."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([disarmed(cell) if isinstance(cell, str) else cell for cell in _cells(line, language)])
    return written.getvalue().encode("utf-8-sig", "replace")


def json_file(lines: Sequence[Line], language: Language) -> bytes:
    """Return everything as JSON."""
    rows = [line.as_json() | _texts(line, language) for line in lines]
    return json.dumps({"verdicts": counts(lines), "lines": rows}, ensure_ascii=False).encode("utf-8", "replace")


def xlsx_file(lines: Sequence[Line], language: Language) -> bytes:
    """Return an Excel workbook: the lines, then how many there are of each verdict."""
    # Only this answer pays for loading the library behind it.
    from verifier.bulk.workbook import Workbook  # noqa: PLC0415 (as it says above)

    test = f"TEST  {sentence('page.test', language)}" if any(line.test for line in lines) else None
    book = Workbook(
        sentence("bulk.sheet", language),
        [_WIDTHS.get(name, _WIDTH) for name in COLUMNS],
        banner=test,
        formulas=_FORMULA_STARTS,
    )
    book.headers([sentence(f"bulk.column.{name}", language) for name in COLUMNS], count=len(lines))
    looks = {colour.value: [rgb if name in _TINTED else "" for name in COLUMNS] for colour, rgb in _FILLS.items()}
    for line in lines:
        book.row(_cells(line, language), looks[line.colour])
    summary: list[Cells] = [
        [verdict, sentence(f"bulk.verdict.{verdict}", language), count] for verdict, count in counts(lines).items()
    ]
    book.sheet(sentence("bulk.summary", language), [*summary, [], [sentence("bulk.not_vouched", language)]])
    return book.bytes()


WRITERS: dict[str, tuple[str, Callable[[Sequence[Line], Language], bytes]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_file),
    "csv": ("text/csv; charset=utf-8", csv_file),
    "json": ("application/json", json_file),
}
"""What a file of each kind is called, and what writes it."""


def disarmed(cell: str) -> str:
    """Return a cell that no spreadsheet program computes, whoever wrote it."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _cells(line: Line, language: Language) -> Cells:
    values = line.as_json() | _texts(line, language)
    test = {True: "TEST", False: "", None: ""}[line.test]
    return [_cell(test if name == "test" else values[name]) for name in COLUMNS]


def _texts(line: Line, language: Language) -> dict[str, str]:
    """Return what is said in words, in one language."""
    return {name: getattr(line, name)[language] for name in ("heading", "message", "type")}


def _cell(value: object) -> str | int:
    return value if isinstance(value, int) else str(value or "")
