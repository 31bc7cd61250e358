"""What signatures add to one of our documents: a form with their fields, evidence, maybe stamps in empty places.

A stamp is drawn by whoever signed, and could say anything, also beside a value of ours. It is one only where the page
is empty all around it, and written as pyHanko writes its stamps: lines of one size, black, in letters that every reader
of PDF has, maybe on pyHanko's seal and in a frame. What it says is told, and held to the signer's name elsewhere.

Runs in the confined child (`verifier.uploads.decoding`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
from PIL import ImageChops

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_FORM = frozenset({"/DA", "/DR", "/Fields", "/SigFlags"})
_FIELD = frozenset({"/AP", "/F", "/FT", "/Lock", "/P", "/Rect", "/Subtype", "/T", "/TU", "/Type", "/V"})
_SAID_OF_FIELD = "Timestamp"
"""What pyHanko has the field of a time stamp say to who points at it; other words could be about anything."""
_EVIDENCE = frozenset({"/CRLs", "/Certs", "/OCSPs", "/Type", "/VRI"})
_FONTS = frozenset(
    {"/Courier", "/Courier-Bold", "/Courier-Oblique", "/Courier-BoldOblique"}
    | {"/Helvetica", "/Helvetica-Bold", "/Helvetica-Oblique", "/Helvetica-BoldOblique"}
    | {"/Times-Roman", "/Times-Bold", "/Times-Italic", "/Times-BoldItalic"}
)
"""Every reader of PDF has them (ISO 32000-1, 9.6.2.2), so their letters look like what they are."""
_FONT = frozenset(
    {"/BaseFont", "/Encoding", "/FirstChar", "/FontDescriptor", "/LastChar", "/Subtype", "/Type", "/Widths"}
)
_LOOK_KEYS = frozenset({"/BBox", "/Filter", "/Length", "/Resources", "/Subtype", "/Type"})
_NUMBER, _STRING = rb"-?[0-9]{0,4}\.?[0-9]{1,8}", rb"\((?:[^()\\]|\\[0-7]{3}|\\[()\\])*+\)"
_LOOK = re.compile(
    (
        rb"q (?:q /BackgroundGS gs N 0 0 N N N cm (?P<seal>[^()\s]++(?:\s++[^()\s]++)*?) Q )?"
        rb"q (?P<across>N) 0 0 (?P<up>N) N N cm 1 0 0 1 N N cm /Tx BMC q "
        rb"BT (?:/F1 (?P<size>N) Tf (?P<leading>N) TL )+N N Td (?P<lines>(?:STRING Tj T\* )+)ET Q EMC Q "
        rb"(?:(?P<thick>N) w 0 0 N N re S )?Q"
    )
    .replace(b"STRING", _STRING)
    .replace(b"N ", _NUMBER + b" ")
    .replace(b"N)", _NUMBER + b")")
    .replace(b" ", rb"\s++")
)
"""Blanks are never given back, since whoever drew it may have put any number of them."""
_ESCAPED = re.compile(rb"\\([0-7]{3}|[()\\])")
_SEAL = "5b169798fbf784ceaf1e93567d10838f19132b3b9a7c816d457e7f32ac18cb6a"
"""SHA-256 of what pyHanko draws beneath its words, one blank between any two parts."""
_SMALLEST, _LARGEST, _THICKEST = 3.0, 20.0, 5.0
"""In points: letters, and the line around them."""
_WIDTHS = range(200, 1101)
"""How wide letters of those fonts are said to be, in thousandths of their size."""
_CLEAR = 5
"""Points around a stamp in which nothing stands, so that nobody reads the two together."""
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
        not set(pdf.Root.get("/DSS", pikepdf.Dictionary()).keys()) <= _EVIDENCE
        or len(places) != len(fields)
        or {each.objgen for each in fields} != places.keys()
        or not all(_is_field(each) for each in fields)
        or sorted(str(each.T) for each in fields) != sorted(names)
    ):
        return None
    return tuple(_stamp(each, places[each.objgen]) for each in fields)


def are_in_the_clear(upload: bytes, stamps: Sequence[Stamp], *, max_pixels: int) -> bool:
    """Whether pages are blank where stamps are laid over them, and around."""
    if not (numbers := {stamp.page for stamp in stamps if stamp.shows}):
        return True
    pdf = pypdfium2.PdfDocument(upload)
    # Without this, fields of forms are not drawn.
    pdf.init_forms()
    return all(_is_in_the_clear(pdf[number], max_pixels) for number in numbers)


def _is_in_the_clear(page: pypdfium2.PdfPage, max_pixels: int) -> bool:
    """Whether a page is blank where something is laid over it, and something is."""
    width, height = page.get_size()
    scale = min(1.0, (max_pixels / (width * height)) ** 0.5)
    below, whole = (
        page.render(scale=scale, grayscale=True, draw_annots=drawn, may_draw_forms=drawn).to_pil().convert("L")
        for drawn in (False, True)
    )
    laid = ImageChops.difference(below, whole).point(lambda level: 255 if level else 0)
    if (there := laid.getbbox()) is None:
        return False
    left, top, right, bottom = there
    around = round(_CLEAR * scale)
    under = below.crop(
        (
            max(left - around, 0),
            max(top - around, 0),
            min(right + around, below.width),
            min(bottom + around, below.height),
        )
    )
    return not any(under.histogram()[:_WHITE])


def _is_field(field: pikepdf.Object) -> bool:
    return (
        set(field.keys()) <= _FIELD
        and field.get("/FT") == "/Sig"
        and field.get("/Subtype") == "/Widget"
        and field.get("/TU", _SAID_OF_FIELD) == _SAID_OF_FIELD
        and isinstance(field.get("/V"), pikepdf.Dictionary)
        and len(field.get("/Rect", ())) == _CORNERS
    )


def _stamp(field: pikepdf.Object, page: int) -> Stamp:
    x, y, other_x, other_y = (float(each) for each in field.Rect)
    place = (min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y))
    text = _text(field.AP, place) if "/AP" in field else ""
    return Stamp(str(field.T), page, place, text)


def _text(appearance: pikepdf.Object, place: tuple[float, float, float, float]) -> str | None:
    """Return what a field's look says; None for one that is not plain."""
    look = appearance.get("/N")
    if set(appearance.keys()) != {"/N"} or not isinstance(look, pikepdf.Stream) or not set(look.keys()) <= _LOOK_KEYS:
        return None
    left, bottom, right, top = (float(each) for each in look.BBox)
    # What is drawn is stretched from its own box to the field's.
    if abs(abs(right - left) - (place[2] - place[0])) > 1 or abs(abs(top - bottom) - (place[3] - place[1])) > 1:
        return None
    resources = look.get("/Resources", pikepdf.Dictionary())
    fonts = dict(resources.get("/Font", pikepdf.Dictionary()).items())
    if not set(resources.keys()) <= {"/Font", "/ExtGState", "/ProcSet"} or not all(map(_is_plain, fonts.values())):
        return None
    text = _words(look.read_bytes())
    return text if text is not None and len(text) <= _MOST_TEXT else None


