"""Forges what a page shows and leaves its words alone: letters moved, hidden, painted over, or in others' shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, ContentStreamInstruction, Name, Operator, String

from verifier.pdf import typefaces

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[pikepdf.Pdf], None]


@dataclass
class Page:
    """The first page, as what draws it, one instruction after the other."""

    pdf: pikepdf.Pdf
    steps: list[ContentStreamInstruction | pikepdf.ContentStreamInlineImage]

    @property
    def fonts(self) -> pikepdf.Object:
        return self.pdf.pages[0].obj.Resources.Font

    def operator(self, at: int) -> str:
        return str(self.steps[at].operator)

    def operands(self, at: int) -> list[pikepdf.Object]:
        return list(self.steps[at].operands)

    def put(self, at: int, operator: str, *operands: object) -> None:
        self.steps[at] = ContentStreamInstruction(list(operands), Operator(operator))  # type: ignore[arg-type]

    def back(self, at: int, operator: str) -> int:
        """Return where the nearest such operator stands before a place."""
        return next(place for place in range(at, -1, -1) if self.operator(place) == operator)

    def letters(self, font: str) -> dict[int, str]:
        return typefaces.characters(self.fonts[font].ToUnicode.read_bytes())

    def text(self, at: int) -> str:
        """Return what is shown there; nothing where no text is."""
        if self.operator(at) not in {"TJ", "Tj"}:
            return ""
        letters = self.letters(str(self.operands(self.back(at, "Tf"))[0]))
        return "".join(letters[glyph] for glyph in glyphs(self.operands(at)[0]))

    def find(self, wanted: str) -> int:
        """Return where a text is shown."""
        return next(at for at in range(len(self.steps)) if self.text(at) == wanted)

    def place(self, wanted: str) -> int:
        """Return what moves a text to its place."""
        return self.back(self.find(wanted), "cm")

    def draw(self, more: str) -> None:
        """Draw over all that there is, as our typesetter marks what is no text."""
        stream = self.pdf.make_stream(f"/Artifact <</Type /Layout>> BDC {more} EMC".encode())
        self.steps += pikepdf.parse_content_stream(stream)


def glyphs(shown: pikepdf.Object) -> list[int]:
    """Return the glyphs of a shown text."""
    parts = shown if isinstance(shown, Array) else [shown]
    data = b"".join(bytes(part) for part in parts if isinstance(part, String))
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def painted(change: Callable[[Page], None]) -> Change:
    """Draw the first page again, with something changed."""

    def paint(pdf: pikepdf.Pdf) -> None:
        page = Page(pdf, list(pikepdf.parse_content_stream(pdf.pages[0])))
        change(page)
        pdf.pages[0].obj.Contents = pdf.make_stream(pikepdf.unparse_content_stream(page.steps))

    return paint


def shifted(text: str, *shifts: int) -> Change:
    """Show a text letter by letter, each moved so much to the left of where it should stand."""

    def change(page: Page) -> None:
        at = page.find(text)
        shown = Array()
        for glyph, shift in zip(glyphs(page.operands(at)[0]), [*shifts, *[0] * len(text)], strict=False):
            shown.extend([shift, String(glyph.to_bytes(2, "big"))] if shift else [String(glyph.to_bytes(2, "big"))])
        page.put(at, "TJ", shown)

    return painted(change)


def changed_places(one: str, other: str) -> Change:
    """Put two texts into each other's places."""

    def change(page: Page) -> None:
        here, there = page.place(one), page.place(other)
        page.steps[here], page.steps[there] = page.steps[there], page.steps[here]

    return painted(change)


def moved(text: str, *matrix: float, right: float = 0, up: float = 0) -> Change:
    """Move a text, and turn or scale it by the first four numbers of a matrix."""

    def change(page: Page) -> None:
        at = page.place(text)
        *old, x, y = page.operands(at)
        page.put(at, "cm", *(matrix or old), float(x) + right, float(y) + up)  # type: ignore[arg-type]

    return painted(change)


def in_the_middle(text: str, base: float) -> Change:
    """Move a text into the page's middle, where titles stand."""

    def change(page: Page) -> None:
        at, place = page.find(text), page.place(text)
        name, size = page.operands(page.back(at, "Tf"))
        letters = typefaces.read(page.fonts[str(name)], {}).letters
        length = sum(letters[glyph].width for glyph in glyphs(page.operands(at)[0])) * float(size) / 1000  # type: ignore[arg-type]
        middle = float(page.pdf.pages[0].obj.MediaBox[2]) / 2
        page.put(place, "cm", *page.operands(place)[:4], middle - length / 2, base)

    return painted(change)


