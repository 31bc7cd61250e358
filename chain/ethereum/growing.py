"""Grows a Merkle Patricia trie from all that it holds, to take proofs from it. For tries of one block, not of a state.

Only what such a trie needs: no value is ever removed, and all are known beforehand. `chain.trie` checks the proofs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import strict_rlp
from chain.keccak import keccak

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.strict_rlp import Item

_HASH_BYTES = 32
_BRANCHES = 16


class Trie:
    """A trie that is complete once it is made."""

    def __init__(self, contents: Mapping[bytes, bytes]) -> None:
        """Take keys as they are (hashing them is the caller's) and values that are not empty."""
        self._nodes: dict[tuple[int, ...], bytes] = {}
        """Encoded nodes by their place, of those only that are found by their hash."""
        grown = self._grow({_nibbles(key): value for key, value in contents.items()}, ())
        self._nodes[()] = strict_rlp.encode(grown)
        self.root = keccak(self._nodes[()])

    def path(self, key: bytes) -> tuple[bytes, ...]:
        """Return the nodes that are passed on the way from the root to a key, in this order."""
        nibbles = _nibbles(key)
        places = (nibbles[:length] for length in range(len(nibbles) + 1))
        return tuple(self._nodes[place] for place in places if place in self._nodes)

    def _grow(self, contents: Mapping[tuple[int, ...], bytes], place: tuple[int, ...]) -> Item:
        """Return the node at a place, over all keys that begin like it."""
        if not contents:
            return b""
        done = len(place)
        keys = list(contents)
        if len(keys) == 1:
            return [_compact(keys[0][done:], ends=True), contents[keys[0]]]
        shared = _shared(keys, done)
        if shared > done:
            below = keys[0][:shared]
            return [_compact(below[done:], ends=False), self._reference(self._grow(contents, below), below)]
        branches: list[Item] = [
            self._reference(
                self._grow({key: contents[key] for key in keys if key[done : done + 1] == (nibble,)}, (*place, nibble)),
                (*place, nibble),
            )
            for nibble in range(_BRANCHES)
        ]
        return [*branches, contents.get(place, b"")]

    def _reference(self, node: Item, place: tuple[int, ...]) -> Item:
        """Return what stands for a node in its parent: its hash, or itself where it is shorter."""
        if not node:
            return b""
        encoded = strict_rlp.encode(node)
        if len(encoded) < _HASH_BYTES:
            return node
        self._nodes[place] = encoded
        return keccak(encoded)


def _nibbles(key: bytes) -> tuple[int, ...]:
    return tuple(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _shared(keys: Sequence[tuple[int, ...]], done: int) -> int:
    """Return how long all keys are the same, of which so much is known already."""
    first, last = min(keys), max(keys)
    length = done
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return length


def _compact(nibbles: tuple[int, ...], *, ends: bool) -> bytes:
    """Return a part of a path with its flags (hex-prefix encoding, Yellow Paper, appendix C)."""
    flag = 2 * ends + len(nibbles) % 2
    whole = (flag, *nibbles) if len(nibbles) % 2 else (flag, 0, *nibbles)
    return bytes(high << 4 | low for high, low in zip(whole[::2], whole[1::2], strict=True))