def _words(drawn: bytes) -> str | None:
    """Return the lines of a stamp; None where it is drawn in another way."""
    found = _LOOK.fullmatch(drawn.strip())
    if found is None or (found["seal"] is not None and _digest(found["seal"]) != _SEAL):
        return None
    across, up, size, leading, thick = (float(found[it] or 0) for it in ("across", "up", "size", "leading", "thick"))
    is_legible = across == up and _SMALLEST <= size * up <= _LARGEST and size <= leading <= 2 * size
    if not is_legible or thick > _THICKEST:
        return None
    return "\n".join(_letters(line) for line in re.findall(_STRING, found["lines"]))


def _digest(drawn: bytes) -> str:
    return sha256(b" ".join(drawn.split())).hexdigest()


def _letters(line: bytes) -> str:
    """Return what a string between brackets says."""

    def plain(found: re.Match[bytes]) -> bytes:
        return found[1] if len(found[1]) == 1 else bytes([int(found[1], 8) & 0xFF])

    return _ESCAPED.sub(plain, line[1:-1]).decode("cp1252", "replace")


def _is_plain(font: pikepdf.Object) -> bool:
    descriptor = font.get("/FontDescriptor", pikepdf.Dictionary())
    widths = [*font.get("/Widths", ()), descriptor.get("/MissingWidth", _WIDTHS[0])]
    return (
        set(font.keys()) <= _FONT
        and all(int(width) in _WIDTHS for width in widths)
        and font.get("/Subtype") == "/Type1"
        and font.get("/BaseFont") in _FONTS
        and font.get("/Encoding", "/WinAnsiEncoding") == "/WinAnsiEncoding"
        and not any(key.startswith("/FontFile") for key in dict(descriptor.items()))
    )
