"""Base64url as JOSE writes it (RFC 7515, section 2): no padding, and one text for one value."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

# The standard library's own base64url pads, and takes several times as long: each certificate needs it fifty times.
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/", b"+/!!")
"""What stands in other base64 becomes a character that none has."""


def encode(data: bytes) -> str:
    """Encode without padding."""
    return b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Decode the text that `encode` makes; raises ValueError for any other spelling of the same bytes.

    The decoder skips foreign characters and drops stray bits, so the result is encoded again and compared: otherwise
    one signature or salt could be written in several ways.
    """
    try:
        written = text.encode("ascii").translate(_FROM_URL)
        data = a2b_base64(written + b"==")
    except (Error, UnicodeEncodeError) as exc:
        raise ValueError(f"got {text[:40]!r}, wanted base64url") from exc
    if b2a_base64(data, newline=False).rstrip(b"=") != written:
        raise ValueError(f"got {text[:40]!r}, wanted base64url without padding, foreign characters or stray bits")
    return data
