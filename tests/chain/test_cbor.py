"""CBOR with one encoding for one value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import cbor

_VALUES = st.recursive(
    st.none() | st.integers(-(2**64), 2**64 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(st.integers(-9, 9), inner, max_size=1),
    max_leaves=3,
)


@given(_VALUES)
def test_what_is_written_is_read_back(value: cbor.CBOR) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@pytest.mark.parametrize(
    ("value", "encoding"),
    [  # RFC 8949, appendix A.
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (1000000, "1a000f4240"),
        (18446744073709551615, "1bffffffffffffffff"),
        (-1, "20"),
        (-1000, "3903e7"),
        (None, "f6"),
        (bytes.fromhex("01020304"), "4401020304"),
        ("IETF", "6449455446"),
        ("水", "63e6b0b4"),
        ([1, [2, 3], [4, 5]], "8301820203820405"),
        ({}, "a0"),
    ],
)
def test_the_examples_of_the_rfc_hold(value: cbor.CBOR, encoding: str) -> None:
    assert cbor.encode(value).hex() == encoding
    assert cbor.decode(bytes.fromhex(encoding)) == value


@pytest.mark.parametrize(
    "encoding",
    [
        pytest.param("", id="nothing"),
        pytest.param("1801", id="an integer longer than needed"),
        pytest.param("1b0000000000000001", id="an integer much longer than needed"),
        pytest.param("5801ff", id="a length longer than needed"),
        pytest.param("9f01ff", id="an array without a length"),
        pytest.param("5f4101ff", id="bytes without a length"),
        pytest.param("bf0101ff", id="a map without a length"),
        pytest.param("0101", id="something left over"),
        pytest.param("a201010102", id="a key twice"),
        pytest.param("a201010202", id="a map of two"),
        pytest.param("a1616101", id="a text as key"),
        pytest.param("c074323032362d30312d33315430303a30303a30305a", id="a date tag"),
        pytest.param("c24101", id="a small integer as bignum"),
        pytest.param("c249010000000000000000", id="a bignum"),
        pytest.param("d81c81d81d00", id="an array that holds itself"),
        pytest.param("d82363282b29", id="a pattern tag"),
        pytest.param("d9d9f701", id="the tag that says CBOR"),
        pytest.param("daffffffff01", id="a tag of no meaning"),
        pytest.param("d28443a10126a04040", id="a tagged COSE_Sign1"),
        pytest.param("f93c00", id="a float"),
        pytest.param("f97e00", id="not a number"),
        pytest.param("f5", id="a truth value"),
        pytest.param("81f5", id="a truth value within"),
        pytest.param("a1f501", id="a truth value as key"),
        pytest.param("f7", id="undefined"),
        pytest.param("e0", id="a simple value"),
        pytest.param("61ff", id="text that is not UTF-8"),
        pytest.param("63eda080", id="half of a surrogate pair"),
        pytest.param("9b7fffffffffffffff", id="an array longer than there is"),
        pytest.param("5b7fffffffffffffff", id="bytes longer than there are"),
        pytest.param("81" * 7 + "01", id="seven levels"),
        pytest.param("81" * 100_000, id="a hundred thousand levels"),
        pytest.param("ff", id="a break"),
        pytest.param("1c", id="a reserved initial byte"),
    ],
)
def test_every_other_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(ValueError, match="got"):
        cbor.decode(bytes.fromhex(encoding))


@pytest.mark.parametrize(
    ("data", "items"),
    [
        (cbor.encode(None), 1),
        (cbor.encode([1, [2, b"three"], {4: "five"}]), 8),
        (b"\xc1\x81\x01", 3),
        (b"\x9a\x00\x0f\x42\x40", 1_000_001),
        (b"\x82" * 6 + b"\x01" * 7, 13),
    ],
)
def test_items_are_counted_before_anything_is_built(data: bytes, items: int) -> None:
    with pytest.raises(ValueError, match=f"more than {items - 1} items"):
        cbor.decode(data, most_items=items - 1)
    try:
        cbor.decode(data, most_items=items)
    except ValueError as exc:
        assert "items" not in str(exc)  # noqa: PT017 - some are refused for something else


def test_a_text_that_unpacks_a_thousandfold_is_not_made_into_characters() -> None:
    longest = "x" * (1 << 16)
    assert cbor.decode(cbor.encode(longest)) == longest
    with pytest.raises(ValueError, match="a text of 65537 bytes"):
        cbor.decode(cbor.encode([1, longest + "x"]))


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_the_one_encoding(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except ValueError:
        return
    assert cbor.encode(value) == data
