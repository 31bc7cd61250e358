"""CBOR with one encoding for one value (RFC 8949, section 4.2.1), of few kinds and without tags.

What is signed and printed is compared byte for byte, so a decoder that takes a second spelling of the same value
would let one code be written in many ways.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NoReturn, TypeAlias

import cbor2

CBOR: TypeAlias = "int | bytes | str | list[CBOR] | dict[int, CBOR] | None"
"""The kinds there are here. Our maps have at most one member, so that no question of order arises."""

MAX_DEPTH = 6


def encode(value: CBOR) -> bytes:
    """Encode in the one way."""
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes) -> CBOR:
    """Decode what `encode` makes, down to `MAX_DEPTH` levels; raises ValueError for any other bytes."""
    try:
        value: CBOR = cbor2.loads(
            data,
            # Answers for every tag there is or will be: otherwise the decoder builds dates, patterns, messages and
            # shared references out of a stranger's bytes.
            semantic_decoders=defaultdict(lambda: _refuse),
            max_depth=MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except cbor2.CBORDecodeError as exc:
        raise ValueError(f"got {len(data)} bytes that are not plain CBOR: {exc}") from exc
    if not _is_plain(value):
        raise ValueError("got CBOR with fractions, truth values or the like, wanted integers, text, bytes and null")
    if encode(value) != data:
        raise ValueError(f"got {len(data)} bytes of CBOR with something left over or spelled longer than needed")
    return value


def _is_plain(value: object) -> bool:
    match value:
        case list():
            return all(map(_is_plain, value))
        case dict():
            return len(value) <= 1 and all(type(key) is int and _is_plain(member) for key, member in value.items())
        case _:
            return value is None or type(value) in {int, bytes, str}


def _refuse(*_: object) -> NoReturn:
    raise ValueError("a tag")
