"""Finds the QR codes in a picture, also in one that was taken badly.

Runs in the confined child (`verifier.uploads.decoding`).
"""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING

import zxingcpp
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

SEARCH_S = 3.0
"""Of processor time, after which no further way of finding a code is tried."""
MAX_PIXELS = 8_000_000
"""Of a page as it is rendered, or of a picture as it is searched."""
_WORTHWHILE = 1.2
"""How much larger a picture must become to be worth another look."""


def grey(picture: Image.Image) -> Image.Image:
    """Return a picture in shades of grey, within the pixel budget, on white where it is transparent."""
    scale = min(1.0, (MAX_PIXELS / (picture.width * picture.height)) ** 0.5)
    size = (max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
    picture.draft("L", size)  # A JPEG can be decoded small; other formats take no notice.
    if picture.mode.startswith("I;16"):
        shades = picture.point(lambda level: level / 256).convert("L")
    elif picture.has_transparency_data:
        whole = picture.convert("LA")
        shades = Image.new("L", whole.size, 255)
        shades.paste(whole.getchannel("L"), mask=whole.getchannel("A"))
    else:
        shades = picture.convert("L")
    return shades if scale == 1.0 else shades.resize(size, Image.Resampling.BOX)


def search(picture: Image.Image, *, looks: int | None = None) -> set[str]:
    """Return the texts of the QR codes that the first helpful way of looking finds; the first so many are tried."""
    qr = zxingcpp.barcode_formats_from_str("QRCode")
    for look, binarizer in islice(_looks(picture), looks):
        pixels = memoryview(look.tobytes()).cast("B", (look.height, look.width))
        # Telephones follow codes in white on black as well, and show papers so at night.
        found = zxingcpp.read_barcodes(pixels, formats=qr, try_invert=True, binarizer=binarizer)
        if texts := {barcode.text for barcode in found}:
            return texts
        if time.process_time() > SEARCH_S:
            break
    return set()


def _looks(picture: Image.Image) -> Iterator[tuple[Image.Image, zxingcpp.Binarizer]]:
    """Yield ways to look at a picture, the most helpful first."""
    local, whole = zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram
    yield picture, local
    yield picture, whole
    larger = (MAX_PIXELS / (picture.width * picture.height)) ** 0.5
    if larger > _WORTHWHILE:
        factor = min(larger, 2.0)
        big = picture.resize((int(picture.width * factor), int(picture.height * factor)), Image.Resampling.LANCZOS)
        yield big, local
        yield big, whole
        yield big.filter(ImageFilter.UnsharpMask(radius=2, percent=200)), local
    yield picture.filter(ImageFilter.UnsharpMask(radius=2, percent=200)), local
    for angle in (4, -4, 45):
        yield picture.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=255), local
    half = picture.reduce(2)
    yield half, local
    yield half, whole
