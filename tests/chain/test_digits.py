"""Bytes as digits and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import digits
from chain.errors import CodeMalformed


@given(st.binary(min_size=1, max_size=100))
def test_what_is_written_is_read_back(data: bytes) -> None:
    assert digits.decode(digits.encode(data)) == data


@given(st.text(alphabet="0123456789", max_size=60))
def test_no_two_rows_of_digits_are_read_as_the_same_bytes(text: str) -> None:
    try:
        data = digits.decode(text)
    except CodeMalformed:
        return
    assert digits.encode(data) == text


def test_seven_bytes_take_seventeen_digits_and_a_rest_as_few_as_hold_it() -> None:
    for rest, length in enumerate((0, 3, 5, 8, 10, 13, 15)):
        assert len(digits.encode(bytes(7 + rest))) == 17 + length
        assert len(str(256**rest - 1)) == length or rest == 0
    assert digits.encode(b"\xff" * 7) == "72057594037927935"


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("72057594037927936", "7 bytes"),
        ("99999999999999999", "7 bytes"),
        ("256", "1 bytes"),
        ("65536", "2 bytes"),
        ("1", "1 digits left over"),
        ("0" * 18, "1 digits left over"),
        ("0" * 33, "16 digits left over"),
        ("", "''"),
        ("12a", "12a"),
        ("１２３", "１２３"),
        ("-12", "-12"),
        (" 12", " 12"),
        ("1_2", "1_2"),
    ],
)
def test_digits_that_nobody_wrote_are_refused(text: str, got: str) -> None:
    with pytest.raises(CodeMalformed, match=got):
        digits.decode(text)
