"""JSON with one meaning for one text."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import strict_json

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(_VALUES)
def test_what_is_written_is_read_back(value: strict_json.JSON) -> None:
    assert strict_json.parse(strict_json.serialise(value)) == value


@given(_VALUES)
def test_other_writers_are_read_too(value: strict_json.JSON) -> None:
    assert strict_json.parse(json.dumps(value, indent=1).encode()) == value


def test_keys_are_sorted_and_nothing_is_spaced_or_escaped() -> None:
    assert strict_json.serialise({"证": 1, "a": [True, None]}) == '{"a":[true,null],"证":1}'.encode()


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (b'{"a":1,"b":2,"a":1}', "'a' twice"),
        (b'{"a":{"b":1,"b":1}}', "'b' twice"),
        (b'{"a":1,"\\u0061":2}', "'a' twice"),
        (b"NaN", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "-Infinity"),
        (b"1.0", r"1\.0"),
        (b"1e3", "1e3"),
        (b"1e999", "1e999"),
        (b"9007199254740992", "9007199254740992"),
        (b"-9007199254740992", "-9007199254740992"),
        (b"1" * 5000, "11111"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udc00x":1}', "surrogate"),
        (b'["\\ud800"]', "surrogate"),
        (b"\xef\xbb\xbf{}", "Expecting value"),
        ('{"a":1}'.encode("utf-16"), "utf-8"),
        (b'"\xff"', "utf-8"),
        (b'"\xed\xa0\x80"', "utf-8"),
        (b"{} {}", "Extra data"),
        (b"", "Expecting value"),
        (b'"\x00"', "control character"),
        (b"[" * 17 + b"]" * 17, "16 levels"),
        (b"[" * 100_000, "16 levels"),
        (b'{"a":' * 20_000, "16 levels"),
        (b"{'a':1}", "Expecting"),
        (b"[]" * 9 + b'"' + b'\\"' * 100_000, "Extra data"),
        (b"[]" * 9 + b'"\\', "Extra data"),
        (b"[1,]", "Expecting value|Illegal"),
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(text: bytes, got: str) -> None:
    with pytest.raises(ValueError, match=got):
        strict_json.parse(text)


def test_brackets_within_text_are_no_levels() -> None:
    assert strict_json.parse(b'["' + b'[{\\"' * 50 + b'"]') == ['[{"' * 50]


def test_sixteen_levels_and_many_brackets_side_by_side_are_fine() -> None:
    strict_json.parse(b"[" * 16 + b"]" * 16)
    assert strict_json.parse(b"[" + b"[]," * 99 + b"[]]") == [[]] * 100


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert strict_json.parse(b'"\\ud83c\\udfc6"') == "\U0001f3c6"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        strict_json.parse(data)


def test_a_text_of_many_escapes_takes_little_more_room_than_itself() -> None:
    data = b'["' + rb"\n" * 500_000 + b'"' + b",[]" * strict_json.MAX_DEPTH + b"]"
    tracemalloc.start()
    try:
        strict_json.parse(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * len(data)
