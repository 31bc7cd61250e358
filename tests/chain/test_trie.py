"""Proofs in tries."""

from __future__ import annotations

from hashlib import sha256
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
import rlp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from trie import HexaryTrie
from trie.exceptions import ValidationError

from chain.errors import EvidenceMalformed, NotProven
from chain.keccak import keccak
from chain.trie import EMPTY_ROOT, MAX_NODE, MAX_NODES, require_walkable, value_at
from tests.chain.tries import proof_of, trie_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.strict_rlp import Item

# Few different nibbles, so that paths are shared, and one key may begin another; values short enough to lie in their
# parents, and long ones.
_KEYS = st.lists(st.sampled_from([0x00, 0x01, 0x10, 0x11, 0xF0]), max_size=4).map(bytes)
_VALUES = st.integers(1, 45).flatmap(lambda size: st.binary(min_size=size, max_size=size))
_CONTENTS = st.dictionaries(_KEYS, _VALUES, max_size=25)

_RECEIPTS = {rlp.encode(index): sha256(bytes([index])).digest() * 3 for index in range(200)}
_SHORT = {bytes([a, b]): bytes([1 + a]) for a in range(4) for b in range(4)}


def _same(trie: HexaryTrie, key: bytes, wanted: bytes | None) -> None:
    """Hold our reading of a proof, and the library's, to what is in the trie."""
    nodes = proof_of(trie, key)
    assert value_at(trie.root_hash, key, nodes) == wanted
    try:
        library = HexaryTrie.get_from_proof(trie.root_hash, key, [rlp.decode(node) for node in nodes])
    except ValidationError:
        # The library stumbles over a key that ends within an extension, which no key of Ethereum's does.
        assert wanted is None
        return
    assert library == (wanted or b"")


@settings(max_examples=300, deadline=None)
@given(_CONTENTS, _KEYS)
@example({}, b"")
@example({b"": b"\x01"}, b"")
@example({b"\x00": b"\x01", b"": b"\x02"}, b"")
def test_what_the_library_proves_we_read(content: dict[bytes, bytes], key: bytes) -> None:
    trie = trie_of(content)
    for asked in (key, *content):
        _same(trie, asked, content.get(asked))


def test_receipts_of_a_large_block_and_values_within_their_parents_are_read() -> None:
    for content, absent in ((_RECEIPTS, [rlp.encode(200), rlp.encode(1_000)]), (_SHORT, [b"", b"\x01", b"\x01\x05"])):
        trie = trie_of(content)
        for key in (*content, *absent):
            _same(trie, key, content.get(key))


