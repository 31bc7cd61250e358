"""Proofs in Ethereum's tries (Yellow Paper, appendix D): what lies under a key, or that nothing does.

A proof is the nodes from the root down, in the order of the walk, each once and all of them used; others' walkers let
needless nodes pass, and then one fact has many proofs. A node is found by its hash, or lies within its parent where it
takes less than 32 bytes. The hash binds a node to the root, so what is refused here beyond that was never in a trie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import strict_rlp
from chain.errors import EvidenceMalformed, NotProven
from chain.keccak import keccak

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chain.strict_rlp import Item

MAX_NODES = 64
"""No walk is longer: keys have 32 bytes, and who grows two keys alike in more than some 20 digits has broken Keccak."""
MAX_NODE = 1 << 19
"""Bytes. A leaf of receipts holds a whole receipt; that of 1,024 replacements has 240 kB."""

EMPTY_ROOT = keccak(strict_rlp.encode(b""))
"""The root of a trie without anything in it, in which there is nothing to walk."""

_HASH = 32
_BRANCH, _PATH = 17, 2
"""How many items a branch has, and an extension or a leaf."""
_VALUE = 16
"""The place of a branch's own value, behind its sixteen children."""
_LEAST_CHILDREN = 2
_NODE_ITEMS = 512
"""More than a node has, with the short nodes that lie within it."""
_ODD, _LEAF = 1, 2
"""The flags in the first nibble of a path."""


def require_walkable(nodes: Sequence[bytes]) -> None:
    """Raise `EvidenceMalformed` for more or longer nodes than any walk has; for whoever reads them from a file."""
    longest = max(map(len, nodes), default=0)
    if len(nodes) > MAX_NODES or longest > MAX_NODE:
        raise EvidenceMalformed(
            f"got {len(nodes)} nodes of a walk of up to {longest} bytes, wanted {MAX_NODES} of {MAX_NODE} at most"
        )


def value_at(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes | None:
    """Return what lies under a key, or None where the nodes prove that nothing does.

    The key is taken as it is: where a trie's keys are hashes, the caller hashes. Raises `NotProven`.
    """
    unused = iter(nodes)
    value = None if root == EMPTY_ROOT else _walk(_node(root, unused), _nibbles(key), unused)
    if needless := sum(1 for _ in unused):
        raise NotProven(f"got {len(nodes)} nodes of a trie, of which the walk needs only {len(nodes) - needless}")
    return value


def _walk(node: list[Item], key: bytes, unused: Iterator[bytes]) -> bytes | None:
    """Return what lies under the rest of a key, one nibble to a byte, from a node downwards."""
    while True:
        if len(node) == _BRANCH:
            _require_branch(node)
            if not key:
                return _value(node[_VALUE]) if node[_VALUE] else None
            child, key = node[key[0]], key[1:]
            if not child:
                return None
            node = _child(child, unused)
            continue
        path, is_leaf = _path(node)
        if is_leaf:
            return _value(node[1]) if path == key else None
        if not key.startswith(path):
            return None
        key = key[len(path) :]
        node = _child(node[1], unused)
        if len(node) != _BRANCH:
            raise NotProven("got an extension upon another path, wanted it upon a branch")


def _child(child: Item, unused: Iterator[bytes]) -> list[Item]:
    """Return the node that a parent points to, or has within itself."""
    if isinstance(child, list):
        if len(strict_rlp.encode(child)) >= _HASH:
            raise NotProven(f"got a node of {_HASH} bytes or more within another, wanted its hash there")
        return _in_form(child)
    if len(child) != _HASH:
        raise NotProven(f"got {len(child)} bytes where a node should point to another, wanted a hash of {_HASH}")
    return _node(child, unused, least=_HASH)


def _node(wanted: bytes, unused: Iterator[bytes], *, least: int = 0) -> list[Item]:
    """Return the next node, which has the hash that is wanted; only the root may be shorter than a hash."""
    node = next(unused, None)
    if node is None:
        raise NotProven(f"got no more nodes, wanted the one with the hash {wanted.hex()}")
    if (got := keccak(node)) != wanted:
        raise NotProven(f"got a node with the hash {got.hex()}, wanted {wanted.hex()}")
    if len(node) < least:
        raise NotProven(f"got a node of {len(node)} bytes by its hash, wanted it within its parent")
    try:
        return _in_form(strict_rlp.decode(node, most_items=_NODE_ITEMS))
    except EvidenceMalformed as exc:
        raise NotProven(f"got a node {wanted.hex()} that is no RLP: {exc}") from exc


def _in_form(node: Item) -> list[Item]:
    if not isinstance(node, list) or len(node) not in {_BRANCH, _PATH}:
        raise NotProven(f"got a node of {len(node)} parts, wanted a list of {_BRANCH} or {_PATH}")
    return node


def _require_branch(node: list[Item]) -> None:
    """Refuse a branch that does not branch, which would have been written as a path."""
    if sum(1 for item in node if item) < _LEAST_CHILDREN:
        raise NotProven("got a branch with less than two children, wanted a path")


def _path(node: list[Item]) -> tuple[bytes, bool]:
    """Return an extension's or a leaf's nibbles, and whether it is a leaf (Yellow Paper, appendix C)."""
    encoded = node[0]
    if not isinstance(encoded, bytes) or not encoded:
        raise NotProven("got a path that is no bytes, or none, wanted its flags at least")
    first, *nibbles = _nibbles(encoded)
    if first > _ODD | _LEAF:
        raise NotProven(f"got a path with the flags {first}, wanted 0 to {_ODD | _LEAF}")
    is_leaf = bool(first & _LEAF)
    if not first & _ODD and nibbles.pop(0):
        raise NotProven("got a path of even length whose padding is not zero")
    if not nibbles and not is_leaf:
        raise NotProven("got an extension without a path")
    return bytes(nibbles), is_leaf


def _value(item: Item) -> bytes:
    if not isinstance(item, bytes) or not item:
        raise NotProven("got a value that is no bytes, or none")
    return item


def _nibbles(data: bytes) -> bytes:
    return bytes(nibble for byte in data for nibble in (byte >> 4, byte & 15))
