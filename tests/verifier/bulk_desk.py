"""What bulk checks are asked with: archives, workbooks and PDFs, the honest and the hostile."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import openpyxl  # type: ignore[import-untyped]
import pikepdf
from PIL import Image

from issuer.document import qr

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.verifier.book import Book


class BookIndex:
    """Takes a registry in memory for the index."""

    def __init__(self, book: Book) -> None:
        self.book = book

    @contextmanager
    def snapshot(self) -> Iterator[Book]:
        yield self.book


def zipped(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Pack files, several of one name too."""
    held = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(held, "w", method) as archive:
            for name, data in files.items() if isinstance(files, dict) else files:
                archive.writestr(name, data)
    return held.getvalue()


def encrypted(archive: bytes) -> bytes:
    """Say of every file of an archive that it is encrypted."""
    return _flagged(archive, 0x1)


def _flagged(archive: bytes, flag: int) -> bytes:
    data = bytearray(archive)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found = data.find(signature)
        while found >= 0:
            (bits,) = struct.unpack_from("<H", data, found + place)
            struct.pack_into("<H", data, found + place, bits | flag)
            found = data.find(signature, found + 4)
    return bytes(data)


def with_link(name: str) -> bytes:
    """Pack a symbolic link."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return held.getvalue()


def named_in_gbk(name: str, data: bytes) -> bytes:
    """Pack a file as Chinese programs do, which write its name in GBK and do not say so."""
    raw = name.encode("gb18030")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("x" * len(raw), data)
    return held.getvalue().replace(b"x" * len(raw), raw)


def lying_about_its_size(data: bytes) -> bytes:
    """Pack a file that says it is small."""
    archive = bytearray(zipped({"bomb.txt": data}))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", archive, archive.find(signature) + place, 10)
    return bytes(archive)


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """Make an Excel workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """Return an Excel workbook as a file."""
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def scanned(*codes: str | None) -> bytes:
    """Make a PDF as a scanner does: one picture on each page, with a code or without."""
    pages = [_page(text) for text in codes]
    held = io.BytesIO()
    pages[0].save(held, "PDF", save_all=True, append_images=pages[1:], resolution=100)
    return held.getvalue()


def _page(text: str | None) -> Image.Image:
    page = Image.new("L", (850, 1100), 255)
    if text is not None:
        symbol = qr.encode(text)
        code = Image.new("L", (symbol.modules, symbol.modules), 255)
        for y, row in enumerate(symbol.rows):
            for x in range(symbol.modules):
                if row >> x & 1:
                    code.putpixel((x, y), 0)
        side = symbol.modules * 6
        page.paste(code.resize((side, side), Image.Resampling.NEAREST), (60, 60))
    return page


def merged(*pdfs: bytes) -> bytes:
    """Put PDFs one behind the other, as programs that merge do."""
    held = io.BytesIO()
    with pikepdf.Pdf.new() as whole:
        for pdf in pdfs:
            with pikepdf.open(io.BytesIO(pdf)) as each:
                whole.pages.extend(each.pages)
        whole.save(held)
    return held.getvalue()
