"""Headers."""

from __future__ import annotations

import pytest
import rlp

from chain.errors import EvidenceMalformed
from chain.header import Header
from tests.chain.raw_headers import raw_header


@pytest.mark.parametrize("items", [15, 16, 20, 21, 23])
def test_a_header_is_carried_with_all_that_later_rules_put_into_it(items: int) -> None:
    data = raw_header(items=items)
    header = Header.parse(data)
    assert len(header.items) == items
    assert header.encode() == data


def test_a_header_says_what_stands_where() -> None:
    given = rlp.decode(raw_header(number=1_234_567, timestamp=1_800_000_000))
    header = Header.parse(rlp.encode(given))
    assert header.number == 1_234_567
    assert header.timestamp == 1_800_000_000
    assert header.difficulty == 0
    assert [header.parent_hash, header.ommers_hash, header.coinbase, header.state_root] == given[:4]
    assert header.receipts_root == given[5]
    assert header.extra == given[12]
    assert header.mix_hash == given[13]


def test_other_extra_data_changes_nothing_else() -> None:
    header = Header.parse(raw_header(items=16))
    other = header.with_extra(b"other")
    assert other.extra == b"other"
    assert other.with_extra(header.extra) == header
    assert [a == b for a, b in zip(header.items, other.items, strict=True)].count(False) == 1


def test_fourteen_items_are_no_header() -> None:
    with pytest.raises(EvidenceMalformed, match="header of 14 items, wanted a list of 15 or more"):
        Header.parse(rlp.encode(rlp.decode(raw_header())[:14]))


def test_a_header_has_an_end() -> None:
    items = rlp.decode(raw_header())
    assert len(Header.parse(rlp.encode([*items, *[b"\1"] * (64 - len(items))])).items) == 64
    with pytest.raises(EvidenceMalformed, match="more items"):
        Header.parse(rlp.encode([*items, *[b"\1"] * (65 - len(items))]))
    with pytest.raises(EvidenceMalformed, match=r"a header of 66[0-9]{3} bytes, wanted at most 65536"):
        Header.parse(Header.parse(raw_header()).with_extra(bytes(1 << 16)).encode())


@pytest.mark.parametrize("data", [b"\x80", rlp.encode(b"a header"), b"\xc0", b"", raw_header()[:-1]])
def test_what_is_no_list_is_no_header(data: bytes) -> None:
    with pytest.raises(EvidenceMalformed):
        Header.parse(data)


def test_a_list_among_the_later_items_is_refused_rather_than_dropped() -> None:
    with pytest.raises(EvidenceMalformed, match="lists within lists"):
        Header.parse(rlp.encode([*rlp.decode(raw_header()), []]))


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4, 5, 6, 13, 14])
@pytest.mark.parametrize("longer", [False, True], ids=["shorter", "longer"])
def test_fixed_widths_are_held_to(place: int, *, longer: bool) -> None:
    items = rlp.decode(raw_header())
    items[place] = items[place] + b"\x01" if longer else items[place][1:]
    with pytest.raises(EvidenceMalformed, match=f"bytes as item {place} of a header"):
        Header.parse(rlp.encode(items))


@pytest.mark.parametrize(("place", "most"), [(7, 32), (8, 8), (9, 8), (10, 8), (11, 8)])
def test_numbers_have_no_leading_zeros_and_an_end(place: int, most: int) -> None:
    items = rlp.decode(raw_header())
    items[place] = b"\xff" * most
    assert Header.parse(rlp.encode(items)).items[place] == b"\xff" * most
    for wrong in (b"\x00", b"\x00\x01", b"\x01" * (most + 1)):
        items[place] = wrong
        with pytest.raises(EvidenceMalformed, match=f"as item {place} of a header, wanted a number"):
            Header.parse(rlp.encode(items))
