"""Takes apart what holds many: a ZIP file, a workbook, a table as text, a PDF of several papers. Runs in a child.

The upload comes in on standard input, frames go out on standard output, one for each thing found, in order. The
process has given up what it could do harm with (`uploads.decoding.confine`); `bulk.unpacked` starts it, and
believes of its answer only the form. Nothing is ever written by a name that an archive gives.
"""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import struct
import sys
import unicodedata
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pikepdf

CPU_S = 40
"""Of processor time, for everything."""
OUTPUT = 256 * 1024**2
MAX_ENTRY = 20 * 1024**2
"""Bytes of one file within a ZIP file: as much as may be checked alone."""
MAX_UNPACKED = 200 * 1024**2
MAX_ENTRIES = 2_000
MAX_ROWS = 10_000
MAX_COLUMNS = 50
MAX_CELL = 32_767
"""Characters; Excel's own limit."""
MAX_PAGES = 200
MAX_PARTS = 200
"""Of a workbook."""
MAX_NAME = 200
"""Characters of a file's name."""
ZIP, SHEET, PAGES = "zip", "sheet", "pages"
"""What the child may be asked for: the files of an archive, the rows of a table, the pages of a PDF."""

_CHUNK = 64 * 1024
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, RuntimeError, NotImplementedError)
"""How a file within an archive tells that it cannot be unpacked."""
_NESTED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\xd0\xcf\x11\xe0")
"""How archives, workbooks and old workbooks begin."""
_LEFT_BEHIND = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
"""What operating systems put into archives unasked."""
_OF_WORKBOOKS = {"[Content_Types].xml", "xl/workbook.xml"}
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS = ",;\t"


class Refused(Exception):
    """Why an upload as a whole is not taken apart: a key of `locales/*.json` and its arguments."""

    def __init__(self, key: str, **arguments: int) -> None:
        super().__init__(key)
        self.key, self.arguments = key, arguments


class Outlet:
    """Writes what is found, each as a header in JSON and bytes, both with their lengths before them."""

    def __init__(self) -> None:
        self._left = OUTPUT - 1024**2

    def put(self, header: dict[str, object], data: bytes = b"") -> None:
        """Write one; raises `Refused` where it would be too much."""
        text = json.dumps(header).encode()
        self._left -= len(text) + len(data) + 8
        if self._left < 0:
            raise Refused("bulk.total", limit=MAX_UNPACKED // 1024**2)
        sys.stdout.buffer.write(struct.pack(">II", len(text), len(data)))
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.write(data)


# ZIP.


def unzip(upload: bytes, outlet: Outlet) -> None:
    """Write each file of an archive, or why it is refused; raises `Refused`."""
    with _archive(upload) as archive:
        names = {entry.filename for entry in archive.infolist()}
        if names >= _OF_WORKBOOKS:
            outlet.put({"workbook": True})
            return
        entries = [entry for entry in archive.infolist() if not _is_left_behind(entry)]
        if len(entries) > MAX_ENTRIES:
            raise Refused("bulk.entries", got=len(entries), limit=MAX_ENTRIES)
        seen: set[str] = set()
        left = MAX_UNPACKED
        for entry in entries:
            name = name_of(entry)
            header: dict[str, object] = {"name": shown_name(name), "of": len(entries)}
            fault = _entry_fault(entry, name, seen, left)
            seen.add(unicodedata.normalize("NFC", name).casefold())
            data = b""
            if not fault:
                fault, data = _content(archive, entry, left)
                left -= len(data)
            outlet.put({**header, "fault": fault} if fault else header, b"" if fault else data)


def _archive(upload: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(upload))
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, OverflowError, EOFError) as exc:
        raise Refused("bulk.damaged") from exc


def _is_left_behind(entry: zipfile.ZipInfo) -> bool:
    name = name_of(entry)
    return name.endswith("/") or name.startswith(_LEFT_BEHIND[0]) or name.rpartition("/")[2] in _LEFT_BEHIND[1:]


def name_of(entry: zipfile.ZipInfo) -> str:
    """Return a file's name as whoever packed it wrote it, with its folders as all others write them.

    Chinese programs write GBK and do not say so; programs on Windows write folders with a backslash.
    """
    return _decoded_name(entry).replace("\\", "/")


