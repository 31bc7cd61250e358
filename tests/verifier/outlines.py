"""Writes `verifier/pdf/outlines.bin`: what each letter of the fonts looks like that the issuer sets documents in.

To be run again (`scripts/outlines`) where a version of a font or of typst draws letters in another way. What the file
has, it keeps: papers that were set in the old one are in people's hands.
"""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import typst

from issuer.document.documents import SHIPPED_FONTS
from verifier.pdf import typefaces
from verifier.pdf.typefaces import NUMBERS, Program

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTLINES = Path(typefaces.__file__).with_name("outlines.bin")
_IN_NUMBERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ-"
"""What short numbers are written in."""


def digests() -> set[bytes]:
    """Return all digests of the fonts as they are now."""
    return {*_published(), *_embedded()}


def known() -> set[bytes]:
    """Return the digests that the file has."""
    data = OUTLINES.read_bytes()
    return {data[at : at + typefaces.DIGEST] for at in range(0, len(data), typefaces.DIGEST)}


def _published() -> Iterator[bytes]:
    """Yield the letters of the fonts that are installed as files."""
    for path in sorted(file for folder in SHIPPED_FONTS.folders for file in folder.glob("*.ttf")):
        name = re.sub("_[0-9]+", "-", path.stem)
        data = path.read_bytes()
        program = Program(_only_what_is_embedded(data))
        yield program.hints(name)
        local = dict(_local(_table(data, b"GSUB")))
        for character, glyph in _characters(_table(data, b"cmap")):
            for each in {glyph, local.get(glyph, glyph)}:
                yield program.letter(name, chr(character), each)[0]


def _embedded() -> Iterator[bytes]:
    """Yield the letters of the font that comes with typst, out of a document."""
    page = f'#set text(font: "DejaVu Sans Mono", weight: "bold")\n#"{_IN_NUMBERS}"'
    pdf = typst.Compiler(input=page.encode(), ignore_system_fonts=True).compile(format="pdf")
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        (font,) = opened.pages[0].obj.Resources.Font.values()
        program = Program(font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes())
        yield program.hints(NUMBERS)
        for glyph, character in typefaces.characters(font.ToUnicode.read_bytes()).items():
            yield from program.letter(NUMBERS, character, glyph)


def _tables(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    (count,) = struct.unpack_from(">H", data, 4)
    for at in range(count):
        tag, _, begin, size = struct.unpack_from(">4sIII", data, 12 + 16 * at)
        yield tag, data[begin : begin + size]


def _table(data: bytes, wanted: bytes) -> bytes:
    return dict(_tables(data))[wanted]


def _only_what_is_embedded(data: bytes) -> bytes:
    """Return a font without the tables that a PDF leaves out."""
    kept = [(tag, table) for tag, table in _tables(data) if tag in typefaces.TABLES]
    head, body = struct.pack(">4sHHHH", b"\0\1\0\0", len(kept), 0, 0, 0), b""
    begins = len(head) + 16 * len(kept)
    for tag, table in kept:
        head += struct.pack(">4sIII", tag, 0, begins + len(body), len(table))
        body += table
    return head + body


def _characters(table: bytes) -> Iterator[tuple[int, int]]:
    """Yield each character and its glyph, of a table in format 12 (OpenType, `cmap`)."""
    (count,) = struct.unpack_from(">H", table, 2)
    begins = [struct.unpack_from(">HHI", table, 4 + 8 * at)[2] for at in range(count)]
    begin = next(begin for begin in begins if struct.unpack_from(">H", table, begin)[0] == 12)
    (groups,) = struct.unpack_from(">I", table, begin + 12)
    for at in range(groups):
        first, last, glyph = struct.unpack_from(">III", table, begin + 16 + 12 * at)
        yield from ((character, glyph + character - first) for character in range(first, last + 1))


def _local(table: bytes) -> Iterator[tuple[int, int]]:
    """Yield which glyph stands for which in a language's own spelling (OpenType, `GSUB`, feature `locl`)."""
    features, lookups = struct.unpack_from(">HH", table, 6)
    for at in range(_number(table, features)):
        tag, begin = struct.unpack_from(">4sH", table, features + 2 + 6 * at)
        if tag != b"locl":
            continue
        for each in range(_number(table, features + begin + 2)):
            number = _number(table, features + begin + 4 + 2 * each)
            lookup = lookups + _number(table, lookups + 2 + 2 * number)
            yield from _single(table, lookup + _number(table, lookup + 6))


def _single(table: bytes, begin: int) -> Iterator[tuple[int, int]]:
    """Yield one glyph's stand-in after the other, of a table that lists both (lookup of type 1, format 2)."""
    form, coverage, count = struct.unpack_from(">HHH", table, begin)
    covered, size = struct.unpack_from(">HH", table, begin + coverage)
    assert (form, covered) in {(2, 1), (2, 2)}
    if covered == 1:
        glyphs = [_number(table, begin + coverage + 4 + 2 * at) for at in range(size)]
    else:
        ranges = [struct.unpack_from(">HH", table, begin + coverage + 4 + 6 * at) for at in range(size)]
        glyphs = [glyph for first, last in ranges for glyph in range(first, last + 1)]
    yield from zip(glyphs, (_number(table, begin + 6 + 2 * at) for at in range(count)), strict=True)


def _number(table: bytes, at: int) -> int:
    (number,) = struct.unpack_from(">H", table, at)
    return int(number)


if __name__ == "__main__":
    OUTLINES.write_bytes(b"".join(sorted(digests() | known())))
