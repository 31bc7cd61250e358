"""Whether a PDF is made as our typesetter makes documents, so that what it shows is what its text layer says.

A page can show one thing and say another: with letters that stand for others, with text that replaces what is drawn,
with pictures. Our documents are typeset by one program from the same few fonts, and use little of what PDF can do.
What is made of anything else may still agree with what was signed, but is not the original file.

Runs in the confined child (`verifier.decoding`). Not decided here: whether the shapes in a font that bears our font's
name are that font's, and what the lines of the frame draw.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pikepdf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STRUCTURE, CONTENT, FONTS, LETTERS, DRAWINGS = "structure", "content", "fonts", "letters", "drawings"
STAMP = "stamp"
"""What is not ours, as the ends of keys of `locales/*.json`."""

_CATALOGUE = frozenset(
    {"/AF", "/Extensions", "/Lang", "/MarkInfo", "/Metadata", "/Names", "/OutputIntents", "/Pages", "/StructTreeRoot"}
    | {"/Type", "/Version", "/ViewerPreferences"}
)
_PAGE = frozenset({"/Contents", "/MediaBox", "/Parent", "/Resources", "/StructParents", "/Tabs", "/Type"})
_SIGNED_CATALOGUE, _SIGNED_PAGE = _CATALOGUE | {"/AcroForm", "/Perms"}, _PAGE | {"/Annots"}
"""What a signature of the file adds; `verifier.stamps` looks at what those hold."""
_RESOURCES = frozenset({"/ColorSpace", "/Font", "/ProcSet"})
_FILLS, _SHOWS = frozenset({"B", "f", "f*"}), frozenset({"TJ", "Tj"})
_OPERATORS = frozenset({"BDC", "BT", "CS", "EMC", "ET", "M", "Q", "S", "SCN", "Tf", "Tm", "Tr", "W", "c", "cm", "cs"})
_OPERATORS |= {"d", "h", "l", "m", "n", "q", "scn", "w"} | _FILLS | _SHOWS
_MARKS = frozenset({"/Alt", "/BBox", "/Lang", "/MCID", "/Type"})
"""What a marked part of a page may say of itself; what replaces its text is not among it."""
_FONT_NAME = re.compile(r"/[A-Z]{6}\+(NotoSansSC-(?:Regular|Medium|Bold)|DejaVuSansMono(?:-Bold)?)")
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
_MAX_FILLED, _MAX_CURVES, _MAX_LINES = 8, 1_000, 4_500
"""Shapes that a page fills, and pieces of outlines that it draws: our frame takes 940 curves, and the code of a limited
copy with the longest terms 3,850 to 4,050 lines, as chance has its digits. Words drawn as outlines take more."""


def foreign(pdf: pikepdf.Pdf, *, is_signed: bool = False) -> str:
    """Say what of it our typesetter does not write; empty if nothing. Of a signed file, the signature is left out."""
    # Of a file that has to be repaired before it can be read, each program makes what it likes.
    if (
        pdf.get_warnings()
        or pdf.is_encrypted
        or not set(pdf.Root.keys()) <= (_SIGNED_CATALOGUE if is_signed else _CATALOGUE)
    ):
        return STRUCTURE
    fonts: dict[str, _Font] = {}
    for page in pdf.pages:
        if not set(page.obj.keys()) <= (_SIGNED_PAGE if is_signed else _PAGE):
            return STRUCTURE
        if fault := _page_fault(page, fonts):
            return fault
    return ""


@dataclass(frozen=True, slots=True)
class _Font:
    place: tuple[int, int]
    """The number of its object: no font comes twice."""
    letters: frozenset[int]
    """The glyphs that stand for a character."""


def _page_fault(page: pikepdf.Page, fonts: dict[str, _Font]) -> str:
    if not isinstance(page.obj.get("/Contents"), pikepdf.Stream):
        return STRUCTURE
    resources = page.obj.get("/Resources")
    if not isinstance(resources, pikepdf.Dictionary) or not set(resources.keys()) <= _RESOURCES:
        return STRUCTURE
    here: dict[str, _Font] = {}
    for name, font in resources.get("/Font", pikepdf.Dictionary()).items():
        read = _font(font, fonts)
        if isinstance(read, str):
            return read
        here[name] = read
    return _content_fault(page, here)


def _font(font: pikepdf.Object, fonts: dict[str, _Font]) -> _Font | str:
    """Read a font, or say what is not ours about it."""
    named = _FONT_NAME.fullmatch(str(font.get("/BaseFont", "")))
    if named is None or font.get("/Subtype") != "/Type0" or font.get("/Encoding") != "/Identity-H":
        return FONTS
    known = fonts.get(named[1])
    if known is not None:
        return known if known.place == font.objgen else FONTS
    (inner,) = font.DescendantFonts
    program = inner.FontDescriptor.get("/FontFile2")
    if inner.get("/Subtype") != "/CIDFontType2" or inner.get("/CIDToGIDMap") != "/Identity" or program is None:
        return FONTS
    read = _letters(font.ToUnicode.read_bytes(), program.read_bytes())
    if read is None:
        return LETTERS
    fonts[named[1]] = _Font(font.objgen, read)
    return fonts[named[1]]


def _letters(mapping: bytes, program: bytes) -> frozenset[int] | None:
    """Return the glyphs that stand for one character each, and no two for the same; None if that is not so.

    What reads as nothing must look like nothing, too.
    """
    lines = mapping.replace(_CODES, b"", 1).split(b"\n")
    found = [pair for line in lines if (pair := _MAPPED.fullmatch(line))]
    if not all(line in _AROUND or _MAPPED.fullmatch(line) or _BLOCK.fullmatch(line) for line in lines):
        return None
    glyphs, characters = [int(pair[1], 16) for pair in found], [_characters(pair[2]) for pair in found]
    one_each = all(len(each) == 1 for each in characters)
    if not one_each or len({*characters}) != len(found) or len({*glyphs}) != len(found):
        return None
    read_as_nothing = [
        glyph for glyph, each in zip(glyphs, characters, strict=True) if unicodedata.category(each)[0] in {"C", "Z"}
    ]
    return frozenset(glyphs) if all(_is_blank(program, glyph) for glyph in read_as_nothing) else None


def _characters(text: bytes) -> str:
    return bytes.fromhex(text.decode()).decode("utf-16-be", "replace")


def _is_blank(program: bytes, glyph: int) -> bool:
    """Whether a TrueType font draws nothing for a glyph: its entry in `glyf` is empty (OpenType, `loca`)."""
    (count,) = struct.unpack_from(">H", program, 4)
    tables = {
        tag: offset
        for tag, _, offset, _ in (struct.unpack_from(">4sIII", program, 12 + 16 * at) for at in range(count))
    }
    (is_long,) = struct.unpack_from(">h", program, tables[b"head"] + 50)
    form, size = (">II", 4) if is_long else (">HH", 2)
    begin, end = struct.unpack_from(form, program, tables[b"loca"] + glyph * size)
    return bool(begin == end)


def _content_fault(page: pikepdf.Page, fonts: dict[str, _Font]) -> str:
    font: _Font | None = None
    drawn: Counter[str] = Counter()
    for operands, operator in _instructions(page):
        drawn[operator] += 1
        if operator not in _OPERATORS or not _is_plain(operator, operands):
            return CONTENT
        if operator in {"BT", "Tf"}:
            font = fonts.get(str(operands[0])) if operator == "Tf" else None
        if operator in _SHOWS and (font is None or not set(_glyphs(operands[0])) <= font.letters):
            return LETTERS
    filled = sum(drawn[operator] for operator in _FILLS)
    return DRAWINGS if filled > _MAX_FILLED or drawn["c"] > _MAX_CURVES or drawn["l"] > _MAX_LINES else ""


def _instructions(page: pikepdf.Page) -> Iterator[tuple[list[pikepdf.Object], str]]:
    for instruction in pikepdf.parse_content_stream(page):
        yield list(instruction.operands), str(instruction.operator)


def _is_plain(operator: str, operands: Sequence[pikepdf.Object]) -> bool:
    """Whether text is shown as it is: filled, and with nothing put in its place."""
    if operator == "BDC":
        properties = operands[1]
        return isinstance(properties, pikepdf.Dictionary) and set(properties.keys()) <= _MARKS
    return operator != "Tr" or operands[0] == 0


def _glyphs(shown: pikepdf.Object) -> Iterator[int]:
    """Yield the glyphs of a shown text, which is a string or an array of strings and shifts."""
    for part in shown if isinstance(shown, pikepdf.Array) else [shown]:
        if isinstance(part, pikepdf.String):
            data = bytes(part)
            yield from (int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2))