def coloured(text: str, *colour: float) -> Change:
    """Write a text in another colour."""
    return painted(lambda page: page.put(page.back(page.find(text), "scn"), "scn", *colour))


def sized(text: str, size: float) -> Change:
    """Write a text in another size."""

    def change(page: Page) -> None:
        at = page.back(page.find(text), "Tf")
        page.put(at, "Tf", page.operands(at)[0], size)

    return painted(change)


def rewritten(text: str, old: str, new: str) -> Change:
    """Change how the piece of the page is written that shows a text, byte by byte."""

    def change(pdf: pikepdf.Pdf) -> None:
        page = Page(pdf, list(pikepdf.parse_content_stream(pdf.pages[0])))
        at = page.find(text)
        begin, end = page.back(at, "BDC"), at + 3
        before, piece, behind = (
            pikepdf.unparse_content_stream(steps)
            for steps in (page.steps[:begin], page.steps[begin:end], page.steps[end:])
        )
        changed, count = re.subn(old.encode(), new.encode(), piece, count=1)
        assert count == 1, piece
        pdf.pages[0].obj.Contents = pdf.make_stream(b"\n".join((before, changed, behind)))

    return change


def clipped(text: str) -> Change:
    """Have a text shown only within a window that is elsewhere."""

    def change(page: Page) -> None:
        at = page.back(page.find(text), "q")
        window = page.pdf.make_stream(b"0 0 m 1 0 l 1 1 l 0 1 l h W n")
        page.steps[at + 1 : at + 1] = pikepdf.parse_content_stream(window)

    return painted(change)


def put_behind(text: str) -> Change:
    """Take a text out of the page, and write it pale and slantwise among the marks behind it."""

    def change(page: Page) -> None:
        at = page.find(text)
        first, last = page.back(at, "BDC"), at + 4
        piece = page.steps[first + 1 : last - 1]
        del page.steps[first:last]
        end = next(place for place in range(len(page.steps)) if page.operator(place) == "EMC")
        page.steps[end:end] = piece

    return painted(change)


def covered(text: str, colour: str = "1 1 1 scn") -> Change:
    """Paint a box over a text."""

    def change(page: Page) -> None:
        *_, x, y = map(float, page.operands(page.place(text)))  # type: ignore[arg-type]
        box = f"{-2} 4 m 200 4 l 200 -12 l -2 -12 l -2 4 l"
        page.draw(f"q 1 0 0 -1 {x} {y} cm /c0 cs {colour} {box} f Q".replace("l f", "l h f"))

    return painted(change)


def struck_through(text: str) -> Change:
    """Draw a line over a text, as lines between rows are drawn."""

    def change(page: Page) -> None:
        *_, x, y = map(float, page.operands(page.place(text)))  # type: ignore[arg-type]
        line = "/c0 CS 0.8352941 0.8627451 0.8666667 SCN 0.5 w 4 M 0 -3 m 300 -3 l S"
        page.draw(f"q 1 0 0 -1 {x} {y} cm {line} Q")

    return painted(change)


def drawn(more: str) -> Change:
    """Draw something more."""
    return painted(lambda page: page.draw(more))


def with_frame(old: str, new: str) -> Change:
    """Change the first number of that kind in the frame."""

    def change(page: Page) -> None:
        at = next(at for at in range(len(page.steps)) if page.operator(at) == old)
        page.put(at, old, *[float(new)] * len(page.operands(at)))

    return painted(change)


def read_as_each_other(one: str, other: str, *, in_font_of: str) -> Change:
    """Swap two letters in what says what glyphs stand for, and the glyphs on the page: the words stay the same."""

    def change(page: Page) -> None:
        font = str(page.operands(page.back(page.find(in_font_of), "Tf"))[0])
        by_letter = {letter: glyph for glyph, letter in page.letters(font).items()}
        swapped = {by_letter[one]: by_letter[other], by_letter[other]: by_letter[one]}
        table = page.fonts[font].ToUnicode
        lines = {
            f"<{by_letter[a]:04X}> <{ord(a):04X}>": f"<{by_letter[a]:04X}> <{ord(b):04X}>"
            for a, b in ((one, other), (other, one))
        }
        text = re.sub("|".join(map(re.escape, lines)), lambda found: lines[found[0]], table.read_bytes().decode())
        table.write(text.encode())
        for at in range(len(page.steps)):
            if page.operator(at) in {"TJ", "Tj"} and str(page.operands(page.back(at, "Tf"))[0]) == font:
                page.put(at, page.operator(at), _with_other_glyphs(page.operands(at)[0], swapped))

    return painted(change)


