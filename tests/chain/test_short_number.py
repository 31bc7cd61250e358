"""The short number."""

from __future__ import annotations

from contextlib import suppress
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.code import parse_short_number, short_number
from chain.errors import CodeMalformed

_LEAF = bytes.fromhex("0123456789abcdef") + bytes(24)
_SHORT = short_number(_LEAF)


def test_it_is_the_first_sixty_bits_in_four_groups() -> None:
    assert _SHORT == "04HM-ASW9-NF6Y-12"
    assert parse_short_number(_SHORT).hex() == "0123456789abcde0"


@given(st.binary(min_size=32, max_size=32))
def test_it_finds_the_leaf(leaf: bytes) -> None:
    found = parse_short_number(short_number(leaf))
    assert found[:7] == leaf[:7]
    assert found[7] == leaf[7] & 0xF0


@pytest.mark.parametrize(
    "typed",
    [
        "04hm asw9 nf6y 12",
        "o4HMASW9NF6Y12",
        "04HM—ASW9—NF6Y—12",
        " 04HM\t-ASW9-NF6Y-12\n",
        "０４ＨＭ－ＡＳＷ９－ＮＦ６Ｙ－１２",
    ],
)
def test_it_is_read_as_people_type_it(typed: str) -> None:
    assert parse_short_number(typed) == parse_short_number(_SHORT)


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    leaf = bytes.fromhex("0842108421084210") + bytes(24)
    assert short_number(leaf).startswith("1111-1111-1111")
    assert parse_short_number(short_number(leaf).replace("1111-1111-1111", "IiLl-1iLI-1111")) == leaf[:8]


def test_every_wrong_character_and_every_swap_of_neighbours_is_noticed() -> None:
    characters = _SHORT.replace("-", "")
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    wrong = {
        characters[:place] + other + characters[place + 1 :]
        for place in range(14)
        for other in alphabet
        if other != characters[place]
    }
    wrong |= {
        characters[:place] + characters[place + 1] + characters[place] + characters[place + 2 :]
        for place in range(11)
        if characters[place] != characters[place + 1]
    }
    for typed in wrong:
        with pytest.raises(CodeMalformed, match="mistyped"):
            parse_short_number(typed)


@pytest.mark.parametrize(
    ("typed", "got"),
    [
        ("", "0 characters"),
        ("04HM-ASW9-NF6Y", "12 characters"),
        ("04HM-ASW9-NF6Y-12X", "15 characters"),
        ("U4HM-ASW9-NF6Y-12", "'U'"),
        ("04HM-ASW9-NF6Y-1!", "'!'"),
        ("04HM-ASW9-NF6Y-1字", "'字'"),
        ("ß4HM-ASW9-NF6Y-S", "mistyped"),
    ],
)
def test_anything_else_is_refused_with_what_was_got(typed: str, got: str) -> None:
    with pytest.raises(CodeMalformed, match=got):
        parse_short_number(typed)


@given(st.text(max_size=20) | st.text(alphabet=ascii_letters + digits + "-", min_size=14, max_size=14))
def test_any_text_is_read_or_refused(typed: str) -> None:
    with suppress(CodeMalformed):
        assert len(parse_short_number(typed)) == 8
