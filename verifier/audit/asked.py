"""What auditors type, read strictly: of a day, a number or a hash that could be meant otherwise, nothing is guessed."""

from __future__ import annotations

import re
from datetime import date

from verifier.audit.misasked import Misasked

_SHOWN = 40
_MAX_DIGITS = 10
_HASH_DIGITS = 64
_HASH = re.compile(rf"(?:0[xX])?([0-9a-fA-F]{{{_HASH_DIGITS}}})")


def day(name: str, text: str) -> date:
    """Read a day such as 2026-01-31; raises `Misasked`, also for one that is written otherwise."""
    try:
        found = date.fromisoformat(text)
    except ValueError as exc:
        raise Misasked("day", name=name, got=text[:_SHOWN]) from exc
    if found.isoformat() != text:
        raise Misasked("day", name=name, got=text[:_SHOWN])
    return found


def number(name: str, text: str) -> int:
    """Read a number of few digits; raises `Misasked`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
        raise Misasked("number", name=name, got=text[:_SHOWN])
    return int(text)


def hash_of(name: str, text: str) -> bytes:
    """Read 32 bytes in hexadecimal digits, with or without 0x; raises `Misasked`."""
    match = _HASH.fullmatch(text)
    if match is None:
        raise Misasked("hash", name=name, got=text[: 2 * _SHOWN], digits=_HASH_DIGITS)
    return bytes.fromhex(match[1])