def _with_other_glyphs(shown: pikepdf.Object, swapped: dict[int, int]) -> pikepdf.Object:
    if isinstance(shown, Array):
        return Array([_with_other_glyphs(part, swapped) if isinstance(part, String) else part for part in shown])
    return String(b"".join(swapped.get(glyph, glyph).to_bytes(2, "big") for glyph in glyphs(shown)))


def with_outline_of(one: str, other: str, *, in_font_of: str) -> Change:
    """Give a letter the shape of another in the font's own program."""

    def change(page: Page) -> None:
        font = str(page.operands(page.back(page.find(in_font_of), "Tf"))[0])
        by_letter = {letter: glyph for glyph, letter in page.letters(font).items()}
        stream = page.fonts[font].DescendantFonts[0].FontDescriptor.FontFile2
        stream.write(_with_outline(stream.read_bytes(), by_letter[one], by_letter[other]))

    return painted(change)


def _with_outline(program: bytes, glyph: int, model: int) -> bytes:
    """Put one glyph's outline in the place of another's, at the end of `glyf`, which is the last table then."""
    count = int.from_bytes(program[4:6])
    entries = {
        program[12 + 16 * at : 16 + 16 * at]: [
            int.from_bytes(program[begin : begin + 4]) for begin in (20 + 16 * at, 24 + 16 * at)
        ]
        for at in range(count)
    }
    (loca, _), (glyf, size) = entries[b"loca"], entries[b"glyf"]
    places = [int.from_bytes(program[at : at + 2]) for at in range(loca, loca + entries[b"loca"][1], 2)]
    outlines = [program[glyf + 2 * a : glyf + 2 * b] for a, b in pairwise(places)]
    outlines[glyph] = outlines[model]
    table = b"".join(outlines)
    ends = [sum(map(len, outlines[:at])) // 2 for at in range(len(outlines) + 1)]
    changed = bytearray(
        program[:loca] + b"".join(end.to_bytes(2, "big") for end in ends) + program[loca + 2 * len(ends) :]
    )
    at = program.index(b"glyf")
    changed[at + 8 : at + 16] = len(changed).to_bytes(4, "big") + len(table).to_bytes(4, "big")
    del size
    return bytes(changed) + table


def with_glyphs(count: int) -> Change:
    """Say of the first font that it has so many glyphs."""

    def change(pdf: pikepdf.Pdf) -> None:
        stream = pdf.pages[0].obj.Resources.Font.f0.DescendantFonts[0].FontDescriptor.FontFile2
        program = bytearray(stream.read_bytes())
        entry = program.index(b"maxp")
        begin = int.from_bytes(program[entry + 8 : entry + 12])
        program[begin + 4 : begin + 6] = count.to_bytes(2)
        stream.write(bytes(program))

    return change


def with_code_and(more: str) -> Change:
    """Draw something more as a part of the code."""

    def change(page: Page) -> None:
        at = next(at for at in range(len(page.steps)) if page.operator(at) == "f*")
        page.steps[at:at] = pikepdf.parse_content_stream(page.pdf.make_stream(more.encode()))

    return painted(change)


def with_marks(*colour: float) -> Change:
    """Write the first mark behind the page in another colour."""

    def change(page: Page) -> None:
        at = next(at for at in range(len(page.steps)) if page.operator(at) == "BT")
        page.put(page.back(at, "scn"), "scn", *colour)

    return painted(change)


def with_plaque(*colour: float) -> Change:
    """Give the mark of a test another colour."""

    def change(page: Page) -> None:
        at = next(at for at in range(len(page.steps)) if page.operator(at) == "f")
        page.put(page.back(at, "scn"), "scn", *colour)

    return painted(change)


def with_range(*numbers: int) -> Change:
    """Say of a colour profile that its numbers end elsewhere."""

    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.Resources.ColorSpace.c0[1].Range = Array(numbers)

    return change


def with_widths(text: str, width: int) -> Change:
    """Say of all letters of a font that they are so wide."""

    def change(page: Page) -> None:
        font = str(page.operands(page.back(page.find(text), "Tf"))[0])
        page.fonts[font].DescendantFonts[0].W = Array([0, 500, width])

    return painted(change)


def with_space(numbers: int) -> Change:
    """Say that colours are something else than they are."""

    def change(page: Page) -> None:
        spaces = page.pdf.pages[0].obj.Resources.ColorSpace
        function = pikepdf.Dictionary(FunctionType=2, Domain=Array([0, 1]), N=1, C0=Array([1]), C1=Array([0]))
        spaces.c0 = Array([Name.Separation, Name.Other, Name.DeviceGray, function]) if numbers == 1 else Name.DeviceRGB

    return painted(change)
