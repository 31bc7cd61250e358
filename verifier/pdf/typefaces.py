"""Whether a font embedded in a page is one of ours: each letter of the shape and width that its character has there.

What a page shows is drawn by its fonts' programs, what its text layer says comes from a table beside them, and a forger
can change either: swap two digits, or draw another letter under one's number. So each letter's outline is held to a
digest of the one that the published font has for its character (`outlines.bin`, written by `scripts/outlines`).

Runs in the confined child (`verifier.uploads.decoding`).
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

import pikepdf

from verifier.pdf.marked import FONTS, LETTERS, NotOurs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES = ("NotoSansSC-Regular", "NotoSansSC-Medium", "NotoSansSC-Bold", "DejaVuSansMono-Bold")
NUMBERS = "DejaVuSansMono-Bold"
"""In which short numbers are set, and nothing else."""
DIGEST = 10
"""Bytes kept of the SHA-256 of a letter: more than anybody can try for all letters together."""

_NAME = re.compile(rf"/[A-Z]{{6}}\+({'|'.join(NAMES)})")
_MAPPED = re.compile(rb"<([0-9A-F]{4})> <((?:[0-9A-F]{4}){1,2})>")
_BLOCK = re.compile(rb"[0-9]+ beginbfchar|endbfchar")
_AROUND = frozenset(
    b"""%!PS-Adobe-3.0 Resource-CMap
%%DocumentNeededResources: procset CIDInit
%%IncludeResource: procset CIDInit
%%BeginResource: CMap Custom
%%Title: (Custom Adobe Identity 0)
%%Version: 1
%%EndComments
/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo 3 dict dup begin
    /Registry (Adobe) def
    /Ordering (Identity) def
    /Supplement 0 def
