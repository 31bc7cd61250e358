"""Tables as text: CSV in UTF-8 or GB18030, and what Excel calls Unicode text."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from issuer.errors import FileRefused, RowFault
from issuer.spreadsheet.sheet import Form, Line, Sheet, armed

if TYPE_CHECKING:
    from collections.abc import Iterator

SEPARATORS = ",;\t"
WANTED = "an Excel workbook (.xlsx), or CSV in UTF-8 or GB18030"
MAX_CELL = 32_767
"""Characters; Excel's own limit."""

_NAMES = {"utf-16": "UTF-16", "utf-8-sig": "UTF-8", "gb18030": "GB18030"}
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read(data: bytes, *, max_rows: int, max_columns: int) -> Sheet:
    """Return the cells; raises `FileRefused`."""
    lines: list[Line] = []
    encoding, text = _text(data)
    separator, skipped, text = _separator(text)
    for row, cells in _records(text, separator=separator, skipped=skipped):
        if len(lines) == max_rows:
            raise FileRefused([RowFault(0, "", f"more than {max_rows - 1} rows", "fewer; split the file")])
        if len(cells) > max_columns:
            raise FileRefused([RowFault(row, "", f"{len(cells)} cells", f"at most {max_columns}")])
        if any(len(cell) > MAX_CELL for cell in cells):
            raise FileRefused([RowFault(row, "", "a cell that never ends", f"at most {MAX_CELL} characters")])
        lines.append(Line(row, tuple(map(armed, cells))))
    return Sheet(tuple(lines), form=Form(encoding=encoding, separator=separator))


def _text(data: bytes) -> tuple[str, str]:
    """Decode UTF-8 with or without byte order mark, UTF-16 with one, or else GB18030 as Chinese programs save it.

    Returns the encoding's name, too.
    """
    encodings = ("utf-16",) if data.startswith(_BYTE_ORDER_MARKS) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return _NAMES[encoding], text
    raise FileRefused([RowFault(0, "", "bytes that are no text", WANTED)])


def _records(text: str, *, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not empty with its row number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = skipped
    try:
        for number, cells in enumerate(reader, start=1 + skipped):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as exc:
        fault = RowFault(number + 1, "", f"a line that cannot be taken apart ({exc})", 'quotes in pairs, as "…"')
        raise FileRefused([fault]) from exc


def _separator(text: str) -> tuple[str, int, str]:
    """Return what stands between cells, how many lines said so, and the rest of the text."""
    first, _, rest = text.partition("\n")
    stated = first.strip()
    if stated.startswith("sep=") and stated.removeprefix("sep=") in {*SEPARATORS, ""}:
        return stated.removeprefix("sep=") or "\t", 1, rest
    headers = text.lstrip("\r\n").split("\n", 1)[0]
    # What stands within quotes belongs to a header.
    outside = "".join(headers.split('"')[::2])
    return max(SEPARATORS, key=outside.count), 0, text
