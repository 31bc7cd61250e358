"""Writes a workbook in which nothing is a formula, whoever wrote the texts in it."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from openpyxl import Workbook as _Book  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Font, PatternFill  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_MAX_CELL = 32_767
_BANNER = "FFD21F"
_WIDE = 40


class Workbook:
    """A workbook of one table, row by row, and of other sheets behind it."""

    def __init__(self, title: str, widths: Sequence[int], *, banner: str | None, formulas: tuple[str, ...]) -> None:
        """`banner` stands above the table; `formulas` are beginnings of what a program would compute."""
        self._book = _Book(write_only=True)
        self._sheet = self._book.create_sheet(title)
        self._letters = [get_column_letter(place) for place in range(1, len(widths) + 1)]
        for letter, width in zip(self._letters, widths, strict=True):
            self._sheet.column_dimensions[letter].width = width
        self._fills: dict[str, object] = {}
        self._bold = Font(bold=True)
        self._banner = banner
        self._formulas = formulas

    def headers(self, texts: Sequence[str], *, count: int) -> None:
        """Write the headers of a table of so many rows; they stay where they are when it is scrolled."""
        place = 1 if self._banner is None else 2
        self._sheet.freeze_panes = f"A{place + 1}"
        self._sheet.auto_filter.ref = f"A{place}:{self._letters[-1]}{place + count}"
        if self._banner is not None:
            self._sheet.append([self._cell(self._banner, _BANNER, is_bold=True)])
        self._sheet.append([self._cell(text, is_bold=True) for text in texts])

    def row(self, values: Sequence[str | int], fills: Sequence[str]) -> None:
        """Write a row; `fills` are the cells' colours in hex, empty for none."""
        self._sheet.append([self._cell(value, fill) for value, fill in zip(values, fills, strict=True)])

    def sheet(self, title: str, rows: Sequence[Sequence[str | int]]) -> None:
        """Write another sheet."""
        sheet = self._book.create_sheet(title)
        sheet.column_dimensions["A"].width = _WIDE
        self._sheet = sheet
        for row in rows:
            sheet.append([self._cell(value) for value in row])

    def bytes(self) -> bytes:
        """Return the file."""
        held = io.BytesIO()
        self._book.save(held)
        return held.getvalue()

    def _cell(self, value: str | int, fill: str = "", *, is_bold: bool = False) -> object:
        if isinstance(value, int):
            return value
        if not value:
            return None
        made = WriteOnlyCell(self._sheet, value=_NOT_IN_XML.sub("\ufffd", value)[:_MAX_CELL])
        # After the value, which would make a formula of itself.
        made.data_type = "s"
        # A style costs more than the cell, so only those that need one have one.
        if value.startswith(self._formulas):
            made.quotePrefix = True
        if is_bold:
            made.font = self._bold
        if fill:
            made.fill = self._fills.setdefault(fill, PatternFill("solid", fgColor=fill))
        return made
