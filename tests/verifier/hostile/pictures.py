"""Hostile pictures: bombs, formats that are not taken, files that are two things at once, and codes of strangers."""

from __future__ import annotations

import io
import os
import struct
import zlib
from typing import TYPE_CHECKING

import zxingcpp
from PIL import Image

from tests.verifier.hostile.world import HOST, Row, World, unfolding
from tests.verifier.test_reading import bitmap, png, png_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_HEAD = b"\x89PNG\r\n\x1a\n"


def bad(name: str, why: str, message: str, made: Callable[[], bytes]) -> Row:
    """Make a picture in which nothing can be read."""
    return Row(name, why, lambda _: made(), "UNREADABLE", message)


def photo(name: str, why: str, expected: str, message: str, made: Callable[[Image.Image, World], bytes]) -> Row:
    """Do something with a picture of the genuine document."""
    return Row(name, why, lambda world: made(bitmap(world.document), world), expected, message)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(*chunks: bytes, width: int = 8, height: int = 8, depth: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return _HEAD + _chunk(b"IHDR", header) + b"".join(chunks) + _chunk(b"IEND", b"")


def _rows(width: int = 8, height: int = 8) -> bytes:
    return _chunk(b"IDAT", zlib.compress((b"\0" + b"\xff" * width) * height))


def _wall() -> bytes:
    """Unfold to 2.5 gigabytes from 2.5 megabytes."""
    return _png(_chunk(b"IDAT", unfolding(bytes(1 << 20), 2400)), width=50_000, height=50_000)


def _profile() -> bytes:
    """Carry a colour profile that unfolds to a gigabyte."""
    return _png(_chunk(b"iCCP", b"x\0\0" + unfolding(bytes(1 << 20), 1024)), _rows())


def _remark() -> bytes:
    return _png(_chunk(b"zTXt", b"x\0\0" + unfolding(bytes(1 << 20), 512)), _rows())


def _animation() -> bytes:
    """Say to have a billion frames."""
    return _png(_chunk(b"acTL", struct.pack(">II", 1 << 30, 0)), _rows())


def _jpeg_of(width: int, height: int) -> bytes:
    """Change the size that a small JPEG states."""
    out = io.BytesIO()
    Image.new("L", (16, 16), 255).save(out, "JPEG")
    data = out.getvalue()
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def _saved(kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 80), "white").save(out, kind, **more)  # type: ignore[arg-type]  # Formats differ in these.
    return out.getvalue()


def _code(*texts: str) -> Image.Image:
    """Draw QR codes in a row."""
    drawn = []
    for text in texts:
        pixels = memoryview(zxingcpp.create_barcode(text, zxingcpp.QRCode).to_image(scale=4))  # type: ignore[arg-type]
        drawn.append(Image.frombytes("L", (pixels.shape or (0, 0))[::-1], pixels.tobytes()))
    return _beside(drawn)


def _beside(pictures: Sequence[Image.Image]) -> Image.Image:
    whole = Image.new("L", (sum(each.width for each in pictures), max(each.height for each in pictures)), 255)
    left = 0
    for each in pictures:
        whole.paste(each, (left, 0))
        left += each.width
    return whole


