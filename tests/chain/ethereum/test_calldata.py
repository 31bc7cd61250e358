"""Leaves read from calldata that may be anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import merkle
from chain.ethereum import contracts
from chain.ethereum.calldata import leaves_of as read
from chain.events import BatchAnchored
from tests.deployed import leaves_of

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAVES = leaves_of("calldata", 5)
SIGNATURES = (99, b"\x01" * 65, (b"\x02" * 65,))
ANCHOR = contracts.certificates().functions["anchor"].call(3, 2, 1, LEAVES, SIGNATURES)
REPLACE = contracts.certificates().functions["replace"].call(3, 2, 1, LEAVES, leaves_of("old", 5), 490_000, SIGNATURES)
HEAD = 4 + 3 * 32
"""Where the offset of the leaves stands."""


def anchored(leaves: Sequence[bytes], *, size: int | None = None) -> BatchAnchored:
    return BatchAnchored(3, merkle.root(leaves), 2, 1, len(leaves) if size is None else size, 1, bytes(20), ())


@pytest.mark.parametrize("calldata", [ANCHOR, REPLACE], ids=["anchor", "replace"])
def test_leaves_are_read_from_both_ways_to_anchor(calldata: bytes) -> None:
    assert read(calldata, anchored(LEAVES)) == (LEAVES, "")


def test_other_functions_anchor_nothing() -> None:
    leaves, finding = read(b"\xde\xad\xbe\xef" + ANCHOR[4:], anchored(LEAVES))
    assert (leaves, finding) == ((), "the transaction calls 0xdeadbeef, which anchors nothing we know")


def test_leaves_that_make_another_root_are_shown_with_a_finding() -> None:
    leaves, finding = read(ANCHOR, anchored(leaves_of("other", 5)))
    assert leaves == LEAVES
    assert "make the root" in finding


def test_another_number_of_leaves_is_a_finding() -> None:
    assert read(ANCHOR, anchored(LEAVES, size=4)) == ((), "the transaction shows 5 leaves, the batch has 4")


@pytest.mark.parametrize("length", [0, 4, HEAD, HEAD + 32, 4 + 5 * 32, 4 + 5 * 32 + 32])
def test_calldata_that_ends_too_early_is_a_finding(length: int) -> None:
    leaves, finding = read(ANCHOR[:length], anchored(LEAVES))
    assert leaves == ()
    assert finding


@pytest.mark.parametrize("offset", [0, 31, 2**31, 2**256 - 1])
def test_an_offset_that_leads_elsewhere_is_a_finding(offset: int) -> None:
    calldata = ANCHOR[:HEAD] + offset.to_bytes(32) + ANCHOR[HEAD + 32 :]
    leaves, finding = read(calldata, anchored(LEAVES))
    assert leaves == ()
    assert finding


@given(st.binary(max_size=400), st.integers(0, 2**16))
def test_no_calldata_stops_the_reader(rest: bytes, size: int) -> None:
    leaves, finding = read(ANCHOR[:4] + rest, anchored(LEAVES, size=size))
    assert finding
    assert all(len(leaf) == 32 for leaf in leaves)
