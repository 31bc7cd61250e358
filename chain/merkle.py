"""RFC 9162 Merkle trees: root, inclusion path, root from a path.

The leaves handed in are hashes already; inner nodes are SHA-256(0x01 ‖ left ‖ right). That a node is no leaf follows
from how leaves are made (`entry_hash`, `facts.leaf`: the prefix 0x00); that a path has the right length, from the
tree's size, which is anchored together with the root.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from chain.errors import TreeMalformed

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BATCH = 1024
"""How many leaves the registry takes in one batch. The functions here know no limit."""

HASH = 32


def entry_hash(data: bytes) -> bytes:
    """Hash a log entry into a leaf (RFC 9162, section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves of 32 bytes each; over none, the hash of nothing, as the RFC says."""
    if not leaves:
        return sha256().digest()
    level = _checked(leaves)
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the siblings on the way from a leaf up to the root, lowest first."""
    return path_through(levels(leaves), index)


def levels(leaves: Sequence[bytes]) -> tuple[Sequence[bytes], ...]:
    """Return the whole tree level by level, the leaves first and the root last; for many paths of one tree."""
    found = [_checked(leaves)]
    while len(found[-1]) > 1:
        found.append(_parents(found[-1]))
    return tuple(found)


def path_through(tree: Sequence[Sequence[bytes]], index: int) -> tuple[bytes, ...]:
    """Return the siblings on the way from a leaf up to the root, lowest first, in a tree that `levels` made."""
    size = len(tree[0])
    if not 0 <= index < size:
        raise TreeMalformed(f"got leaf index {index}, wanted one within a tree of {size}")
    siblings = ((level, index >> height ^ 1) for height, level in enumerate(tree[:-1]))
    return tuple(level[sibling] for level, sibling in siblings if sibling < len(level))


def root_from_path(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that the path leads to (RFC 9162, section 2.1.3.2).

    Raises `TreeMalformed` where the path cannot belong to that index and size. Whether the root is the anchored one
    is the caller's to compare.
    """
    if not 0 <= index < size:
        raise TreeMalformed(f"got leaf index {index}, wanted one within a tree of {size}")
    nodes = iter(_checked(path))
    node = _checked([leaf])[0]
    wanted = 0
    last = size - 1
    while last:
        # The last node of a level that has an odd number of them has no sibling: it moves up as it is.
        if index & 1 or index < last:
            wanted += 1
            if (sibling := next(nodes, None)) is None:
                raise TreeMalformed(f"got a path of {len(path)} hashes, wanted more: at least {wanted}")
            node = _parent(sibling, node) if index & 1 else _parent(node, sibling)
        index, last = index >> 1, last >> 1
    if wanted != len(path):
        raise TreeMalformed(f"got a path of {len(path)} hashes, wanted {wanted}")
    return node


def _parent(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _parents(level: Sequence[bytes]) -> list[bytes]:
    """Return the next level; bound names and one comprehension, because a million leaves come through here."""
    hashed = sha256
    above = [hashed(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def _checked(hashes: Sequence[bytes]) -> Sequence[bytes]:
    """Refuse anything but 32 bytes, or a node's two halves could be told apart in more than one way."""
    if set(map(len, hashes)) - {HASH}:
        wrong = next(item for item in hashes if len(item) != HASH)
        raise TreeMalformed(f"got a hash of {len(wrong)} bytes, wanted {HASH}")
    return hashes
