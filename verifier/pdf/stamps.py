"""What a signature adds to one of our documents: a form with its field, and maybe a stamp in an empty place.

A stamp is drawn by whoever signed, and could say anything. It is one only where the page is empty, in letters that
every reader of PDF has, with next to no drawing; what it says is told, and held to the signer's name elsewhere.

Runs in the confined child (`verifier.uploads.decoding`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from PIL import ImageChops

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_FORM = frozenset({"/DA", "/DR", "/Fields", "/SigFlags"})
_FIELD = frozenset({"/AP", "/F", "/FT", "/Lock", "/P", "/Rect", "/Subtype", "/T", "/Type", "/V"})
_FONTS = frozenset(
    {"/Courier", "/Courier-Bold", "/Courier-Oblique", "/Courier-BoldOblique"}
    | {"/Helvetica", "/Helvetica-Bold", "/Helvetica-Oblique", "/Helvetica-BoldOblique"}
    | {"/Times-Roman", "/Times-Bold", "/Times-Italic", "/Times-BoldItalic"}
)
"""Every reader of PDF has them (ISO 32000-1, 9.6.2.2), so their letters look like what they are."""
_FONT = frozenset(
    {"/BaseFont", "/Encoding", "/FirstChar", "/FontDescriptor", "/LastChar", "/Subtype", "/Type", "/Widths"}
)
_PATHS = frozenset({"c", "l", "m", "re", "v", "y"})
_SHOWS = frozenset({"TJ", "Tj"})
_OPERATORS = frozenset({"B", "BMC", "BT", "EMC", "ET", "G", "Q", "RG", "S", "T*", "TD", "TL", "Td", "Tf", "Tm"})
_OPERATORS |= {"W", "cm", "f", "f*", "g", "gs", "h", "n", "q", "rg", "w"} | _PATHS | _SHOWS
_MOST_PATHS = 40
"""A frame, and the small drawing that signing software puts there; words drawn as outlines take more."""
_MOST_TEXT = 500
_CORNERS = 4
_WHITE = 224
"""Of 255: nothing but paper, and the pale pattern on it."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The field of one signature."""

    name: str
    page: int
    place: tuple[float, float, float, float]
    """Left, bottom, right and top, in points; without an extent if nothing shows."""
    text: str | None
    """What it says; None where that cannot be told, because it is drawn in another way."""

    @property
    def shows(self) -> bool:
        """Whether there is anything to be seen."""
        left, bottom, right, top = self.place
        return left < right and bottom < top


def of_signatures(pdf: pikepdf.Pdf, names: Collection[str]) -> tuple[Stamp, ...] | None:
    """Return the fields of all signatures, which bear these names; None where there is anything else of a form."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary) or not set(form.keys()) <= _FORM:
        return None
    fields = list(form.get("/Fields", ()))
    places = {note.objgen: number for number, page in enumerate(pdf.pages) for note in page.obj.get("/Annots", ())}
    if (
        len(places) != len(fields)
        or {each.objgen for each in fields} != places.keys()
        or not all(_is_field(each) for each in fields)
        or sorted(str(each.T) for each in fields) != sorted(names)
    ):
        return None
    return tuple(_stamp(each, places[each.objgen]) for each in fields)


def are_in_the_clear(upload: bytes, stamps: Sequence[Stamp], *, max_pixels: int) -> bool:
    """Whether pages are blank wherever stamps are laid over them."""
    if not (numbers := {stamp.page for stamp in stamps if stamp.shows}):
        return True
    pdf = pypdfium2.PdfDocument(upload)
    # Without this, fields of forms are not drawn.
    pdf.init_forms()
    return all(_is_in_the_clear(pdf[number], max_pixels) for number in numbers)


def _is_in_the_clear(page: pypdfium2.PdfPage, max_pixels: int) -> bool:
    """Whether a page is blank wherever something is laid over it, and something is."""
    width, height = page.get_size()
    scale = min(1.0, (max_pixels / (width * height)) ** 0.5)
    below, whole = (
        page.render(scale=scale, grayscale=True, draw_annots=drawn, may_draw_forms=drawn).to_pil().convert("L")
        for drawn in (False, True)
    )
    laid = ImageChops.difference(below, whole).point(lambda level: 255 if level else 0)
    if laid.getbbox() is None:
        return False
    under = ImageChops.lighter(below, ImageChops.invert(laid))
    return not any(under.histogram()[:_WHITE])


def _is_field(field: pikepdf.Object) -> bool:
    return (
        set(field.keys()) <= _FIELD
        and field.get("/FT") == "/Sig"
        and field.get("/Subtype") == "/Widget"
        and isinstance(field.get("/V"), pikepdf.Dictionary)
        and len(field.get("/Rect", ())) == _CORNERS
    )


def _stamp(field: pikepdf.Object, page: int) -> Stamp:
    x, y, other_x, other_y = (float(each) for each in field.Rect)
    place = (min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y))
    text = _text(field.AP) if "/AP" in field else ""
    return Stamp(str(field.T), page, place, text)


def _text(appearance: pikepdf.Object) -> str | None:
    """Return what a field's look says; None for one that is not plain."""
    look = appearance.get("/N")
    if set(appearance.keys()) != {"/N"} or not isinstance(look, pikepdf.Stream) or "/Group" in look:
        return None
    resources = look.get("/Resources", pikepdf.Dictionary())
    fonts = dict(resources.get("/Font", pikepdf.Dictionary()).items())
    if not set(resources.keys()) <= {"/Font", "/ExtGState", "/ProcSet"} or not all(map(_is_plain, fonts.values())):
        return None
    drawn, words = 0, []
    for instruction in pikepdf.parse_content_stream(look):
        operator, operands = str(instruction.operator), list(instruction.operands)
        drawn += operator in _PATHS
        if operator not in _OPERATORS or drawn > _MOST_PATHS:
            return None
        if operator in _SHOWS:
            words.append("".join(_letters(operands)))
    text = "\n".join(words)
    return text if len(text) <= _MOST_TEXT else None


def _is_plain(font: pikepdf.Object) -> bool:
    descriptor = font.get("/FontDescriptor", pikepdf.Dictionary())
    return (
        set(font.keys()) <= _FONT
        and font.get("/Subtype") == "/Type1"
        and font.get("/BaseFont") in _FONTS
        and font.get("/Encoding", "/WinAnsiEncoding") == "/WinAnsiEncoding"
        and not any(key.startswith("/FontFile") for key in dict(descriptor.items()))
    )


def _letters(shown: Sequence[pikepdf.Object]) -> Iterator[str]:
    for operand in shown:
        for part in operand if isinstance(operand, pikepdf.Array) else [operand]:
            if isinstance(part, pikepdf.String):
                yield bytes(part).decode("cp1252", "replace")
