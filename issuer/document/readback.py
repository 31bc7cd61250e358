"""Reads a document's code back from a bitmap before the document is handed out.

The bitmap is what a cheap scanner or an office printer makes of the first page. Only documents made here come
this way; what strangers upload is read elsewhere, under limits.
"""

from __future__ import annotations

from io import BytesIO
from threading import Lock

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp

from issuer.errors import CodeUnreadable

DPI = 150
_POINTS_PER_INCH = 72
_PDFIUM = Lock()
"""PDFium is not made for several threads."""
_SCREEN_DPI, _MOST_PIXELS = 110, 2_000_000
_COLOURS = 64
"""Enough for a page of text; the picture is a third as large as with all of them."""
_QR = zxingcpp.barcode_formats_from_str("QRCode")


def read_codes(pdf: bytes, *, dpi: int = DPI) -> tuple[str, ...]:
    """Return the text of every QR code on the first page."""
    with _PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            bitmap = document[0].render(scale=dpi / _POINTS_PER_INCH, grayscale=True)
            # Rows may be padded; what stands there is not the page.
            pixels = bytes(bitmap.buffer)
            size = (bitmap.width, bitmap.height, bitmap.stride)
        finally:
            document.close()
    width, height, stride = size
    image = zxingcpp.ImageView(pixels, width, height, zxingcpp.ImageFormat.Lum, stride, 1)
    barcodes = zxingcpp.read_barcodes(image, formats=_QR, try_rotate=False, try_invert=False)
    return tuple(barcode.text for barcode in barcodes)


def picture(pdf: bytes) -> bytes:
    """Return the first page as a PNG, for a screen: no more than so many pixels, whatever size the page says it has."""
    with _PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            page = document[0]
            width, height = page.get_size()
            scale = min(_SCREEN_DPI / _POINTS_PER_INCH, (_MOST_PIXELS / (width * height)) ** 0.5)
            image = page.render(scale=scale).to_pil().convert("RGB")
        finally:
            document.close()
    made = BytesIO()
    image.quantize(_COLOURS).save(made, "PNG", optimize=True)
    return made.getvalue()


def require_code(pdf: bytes, wanted: str, *, number: str) -> None:
    """Raise `CodeUnreadable` unless the first page shows exactly one code and it says `wanted`."""
    codes = read_codes(pdf)
    if codes != (wanted,):
        got = " and ".join(f"«{code[:60]}»" for code in codes) or "no code"
        raise CodeUnreadable(
            f"document {number}: got {got} from its first page at {DPI} dpi, wanted one code, «{wanted[:60]}»"
        )
