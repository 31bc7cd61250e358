"""Changes genuine documents without touching the words in their text layer, as a forger with a PDF editor does."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
import zxingcpp
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

_OVER_A_LINE = Array([60, 400, 360, 440])


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Return a document with something changed in it; the same change makes the same bytes."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        change(opened)
        saved = BytesIO()
        opened.save(saved, deterministic_id=True)
    return saved.getvalue()


def stripped(pdf: pikepdf.Pdf) -> None:
    """Take all attached files away, so that nothing but the code says what was signed."""
    for name in list(pdf.attachments):
        del pdf.attachments[name]


def attached(name: str, content: bytes) -> Callable[[pikepdf.Pdf], None]:
    """Attach one more file."""

    def attach(pdf: pikepdf.Pdf) -> None:
        pdf.attachments[name] = pikepdf.AttachedFileSpec(
            pdf, content, filename=name, description="", creation_date="", mod_date="", mime_type="text/plain"
        )

    return attach


def covered_by_a_link(pdf: pikepdf.Pdf) -> None:
    """Lay a link over a line that looks like a box with other words."""
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    look = pdf.make_stream(
        b"1 1 1 rg 0 0 300 40 re f 0 g BT /F 18 Tf 8 12 Td (Forged) Tj ET",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, 300, 40]),
        Resources=Dictionary(Font=Dictionary(F=font)),
    )
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=_OVER_A_LINE, F=4, AP=Dictionary(N=look))
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def with_a_script(pdf: pikepdf.Pdf) -> None:
    """Have readers of PDF run something when they open it."""
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert('valid')"))


def with_text_replaced(pdf: pikepdf.Pdf) -> None:
    """Draw more words, and have the text layer say a space in their place."""
    page = pdf.pages[0]
    page.obj.Resources.Font[Name.F9] = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    more = b"\nq /Span <</ActualText ( )>> BDC 0 0 0 rg BT /F9 18 Tf 60 400 Td (Securities brokerage) Tj ET EMC Q"
    _draw_more(pdf, more)


def with_letters_that_say_nothing(pdf: pikepdf.Pdf) -> None:
    """Draw more words with the document's own letters, which the text layer is told to read as spaces."""
    fonts = pdf.pages[0].obj.Resources.Font
    font = fonts[min(fonts.keys())]
    lying = Dictionary(dict(font.items()))
    lying.ToUnicode = pdf.make_stream(re.sub(rb"(?m)^(<....>) <....>$", rb"\1 <0020>", font.ToUnicode.read_bytes()))
    fonts[Name.F9] = pdf.make_indirect(lying)
    _draw_more(pdf, b"\nq BT /F9 18 Tf 60 400 Td <000100020003> Tj ET Q")


def with_a_sticker(text: str) -> Callable[[pikepdf.Pdf], None]:
    """Put somebody else's QR code on the page."""

    def stick(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0]
        barcode = zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="M")
        picture = Image.fromarray(barcode.to_image(scale=8))
        image = pdf.make_stream(
            picture.convert("L").tobytes(),
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=picture.width,
            Height=picture.height,
            ColorSpace=Name.DeviceGray,
            BitsPerComponent=8,
        )
        page.obj.Resources.XObject = Dictionary(Sticker=image)
        width = float(page.obj.MediaBox[2])
        _draw_more(pdf, f"\nq 90 0 0 90 {width - 130} 300 cm /Sticker Do Q".encode())

    return stick


def _draw_more(pdf: pikepdf.Pdf, more: bytes) -> None:
    """Draw something over the first page, in the page's one stream."""
    page = pdf.pages[0].obj
    page.Contents = pdf.make_stream(page.Contents.read_bytes() + more)