@settings(max_examples=150, deadline=None)
@given(_CONTENTS.filter(lambda content: len(content) > 1), _KEYS, st.data())
def test_a_node_more_less_or_changed_proves_nothing(
    content: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    trie = trie_of(content)
    nodes = proof_of(trie, key)
    place = data.draw(st.integers(0, len(nodes) - 1))
    bit = data.draw(st.integers(0, len(nodes[place]) * 8 - 1))
    flipped = bytearray(nodes[place])
    flipped[bit // 8] ^= 1 << bit % 8
    for wrong in (
        nodes[:place] + nodes[place + 1 :],
        (*nodes[:place], nodes[place], *nodes[place:]),
        (*nodes[:place], bytes(flipped), *nodes[place + 1 :]),
    ):
        with pytest.raises(NotProven):
            value_at(trie.root_hash, key, wrong)


@pytest.mark.parametrize(
    "key", [rlp.encode(150), rlp.encode(0), rlp.encode(1_000), b"\x82"], ids=["deep", "first", "absent", "cut off"]
)
def test_every_tampering_with_a_proof_is_refused(key: bytes) -> None:
    trie = trie_of(_RECEIPTS)
    nodes = proof_of(trie, key)
    strange = proof_of(trie, rlp.encode(20))[-1]
    assert len(nodes) > 1
    assert value_at(trie.root_hash, key, nodes) == _RECEIPTS.get(key)
    wrong: list[Sequence[bytes]] = [(), (strange,)]
    for place in range(len(nodes) + 1):
        wrong += [(*nodes[:place], extra, *nodes[place:]) for extra in (strange, nodes[0], nodes[-1], b"", b"\x80")]
    for place, node in enumerate(nodes):
        changes = [strange, node[:-1], node + b"\x00", b""]
        for bit in range(len(node) * 8):
            flipped = bytearray(node)
            flipped[bit // 8] ^= 1 << bit % 8
            changes.append(bytes(flipped))
        wrong += [nodes[:place] + nodes[place + 1 :]]
        wrong += [(*nodes[:place], change, *nodes[place + 1 :]) for change in changes if change != node]
    wrong += [order for order in permutations(nodes) if order != nodes]
    believed = [each for each in wrong if _is_believed(trie.root_hash, key, each)]
    assert believed == []


def _is_believed(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bool:
    try:
        value_at(root, key, nodes)
    except NotProven:
        return False
    return True


def test_a_proof_is_of_its_own_key_and_root_only() -> None:
    trie = trie_of(_RECEIPTS)
    nodes = proof_of(trie, rlp.encode(150))
    with pytest.raises(NotProven, match=r"wanted the one with the hash|got a node with the hash"):
        value_at(trie.root_hash, rlp.encode(3), nodes)
    with pytest.raises(NotProven, match="got a node with the hash"):
        value_at(sha256(b"another root").digest(), rlp.encode(150), nodes)


def test_in_an_empty_trie_there_is_nothing_and_nothing_to_walk() -> None:
    assert trie_of({}).root_hash == EMPTY_ROOT
    assert value_at(EMPTY_ROOT, b"key", ()) is None
    with pytest.raises(NotProven, match="got 1 nodes of a trie, of which the walk needs only 0"):
        value_at(EMPTY_ROOT, b"key", (b"\x80",))


def test_needless_nodes_are_counted() -> None:
    trie = trie_of(_RECEIPTS)
    nodes = proof_of(trie, rlp.encode(150))
    with pytest.raises(
        NotProven, match=f"got {len(nodes) + 1} nodes of a trie, of which the walk needs only {len(nodes)}"
    ):
        value_at(trie.root_hash, rlp.encode(150), (*nodes, nodes[-1]))


# Nodes that no trie has, under a root that is theirs. The key is 0x12, so its nibbles are 1 and 2.

_KEY = b"\x12"
_LEAF: Item = [b"\x32", b"value"]
"""Under the nibble 2."""


def _branch(children: dict[int, Item]) -> Item:
    return [children.get(place, b"") for place in range(17)]


def _nodes(*items: Item) -> list[bytes]:
    return [bytes(rlp.encode(item)) for item in items]


def _proven(nodes: Sequence[bytes]) -> bytes | None:
    return value_at(keccak(nodes[0]), _KEY, nodes)


def test_nodes_by_hand_are_read_where_they_are_in_form() -> None:
    long: Item = [b"\x32", bytes(40)]
    assert _proven(_nodes([b"\x20\x12", b"value"])) == b"value"
    assert _proven(_nodes(_branch({1: _LEAF, 2: _LEAF}))) == b"value"
    assert _proven(_nodes(_branch({1: keccak(rlp.encode(long)), 2: _LEAF}), long)) == bytes(40)
    assert _proven(_nodes([b"\x11", _branch({2: [b"\x20", b"v"], 3: [b"\x20", b"w"]})])) == b"v"
    assert _proven(_nodes([b"\x00\x12", _branch({16: b"v", 3: [b"\x20", b"w"]})])) == b"v"
    assert _proven(_nodes([b"\x00\x12", _branch({4: [b"\x20", b"v"], 3: [b"\x20", b"w"]})])) is None
    assert _proven(_nodes([b"\x12", _branch({2: [b"\x20", b"v"], 3: [b"\x20", b"w"]})])) is None


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        pytest.param(_nodes(_branch({1: _LEAF})), "a branch with less than two children", id="a branch to one place"),
        pytest.param(_nodes(_branch({})), "a branch with less than two children", id="a branch to nowhere"),
        pytest.param(_nodes([b"\x11", _LEAF]), "an extension upon another path", id="an extension upon a leaf"),
        pytest.param(_nodes([b"\x00", _branch({1: _LEAF, 2: _LEAF})]), "an extension without", id="an empty extension"),
        pytest.param(_nodes([b"\x11", b""]), "got 0 bytes where a node should point", id="an extension to nowhere"),
        pytest.param(_nodes([b"\x40\x12", b"v"]), "a path with the flags 4", id="a flag that is none"),
        pytest.param(_nodes([b"\x21\x12", b"v"]), "padding is not zero", id="padding that is not zero"),
        pytest.param(_nodes([b"", b"v"]), "a path that is no bytes, or none", id="a path without flags"),
        pytest.param(_nodes([[], b"v"]), "a path that is no bytes", id="a path that is a list"),
        pytest.param(_nodes([b"\x20\x12", b""]), "a value that is no bytes, or none", id="a leaf of nothing"),
        pytest.param(_nodes([b"\x20\x12", []]), "a value that is no bytes", id="a value that is a list"),
        pytest.param(_nodes([b"\x20\x12", b"v", b""]), "a node of 3 parts", id="three parts"),
        pytest.param(_nodes([]), "a node of 0 parts", id="no parts"),
        pytest.param(_nodes(b"a node"), "a node of 6 parts", id="bytes"),
        pytest.param([b"\xc2\x81\x20\x80"], "that is no RLP", id="no RLP"),
        pytest.param([b"\xf8\x03\x20\x12\x80"], "that is no RLP", id="a longer spelling"),
        pytest.param([*_nodes([b"\x20\x12", b"v"]), b"\x80"], "needs only 1", id="a node behind"),
        pytest.param(
            _nodes(_branch({1: b"\x01\x02", 2: _LEAF})), "got 2 bytes where a node should point", id="a short pointer"
        ),
        pytest.param(
            _nodes(_branch({1: bytes(33), 2: _LEAF})), "got 33 bytes where a node should point", id="a long pointer"
        ),
        pytest.param(
            _nodes(_branch({1: keccak(rlp.encode(_LEAF)), 2: _LEAF}), _LEAF),
            "wanted it within its parent",
            id="a short node by its hash",
        ),
        pytest.param(
            _nodes(_branch({1: [b"\x32", bytes(40)], 2: _LEAF})),
            "a node of 32 bytes or more within another",
            id="a long node within its parent",
        ),
        pytest.param(
            _nodes(_branch({1: [b"\x32", b"v", b""], 2: _LEAF})), "a node of 3 parts", id="three parts within a parent"
        ),
        pytest.param(
            _nodes([b"\x00\x12", _branch({16: [b"v"], 3: [b"\x20", b"w"]})]),
            "a value that is no bytes",
            id="a branch's value that is a list",
        ),
    ],
)
def test_what_no_trie_has_is_refused_even_under_its_own_hash(nodes: list[bytes], why: str) -> None:
    with pytest.raises(NotProven, match=why):
        _proven(nodes)


def test_no_walk_has_more_or_longer_nodes_than_these() -> None:
    require_walkable([])
    require_walkable([bytes(MAX_NODE)] * MAX_NODES)
    with pytest.raises(EvidenceMalformed, match="got 65 nodes"):
        require_walkable([b""] * (MAX_NODES + 1))
    with pytest.raises(EvidenceMalformed, match="of up to 524289 bytes"):
        require_walkable([b"", bytes(MAX_NODE + 1)])


def test_a_node_of_thousands_of_items_is_not_built() -> None:
    node = rlp.encode([b"\1"] * 1_000)
    with pytest.raises(NotProven, match="more items than there can be"):
        value_at(keccak(node), b"key", [node])
