"""Tries made by others' library, with the proofs that a node would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rlp
from trie import HexaryTrie

from chain.keccak import keccak

if TYPE_CHECKING:
    from collections.abc import Mapping


def trie_of(content: Mapping[bytes, bytes]) -> HexaryTrie:
    """Return the trie with that content, its keys as they are."""
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[key] = value
    return trie


def secure_trie_of(content: Mapping[bytes, bytes]) -> HexaryTrie:
    """Return the trie whose keys are the hashes of those given, as accounts and storage have it."""
    return trie_of({keccak(key): value for key, value in content.items()})


def proof_of(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    """Return the nodes as `eth_getProof` does: what lies within its parent has no place of its own."""
    nodes = [bytes(rlp.encode(node)) for node in trie.get_proof(key)]
    return tuple(node for place, node in enumerate(nodes) if place == 0 or len(node) >= 32)


def secure_proof_of(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    """Return the nodes on the way to a key's hash."""
    return proof_of(trie, keccak(key))
