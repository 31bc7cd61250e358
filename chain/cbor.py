"""CBOR with one encoding for one value (RFC 8949, section 4.2.1), of few kinds and without tags.

What is signed and printed is compared byte for byte, so a decoder that takes a second spelling of the same value
would let one code be written in many ways.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeAlias

import cbor2

CBOR: TypeAlias = "int | bytes | str | list[CBOR] | dict[int, CBOR] | None"
"""The kinds there are here. Our maps have at most one member, so that no question of order arises."""

MAX_DEPTH = 6
MAX_ITEMS = 4_096
"""More than anything here needs: a history with every kind of event has about 300."""

_SHORT_DATA = 4_096
"""Bytes that hold few items and no long text, so that they may be decoded before they are looked over."""
_MAX_TEXT = 1 << 16
"""Bytes of one text: what unpacks a thousandfold takes four times as much again once it is characters."""
_TEXT, _ARRAY, _MAP, _TAG = 3, 4, 5, 6
_STRINGS = (2, _TEXT)
"""Major types (RFC 8949, section 3.1)."""
_PLAIN = frozenset({int, bytes, str, type(None)})
"""What most values are; a truth value is of another type."""
_SHORT, _LONGEST = 24, 27
"""A number below the first stands in the head itself; up to the second, in as many bytes behind it as they say."""


def encode(value: CBOR) -> bytes:
    """Encode in the one way: whole numbers and lengths are as short as can be anyhow, and no map has an order."""
    return cbor2.dumps(value)


def decode(data: bytes, *, most_items: int = MAX_ITEMS) -> CBOR:
    """Decode what `encode` makes, down to `MAX_DEPTH` levels; raises ValueError for any other bytes.

    More than `most_items` (each value counts, and so do arrays and keys) are refused before anything is built of them.
    """
    is_short = len(data) <= min(_SHORT_DATA, most_items)
    end = len(data) if is_short else _scanned(data, most_items)
    try:
        value: CBOR = cbor2.loads(
            data,
            semantic_decoders=_REFUSED_TAGS,
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except cbor2.CBORDecodeError as exc:
        _scanned(data, most_items)
        raise ValueError(f"got {len(data)} bytes that are not plain CBOR: {exc}") from exc
    if not _is_plain(value):
        raise ValueError("got CBOR with fractions, truth values or the like, wanted integers, text, bytes and null")
    if is_short and encode(value) != data:
        end = _scanned(data, most_items)
    if end != len(data):
        raise ValueError(f"got {len(data)} bytes of CBOR, wanted {end}: something is left over")
    return value


def _scanned(data: bytes, most: int) -> int:
    """Return where the first value ends, having looked at heads only.

    Raises ValueError for too many items, too long a text, and a head that could be shorter. What else may be wrong is
    the decoder's to find. Encoding again and comparing, which is how few bytes are held to their one spelling, would
    find it all, too, but only after everything has been built, and take as much memory once more.
    """
    at, items, expected = 0, 0, 1
    while expected and at < len(data):
        major, number = data[at] >> 5, data[at] & 31
        at += 1
        if number > _LONGEST:
            break
        if number >= _SHORT:
            width = 1 << number - _SHORT
            number = int.from_bytes(data[at : at + width])
            at += width
            # Behind the head of a whole stand as few bytes as hold its number.
            if number < (_SHORT if width == 1 else 1 << 4 * width):
                raise ValueError(f"got {len(data)} bytes of CBOR in which {number} is spelled longer than needed")
        items, expected = items + 1, expected - 1
        if major in _STRINGS:
            at += number
            if major == _TEXT and number > _MAX_TEXT:
                raise ValueError(f"got a text of {number} bytes, wanted at most {_MAX_TEXT}")
        elif major in {_ARRAY, _MAP, _TAG}:
            expected += {_ARRAY: number, _MAP: 2 * number, _TAG: 1}[major]
        if items + expected > most:
            raise ValueError(f"got {len(data)} bytes of CBOR with more than {most} items")
    return at


def _is_plain(value: object) -> bool:
    if type(value) in _PLAIN:
        return True
    if isinstance(value, list):
        return _PLAIN.issuperset(map(type, value)) or all(map(_is_plain, value))
    if isinstance(value, dict) and len(value) <= 1:
        return all(type(key) is int and _is_plain(member) for key, member in value.items())
    return False


def _refuse(*_: object) -> NoReturn:
    raise ValueError("a tag")


class _RefusedTags(dict[int, Callable[..., NoReturn]]):
    """Answers for every tag there is or will be.

    Otherwise the decoder builds dates, patterns, messages and shared references out of a stranger's bytes.
    """

    def __missing__(self, _tag: int) -> Callable[..., NoReturn]:
        return _refuse


_REFUSED_TAGS = _RefusedTags()
