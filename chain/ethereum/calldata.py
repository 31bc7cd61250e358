"""The leaves of a batch, read from the calldata that anchored it.

The contract demands canonical calldata, but this reader does not rely on that: it takes no offset or length on faith,
and says what is odd instead of failing, so that no transaction can stop an index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import merkle
from chain.ethereum.contracts import SELECTOR_BYTES, certificates

if TYPE_CHECKING:
    from chain.events import BatchAnchored

_WORD = 32
_LEAVES_ARGUMENT = 3
"""`leaves` is the fourth argument of both `anchor` and `replace`."""


def leaves_of(calldata: bytes, anchored: BatchAnchored) -> tuple[tuple[bytes, ...], str]:
    """Return the leaves that a transaction shows for a batch, with a finding that is empty if they make its root."""
    functions = certificates().functions
    if calldata[:SELECTOR_BYTES] not in {functions["anchor"].selector, functions["replace"].selector}:
        return (), f"the transaction calls 0x{calldata[:SELECTOR_BYTES].hex()}, which anchors nothing we know"
    arguments = calldata[SELECTOR_BYTES:]
    offset = _word(arguments, _LEAVES_ARGUMENT * _WORD)
    count = None if offset is None else _word(arguments, offset)
    if offset is None or count is None:
        return (), "the transaction's calldata ends before its leaves"
    if count != anchored.size or not 1 <= count <= merkle.MAX_BATCH:
        return (), f"the transaction shows {count} leaves, the batch has {anchored.size}"
    start = offset + _WORD
    end = start + count * _WORD
    if end > len(arguments):
        return (), f"the transaction's calldata ends within its {count} leaves"
    leaves = tuple(arguments[place : place + _WORD] for place in range(start, end, _WORD))
    root = merkle.root(leaves)
    if root != anchored.root:
        return leaves, f"the transaction's leaves make the root {root.hex()}, the batch has {anchored.root.hex()}"
    return leaves, ""


def shown_leaves(calldata: bytes) -> tuple[int | None, tuple[bytes, ...] | None]:
    """Return how many leaves a call of `anchor` or `replace` says it holds, and these; None for what cannot be read."""
    arguments = calldata[SELECTOR_BYTES:]
    offset = _word(arguments, _LEAVES_ARGUMENT * _WORD)
    count = None if offset is None else _word(arguments, offset)
    if offset is None or count is None:
        return None, None
    start = offset + _WORD
    end = start + count * _WORD
    if not 1 <= count <= merkle.MAX_BATCH or end > len(arguments):
        return count, None
    return count, tuple(arguments[place : place + _WORD] for place in range(start, end, _WORD))


def _word(arguments: bytes, place: int) -> int | None:
    """Return the number at a place, None if the calldata ends before it."""
    if place + _WORD > len(arguments):
        return None
    return int.from_bytes(arguments[place : place + _WORD])
