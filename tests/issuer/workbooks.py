"""Excel workbooks to test with, as spreadsheet programs write them and as nobody should."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from openpyxl import Workbook  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SHEET = "xl/worksheets/sheet1.xml"
_NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(*rows: Sequence[object], change: Callable[[Workbook], None] = lambda _: None) -> bytes:
    """Return a workbook with these rows on its only sheet; `change` may do more."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    change(book)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def with_parts(data: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """Return a workbook with these parts in place of its own, or without them where there is None."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        held = {name: old.read(name) for name in old.namelist()} | dict(parts)
        for name, content in held.items():
            if content is not None:
                new.writestr(name, content)
    return written.getvalue()


def part(data: bytes, name: str) -> bytes:
    """Return a part of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def with_cells(xml: str, *, more: str = "") -> bytes:
    """Return a workbook whose sheet holds this XML of rows."""
    sheet = f'<?xml version="1.0"?><worksheet {_NAMESPACE}><sheetData>{xml}</sheetData>{more}</worksheet>'
    return with_parts(workbook(["x"]), {SHEET: sheet.encode()})
