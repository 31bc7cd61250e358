"""Tries that are grown for one proof, against the library that others trust."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie  # type: ignore[import-untyped]

from chain import strict_rlp, trie
from chain.ethereum.growing import Trie
from chain.ethereum.headers import as_scalar
from chain.keccak import keccak

KEYS = st.binary(min_size=1, max_size=3)
"""Short, so that they share beginnings, and one is the beginning of another."""
CONTENTS = st.dictionaries(KEYS, st.binary(min_size=1, max_size=40), max_size=40)


def by_others(contents: dict[bytes, bytes]) -> HexaryTrie:
    made = HexaryTrie({})
    for key, value in contents.items():
        made[key] = value
    return made


@given(CONTENTS)
def test_the_root_is_that_of_the_library(contents: dict[bytes, bytes]) -> None:
    assert Trie(contents).root == by_others(contents).root_hash


@given(CONTENTS, KEYS)
def test_every_path_shows_what_lies_under_its_key_or_that_nothing_does(
    contents: dict[bytes, bytes], key: bytes
) -> None:
    grown = Trie(contents)
    for each in {key, *contents}:
        nodes = grown.path(each) if contents else ()
        assert trie.value_at(grown.root, each, nodes) == contents.get(each)


@pytest.mark.parametrize("size", [1, 2, 16, 17, 127, 128, 129, 300])
def test_tries_over_the_indices_of_a_block(size: int) -> None:
    contents = {strict_rlp.encode(as_scalar(index)): bytes([index % 251]) * (1 + index % 60) for index in range(size)}
    grown = Trie(contents)
    assert grown.root == by_others(contents).root_hash
    for key, value in contents.items():
        assert trie.value_at(grown.root, key, grown.path(key)) == value


def test_an_empty_trie_has_the_root_that_empty_blocks_show() -> None:
    assert Trie({}).root == trie.EMPTY_ROOT == keccak(b"\x80")
