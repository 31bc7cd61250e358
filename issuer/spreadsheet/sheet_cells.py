"""The cells of a workbook's sheet, collected as the parser passes them.

Part of the child process of `issuer.spreadsheet.decoding`: the standard library only.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from issuer.spreadsheet.number_formats import DAY, shown

MAX_TEXT = 32_767
"""Characters in a cell; Excel's own limit."""
MAX_TEXTS = 2_000_000
"""Different texts in a workbook."""

Attributes: TypeAlias = dict[str, str]
Answer: TypeAlias = dict[str, object]

TEXT = "text"
NOTHING = "?"
"""Stands in a cell that cannot be read and shows nothing."""
FORMULA, BROKEN, TRUTH, LONG = "formula", "broken", "truth", "long"
"""Why a cell cannot be read, beside the reasons of `issuer.spreadsheet.number_formats`."""


class Refused(Exception):
    """Why a workbook is not read at all: one of the keys that `issuer.spreadsheet.workbooks` has words for."""

    def __init__(self, key: str, what: str = "") -> None:
        super().__init__(key)
        self.key, self.what = key, what


def local(name: str) -> str:
    """Return an element's name without its prefix."""
    return name.rpartition(":")[2]


class SharedTexts:
    """The texts that cells share; how they are to be pronounced (phonetic runs) is left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._now: list[str] = []
        self._reading = self._spoken = False
        self._length = 0

    def start(self, name: str, _: Attributes) -> None:
        """Take note of what begins."""
        match local(name):
            case "si":
                self._now, self._length = [], 0
            case "rPh":
                self._spoken = True
            case "t":
                self._reading = not self._spoken

    def end(self, name: str) -> None:
        """Take note of what ends."""
        match local(name):
            case "si":
                self.found.append(unescaped("".join(self._now)))
                if len(self.found) > MAX_TEXTS:
                    raise Refused("limits")
            case "rPh":
                self._spoken = False
            case "t":
                self._reading = False

    def characters(self, text: str) -> None:
        """Collect a text, up to a bit more than is allowed."""
        if self._reading and self._length <= MAX_TEXT:
            self._length += len(text)
            self._now.append(text)


class SheetCells:
    """Collects the cells of a sheet as the parser passes them."""

    def __init__(self, texts: list[str], formats: list[str], *, is_1904: bool, max_rows: int, max_columns: int) -> None:
        self._texts, self._formats, self._is_1904 = texts, formats, is_1904
        self._max_rows, self._max_columns = max_rows, max_columns
        self._rows: list[tuple[int, list[str]]] = []
        self._marks: list[tuple[int, int, str]] = []
        self._hidden_rows: list[int] = []
        self._hidden_columns: list[tuple[int, int]] = []
        self._merged: list[str] = []
        self._spills: list[tuple[int, int, int, int]] = []
        self._row = 0
        self._row_hidden = False
        self._cells: list[str] = []
        self._column = -1
        self._in_cell = self._reading = self._spoken = False
        self._type = self._style = ""
        self._formula = False
        self._text: list[str] = []
        self._length = 0

    def start(self, name: str, attributes: Attributes) -> None:
        """Take note of what begins."""
        element = local(name)
        if self._in_cell:
            self._start_within(element, attributes)
        elif element == "c":
            self._start_cell(attributes)
        elif element == "row":
            row = int(attributes.get("r", self._row + 1))
            if row <= self._row:
                raise Refused("damaged")
            self._row, self._row_hidden = row, attributes.get("hidden") in {"1", "true"}
            self._cells, self._column = [], -1
        elif element == "col" and attributes.get("hidden") in {"1", "true"}:
            self._hidden_columns.append((int(attributes["min"]), int(attributes["max"])))
        elif element == "mergeCell":
            self._merged.append(attributes["ref"])

    def end(self, name: str) -> None:
        """Take note of what ends."""
        match local(name):
            case "v" | "t":
                self._reading = False
            case "rPh":
                self._spoken = False
            case "c" if self._in_cell:
                self._in_cell = False
                self._end_cell()
            case "row" if any(map(str.strip, self._cells)):
                if len(self._rows) >= self._max_rows:
                    raise Refused("rows", str(self._max_rows))
                self._rows.append((self._row, self._cells))
                if self._row_hidden:
                    self._hidden_rows.append(self._row)

    def characters(self, text: str) -> None:
        """Collect a cell's text, up to a bit more than is allowed."""
        if self._reading and self._length <= MAX_TEXT:
            self._length += len(text)
            self._text.append(text)

    def answer(self) -> Answer:
        """Return everything."""
        return {
            "rows": self._rows,
            "marks": self._marks,
            "hidden_rows": self._hidden_rows,
            "hidden_columns": self._hidden_columns,
            "merged": self._merged,
            "spills": self._spills,
        }

    def _start_cell(self, attributes: Attributes) -> None:
        column = place(attributes["r"])[1] if "r" in attributes else self._column + 1
        if column <= self._column:
            raise Refused("damaged")
        self._column = column
        self._in_cell, self._formula = True, False
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._text, self._length = [], 0

    def _start_within(self, element: str, attributes: Attributes) -> None:
        match element:
            case "v" | "t":
                self._reading = not self._spoken
            case "rPh":
                self._spoken = True
            case "f":
                self._formula = True
                # What such a formula fills holds values only, though nobody typed them.
                if attributes.get("t") in {"array", "dataTable"} and "ref" in attributes:
                    first, _, last = attributes["ref"].partition(":")
                    self._spills.append((*place(first), *place(last or first)))

    def _end_cell(self) -> None:
        kind, text = self._read("".join(self._text))
        if not text and kind == TEXT:
            return
        if self._column >= self._max_columns:
            raise Refused("columns", str(self._max_columns))
        if len(text) > MAX_TEXT:
            kind, text = LONG, ""
        self._cells.extend([""] * (self._column - len(self._cells)))
        # A cell that cannot be read is not empty.
        self._cells.append(text or NOTHING)
        if kind != TEXT:
            self._marks.append((self._row, self._column, kind))

    def _read(self, raw: str) -> tuple[str, str]:
        if self._type == "s" and raw:
            kind, text = TEXT, _entry(self._texts, raw)
        elif self._type in {"str", "inlineStr"}:
            kind, text = TEXT, unescaped(raw)
        elif self._type == "b":
            kind, text = TRUTH, {"1": "TRUE", "0": "FALSE"}.get(raw, raw)
        elif self._type == "e":
            kind, text = BROKEN, raw
        elif self._type == "d":
            kind, text = DAY, raw.replace("T", " ")
        elif raw:
            code = _entry(self._formats, self._style) if self._style else "General"
            kind, text = shown(raw, code, is_1904=self._is_1904)
        else:
            kind, text = TEXT, ""
        return (FORMULA, text) if self._formula else (kind, text)


def _entry(table: list[str], number: str) -> str:
    """Return what a cell refers to; a workbook that counts from the end is as wrong as one that counts beyond it."""
    if not number.isdecimal() or int(number) >= len(table):
        raise Refused("damaged")
    return table[int(number)]


_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def place(reference: str) -> tuple[int, int]:
    """Return row and column of `AB12`; columns are counted from 0."""
    match = _REFERENCE.fullmatch(reference)
    if not match:
        raise Refused("damaged")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column - 1


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """Undo how workbooks write characters that XML cannot hold: `_x000D_`."""
    if "_x" not in text:
        return text
    # Two halves of a character that were escaped one by one are put together; a lone half is told as such.
    whole = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
