"""Excel workbooks (.xlsx), taken apart by a child process that can do no harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from chain.text import quoted
from issuer.errors import FileRefused, RowFault
from issuer.spreadsheet import decoding, number_formats, sheet_cells
from issuer.spreadsheet.sheet import HELP_SHEETS, Form, Line, Nature, Note, Place, Sheet, Told, armed, letters

if TYPE_CHECKING:
    from collections.abc import Sequence

WALL_CLOCK_S = 60.0
_NAMED = 20
"""How many rows, columns or cells are named one by one."""
_PROGRAM = "import sys; sys.path.insert(0, {root!r}); from issuer.spreadsheet.decoding import main; main()"

_AS_TEXT = "the value typed anew in a column formatted as text"
_CELLS = {
    sheet_cells.FORMULA: ("a formula", "the value itself: copy, then «paste special: values»"),
    sheet_cells.BROKEN: ("an error", "a value"),
    sheet_cells.TRUTH: ("a logical value", _AS_TEXT),
    sheet_cells.LONG: (f"more than {sheet_cells.MAX_TEXT} characters", "fewer"),
    number_formats.DIGITS: ("a number of more than 15 digits: the spreadsheet lost the others", _AS_TEXT),
    number_formats.FORMAT: ("a number that the sheet shows as something else", _AS_TEXT),
    number_formats.ROUNDED: ("a number that the sheet shows rounded", _AS_TEXT),
    number_formats.PART_OF_A_DAY: (
        "a day or time of which the sheet does not show year, month and day",
        "the whole day, such as 2026-01-31",
    ),
}
_NATURES = {number_formats.NUMBER: Nature.NUMBER, number_formats.DAY: Nature.DAY}
_XLSX = "an Excel workbook (.xlsx)"
_FILES = {
    "damaged": ("a damaged workbook", f"{_XLSX} that opens without repair"),
    "parts": ("a workbook of {} parts", f"at most {decoding.MAX_PARTS}"),
    "bomb": ("a workbook that unpacks to far too much", f"at most {decoding.MAX_UNPACKED // 1024**2} MB"),
    "limits": ("a workbook that takes too long or too much to read", "a smaller one; split the file"),
    "encrypted": ("a workbook protected by a password", "one without: save it anew without the password"),
    "ods": ("an OpenDocument table (.ods)", f"«save as» {_XLSX} there"),
    "xlsb": ("a binary workbook (.xlsb)", f"«save as» {_XLSX} there"),
    "kind": ("a ZIP file that is no workbook", _XLSX),
    "macros": ("a workbook with macros", f"«save as» {_XLSX}: that leaves them out"),
    "links": ("a workbook that takes contents from elsewhere", "one that stands alone: break its links, paste values"),
    "objects": ("a workbook with files or controls in it", "the table alone, in a new workbook"),
    "entities": ("a workbook with a document type definition in it", f"{_XLSX} as spreadsheet programs write it"),
    "rows": ("more than {} rows", "fewer; split the file"),
    "columns": ("more than {} columns", "fewer"),
    "sheet": ("no such sheet", "one of: {}"),
}


class _Strict(BaseModel):
    """What the child may answer; one that answers anything else was taken over, and is not believed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Found(_Strict):
    sheet: str
    hidden: bool
    other_sheets: list[tuple[str, bool]]
    rows: list[tuple[int, list[str]]]
    marks: list[tuple[int, int, str]]
    hidden_rows: list[int]
    hidden_columns: list[tuple[int, int]]
    merged: list[str]
    spills: list[tuple[int, int, int, int]]


class _Answer(_Strict):
    found: _Found | None = None
    fault: str = "limits"
    what: str = ""


def read(data: bytes, *, sheet: str = "", max_rows: int, max_columns: int) -> Sheet:
    """Return the cells of a sheet, the first visible one if none is named; raises `FileRefused`."""
    answer = _ask_child(data, json.dumps({"sheet": sheet, "max_rows": max_rows, "max_columns": max_columns}))
    if answer.found is None:
        # One of the rows holds the headers.
        what = str(max_rows - 1) if answer.fault == "rows" else answer.what
        got, wanted = _FILES.get(answer.fault, _FILES["limits"])
        raise FileRefused([RowFault(0, "", got.format(what), wanted.format(what))])
    return _sheet(answer.found)


def _sheet(found: _Found) -> Sheet:
    lines = tuple(Line(row, tuple(map(armed, cells))) for row, cells in found.rows)
    texts = {line.row: line.cells for line in lines}
    natures: dict[Place, Nature] = {}
    refused: dict[Place, tuple[str, str]] = {}
    for row, column, kind in found.marks:
        if kind in _CELLS and row in texts:
            got, wanted = _CELLS[kind]
            shown = texts[row][column]
            refused[row, column] = (got if shown == sheet_cells.NOTHING else f"{quoted(shown)}, {got}", wanted)
        elif kind in _NATURES:
            natures[row, column] = _NATURES[kind]
    for area in found.spills:
        for place in _within(area, lines):
            refused.setdefault(place, ("what a formula filled in", _CELLS[sheet_cells.FORMULA][1]))
    others = [(quoted(name), hidden) for name, hidden in found.other_sheets if name not in HELP_SHEETS]
    notes: tuple[tuple[Told, Sequence[object]], ...] = (
        (Told.SHEET, [quoted(found.sheet)] if others else []),
        (Told.OTHER_SHEETS, [name for name, hidden in others if not hidden]),
        (Told.HIDDEN_SHEETS, [name for name, hidden in others if hidden]),
        (Told.HIDDEN_ROWS, found.hidden_rows),
        (Told.HIDDEN_COLUMNS, [_span(first, last) for first, last in found.hidden_columns]),
        (Told.MERGED, found.merged),
    )
    visible = tuple(name for name, hidden in found.other_sheets if not hidden and name not in HELP_SHEETS)
    noted = tuple(Note(kind, _listed(some)) for kind, some in notes if some)
    return Sheet(lines, natures, refused, noted, Form(sheet=found.sheet, other_sheets=visible))


def _within(area: tuple[int, int, int, int], lines: tuple[Line, ...]) -> list[Place]:
    """Return the places within an area at which there is anything."""
    top, left, bottom, right = area
    return [
        (line.row, column)
        for line in lines
        if top <= line.row <= bottom
        for column in range(left, min(right + 1, len(line.cells)))
    ]


def _span(first: int, last: int) -> str:
    names = letters(first - 1), letters(last - 1)
    return names[0] if first == last else f"{names[0]}–{names[1]}"


def _listed(some: Sequence[object]) -> str:
    more = f" and {len(some) - _NAMED} more" if len(some) > _NAMED else ""
    return ", ".join(map(str, some[:_NAMED])) + more


def _ask_child(data: bytes, asked: str) -> _Answer:
    """Return what the child found; that it took too much if it was ended or answered nonsense."""
    root = str(Path(decoding.__file__).resolve().parents[2])
    with _memory_file() as given, _memory_file() as answered:
        given.write(data)
        given.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM.format(root=root), asked],
            stdin=given,
            stdout=answered,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LANG": "C.UTF-8"},
            start_new_session=True,
        )
        try:
            ended = child.wait(WALL_CLOCK_S)
        except subprocess.TimeoutExpired:
            ended = None
        finally:
            child.kill()
            child.wait()
        answered.seek(0)
        try:
            return _Answer.model_validate_json(answered.read()) if ended == 0 else _Answer()
        except ValidationError:
            return _Answer()


def _memory_file() -> IO[bytes]:
    """Return a file that never touches a disk, where the system has such: uploads hold personal data."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("upload"), "w+b")
    return TemporaryFile()
