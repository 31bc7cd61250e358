"""From a file that a clerk brings to cells: CSV and Excel workbooks, told apart by what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer.errors import FileRefused, RowFault
from issuer.spreadsheet import separated, workbooks

if TYPE_CHECKING:
    from issuer.spreadsheet.sheet import Sheet

MAX_FILE = 20 * 1024**2
MAX_ROWS = 50_000
"""Under the headers."""
MAX_COLUMNS = 200

_ZIP = b"PK"
_COMPOUND = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAVE_AS = "«save as» an Excel workbook (.xlsx) there"
_FOREIGN = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<", "a web page or XML, whatever its name says"),
    (b"\xef\xbb\xbf<", "a web page or XML, whatever its name says"),
    (b"{\\rtf", "a text document"),
)


def read(data: bytes, *, sheet: str = "") -> Sheet:
    """Return the cells of a table, of a workbook's first visible sheet if none is named; raises `FileRefused`."""
    if len(data) > MAX_FILE:
        raise _refused(f"{len(data) / 1024**2:.1f} MB", f"at most {MAX_FILE // 1024**2} MB; split the file")
    if data.startswith(_COMPOUND):
        if _ENCRYPTED in data:
            raise _refused("a workbook protected by a password", "one without: save it anew without the password")
        raise _refused("an old Excel workbook (.xls)", _SAVE_AS)
    for head, what in _FOREIGN:
        if data.lstrip().startswith(head):
            raise _refused(what, separated.WANTED)
    if data.startswith(_ZIP):
        return workbooks.read(data, sheet=sheet, max_rows=MAX_ROWS + 1, max_columns=MAX_COLUMNS)
    if sheet:
        raise _refused(f"the sheet «{sheet}» of a CSV file", "no sheet: a CSV file has none")
    return separated.read(data, max_rows=MAX_ROWS + 1, max_columns=MAX_COLUMNS)


def _refused(got: str, wanted: str) -> FileRefused:
    return FileRefused([RowFault(0, "", got, wanted)])