def _decoded_name(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & 0x800:
        return entry.orig_filename
    try:
        raw = entry.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.orig_filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.orig_filename


def shown_name(name: str) -> str:
    """Return a name that can be shown: nothing that cannot be seen, or turns the direction of writing."""
    seen = "".join(
        character if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else "\ufffd"
        for character in name
    )
    return seen if len(seen) <= MAX_NAME else "…" + seen[1 - MAX_NAME :]


def _entry_fault(entry: zipfile.ZipInfo, name: str, seen: set[str], left: int) -> str:
    """Say why a file is refused before it is unpacked; empty if it is not."""
    parts = name.split("/")
    faults = (
        ("bulk.entry.path", ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in name),
        ("bulk.entry.link", stat.S_ISLNK(entry.external_attr >> 16)),
        ("bulk.entry.encrypted", bool(entry.flag_bits & 0x41)),
        ("bulk.entry.duplicate", unicodedata.normalize("NFC", name).casefold() in seen),
        ("bulk.entry.method", entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}),
        ("bulk.entry.large", entry.file_size > MAX_ENTRY),
        ("bulk.entry.total", entry.file_size > left),
    )
    return next((key for key, applies in faults if applies), "")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> tuple[str, bytes]:
    """Return why a file is refused and nothing, or nothing and its bytes; what it says of its size is not believed."""
    limit = min(MAX_ENTRY, left)
    pieces: list[bytes] = []
    size = 0
    try:
        with archive.open(entry) as file:
            while piece := file.read(_CHUNK):
                size += len(piece)
                if size > limit:
                    return "bulk.entry.large" if limit == MAX_ENTRY else "bulk.entry.total", b""
                pieces.append(piece)
    except _BROKEN:
        return "bulk.entry.damaged", b""
    data = b"".join(pieces)
    return ("bulk.entry.nested", b"") if data.startswith(_NESTED) else ("", data)


# Tables.


def rows(upload: bytes, outlet: Outlet) -> None:
    """Write each row of a table that is not empty, and in which sheet it stands; raises `Refused`."""
    found = _workbook(upload) if upload.startswith(b"PK") else (("", *row) for row in _separated(upload))
    counts: Counter[str] = Counter()
    for sheet, number, cells in found:
        if not any(cells):
            continue
        counts[sheet] += 1
        if counts[sheet] > MAX_ROWS + 1:
            # One of the rows holds the headers, perhaps.
            raise Refused("bulk.rows", limit=MAX_ROWS)
        cut = [cell[:MAX_CELL] for cell in cells[:MAX_COLUMNS]]
        outlet.put({"sheet": sheet, "row": number, "cells": cut})


def _workbook(upload: bytes) -> Iterator[tuple[str, int, list[str]]]:
    """Yield the rows of a workbook's sheets that show, with the sheet's name; the first sheet has none."""
    with _archive(upload) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise Refused("bulk.total", limit=MAX_UNPACKED // 1024**2)
        if any(part.flag_bits & 0x41 for part in parts):
            raise Refused("bulk.encrypted")
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                _look_at(archive, part)
    # Its own parser instead of lxml, which resolves entities.
    os.environ["OPENPYXL_LXML"] = "False"
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415 (after the limits are set, and only where it is needed)

    try:
        book = openpyxl.load_workbook(io.BytesIO(upload), read_only=True, data_only=True, keep_links=False)
        shown = [each for each in book.worksheets if each.sheet_state == "visible"]
        for place, sheet in enumerate(shown):
            # No public name says where a sheet lies.
            with _archive(upload) as archive, archive.open(sheet._worksheet_path) as xml:  # noqa: SLF001
                merged, formulas = _beside_values(xml)
            # What a sheet says of its size is not believed: some programs write A1.
            sheet.reset_dimensions()
            found = enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), start=1)
            name = shown_name(sheet.title) if place else ""
            cells = ((number, [_text(cell) for cell in row]) for number, row in found)
            yield from ((name, *row) for row in _as_shown(cells, merged, formulas))
    # Every fault of a workbook comes out of that library as another kind of error.
    except Exception as exc:
        if isinstance(exc, MemoryError):
            raise
        raise Refused("bulk.damaged") from exc


def _beside_values(xml: IO[bytes]) -> tuple[dict[int, list[tuple[int, int]]], dict[int, dict[int, str]]]:
    """Return what a sheet's values leave out: which cells reach over rows below theirs, and formulas without a value.

    The former by their row, as column and last row; the latter by row and column. All count from 1. A program that
    writes formulas without computing them leaves their values to whoever opens the file next.
    """
    from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries  # type: ignore[import-untyped]  # noqa: PLC0415 (as above)

    merged: dict[int, list[tuple[int, int]]] = {}
    formulas: dict[int, dict[int, str]] = {}
    row = column = 0
    for event, element in ET.iterparse(xml, events=("start", "end")):  # noqa: S314 (`_look_at` was here)
        kind = element.tag.rpartition("}")[2]
        if event == "start":
            if kind == "row":
                row, column = int(element.get("r", row + 1)), 0
            continue
        if kind == "c":
            row, column = coordinate_to_tuple(element.get("r")) if element.get("r") else (row, column + 1)
            formula = element.find("{*}f")
            if formula is not None and not element.findtext("{*}v") and column <= MAX_COLUMNS:
                formulas.setdefault(row, {})[column] = "=" + (formula.text or "…")
        elif kind == "mergeCell":
            left, top, _, bottom = range_boundaries(element.get("ref"))
            if top and bottom and top < bottom and left <= MAX_COLUMNS:
                merged.setdefault(top, []).append((left, bottom))
        if kind in {"c", "row"}:
            element.clear()
    return merged, formulas