end def
/CMapName /Custom def
/CMapVersion 1 def
/CMapType 0 def
/WMode 0 def
1 begincodespacerange
endcodespacerange
endcmap
CMapName currentdict /CMap defineresource pop
end
end
%%EndResource
%%EOF""".split(b"\n")
) | {b""}
"""All other lines of what says which glyph stands for what. It is a program, so that any other could say something else
to another reader than to us."""
_CODES = b"1 begincodespacerange\n<0000> <FFFF>\n"
_KEYS = frozenset({"/BaseFont", "/DescendantFonts", "/Encoding", "/Subtype", "/ToUnicode", "/Type"})
_INNER_KEYS = frozenset(
    {"/BaseFont", "/CIDSystemInfo", "/CIDToGIDMap", "/DW", "/FontDescriptor", "/Subtype", "/Type", "/W"}
)
_DESCRIPTOR_KEYS = frozenset(
    {"/Ascent", "/CIDSet", "/CapHeight", "/Descent", "/Flags", "/FontBBox", "/FontFile2", "/FontName", "/ItalicAngle"}
    | {"/StemV", "/Type"}
)
_STREAM_KEYS = frozenset({"/Filter", "/Length"})
TABLES = frozenset({b"cvt ", b"fpgm", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name", b"post", b"prep"})
_HINTS = (b"cvt ", b"fpgm", b"prep")
"""Programs and numbers by which readers may move the points of any outline."""
_TRUETYPE = b"\0\1\0\0"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a glyph stands for."""

    character: str
    width: float
    """In thousandths of the size."""


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font of ours as a page embeds it."""

    place: tuple[int, int]
    """The number of its object: no font comes twice."""
    letters: Mapping[int, Letter]
    """By glyph."""
    is_for_numbers: bool


def read(font: pikepdf.Object, known: dict[str, Typeface]) -> Typeface:
    """Read a font, or find it among those known by their names; raises `NotOurs`."""
    named = _NAME.fullmatch(str(font.get("/BaseFont", "")))
    if named is None or font.get("/Subtype") != "/Type0" or font.get("/Encoding") != "/Identity-H":
        raise NotOurs(FONTS)
    name = named[1]
    if name in known:
        if known[name].place != font.objgen:
            raise NotOurs(FONTS)
        return known[name]
    (inner,) = font.DescendantFonts
    if inner.get("/Subtype") != "/CIDFontType2" or inner.get("/CIDToGIDMap") != "/Identity":
        raise NotOurs(FONTS)
    program = inner.FontDescriptor.get("/FontFile2", pikepdf.Dictionary())
    each_keys = ((font, _KEYS), (inner, _INNER_KEYS), (inner.FontDescriptor, _DESCRIPTOR_KEYS), (program, _STREAM_KEYS))
    if not all(set(each.keys()) <= keys for each, keys in each_keys):
        raise NotOurs(FONTS)
    letters = _letters(name, characters(font.ToUnicode.read_bytes()), inner)
    known[name] = Typeface(font.objgen, letters, name == NUMBERS)
    return known[name]


def _letters(name: str, said: Mapping[int, str], inner: pikepdf.Object) -> dict[int, Letter]:
    program = Program(inner.FontDescriptor.FontFile2.read_bytes())
    if not is_published(program.hints(name)):
        raise NotOurs(FONTS)
    widths = dict(_widths(inner))
    for glyph, character in said.items():
        stated = widths.get(glyph, float(inner.get("/DW", 1000)))
        if not any(map(is_published, program.letter(name, character, glyph))) or abs(stated - program.width(glyph)) > 1:
            raise NotOurs(LETTERS)
    return {glyph: Letter(character, program.width(glyph)) for glyph, character in said.items()}


def characters(table: bytes) -> dict[int, str]:
    """Return which glyph stands for which one character, no two for the same."""
    lines = table.replace(_CODES, b"", 1).split(b"\n")
    found = [pair for line in lines if (pair := _MAPPED.fullmatch(line))]
    if not all(line in _AROUND or _MAPPED.fullmatch(line) or _BLOCK.fullmatch(line) for line in lines):
        raise NotOurs(LETTERS)
    said = {int(pair[1], 16): bytes.fromhex(pair[2].decode()).decode("utf-16-be", "replace") for pair in found}
    one_each = all(len(character) == 1 for character in said.values())
    if not one_each or not len({*said.values()}) == len(said) == len(found):
        raise NotOurs(LETTERS)
    return said


def _widths(inner: pikepdf.Object) -> Iterator[tuple[int, float]]:
    """Yield how wide each glyph is said to be (ISO 32000-2, 9.7.4.3)."""
    said = list(inner.get("/W", ()))
    while said:
        first, second = int(said.pop(0)), said.pop(0)
        if isinstance(second, pikepdf.Array):
            yield from enumerate(map(float, second), first)
        else:
            last, width = int(second), float(said.pop(0))
            yield from ((glyph, width) for glyph in range(first, min(last, 0xFFFF) + 1))


class Program:
    """A TrueType font; what of it is damaged raises `struct.error` or `LookupError`."""

    def __init__(self, data: bytes) -> None:
        """Find its tables; raises `NotOurs` for any that readers may draw from besides."""
        (count,) = struct.unpack_from(">H", data, 4)
        entries = [struct.unpack_from(">4sIII", data, 12 + 16 * at) for at in range(count)]
        self._tables = {tag: data[begin : begin + size] for tag, _, begin, size in entries}
        if data[:4] != _TRUETYPE or len(self._tables) != count or not self._tables.keys() <= TABLES:
            raise NotOurs(FONTS)
        head = self._tables[b"head"]
        (self._unit,) = struct.unpack_from(">H", head, 18)
        (is_long,) = struct.unpack_from(">h", head, 50)
        self._places, self._place_size, self._factor = (">II", 4, 1) if is_long else (">HH", 2, 2)
        (self._measured,) = struct.unpack_from(">H", self._tables[b"hhea"], 34)
        (self._glyphs,) = struct.unpack_from(">H", self._tables[b"maxp"], 4)

    def hints(self, name: str) -> bytes:
        """Return the digest of what moves outlines."""
        return _digest(name, b"hints", *(self._tables.get(tag, b"") for tag in _HINTS))

    def letter(self, name: str, character: str, glyph: int) -> tuple[bytes, ...]:
        """Return the digest of how it draws a character; of an outline that may have been made even, a second one.

        Programs that cut fonts down fill an outline of an odd length up with a zero.
        """
        outline = self._outline(glyph)
        is_odd = len(outline) % 2 == 1
        sizes = struct.pack(">HHh", self._unit, *self._measures(glyph))
        said = (name, character.encode("utf-32-be"), sizes, outline + b"\0" * is_odd)
        even, odd = _digest(*said), _digest(*said, b"odd")
        if is_odd:
            return (odd,)
        return (even, odd) if outline.endswith(b"\0") else (even,)

    def width(self, glyph: int) -> float:
        """Return how wide a glyph is, in thousandths of the size."""
        return float(self._measures(glyph)[0] * 1000 / self._unit)

    def _measures(self, glyph: int) -> tuple[int, int]:
        """Return how wide a glyph is, and where its outline begins."""
        table, last = self._tables[b"hmtx"], self._measured - 1
        if glyph <= last:
            width, begin = struct.unpack_from(">Hh", table, 4 * glyph)
        else:
            (width,) = struct.unpack_from(">H", table, 4 * last)
            (begin,) = struct.unpack_from(">h", table, 4 * self._measured + 2 * (glyph - self._measured))
        return width, begin

    def _outline(self, glyph: int) -> bytes:
        """Return a glyph's outline; raises `NotOurs` for one put together of others, which no letter of ours is.

        A glyph beyond their number is not drawn, whatever stands in the tables.
        """
        if glyph >= self._glyphs:
            raise NotOurs(LETTERS)
        begin, end = struct.unpack_from(self._places, self._tables[b"loca"], glyph * self._place_size)
        outline = self._tables[b"glyf"][self._factor * begin : self._factor * end]
        if outline and struct.unpack_from(">h", outline)[0] < 0:
            raise NotOurs(LETTERS)
        return outline


def is_published(digest: bytes) -> bool:
    """Whether a digest is one of the published fonts'."""
    known = _published()
    place = bisect_left(range(len(known) // DIGEST), digest, key=lambda at: known[at * DIGEST : (at + 1) * DIGEST])
    return known[place * DIGEST : (place + 1) * DIGEST] == digest


@cache
def _published() -> bytes:
    """Return the digests in their order, one behind the other."""
    return files("verifier.pdf").joinpath("outlines.bin").read_bytes()


def _digest(*parts: bytes | str) -> bytes:
    said = sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        said.update(len(data).to_bytes(4, "big") + data)
    return said.digest()[:DIGEST]
