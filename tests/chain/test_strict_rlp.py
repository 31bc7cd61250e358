"""RLP: one encoding for one value."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import rlp
from hypothesis import example, given
from hypothesis import strategies as st

from chain import strict_rlp
from chain.errors import EvidenceMalformed

if TYPE_CHECKING:
    from chain.strict_rlp import Item

_ITEMS: st.SearchStrategy[Item] = st.recursive(
    st.binary(max_size=70), lambda inner: st.lists(inner, max_size=20), max_leaves=60
)


@given(_ITEMS)
def test_what_is_written_is_read_again_as_the_library_reads_it(item: Item) -> None:
    written = strict_rlp.encode(item)
    assert strict_rlp.decode(written, depth=1_000) == item == rlp.decode(written)


@given(st.binary(max_size=80))
@example(b"\xb8\x37" + bytes(0x37))
@example(b"\x81\x7f")
def test_bytes_are_either_read_in_their_one_spelling_or_refused(data: bytes) -> None:
    try:
        item = strict_rlp.decode(data)
    except EvidenceMalformed:
        return
    assert strict_rlp.encode(item) == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x80\x80", id="something behind it"),
        pytest.param(b"\xc1", id="a list cut off"),
        pytest.param(b"\x83ab", id="bytes cut off"),
        pytest.param(b"\xb8", id="a length cut off"),
        pytest.param(b"\xf9\x01", id="a list's length cut off"),
        pytest.param(b"\xc2\x83a", id="an item that reaches beyond its list"),
        pytest.param(b"\x81\x05", id="a small byte with a length before it"),
        pytest.param(b"\xb8\x01\xff", id="a short length in the long form"),
        pytest.param(b"\xb9\x00\x40" + bytes(64), id="a length with a zero before it"),
        pytest.param(b"\xf8\x01\x80", id="a short list in the long form"),
        pytest.param(b"\xbf" + b"\xff" * 8, id="a length beyond all memory"),
    ],
)
def test_every_other_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(EvidenceMalformed, match="got"):
        strict_rlp.decode(data)


def test_lists_within_lists_are_counted_and_never_exhaust_the_stack() -> None:
    assert strict_rlp.decode(b"\xc2\xc1\xc0", depth=3) == [[[]]]
    with pytest.raises(EvidenceMalformed, match="more lists within lists"):
        strict_rlp.decode(b"\xc2\xc1\xc0", depth=2)
    # Every level says in three bytes how long the rest is, so that nothing is wrong with it but its depth.
    deep = b"".join(b"\xfa" + (4 * below).to_bytes(3) for below in range(100_000, 0, -1)) + b"\x80\x80\x80\x80"
    with pytest.raises(EvidenceMalformed, match="more lists within lists"):
        strict_rlp.decode(deep)


def test_a_long_list_is_read_as_fast_as_many_short_ones() -> None:
    long = strict_rlp.encode([b"\x01"] * 50_000)
    short = strict_rlp.encode([b"\x01"] * 500)
    # With the library's decoder, whose time grows with the square, one is more than ten times as slow as the others.
    assert _seconds([long]) < 5 * _seconds([short] * 100)


def test_items_are_counted_while_they_are_read() -> None:
    items: strict_rlp.Item = [b"\x01", [b"", b"\x02"], b"\x03" * 60]
    assert strict_rlp.decode(strict_rlp.encode(items), most_items=6) == items
    with pytest.raises(EvidenceMalformed, match="more items than there can be"):
        strict_rlp.decode(strict_rlp.encode(items), most_items=5)


def _seconds(encoded: list[bytes]) -> float:
    """Return the shortest of three times, so that what else the machine does counts little."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        for data in encoded:
            strict_rlp.decode(data)
        times.append(time.perf_counter() - started)
    return min(times)