def _as_shown(
    rows: Iterable[tuple[int, list[str]]],
    merged: dict[int, list[tuple[int, int]]],
    formulas: dict[int, dict[int, str]],
) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with what `_beside_values` found put in: a day merged over some rows is one for each of them."""
    reaching: list[tuple[int, int, str]] = []
    for number, cells in rows:
        for column, formula in formulas.get(number, {}).items():
            if column <= len(cells):
                cells[column - 1] = cells[column - 1] or formula
        reaching = [each for each in reaching if number <= each[1]]
        if any(cells):
            for column, _, value in reaching:
                cells[column - 1] = cells[column - 1] or value
        reaching += [
            (column, last, cells[column - 1]) for column, last in merged.get(number, ()) if column <= len(cells)
        ]
        yield number, cells


def _look_at(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a part that defines entities, as no spreadsheet program does."""
    try:
        with archive.open(part) as file:
            head = file.read(4096).replace(b"\0", b"")
    except _BROKEN as exc:
        raise Refused("bulk.damaged") from exc
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise Refused("bulk.damaged")


def _text(cell: object) -> str:
    """Return a cell as text: a whole number without its point, a day as YYYY-MM-DD."""
    from datetime import date, datetime  # noqa: PLC0415 (only workbooks hold days)

    match cell:
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case _:
            return str(cell).strip()


def _separated(upload: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table as text: UTF-8, UTF-16 with a byte order mark, or GB18030."""
    text = decoded(upload)
    if text is None:
        raise Refused("bulk.no_text")
    csv.field_size_limit(2 * MAX_CELL)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    outside = "".join(first.split('"')[::2])
    separator = max(_SEPARATORS, key=outside.count)
    number = 0
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    try:
        for cells in csv.reader(lines(), delimiter=separator):
            if len(taken) > 1:
                # A quotation mark that nothing closes would swallow the rows below it.
                tuple(csv.reader(taken, delimiter=separator, strict=True))
            taken.clear()
            number += 1
            yield number, [cell.strip() for cell in cells]
    except csv.Error as exc:
        raise Refused("bulk.line", row=number + 1) from exc


def decoded(upload: bytes) -> str | None:
    """Return bytes as text; None if they are none."""
    encodings = ("utf-16",) if upload.startswith(_BYTE_ORDER_MARKS) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = upload.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    return None


# PDF.


def pages(upload: bytes, outlet: Outlet) -> None:
    """Write each page of a PDF as a PDF of its own; raises `Refused`.

    What hangs on the document as a whole, such as attached files, belongs to no page and is left behind.
    """
    import pikepdf  # noqa: PLC0415 (as above)

    try:
        with pikepdf.open(io.BytesIO(upload)) as pdf:
            stated = int(pdf.Root.Pages.get("/Count", 0))
            # Counting 50,000 pages takes seconds, so a count that is too high is believed.
            count = stated if stated > MAX_PAGES else len(pdf.pages)
            if count > MAX_PAGES:
                raise Refused("read.pages", got=count, limit=MAX_PAGES)
            for number, page in enumerate(pdf.pages, start=1):
                outlet.put({"page": number}, _alone(page))
    except pikepdf.PasswordError as exc:
        raise Refused("read.encrypted") from exc
    except (pikepdf.PikepdfError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise Refused("read.damaged") from exc


def _alone(page: pikepdf.Page) -> bytes:
    import pikepdf  # noqa: PLC0415 (as above)

    held = io.BytesIO()
    with pikepdf.Pdf.new() as single:
        single.pages.append(page)
        single.save(held)
    return held.getvalue()


def _answer(kind: str, upload: bytes, outlet: Outlet) -> None:
    try:
        {ZIP: unzip, SHEET: rows, PAGES: pages}[kind](upload, outlet)
    except MemoryError:
        outlet.put({"refused": "read.limits", "arguments": {}})
    except Refused as exc:
        outlet.put({"refused": exc.key, "arguments": exc.arguments})
    else:
        outlet.put({"end": True})


def main(arguments: Iterable[str]) -> None:
    """Read standard input, write the frames."""
    from verifier.uploads.decoding import confine  # noqa: PLC0415 (where this is a program, its folder is known only then)

    confine(cpu_s=CPU_S, output=OUTPUT)
    (kind,) = arguments
    upload = sys.stdin.buffer.read()
    _answer(kind, upload, Outlet())
    sys.stdout.flush()
    # The libraries' own clean-up has nothing to do here, and may take long.
    os._exit(0)


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    main(sys.argv[1:])
