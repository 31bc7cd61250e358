"""RLP with one encoding for one value, as Ethereum hashes it (Yellow Paper, appendix B).

The library writes; reading is our own, since the library's decoder takes a time that grows with the square of a list's
length (14 s for 1 MiB of single bytes) and the stack for its depth. What was read is written again and compared, so
that there is nothing to forget about canonical forms.
"""

from __future__ import annotations

from typing import TypeAlias

import rlp  # type: ignore[import-untyped]  # It comes without types.

from chain.errors import EvidenceMalformed

Item: TypeAlias = "bytes | list[Item]"

MAX_ITEMS = 1 << 16
"""More than the longest receipt has, which is the longest that there is: 1,024 replacements in one transaction."""

_LIST = 0xC0
_TEXT = 0x80
_SHORT = 56
"""A length below this one stands in the first byte; a longer one in as many bytes as that says."""


def encode(item: Item) -> bytes:
    """Encode in the one way."""
    encoded: bytes = rlp.encode(item, infer_serializer=False)
    return encoded


def decode(data: bytes, *, depth: int = 4, most_items: int = MAX_ITEMS) -> Item:
    """Decode what `encode` makes; raises `EvidenceMalformed` otherwise.

    Down to `depth` levels of lists within lists, and no more than `most_items` in all, lists included.
    """
    if not data:
        raise EvidenceMalformed("got no bytes at all, wanted RLP")
    item, end = _read(data, 0, len(data), depth, [most_items])
    if end != len(data):
        raise EvidenceMalformed(f"got {len(data)} bytes, wanted {end}: something stands behind the RLP")
    if encode(item) != data:
        raise EvidenceMalformed(f"got {len(data)} bytes of RLP that is spelled longer than needed")
    return item


def _read(data: bytes, start: int, end: int, depth: int, left: list[int]) -> tuple[Item, int]:
    """Return the item at `start`, which is before `end`, and where the next one starts.

    `left` holds one number, how many more items there may be.
    """
    if not left[0]:
        raise EvidenceMalformed(f"got {len(data)} bytes of RLP with more items than there can be")
    left[0] -= 1
    first = data[start]
    if first < _TEXT:
        return data[start : start + 1], start + 1
    is_list = first >= _LIST
    length = first - (_LIST if is_list else _TEXT)
    start += 1
    if length >= _SHORT:
        width = length - _SHORT + 1
        length = int.from_bytes(data[start : start + width])
        start += width
    stop = start + length
    if stop > end:
        raise EvidenceMalformed(f"got RLP that wants {stop} bytes where there are {end}")
    if not is_list:
        return data[start:stop], stop
    if not depth:
        raise EvidenceMalformed("got RLP with more lists within lists than there can be")
    items: list[Item] = []
    while start < stop:
        item, start = _read(data, start, stop, depth - 1, left)
        items.append(item)
    return items, stop
