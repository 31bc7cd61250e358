"""Secrets that consuming systems show: made of chance, known by their beginning, checked before anything is asked.

    yx_  <33 letters and digits: 24 random bytes> <6: CRC-32 of all before>      a client's own secret
    yxt_ <the same>                                                              an access token

The beginning lets scanners of source code find one that was left lying about; the check sum lets them, and us, tell
one from a word that only looks like it, without asking the database. There are no signs in it at which a double click
would stop. With 192 random bits nothing is gained by a slow hash: the digest kept is SHA-256.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

OWN, TOKEN = "yx_", "yxt_"

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BYTES, _RANDOM, _CHECK = 24, 33, 6
_SHAPE = re.compile(rf"(yx_|yxt_)[{_DIGITS}]{{{_RANDOM + _CHECK}}}")
_HINT = 4


def make(beginning: str, entropy: Callable[[int], bytes]) -> str:
    """Make a secret, `OWN` or `TOKEN`; it is shown once and kept by nobody but its owner."""
    body = beginning + _written(int.from_bytes(entropy(_RANDOM_BYTES)), _RANDOM)
    return body + _check(body)


def digest(text: str) -> bytes | None:
    """Return under what a secret is kept; None for a text that is none, by its shape or its check sum."""
    if not _SHAPE.fullmatch(text) or _check(text[:-_CHECK]) != text[-_CHECK:]:
        return None
    return hashlib.sha256(text.encode()).digest()


def hint(text: str) -> str:
    """Return what is shown of a secret later on: enough to tell several apart."""
    return text[-_HINT:]


def _check(body: str) -> str:
    return _written(zlib.crc32(body.encode()), _CHECK)


def _written(number: int, length: int) -> str:
    text = ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text
