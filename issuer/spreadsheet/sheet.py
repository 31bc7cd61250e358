"""A sheet of cells as it was read, whatever kind of file it came in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Place: TypeAlias = tuple[int, int]
"""Row as spreadsheet programs count, from 1; column from 0."""

FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")
"""What spreadsheet programs take for the beginning of a formula, the full-width forms included (OWASP)."""

HELP_SHEETS = ("填写说明", "Help")
"""Names of the sheets of our templates that hold no rows, in Chinese and in English."""


class Nature(StrEnum):
    """What a cell holds that holds no text."""

    NUMBER = "number"
    DAY = "day"


class Told(StrEnum):
    """What a person should know about a sheet that reads well."""

    SHEET = "sheet"
    """Which of several sheets was read."""
    OTHER_SHEETS = "other sheets"
    HIDDEN_SHEETS = "hidden sheets"
    HIDDEN_ROWS = "hidden rows"
    HIDDEN_COLUMNS = "hidden columns"
    MERGED = "merged cells"
    EXAMPLE = "example"


@dataclass(frozen=True, slots=True)
class Note:
    """One of those things."""

    kind: Told
    where: str

    def __str__(self) -> str:
        """Say it in English."""
        return _WORDS[self.kind].format(self.where)


_WORDS = {
    Told.SHEET: "read from sheet {}",
    Told.OTHER_SHEETS: "not read: sheets {}",
    Told.HIDDEN_SHEETS: "not read: hidden sheets {}",
    Told.HIDDEN_ROWS: "hidden in the sheet, but read: rows {}",
    Told.HIDDEN_COLUMNS: "hidden in the sheet, but read: columns {}",
    Told.MERGED: "merged cells {}: only the first of them counts, the others are empty",
    Told.EXAMPLE: "not read: the example in row {}",
}


@dataclass(frozen=True, slots=True)
class Form:
    """What kind of file a sheet was read from, as it was recognised."""

    encoding: str = ""
    """Of a text; empty for a workbook."""
    separator: str = ""
    """What stands between cells of a text."""
    sheet: str = ""
    """Which sheet of a workbook was read; empty for a text."""
    other_sheets: tuple[str, ...] = ()
    """The others that show."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is not empty."""

    row: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of it. The first line has the headers, if the sheet has any."""

    lines: tuple[Line, ...]
    natures: Mapping[Place, Nature] = field(default_factory=dict)
    """Of cells that hold no text; their texts are what the spreadsheet program shows."""
    refused: Mapping[Place, tuple[str, str]] = field(default_factory=dict)
    """What was got and what is wanted, for cells that cannot be read."""
    notes: tuple[Note, ...] = ()
    form: Form = Form()


def letters(column: int) -> str:
    """Return a column's name: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def armed(cell: str) -> str:
    """Undo `disarmed`: an apostrophe before what looks like a formula is the spreadsheet program's."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def disarmed(cell: str) -> str:
    """Return a cell that no spreadsheet program computes, whoever wrote it."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