def _jpeg(picture: Image.Image, **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", **more)  # type: ignore[arg-type]  # As above.
    return out.getvalue()


def _svg(world: World) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script><text>{world.code}</text></svg>'.encode()


def _html_inside(picture: Image.Image, world: World) -> bytes:
    """Hide a page in a photograph's remarks, and spoil its code."""
    del picture
    return _jpeg(_code("https://evil.example/"), comment=b"<html><script>alert(1)</script>" + world.code.encode())


PICTURES = [
    bad("50,000 by 50,000", "2.5 gigabytes in 2.5 megabytes", "read.pixels", _wall),
    bad("2^31 by 2^31", "sizes overflow", "read.", lambda: _png(_rows(), width=2**31 - 1, height=2**31 - 1)),
    bad("nothing by nothing", "is divided by", "read.damaged", lambda: _png(_rows(), width=0, height=0)),
    bad("1 by 40 million", "as thin as a hair", "", lambda: _png(_rows(), width=1, height=40_000_000)),
    bad("a JPEG of 65,535 by 65,535", "says it is larger than it is", "read.pixels", lambda: _jpeg_of(65_535, 65_535)),
    bad("a JPEG of 7,000 by 7,000", "as above, within the limit", "", lambda: _jpeg_of(7_000, 7_000)),
    bad("a colour profile", "that unfolds to a gigabyte", "", _profile),
    bad("a remark", "that unfolds to half a gigabyte", "", _remark),
    bad("an animated PNG", "of a billion frames", "", _animation),
    bad("one that ends early", "half of it is invented", "read.damaged", lambda: png_of(1000, 1000, bytes(10))),
    bad("a head alone", "is empty", "read.damaged", lambda: _HEAD),
    bad(
        "a wrong checksum",
        "was changed on the way",
        "read.damaged",
        lambda: _HEAD + _chunk(b"IHDR", bytes(13))[:-1] + b"x",
    ),
    bad("noise as a photograph", "decoders guess", "read.damaged", lambda: b"\xff\xd8\xff" + os.urandom(5000)),
    bad("an animated GIF", "is not taken", "read.", lambda: _saved("GIF")),
    bad("a WebP", "is not taken", "read.", lambda: _saved("WEBP")),
    bad("a TIFF", "is not taken", "read.", lambda: _saved("TIFF")),
    bad("a BMP", "is not taken", "read.", lambda: _saved("BMP")),
    bad("an icon", "is not taken", "read.", lambda: _saved("ICO")),
    bad("PostScript", "is a program", "read.", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\nsystemdict /exec get exec\n"),
    Row("a drawing with a script", "SVG is a program", _svg, "UNREADABLE", "read."),
    bad(
        "16 bits of nothing",
        "deeper than most",
        "",
        lambda: _png(_chunk(b"IDAT", zlib.compress((b"\0" + b"\xff\xff" * 8) * 8)), depth=16),
    ),
    bad("CMYK of nothing", "colours that printers have", "form.nothing", lambda: _jpeg(Image.new("CMYK", (200, 200)))),
    Row(
        "a stranger's code",
        "a coupon",
        lambda _: png(_code("https://evil.example/")),
        "UNSUPPORTED",
        "form.foreign_host",
    ),
    Row(
        "a look-alike site's code",
        "nobody sees the difference",
        lambda _: png(_code("https://verify.exаmple.cn/licence")),
        "UNSUPPORTED",
        "form.look_alike_host",
    ),
    Row("a script in a code", "whoever opens it runs it", lambda _: png(_code("javascript:alert(1)")), "UNSUPPORTED"),
    Row(
        "a network's password in a code", "joins a network", lambda _: png(_code("WIFI:T:WPA;S:x;P:y;;")), "UNSUPPORTED"
    ),
    Row(
        "two certificates' codes",
        "which one is meant?",
        lambda world: png(_code(world.code, world.code[:-1] + ("0" if world.code[-1] != "0" else "1"))),
        "UNREADABLE",
        "form.several_codes",
    ),
    Row(
        "a code of another host",
        "telephones open it",
        lambda world: png(_code(world.code.replace(HOST, "verify.examp1e.cn"))),
        "INCOMPLETE",
        "document.led_elsewhere",
    ),
    photo("a page in a photograph's remarks", "browsers may show it", "UNSUPPORTED", "form.foreign_host", _html_inside),
    photo(
        "a photograph and a document",
        "is both",
        "UNREADABLE",
        "read.two_kinds",
        lambda picture, world: _jpeg(picture)[:100] + world.document,
    ),
    photo(
        "a blurred photograph",
        "nothing can be read",
        "UNREADABLE",
        "form.nothing",
        lambda picture, _: png(picture.convert("L").resize((60, 40))),
    ),
    photo(
        "the code cut in half",
        "the rest is guessed",
        "UNREADABLE",
        "form.nothing",
        lambda picture, _: png(picture.crop((0, 0, picture.width // 7, picture.height))),
    ),
]
